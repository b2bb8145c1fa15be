//! Owns what a person asks a folder about all of their own machines, and the removal of one that is gone. Must stay true: a
//! machine that names another owner, or that a pull fills, is not removed, and one that names nobody is only found by those
//! who have set no name either; what a killed removal leaves is still a machine's folder, and can be removed again, or has
//! only an empty lock.

use super::doubt;
use super::held::{self, Holding};
use super::place::Place;
use super::{Card, live};
use crate::machine::Machine;
use crate::own::OwnMachine;
use crate::redactions::Redactions;
use crate::row::Row;
use crate::source::{Kind, Source};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::ErrorKind;
use std::path::Path;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// What they are called, if the settings say so.
    pub owner: Option<&'a str>,
    /// The id of this machine.
    pub this: &'a str,
}

/// A machine's folder that belongs to this person, or to nobody.
struct Own {
    place: Place,
    machine: Machine,
    names_nobody: bool,
    holding: Holding,
}

/// The machines in `dir` that belong to who asks, the one that sent last first.
pub fn machines(dir: &Path, asker: Asker) -> Result<Vec<OwnMachine>> {
    let all = all(dir, asker)?;
    let of_this = all.iter().find(|one| one.machine.id == asker.this);
    let ours: HashSet<&Source> = of_this.map(|one| one.heads().collect()).unwrap_or_default();
    let shown = |one: &Own| OwnMachine {
        machine: one.machine.clone(),
        seen_at: one.holding.sources.values().map(|entry| entry.at.clone()).max().unwrap_or_default(),
        conversations: one.heads().count() as u64,
        shared: one.heads().filter(|head| ours.contains(head)).count() as u64,
        rows: one.holding.sources.values().map(|entry| entry.rows.pos).sum(),
        names_nobody: one.names_nobody,
    };
    let mut machines: Vec<OwnMachine> = all.iter().map(shown).collect();
    machines.sort_by(|a, b| b.seen_at.cmp(&a.seen_at).then_with(|| a.machine.id.cmp(&b.machine.id)));
    Ok(machines)
}

/// The conversations of other machines of who asks, each with the id of one that sent it.
pub fn elsewhere(dir: &Path, asker: Asker) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for one in all(dir, asker)?.iter().filter(|one| one.machine.id != asker.this) {
        found.extend(one.heads().map(|head| (head.name().to_string(), one.machine.id.clone())));
    }
    Ok(found)
}

/// Which other machines of who asks still have rows of these conversations, or of sessions without one: by those.
pub fn holders(dir: &Path, asker: Asker, ids: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for one in all(dir, asker)?.iter().filter(|one| one.machine.id != asker.this) {
        for id in one.filled().filter_map(Source::owner).filter(|id| ids.iter().any(|of| of == id)) {
            found.entry(id.to_string()).or_default().insert(one.machine.id.clone());
        }
    }
    Ok(found)
}

/// What other machines of who asks say that was redacted by hand.
pub fn redactions(dir: &Path, asker: Asker) -> Result<Redactions> {
    let mut found = Redactions::default();
    for (place, card) in places(dir, asker)?.into_iter().filter(|(_, card)| card.machine.id != asker.this) {
        let marks = place.shared(Kind::Mark);
        place.check(&marks)?;
        live::rows(&marks, &|_| true, &mut |source, _, text| {
            Row::parse(text).iter().for_each(|row| found.add_row(&card.machine.id, source, row));
            Ok(())
        })?;
    }
    Ok(found)
}

/// The conversations, and the sessions without one, in whose id, or in that of whose session, this word is, in small
/// letters: by that id.
pub fn ids(dir: &Path, asker: Asker, word: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let has_word = |id: &str| id.to_ascii_lowercase().contains(word);
    for one in all(dir, asker)? {
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

/// Removes the folder of a machine of who asks; returns how many rows that were. What other programs put there meanwhile
/// stays.
pub fn remove_machine(dir: &Path, asker: Asker, machine: &Machine) -> Result<u64> {
    remove(dir, machine, &|card| asker.owns(card))
}

/// Removes the folder that a pull from this database filled.
pub fn remove_pulled(dir: &Path, machine: &Machine, from: &str) -> Result<()> {
    remove(dir, machine, &|card| card.from.as_deref() == Some(from)).map(drop)
}

fn remove(dir: &Path, machine: &Machine, may_go: &dyn Fn(&Card) -> bool) -> Result<u64> {
    let no_id = || Error::Invalid(format!("{:?} is not the id of a machine", machine.id));
    let place = Place::new(dir, &machine.id).ok_or_else(no_id)?;
    place.check(&place.lock())?;
    let lock = lock::acquire(&place.lock(), lock::PERSON_WAIT)?;
    // It may have said since whose it is.
    match Card::read(&place)? {
        Some(card) if may_go(&card) => {}
        Some(_) => return Err(Error::Refused(format!("{} belongs to somebody else", place.dir().display()))),
        None => return Err(Error::Missing(format!("{} is gone", place.dir().display()))),
    }
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
    match std::fs::remove_dir(place.dir()) {
        Err(error) if !matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::NotFound) => Err(failed(error)),
        _ => Ok(rows),
    }
}

/// The folders in `dir` that machines of who asks write, with what each has.
fn all(dir: &Path, asker: Asker) -> Result<Vec<Own>> {
    let own = |(place, card): (Place, Card)| {
        let mut holding = held::read(&place)?;
        doubt::doubts(&place, &mut holding)?;
        let names_nobody = card.owner.is_none() && card.machine.id != asker.this;
        Ok(Own { place, machine: card.machine, names_nobody, holding })
    };
    places(dir, asker)?.into_iter().map(own).collect()
}

/// The folders in `dir` that machines of who asks write.
fn places(dir: &Path, asker: Asker) -> Result<Vec<(Place, Card)>> {
    let read = |error| Error::io(dir, "read", error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(read)? {
        let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
        let Some(place) = Place::new(dir, &name) else { continue };
        // A card that is damaged is told by who reads what is in the folder.
        let Ok(Some(card)) = Card::of(dir, &name) else { continue };
        if asker.owns(&card) {
            found.push((place, card));
        }
    }
    Ok(found)
}

impl Asker<'_> {
    /// Whether a folder is theirs, as far as can be known: it is of this machine, or names them, or neither side names
    /// anybody.
    fn owns(&self, card: &Card) -> bool {
        card.from.is_none() && (card.machine.id == self.this || card.owner.as_deref() == self.owner)
    }
}

impl Own {
    /// The sources that have rows.
    fn filled(&self) -> impl Iterator<Item = &Source> {
        self.holding.sources.iter().filter(|(_, entry)| entry.rows.pos > 0).map(|(source, _)| source)
    }

    /// The sources of its conversations.
    fn heads(&self) -> impl Iterator<Item = &Source> {
        self.filled().filter(|source| source.kind() == Kind::Head)
    }
}
