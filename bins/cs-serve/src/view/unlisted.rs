//! Owns damaged records that are not in the index, because they could not be read when it was rebuilt. They are searched
//! for rarely, because that reads all names of a directory.

use super::index_rows::IndexRows;
use super::records::Records;
use cs_core::overview::Damaged;
use cs_core::store::Store;
use cs_core::{Error, Result};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The least time between two searches.
const PAUSE: Duration = Duration::from_secs(5);

/// The records found by the last search.
#[derive(Debug, Default)]
pub struct Unlisted {
    pub found: Vec<Damaged>,
    looked_at: Option<Instant>,
    is_due: bool,
}

impl Unlisted {
    /// Notes that records have changed since the search.
    pub fn changed(&mut self) {
        self.is_due = true;
    }

    /// Searches for them if that is due, and returns whether the result differs from the one before.
    pub fn look(&mut self, store: &Store, rows: &IndexRows, records: &mut Records) -> Result<bool> {
        if !self.is_due || self.looked_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(false);
        }
        (self.is_due, self.looked_at) = (false, Some(Instant::now()));
        let mut found = Vec::new();
        for id in store.ids(&store.home.sessions())?.iter().filter(|id| rows.find(id.as_str()).is_none()) {
            match records.summary(store, id.as_str(), true) {
                // Just created, or added by hand; the index will have it soon.
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

/// Describes a damaged file by the id of its session.
pub fn damaged((path, error): &(PathBuf, Error)) -> Damaged {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Damaged { session_id: stem.unwrap_or_default(), reason: error.to_string() }
}
