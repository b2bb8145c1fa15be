//! Owns which conversations name an issue: in their prompts, or their records in the branch, the commits or the purpose.

use crate::about::About;
use crate::catalog::{Catalog, Conversation};
use cs_core::error::Result;
use cs_core::parallel::on_all_processors;
use cs_core::refs::{self, Links};
use cs_core::store::Store;
use std::collections::HashSet;

impl Catalog {
    /// The ids of the conversations that name an issue. All main logs are read.
    pub fn naming(&self, store: &Store, links: &Links, issue: &str) -> Result<HashSet<String>> {
        let mut found = recorded(store, links, issue)?;
        let unknown: Vec<&Conversation> = self.conversations.iter().filter(|one| !found.contains(&one.uuid)).collect();
        let names = |one: &&Conversation| {
            About::whole(one, links).is_ok_and(|about| about.issues.iter().any(|own| refs::is_named(own, issue)))
        };
        let prompted = on_all_processors(unknown.len(), |n| unknown.get(n).filter(|one| names(one)));
        let prompted: Vec<String> = prompted.into_iter().filter_map(|(_, one)| Some(one?.uuid.clone())).collect();
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
