//! The possible losses of a power failure: a bounded list of everything that [`Disk`] allows to be lost.
//!
//! Of the pending changes of names: with at most [`ALL_SETS`], every closed set (a change is lost together with an
//! earlier one of the same name); otherwise all, none, every prefix, every prefix of each directory while the others
//! keep all or nothing, each one lost, and each one kept. Of the unsynced bytes: all files complete, and all files in
//! each other way ([`Harm`]); where all names or one change are kept, also each file alone in each way.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Change, Disk, Names, Number, close};
use super::tree::Tree;

/// Up to this many pending changes are tried in all combinations.
const ALL_SETS: usize = 6;
/// The unit in which a disk writes.
const BLOCK: usize = 4096;

/// The fate of the unsynced bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    None,
    /// As last synced; a new file is empty.
    Old,
    /// The new length, but NULs.
    Zeros,
    /// Half of the new bytes; behind them the old ones, if the file was written in place.
    Half,
    /// The later half of the new bytes; the first half is the old one, or NULs in a file that grew.
    LaterHalf,
    /// The new length, but the second half of the new bytes is NULs.
    HalfZeros,
    /// The new length, but the first block of the new bytes is NULs: a later block was written first.
    FirstBlockZeros,
    /// All but the last byte.
    ButOne,
    /// As after the write `n`.
    Write(usize),
    /// The write `n` alone: the ones before and after it never came to the disk.
    Only(usize),
}

/// The ways in which all files, or one, may be damaged.
const HARMS: [Harm; 7] =
    [Harm::Old, Harm::Zeros, Harm::Half, Harm::LaterHalf, Harm::HalfZeros, Harm::FirstBlockZeros, Harm::ButOne];

/// The bytes of a file after that damage; the first of `versions` is on the disk.
pub fn harmed(versions: &[Arc<[u8]>], harm: Harm) -> Arc<[u8]> {
    let (Some(old), Some(new)) = (versions.first(), versions.last()) else { return Arc::default() };
    // Bytes that were synced and not overwritten stay.
    let Range { start: same, end } = written(old, new);
    let half = same + (end - same) / 2;
    let zeros = |from: usize, to: usize| {
        let mut bytes = new.to_vec();
        bytes[from..to].fill(0);
        Arc::from(bytes)
    };
    let is_in_place = old.len() == new.len();
    match harm {
        Harm::None => new.clone(),
        Harm::Old => old.clone(),
        Harm::Zeros => zeros(same, end),
        Harm::Half if is_in_place => [&new[..half], &old[half..]].concat().into(),
        Harm::Half => new[..half].into(),
        Harm::LaterHalf if is_in_place => [&old[..half], &new[half..]].concat().into(),
        // What was only added comes to the disk with everything before it in the same block.
        Harm::LaterHalf if new.starts_with(old) => zeros(same, (half / BLOCK * BLOCK).max(same)),
        Harm::LaterHalf => zeros(same, half),
        Harm::HalfZeros => zeros(half, end),
        Harm::FirstBlockZeros => zeros(same, end.min((same / BLOCK + 1) * BLOCK)),
        Harm::ButOne if is_in_place => [&new[..end.max(same + 1) - 1], &old[end.max(same + 1) - 1..]].concat().into(),
        Harm::ButOne => new[..new.len().saturating_sub(1).max(same)].into(),
        Harm::Write(n) => versions.get(n).unwrap_or(new).clone(),
        Harm::Only(n) => only(versions, n).unwrap_or_else(|| new.clone()),
    }
}

/// Where the new bytes of a file differ from the old ones: in a file that was written in place, up to the last difference.
fn written(old: &[u8], new: &[u8]) -> Range<usize> {
    let equal = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
    let same = equal(&mut old.iter().zip(new));
    let after = if old.len() == new.len() { equal(&mut old.iter().rev().zip(new.iter().rev())) } else { 0 };
    same..(new.len() - after).max(same)
}

/// The old bytes with the write `n` alone.
fn only(versions: &[Arc<[u8]>], n: usize) -> Option<Arc<[u8]>> {
    let (old, before, after) = (versions.first()?, versions.get(n.checked_sub(1)?)?, versions.get(n)?);
    let range = written(before, after);
    let mut bytes = old.to_vec();
    // A file that became shorter has nothing that was written.
    if after.len() >= before.len() {
        // What was only added comes to the disk with everything before it in the same block.
        let start = if after.starts_with(before) { range.start / BLOCK * BLOCK } else { range.start };
        let range = start.max(bytes.len().min(range.start))..range.end;
        bytes.resize(bytes.len().max(range.end), 0);
        bytes[range.clone()].copy_from_slice(&after[range]);
    }
    Some(bytes.into())
}

/// One possible loss.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Whether each directory lost only its last changes, as on a disk with a journal.
    pub in_order: bool,
    kept: Vec<bool>,
    names: Names,
    harms: BTreeMap<Number, Harm>,
}

/// Calls `see` with every loss of the list above, each once, and what the disk holds after it.
pub fn each(disk: &Disk, mut see: impl FnMut(&Loss, Tree)) {
    let mut seen = BTreeSet::new();
    let mut bytes: BTreeMap<(Number, Harm), Arc<[u8]>> = BTreeMap::new();
    for kept in sets(disk) {
        let names = disk.names_with(&kept.kept);
        for harms in harms(disk, &names, kept.is_simple) {
            if !seen.insert((names.clone(), harms.clone())) {
                continue;
            }
            for (number, harm) in &harms {
                bytes.entry((*number, *harm)).or_insert_with(|| harmed(disk.versions(*number), *harm));
            }
            let tree = disk.tree(&names, |number| match harms.get(&number) {
                Some(harm) => bytes[&(number, *harm)].clone(),
                None => disk.versions(number).last().cloned().unwrap_or_default(),
            });
            let in_order = is_in_order(disk.pending(), &kept.kept);
            see(&Loss { in_order, kept: kept.kept.clone(), names: names.clone(), harms }, tree);
        }
    }
}

struct Set {
    kept: Vec<bool>,
    /// Whether files are also damaged one by one.
    is_simple: bool,
}

/// The sets of name changes that are kept.
fn sets(disk: &Disk) -> Vec<Set> {
    let pending = disk.pending();
    let count = pending.len();
    let mut seen = BTreeSet::new();
    let mut sets = Vec::new();
    let mut add = |mut kept: Vec<bool>, is_simple: bool| {
        close(pending, &mut kept);
        if seen.insert(kept.clone()) {
            sets.push(Set { kept, is_simple });
        }
    };
    add(vec![true; count], true);
    add(vec![false; count], true);
    (0..count).for_each(|n| add((0..count).map(|m| m < n).collect(), false));
    (0..count).for_each(|n| add((0..count).map(|m| m != n).collect(), false));
    (0..count).for_each(|n| add(needed(disk, n), true));
    if count <= ALL_SETS {
        (0..1 << count).for_each(|bits: u32| add((0..count).map(|n| bits >> n & 1 == 1).collect(), false));
    }
    let dir = |n: usize| pending[n].sets.last().and_then(|(name, _)| name.parent());
    let dirs: BTreeSet<Option<&Path>> = (0..count).map(dir).collect();
    for one in dirs {
        let of_it: Vec<usize> = (0..count).filter(|n| dir(*n) == one).collect();
        for others in [true, false] {
            for first in 0..=of_it.len() {
                let kept = |n: usize| if dir(n) == one { of_it[..first].contains(&n) } else { others };
                add((0..count).map(kept).collect(), false);
            }
        }
    }
    // Losses of an ordinary disk come first, so that a fault is reported for that if possible.
    sets.sort_by_key(|set| !is_in_order(pending, &set.kept));
    sets
}

fn is_in_order(pending: &[Change], kept: &[bool]) -> bool {
    let dir = |n: usize| pending[n].sets.last().and_then(|(name, _)| name.parent());
    (0..kept.len()).all(|n| !kept[n] || (0..n).all(|m| kept[m] || dir(m) != dir(n)))
}

/// One change, and the earlier ones of the same names.
fn needed(disk: &Disk, n: usize) -> Vec<bool> {
    let pending = disk.pending();
    let mut kept = vec![false; pending.len()];
    kept[n] = true;
    for m in (0..n).rev() {
        let names = |k: usize| pending[k].sets.iter().map(|(name, _)| name);
        kept[m] = (m + 1..=n).any(|k| kept[k] && names(k).any(|name| names(m).any(|other| other == name)));
    }
    kept
}

/// The possible damage to the files with these names; durable ones are left out.
fn harms(disk: &Disk, names: &Names, one_by_one: bool) -> Vec<BTreeMap<Number, Harm>> {
    let dirty: BTreeSet<Number> = names.values().copied().filter(|number| disk.versions(*number).len() > 1).collect();
    let all = |harm: Harm| dirty.iter().map(|number| (*number, harm)).collect();
    let mut found: Vec<BTreeMap<Number, Harm>> = [Harm::None].iter().chain(&HARMS).map(|harm| all(*harm)).collect();
    if one_by_one {
        for number in &dirty {
            let last = disk.versions(*number).len() - 1;
            let writes = (1..last).map(Harm::Write).chain((1..=last).filter(|_| last > 1).map(Harm::Only));
            for harm in HARMS.into_iter().chain(writes) {
                let mut harms: BTreeMap<Number, Harm> = all(Harm::None);
                harms.insert(*number, harm);
                found.push(harms);
            }
        }
    }
    found
}

/// The number of parts of a loss that are described.
const MAX_DESCRIBED: usize = 4;

impl Loss {
    /// Describes the loss for people.
    pub fn describe(&self, disk: &Disk) -> String {
        let lost = disk.pending().iter().zip(&self.kept).filter(|(_, kept)| !**kept);
        let undone = lost.map(|(change, _)| format!("step {} ({}) undone", change.step + 1, change.text));
        let harmed = self.harms.iter().filter(|(_, harm)| **harm != Harm::None);
        let harmed = harmed.map(|(number, harm)| format!("{}: {}", self.name(*number).display(), words(*harm)));
        let mut parts: Vec<String> = harmed.chain(undone).collect();
        let more = parts.len().saturating_sub(MAX_DESCRIBED);
        parts.truncate(MAX_DESCRIBED);
        parts.extend((more > 0).then(|| format!("and {more} more")));
        if parts.is_empty() { "nothing is lost".to_owned() } else { parts.join(", ") }
    }

    fn name(&self, number: Number) -> PathBuf {
        let found = self.names.iter().find(|(_, other)| **other == number);
        found.map(|(path, _)| path.clone()).unwrap_or_default()
    }
}

fn words(harm: Harm) -> String {
    match harm {
        Harm::None => "whole".to_owned(),
        Harm::Old => "none of the written bytes".to_owned(),
        Harm::Zeros => "NULs".to_owned(),
        Harm::Half => "half of the written bytes".to_owned(),
        Harm::LaterHalf => "the later half of the written bytes".to_owned(),
        Harm::HalfZeros => "half of the written bytes, then NULs".to_owned(),
        Harm::FirstBlockZeros => "the first block is NULs".to_owned(),
        Harm::ButOne => "all but the last byte".to_owned(),
        Harm::Write(n) => format!("as after write {n}"),
        Harm::Only(n) => format!("write {n} alone"),
    }
}
