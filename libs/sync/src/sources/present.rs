//! Owns the conversation whose sources are read: what all of them need of it, read once.

use super::Shared;
use agents::Agent;
use conversations::{About, Conversation, Cursor, Left, Place};
use cs_core::error::{Error, Result};
use marks::Marks;
use reports::{Counts, Spoken};
use std::collections::{BTreeMap, HashSet};

/// The conversation whose sources were read last.
pub struct Present {
    /// It; without logs if it is gone.
    pub conversation: Conversation,
    /// What is known of it if only its prompts are left.
    pub left: Option<Left>,
    /// What people said about it.
    pub marks: Marks,
    /// What they redacted.
    pub spoken: Spoken,
    /// The place behind its own log, if that was read for other threads.
    pub own: Option<Cursor>,
    /// How often something was replaced in its threads.
    pub replaced: BTreeMap<String, Counts>,
}

impl Present {
    /// Reads it; `place` is its place in the catalog, if it is there.
    pub fn read(shared: &Shared, uuid: &str, place: Option<usize>) -> Result<Present> {
        let there = place.and_then(|n| shared.catalog().conversations.get(n)).cloned();
        let conversation = there.unwrap_or_else(|| Conversation::new(Agent::Claude, uuid.to_string(), Place::Prompts));
        let key = shared.engine.key();
        let marks = Marks::of_conversation(shared.store, &conversation, &shared.others, key)?;
        let spoken = Spoken::of(&conversation, &marks, key);
        let left = shared.left(&conversation).cloned();
        Ok(Present { conversation, left, marks, spoken, own: None, replaced: BTreeMap::new() })
    }

    /// What a list says about it.
    pub fn about(&self) -> Result<About> {
        let of = &self.conversation;
        let failed = |error| match of.main() {
            Some(log) => Error::io(&log.path, "read", error),
            None => Error::Missing(format!("the log of {} is gone", of.uuid)),
        };
        self.left.as_ref().map_or_else(|| About::outline(of).map_err(failed), |left| Ok(left.about()))
    }

    /// How often something was replaced in all of it, by the rule.
    pub fn secrets(&self) -> Counts {
        let mut all = Counts::default();
        for (rule, count) in self.replaced.values().flatten() {
            *all.entry(rule.clone()).or_default() += count;
        }
        all
    }
}

/// The threads that have logs, in the order of the logs.
pub fn threads(of: &Conversation) -> Vec<String> {
    let mut seen = HashSet::new();
    of.logs.iter().filter(|log| seen.insert(log.thread.as_str())).map(|log| log.thread.clone()).collect()
}
