//! Owns how commands find a seat, and who runs them. Must stay true: a seat whose file cannot be read is reported, and
//! hides no other one. `seat/show.rs` prints a seat, `seat/pane.rs` checks its terminal, `seat/interrupt.rs` stops its
//! turn, `seat/start.rs` starts its client, `seat/seen.rs` waits for it; `seat/begin.rs` makes a new seat, `seat/clear.rs` and
//! `seat/restore.rs` start a client in one that is there.

pub mod begin;
pub mod clear;
pub mod environment;
pub mod found;
pub mod interrupt;
pub mod kill;
pub mod launch_file;
mod limits;
pub mod naming;
pub mod nudge;
mod opening;
pub mod pane;
pub mod post;
pub mod prompt;
pub mod restore;
pub mod seen;
mod show;
pub mod start;

pub use show::print_seat;

use crate::deferred::{defer, program};
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use crate::shared::STDIN;
use crate::{config_of, lines};
use agents::Agent;
use cs_core::error::Error;
use cs_core::id::SeatId;
use cs_core::live::Live;
use cs_core::store::Store;
use seats::settings::Settings;
use seats::{Caller, ME, Seat, Seats};
use std::io::stdin;
use std::path::Path;

/// All seats at one moment, and who asks.
#[derive(Debug)]
pub struct Agents {
    /// The files of the seats.
    pub files: Seats,
    /// All seats, the oldest first.
    pub seats: Vec<Seat>,
    /// Why others cannot be read.
    pub damaged: Vec<Error>,
    /// All running conversations.
    pub lives: Vec<Live>,
    /// Who runs this program.
    pub caller: Caller,
}

/// Says which seats cannot be read. That is no failure of a command about others.
pub fn note_damaged(errors: &[Error]) {
    errors.iter().for_each(|error| note(program(), &error.to_string()));
}

/// Who runs this program.
pub fn caller(seats: &[Seat], lives: &[Live]) -> Outcome<Caller> {
    Ok(Caller::find(seats, lives, Agent::conversation_from_env().as_deref())?)
}

impl Agents {
    /// Reads all seats, and finds out who asks. A seat that cannot be read is only noted: it is another agent's.
    pub fn read(store: &Store) -> Outcome<Self> {
        let files = Seats::of(store);
        let (seats, damaged) = files.all()?;
        note_damaged(&damaged);
        let lives = store.all_live()?;
        let caller = caller(&seats, &lives)?;
        Ok(Agents { files, seats, damaged, lives, caller })
    }

    /// The seat that a text names; without a text, or as `me`, the one in which this program runs.
    pub fn find(&self, name: Option<&str>) -> Outcome<&Seat> {
        match name.filter(|name| *name != ME) {
            Some(name) => Ok(seats::find(&self.seats, name).map_err(|error| self.why_not(name, error))?),
            None => self.own().map_err(|failure| match failure {
                Failure::Advised(text, hint) => Failure::Advised(text, format!("name an agent; {hint}")),
                other => other,
            }),
        }
    }

    /// Why a seat is not found: perhaps its file is damaged.
    fn why_not(&self, name: &str, error: Error) -> Error {
        let is_its = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem == name);
        match self.damaged.iter().find_map(|damaged| damaged.as_corrupt().filter(|(path, _)| is_its(path))) {
            Some((path, reason)) => Error::corrupt(path, reason),
            None => error,
        }
    }

    /// The seat in which this program runs.
    pub fn own(&self) -> Outcome<&Seat> {
        let own = self.caller.seat().and_then(|own| self.seats.iter().find(|seat| seat.agent_id == own.agent_id));
        own.ok_or_else(|| Failure::Advised("no agent's seat runs this".into(), "cs-agent list shows all".into()))
    }

    /// Refuses what only the user, and agents above the seat, may do. `doing` is a verb such as `kill`.
    pub fn must_own(&self, seat: &Seat, doing: &str) -> Outcome<()> {
        Ok(self.caller.must_own(seat, &self.seats, doing)?)
    }

    /// The same, but the agent in the seat may do it, too.
    pub fn must_be_or_own(&self, seat: &Seat, doing: &str) -> Outcome<()> {
        match self.caller.seat() {
            Some(own) if own.agent_id == seat.agent_id => Ok(()),
            _ => self.must_own(seat, doing),
        }
    }
}

/// The id of a seat that was read from its file.
pub fn id_of(seat: &Seat) -> Outcome<SeatId> {
    Ok(SeatId::parse(&seat.agent_id)?)
}

/// The settings of agents. Those that cannot be used are reported.
pub fn settings(store: &Store) -> Settings {
    let clients = Agent::ALL.map(Agent::program);
    let (settings, errors) = Settings::read(&config_of(store), &store.home.config(), &clients);
    errors.iter().for_each(defer);
    settings
}

/// The names of agents on a command line; `-` reads them, or the lines that other commands print, from standard input.
pub fn names(words: &[String]) -> Outcome<Vec<String>> {
    let mut all = Vec::new();
    for word in words {
        match word == STDIN {
            true => all.extend(lines::read_names_of(&["agent_id"], stdin().lock())?),
            false => all.push(word.clone()),
        }
    }
    Ok(all)
}
