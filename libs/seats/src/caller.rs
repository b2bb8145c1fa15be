//! Owns who calls a program: the user, an agent in a seat, or a conversation without a seat. Must stay true: the
//! processes above this one decide: the nearest one that belongs to a seat wins, also over a client that the agent in that
//! seat started in its shell; the variable `CS_AGENT` is a claim that must agree with them. Where a sandbox hides them (Codex runs the commands of its agent in a PID namespace
//! of their own), the claim counts if the client's own variable names the seat's conversation, too; and without any
//! evidence an agent's variable makes a caller an agent, never the user. That keeps honest agents honest. It is no boundary: a program of the same user can
//! leave its processes (`setsid`, `at`) and change every file.

use crate::seat::{Parent, Seat};
use crate::store::Seats;
use cs_core::error::{Error, Result};
use cs_core::id::{SeatId, Uuid};
use cs_core::live::Live;
use cs_core::process::{self, Process};
use cs_core::who;

/// The variable in which the client of a seat, and all that it starts, finds the seat's id.
pub const VARIABLE: &str = "CS_AGENT";
/// Switches spawning and delivery off if its value is `off`.
const SWITCH: &str = "CS_AGENTS";

/// Who calls.
#[derive(Clone, Debug, PartialEq)]
pub enum Caller {
    /// No process above this one belongs to an agent.
    Person,
    /// The agent in a seat, or something that it started.
    Seat(Box<Seat>),
    /// An agent without a seat, or something that it started: its conversation.
    Conversation(String),
}

impl Caller {
    /// Finds out who calls. A claim that the processes above this one do not confirm is refused. `conversation` is the
    /// one in whose shell this program runs, as the client's variable says.
    pub fn find(seats: &[Seat], lives: &[Live], conversation: Option<&str>) -> Result<Self> {
        let claims = Claims { seat: claimed(), conversation: conversation.map(str::to_string) };
        Self::among(process::ancestors(), seats, lives, claims)
    }

    fn among(above: impl Iterator<Item = Process>, seats: &[Seat], lives: &[Live], claims: Claims) -> Result<Self> {
        let above: Vec<Process> = above.collect();
        let found = above.iter().find_map(|process| Self::of_seat(process, seats));
        let found = found.or_else(|| above.iter().find_map(|process| Self::of_conversation(process, lives)));
        let hidden = || claims.hidden(seats).map(|seat| Caller::Seat(Box::new(seat.clone())));
        let named = || Uuid::parse(claims.conversation.as_deref()?).ok();
        let Some(caller) = found.or_else(hidden) else {
            return match (claims.seat, named()) {
                (Some(claim), _) => Err(unconfirmed(&claim)),
                (None, Some(uuid)) => Ok(Caller::Conversation(uuid.to_string())),
                (None, None) => Ok(Caller::Person),
            };
        };
        match (&caller, claims.seat) {
            (_, None) => Ok(caller),
            (Caller::Seat(seat), Some(claim)) if seat.agent_id == claim => Ok(caller),
            (_, Some(claim)) => Err(unconfirmed(&claim)),
        }
    }

    fn of_seat(process: &Process, seats: &[Seat]) -> Option<Self> {
        let seat = seats.iter().rev().find(|seat| seat.is_process(process));
        seat.map(|seat| Caller::Seat(Box::new(seat.clone())))
    }

    fn of_conversation(process: &Process, lives: &[Live]) -> Option<Self> {
        let live = lives.iter().find(|live| live.process().is_some_and(|own| own.is(process)));
        live.map(|live| Caller::Conversation(live.claude_session_id.clone()))
    }

    /// The seat of the caller.
    pub fn seat(&self) -> Option<&Seat> {
        match self {
            Caller::Seat(seat) => Some(seat),
            _ => None,
        }
    }

    /// Who did something, for a record: `user`, the seat's id, or `claude:` and the conversation's id.
    pub fn word(&self) -> String {
        match self {
            Caller::Person => who::USER.to_string(),
            Caller::Seat(seat) => seat.agent_id.clone(),
            Caller::Conversation(uuid) => who::word_of(uuid),
        }
    }

    /// Whether the caller spawned the seat. A person's seats have no parent.
    pub fn is_parent_of(&self, seat: &Seat) -> bool {
        seat.parent.as_ref().is_some_and(|parent| self.is(parent))
    }

    /// Whether the caller spawned the seat, or one above it.
    pub fn is_above(&self, seat: &Seat, seats: &[Seat]) -> bool {
        let mut above = Some(seat);
        // A chain is at most as long as there are seats, unless the files form a circle.
        for _ in 0..=seats.len() {
            let Some(seat) = above else { return false };
            if self.is_parent_of(seat) {
                return true;
            }
            above = seats.iter().find(|other| seat.is_child_of(&other.agent_id));
        }
        false
    }

    fn is(&self, parent: &Parent) -> bool {
        match self {
            Caller::Person => false,
            Caller::Seat(own) => parent.agent_id.as_ref() == Some(&own.agent_id),
            Caller::Conversation(uuid) => parent.claude_session_id.as_ref() == Some(uuid),
        }
    }

    /// Refuses what only the user, and agents above `seat`, may do. `doing` is a verb such as `kill`.
    pub fn must_own(&self, seat: &Seat, seats: &[Seat], doing: &str) -> Result<()> {
        if *self == Caller::Person || self.is_above(seat, seats) {
            return Ok(());
        }
        let own =
            if self.seat().is_some_and(|own| own.agent_id == seat.agent_id) { "your own seat" } else { &*seat.name };
        Err(Error::Refused(format!("cannot {doing} {own}: it is not your descendant")))
    }
}

/// What the environment says about the caller.
#[derive(Clone, Debug, Default)]
struct Claims {
    /// The seat, by `CS_AGENT`.
    seat: Option<String>,
    /// The conversation, by the client's own variable.
    conversation: Option<String>,
}

impl Claims {
    /// The claimed seat, if its processes cannot be seen from here and its conversation is the claimed one.
    fn hidden<'s>(&self, seats: &'s [Seat]) -> Option<&'s Seat> {
        let seat = seats.iter().find(|seat| self.seat.as_deref() == Some(&*seat.agent_id))?;
        let is_hidden = seat.host.as_deref().is_some_and(process::is_hidden);
        let agrees = self.conversation.is_some() && self.conversation == seat.claude_session_id;
        (is_hidden && agrees && seat.status.is_open()).then_some(seat)
    }
}

fn unconfirmed(claim: &str) -> Error {
    let what = format!("{VARIABLE} names {claim}, but no process above this one is its client");
    Error::Refused(format!("{what}; unset {VARIABLE}"))
}

/// The seat that this program's environment claims to be in.
pub fn claimed() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|id| !id.is_empty())
}

/// Whether spawning and delivery are switched off.
pub fn are_off() -> bool {
    std::env::var(SWITCH).is_ok_and(|value| value == "off")
}

impl Seats {
    /// The seat that the environment claims, if its client is above this process. For hooks, which read one file only.
    pub fn own(&self) -> Result<Option<Seat>> {
        let Some(id) = claimed().and_then(|id| SeatId::parse(&id).ok()) else { return Ok(None) };
        let seat = match self.seat(&id) {
            Err(Error::Missing(_)) => return Ok(None),
            other => other?,
        };
        let own = [seat.process(), seat.pane_process(), seat.replaced_process()];
        Ok(Some(seat).filter(|_| own.iter().flatten().any(process::is_above)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::{Parent, SeatStatus};
    use crate::store::tests::{at, seat};
    use cs_core::unknown::Unknown;

    fn process(pid: u32) -> Process {
        Process { pid, started: format!("s{pid}"), host: None }
    }

    fn seated(id: &str, pid: u32, parent: Option<&str>) -> Seat {
        let parent =
            parent.map(|id| Parent { agent_id: Some(id.into()), claude_session_id: None, unknown: Unknown::new() });
        let started = Some(format!("s{pid}"));
        Seat { agent_id: id.into(), pid: Some(pid), pid_started: started, parent, ..seat(id) }
    }

    #[test]
    fn the_nearest_agent_above_is_the_caller_and_a_claim_must_agree() {
        let seats = [seated("a", 10, None), seated("b", 20, Some("a"))];
        let mut live = Live::new("e998145e-4e5d-40c9-a3a6-681ad5bd51c9", at());
        live.set_process(Some(process(30)));
        let find = |pids: &[u32], claim: Option<&str>| {
            let above = pids.iter().map(|pid| process(*pid));
            let claims = Claims { seat: claim.map(str::to_string), conversation: None };
            Caller::among(above, &seats, std::slice::from_ref(&live), claims).map(|it| it.word())
        };
        assert_eq!(find(&[5, 20, 10], Some("b")).unwrap(), "b");
        assert_eq!(find(&[5, 20, 10], None).unwrap(), "b", "also if the variable was removed");
        assert_eq!(find(&[5, 30], None).unwrap(), "claude:e998145e-4e5d-40c9-a3a6-681ad5bd51c9");
        assert_eq!(find(&[5], None).unwrap(), "user");
        for (above, claim) in [(&[5][..], "a"), (&[20, 10], "a"), (&[10], "b"), (&[10], "no id")] {
            assert!(matches!(find(above, Some(claim)), Err(Error::Refused(_))), "{above:?} {claim}");
        }
        assert_eq!(find(&[30, 10], Some("a")).unwrap(), "a", "a client in its shell does not hide the agent");
        assert_eq!(find(&[30, 10], None).unwrap(), "a");
        assert!(matches!(find(&[30], Some("a")), Err(Error::Refused(_))));
    }

    #[test]
    fn where_a_sandbox_hides_the_processes_both_variables_must_agree() {
        let (uuid, other) = ("e998145e-4e5d-40c9-a3a6-681ad5bd51c9", "1efc27bb-f68f-47d0-bb52-fc872cee82d8");
        let here = process::here().unwrap_or("boot:1");
        let there = format!("{}:1", here.rsplit_once(':').map_or(here, |(boot, _)| boot));
        let of = |host: &str| {
            let of = Seat { host: Some(host.to_string()), status: SeatStatus::Running, ..seated("a", 10, None) };
            Seat { claude_session_id: Some(uuid.to_string()), ..of }
        };
        let find = |seat: Seat, claim: Option<&str>, conversation: Option<&str>| {
            let claims = Claims { seat: claim.map(str::to_string), conversation: conversation.map(str::to_string) };
            Caller::among(std::iter::once(process(5)), &[seat], &[], claims).map(|it| it.word())
        };
        if cfg!(target_os = "linux") {
            assert_eq!(find(of(&there), Some("a"), Some(uuid)).unwrap(), "a");
        }
        for (host, conversation) in
            [(here, Some(uuid)), (&there, None), (&there, Some(other)), ("elsewhere:1", Some(uuid))]
        {
            assert!(
                matches!(find(of(host), Some("a"), conversation), Err(Error::Refused(_))),
                "{host} {conversation:?}"
            );
        }
        assert_eq!(find(of(here), None, Some(other)).unwrap(), format!("claude:{other}"), "not the user");
        assert_eq!(find(of(here), None, Some("../x")).unwrap(), "user");
    }

    #[test]
    fn only_the_user_and_agents_above_own_a_seat() {
        let seats =
            [seated("a", 1, None), seated("b", 2, Some("a")), seated("c", 3, Some("b")), seated("d", 4, Some("a"))];
        let may = |who: usize, whom: usize| {
            Caller::Seat(Box::new(seats[who].clone())).must_own(&seats[whom], &seats, "kill").is_ok()
        };
        assert!(may(0, 1) && may(0, 2) && may(1, 2) && Caller::Person.must_own(&seats[2], &seats, "kill").is_ok());
        assert!(!may(1, 0) && !may(1, 3) && !may(3, 2) && !may(1, 1));
        let circle = [seated("x", 1, Some("y")), seated("y", 2, Some("x"))];
        assert!(Caller::Conversation("u".into()).must_own(&circle[0], &circle, "kill").is_err());
    }
}
