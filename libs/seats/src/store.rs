//! Owns reading and writing seats. Must stay true: a seat changes under its lock, in one synced rename, and its lock file
//! is never removed; an id that was given is never given again; a file that cannot be read makes no other seat
//! unreadable.

use crate::seat::{SCHEMA_VERSION, Seat};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::SeatId;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use cs_core::store::Store;
use std::path::Path;
use std::time::Duration;

/// The seats of a data directory.
#[derive(Clone, Debug)]
pub struct Seats {
    home: Home,
    wait: Duration,
}

impl Seats {
    /// The seats of the store's data directory, with its patience for locks.
    pub fn of(store: &Store) -> Self {
        Seats { home: store.home.clone(), wait: store.wait }
    }

    /// The data directory.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// How long to wait for a lock.
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// Stores a new seat under a new id, and returns it. `seat` gets the id.
    pub fn create(&self, mut seat: Seat, now: Instant) -> Result<Seat> {
        for _ in 0..ATTEMPTS {
            let id = SeatId::random(now);
            seat.agent_id = id.to_string();
            // Another seat that had this id left its inbox.
            if self.home.inbox(&id).is_dir() {
                continue;
            }
            if file::stage(&self.home.seat(&id), &encode(&seat)?, Durability::Synced)?.create()? {
                return Ok(seat);
            }
        }
        Err(Error::Refused("no free id for an agent in this minute; try again in a minute".into()))
    }

    /// The seat with this id.
    pub fn seat(&self, id: &SeatId) -> Result<Seat> {
        let path = self.home.seat(id);
        let bytes = file::read(&path)?.ok_or_else(|| missing(id.as_str()))?;
        parse(&path, &bytes)
    }

    /// All seats, the oldest first, and the errors of those that cannot be read.
    pub fn all(&self) -> Result<(Vec<Seat>, Vec<Error>)> {
        let (mut seats, mut errors) = (Vec::new(), Vec::new());
        for stem in file::stems(&self.home.seats_dir(), ".json")? {
            let Ok(id) = SeatId::parse(&stem) else { continue };
            match self.seat(&id) {
                Ok(seat) => seats.push(seat),
                Err(Error::Missing(_)) => {}
                Err(error) => errors.push(error),
            }
        }
        seats.sort_by(|a, b| (&a.spawned_at, &a.agent_id).cmp(&(&b.spawned_at, &b.agent_id)));
        Ok((seats, errors))
    }

    /// The lock of a program that replaces the client of a seat by another one. As long as it is held, the seat names a
    /// conversation that has not begun, and a client that is about to end. `wait` is how long to wait for it.
    pub fn replacing(&self, id: &SeatId, wait: Duration) -> Result<Lock> {
        lock::acquire(&self.home.launch_lock(id), wait)
    }

    /// Changes a seat under its lock, and returns it. A closure that fails or changes nothing writes nothing.
    pub fn update(&self, id: &SeatId, change: impl FnOnce(&mut Seat) -> Result<()>) -> Result<Seat> {
        let path = self.home.seat(id);
        // No lock file is made for a seat that does not exist.
        self.seat(id)?;
        let lock = lock::acquire(&Home::lock_of(&path), self.wait)?;
        let before = self.seat(id)?;
        if before.schema_version > SCHEMA_VERSION {
            return Err(Error::Newer { path, version: before.schema_version });
        }
        let mut after = before.clone();
        change(&mut after)?;
        if after != before {
            let staged = file::stage(&path, &encode(&after)?, Durability::Synced)?;
            lock.confirm()?;
            staged.replace()?;
        }
        Ok(after)
    }
}

/// How many ids are tried for a new seat.
const ATTEMPTS: usize = 256;

fn parse(path: &Path, bytes: &[u8]) -> Result<Seat> {
    let seat: Seat = serde_json::from_slice(bytes).map_err(|error| Error::corrupt(path, error.to_string()))?;
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(&seat.agent_id) {
        return Err(Error::corrupt(path, format!("it contains the agent {:?}", seat.agent_id)));
    }
    Ok(seat)
}

fn encode(seat: &Seat) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(seat).unwrap_or_default();
    bytes.push(b'\n');
    if !file::can_be_read(&bytes) {
        return Err(Error::Refused(format!("{} is full", seat.agent_id)));
    }
    Ok(bytes)
}

/// The error about a seat that does not exist.
pub(crate) fn missing(what: &str) -> Error {
    Error::Missing(format!("no agent {what}; cs-agent list shows all"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use cs_core::clock;
    use cs_core::witness::Witness;

    pub(crate) fn at() -> Instant {
        clock::parse("2026-11-29T11:34:00Z").unwrap()
    }

    pub(crate) fn store(dir: &Path) -> Store {
        Store::for_people(Home::at(dir), Witness::NONE)
    }

    pub(crate) fn seat(name: &str) -> Seat {
        Seat {
            name: name.into(),
            agent: "claude-code".into(),
            project_slug: Some("api".into()),
            cwd: "/work".into(),
            spawned_at: clock::stamp(at()),
            spawned_by: "user".into(),
            tells: true,
            schema_version: SCHEMA_VERSION,
            ..Seat::default()
        }
    }

    #[test]
    fn a_seat_is_stored_changed_and_keeps_what_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let made = seats.create(seat("builder"), at()).unwrap();
        let id = SeatId::parse(&made.agent_id).unwrap();
        let path = seats.home().seat(&id);
        let text = std::fs::read_to_string(&path).unwrap().replace("\"depth\"", "\"newer\": 1.50, \"depth\"");
        std::fs::write(&path, text).unwrap();
        let changed = seats.update(&id, |seat| {
            seat.begin_conversation("e998145e-4e5d-40c9-a3a6-681ad5bd51c9");
            Ok(())
        });
        assert_eq!(changed.unwrap().conversations.len(), 1);
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"newer\": 1.50"));
        assert_eq!(seats.all().unwrap().0.len(), 1);
        assert!(matches!(seats.seat(&SeatId::random(at())), Err(Error::Missing(_))));
    }

    #[test]
    fn a_newer_seat_is_read_but_not_written_and_a_damaged_one_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let seats = Seats::of(&store(dir.path()));
        let made = seats.create(Seat { schema_version: 2, ..seat("newer") }, at()).unwrap();
        let id = SeatId::parse(&made.agent_id).unwrap();
        let touched = seats.update(&id, |seat| {
            seat.name = "other".into();
            Ok(())
        });
        assert!(matches!(touched, Err(Error::Newer { version: 2, .. })));
        let other = SeatId::random(at());
        std::fs::write(seats.home().seat(&other), "{").unwrap();
        let (known, errors) = seats.all().unwrap();
        assert_eq!((known.len(), errors.len()), (1, 1));
    }
}
