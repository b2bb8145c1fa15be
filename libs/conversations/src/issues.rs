//! Owns which conversations name an issue: in their prompts, or their records in the branch, the commits or the purpose.

use crate::about::About;
use crate::catalog::{Catalog, Conversation};
use cs_core::error::Result;
use cs_core::refs::{self, Links};
use cs_core::store::Store;
use std::collections::HashSet;

impl Catalog {
    /// The ids of the conversations that name an issue. All main logs are read.
    pub fn naming(&self, store: &Store, links: &Links, issue: &str) -> Result<HashSet<String>> {
        let mut found = recorded(store, links, issue)?;
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get()).min(4);
        let share = self.conversations.len().div_ceil(workers).max(1);
        let known = &found;
        let prompted: Vec<String> = std::thread::scope(|scope| {
            let of = |part: &[Conversation]| {
                let rest = part.iter().filter(|one| !known.contains(&one.uuid));
                let names = |one: &&Conversation| {
                    About::whole(one, links)
                        .is_ok_and(|about| about.issues.iter().any(|own| refs::is_named(own, issue)))
                };
                rest.filter(names).map(|one| one.uuid.clone()).collect::<Vec<_>>()
            };
            let started: Vec<_> = self.conversations.chunks(share).map(|part| scope.spawn(move || of(part))).collect();
            started.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        found.extend(prompted);
        Ok(found)
    }
}

/// The conversations whose records name it. A record that cannot be read is left out.
fn recorded(store: &Store, links: &Links, issue: &str) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for dir in [store.home.archive(), store.home.sessions()] {
        for id in store.ids(&dir)? {
            let Ok(record) = store.session(&id) else { continue };
            if refs::of_record(&record, links).iter().any(|own| refs::is_named(own, issue)) {
                found.extend(record.claude_session_id);
            }
        }
    }
    Ok(found)
}
