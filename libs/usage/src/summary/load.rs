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
use std::fs::DirEntry;
use std::io;
use std::path::Path;

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

/// The summaries that there are, and why there may be more.
pub fn list(home: &Home) -> (Vec<Listed>, Vec<Error>) {
    let (mut all, mut unseen) = (Vec::new(), Vec::new());
    let dir = home.usage_dir();
    let entries = file::own_dir(&home.usage_keep()).and_then(|()| present(&dir, "list", std::fs::read_dir(&dir)));
    for entry in entries.map_err(|error| unseen.push(error)).ok().flatten().into_iter().flatten() {
        match listed(&dir, entry) {
            Ok(listed) => all.extend(listed),
            Err(error) => unseen.push(error),
        }
    }
    (all, unseen)
}

fn listed(dir: &Path, entry: io::Result<DirEntry>) -> Result<Option<Listed>, Error> {
    let entry = entry.map_err(|error| Error::io(dir, "list", error))?;
    let name = entry.file_name();
    let uuid = name.to_str().and_then(|name| Uuid::parse(name.strip_suffix(".json")?).ok());
    let Some(uuid) = uuid else { return Ok(None) };
    // Relative to the directory.
    let meta = present(dir, "read", entry.metadata())?;
    Ok(meta.map(|meta| Listed { uuid: uuid.as_str().to_string(), identity: Identity::of(&meta) }))
}

/// What was found; `None` if it is missing.
fn present<T>(path: &Path, doing: &'static str, found: io::Result<T>) -> Result<Option<T>, Error> {
    match found {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        found => found.map(Some).map_err(|error| Error::io(path, doing, error)),
    }
}

/// All summaries, and the errors of those that cannot be read.
pub fn load(home: &Home) -> (Vec<Counted>, Vec<Error>) {
    load_listed(home, list(home))
}

/// The same for those that were listed. What has changed since is stored as it was listed, and so read again.
pub fn load_listed(home: &Home, (all, unseen): (Vec<Listed>, Vec<Error>)) -> (Vec<Counted>, Vec<Error>) {
    let (good, damaged) = load_wanted(home, &all, |_| true);
    (good.into_iter().map(|(_, counted)| counted).collect(), unseen.into_iter().chain(damaged).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_a_folder_that_is_missing_has_no_summaries() {
        let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let home = Home::at(data.path());
        let seen = || (list(&home).0.len(), list(&home).1.len(), load(&home).1.len());
        assert_eq!(seen(), (0, 0, 0));
        fs::create_dir(home.usage_dir()).unwrap();
        fs::write(home.usage_keep(), "{}").unwrap();
        assert_eq!(seen(), (0, 0, 0));
        let uuid = Uuid::parse("00000000-0000-4000-8000-000000000001").unwrap();
        fs::write(home.usage(&uuid), "{").unwrap();
        assert_eq!(seen(), (1, 0, 1));
        fs::remove_dir_all(home.usage_dir()).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), home.usage_dir()).unwrap();
        assert_eq!(seen(), (0, 1, 1), "not one of ours");
        let home = Home::at(data.path().join("x".repeat(300)));
        assert_eq!((list(&home).0.len(), list(&home).1.len()), (0, 1), "the system refuses such a name");
        let nowhere = list(&Home::at("/dev/null/nowhere"));
        assert!(nowhere.0.is_empty() && nowhere.1.is_empty());
    }
}
