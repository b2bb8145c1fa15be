//! Owns searching records: they are read one after the other, and the results are kept while the files do not change.

use cs_core::id::{SessionId, fnv1a};
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::{Store, parse};
use cs_core::{file, search};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Remembers the last search.
#[derive(Debug, Default)]
pub struct Search {
    last: Mutex<LastSearch>,
}

#[derive(Debug, Default)]
struct LastSearch {
    words: Vec<String>,
    generation: u64,
    /// For each session, whether its file contains the words, and which version of the file was read.
    known: HashMap<u64, (Option<Stamp>, bool)>,
}

impl Search {
    /// Which of these sessions contain all words, in the store of this generation.
    pub fn hits(&self, store: &Store, generation: u64, words: &[String], ids: &[&str]) -> Vec<bool> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.words != words {
            *last = LastSearch { words: words.to_vec(), ..LastSearch::default() };
        }
        let is_current = last.generation == generation;
        last.generation = generation;
        ids.iter().map(|id| last.says(store, id, is_current)).collect()
    }
}

impl LastSearch {
    fn says(&mut self, store: &Store, id: &str, is_current: bool) -> bool {
        let key = fnv1a(id.as_bytes());
        let known = self.known.get(&key);
        if let Some((_, says)) = known.filter(|_| is_current) {
            return *says;
        }
        let Ok(id) = SessionId::parse(id) else { return false };
        let (present, archived) = (store.home.session(&id), store.home.archived(&id));
        let path = if present.exists() { present } else { archived };
        let stamp = Stamp::of(&path);
        let says = match known {
            Some((before, says)) if unchanged(before.as_ref(), stamp.as_ref()) => *says,
            _ => says_all(&path, &self.words),
        };
        self.known.insert(key, (stamp, says));
        says
    }
}

fn says_all(path: &Path, words: &[String]) -> bool {
    let Ok(Some(bytes)) = file::read(path) else { return false };
    // Most records do not contain the words; that is found without parsing them.
    let whole = words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric())).collect::<Vec<_>>();
    if !whole.is_empty() {
        let mut lower = bytes.clone();
        lower.make_ascii_lowercase();
        let text = String::from_utf8_lossy(&lower);
        if !whole.iter().all(|word| text.contains(word.as_str())) {
            return false;
        }
    }
    parse(path, &bytes).is_ok_and(|session| words.iter().all(|word| search::says(&session, word)))
}
