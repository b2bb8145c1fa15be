//! Owns the few facts about a seat (`agents/<id>.json`) that a hook needs: its name, which process its client is, and
//! which session its parent has. Must stay true: nothing is written. Deliberately absent: everything else about seats
//! (`libs/seats`), which `cs-hook` does not link.

use super::Store;
use crate::error::Result;
use crate::file;
use crate::id::{SeatId, SessionId, Uuid};
use crate::patch::Patch;
use crate::process::{self, Process};

/// How far the start of a seat's client has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It was started; no hook of it was seen yet.
    Starting,
    /// A hook of it was seen.
    #[default]
    Started,
}

/// Whether `caller` is the client of a seat. `own` is the client that was seen last; while the seat starts, or after that
/// client ended, the process that was started in its pane is, or the one that this one started. A client that an agent
/// starts in its own shell is not the seat's.
pub fn is_client(caller: &Process, own: Option<&Process>, pane: Option<&Process>, phase: Phase) -> bool {
    match own.filter(|_| phase == Phase::Started) {
        Some(own) if own.is(caller) => true,
        Some(own) if process::is_alive(own) != Some(false) => false,
        _ => pane.is_some_and(|pane| pane.is(caller) || process::is_child(caller.pid, pane)),
    }
}

/// What a hook needs to know about a seat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seated {
    /// Its name.
    pub name: Option<String>,
    /// The conversation that takes place in it.
    pub claude_session_id: Option<String>,
    /// The session of that conversation.
    pub session_id: Option<SessionId>,
    client: Option<Process>,
    pane: Option<Process>,
    phase: Phase,
    parent: (Option<String>, Option<String>),
}

impl Seated {
    fn of(bytes: &[u8]) -> Option<Self> {
        let seat = Patch::of(bytes).ok()?;
        let host = seat.text("host");
        let process = |of: &Patch, pid: &str, started: &str| {
            Some(Process { pid: of.value(pid)?.parse().ok()?, started: of.text(started)?, host: host.clone() })
        };
        let part = |name: &str| seat.value(name).unwrap_or("{}").to_string();
        let (tmux, parent) = (part("tmux"), part("parent"));
        let tmux = Patch::of(tmux.as_bytes()).unwrap_or_default();
        let parent = Patch::of(parent.as_bytes()).unwrap_or_default();
        Some(Seated {
            name: seat.text("name"),
            claude_session_id: seat.text("claude_session_id"),
            session_id: seat.text("session_id").and_then(|id| SessionId::parse(&id).ok()),
            client: process(&seat, "pid", "pid_started"),
            pane: process(&tmux, "pane_pid", "pane_started"),
            phase: match seat.text("status").as_deref() {
                Some("starting") => Phase::Starting,
                _ => Phase::Started,
            },
            parent: (parent.text("agent_id"), parent.text("claude_session_id")),
        })
    }

    /// Whether this process is its client.
    pub fn is_client(&self, caller: &Process) -> bool {
        is_client(caller, self.client.as_ref(), self.pane.as_ref(), self.phase)
    }
}

impl Store {
    /// The seat with this id; `None` if there is none, or its file cannot be read as one.
    pub fn seated(&self, id: &SeatId) -> Result<Option<Seated>> {
        Ok(file::read(&self.home.seat(id))?.and_then(|bytes| Seated::of(&bytes)))
    }

    /// The session of the agent that spawned the one in this seat, if it has one.
    pub fn parent_session(&self, seat: &str) -> Option<String> {
        let seated = |id: &str| self.seated(&SeatId::parse(id).ok()?).ok().flatten();
        let running = |uuid: &str| self.live(&Uuid::parse(uuid).ok()?).ok().flatten()?.session_id;
        let parent = seated(seat)?.parent;
        let above = parent.0.as_deref().and_then(seated);
        let above = above.map(|above| (above.claude_session_id, above.session_id.map(String::from)));
        session_of(
            above.as_ref().map(|(uuid, session)| (uuid.as_deref(), session.clone())),
            parent.1.as_deref(),
            running,
        )
    }
}

/// The session in which an agent works. `seat` is its seat, if it has one: the conversation in it, and the session that
/// it names; `conversation` is the one of an agent without a seat. A running conversation (`running` finds its session)
/// decides, because it may have gone on in another session than its seat names.
pub fn session_of<T>(
    seat: Option<(Option<&str>, Option<T>)>,
    conversation: Option<&str>,
    running: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    match seat {
        Some((uuid, named)) => uuid.and_then(running).or(named),
        None => conversation.and_then(running),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_in_the_shell_of_the_client_is_not_the_seats() {
        let own = process::find(std::process::id()).unwrap();
        let parent = process::find(std::os::unix::process::parent_id()).unwrap();
        let gone = Process { started: "1".into(), ..own.clone() };
        assert!(is_client(&own, Some(&own), None, Phase::Started));
        assert!(!is_client(&own, Some(&parent), Some(&parent), Phase::Started), "the client still runs");
        assert!(is_client(&own, Some(&gone), Some(&parent), Phase::Started), "another one was started in its pane");
        assert!(
            is_client(&own, None, Some(&parent), Phase::Starting) && is_client(&own, None, Some(&own), Phase::Starting)
        );
        assert!(
            !is_client(&parent, None, Some(&own), Phase::Starting) && !is_client(&own, None, None, Phase::Starting)
        );
    }

    #[test]
    fn the_running_conversation_decides_in_which_session_an_agent_works() {
        let running = |uuid: &str| (uuid == "u").then(|| "now".to_string());
        let named = || Some("named".to_string());
        assert_eq!(session_of(Some((Some("u"), named())), None, running).as_deref(), Some("now"));
        assert_eq!(session_of(Some((Some("over"), named())), None, running), named());
        assert_eq!(session_of(None, Some("u"), running).as_deref(), Some("now"));
        assert_eq!(session_of(None, None, running), None);
    }

    #[test]
    fn a_seat_of_any_form_is_read_as_far_as_it_goes() {
        let text = r#"{"pid":7,"pid_started":"s","status":"starting","tmux":null,"parent":{"agent_id":"a"},"x":1}"#;
        let seat = Seated::of(text.as_bytes()).unwrap();
        assert_eq!((seat.phase, seat.client.map(|it| it.pid), seat.pane), (Phase::Starting, Some(7), None));
        assert_eq!(seat.parent, (Some("a".into()), None));
        assert_eq!(Seated::of(b"[]"), None);
        assert_eq!(Seated::of(b"{}"), Some(Seated::default()));
    }
}
