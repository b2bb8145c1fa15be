//! Owns which seats have lost their client without a hook that says so, and in which words that is told. Must stay true:
//! a client that is being replaced or opened again is not recorded for a moment, so whoever ends a seat looks twice.

use crate::client::Client;
use crate::seat::Seat;
use crate::store::Seats;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::Result;
use cs_core::id::SeatId;

/// A start takes seconds; after this time without a process it did not take place.
const START: TimeDelta = TimeDelta::hours(1);

impl Seats {
    /// What happened to the client of a seat, in words that follow its name; `None` unless it is gone.
    pub fn how_gone(&self, seat: &Seat, now: Instant) -> Option<&'static str> {
        if !seat.status.is_open() {
            return None;
        }
        match self.client(seat) {
            Client::Gone(_) => Some("ended without a word: its process is gone"),
            Client::Unknown if seat.awaits_client() => {
                let spawned = clock::credible(&seat.spawned_at, now)?;
                (now - spawned > START).then_some("was not started")
            }
            Client::Runs(_) | Client::Unknown => None,
        }
    }

    /// The seats whose client is gone, as far as one look can tell.
    pub fn gone(&self, now: Instant) -> Result<Vec<SeatId>> {
        let (seats, _) = self.all()?;
        let gone = seats.iter().filter(|seat| self.how_gone(seat, now).is_some());
        Ok(gone.filter_map(|seat| SeatId::parse(&seat.agent_id).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::SeatStatus;
    use crate::store::tests::{at, seat, store};
    use cs_core::process;

    fn dead(seat: Seat) -> Seat {
        let own = process::find(std::process::id()).unwrap();
        Seat { pid: Some(own.pid), pid_started: Some("1".into()), host: own.host, ..seat }
    }

    fn running(seat: Seat) -> Seat {
        let own = process::find(std::process::id()).unwrap();
        Seat { pid: Some(own.pid), pid_started: Some(own.started), host: own.host, ..seat }
    }

    #[test]
    fn a_seat_is_gone_only_if_its_process_is_known_to_have_ended() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let of = |status| Seat { status, ..seat("builder") };
        assert!(seats.how_gone(&dead(of(SeatStatus::Running)), at()).is_some());
        assert!(seats.how_gone(&running(of(SeatStatus::Running)), at()).is_none());
        assert!(seats.how_gone(&of(SeatStatus::Running), at()).is_none(), "no process is known");
        assert!(seats.how_gone(&dead(of(SeatStatus::Ended)), at()).is_none());
    }

    #[test]
    fn a_start_without_a_process_is_given_up_after_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let made = seat("builder");
        assert_eq!(seats.how_gone(&made, at() + TimeDelta::minutes(59)), None);
        assert_eq!(seats.how_gone(&made, at() + TimeDelta::minutes(61)), Some("was not started"));
    }
}
