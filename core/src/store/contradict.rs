//! Owns finding what contradicts each other: a session in two places, an index that does not say what
//! the records say. Must stay true: it writes nothing, and what is being written at this moment is
//! no contradiction.

use super::Store;
use super::check::{Finding, Kind};
use crate::error::Result;
use crate::file;
use crate::id::SessionId;
use crate::index::{self, Entries};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// How often the index is compared, while others write.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);

impl Store {
    /// What is wrong between files: sessions in two places, an index that contradicts the records.
    pub fn contradictions(&self) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for id in self.in_both()? {
            let same = file::read(&self.home.session(&id)).ok() == file::read(&self.home.archived(&id)).ok();
            let reason = match same {
                true => "it is in the archive, too: cs-cleanup archive was interrupted; it will be finished",
                false => "it is in the archive, too, with other content; compare both and move one away",
            };
            all.push(Finding { found: Kind::Twice, path: self.home.session(&id), reason: reason.into() });
        }
        let path = self.home.index();
        let index = self.index_contradicts()?;
        all.extend(index.map(|reason| Finding { found: Kind::Index, path, reason }));
        Ok(all)
    }

    /// How the index contradicts the records, if it still does after others had time to finish.
    fn index_contradicts(&self) -> Result<Option<String>> {
        let mut suspects: Option<BTreeSet<SessionId>> = None;
        for attempt in 0..TRIES {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            let now = self.index_differs()?;
            let both = suspects.map_or(now.clone(), |before| &before & &now);
            if both.is_empty() {
                return Ok(None);
            }
            suspects = Some(both);
        }
        let ids = suspects.unwrap_or_default();
        let first: Vec<&str> = ids.iter().take(3).map(SessionId::as_str).collect();
        let more = if ids.len() > first.len() { " and others" } else { "" };
        Ok(Some(format!("it does not say what the records say about {}{more}", first.join(", "))))
    }

    /// Sessions of which the index, as readers see it, says something else than the record.
    fn index_differs(&self) -> Result<BTreeSet<SessionId>> {
        let seen = self.index()?;
        let seen: Entries = seen.entries(|_| true).into_iter().collect();
        let rebuilt = self.rebuilt()?;
        let truth: Entries = index::parse(&rebuilt.text).unwrap_or_default().into_iter().collect();
        let damaged: Vec<&PathBuf> = rebuilt.damaged.iter().map(|(path, _)| path).collect();
        let differs = |id: &&SessionId| match (seen.get(*id), truth.get(*id)) {
            (Some(a), Some(b)) => a.differs(b),
            (a, b) => a.is_some() != b.is_some() && !damaged.contains(&&self.home.session(id)),
        };
        Ok(seen.keys().chain(truth.keys()).filter(differs).cloned().collect())
    }
}
