//! Owns whose a lease is, and whether that owner has ended: a seat, else a conversation, else a person's shell, or the
//! command of `cs-lease run`. Must stay true: a process is known by its id *and* its start, so that a reused id never
//! keeps a lease; an owner that cannot be judged has not ended.

use crate::caller::Caller;
use crate::store::Seats;
use cs_core::id::SeatId;
use cs_core::keeps_unknown;
use cs_core::live::Live;
use cs_core::process::{self, Process};
use cs_core::unknown::Unknown;
use cs_core::who;
use serde::{Deserialize, Serialize};

/// The owner of a lease. Without a seat and a conversation it is the user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Owner {
    /// The seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation, at the time of the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// Whether the lease belongs to one command: the process is that of `cs-lease run` until that has started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runs: bool,
    /// The process with whose end the lease falls: the client, the shell of a person, or the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// When that process started, as the system writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid_started: Option<String>,
    /// Where it was seen; see [`cs_core::process::here`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Owner);

/// What decides whether an owner has ended: its seat unless it is one command, and its process.
pub type Identity = (Option<String>, Option<u32>, Option<String>, Option<String>);

impl Owner {
    /// The caller as an owner. `lives` are the conversations among which the caller was found.
    pub fn of(caller: &Caller, lives: &[Live]) -> Self {
        match caller {
            Caller::Seat(seat) => Owner {
                agent_id: Some(seat.agent_id.clone()),
                claude_session_id: seat.claude_session_id.clone(),
                ..Owner::default()
            }
            .with(seat.process().or_else(|| seat.pane_process())),
            Caller::Conversation(uuid) => {
                let live = lives.iter().find(|live| live.claude_session_id == *uuid);
                Owner { claude_session_id: Some(uuid.clone()), ..Owner::default() }.with(live.and_then(Live::process))
            }
            Caller::Person => Owner::default().with(process::find(std::os::unix::process::parent_id())),
        }
    }

    /// The same owner for a command that this process runs.
    pub fn running(&self) -> Self {
        Owner { runs: true, ..self.clone() }.with(process::find(std::process::id()))
    }

    /// The same owner with this process.
    pub fn with(mut self, process: Option<Process>) -> Self {
        self.pid = process.as_ref().map(|process| process.pid);
        self.host = process.as_ref().and_then(|process| process.host.clone());
        self.pid_started = process.map(|process| process.started);
        self
    }

    /// The process with whose end the lease falls.
    pub fn process(&self) -> Option<Process> {
        Some(Process { pid: self.pid?, started: self.pid_started.clone()?, host: self.host.clone() })
    }

    /// Who it is, for records: `user`, the seat's id, or `claude:` and the conversation's id.
    pub fn word(&self) -> String {
        let agent = who::word(self.agent_id.as_deref(), self.claude_session_id.as_deref());
        agent.unwrap_or_else(|| who::USER.to_string())
    }

    /// Whether it is the user, not an agent.
    pub fn is_person(&self) -> bool {
        self.agent_id.is_none() && self.claude_session_id.is_none()
    }

    /// Whether a lease of this owner is one of the caller's own. `is_above` says whether a process is the caller, or
    /// started it.
    pub fn is_own(&self, caller: &Owner, is_above: impl Fn(&Process) -> bool) -> bool {
        let above = || self.process().is_some_and(|process| is_above(&process));
        match (&self.agent_id, &self.claude_session_id) {
            _ if self.runs => above(),
            (Some(id), _) => caller.agent_id.as_ref() == Some(id),
            (None, Some(uuid)) if caller.agent_id.is_none() => {
                let is_same = |process: Process| caller.process().is_some_and(|own| own.is(&process));
                caller.claude_session_id.as_ref() == Some(uuid)
                    || (caller.claude_session_id.is_some() && self.process().is_some_and(is_same))
            }
            (None, Some(_)) => false,
            (None, None) => caller.is_person() && above(),
        }
    }

    /// See [`Identity`].
    pub fn identity(&self) -> Identity {
        let seat = self.agent_id.clone().filter(|_| !self.runs);
        (seat, self.pid, self.pid_started.clone(), self.host.clone())
    }

    /// Whether the owner is known to have ended. A seat outlives its conversations, so its file decides.
    pub fn has_ended(&self, seats: &Seats) -> bool {
        let seat = self.agent_id.as_deref().filter(|_| !self.runs).and_then(|id| SeatId::parse(id).ok());
        match seat.and_then(|id| seats.seat(&id).ok()) {
            Some(seat) => seats.has_ended(&seat),
            None => self.process().is_some_and(|process| process::is_alive(&process) == Some(false)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::tests::store;

    pub(crate) fn owner() -> Owner {
        Owner::default().with(process::find(std::process::id()))
    }

    fn of(agent: Option<&str>, uuid: Option<&str>, pid: u32) -> Owner {
        let text = |word: Option<&str>| word.map(str::to_string);
        let process = Process { pid, started: format!("s{pid}"), host: None };
        Owner { agent_id: text(agent), claude_session_id: text(uuid), ..Owner::default() }.with(Some(process))
    }

    #[test]
    fn a_lease_is_own_by_seat_conversation_or_shell_and_that_of_a_command_by_its_process() {
        let is_own =
            |lease: &Owner, caller: &Owner, above: &[u32]| lease.is_own(caller, |process| above.contains(&process.pid));
        let (seat, talk, user) = (of(Some("a"), Some("u"), 1), of(None, Some("u"), 2), of(None, None, 3));
        assert!(is_own(&seat, &of(Some("a"), Some("other"), 9), &[]), "a seat outlives its conversations");
        assert!(!is_own(&seat, &of(Some("b"), Some("u"), 1), &[1]) && !is_own(&seat, &talk, &[1]));
        assert!(is_own(&talk, &of(None, Some("u"), 9), &[]) && is_own(&talk, &of(None, Some("cleared"), 2), &[]));
        assert!(!is_own(&talk, &of(None, Some("v"), 9), &[2]) && !is_own(&talk, &user, &[2]));
        assert!(is_own(&user, &of(None, None, 9), &[3]), "started from the same shell");
        assert!(!is_own(&user, &of(None, None, 9), &[4]) && !is_own(&user, &talk, &[3]));
        let run = Owner { runs: true, ..seat.clone() };
        assert!(is_own(&run, &user, &[1]) && !is_own(&run, &seat, &[]), "two commands of one seat exclude each other");
    }

    #[test]
    fn an_owner_has_ended_when_its_process_has_and_a_reused_id_is_no_owner() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        assert!(!owner().has_ended(&seats));
        assert!(Owner { pid_started: Some("1".into()), ..owner() }.has_ended(&seats), "the id was reused");
        let elsewhere = Owner { host: Some("other:1".into()), pid_started: Some("1".into()), ..owner() };
        assert!(!elsewhere.has_ended(&seats), "it cannot be judged from here");
        assert!(!Owner::default().has_ended(&seats), "nothing is known");
    }
}
