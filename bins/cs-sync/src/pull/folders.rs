//! Owns pulling into folders: one for each machine, as that machine would write it itself. Must stay true: each folder is
//! brought from what it has to what the database has; if that fails, the next run goes on; a folder that its machine writes,
//! or that comes from another database, stays as it is, and one that cannot be used does not stop the others; only one
//! folder is open at a time, however many machines there are.

use crate::target::Target;
use cli::{Context, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sync::folder::Card;
use sync::{Folder, Known, Machine, Op, Pulled, Sink};

/// What is known of a machine's folder.
struct Filled {
    machine: Machine,
    owner: String,
    /// What it had when it was looked at, as [`Known::sum`]; `None` if it was made or changed since.
    had: Option<u64>,
    changes: u64,
}

/// The folders, by the ids of their machines.
struct Folders<'d> {
    dir: &'d Path,
    /// The database.
    from: String,
    now: Instant,
    all: BTreeMap<String, Filled>,
    /// The one that is filled: the id of its machine.
    open: Option<(String, Folder)>,
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
    let mut folders = Folders { dir, from, now: context.now, all, open: None, refused, failures: Vec::new() };
    let known = folders.look_at_all()?;
    let mut failed = target.pull(&known, &mut |pulled| folders.take(&pulled))?;
    folders.close()?;
    failed.append(&mut folders.failures);
    let mut total = 0;
    for Filled { machine, owner, changes, .. } in folders.all.into_values() {
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
    /// Looks at the folders that were filled from this database; returns what they have.
    fn look_at_all(&mut self) -> Result<Vec<(String, String, Known)>> {
        let read = |error| Error::io(self.dir, "read", error);
        let names = std::fs::read_dir(self.dir).map_err(read)?.map(|entry| Ok(entry.map_err(read)?.file_name()));
        let mut known = Vec::new();
        for name in names.collect::<Result<Vec<_>>>()? {
            let looked = match Card::of(self.dir, &name.to_string_lossy()) {
                Ok(Some(Card { machine, owner: Some(owner), from: Some(from), .. })) if from == self.from => {
                    self.look_at(machine, owner)
                }
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            match looked {
                Ok(one) => known.push(one),
                Err(error) => self.failures.push(error),
            }
        }
        Ok(known)
    }

    fn look_at(&mut self, machine: Machine, owner: String) -> Result<(String, String, Known)> {
        let mut folder = self.folder(&machine, &owner)?;
        let known = folder.known();
        folder.commit()?;
        let filled = Filled { machine, owner, had: Some(known.sum()), changes: 0 };
        let (owner, id) = (filled.owner.clone(), filled.machine.id.clone());
        self.all.insert(id.clone(), filled);
        Ok((owner, id, known))
    }

    fn folder(&self, machine: &Machine, owner: &str) -> Result<Folder> {
        Folder::open_pulled(self.dir, machine, owner, &self.from, self.now)
    }

    fn take(&mut self, pulled: &Pulled) -> Result<()> {
        let Pulled { owner, machine, op } = pulled;
        let name = (owner.to_string(), machine.id.clone());
        if self.refused.contains(&name) {
            return Ok(());
        }
        let there = self.all.get(&machine.id);
        if there.is_some_and(|there| there.owner == *owner && there.machine == **machine)
            && matches!(op, Op::Machine(_))
        {
            return Ok(());
        }
        if self.open.as_ref().is_none_or(|(id, _)| *id != machine.id) {
            self.close()?;
        }
        match (self.opened(pulled), self.open.as_mut()) {
            (Ok(()), Some((_, folder))) => folder.take(op),
            (Ok(()), None) => Ok(()),
            (Err(error), _) => {
                self.refused.insert(name);
                self.failures.push(error);
                Ok(())
            }
        }
    }

    /// Has the folder of a machine open. Fails if it is another person's, or if another program changed it since it was
    /// looked at: then what comes does not fit to what it has.
    fn opened(&mut self, Pulled { owner, machine, op }: &Pulled) -> Result<()> {
        let there = self.all.get(&machine.id);
        if let Some(Filled { owner: other, .. }) = there.filter(|there| there.owner != *owner) {
            let text = format!("{other} and {owner} both say that {} is their machine", machine.id);
            return Err(Error::Refused(text));
        }
        if self.open.is_some() {
            return Ok(());
        }
        // A machine that is gone from the database has no label there.
        let named = there.map(|there| &there.machine).filter(|_| !matches!(op, Op::Machine(_)));
        let machine = named.unwrap_or(machine).clone();
        let (had, changes) = there.map_or((None, 0), |there| (there.had, there.changes));
        let mut folder = self.folder(&machine, owner)?;
        let has = folder.known().sum();
        if had.is_some_and(|had| had != has) {
            return Err(Error::Busy(self.dir.join(&machine.id)));
        }
        self.open = Some((machine.id.clone(), folder));
        self.all.insert(machine.id.clone(), Filled { owner: owner.to_string(), had: None, changes, machine });
        Ok(())
    }

    /// Completes the folder that is open.
    fn close(&mut self) -> Result<()> {
        let Some((id, folder)) = self.open.take() else { return Ok(()) };
        let changes = folder.commit()?;
        if let Some(filled) = self.all.get_mut(&id) {
            filled.changes += changes;
        }
        Ok(())
    }
}
