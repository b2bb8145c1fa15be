//! Owns finding files that contradict each other: a session in two directories, an index that differs from the records.
//! Must stay true: it writes nothing, and a write in progress is not reported as a contradiction.

use super::Store;
use super::check::{Finding, Problem};
use crate::error::Result;
use crate::file;
use std::time::Duration;

/// How often the index is compared while other programs write.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);

impl Store {
    /// Contradictions between files: sessions in two directories, an index that differs from the records.
    pub fn contradictions(&self) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for id in self.in_both()? {
            let same = file::read(&self.home.session(&id)).ok() == file::read(&self.home.archived(&id)).ok();
            let reason = match same {
                true => "it is also in the archive: cs-cleanup archive was interrupted; it will be finished",
                false => "it is also in the archive, with other content; compare both and move one away",
            };
            all.push(Finding { found: Problem::Twice, path: self.home.session(&id), reason: reason.into() });
        }
        let path = self.home.index();
        let index = self.index_contradicts()?;
        all.extend(index.map(|reason| Finding { found: Problem::Index, path, reason }));
        Ok(all)
    }

    /// How the index file differs from the records, if it still does after other programs had time to finish.
    fn index_contradicts(&self) -> Result<Option<String>> {
        // A torn file is reported when files are checked one by one.
        if super::is_present(&self.home.index()) && self.whole_index()?.is_none() {
            return Ok(None);
        }
        for attempt in 0..TRIES {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            let trouble = self.index_trouble(&self.pending()?, &self.rebuilt()?)?;
            if trouble.is_none() || attempt + 1 == TRIES {
                return Ok(trouble);
            }
        }
        Ok(None)
    }
}
