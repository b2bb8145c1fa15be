//! Owns pulling into folders: one for each machine, as that machine would write it itself. Must stay true: each folder is
//! brought from what it has to what the database has; if that fails, the next run goes on; a folder that its machine writes,
//! or that comes from another database, stays as it is, and one that cannot be used does not stop the others; a machine is
//! named by its owner and its id, so nobody who claims the id of another person's machine takes its folder; the folder of a
//! machine that is gone goes, too; only one folder is open at a time, however many machines there are.

use crate::PROGRAM;
use crate::target::Target;
use cli::{Context, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::file;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sync::folder::Card;
use sync::{Folder, Known, Machine, Op, Pulled, Sink, folder};

/// How many sources that are damaged are named.
const NAMED: usize = 5;

/// What is known of a machine's folder.
struct Filled {
    /// With the id of the folder.
    machine: Machine,
    /// The id in the database.
    id: String,
    owner: String,
    /// What it had when it was looked at, as [`Known::sum`]; `None` if it was made or changed since.
    had: Option<u64>,
    changes: u64,
}

/// The folders, by their ids.
struct Folders<'d> {
    dir: &'d Path,
    /// The database.
    from: String,
    now: Instant,
    all: BTreeMap<String, Filled>,
    /// The one that is filled, and its id.
    open: Option<(String, Folder)>,
    /// The owners and the ids of machines that are passed over.
    refused: BTreeSet<(String, String)>,
    /// Those that the database has.
    present: BTreeSet<(String, String)>,
    failures: Vec<Error>,
}

#[derive(Serialize)]
struct Shown<'a> {
    owner: &'a str,
    machine: &'a str,
    label: &'a str,
    changes: u64,
    /// Whether the folder was removed, because the machine is gone from the database.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
}

/// Brings the folders in `dir` to what the target has.
pub fn fill(context: &mut Context, target: &Target, dir: &Path) -> Outcome<()> {
    file::make_dir(dir)?;
    let mut folders = Folders {
        dir,
        from: target.origin(),
        now: context.now,
        all: BTreeMap::new(),
        open: None,
        refused: BTreeSet::new(),
        present: BTreeSet::new(),
        failures: Vec::new(),
    };
    let known = folders.look_at_all()?;
    let damaged = target.pull(&known, &mut |pulled| folders.take(&pulled))?;
    folders.close();
    let gone = folders.remove_gone();
    // Only those who sent it can mend it, and the rest came.
    damaged.iter().take(NAMED).for_each(|error| cli::note(PROGRAM, &error.to_string()));
    if damaged.len() > NAMED {
        cli::note(PROGRAM, &format!("{} more sources are damaged there", damaged.len() - NAMED));
    }
    let mut total = 0;
    for Filled { machine, owner, changes, .. } in folders.all.into_values() {
        total += changes;
        let removed = gone.contains(&machine.id);
        let shown = Shown { owner: &owner, machine: &machine.id, label: &machine.label, changes, removed };
        match context.out.form {
            _ if context.out.quiet => context.out.line(&machine.id)?,
            Form::Json => context.out.json(&shown)?,
            Form::Table if removed => {
                let text = format!("{} of {owner} is gone there, so its folder was removed", machine.name());
                context.out.line(&cli::sanitize(&text))?;
            }
            Form::Table if changes > 0 => {
                let count = render::format_quantity(changes, "change");
                context.out.line(&cli::sanitize(&format!("{} of {owner}: {count}", machine.name())))?;
            }
            Form::Table => {}
        }
    }
    if total == 0 && gone.is_empty() && context.out.form == Form::Table && !context.out.quiet {
        context.out.line("nothing is new")?;
    }
    context.out.flush()?;
    super::report(folders.failures)
}

impl Folders<'_> {
    /// Looks at the folders that were filled from this database; returns what they have.
    fn look_at_all(&mut self) -> Result<Vec<(String, String, Known)>> {
        let read = |error| Error::io(self.dir, "read", error);
        let names = std::fs::read_dir(self.dir).map_err(read)?.map(|entry| Ok(entry.map_err(read)?.file_name()));
        let mut known = Vec::new();
        for name in names.collect::<Result<Vec<_>>>()? {
            let looked = match Card::of(self.dir, &name.to_string_lossy()) {
                Ok(Some(Card { machine, owner: Some(owner), from: Some(from), claims, .. })) if from == self.from => {
                    let id = claims.unwrap_or_else(|| machine.id.clone());
                    self.look_at(machine, id, owner)
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

    fn look_at(&mut self, machine: Machine, id: String, owner: String) -> Result<(String, String, Known)> {
        let mut folder = self.folder(&machine, &id, &owner)?;
        let known = folder.known();
        folder.commit()?;
        let filled = Filled { machine, id, owner, had: Some(known.sum()), changes: 0 };
        let (owner, id) = (filled.owner.clone(), filled.id.clone());
        self.all.insert(filled.machine.id.clone(), filled);
        Ok((owner, id, known))
    }

    fn folder(&self, machine: &Machine, id: &str, owner: &str) -> Result<Folder> {
        let claims = Some(id).filter(|id| *id != machine.id);
        Folder::open_pulled(self.dir, machine, owner, &self.from, claims, self.now)
    }

    /// The id of the folder of an owner's machine: that which it has, else the machine's, else one that is free.
    fn place(&self, owner: &str, id: &str) -> String {
        let is_it = |(_, there): &(&String, &Filled)| there.owner == owner && there.id == id;
        if let Some((place, _)) = self.all.iter().find(is_it) {
            return place.clone();
        }
        let mut place = id.to_string();
        while self.all.contains_key(&place) {
            place = Machine::id_beside(owner, &place);
        }
        place
    }

    fn take(&mut self, pulled: &Pulled) -> Result<()> {
        let Pulled { owner, machine, op } = pulled;
        let name = (owner.to_string(), machine.id.clone());
        if self.refused.contains(&name) {
            return Ok(());
        }
        if matches!(op, Op::Machine(_)) {
            self.present.insert(name.clone());
        }
        let place = self.place(owner, &machine.id);
        let is_same = |there: &Filled| there.machine.label == machine.label;
        if self.all.get(&place).is_some_and(is_same) && matches!(op, Op::Machine(_)) {
            return Ok(());
        }
        if self.open.as_ref().is_none_or(|(open, _)| *open != place) {
            self.close();
        }
        let taken = self.opened(pulled, place).and_then(|()| match (self.open.as_mut(), op) {
            // With the id of the folder.
            (Some((id, folder)), Op::Machine(Machine { label, .. })) => {
                folder.take(&Op::Machine(&Machine { id: id.clone(), label: label.clone() }))
            }
            (Some((_, folder)), op) => folder.take(op),
            (None, _) => Ok(()),
        });
        if let Err(error) = taken {
            // What it has so far is continued by the next run.
            self.open = None;
            self.refused.insert(name);
            self.failures.push(error);
        }
        Ok(())
    }

    /// Has the folder of a machine open. Fails if another program changed it since it was looked at: then what comes does
    /// not fit to what it has.
    fn opened(&mut self, Pulled { owner, machine, op }: &Pulled, place: String) -> Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let there = self.all.get(&place);
        // A machine that is gone from the database has no label there.
        let named = there.map(|there| &there.machine).filter(|_| !matches!(op, Op::Machine(_)));
        let label = named.unwrap_or(machine).label.clone();
        let here = Machine { id: place.clone(), label };
        let (had, changes) = there.map_or((None, 0), |there| (there.had, there.changes));
        let mut folder = self.folder(&here, &machine.id, owner)?;
        let has = folder.known().sum();
        if had.is_some_and(|had| had != has) {
            return Err(Error::Busy(self.dir.join(&place)));
        }
        self.open = Some((place.clone(), folder));
        let (owner, id) = (owner.to_string(), machine.id.clone());
        self.all.insert(place, Filled { machine: here, id, owner, had: None, changes });
        Ok(())
    }

    /// Completes the folder that is open.
    fn close(&mut self) {
        let Some((id, folder)) = self.open.take() else { return };
        match folder.commit() {
            Ok(changes) => self.all.get_mut(&id).into_iter().for_each(|filled| filled.changes += changes),
            Err(error) => self.failures.push(error),
        }
    }

    /// Removes the folders of machines that the database does not have any more, or does not show; returns their ids.
    fn remove_gone(&mut self) -> BTreeSet<String> {
        let is_gone = |one: &&Filled| !self.present.contains(&(one.owner.clone(), one.id.clone()));
        let gone: Vec<Machine> = self.all.values().filter(is_gone).map(|one| one.machine.clone()).collect();
        let mut removed = BTreeSet::new();
        for machine in gone {
            match folder::own::remove_pulled(self.dir, &machine, &self.from) {
                Ok(()) => drop(removed.insert(machine.id)),
                Err(error) => self.failures.push(error),
            }
        }
        removed
    }
}
