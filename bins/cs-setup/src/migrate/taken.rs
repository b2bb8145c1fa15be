//! Owns what `migrate` notes of the settings: the text that it took out and its position, not the file, which may contain
//! secrets. Must stay true: a change is reversed only in the text that it made.

use crate::entries;
use cs_core::id::fnv1a;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of a text that can be reversed, if the text is still the same.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Splice {
    /// The first byte that differs.
    at: usize,
    /// What was there.
    taken: String,
    /// What is there now.
    put: String,
    /// The checksum of the text afterwards.
    sum: String,
}

impl Splice {
    /// The change from one text to another.
    pub fn between(before: &str, after: &str) -> Self {
        let same = |pair: &(char, char)| pair.0 == pair.1;
        let at: usize = before.chars().zip(after.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let (old, new) = (before.get(at..).unwrap_or_default(), after.get(at..).unwrap_or_default());
        let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let middle = |text: &str| text.get(..text.len() - end).unwrap_or_default().to_string();
        Splice { at, taken: middle(old), put: middle(new), sum: checksum(after) }
    }

    /// The text from before; `None` if this is another text.
    pub fn reverse(&self, after: &str) -> Option<String> {
        let rest = after.get(self.at..)?.strip_prefix(self.put.as_str())?;
        (checksum(after) == self.sum)
            .then(|| format!("{}{}{rest}", after.get(..self.at).unwrap_or_default(), self.taken))
    }
}

fn checksum(text: &str) -> String {
    format!("{:016x}", fnv1a(text.as_bytes()))
}

/// What was taken out of the settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Taken {
    /// The changes of the file and of its backup.
    pub splices: Vec<Splice>,
    /// Each hook with its event, as a group of its own.
    pub hooks: Vec<(String, String)>,
}

impl Taken {
    /// Adds what was taken out another time.
    pub fn join(&mut self, other: &Taken) {
        let new = other.splices.iter().filter(|splice| !self.splices.contains(splice)).cloned().collect::<Vec<_>>();
        self.splices.extend(new);
        let new = other.hooks.iter().filter(|hook| !self.hooks.contains(hook)).cloned().collect::<Vec<_>>();
        self.hooks.extend(new);
    }

    /// Those hooks that these settings lack: with the same event and command, however they are grouped.
    pub fn missing(&self, settings: &Value) -> Vec<(String, String)> {
        let mut there = entries::handlers(settings, |handler| handler.get("command")?.as_str());
        let mut is_missing = |(event, group): &&(String, String)| {
            let group = serde_json::from_str::<Value>(group).unwrap_or_default();
            let command = group.pointer("/hooks/0/command").and_then(Value::as_str);
            let found = there.iter().position(|(at, _, _, of)| at == event && Some(of.as_str()) == command);
            found.map(|n| there.swap_remove(n)).is_none()
        };
        self.hooks.iter().filter(|hook| is_missing(hook)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_reversed_only_in_the_same_text() {
        for (before, after) in [("abc", "ac"), ("aé", "aè"), ("", "x"), ("aaa", "aa"), ("a, b", "a"), ("same", "same")]
        {
            let splice = Splice::between(before, after);
            assert_eq!(splice.reverse(after).as_deref(), Some(before));
            assert_eq!(splice.reverse(&format!("{after} ")), None);
        }
        let splice = Splice::between("{\"token\": \"secret\", \"a\": 1}", "{\"token\": \"secret\"}");
        assert!(!serde_json::to_string(&splice).unwrap().contains("secret"), "only what was taken out is stored");
    }
}
