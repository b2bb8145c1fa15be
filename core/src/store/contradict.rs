//! Owns finding files that contradict each other: a session in two directories, an index that differs from the records,
//! counts of a project that differ from the index.
//! Must stay true: it writes nothing, and a write in progress is not reported as a contradiction.

use super::Store;
use super::check::{Finding, Problem};
use crate::error::Result;
use crate::file;
use crate::id::Slug;
use crate::project::{self, Counts};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the index and the counts are compared while other programs write.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(60);

impl Store {
    /// Contradictions between files: sessions in two directories, an index that differs from the records, or else counts
    /// that differ from the index.
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
        match self.index_contradicts()? {
            Some(reason) => all.push(Finding { found: Problem::Index, path, reason }),
            // With the index, the projects are counted.
            None => all.extend(self.miscounted()?),
        }
        Ok(all)
    }

    /// The projects whose counts differ from the index, if they still do after other programs had time to finish.
    fn miscounted(&self) -> Result<Vec<Finding>> {
        let mut found = Vec::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            // What is being counted follows in a moment, or with the next program.
            let is_being_counted = || super::is_present(&self.home.index_folding());
            // Counts follow the file of the index, not what is pending.
            let differing = || self.differing_counts(&self.stored_index()?.counts());
            found = if is_being_counted() { Vec::new() } else { differing()? };
            if found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// The projects whose counts differ from these, by their path.
    pub(super) fn differing_counts(&self, indexed: &BTreeMap<String, Counts>) -> Result<Vec<Finding>> {
        let mut found = Vec::new();
        for slug in file::stems(&self.home.projects_dir(), ".json")?.iter().filter_map(|stem| Slug::parse(stem).ok()) {
            // A damaged file is reported when files are checked one by one. A project that has no `last_activity` was never
            // counted: a person has only described it.
            let Some(state) = self.project(&slug).ok().filter(|state| !state.last_activity.is_empty()) else {
                continue;
            };
            let counts = indexed.get(slug.as_str()).copied().unwrap_or_default();
            if project::counts(&state) != Some(counts) {
                let path = self.home.project(&slug);
                let (active, parked, total) = (state.active_sessions, state.parked_sessions, state.total_sessions);
                let reason = format!(
                    "it counts {active} active and {parked} parked sessions of {total}, the index {} and {} of {}",
                    counts.active,
                    counts.parked,
                    counts.total()
                );
                found.push(Finding { found: Problem::Counts, path, reason });
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
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

#[cfg(test)]
mod tests {
    use super::super::sweep::Run;
    use super::*;
    use crate::clock;
    use crate::paths::Home;
    use crate::project::ProjectState;
    use crate::session::Start;
    use crate::witness::Witness;

    #[test]
    fn wrong_counts_of_a_project_are_found_and_counted_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let (now, slug) = (clock::parse("2026-11-21T03:00:00Z").unwrap(), Slug::parse("api").unwrap());
        let start = Start { intent: "fix login".into(), ..Start::default() };
        let first = store.create(&slug, start.clone(), |_| Ok(()), now).unwrap().session_id;
        // Nothing was counted for a project that a person has only described, and hooks leave entries.
        let seven = |state: &mut ProjectState| {
            state.total_sessions = 7;
            Ok(())
        };
        store.update_project(&Slug::parse("web").unwrap(), seven).unwrap();
        store.deferred().create(&slug, start, |_| Ok(()), now).unwrap();
        assert_eq!(store.contradictions().unwrap(), []);
        let five = |state: &mut ProjectState| {
            state.active_sessions = 5;
            Ok(())
        };
        store.update_project(&slug, five).unwrap();
        let found = store.contradictions().unwrap();
        assert_eq!(
            found.iter().map(|found| (found.found, &found.path)).collect::<Vec<_>>(),
            [(Problem::Counts, &store.home.project(&slug))]
        );
        assert_eq!(found[0].reason, "it counts 5 active and 0 parked sessions of 1, the index 1 and 0 of 1");
        // A program that counts them was killed, or is at work: the next one does it.
        std::fs::write(store.home.index_folding(), first + "\n").unwrap();
        assert_eq!(store.contradictions().unwrap(), []);
        std::fs::remove_file(store.home.index_folding()).unwrap();
        assert_eq!(store.count_again(&found, Run::Dry, now).unwrap().len(), 1);
        assert_eq!(store.contradictions().unwrap(), found);
        assert_eq!(store.count_again(&found, Run::Real, now).unwrap().len(), 1);
        assert_eq!(store.contradictions().unwrap(), []);
    }

    #[test]
    fn only_counts_that_are_still_wrong_are_counted_again_and_all_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let now = clock::parse("2026-11-21T03:00:00Z").unwrap();
        let slugs = ["api", "app", "lib", "web"].map(|slug| Slug::parse(slug).unwrap());
        let put = |slug: &Slug, active| {
            let change = |state: &mut ProjectState| {
                state.active_sessions = active;
                Ok(())
            };
            store.update_project(slug, change).unwrap();
        };
        for slug in &slugs {
            store.create(slug, Start { intent: "go".into(), ..Start::default() }, |_| Ok(()), now).unwrap();
        }
        slugs[..3].iter().for_each(|slug| put(slug, 5));
        let found = store.contradictions().unwrap();
        assert_eq!(found.len(), 3);
        // One is right by now, and one is locked.
        put(&slugs[0], 1);
        let contexts = slugs.each_ref().map(|slug| store.home.context(slug));
        contexts.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        let lock = crate::lock::acquire(&Home::lock_of(&store.home.project(&slugs[1])), store.wait).unwrap();
        let done = store.count_again(&found, Run::Real, now).unwrap();
        let paths: Vec<_> = done.iter().map(|done| done.path.clone().unwrap()).collect();
        assert_eq!(paths, [store.home.project(&slugs[2])]);
        drop(lock);
        assert_eq!(store.contradictions().unwrap(), found[1..2]);
        let is_made = contexts.each_ref().map(|path| path.exists());
        assert_eq!(is_made, [false, false, true, false], "the others were left alone");
    }
}
