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
        match cached.and_then(|(block, _, rest)| Some((*block, Counted::unpack(&mut { *rest })?))) {
            Some((block, counted)) => Some((Some(block), Ok(counted))),
            None => {
                Some((None, read(home, &Uuid::parse(&listed.uuid).ok()?).transpose()?.map(|summary| summary.counted)))
            }
        }
    };
    let (mut new, mut news) = (Pack::new(), false);
    let (mut good, mut damaged) = (Vec::with_capacity(all.len()), Vec::new());
    for (listed, summary) in on_all_processors(all.len(), one).into_iter().map(|(n, summary)| (all.get(n), summary)) {
        match (listed, summary) {
            (Some(listed), Some((block, Ok(counted)))) => {
                news |= block.is_none();
                block.into_iter().for_each(|block| new.copy(block));
                if block.is_none() {
                    new.copy(entry(listed, &counted).as_block());
                }
                good.push(counted);
            }
            (_, Some((_, Err(error)))) => damaged.push(error),
            _ => {}
        }
    }
    if news || known.len() != good.len() {
        new.save(&path);
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
