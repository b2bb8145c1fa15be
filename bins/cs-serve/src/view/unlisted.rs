//! Owns damaged records that are not in the index: when the index was rebuilt they could not be read, so no list has
//! them. The search for them is rare, because it reads all names of a directory.

use super::index_rows::IndexRows;
use super::records::Records;
use cs_core::overview::Damaged;
use cs_core::store::Store;
use cs_core::{Error, Result};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long what was found will do, however much changes.
const PAUSE: Duration = Duration::from_secs(5);

/// The records found by the last search.
#[derive(Debug, Default)]
pub struct Unlisted {
    pub found: Vec<Damaged>,
    looked_at: Option<Instant>,
    is_due: bool,
}

impl Unlisted {
    /// Records have changed since.
    pub fn changed(&mut self) {
        self.is_due = true;
    }

    /// Looks for them if that is due; whether there are others than before.
    pub fn look(&mut self, store: &Store, rows: &IndexRows, records: &mut Records) -> Result<bool> {
        if !self.is_due || self.looked_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(false);
        }
        (self.is_due, self.looked_at) = (false, Some(Instant::now()));
        let mut found = Vec::new();
        for id in store.ids(&store.home.sessions())?.iter().filter(|id| rows.find(id.as_str()).is_none()) {
            match records.summary(store, id.as_str(), true) {
                // Made a moment ago, or put there by hand: the index will know it.
                Ok(_) | Err(Error::Missing(_)) => {}
                Err(error) => found.push(damaged(&(store.home.session(id), error))),
            }
        }
        let reasons = |all: &[Damaged]| all.iter().map(|one| one.reason.clone()).collect::<Vec<_>>();
        let is_other = reasons(&found) != reasons(&self.found);
        self.found = found;
        Ok(is_other)
    }
}

/// A file that cannot be understood, by the session it should hold.
pub fn damaged((path, error): &(PathBuf, Error)) -> Damaged {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Damaged { session_id: stem.unwrap_or_default(), reason: error.to_string() }
}
