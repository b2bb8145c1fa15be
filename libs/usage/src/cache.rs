//! Owns the cache of the facts of logs: `usage/cache/<part>.calls`, where the path of a log chooses its part. Must stay
//! true: it may be deleted at any time; every part is complete in itself and replaced in one step, so two programs at
//! once only do some work twice; what did not change is neither parsed nor written anew.

use crate::explain::Account;
use crate::facts::Facts;
use crate::pack::{self, Pack, Packed, Unpack};
use crate::read::{self, Known, path_hash};
use agents::logs::{Identity, Log};
use cs_core::file;
use cs_core::parallel::on_all_processors;
use cs_core::paths::Home;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const PARTS: u8 = 64;

/// The facts of all logs.
#[derive(Debug, Default)]
pub struct Read {
    /// In the order in which they were found.
    pub logs: Vec<(Log, Facts)>,
    /// Accounts of logs, by their index. Only [`read_with_accounts`] returns them, for the logs that it read.
    pub accounts: BTreeMap<usize, Account>,
    /// Logs that could not be read, and why.
    pub unreadable: Vec<(PathBuf, std::io::Error)>,
}

/// Reads a log, given what the cache has about it.
type Reader = fn(&Log, Option<Known>) -> std::io::Result<(Known, Option<Account>)>;
/// The result of reading a log.
type Found = std::io::Result<(Facts, Option<Account>)>;

/// Reads all logs that are not in the cache, and updates the cache. A cache that cannot be written is ignored.
pub fn read(home: &Home, logs: Vec<Log>) -> Read {
    read_by(|log, known| Ok((read::log(log, known)?, None)), home, logs)
}

/// The same, with the accounts of all logs that have to be read, so that no log is read twice for its account.
pub fn read_with_accounts(home: &Home, logs: Vec<Log>) -> Read {
    read_by(|log, _| read::log_with_account(log).map(|(known, account)| (known, Some(account))), home, logs)
}

fn read_by(reader: Reader, home: &Home, logs: Vec<Log>) -> Read {
    let mut parts: Vec<Vec<(usize, &Log)>> = vec![Vec::new(); usize::from(PARTS)];
    for (n, log) in logs.iter().enumerate() {
        let part = (path_hash(log) % u64::from(PARTS)) as usize;
        parts.get_mut(part).into_iter().for_each(|part| part.push((n, log)));
    }
    let work = |n: usize| parts.get(n).map(|logs| read_part(reader, home, n as u8, logs)).unwrap_or_default();
    let mut found: Vec<Option<Found>> = Vec::new();
    found.resize_with(logs.len(), || None);
    for (n, facts) in on_all_processors(parts.len(), work).into_iter().flat_map(|(_, part)| part) {
        if let Some(place) = found.get_mut(n) {
            *place = Some(facts);
        }
    }
    let mut read = Read::default();
    for (log, facts) in logs.into_iter().zip(found) {
        match facts {
            Some(Ok((facts, account))) => {
                read.accounts.extend(account.map(|account| (read.logs.len(), account)));
                read.logs.push((log, facts));
            }
            // Deleted since it was listed.
            Some(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Some(Err(error)) => read.unreadable.push((log.path, error)),
            None => {}
        }
    }
    read
}

fn read_part(reader: Reader, home: &Home, part: u8, logs: &[(usize, &Log)]) -> Vec<(usize, Found)> {
    if logs.is_empty() {
        return Vec::new();
    }
    let path = home.usage_cache(part);
    let bytes = pack::load(&path);
    let mut known = Unpack::open(&bytes).map(entries).unwrap_or_default();
    let (mut kept, mut new) = (Vec::new(), Vec::new());
    let mut is_changed = false;
    let mut read_one = |log: &Log| {
        let path = log.path.as_os_str().as_bytes();
        let old = known.remove(path);
        if let Some(Entry { block, identity, rest }) = old
            && identity == log.identity
            && let Some(facts) = { rest }.block().and_then(|mut counted| Facts::unpack(&mut counted))
        {
            kept.push(block);
            return Ok((facts, None));
        }
        is_changed = true;
        let (known, account) = reader(log, old.and_then(|mut old| Known::unpack_rest(old.identity, &mut old.rest)))?;
        new.push(entry(path, &known));
        Ok((known.into_facts(), account))
    };
    let found = logs.iter().map(|(n, log)| (*n, read_one(log))).collect();
    if is_changed {
        // Logs that are not requested now but still exist stay in the cache.
        let is_there = |path: &[u8]| Path::new(OsStr::from_bytes(path)).symlink_metadata().is_ok();
        let others = known.iter().filter(|(path, _)| is_there(path)).map(|(_, entry)| entry.block);
        pack::save_blocks(&path, kept.into_iter().chain(new.iter().map(Pack::as_block)).chain(others));
        // What development versions wrote.
        let _ = file::remove(&path.with_extension("json"));
    }
    found
}

/// A log in the cache.
struct Entry<'a> {
    /// All of it.
    block: Unpack<'a>,
    identity: Identity,
    /// What follows its identity.
    rest: Unpack<'a>,
}

/// The logs in a part by their paths.
fn entries(mut part: Unpack<'_>) -> HashMap<&[u8], Entry<'_>> {
    let one = || {
        let block = part.block()?;
        let mut rest = block;
        let path = rest.bytes()?;
        Some((path, Entry { block, identity: Identity::unpack(&mut rest)?, rest }))
    };
    std::iter::from_fn(one).collect()
}

fn entry(path: &[u8], known: &Known) -> Pack {
    let mut entry = Pack::new();
    entry.bytes(path);
    known.identity.pack(&mut entry);
    known.pack_rest(&mut entry);
    entry
}

#[cfg(test)]
mod tests;
