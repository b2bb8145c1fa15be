//! Owns `machine.json`: the id of this machine and the name that people know it by. Must stay true: the id is random, made
//! once, and says nothing of the machine; two programs that begin at once agree on it.

use crate::digest::Digest;
use crate::unmarked::Marked;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::hex::hex;
use cs_core::paths::Home;
use cs_core::random::random;
use serde::{Deserialize, Serialize};

/// Longest label, in characters.
pub const LABEL: usize = 60;
/// Number of random bytes of an id.
const BYTES: usize = 8;
/// How long the file may be.
const MOST: usize = 64 * 1024;

/// This machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// 16 hexadecimal digits.
    pub id: String,
    /// What people call it; empty if nobody has said so.
    #[serde(default)]
    pub label: String,
}

impl Machine {
    /// Reads the file; `None` if there is none.
    pub fn read(home: &Home) -> Result<Option<Machine>> {
        let path = home.machine();
        let Some(bytes) = file::read_at_most(&path, MOST)? else { return Ok(None) };
        let machine: Machine =
            serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        match Machine::is_id(&machine.id) && Machine::check_label(&machine.label).is_ok() {
            true => Ok(Some(machine)),
            false => Err(Error::corrupt(&path, "its id or its label cannot be used")),
        }
    }

    /// The same; made, without a label, if there is none.
    pub fn of_store(home: &Home) -> Result<Machine> {
        if let Some(machine) = Machine::read(home)? {
            return Ok(machine);
        }
        let machine = Machine { id: hex(&random::<BYTES>()?), label: String::new() };
        if file::stage(&home.machine(), &machine.bytes(), Durability::Synced)?.create()? {
            // Nothing was ever sent under this id. Without this it would look as if what was sent had been lost.
            if Marked::read(home)?.is_none() {
                Marked::default().write(home)?;
            }
            return Ok(machine);
        }
        Machine::read(home)?.ok_or_else(|| Error::corrupt(&home.machine(), "it was removed while it was made"))
    }

    /// A machine that has no id yet, for who only asks: nothing was ever sent under this one.
    pub fn nobody() -> Machine {
        Machine { id: "0".repeat(BYTES * 2), label: String::new() }
    }

    /// Gives it another label.
    pub fn relabel(self, home: &Home, label: &str) -> Result<Machine> {
        Machine::check_label(label)?;
        let machine = Machine { label: label.to_string(), ..self };
        file::replace(&home.machine(), &machine.bytes(), Durability::Synced)?;
        Ok(machine)
    }

    /// The name for people: its label, else the first digits of its id.
    pub fn name(&self) -> &str {
        let short = self.id.get(..6).unwrap_or(&self.id);
        if self.label.is_empty() { short } else { &self.label }
    }

    /// The name of this machine for the person who works at it: its label, if it has one.
    pub fn name_here(home: &Home) -> Result<String> {
        let label = Machine::read(home)?.map(|own| own.label).unwrap_or_default();
        Ok(if label.is_empty() { "this machine".to_string() } else { label })
    }

    /// An id for a folder beside that of another person's machine with this id: always the same.
    pub fn id_beside(owner: &str, id: &str) -> String {
        let mut digest = Digest::default();
        [id, owner].iter().for_each(|text| digest.add(text.as_bytes()));
        digest.text().chars().take(id.len()).collect()
    }

    /// Whether a text has the form of an id.
    pub fn is_id(text: &str) -> bool {
        text.len() == BYTES * 2 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
    }

    /// Whether a text can be a label.
    pub fn check_label(label: &str) -> Result<()> {
        match label.chars().count() <= LABEL && !label.chars().any(char::is_control) {
            true => Ok(()),
            false => Err(Error::Invalid(format!("a label has at most {LABEL} characters, on one line"))),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_once_and_a_label_given_later() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("dashboard"));
        assert_eq!(Machine::read(&home).unwrap(), None);
        let made: Vec<Machine> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| Machine::of_store(&home).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(Machine::is_id(&made[0].id), "{made:?}");
        assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
        assert_eq!((made[0].name(), &*Machine::name_here(&home).unwrap()), (&made[0].id[..6], "this machine"));
        let named = made[0].clone().relabel(&home, "laptop").unwrap();
        assert_eq!((named.name(), Machine::read(&home).unwrap().unwrap().id), ("laptop", made[0].id.clone()));
        assert_eq!(Machine::name_here(&home).unwrap(), "laptop");
        assert!(named.relabel(&home, "a\nb").is_err());
    }

    #[test]
    fn a_file_that_cannot_be_used_is_told_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        for bytes in ["", "{}", r#"{"id":"../../x"}"#, r#"{"id":"0123456789abcdeF"}"#] {
            std::fs::write(home.machine(), bytes).unwrap();
            assert!(Machine::of_store(&home).is_err(), "{bytes}");
            assert_eq!(std::fs::read_to_string(home.machine()).unwrap(), bytes);
        }
    }
}
