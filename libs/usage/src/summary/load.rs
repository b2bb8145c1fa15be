//! Owns reading all summaries: from one file, `usage/cache/summaries`, those that did not change since it was written.

use super::{Counted, read};
use crate::pack::{self, Pack, Packed, Unpack, packed};
use agents::logs::Identity;
use cs_core::Error;
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::parallel::on_all_processors;
use cs_core::paths::Home;
use std::collections::HashMap;

/// A summary's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    uuid: String,
    identity: Identity,
}

packed!(Listed { uuid, identity });

impl Listed {
    /// A hash of what identifies the file and its content.
    pub(crate) fn hash(&self) -> u64 {
        let Identity { dev, ino, size, modified, changed } = self.identity;
        let words = [cs_core::id::fnv1a(self.uuid.as_bytes()), dev, ino, size, modified as u64, changed as u64];
        words.into_iter().fold(0, pack::mix)
    }
}

/// The summaries that there are.
pub fn list(home: &Home) -> Vec<Listed> {
    if file::own_dir(&home.usage_keep()).is_err() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(home.usage_dir()).into_iter().flatten().flatten();
    let listed = |entry: std::fs::DirEntry| {
        let uuid = Uuid::parse(entry.file_name().to_str()?.strip_suffix(".json")?).ok()?.as_str().to_string();
        // Relative to the directory.
        Some(Listed { uuid, identity: Identity::of(&entry.metadata().ok()?) })
    };
    entries.filter_map(listed).collect()
}

/// All summaries, and the errors of those that cannot be parsed.
pub fn load(home: &Home) -> (Vec<Counted>, Vec<Error>) {
    load_listed(home, &list(home))
}

/// The same for those that were listed. What has changed since is stored as it was listed, and so read again.
pub fn load_listed(home: &Home, all: &[Listed]) -> (Vec<Counted>, Vec<Error>) {
    let (good, damaged) = load_wanted(home, all, |_| true);
    (good.into_iter().map(|(_, counted)| counted).collect(), damaged)
}

/// The same for some of those that were listed, each with its index.
pub(crate) fn load_wanted(
    home: &Home,
    all: &[Listed],
    is_wanted: impl Fn(usize) -> bool + Sync,
) -> (Vec<(usize, Counted)>, Vec<Error>) {
    if all.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let path = home.usage_summaries();
    let bytes = pack::load(&path);
    let known = Unpack::open(&bytes).map(blocks).unwrap_or_default();
    let one = |n: usize| {
        let listed = all.get(n)?;
        // One that cannot be taken apart is read from its own file.
        let cached = known.get(listed.uuid.as_str()).filter(|(_, identity, _)| *identity == listed.identity);
        if !is_wanted(n) {
            return Some((Some(cached?.0), None));
        }
        let counted = match cached.and_then(|(block, _, rest)| Some((*block, Counted::unpack(&mut { *rest })?))) {
            Some((block, counted)) => return Some((Some(block), Some(Ok(counted)))),
            None => read(home, &Uuid::parse(&listed.uuid).ok()?).transpose()?.map(|summary| summary.counted),
        };
        Some((None, Some(counted)))
    };
    let (mut good, mut damaged) = (Vec::new(), Vec::new());
    let (mut kept, mut new) = (Vec::new(), Vec::new());
    for (n, listed, (block, summary)) in
        on_all_processors(all.len(), one).into_iter().filter_map(|(n, summary)| Some((n, all.get(n)?, summary?)))
    {
        kept.extend(block);
        match summary {
            Some(Ok(counted)) => {
                new.extend(block.is_none().then(|| entry(listed, &counted)));
                good.push((n, counted));
            }
            Some(Err(error)) => damaged.push(error),
            None => {}
        }
    }
    if !new.is_empty() || known.len() != kept.len() {
        pack::save_blocks(&path, kept.into_iter().chain(new.iter().map(Pack::as_block)));
    }
    (good, damaged)
}

/// The block of a summary, its identity, and the rest.
type Known<'a> = (Unpack<'a>, Identity, Unpack<'a>);

fn blocks(mut all: Unpack<'_>) -> HashMap<String, Known<'_>> {
    let one = || {
        let block = all.block()?;
        let mut rest = block;
        let Listed { uuid, identity } = Listed::unpack(&mut rest)?;
        Some((uuid, (block, identity, rest)))
    };
    std::iter::from_fn(one).collect()
}

fn entry(listed: &Listed, counted: &Counted) -> Pack {
    let mut entry = Pack::new();
    listed.pack(&mut entry);
    counted.pack(&mut entry);
    entry
}
