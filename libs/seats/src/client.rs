//! Owns whether the client of a seat runs. Everything that asks this asks here: lists, leases, limits, tasks, and whoever
//! reports an end. Must stay true: a process that cannot be judged has not ended, but one from
//! before this machine was started again has; while a client is replaced, the process in the pane is not known ([`Seat::await_client`]), so nothing ends in that moment.

use crate::seat::{Seat, SeatStatus};
use crate::store::Seats;
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::process::{self, Condition, Process};
use cs_core::store::runner;

/// What the processes of a seat say about its client.
#[derive(Clone, Debug, PartialEq)]
pub enum Client {
    /// This process of it runs.
    Runs(Process),
    /// It is gone: this was its process.
    Gone(Process),
    /// No process is known, or those that are known cannot be judged.
    Unknown,
}

impl Seat {
    /// The client of an open seat. `live` finds its conversation's file, and is asked only if the known processes are
    /// gone: the seat's file may lag behind a conversation that has got a new process.
    pub fn client(&self, live: impl FnOnce() -> Option<Process>) -> Client {
        // A client that is being started is the process in the pane, whatever was there before.
        let own = self.process().filter(|_| self.status != SeatStatus::Starting);
        let mut gone = None;
        for process in [own, self.pane_process()].into_iter().flatten() {
            match self.condition(&process) {
                Condition::Runs | Condition::Suspended => return Client::Runs(process),
                Condition::Ended => gone = gone.or(Some(process)),
                Condition::Elsewhere | Condition::Unknown => return Client::Unknown,
            }
        }
        let Some(gone) = gone else { return Client::Unknown };
        match live().map(|process| (self.condition(&process), process)) {
            Some((Condition::Runs | Condition::Suspended, process)) => Client::Runs(process),
            Some((Condition::Elsewhere | Condition::Unknown, _)) => Client::Unknown,
            Some((Condition::Ended, _)) | None => Client::Gone(gone),
        }
    }

    /// The state of a process that was seen in the seat: one from before this machine was started again has ended.
    pub fn condition(&self, process: &Process) -> Condition {
        let is_of_seat = process.host == self.host;
        let is_over = |host: &str| is_of_seat && process::is_over(host, self.machine.as_deref());
        match process::condition(process) {
            Condition::Elsewhere if process.host.as_deref().is_some_and(is_over) => Condition::Ended,
            condition => condition,
        }
    }

    /// Makes the seat one whose client is being started in the same pane: until it is recorded, none of its processes is
    /// known.
    pub fn await_client(&mut self) {
        self.status = SeatStatus::Starting;
        (self.pid, self.pid_started) = (None, None);
        if let Some(tmux) = self.tmux.as_mut() {
            tmux.replaced = true;
        }
    }

    /// Whether its client is being started, and no process of it is recorded yet.
    pub fn awaits_client(&self) -> bool {
        self.status == SeatStatus::Starting && self.pane_process().is_none()
    }
}

impl Seats {
    /// The client of an open seat.
    pub fn client(&self, seat: &Seat) -> Client {
        seat.client(|| {
            let uuid = Uuid::parse(seat.claude_session_id.as_deref()?).ok()?;
            runner(&Live::read(&file::read(&self.home().live(&uuid)).ok()??)?)
        })
    }

    /// Whether a seat is known to have no client: it ended, was killed, or its processes are gone.
    pub fn has_ended(&self, seat: &Seat) -> bool {
        !seat.status.is_open() || matches!(self.client(seat), Client::Gone(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::Tmux;
    use crate::store::tests::{at, seat, store};
    use cs_core::unknown::Unknown;

    const TALK: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

    fn of(status: SeatStatus, started: &str) -> Seat {
        let (pid, pid_started) = (Some(std::process::id()), Some(started.to_string()));
        Seat { status, pid, pid_started, claude_session_id: Some(TALK.into()), ..seat("a") }
    }

    fn in_pane(seat: Seat, started: &str) -> Seat {
        let text = |word: &str| word.to_string();
        let tmux = Tmux {
            socket: text("/s"),
            session: text("a"),
            pane: text("%1"),
            pane_pid: Some(std::process::id()),
            pane_started: Some(text(started)),
            replaced: false,
            unknown: Unknown::new(),
        };
        Seat { tmux: Some(tmux), ..seat }
    }

    #[test]
    fn a_client_is_gone_only_if_its_processes_are_known_to_have_ended() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let own = process::find(std::process::id()).unwrap();
        assert!(!seats.has_ended(&of(SeatStatus::Running, &own.started)));
        assert!(seats.has_ended(&of(SeatStatus::Running, "1")), "the id was reused");
        assert!(!seats.has_ended(&in_pane(of(SeatStatus::Running, "1"), &own.started)), "its pane has a process");
        assert!(seats.has_ended(&of(SeatStatus::Killed, &own.started)));
        assert!(!seats.has_ended(&Seat { status: SeatStatus::Running, ..seat("a") }), "no process is known");
        let mut live = Live::new(TALK, at());
        live.set_process(Some(own));
        let uuid = Uuid::parse(TALK).unwrap();
        file::replace(&seats.home().live(&uuid), &live.to_bytes(), file::Durability::Disposable).unwrap();
        assert!(!seats.has_ended(&of(SeatStatus::Running, "1")), "its conversation has a new process");
    }

    #[test]
    fn what_ran_before_this_machine_was_started_again_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (seats, own) = (Seats::of(&store(dir.path())), process::find(std::process::id()).unwrap());
        let host = Some("00000000-0000-4000-8000-000000000000:1".to_string());
        let of = |machine: Option<&str>| {
            let machine = machine.map(str::to_string);
            Seat { host: host.clone(), machine, ..in_pane(of(SeatStatus::Running, &own.started), &own.started) }
        };
        let Some(here) = process::machine() else { return };
        assert!(seats.has_ended(&of(Some(here))));
        assert!(!seats.has_ended(&of(Some("another"))) && !seats.has_ended(&of(None)), "another machine");
        let of_talk = |host: Option<String>| of(Some(here)).client(|| Some(Process { host, ..own.clone() }));
        assert!(matches!(of_talk(host.clone()), Client::Gone(_)), "its conversation ran in that boot, too");
        assert_eq!(of_talk(Some("elsewhere:1".into())), Client::Unknown, "its conversation was opened elsewhere");
        assert!(matches!(of_talk(own.host.clone()), Client::Runs(_)));
    }

    /// `cs-agent list` said that it was gone, while its leases held and it counted as a child that runs.
    #[test]
    fn a_seat_whose_start_failed_has_ended_and_one_whose_client_is_replaced_has_not() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let started = in_pane(Seat { pid: None, ..of(SeatStatus::Starting, "1") }, "1");
        assert!(seats.has_ended(&started), "the process in its pane is gone");
        assert!(!seats.has_ended(&of(SeatStatus::Starting, "1")), "its next client is being started");
        let mut replaced = in_pane(of(SeatStatus::Running, "1"), "1");
        replaced.await_client();
        assert!(!seats.has_ended(&replaced) && replaced.awaits_client(), "the old process is no evidence");
    }
}
