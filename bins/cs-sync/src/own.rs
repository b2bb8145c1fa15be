//! Owns what is asked of a target about all machines of this person: which there are, what they have sent, and the removal
//! of one that is gone.

use crate::target::{Sender, Target, database};
use cs_core::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use sync::folder::own::Asker;
use sync::{Machine, OwnMachine, Redactions, folder, postgres, sqlite};

/// So many ids are named if a word means several.
const NAMED: usize = 5;

impl Target {
    /// The machines of this person that sent something there, the latest first.
    pub fn machines(&self, sender: &Sender) -> Result<Vec<OwnMachine>> {
        let this = &sender.machine.id;
        match self {
            Target::Psql(words) => postgres::own::machines(words, this),
            Target::Sqlite(file) => sqlite::own::machines(&database(file)?, &sender.account()?, this),
            Target::Folder(dir) if !dir.is_dir() => Ok(Vec::new()),
            Target::Folder(dir) => folder::own::machines(dir, asker(sender)),
        }
    }

    /// The conversations that other machines of this person sent there, each with the id of one of them.
    pub fn elsewhere(&self, sender: &Sender) -> Result<BTreeMap<String, String>> {
        let this = &sender.machine.id;
        match self {
            Target::Psql(words) => postgres::own::elsewhere(words, this),
            Target::Sqlite(file) => sqlite::own::elsewhere(&database(file)?, &sender.account()?, this),
            Target::Folder(dir) if !dir.is_dir() => Ok(BTreeMap::new()),
            Target::Folder(dir) => folder::own::elsewhere(dir, asker(sender)),
        }
    }

    /// What other machines of this person, in a folder, say that was redacted by hand.
    pub fn redactions(&self, sender: &Sender) -> Result<Redactions> {
        match self {
            Target::Folder(dir) if dir.is_dir() => folder::own::redactions(dir, asker(sender)),
            Target::Psql(_) | Target::Sqlite(_) | Target::Folder(_) => Ok(Redactions::default()),
        }
    }

    /// Which other machines of this person still have something of these conversations, where each only removes its own.
    pub fn holders(&self, sender: &Sender, ids: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>> {
        match self {
            Target::Folder(dir) if dir.is_dir() => folder::own::holders(dir, asker(sender), ids),
            Target::Psql(_) | Target::Sqlite(_) | Target::Folder(_) => Ok(BTreeMap::new()),
        }
    }

    /// The names of all owners of machines, where each person says what they are called.
    pub fn owners(&self) -> Result<BTreeSet<String>> {
        match self {
            Target::Sqlite(file) => sqlite::own::owners(&database(file)?),
            Target::Psql(_) | Target::Folder(_) => Ok(BTreeSet::new()),
        }
    }

    /// The names under which this machine has sent something, where each person says what they are called.
    pub fn names(&self, sender: &Sender) -> Result<BTreeSet<String>> {
        match self {
            Target::Sqlite(file) => sqlite::own::owners_of(&database(file)?, &sender.machine.id),
            Target::Psql(_) | Target::Folder(_) => Ok(BTreeSet::new()),
        }
    }

    /// The conversation, or the session without one, that a part of an id means there; `None` if it means none.
    pub fn id(&self, sender: &Sender, word: &str) -> Result<Option<String>> {
        let word = word.trim_start_matches("claude:").to_ascii_lowercase();
        let is_sign = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        if word.is_empty() || !word.bytes().all(is_sign) {
            return Ok(None);
        }
        let found = self.ids(sender, &word)?;
        let is_meant = |id: &str| {
            let id = id.to_ascii_lowercase();
            id.starts_with(&word) || id.ends_with(&word)
        };
        let meant: BTreeSet<String> = found.into_iter().filter(|(id, _)| is_meant(id)).map(|(_, of)| of).collect();
        let mut all = meant.iter().cloned();
        match (all.next(), all.next()) {
            (found, None) => Ok(found),
            (Some(one), Some(other)) => {
                let mut named: Vec<String> = [one, other].into_iter().chain(all).take(NAMED).collect();
                if meant.len() > NAMED {
                    named.push(format!("{} more", meant.len() - NAMED));
                }
                Err(Error::Refused(format!("{word:?} is ambiguous in {self}: {}", named.join(", "))))
            }
            (None, Some(_)) => Ok(None),
        }
    }

    fn ids(&self, sender: &Sender, word: &str) -> Result<BTreeMap<String, String>> {
        match self {
            Target::Psql(words) => postgres::own::ids(words, word),
            Target::Sqlite(file) => sqlite::own::ids(&database(file)?, &sender.account()?, word),
            Target::Folder(dir) if !dir.is_dir() => Ok(BTreeMap::new()),
            Target::Folder(dir) => folder::own::ids(dir, asker(sender), word),
        }
    }

    /// Removes all that a machine of this person has sent; returns how many rows that were.
    pub fn remove_machine(&self, sender: &Sender, machine: &Machine) -> Result<u64> {
        match self {
            Target::Psql(words) => postgres::own::remove_machine(words, machine),
            Target::Sqlite(file) => sqlite::own::remove_machine(&database(file)?, &sender.account()?, machine),
            Target::Folder(dir) => folder::own::remove_machine(dir, asker(sender), machine),
        }
    }
}

fn asker(sender: &Sender) -> Asker<'_> {
    Asker { owner: sender.owner.as_deref(), this: &sender.machine.id }
}
