//! Reading the folders of other machines: what `--also` shows. Must stay true: everything in them is text of others, so it has
//! bounds, leads to no other file, and what cannot be understood is passed over; nothing is written. Deliberately absent:
//! this machine's own folder, because all of it is in the store.

mod find;
mod head;
mod other;
mod said;

pub use find::{Finding, Found, Sought, Unseen};
pub use head::Head;
pub use other::{Other, OtherSession};

use crate::folder::{Card, Place};
use crate::machine::Machine;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::paths::Home;
use marks::Marks;
use std::path::{Path, PathBuf};

/// Most machines of a folder that are looked at.
const MACHINES: usize = 500;

/// Other machines.
#[derive(Debug, Default)]
pub struct Also {
    /// By name; none twice.
    pub machines: Vec<Other>,
    /// The folder of this machine, if it is there: what it shares.
    pub own: Option<Other>,
    /// Folders that could not be read, and those with more machines than are looked at.
    pub failures: Vec<Error>,
}

impl Also {
    /// Finds the machines in folders: each is that of a machine, or has folders of machines in it. The machine with the id
    /// `own` is left out. A folder that is missing is an error.
    pub fn find(dirs: &[PathBuf], own: Option<&str>) -> Result<Also> {
        let mut also = Also::default();
        for dir in dirs {
            let mut places = places(dir)?;
            if places.len() > MACHINES {
                also.failures.push(too_many(dir, places.len()));
                places.truncate(MACHINES);
            }
            for place in places {
                let is_new = |card: &Card| also.machines.iter().all(|known| known.id() != card.machine.id);
                match Card::read(&place) {
                    Ok(Some(card)) if own == Some(card.machine.id.as_str()) => also.own = Some(Other::new(place, card)),
                    Ok(Some(card)) if is_new(&card) => also.machines.push(Other::new(place, card)),
                    Ok(_) => {}
                    Err(error) => also.failures.push(error),
                }
            }
        }
        also.machines.sort_by(|a, b| a.name().cmp(b.name()).then_with(|| a.id().cmp(b.id())));
        Ok(also)
    }

    /// The same for a store, whose own machine is left out.
    pub fn beside(home: &Home, dirs: &[PathBuf]) -> Result<Also> {
        let own = Machine::read(home)?;
        Also::find(dirs, own.as_ref().map(|own| own.id.as_str()))
    }

    /// What people said about a conversation, on whichever machine, and which folders could not be read. A mark that
    /// several machines have counts once.
    pub fn said(&self, conversation: &str) -> (Marks, Vec<Error>) {
        let mut all = Vec::new();
        let failures = self.machines.iter().filter_map(|machine| machine.said(conversation, &mut all).err()).collect();
        (Marks::of_all(all), failures)
    }

    /// The machine with this id, or the only one with this name.
    pub fn machine(&self, word: &str) -> Option<&Other> {
        let by_id = self.machines.iter().find(|one| one.id() == word);
        by_id.or_else(|| {
            let mut named = self.machines.iter().filter(|one| one.name() == word);
            named.next().filter(|_| named.next().is_none())
        })
    }
}

/// The folders of machines that a folder is, or has in it.
fn places(dir: &Path) -> Result<Vec<Place>> {
    // The person who names it decides about links on the way.
    let real = match std::fs::canonicalize(dir) {
        Ok(real) => real,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Missing(format!("there is no folder {}", dir.display())));
        }
        Err(error) => return Err(Error::io(dir, "open", error)),
    };
    if !real.is_dir() {
        return Err(Error::Invalid(format!("{} is not a folder", dir.display())));
    }
    let named = real.file_name().and_then(|name| name.to_str());
    if let (Some(parent), Some(place)) = (real.parent(), named)
        && let Some(place) = Place::new(parent, place).filter(|place| place.machine().exists())
    {
        return Ok(vec![place]);
    }
    let mut names = file::stems(&real, "")?;
    names.sort();
    let places = names.iter().filter_map(|name| Place::new(&real, name)).filter(|place| place.machine().exists());
    Ok(places.collect())
}

fn too_many(dir: &Path, count: usize) -> Error {
    let dir = dir.display();
    Error::Refused(format!(
        "{dir} has {count} machines, of which the first {MACHINES} by id are shown; move others to another folder"
    ))
}

#[cfg(test)]
mod tests;
