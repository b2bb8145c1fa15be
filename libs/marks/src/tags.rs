//! Owns the tags and dispositions of all conversations, for lists and filters. Must stay true: the cost depends on the
//! number of conversations that have marks, not on how many there are.

use crate::file::{BYTES, Marks};
use cs_core::error::Result;
use cs_core::file::OwnDir;
use cs_core::store::Store;
use std::collections::{BTreeMap, HashMap};

/// End of the names of the files.
const SUFFIX: &str = ".jsonl";

/// Tags and dispositions by the id of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    by_id: BTreeMap<String, Words>,
}

#[derive(Clone, Debug, Default)]
struct Words {
    tags: Vec<String>,
    dispositions: Vec<String>,
}

impl Tags {
    /// Reads those of all conversations that have marks.
    pub fn read(store: &Store) -> Result<Tags> {
        let dir = OwnDir::checked(store.home.marks_dir())?;
        let mut by_id = BTreeMap::new();
        for uuid in dir.stems(SUFFIX)? {
            let bytes = dir.read_at_most(&format!("{uuid}{SUFFIX}"), BYTES)?.unwrap_or_default();
            let words = words_of(&bytes);
            if !words.tags.is_empty() || !words.dispositions.is_empty() {
                by_id.insert(uuid, words);
            }
        }
        Ok(Tags { by_id })
    }

    /// Whether no conversation has any.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The ids of the conversations that have some.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// The tags of a conversation and of its entries, in alphabetical order.
    pub fn of(&self, uuid: &str) -> &[String] {
        self.by_id.get(uuid).map_or(&[], |words| words.tags.as_slice())
    }

    /// The dispositions of the entries of a conversation, in alphabetical order.
    pub fn dispositions(&self, uuid: &str) -> &[String] {
        self.by_id.get(uuid).map_or(&[], |words| words.dispositions.as_slice())
    }

    /// Whether a conversation has all these tags, and all these dispositions. Case does not matter.
    pub fn fit(&self, uuid: &str, tags: &[String], dispositions: &[String]) -> bool {
        has_all(self.of(uuid), tags) && has_all(self.dispositions(uuid), dispositions)
    }

    /// All tags, in alphabetical order, each with the number of conversations that have it.
    pub fn all(&self) -> BTreeMap<&str, usize> {
        let mut all = BTreeMap::new();
        self.by_id.values().flat_map(|words| &words.tags).for_each(|tag| *all.entry(tag.as_str()).or_insert(0) += 1);
        all
    }
}

/// The tags and dispositions of sessions: those of all their conversations.
#[derive(Clone, Debug, Default)]
pub struct Tagged {
    /// By the session's id.
    sessions: HashMap<String, Words>,
}

impl Tagged {
    /// Those of the sessions that `sessions` finds for a conversation.
    pub fn new(tags: &Tags, sessions: impl Fn(&str) -> Vec<String>) -> Tagged {
        let mut all: HashMap<String, Words> = HashMap::new();
        for (uuid, words) in &tags.by_id {
            for id in sessions(uuid) {
                let own = all.entry(id).or_default();
                add(&mut own.tags, &words.tags);
                add(&mut own.dispositions, &words.dispositions);
            }
        }
        Tagged { sessions: all }
    }

    /// The tags of a session, in alphabetical order.
    pub fn tags(&self, id: &str) -> &[String] {
        self.sessions.get(id).map_or(&[], |words| &words.tags)
    }

    /// The dispositions of entries of a session, in alphabetical order.
    pub fn dispositions(&self, id: &str) -> &[String] {
        self.sessions.get(id).map_or(&[], |words| &words.dispositions)
    }

    /// Whether a session has all these tags and dispositions.
    pub fn fits(&self, id: &str, tags: &[String], dispositions: &[String]) -> bool {
        has_all(self.tags(id), tags) && has_all(self.dispositions(id), dispositions)
    }
}

fn add(to: &mut Vec<String>, words: &[String]) {
    to.extend_from_slice(words);
    to.sort();
    to.dedup();
}

fn has_all(there: &[String], wanted: &[String]) -> bool {
    let is_there = |word: &String| there.iter().any(|own| own.to_lowercase() == word.to_lowercase());
    wanted.iter().all(is_there)
}

/// Files without a tag and a disposition are not parsed.
fn words_of(bytes: &[u8]) -> Words {
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if !has(b"\"op\":\"tag\"") && !has(b"\"op\":\"disposition\"") {
        return Words::default();
    }
    let marks = Marks::parse(bytes);
    Words { tags: marks.tags(), dispositions: marks.dispositions() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_tags_of_all_its_conversations() {
        let words = |tag: &str| Words { tags: vec![tag.into()], dispositions: vec![format!("{tag}-d")] };
        let tags = Tags { by_id: [("a", "x"), ("b", "y")].map(|(id, tag)| (id.to_string(), words(tag))).into() };
        let tagged = Tagged::new(&tags, |_| vec!["sess_1".into()]);
        assert_eq!(tagged.tags("sess_1"), ["x", "y"]);
        assert_eq!(tagged.dispositions("sess_1"), ["x-d", "y-d"]);
        assert!(tagged.fits("sess_1", &["X".into(), "y".into()], &["y-d".into()]));
        assert!(!tagged.fits("sess_1", &["z".into()], &[]) && tagged.tags("sess_2").is_empty());
    }
}
