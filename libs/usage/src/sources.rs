//! Owns the families of the logs and summaries of an answer: what each has in common with others, in as few words as
//! possible, and what of it a change replaces.

use crate::pack::packed;
use std::collections::BTreeSet;

/// A log or a summary that was counted.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Of what identifies it and its content.
    pub(crate) hash: u64,
    pub(crate) family: u32,
    /// Lines that cannot be parsed.
    pub(crate) broken: u64,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Sorted by their hashes.
    pub(crate) all: Vec<Source>,
    /// What they have in common, sorted: each is a [`HASH`], and the family that has it in the bits below. Two things
    /// with the same hash make one family of two, which costs time but changes no figure.
    pub(crate) links: Vec<u64>,
}

packed!(Source { hash, family, broken });
packed!(Sources { all, links });

/// The bits of a link that are a hash. With 32 of them, some millions of links had so many equal pairs that nearly all
/// families were one.
pub(crate) const HASH: u64 = !0 << 24;
/// The bits of a link that are a family.
pub(crate) const FAMILY: u64 = !HASH;

/// The family of a link.
pub(crate) fn family_of(link: u64) -> u32 {
    (link & FAMILY) as u32
}

impl Sources {
    /// The family that has this in common.
    pub(crate) fn family_with(&self, link: u64) -> Option<u32> {
        let place = self.links.partition_point(|known| *known < link & HASH);
        self.links.get(place).filter(|known| (**known ^ link) & HASH == 0).map(|known| family_of(*known))
    }

    /// Replaces families by what was counted instead. If a link cannot have a number that high, all are one family: the
    /// next change counts everything, and numbers them from the beginning.
    pub(crate) fn replace(&mut self, open: &BTreeSet<u32>, mut with: Sources) {
        self.all.retain(|source| !open.contains(&source.family));
        self.links.retain(|link| !open.contains(&family_of(*link)));
        let first = self.all.iter().map(|source| source.family.saturating_add(1)).max().unwrap_or_default();
        let has_numbers = u64::from(first) + with.all.len() as u64 <= FAMILY + 1;
        if has_numbers {
            with.join(first);
        }
        self.all.extend(with.all);
        self.links.extend(with.links);
        self.all.sort_by_key(|source| source.hash);
        self.links.sort();
        if !has_numbers {
            self.all.iter_mut().for_each(|source| source.family = 0);
            self.links.iter_mut().for_each(|link| *link &= HASH);
            self.links.dedup();
        }
    }

    /// Adds a source with what others may have, too; until [`Sources::join`], a family is the index of its only source.
    pub(crate) fn push(&mut self, hash: u64, broken: u64, links: impl Iterator<Item = u64>) {
        let family = self.all.len() as u32;
        self.all.push(Source { hash, family, broken });
        // Of too many, `replace` makes one family.
        self.links.extend(links.map(|link| link & HASH | u64::from(family) & FAMILY));
    }

    /// Makes families of those that have something in common; the first has this number.
    pub(crate) fn join(&mut self, first: u32) {
        self.links.sort_unstable();
        let mut roots: Vec<u32> = self.all.iter().map(|source| source.family).collect();
        for pair in self.links.windows(2) {
            if let [a, b] = pair
                && (a ^ b) & HASH == 0
            {
                let (a, b) = (root(&mut roots, family_of(*a)), root(&mut roots, family_of(*b)));
                roots.get_mut(a.max(b) as usize).into_iter().for_each(|root| *root = a.min(b));
            }
        }
        let mut family = |n: u32| first.saturating_add(root(&mut roots, n));
        self.all.iter_mut().for_each(|source| source.family = family(source.family));
        self.links.iter_mut().for_each(|link| *link = *link & HASH | u64::from(family(family_of(*link))));
        self.links.dedup();
    }
}

/// The first of those that were joined with this one.
fn root(roots: &mut [u32], mut n: u32) -> u32 {
    while let Some(up) = roots.get(n as usize).copied().filter(|up| *up != n) {
        let next = roots.get(up as usize).copied().unwrap_or(up);
        roots.get_mut(n as usize).into_iter().for_each(|root| *root = next);
        n = next;
    }
    n
}
