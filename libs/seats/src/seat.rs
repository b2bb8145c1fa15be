//! Owns the wire format of a seat, `agents/<id>.json`. Must stay true: unknown fields survive. Deliberately absent:
//! files, clocks, and what the conversation in the seat is doing, which `cs_core::states` derives.

use cs_core::keeps_unknown;
use cs_core::process::{self, Process};
use cs_core::store::{self, Phase};
use cs_core::unknown::Unknown;
use cs_core::who;
use serde::{Deserialize, Serialize};

/// The version that this program writes.
pub use cs_core::store::SEAT_VERSION as SCHEMA_VERSION;

/// Whether a seat has a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatStatus {
    /// Its client was started, but no hook of it was seen yet.
    #[default]
    Starting,
    /// A hook of its client was seen.
    Running,
    /// Its client ended by itself, or because the person closed it.
    Ended,
    /// `cs-agent kill` ended it.
    Killed,
}

impl SeatStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            SeatStatus::Starting => "starting",
            SeatStatus::Running => "running",
            SeatStatus::Ended => "ended",
            SeatStatus::Killed => "killed",
        }
    }

    /// Whether the seat has, or is about to have, a client.
    pub fn is_open(self) -> bool {
        matches!(self, SeatStatus::Starting | SeatStatus::Running)
    }
}

/// The agent that spawned another one: a seat, or a conversation without a seat. Exactly one of the fields is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Parent {
    /// The parent's seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The parent's conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// The terminal of a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Tmux {
    /// Absolute path of the server's socket.
    pub socket: String,
    /// The session's name: the seat's id.
    pub session: String,
    /// The pane, such as `%5`.
    pub pane: String,
    /// The process that tmux started in the pane.
    #[serde(default)]
    pub pane_pid: Option<u32>,
    /// When that process started, as the system writes it.
    #[serde(default)]
    pub pane_started: Option<String>,
    /// Whether this is the process before: it is being replaced, and the next one is not recorded yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// Before the error in `ended_by` of a seat whose client could not be started.
pub const NOT_STARTED: &str = "error: ";

/// A place in which an agent works. Instants are RFC 3339 texts in UTC. The default is one of which nothing is known yet,
/// for a seat that is being made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Seat {
    /// `agent_<UTC minute>_<4 hex>`, the same as the file's name.
    pub agent_id: String,
    /// Its name for people and agents, 1 to 60 characters.
    pub name: String,
    /// The client's word on the wire: `claude-code` or `codex`.
    pub agent: String,
    /// The agent that spawned it; absent if a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// 0 for a seat that a person made, one more than the parent's otherwise.
    #[serde(default)]
    pub depth: u32,
    /// The model that its client was told to use; absent for the one in the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The effort that its client was told to use; absent for the one in the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// Which tools run without a question, if a person chose that when it was spawned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_mode: Option<String>,
    /// Further arguments of its client: a person's, or those of a template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The conversation that takes place in it; absent as long as a Codex thread has no id.
    #[serde(default)]
    pub claude_session_id: Option<String>,
    /// All conversations that took place in it, oldest first, the present one included.
    #[serde(default)]
    pub conversations: Vec<String>,
    /// The session of the present conversation.
    #[serde(default)]
    pub session_id: Option<String>,
    /// The project's slug.
    #[serde(default)]
    pub project_slug: Option<String>,
    /// The directory in which its client was started.
    pub cwd: String,
    /// Root of the work tree that contains `cwd`; absent outside a repository.
    #[serde(default)]
    pub worktree_root: Option<String>,
    /// SHA-256 of the first prompt, in hexadecimal digits; absent without a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_sha256: Option<String>,
    /// The key by which a repeated call finds the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the agent says that it is doing (`cs-agent status`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doing: Option<String>,
    /// Where its terminal is; absent until it is started.
    #[serde(default)]
    pub tmux: Option<Tmux>,
    /// The client's process.
    #[serde(default)]
    pub pid: Option<u32>,
    /// When that process started, as the system writes it.
    #[serde(default)]
    pub pid_started: Option<String>,
    /// The machine or container in which the processes run; see [`cs_core::process::here`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The machine of `host`, across its boots; see [`cs_core::process::machine`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Whether it has a client.
    pub status: SeatStatus,
    /// When it was made.
    pub spawned_at: String,
    /// `user`, or the parent's id.
    pub spawned_by: String,
    /// When its client ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// What ended it: `client`, `user`, the id of an agent, or `error: ` and why its client could not be started. While
    /// the seat is open: who is about to end its client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// The seat whose conversation it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<String>,
    /// Whether its parent is told when a turn ends, a turn fails, it asks a question, or it ends.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub tells: bool,
    /// Its parent is told when it works without an event for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_after_seconds: Option<u64>,
    /// 1, see [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Parent, Tmux, Seat);

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

impl Parent {
    /// The parent's id: that of its seat, or `claude:` and that of its conversation.
    pub fn word(&self) -> Option<String> {
        who::word(self.agent_id.as_deref(), self.claude_session_id.as_deref())
    }
}

impl Seat {
    /// The client's process, if one was seen.
    pub fn process(&self) -> Option<Process> {
        self.process_of(self.pid, self.pid_started.as_deref())
    }

    /// The process that tmux started in its pane.
    pub fn pane_process(&self) -> Option<Process> {
        self.pane_of(false)
    }

    /// The process in its pane that is being replaced.
    pub fn replaced_process(&self) -> Option<Process> {
        self.pane_of(true)
    }

    fn pane_of(&self, replaced: bool) -> Option<Process> {
        let tmux = self.tmux.as_ref().filter(|tmux| tmux.replaced == replaced)?;
        self.process_of(tmux.pane_pid, tmux.pane_started.as_deref())
    }

    fn process_of(&self, pid: Option<u32>, started: Option<&str>) -> Option<Process> {
        Some(Process { pid: pid?, started: started?.to_string(), host: self.host.clone() })
    }

    /// Notes where its processes run: a process of it was seen here.
    pub fn take_host(&mut self, process: &Process) {
        if self.machine.is_some() && self.host == process.host {
            return;
        }
        self.host.clone_from(&process.host);
        self.machine = self.host.as_ref().and_then(|_| process::machine()).map(str::to_string);
    }

    /// Whether this is one of its processes.
    pub fn is_process(&self, process: &Process) -> bool {
        [self.process(), self.pane_process()].into_iter().flatten().any(|own| own.is(process))
    }

    /// Whether this process is its client; see [`cs_core::store::is_client`].
    pub fn is_client(&self, caller: &Process) -> bool {
        let phase = if self.status == SeatStatus::Starting { Phase::Starting } else { Phase::Started };
        store::is_client(caller, self.process().as_ref(), self.pane_process().as_ref(), phase)
    }

    /// Whether this process is the client that is being replaced.
    pub fn is_replaced(&self, caller: &Process) -> bool {
        store::is_client(caller, None, self.replaced_process().as_ref(), Phase::Starting)
    }

    /// Why its client could not be started, if that is how it ended.
    pub fn start_error(&self) -> Option<&str> {
        self.ended_by.as_deref().filter(|_| self.status == SeatStatus::Ended)?.strip_prefix(NOT_STARTED)
    }

    /// The seat of its parent, if that has one.
    pub fn parent_seat(&self) -> Option<&str> {
        self.parent.as_ref()?.agent_id.as_deref()
    }

    /// Whether the agent in the seat with this id spawned it.
    pub fn is_child_of(&self, agent_id: &str) -> bool {
        self.parent_seat() == Some(agent_id)
    }

    /// Adds a conversation as the present one.
    pub fn begin_conversation(&mut self, uuid: &str) {
        self.claude_session_id = Some(uuid.to_string());
        self.conversations.retain(|known| known != uuid);
        self.conversations.push(uuid.to_string());
        let surplus = self.conversations.len().saturating_sub(CONVERSATIONS);
        self.conversations.drain(..surplus);
    }

    /// Its name and id, for messages: `builder (agent_20261129T1134_1f0c)`.
    pub fn title(&self) -> String {
        format!("{} ({})", self.name, self.agent_id)
    }
}

/// Maximum number of conversations that a seat lists; the oldest are dropped.
const CONVERSATIONS: usize = 1000;
