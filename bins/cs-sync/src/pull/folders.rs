//! Owns pulling into folders: one for each machine, as that machine would write it itself. Must stay true: each folder is
//! brought from what it has to what the database has; if that fails, the next run goes on; a folder that its machine writes,
//! or that comes from another database, stays as it is, and one that cannot be used does not stop the others.

use crate::target::Target;
use cli::{Context, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sync::folder::Card;
use sync::{Folder, Known, Machine, Pulled, Sink};

/// The folder of a machine while it is filled.
struct Filling {
    machine: Machine,
    owner: String,
    folder: Folder,
}

/// The folders, by the ids of their machines.
struct Folders<'d> {
    dir: &'d Path,
    /// The database.
    from: String,
    now: Instant,
    all: BTreeMap<String, Filling>,
    /// The owners and the ids of machines that are passed over.
    refused: BTreeSet<(String, String)>,
    failures: Vec<Error>,
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
    let (from, all, refused) = (target.origin(), BTreeMap::new(), BTreeSet::new());
    let mut folders = Folders { dir, from, now: context.now, all, refused, failures: Vec::new() };
    let known = folders.open_all()?;
    let mut failed = target.pull(&known, &mut |pulled| folders.take(&pulled))?;
    failed.append(&mut folders.failures);
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
    /// Opens the folders that were filled from this database; returns what they have.
    fn open_all(&mut self) -> Result<Vec<(String, String, Known)>> {
        let read = |error| Error::io(self.dir, "read", error);
        let mut known = Vec::new();
        for entry in std::fs::read_dir(self.dir).map_err(read)? {
            let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
            let opened = match Card::of(self.dir, &name) {
                Ok(Some(Card { machine, owner: Some(owner), from: Some(from), .. })) if from == self.from => {
                    self.open(&machine, &owner).map(|filling| (owner, machine.id, filling.folder.known()))
                }
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            match opened {
                Ok(one) => known.push(one),
                Err(error) => self.failures.push(error),
            }
        }
        Ok(known)
    }

    fn open(&mut self, machine: &Machine, owner: &str) -> Result<&mut Filling> {
        let folder = Folder::open_pulled(self.dir, machine, owner, &self.from, self.now)?;
        let filling = Filling { machine: machine.clone(), owner: owner.to_string(), folder };
        Ok(self.all.entry(machine.id.clone()).or_insert(filling))
    }

    fn take(&mut self, pulled: &Pulled) -> Result<()> {
        let Pulled { owner, machine, op } = pulled;
        let name = (owner.to_string(), machine.id.clone());
        if self.refused.contains(&name) {
            return Ok(());
        }
        let opened = match self.all.contains_key(&machine.id) {
            true => Ok(()),
            false => self.open(machine, owner).map(drop),
        };
        let refused = match (opened, self.all.get_mut(&machine.id)) {
            (Ok(()), Some(filling)) if filling.owner == *owner => return filling.folder.take(op),
            (Ok(()), Some(Filling { owner: other, .. })) => {
                Error::Refused(format!("{other} and {owner} both say that {} is their machine", machine.id))
            }
            (Ok(()), None) => return Ok(()),
            (Err(error), _) => error,
        };
        self.refused.insert(name);
        self.failures.push(refused);
        Ok(())
    }
}
