//! Owns pulling into folders: one for each machine, as that machine would write it itself. Must stay true: each folder is
//! brought from what it has to what the database has; if that fails, the next run goes on.

use crate::target::Target;
use cli::{Context, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use sync::{Folder, Known, Machine, Pulled, Sink};

/// How long `machine.json` in a folder may be.
const MOST: usize = 64 * 1024;

/// The folder of a machine while it is filled.
struct Filling {
    machine: Machine,
    owner: String,
    folder: Folder,
}

/// The folders, by the ids of their machines.
struct Folders<'d> {
    dir: &'d Path,
    now: Instant,
    all: BTreeMap<String, Filling>,
}

/// What `machine.json` in a folder says.
#[derive(Deserialize)]
struct Card {
    #[serde(flatten)]
    machine: Machine,
    #[serde(default)]
    owner: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    owner: &'a str,
    machine: &'a str,
    label: &'a str,
    changes: u64,
}

/// Brings the folders in `dir` to what the target has.
pub fn fill(context: &mut Context, target: &Target, dir: &Path) -> Outcome<()> {
    file::make_dir(dir)?;
    let mut folders = Folders { dir, now: context.now, all: BTreeMap::new() };
    let known = folders.open_all()?;
    let failed = target.pull(&known, &mut |pulled| folders.take(&pulled))?;
    let mut total = 0;
    for Filling { machine, owner, folder } in folders.all.into_values() {
        let changes = folder.commit()?;
        total += changes;
        let shown = Shown { owner: &owner, machine: &machine.id, label: &machine.label, changes };
        match context.out.form {
            _ if context.out.quiet => context.out.line(&machine.id)?,
            Form::Json => context.out.json(&shown)?,
            Form::Table if changes > 0 => {
                let count = render::format_quantity(changes, "change");
                context.out.line(&cli::sanitize(&format!("{} of {owner}: {count}", machine.name())))?;
            }
            Form::Table => {}
        }
    }
    if total == 0 && context.out.form == Form::Table && !context.out.quiet {
        context.out.line("nothing is new")?;
    }
    context.out.flush()?;
    super::report(failed)
}

impl Folders<'_> {
    /// Opens the folders that are there; returns what they have. A folder whose owner nobody has named is not one of ours.
    fn open_all(&mut self) -> Result<Vec<(String, String, Known)>> {
        let read = |error| Error::io(self.dir, "read", error);
        let mut known = Vec::new();
        for entry in std::fs::read_dir(self.dir).map_err(read)? {
            let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
            let Some(Card { machine, owner: Some(owner) }) = self.card(&name)? else { continue };
            let filling = self.open(&machine, &owner)?;
            known.push((owner, machine.id, filling.folder.known()));
        }
        Ok(known)
    }

    fn card(&self, name: &str) -> Result<Option<Card>> {
        if !Machine::is_id(name) {
            return Ok(None);
        }
        let path = self.dir.join(name).join("machine.json");
        let Some(bytes) = file::read_at_most(&path, MOST)? else { return Ok(None) };
        let card: Card = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        Ok(Some(card).filter(|card| card.machine.id == name))
    }

    fn open(&mut self, machine: &Machine, owner: &str) -> Result<&mut Filling> {
        let folder = Folder::open(self.dir, machine, Some(owner), self.now)?;
        let filling = Filling { machine: machine.clone(), owner: owner.to_string(), folder };
        Ok(self.all.entry(machine.id.clone()).or_insert(filling))
    }

    fn take(&mut self, pulled: &Pulled) -> Result<()> {
        let Pulled { owner, machine, op } = pulled;
        let filling = match self.all.contains_key(&machine.id) {
            true => self.all.get_mut(&machine.id),
            false => Some(self.open(machine, owner)?),
        };
        match filling {
            Some(filling) if filling.owner == *owner => filling.folder.take(op),
            Some(Filling { owner: other, .. }) => {
                Err(Error::Refused(format!("{other} and {owner} both say that {} is their machine", machine.id)))
            }
            None => Ok(()),
        }
    }
}
