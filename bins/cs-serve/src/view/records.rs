//! Owns sessions in short that were read from their records, cached while the files do not change.

use cs_core::clock::{Instant, TimeDelta};
use cs_core::id::SessionId;
use cs_core::overview::{Summary, summarize};
use cs_core::stamp::{Stamp, unchanged};
use cs_core::states::States;
use cs_core::store::Store;
use cs_core::{Error, Result};
use std::collections::HashMap;

/// Maximum number of sessions that are cached; after that, all are dropped.
const CACHED_SESSIONS: usize = 2000;

/// How many files are checked at a time.
const LOOKS: usize = 250;

/// The records that were read.
#[derive(Debug, Default)]
pub struct Records {
    known: HashMap<String, KnownRecord>,
    /// How many were checked in this round.
    looked: usize,
}

/// The versions of a record and of the notes about it.
#[derive(Clone, Copy, Debug)]
struct Stamps {
    record: Stamp,
    notes: Option<Stamp>,
}

impl Stamps {
    fn of(store: &Store, id: &SessionId) -> Option<Self> {
        let record = Stamp::of(&store.home.session(id)).or_else(|| Stamp::of(&store.home.archived(id)))?;
        Some(Stamps { record, notes: Stamp::of(&store.home.spool(id)) })
    }

    /// Whether these earlier stamps prove that nothing has changed until `now`.
    fn still_are(&self, now: &Stamps) -> bool {
        self.record.still_is(&now.record) && unchanged(self.notes.as_ref(), now.notes.as_ref())
    }

    /// Whether the stamps are equal, which does not exclude a change within a tick.
    fn look_like(&self, now: &Stamps) -> bool {
        let notes = match (&self.notes, &now.notes) {
            (Some(before), Some(now)) => before.looks_like(now),
            (before, now) => before.is_none() && now.is_none(),
        };
        notes && self.record.looks_like(&now.record)
    }
}

#[derive(Debug)]
struct KnownRecord {
    stamps: Stamps,
    /// The session, or the reason why its file is damaged.
    read: std::result::Result<Summary, String>,
}

impl Records {
    /// Returns a session in short. With `look`, its file is first checked for changes; without, the cached one is used.
    pub fn summary(&mut self, store: &Store, id: &str, look: bool) -> Result<Summary> {
        let known = self.known.get(id);
        if let (Some(known), false) = (known, look) {
            return known.answer();
        }
        let id = SessionId::parse(id)?;
        let Some(stamps) = Stamps::of(store, &id) else {
            self.known.remove(id.as_str());
            return Err(Error::Missing(format!("no session {id}")));
        };
        match known {
            Some(known) if known.stamps.still_are(&stamps) => known.answer(),
            _ => self.read(store, &id, stamps),
        }
    }

    /// Drops records whose files were edited in place, which does not change their directory's stamp, and returns whether
    /// there were any. Each call checks only some of the files.
    pub fn forget_edited(&mut self, store: &Store) -> bool {
        let from = if self.looked < self.known.len() { self.looked } else { 0 };
        self.looked = from + LOOKS;
        let is_edited = |id: &str, known: &KnownRecord| {
            let now = SessionId::parse(id).ok().and_then(|id| Stamps::of(store, &id));
            now.is_none_or(|now| !known.stamps.look_like(&now))
        };
        let some = self.known.iter().skip(from).take(LOOKS);
        let edited: Vec<String> = some.filter(|(id, known)| is_edited(id, known)).map(|(id, _)| id.clone()).collect();
        edited.iter().for_each(|id| drop(self.known.remove(id)));
        !edited.is_empty()
    }

    fn read(&mut self, store: &Store, id: &SessionId, stamps: Stamps) -> Result<Summary> {
        let read = match store.session(id) {
            // The state can change without the record, so `Verdicts::fill_in` adds it.
            Ok(session) => Ok(summarize(&States::of_lives(store, &[], TimeDelta::zero(), Instant::default()), session)),
            Err(Error::Missing(text)) => return Err(Error::Missing(text)),
            Err(error) => Err(error.to_string()),
        };
        if self.known.len() >= CACHED_SESSIONS {
            self.known.clear();
        }
        let known = KnownRecord { stamps, read };
        let answer = known.answer();
        self.known.insert(id.to_string(), known);
        answer
    }
}

impl KnownRecord {
    fn answer(&self) -> Result<Summary> {
        self.read.clone().map_err(Error::Invalid)
    }
}
