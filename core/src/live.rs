//! Owns `live/<uuid>.json`: what is known about a conversation right now, and how each kind of
//! news changes it. The transitions are pure; instants and texts come in as values.
//! Must stay true: every transition may be applied twice, and late news never undoes newer news.
//! The file is a cache: without it a session is found again by its id, its state is unknown.

use crate::clock::{self, Instant};
use crate::fields;
use crate::id::fnv1a;
use crate::patch::Patch;
use crate::process::{self, Condition, Process};
use serde::{Deserialize, Serialize};

/// Most helpers of one conversation whose questions are kept.
const HELPERS: usize = 16;

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

/// What a helper that the agent started (a subagent) asks the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The helper's id (`agent_id`).
    pub agent: String,
    /// What it waits for, for people.
    pub what: String,
    /// Which tool call that is; see [`Live::waiting_key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Since when it asks.
    pub at: String,
}

/// A prompt, as its hook reports it.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    pub id: Option<&'a str>,
    pub text: &'a str,
    /// Whether a person typed any of it.
    pub is_typed: bool,
    /// Whether the client queues a prompt that is sent while a turn runs; else the running turn takes it in.
    pub may_queue: bool,
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
    /// Where that process was seen; see [`crate::process::here`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Other processes that have the conversation open: `PID/STARTED`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
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
    /// What helpers of the agent ask, the oldest question first; at most one for each of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// The record's awaiting_action was set by a hook and is to be cleared by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaiting: bool,
    /// What the agent or a person asked the user for (`request-action`); holds until the next prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// Why the last turn failed.
    #[serde(default)]
    pub error: Option<String>,
    /// That was a request of the agent, which may be tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request_failed: bool,
    /// How many background tasks went on when the turn ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_tasks: Option<usize>,
    /// When it goes on by itself, for people: the schedule of a prompt that the client will fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<String>,
    /// Fingerprints of the prompts that the client will fire by itself; see [`fingerprint`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_prompts: Vec<String>,
    /// A prompt was typed while the turn ran: the next one may begin without another word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queued: bool,
    /// The last prompt's fingerprint: a prompt that is typed during a turn carries the id of that turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_mark: Option<String>,
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
    /// The name that a person gave to it, and that its session has heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When the conversation ended; only in `ended/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Fields that we do not know, with the text of their values. Not flattened: that would make
    /// the program that runs at every turn a tenth larger.
    #[serde(skip)]
    pub unknown: Vec<(String, String)>,
    /// The event at hand came from another directory than the one before.
    #[serde(skip)]
    pub has_moved: bool,
}

/// Most windows that are remembered.
const WINDOWS: usize = 16;

fn word(window: &Process) -> String {
    let host = window.host.as_ref().map_or_else(String::new, |host| format!("@{host}"));
    format!("{}/{}{host}", window.pid, window.started)
}

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
            host: None,
            windows: Vec::new(),
            cwd: String::new(),
            worktree_root: None,
            head_mark: None,
            transcript_path: None,
            model: None,
            waiting_for: None,
            waiting_key: None,
            questions: Vec::new(),
            awaiting: false,
            requested: None,
            error: None,
            request_failed: false,
            background_tasks: None,
            goes_on: None,
            own_prompts: Vec::new(),
            queued: false,
            prompt_mark: None,
            prompt_id: None,
            capture: false,
            unattended: false,
            last_message: None,
            title: None,
            ended_at: None,
            unknown: Vec::new(),
            has_moved: false,
        }
    }

    /// Reads a file's bytes; `None` if they cannot be understood.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (mut live, names) = fields::read::<Live>(bytes)?;
        live.unknown = Patch::of(bytes).ok()?.others(names);
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
        Some(Process { pid: self.pid?, started: self.pid_started.clone()?, host: self.host.clone() })
    }

    /// Whether its process was seen where we cannot look.
    pub fn is_elsewhere(&self) -> bool {
        self.process().is_some_and(|process| process::condition(&process) == Condition::Elsewhere)
    }

    /// Notes the agent's process.
    pub fn set_process(&mut self, process: Option<Process>) {
        if let Some(process) = process {
            self.pid = Some(process.pid);
            self.pid_started = Some(process.started);
            self.host = process.host;
        }
    }

    /// The other processes that have the conversation open, as far as they told.
    pub fn windows(&self) -> impl Iterator<Item = Process> {
        let process = |word: &String| {
            let (pid, seen) = word.split_once('/')?;
            let (started, host) = seen.split_once('@').map_or((seen, None), |(started, host)| (started, Some(host)));
            Some(Process { pid: pid.parse().ok()?, started: started.to_string(), host: host.map(str::to_string) })
        };
        self.windows.iter().filter_map(process)
    }

    /// Another process has opened the conversation, too.
    pub fn opened_by(&mut self, window: &Process) {
        self.closed_by(window);
        if self.windows.len() < WINDOWS {
            self.windows.push(word(window));
        }
    }

    /// Another process has closed the conversation.
    pub fn closed_by(&mut self, window: &Process) {
        self.windows.retain(|known| *known != word(window));
    }

    /// Whether a prompt was sent. Where the beginning was not seen, one may have been.
    pub fn was_asked(&self) -> bool {
        let is_from_its_start = matches!(self.source.as_deref(), Some("startup" | "clear"));
        let is_untouched = self.state == Activity::Idle && self.since == self.started_at;
        !is_from_its_start || !is_untouched || self.prompt_id.is_some() || self.last_message.is_some()
    }

    /// Whether a turn is going on, as far as it was heard.
    pub fn is_in_turn(&self) -> bool {
        matches!(self.state, Activity::Working | Activity::Waiting)
    }

    /// Whether an end now is one in the middle: of a turn, or of what a helper asks.
    pub fn is_midway(&self) -> bool {
        self.is_in_turn() || !self.questions.is_empty()
    }

    /// Whether the conversation is being summed up between turns, as far as it was heard: a start follows when Claude Code
    /// has done it, nothing with Codex.
    pub fn compacts(&self) -> bool {
        !self.is_in_turn() && self.last_event == "PreCompact"
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

    /// What the user is waited for: the agent's own question, else the oldest of its helpers'.
    pub fn wanted(&self) -> Option<&str> {
        self.waiting_for.as_deref().or(self.questions.first().map(|question| question.what.as_str()))
    }

    /// A prompt was sent: a turn runs. One that a person typed ends what was requested.
    pub fn prompted(&mut self, prompt: &Prompt, at: Instant) {
        let prompt_id = prompt.id.map(str::to_string);
        self.queued = prompt.may_queue && self.is_in_turn() && prompt_id.is_some() && prompt_id == self.prompt_id;
        self.since = clock::stamp(at);
        self.enter(Activity::Working, at);
        self.prompt_id = prompt_id;
        let text = prompt.text;
        if !self.fires(text) && prompt.is_typed {
            self.requested = None;
            // It answered the prompt before.
            self.last_message = None;
        }
        self.prompt_mark = Some(fingerprint(text));
        (self.error, self.request_failed) = (None, false);
        self.background_tasks = None;
    }

    /// Whether this prompt was told before: hooks may be registered in two places.
    pub fn was_prompted(&self, prompt_id: &str, text: &str) -> bool {
        let is_same = |mark: &String| *mark == fingerprint(text);
        self.prompt_id.as_deref() == Some(prompt_id) && self.prompt_mark.as_ref().is_none_or(is_same)
    }

    /// Whether the client fires this prompt by itself.
    pub fn fires(&self, text: &str) -> bool {
        !self.own_prompts.is_empty() && self.own_prompts.contains(&fingerprint(text))
    }

    /// The agent asks something. `key` names the tool call, if there is one.
    pub fn asked(&mut self, what: &str, key: Option<String>, at: Instant) {
        // The turn of the prompt that was typed meanwhile is this one.
        self.queued &= self.is_in_turn();
        self.enter(Activity::Waiting, at);
        if self.waiting_for.as_deref() != Some(what) {
            self.since = clock::stamp(at);
        }
        self.waiting_for = Some(what.to_string());
        self.waiting_key = key;
    }

    /// A helper of the agent asks something. The turn goes on as it did.
    pub fn helper_asked(&mut self, agent: &str, what: &str, key: Option<String>, at: Instant) {
        self.questions.retain(|question| question.agent != agent);
        let question = Question { agent: agent.into(), what: what.into(), key, at: clock::stamp(at) };
        self.questions.push(question);
        let surplus = self.questions.len().saturating_sub(HELPERS);
        self.questions.drain(..surplus);
    }

    /// A helper's tool call ended: if it asked for that call, it has its answer.
    pub fn helper_tool_ended(&mut self, agent: &str, key: &str) {
        self.questions.retain(|question| question.agent != agent || question.key.as_deref() != Some(key));
    }

    /// A tool call ended. Only the call that was waited for ends the waiting: calls run side by
    /// side, and their ends may be told late.
    pub fn tool_ended(&mut self, key: &str, at: Instant) {
        self.went_on(at);
        // A turn of whose prompt nobody told.
        if self.state == Activity::Idle
            && self.prompt_id.is_none()
            && self.last_message.is_none()
            && self.error.is_none()
        {
            self.enter(Activity::Working, at);
        }
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

    /// A request of the agent failed, which ends the turn unless the agent tries again.
    pub fn request_failed(&mut self, error: &str, at: Instant) {
        if self.is_in_turn() || self.error.is_some() {
            self.turn_ended(0, Some(error), at);
            self.request_failed = true;
        }
    }

    /// The agent went on after a request had failed.
    pub fn went_on(&mut self, at: Instant) {
        if self.request_failed {
            self.enter(Activity::Working, at);
            self.error = None;
            self.request_failed = false;
        }
    }

    /// The turn ended in order. A prompt that was typed meanwhile has its own turn now, unless the ended one took it in:
    /// nobody says which, but a client that says it is idle.
    pub fn stopped(&mut self, background: usize, at: Instant) {
        let is_next = self.queued && self.is_in_turn();
        self.turn_ended(background, None, at);
        self.queued = is_next;
    }

    /// A new process has the conversation: nothing of the old one goes on.
    pub fn began_again(&mut self, at: Instant) {
        self.goes_on = None;
        self.own_prompts.clear();
        self.questions.clear();
        self.turn_ended(0, None, at);
    }

    /// The turn ended, with so many background tasks going on and, if it failed, why.
    pub fn turn_ended(&mut self, background: usize, error: Option<&str>, at: Instant) {
        let goes_on = background > 0 || self.goes_on.is_some();
        self.enter(if goes_on { Activity::Background } else { Activity::Idle }, at);
        self.background_tasks = (background > 0).then_some(background);
        self.error = error.map(str::to_string);
        (self.queued, self.request_failed) = (false, false);
    }
}

/// A short name for a prompt, to know it again by although it is not stored. White space does not count.
pub fn fingerprint(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| word.as_bytes().iter().chain(b" "));
    format!("{:016x}", fnv1a(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt<'a>(id: Option<&'a str>, text: &'a str) -> Prompt<'a> {
        Prompt { id, text, is_typed: !text.starts_with('<'), may_queue: true }
    }

    fn at(second: u32) -> Instant {
        clock::parse(&format!("2026-11-21T00:00:{second:02}Z")).unwrap()
    }

    #[test]
    fn every_field_is_written_and_others_survive() {
        let mut live = Live::new("u", at(0));
        let text = || Some("x".to_string());
        (live.model, live.waiting_key, live.requested, live.ended_at) = (text(), text(), text(), text());
        live.title = text();
        (live.head_mark, live.host, live.goes_on, live.prompt_mark) = (text(), text(), text(), text());
        (live.queued, live.request_failed, live.own_prompts) = (true, true, vec!["p".into()]);
        live.helper_asked("a", "permission for Bash", None, at(0));
        live.windows.push("1/2".to_string());
        (live.awaiting, live.unattended, live.background_tasks) = (true, true, Some(1));
        let written: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&live.to_bytes()).unwrap();
        let mut names: Vec<&str> = written.keys().map(String::as_str).collect();
        let mut known = fields::read::<Live>(&live.to_bytes()).unwrap().1.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
        live.unknown.push(("later".to_string(), "{\"a\":[1.50]}".to_string()));
        assert_eq!(Live::read(&live.to_bytes()).unwrap(), live);
        assert_eq!(Live::read(b"{"), None);
    }

    #[test]
    fn the_turn_of_a_queued_prompt_ends_once_though_it_asks() {
        let mut live = Live::new("u", at(0));
        live.prompted(&prompt(Some("a"), "go"), at(1));
        live.prompted(&prompt(Some("a"), "also"), at(2));
        live.stopped(0, at(3));
        assert!(live.queued);
        live.asked("permission for Bash", Some("k".into()), at(4));
        live.tool_ended("k", at(5));
        live.stopped(0, at(6));
        assert_eq!((live.state, live.queued), (Activity::Idle, false));
    }

    #[test]
    fn a_window_is_known_with_the_host_that_it_was_seen_on() {
        let window = |host: &str| Process { pid: 7, started: "8".into(), host: Some(host.into()) };
        let mut live = Live::new("u", at(0));
        live.set_process(Some(window("boot:1")));
        live.opened_by(&window("boot:2"));
        assert_eq!(live.windows().collect::<Vec<_>>(), [window("boot:2")]);
        live.windows.push("9/10".into());
        assert_eq!(live.windows().nth(1), Some(Process { pid: 9, started: "10".into(), host: None }));
        live.closed_by(&window("boot:2"));
        assert_eq!(live.windows().count(), 1);
    }

    #[test]
    fn what_a_helper_asks_is_something_in_the_middle() {
        let mut live = Live::new("u", at(0));
        assert!(!live.is_midway());
        live.helper_asked("a", "permission for Bash", None, at(1));
        assert!(live.is_midway() && !live.is_in_turn());
    }

    #[test]
    fn a_tool_proves_a_turn_of_whose_prompt_nobody_told() {
        let mut live = Live::new("u", at(0));
        live.tool_ended("k", at(1));
        assert_eq!(live.state, Activity::Working);
        live.turn_ended(0, None, at(2));
        live.last_message = Some("done".into());
        live.tool_ended("k", at(3));
        assert_eq!(live.state, Activity::Idle, "told late");
    }

    #[test]
    fn a_turn_with_a_permission() {
        let mut live = Live::new("u", at(0));
        live.prompted(&prompt(Some("p1"), "go"), at(1));
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
        live.prompted(&prompt(None, "go"), at(1));
        live.turn_ended(0, Some("rate_limit"), at(2));
        assert_eq!(live.error.as_deref(), Some("rate_limit"));
        live.prompted(&prompt(None, "again"), at(3));
        assert_eq!(live.error, None);
    }

    #[test]
    fn helpers_ask_for_themselves() {
        let mut live = Live::new("u", at(0));
        live.prompted(&prompt(None, "go"), at(1));
        live.helper_asked("x2", "permission for Bash: two", Some("k2".into()), at(2));
        live.helper_asked("x1", "permission for Bash: one", Some("k1".into()), at(3));
        assert_eq!((live.state, live.wanted()), (Activity::Working, Some("permission for Bash: two")));
        live.helper_tool_ended("x1", "k2");
        live.tool_ended("k2", at(4));
        assert_eq!(live.questions.len(), 2, "neither another helper's call nor the agent's own is the one");
        live.helper_tool_ended("x2", "k2");
        live.turn_ended(1, None, at(5));
        assert_eq!(live.wanted(), Some("permission for Bash: one"), "the end of the turn answers no helper");
        live.asked("permission for Edit", None, at(6));
        assert_eq!(live.wanted(), Some("permission for Edit"));
        for n in 0..100 {
            live.helper_asked(&n.to_string(), "more", None, at(7));
        }
        assert_eq!(live.questions.len(), HELPERS);
        live.began_again(at(8));
        assert_eq!((live.state, live.wanted()), (Activity::Idle, None));
    }

    #[test]
    fn a_prompt_that_is_typed_during_a_turn_has_the_next_one() {
        let mut live = Live::new("u", at(0));
        live.prompted(&prompt(Some("p"), "first"), at(1));
        assert!(
            live.was_prompted("p", "first") && !live.was_prompted("p", "second") && !live.was_prompted("q", "first")
        );
        live.prompted(&prompt(Some("p"), "second"), at(2));
        live.stopped(0, at(3));
        assert_eq!((live.state, live.queued), (Activity::Idle, true));
        live.stopped(0, at(4));
        assert!(!live.queued, "one prompt has one turn");
        let mut other = Live::new("u", at(0));
        let taken_in = |text| Prompt { may_queue: false, ..prompt(Some("t"), text) };
        other.prompted(&taken_in("first"), at(1));
        other.prompted(&taken_in("second"), at(2));
        other.stopped(0, at(3));
        assert!(!other.queued, "it belongs to the running turn");
    }

    #[test]
    fn a_request_that_is_tried_again_goes_on() {
        let mut live = Live::new("u", at(0));
        live.prompted(&prompt(None, "go"), at(1));
        live.request_failed("usage limit", at(2));
        assert_eq!((live.state, live.error.as_deref()), (Activity::Idle, Some("usage limit")));
        live.tool_ended("k", at(3));
        assert_eq!((live.state, live.error.as_deref()), (Activity::Working, None));
        live.turn_ended(0, Some("overloaded"), at(4));
        live.tool_ended("k", at(5));
        assert_eq!(live.state, Activity::Idle, "a failed turn is over: late news does not begin it again");
    }

    #[test]
    fn what_the_client_will_do_by_itself_is_no_persons_turn() {
        let mut live = Live::new("u", at(0));
        (live.goes_on, live.own_prompts) = (Some("each minute".into()), vec![fingerprint("look again")]);
        live.requested = Some("a key".into());
        live.turn_ended(0, None, at(1));
        assert_eq!(live.state, Activity::Background);
        assert!(live.fires(" look\nagain ") && !live.fires("look"));
        live.prompted(&prompt(None, "look again"), at(2));
        assert_eq!((live.state, live.requested.as_deref()), (Activity::Working, Some("a key")));
        live.prompted(&prompt(None, "<task-notification>done"), at(3));
        assert_eq!(live.requested.as_deref(), Some("a key"));
        live.prompted(&prompt(None, "here it is"), at(3));
        assert_eq!(live.requested, None);
    }
}
