//! Owns `live/<uuid>.json`: what is known about a conversation right now, and how each kind of
//! news changes it. The transitions are pure; instants and texts come in as values.
//! Must stay true: every transition may be applied twice, and late news never undoes newer news.
//! The file is a cache: without it a session is found again by its id, its state is unknown.

use crate::clock::{self, Instant};
use crate::patch::Patch;
use crate::process::Process;
use serde::{Deserialize, Serialize};

/// What a running conversation does, as far as its hooks told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// A turn is running.
    Working,
    /// A turn waits for a permission or an answer.
    Waiting,
    /// The turn is over: the user's turn.
    Idle,
    /// The turn is over, but background tasks go on.
    Background,
}

/// A running conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    pub claude_session_id: String,
    /// Our session; none before the first prompt.
    #[serde(default)]
    pub session_id: Option<String>,
    #[serde(default)]
    pub project_slug: Option<String>,
    #[serde(default)]
    pub agent: Option<String>,
    pub state: Activity,
    /// Since when `state` holds.
    pub since: String,
    pub last_event: String,
    pub last_event_at: String,
    #[serde(default)]
    pub started_at: String,
    /// How it began: startup, resume, clear, fork, compact; none if hooks came in mid-way.
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub pid: Option<u32>,
    #[serde(default)]
    pub pid_started: Option<String>,
    #[serde(default)]
    pub cwd: String,
    #[serde(default)]
    pub worktree_root: Option<String>,
    /// Where HEAD was when the turn began, for telling which commits are new; see [`crate::git::made::mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_mark: Option<String>,
    #[serde(default)]
    pub transcript_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it waits for, for people.
    #[serde(default)]
    pub waiting_for: Option<String>,
    /// Which tool call it waits for, so that only that call's end clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_key: Option<String>,
    /// The record's awaiting_action was set by a hook and is to be cleared by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaiting: bool,
    /// What the agent or a person asked the user for (`request-action`); holds until the next prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// Why the last turn failed.
    #[serde(default)]
    pub error: Option<String>,
    /// How many background tasks went on when the turn ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_tasks: Option<usize>,
    /// The last prompt's or turn's id, to know a repeated event by.
    #[serde(default)]
    pub prompt_id: Option<String>,
    /// Whether prompts and answers may be stored.
    #[serde(default)]
    pub capture: bool,
    /// Nobody attends it: a program runs the agent, as with `claude -p`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unattended: bool,
    /// First line of the agent's last message.
    #[serde(default)]
    pub last_message: Option<String>,
    /// When the conversation ended; only in `ended/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Fields that we do not know, with the text of their values. Not flattened: that would make
    /// the program that runs at every turn a tenth larger.
    #[serde(skip)]
    pub unknown: Vec<(String, String)>,
}

/// The names of the fields above, as they stand in the file.
const FIELDS: [&str; 28] = [
    "claude_session_id",
    "session_id",
    "project_slug",
    "agent",
    "state",
    "since",
    "last_event",
    "last_event_at",
    "started_at",
    "source",
    "pid",
    "pid_started",
    "cwd",
    "worktree_root",
    "head_mark",
    "transcript_path",
    "model",
    "waiting_for",
    "waiting_key",
    "awaiting",
    "requested",
    "error",
    "background_tasks",
    "prompt_id",
    "capture",
    "unattended",
    "last_message",
    "ended_at",
];

impl Live {
    /// A conversation of which nothing is known but its id.
    pub fn new(uuid: &str, at: Instant) -> Self {
        let at = clock::stamp(at);
        Live {
            claude_session_id: uuid.to_string(),
            session_id: None,
            project_slug: None,
            agent: None,
            state: Activity::Idle,
            since: at.clone(),
            last_event: String::new(),
            last_event_at: at.clone(),
            started_at: at,
            source: None,
            pid: None,
            pid_started: None,
            cwd: String::new(),
            worktree_root: None,
            head_mark: None,
            transcript_path: None,
            model: None,
            waiting_for: None,
            waiting_key: None,
            awaiting: false,
            requested: None,
            error: None,
            background_tasks: None,
            prompt_id: None,
            capture: false,
            unattended: false,
            last_message: None,
            ended_at: None,
            unknown: Vec::new(),
        }
    }

    /// Reads a file's bytes; `None` if they cannot be understood.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut live: Live = serde_json::from_slice(bytes).ok()?;
        live.unknown = Patch::of(bytes).ok()?.others(&FIELDS);
        Some(live)
    }

    /// The bytes on disk.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.pop();
        for (name, value) in &self.unknown {
            let name = serde_json::to_string(name).unwrap_or_default();
            bytes.extend_from_slice(format!(",{name}:{value}").as_bytes());
        }
        bytes.extend_from_slice(b"}\n");
        bytes
    }

    /// The agent's process, if it is known.
    pub fn process(&self) -> Option<Process> {
        Some(Process { pid: self.pid?, started: self.pid_started.clone()? })
    }

    /// Notes the agent's process.
    pub fn set_process(&mut self, process: Option<Process>) {
        if let Some(process) = process {
            self.pid = Some(process.pid);
            self.pid_started = Some(process.started);
        }
    }

    /// Whether a prompt was sent. Where the beginning was not seen, one may have been.
    pub fn was_asked(&self) -> bool {
        let is_from_its_start = matches!(self.source.as_deref(), Some("startup" | "clear"));
        let is_untouched = self.state == Activity::Idle && self.since == self.started_at;
        !is_from_its_start || !is_untouched || self.prompt_id.is_some() || self.last_message.is_some()
    }

    /// Notes that news of this kind came.
    pub fn heard(&mut self, event: &str, at: Instant) {
        self.last_event = event.to_string();
        self.last_event_at = clock::stamp(at);
    }

    fn enter(&mut self, state: Activity, at: Instant) {
        if self.state != state {
            self.state = state;
            self.since = clock::stamp(at);
        }
        if state != Activity::Waiting {
            self.waiting_for = None;
            self.waiting_key = None;
        }
    }

    /// A prompt was sent: a turn runs.
    pub fn prompted(&mut self, prompt_id: Option<&str>, at: Instant) {
        self.since = clock::stamp(at);
        self.enter(Activity::Working, at);
        self.prompt_id = prompt_id.map(str::to_string);
        self.requested = None;
        self.error = None;
        self.background_tasks = None;
    }

    /// The agent asks something. `key` names the tool call, if there is one.
    pub fn asked(&mut self, what: &str, key: Option<String>, at: Instant) {
        self.enter(Activity::Waiting, at);
        self.waiting_for = Some(what.to_string());
        self.waiting_key = key;
    }

    /// A tool call ended. Only the call that was waited for ends the waiting: calls run side by
    /// side, and their ends may be told late.
    pub fn tool_ended(&mut self, key: &str, at: Instant) {
        if self.state == Activity::Waiting && self.waiting_key.as_deref() == Some(key) {
            self.enter(Activity::Working, at);
        }
    }

    /// A question was answered that had no tool call.
    pub fn answered(&mut self, at: Instant) {
        if self.state == Activity::Waiting {
            self.enter(Activity::Working, at);
        }
    }

    /// The turn ended, with so many background tasks going on and, if it failed, why.
    pub fn turn_ended(&mut self, background: usize, error: Option<&str>, at: Instant) {
        self.enter(if background > 0 { Activity::Background } else { Activity::Idle }, at);
        self.background_tasks = (background > 0).then_some(background);
        self.error = error.map(str::to_string);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> Instant {
        clock::parse(&format!("2026-11-21T00:00:{second:02}Z")).unwrap()
    }

    #[test]
    fn the_list_of_fields_is_complete_and_others_survive() {
        let mut live = Live::new("u", at(0));
        let text = || Some("x".to_string());
        (live.model, live.waiting_key, live.requested, live.ended_at) = (text(), text(), text(), text());
        live.head_mark = text();
        (live.awaiting, live.unattended, live.background_tasks) = (true, true, Some(1));
        let written: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&live.to_bytes()).unwrap();
        let mut names: Vec<&str> = written.keys().map(String::as_str).collect();
        let mut known = FIELDS.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
        live.unknown.push(("later".to_string(), "{\"a\":[1.50]}".to_string()));
        assert_eq!(Live::read(&live.to_bytes()).unwrap(), live);
        assert_eq!(Live::read(b"{"), None);
    }

    #[test]
    fn a_turn_with_a_permission() {
        let mut live = Live::new("u", at(0));
        live.prompted(Some("p1"), at(1));
        assert_eq!(live.state, Activity::Working);
        live.asked("permission for Bash", Some("k1".into()), at(2));
        live.tool_ended("k0", at(3));
        assert_eq!(live.state, Activity::Waiting, "another call's end says nothing about the question");
        live.tool_ended("k1", at(4));
        assert_eq!((live.state, live.since.as_str()), (Activity::Working, clock::stamp(at(4)).as_str()));
        live.turn_ended(0, None, at(5));
        live.tool_ended("k1", at(6));
        assert_eq!(live.state, Activity::Idle, "a late tool event does not start a turn");
        live.turn_ended(2, None, at(7));
        assert_eq!((live.state, live.background_tasks), (Activity::Background, Some(2)));
    }

    #[test]
    fn a_failed_turn_says_so_until_the_next_prompt() {
        let mut live = Live::new("u", at(0));
        live.prompted(None, at(1));
        live.turn_ended(0, Some("rate_limit"), at(2));
        assert_eq!(live.error.as_deref(), Some("rate_limit"));
        live.prompted(None, at(3));
        assert_eq!(live.error, None);
    }
}
