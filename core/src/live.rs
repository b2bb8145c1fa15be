//! Owns `live/<uuid>.json`: what is known about a conversation right now. `news` owns how each event changes it.
//! The file is a cache: without it the session is found by its id, and its state is unknown.

mod news;
mod parts;

pub use news::fingerprint;
pub use parts::{Continued, Question};

use crate::clock::{self, Instant};
use crate::fields;
use crate::id::SessionId;
use crate::patch::Patch;
use crate::place::Place;
use crate::process::{self, Condition, Process};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The activity of a running conversation, according to its hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// A turn is running.
    Working,
    /// A turn waits for a permission or an answer.
    Waiting,
    /// The turn is over: the user's turn.
    Idle,
    /// The turn is over, but background tasks are still running.
    Background,
}

/// A prompt, as its hook reports it.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// The client's id of the turn.
    pub id: Option<&'a str>,
    /// The whole prompt, before it is masked or cut.
    pub text: &'a str,
    /// Whether a person typed any of it.
    pub is_typed: bool,
    /// Whether the client may queue a prompt that is sent during a turn; otherwise the running turn handles it.
    pub may_queue: bool,
}

/// A running conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The agent's conversation, a UUID.
    pub claude_session_id: String,
    /// Our session's id; absent before the first prompt.
    #[serde(default)]
    pub session_id: Option<String>,
    /// Slug of the session's project; absent before the first prompt.
    #[serde(default)]
    pub project_slug: Option<String>,
    /// The agent's word on the wire; absent means `claude-code`.
    #[serde(default)]
    pub agent: Option<String>,
    /// The activity that hooks reported last.
    pub state: Activity,
    /// Instant since when `state` holds, RFC 3339, UTC.
    pub since: String,
    /// Name of the last hook event.
    pub last_event: String,
    /// Instant of the last hook event, RFC 3339, UTC.
    pub last_event_at: String,
    /// Instant of the first hook event, RFC 3339, UTC.
    #[serde(default)]
    pub started_at: String,
    /// How it began: startup, resume, clear, fork or compact; absent if the first hook came later.
    #[serde(default)]
    pub source: Option<String>,
    /// Id of the client's process.
    #[serde(default)]
    pub pid: Option<u32>,
    /// When that process started, as the system writes it; guards against reused ids.
    #[serde(default)]
    pub pid_started: Option<String>,
    /// The machine or container in which that process runs; see [`crate::process::here`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The terminal in which that process runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Other processes that have the conversation open: `PID/STARTED`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// The directory in which the conversation works now.
    #[serde(default)]
    pub cwd: String,
    /// Root of the work tree that contains `cwd`; absent outside a repository.
    #[serde(default)]
    pub worktree_root: Option<String>,
    /// State of HEAD's reflog when the turn began; later commits are new. See [`crate::git::made::mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_mark: Option<String>,
    /// Absolute path of the agent's log.
    #[serde(default)]
    pub transcript_path: Option<String>,
    /// The model, as the client names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The question or the reason for waiting, in words for people.
    #[serde(default)]
    pub waiting_for: Option<String>,
    /// Key of the tool call that it waits for: only the end of that call clears the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_key: Option<String>,
    /// Questions of subagents, oldest first, at most one for each subagent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// Whether a hook set the record's `awaiting_action`, so that a hook must clear it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaiting: bool,
    /// Request to the user by the agent or a person (`request-action`); holds until the next prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// Why the last turn failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether a request to the model failed; the agent may try it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request_failed: bool,
    /// How many background tasks went on when the turn ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_tasks: Option<usize>,
    /// When the conversation continues without a person, in words for people: the schedule of a prompt that the client
    /// sends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<String>,
    /// Fingerprints of the prompts that the client sends by itself; see [`fingerprint`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_prompts: Vec<String>,
    /// Whether a prompt was typed during the turn: the next turn may begin without another prompt event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queued: bool,
    /// Fingerprint of the last prompt. The id alone is not enough: a prompt typed during a turn has that turn's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_mark: Option<String>,
    /// Id of the last prompt or turn, by which repeated events are recognised.
    #[serde(default)]
    pub prompt_id: Option<String>,
    /// Whether prompts and answers may be stored.
    #[serde(default)]
    pub capture: bool,
    /// Whether a program runs the agent, as with `claude -p`, and no person attends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unattended: bool,
    /// First line of the agent's last message.
    #[serde(default)]
    pub last_message: Option<String>,
    /// Name that a person gave to the conversation, once the session's record has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The seat in which the conversation takes place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The message that continued the running turn at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued_by: Option<Continued>,
    /// When the conversation ended; only in `ended/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Unknown fields, with the text of their values. They are not flattened by serde: that would make the program that
    /// runs at every turn a tenth larger.
    #[serde(skip)]
    pub unknown: Vec<(String, String)>,
    /// Whether the current event came from another directory than the previous one.
    #[serde(skip)]
    pub has_moved: bool,
}

/// What decides whether a conversation can run at all.
#[derive(Debug, Deserialize)]
pub struct Glance<'a> {
    /// As in [`Live`].
    #[serde(default, borrow)]
    pub session_id: Option<Cow<'a, str>>,
    #[serde(default)]
    pid: Option<u32>,
    #[serde(default, borrow)]
    pid_started: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    host: Option<Cow<'a, str>>,
    #[serde(default)]
    windows: Option<IgnoredAny>,
}

impl<'a> Glance<'a> {
    /// Reads a file's bytes; `None` if they cannot be parsed.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether its only known process has ended for certain; one more look may be needed if not.
    pub fn has_ended(&self) -> bool {
        let pid = self.pid.filter(|_| self.pid_started.is_some() && self.windows.is_none());
        pid.is_some_and(|pid| process::is_missing(pid, self.host.as_deref()))
    }
}

/// Maximum number of entries of `windows`.
const WINDOWS: usize = 16;

fn word(window: &Process) -> String {
    let host = window.host.as_ref().map_or_else(String::new, |host| format!("@{host}"));
    format!("{}/{}{host}", window.pid, window.started)
}

impl Live {
    /// Creates a conversation with nothing known but its id.
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
            place: None,
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
            agent_id: None,
            continued_by: None,
            ended_at: None,
            unknown: Vec::new(),
            has_moved: false,
        }
    }

    /// Reads a file's bytes; `None` if they cannot be parsed.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (mut live, names) = fields::read::<Live>(bytes)?;
        live.unknown = Patch::of(bytes).ok()?.others(names);
        Some(live)
    }

    /// The same without unknown fields, for those who only look at it.
    pub fn known(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
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

    /// The session that the file names; `None` if it names none, or its id is not valid.
    pub fn session(&self) -> Option<SessionId> {
        SessionId::parse(self.session_id.as_deref()?).ok()
    }

    /// The agent's process, if it is known.
    pub fn process(&self) -> Option<Process> {
        Some(Process { pid: self.pid?, started: self.pid_started.clone()?, host: self.host.clone() })
    }

    /// Whether its process runs on another machine or in another container.
    pub fn is_elsewhere(&self) -> bool {
        self.process().is_some_and(|process| process::condition(&process) == Condition::Elsewhere)
    }

    /// Stores the agent's process.
    pub fn set_process(&mut self, process: Option<Process>) {
        if let Some(process) = process {
            self.pid = Some(process.pid);
            self.pid_started = Some(process.started);
            self.host = process.host;
        }
    }

    /// The other processes that have the conversation open, as far as their hooks reported it.
    pub fn windows(&self) -> impl Iterator<Item = Process> {
        let process = |word: &String| {
            let (pid, seen) = word.split_once('/')?;
            let (started, host) = seen.split_once('@').map_or((seen, None), |(started, host)| (started, Some(host)));
            Some(Process { pid: pid.parse().ok()?, started: started.to_string(), host: host.map(str::to_string) })
        };
        self.windows.iter().filter_map(process)
    }

    /// Adds a process that has opened the conversation as well.
    pub fn opened_by(&mut self, window: &Process) {
        self.closed_by(window);
        if self.windows.len() < WINDOWS {
            self.windows.push(word(window));
        }
    }

    /// Removes a process that has closed the conversation.
    pub fn closed_by(&mut self, window: &Process) {
        self.windows.retain(|known| *known != word(window));
    }
}

#[cfg(test)]
mod tests;
