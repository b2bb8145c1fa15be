//! A model of a file system that promises what POSIX promises and nothing more: what is in memory, and what of it
//! survives a power failure.
//!
//! * The bytes of a file are durable up to its last fsync or fdatasync.
//! * A name that was created, changed or removed is durable after an fsync of its directory; for a rename to another
//!   directory, of the new one. An fsync of the file does not make its name durable.
//! * A change of names is one step: a rename leaves the old file or the new one under the name, never none; an
//!   exchange changes both names or none.
//!
//! Additional guarantees of some file systems (such as ext4's `auto_da_alloc` and its order of data before names) are
//! ignored.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::step::Step;
use super::tree::{Node, Tree};

/// The number of a file or directory, whatever its names are.
pub type Number = usize;
/// The file or directory of each name.
pub type Names = BTreeMap<PathBuf, Number>;

/// A change of names that no fsync has made durable yet.
#[derive(Clone, Debug)]
pub struct Change {
    /// The step that made it.
    pub step: usize,
    pub text: String,
    /// The file that each affected name stands for afterwards. The one in the directory that must be synced comes last.
    pub sets: Vec<(PathBuf, Option<Number>)>,
}

impl Change {
    fn shares_a_name_with(&self, other: &Change) -> bool {
        self.sets.iter().any(|(name, _)| other.sets.iter().any(|(theirs, _)| theirs == name))
    }

    fn apply(&self, names: &mut Names) {
        for (name, number) in &self.sets {
            match number {
                Some(number) => names.insert(name.clone(), *number),
                None => names.remove(name),
            };
        }
    }
}

/// Drops changes that are preceded by a lost change of the same name.
pub fn close(pending: &[Change], kept: &mut [bool]) {
    for n in 0..pending.len() {
        let lost_before = |m: usize| !kept[m] && pending[m].shares_a_name_with(&pending[n]);
        kept[n] = kept[n] && !(0..n).any(lost_before);
    }
}

/// The bytes of a file: as on the disk, then after each write since.
pub type Versions = Vec<Arc<[u8]>>;

#[derive(Clone, Debug)]
enum Inode {
    Dir,
    Link(PathBuf),
    File(Versions),
}

/// Files and names, in memory and on the disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    inodes: Vec<Inode>,
    names: Names,
    durable: Names,
    pending: Vec<Change>,
    /// The offset of the next write to a file; `None` for its end.
    places: BTreeMap<Number, Option<usize>>,
}

impl Disk {
    /// Creates a disk on which everything is durable.
    pub fn new(tree: &Tree) -> Disk {
        let mut disk = Disk::default();
        for (path, node) in &tree.0 {
            let number = disk.add(match node {
                Node::Dir => Inode::Dir,
                Node::Link(target) => Inode::Link(target.clone()),
                Node::File(bytes) => Inode::File(vec![bytes.clone()]),
            });
            disk.names.insert(path.clone(), number);
        }
        disk.durable = disk.names.clone();
        disk
    }

    /// Changes of names that may be lost, oldest first.
    pub fn pending(&self) -> &[Change] {
        &self.pending
    }

    /// The versions of a file; a durable file has one.
    pub fn versions(&self, number: Number) -> &[Arc<[u8]>] {
        match &self.inodes[number] {
            Inode::File(versions) => versions,
            _ => &[],
        }
    }

    /// The names after a power failure that keeps these of the pending changes.
    pub fn names_with(&self, kept: &[bool]) -> Names {
        let mut names = self.durable.clone();
        let changes = self.pending.iter().zip(kept).filter(|(_, kept)| **kept);
        changes.for_each(|(change, _)| change.apply(&mut names));
        let orphans: Vec<PathBuf> = names.keys().filter(|path| !is_reachable(path, &names)).cloned().collect();
        orphans.iter().for_each(|path| _ = names.remove(path));
        names
    }

    /// The tree of these names, with the bytes of each file from `bytes`.
    pub fn tree(&self, names: &Names, bytes: impl Fn(Number) -> Arc<[u8]>) -> Tree {
        let node = |number: &Number| match &self.inodes[*number] {
            Inode::Dir => Node::Dir,
            Inode::Link(target) => Node::Link(target.clone()),
            Inode::File(_) => Node::File(bytes(*number)),
        };
        Tree(names.iter().map(|(path, number)| (path.clone(), node(number))).collect())
    }

    /// The tree that programs see now.
    pub fn memory(&self) -> Tree {
        self.tree(&self.names, |number| self.versions(number).last().cloned().unwrap_or_default())
    }

    /// Does one step.
    pub fn apply(&mut self, n: usize, step: &Step) {
        match step {
            Step::Open { path, truncates, appends } => {
                if !self.names.contains_key(path) {
                    self.change(n, step);
                }
                self.open(path, *truncates, *appends);
            }
            Step::Write { path, bytes, at } => self.write(path, bytes, *at),
            Step::Seek { path, to } => self.seek(path, *to as usize),
            Step::SetLen { path, len } => self.set_len(path, *len as usize),
            Step::Sync { path } => self.sync(path),
            Step::SyncAll => self.sync_all(),
            _ => self.change(n, step),
        }
    }

    /// Does a step that changes names.
    fn change(&mut self, n: usize, step: &Step) {
        let sets = match step {
            Step::Open { path, .. } => vec![(path.clone(), Some(self.add(Inode::File(vec![Arc::default()]))))],
            Step::MakeDir { path } => vec![(path.clone(), Some(self.add(Inode::Dir)))],
            Step::Symlink { path, target } => vec![(path.clone(), Some(self.add(Inode::Link(target.clone()))))],
            Step::Rename { from, to } => vec![(from.clone(), None), (to.clone(), Some(self.names[from]))],
            Step::Link { from, to } => vec![(to.clone(), Some(self.names[from]))],
            Step::Remove { path } => vec![(path.clone(), None)],
            Step::Exchange { one, other } => {
                vec![(one.clone(), Some(self.names[other])), (other.clone(), Some(self.names[one]))]
            }
            _ => return,
        };
        let is_dir = |(_, number): &(_, Option<Number>)| number.is_some_and(|n| matches!(self.inodes[n], Inode::Dir));
        let moves = matches!(step, Step::Rename { .. } | Step::Exchange { .. });
        assert!(!moves || !sets.iter().any(is_dir), "the model does not know renamed directories: {step}");
        let change = Change { step: n, text: step.to_string(), sets };
        change.apply(&mut self.names);
        self.pending.push(change);
    }

    fn add(&mut self, inode: Inode) -> Number {
        self.inodes.push(inode);
        self.inodes.len() - 1
    }

    fn open(&mut self, path: &Path, truncates: bool, appends: bool) {
        let number = self.names[path];
        self.places.insert(number, (!appends).then_some(0));
        if truncates {
            self.set(number, Vec::new());
        }
    }

    fn seek(&mut self, path: &Path, to: usize) {
        if let Some(place) = self.names.get(path).and_then(|number| self.places.get_mut(number)) {
            *place = place.map(|_| to);
        }
    }

    fn last(&self, number: Number) -> Vec<u8> {
        self.versions(number).last().map(|bytes| bytes.to_vec()).unwrap_or_default()
    }

    /// Gives a file new bytes, in memory.
    fn set(&mut self, number: Number, bytes: Vec<u8>) {
        if let Inode::File(versions) = &mut self.inodes[number]
            && versions.last().is_none_or(|last| **last != *bytes)
        {
            versions.push(bytes.into());
        }
    }

    /// Writes to a file; one without a name does not matter.
    fn write(&mut self, path: &Path, bytes: &[u8], at: Option<u64>) {
        let Some(number) = self.names.get(path).copied() else { return };
        let mut all = self.last(number);
        let place = self.places.get(&number).copied().flatten();
        let begin = at.map(|at| at as usize).or(place).unwrap_or(all.len());
        all.resize(all.len().max(begin + bytes.len()), 0);
        all[begin..begin + bytes.len()].copy_from_slice(bytes);
        if let (None, Some(Some(place))) = (at, self.places.get_mut(&number)) {
            *place += bytes.len();
        }
        self.set(number, all);
    }

    fn set_len(&mut self, path: &Path, len: usize) {
        let Some(number) = self.names.get(path).copied() else { return };
        let mut all = self.last(number);
        all.resize(len, 0);
        self.set(number, all);
    }

    fn sync(&mut self, path: &Path) {
        let number = self.names.get(path).copied();
        match number.map(|number| &mut self.inodes[number]) {
            Some(Inode::File(versions)) => *versions = versions.split_off(versions.len() - 1),
            Some(Inode::Dir) => self.settle(path),
            // The watched folder itself.
            None if path == Path::new("") => self.settle(path),
            _ => {}
        }
    }

    fn sync_all(&mut self) {
        for inode in &mut self.inodes {
            if let Inode::File(versions) = inode {
                *versions = versions.split_off(versions.len() - 1);
            }
        }
        self.pending.clear();
        self.durable = self.names.clone();
    }

    /// Makes the names of a directory durable, with the earlier changes that they depend on.
    fn settle(&mut self, dir: &Path) {
        let is_of = |change: &Change| change.sets.last().is_some_and(|(name, _)| name.parent() == Some(dir));
        let mut settled: BTreeSet<usize> = (0..self.pending.len()).filter(|n| is_of(&self.pending[*n])).collect();
        for n in (0..self.pending.len()).rev() {
            let is_needed = |m: &usize| *m > n && self.pending[*m].shares_a_name_with(&self.pending[n]);
            if settled.iter().any(is_needed) {
                settled.insert(n);
            }
        }
        let pending = std::mem::take(&mut self.pending);
        for (n, change) in pending.into_iter().enumerate() {
            match settled.contains(&n) {
                true => change.apply(&mut self.durable),
                false => self.pending.push(change),
            }
        }
    }
}

/// Whether all directories above a path exist.
fn is_reachable(path: &Path, names: &Names) -> bool {
    path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).all(|above| names.contains_key(above))
}
