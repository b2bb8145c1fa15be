//! Owns the machines of one person, as a target has them: which there are, and which of them a word means. Must stay true:
//! only its whole id means a machine that may be another person's. Pure.

use crate::machine::Machine;
use cs_core::error::{Error, Result};
use serde::Serialize;

/// The word that means this machine.
pub const THIS: &str = "this";
/// So many are named in one message.
const NAMED: usize = 5;

/// A machine of this person, as a target has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnMachine {
    /// It.
    #[serde(flatten)]
    pub machine: Machine,
    /// When it last sent something: RFC 3339, UTC. Empty if that is not known.
    pub seen_at: String,
    /// How many conversations are there.
    pub conversations: u64,
    /// How many of them this machine sent, too.
    pub shared: u64,
    /// How many rows.
    pub rows: u64,
    /// Whether it says of nobody that it is theirs, in a folder, so that it may be another person's. Never of this machine.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub names_nobody: bool,
}

impl OwnMachine {
    /// Its name and its id, for people.
    pub fn title(&self) -> String {
        match self.machine.label.as_str() {
            "" => self.machine.id.clone(),
            label => format!("{label} ({})", self.machine.id),
        }
    }

    /// The one that a word means: an id, the beginning of one, or a label. `this` is the id of this machine, which only
    /// [`THIS`] means. A machine that names nobody has no other name than its whole id.
    pub fn find<'m>(all: &'m [OwnMachine], this: &str, word: &str) -> Result<&'m OwnMachine> {
        let is_this = |one: &&OwnMachine| one.machine.id == this;
        if word == THIS {
            return all
                .iter()
                .find(is_this)
                .ok_or_else(|| Error::Missing("this machine has sent nothing there".into()));
        }
        let is_called = |one: &&OwnMachine| one.machine.id == word || one.machine.label == word;
        let is_begun = |one: &&OwnMachine| !word.is_empty() && one.machine.id.starts_with(word);
        let named: Vec<_> = all.iter().filter(is_called).collect();
        match (if named.is_empty() { all.iter().filter(is_begun).collect() } else { named }).as_slice() {
            [one] if is_this(one) => Err(Error::Refused(format!(
                "{} is this machine. --machine {THIS} removes what it has sent, and its next push sends it again",
                one.title()
            ))),
            [one] if one.names_nobody && one.machine.id != word => Err(Error::Refused(format!(
                "{} does not say whose it is. If it is yours, give its whole id",
                one.title()
            ))),
            [one] => Ok(one),
            [] => Err(Error::Missing(format!(
                "no machine {word:?} of yours is there; {}",
                listed(&all.iter().collect::<Vec<_>>())
            ))),
            several => Err(Error::Refused(format!("{word:?} is ambiguous; {}", listed(several)))),
        }
    }
}

fn listed(all: &[&OwnMachine]) -> String {
    let mut named: Vec<String> = all.iter().take(NAMED).map(|one| one.title()).collect();
    if all.len() > NAMED {
        named.push(format!("{} more", all.len() - NAMED));
    }
    if named.is_empty() { "there is none".into() } else { format!("there are: {}", named.join(", ")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn one(id: &str, label: &str) -> OwnMachine {
        let machine = Machine { id: id.into(), label: label.into() };
        OwnMachine { machine, seen_at: String::new(), conversations: 1, shared: 0, rows: 2, names_nobody: false }
    }

    #[test]
    fn a_word_means_one_machine_and_this_one_only_if_it_is_said() {
        let all = [one("aaaa000000000000", "laptop"), one("aaab000000000000", "old"), one("bbbb000000000000", "old")];
        let this = "aaaa000000000000";
        let found = |word: &str| match OwnMachine::find(&all, this, word) {
            Ok(one) => one.machine.id.get(..4).unwrap().to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!((found("bbbb000000000000").as_str(), found("bb").as_str()), ("bbbb", "bbbb"));
        assert_eq!(found(THIS), "aaaa");
        assert!(found("laptop").contains("is this machine. --machine this"), "{}", found("laptop"));
        let told = found("old");
        assert!(told.contains("ambiguous; there are: old (aaab000000000000), old (bbbb000000000000)"), "{told}");
        assert!(found("aaa").contains("ambiguous"));
        for word in ["", "x", "aaaa0000000000001"] {
            assert!(found(word).contains("laptop (aaaa000000000000), old"), "{word}");
        }
        assert!(OwnMachine::find(&[], this, THIS).is_err() && OwnMachine::find(&[], this, "x").is_err());
    }

    #[test]
    fn only_its_whole_id_means_a_machine_that_names_nobody() {
        let all = [OwnMachine { names_nobody: true, ..one("cccc000000000000", "bobs") }];
        for word in ["bobs", "cccc", "c"] {
            let refused = OwnMachine::find(&all, "aaaa000000000000", word).map_err(|error| error.to_string());
            assert!(refused.is_err_and(|told| told.contains("give its whole id")), "{word}");
        }
        assert!(OwnMachine::find(&all, "aaaa000000000000", "cccc000000000000").is_ok());
    }
}
