//! Owns what a person asks a folder about all of their own machines, and the removal of one that is gone. Must stay true: a
//! machine that names another owner, or that a pull fills, is not removed; what a killed removal leaves is still a machine's
//! folder, and can be removed again.

use super::doubt;
use super::held::{self, Holding};
use super::place::Place;
use super::{Card, live};
use crate::machine::Machine;
use crate::own::OwnMachine;
use crate::row::Row;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// A machine's folder that belongs to this person.
struct Own {
    place: Place,
    machine: Machine,
    holding: Holding,
}

/// The machines in `dir` that belong to an owner, the one that sent last first; `this` is the id of this machine.
pub fn machines(dir: &Path, owner: Option<&str>, this: &str) -> Result<Vec<OwnMachine>> {
    let all = all(dir, owner)?;
    let of_this = all.iter().find(|one| one.machine.id == this);
    let ours: HashSet<&Source> = of_this.map(|one| one.heads().collect()).unwrap_or_default();
    let shown = |one: &Own| OwnMachine {
        machine: one.machine.clone(),
        seen_at: one.holding.sources.values().map(|entry| entry.at.clone()).max().unwrap_or_default(),
        conversations: one.heads().count() as u64,
        shared: one.heads().filter(|head| ours.contains(head)).count() as u64,
        rows: one.holding.sources.values().map(|entry| entry.rows.pos).sum(),
    };
    let mut machines: Vec<OwnMachine> = all.iter().map(shown).collect();
    machines.sort_by(|a, b| b.seen_at.cmp(&a.seen_at).then_with(|| a.machine.id.cmp(&b.machine.id)));
    Ok(machines)
}

/// The conversations of other machines of an owner, each with the id of one that sent it.
pub fn elsewhere(dir: &Path, owner: Option<&str>, this: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for one in all(dir, owner)?.iter().filter(|one| one.machine.id != this) {
        found.extend(one.heads().map(|head| (head.name().to_string(), one.machine.id.clone())));
    }
    Ok(found)
}

/// The conversations, and the sessions without one, in whose id, or in that of whose session, this word is, in small
/// letters: by that id.
pub fn ids(dir: &Path, owner: Option<&str>, word: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let has_word = |id: &str| id.to_ascii_lowercase().contains(word);
    for one in all(dir, owner)? {
        for source in one.holding.sources.keys().filter(|source| source.kind() != Kind::Record) {
            found.extend(source.owner().filter(|id| has_word(id)).map(|id| (id.to_string(), id.to_string())));
        }
        let records = one.place.shared(Kind::Record);
        live::rows(&records, &|_| true, &mut |_, _, text| {
            let row = Row::parse(text).filter(|row| has_word(&row.id));
            found.extend(row.map(|row| (row.id.clone(), row.conversation.unwrap_or(row.id))));
            Ok(())
        })?;
    }
    Ok(found)
}

/// Removes the folder of a machine; returns how many rows that were.
pub fn remove_machine(dir: &Path, machine: &Machine) -> Result<u64> {
    let no_id = || Error::Invalid(format!("{:?} is not the id of a machine", machine.id));
    let place = Place::new(dir, &machine.id).ok_or_else(no_id)?;
    place.check(&place.lock())?;
    let lock = lock::acquire(&place.lock(), lock::PERSON_WAIT)?;
    let rows = held::read(&place)?.sources.values().map(|entry| entry.rows.pos).sum();
    let failed = |error| Error::io(place.dir(), "remove", error);
    for entry in std::fs::read_dir(place.dir()).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        match path.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
            // It says whose folder this is, until all else is gone.
            false if path == place.machine() || path == place.lock() => {}
            false => drop(file::remove(&path)?),
            true => std::fs::remove_dir_all(&path).map_err(|error| Error::io(&path, "remove", error))?,
        }
    }
    file::remove(&place.machine())?;
    lock.remove()?;
    std::fs::remove_dir(place.dir()).map_err(failed)?;
    Ok(rows)
}

/// The folders in `dir` that machines of this owner write. A folder that names nobody belongs to whoever has the folder.
fn all(dir: &Path, owner: Option<&str>) -> Result<Vec<Own>> {
    let read = |error| Error::io(dir, "read", error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(read)? {
        let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
        let Some(place) = Place::new(dir, &name) else { continue };
        // A card that is damaged is told by who reads what is in the folder.
        let Ok(Some(Card { machine, owner: of, from: None, .. })) = Card::of(dir, &name) else { continue };
        if of.is_none() || of.as_deref() == owner {
            let mut holding = held::read(&place)?;
            doubt::doubts(&place, &mut holding)?;
            found.push(Own { place, machine, holding });
        }
    }
    Ok(found)
}

impl Own {
    /// The sources of its conversations.
    fn heads(&self) -> impl Iterator<Item = &Source> {
        let is_head = |source: &&Source| source.kind() == Kind::Head;
        let filled = self.holding.sources.iter().filter(|(_, entry)| entry.rows.pos > 0);
        filled.map(|(source, _)| source).filter(is_head)
    }
}
