//! Owns the cache of the facts of logs: `usage/cache/<part>.json`, where the path of a log chooses its part. Must stay
//! true: it may be deleted at any time; every part is complete in itself and replaced in one step, so two programs at
//! once only do some work twice.

use crate::explain::Account;
use crate::facts::Facts;
use crate::read::{self, Known, on_all_processors, path_hash};
use agents::logs::Log;
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use cs_core::validate::FILE_BYTES;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

const PARTS: u8 = 64;
/// Changes whenever the form or the meaning of facts changes.
const VERSION: u32 = 10;

#[derive(Deserialize)]
struct Part {
    version: u32,
    logs: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    known: Known,
}

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
    let mut known = load(home, part);
    let mut news = false;
    let mut entries = Vec::new();
    let mut accounts = Vec::new();
    let mut failed = Vec::new();
    for (n, log) in logs {
        let old = known.remove(&log.path);
        let now = match old {
            Some(old) if old.holds(log) => Ok((old, None)),
            old => {
                news = true;
                reader(log, old)
            }
        };
        match now {
            Ok((known, account)) => {
                entries.push((*n, Entry { path: log.path.clone(), known }));
                accounts.push(account);
            }
            Err(error) => failed.push((*n, Err(error))),
        }
    }
    // Logs that are not requested now but still exist stay in the cache.
    let others: Vec<Entry> = known
        .into_iter()
        .filter(|(path, _)| news && path.symlink_metadata().is_ok())
        .map(|(path, known)| Entry { path, known })
        .collect();
    if news {
        save(home, part, entries.iter().map(|(_, entry)| entry).chain(&others));
    }
    let good =
        entries.into_iter().zip(accounts).map(|((n, entry), account)| (n, Ok((entry.known.into_facts(), account))));
    good.chain(failed).collect()
}

fn load(home: &Home, part: u8) -> HashMap<PathBuf, Known> {
    let bytes = file::read(&home.usage_cache(part)).ok().flatten().unwrap_or_default();
    let part: Option<Part> = serde_json::from_slice(&bytes).ok().filter(|part: &Part| part.version == VERSION);
    part.map(|part| part.logs.into_iter().map(|entry| (entry.path, entry.known)).collect()).unwrap_or_default()
}

/// Writes a part. A log that would make the file too large for its readers is left out, and read again each time.
fn save<'a>(home: &Home, part: u8, entries: impl Iterator<Item = &'a Entry>) {
    let mut bytes = format!("{{\"version\":{VERSION},\"logs\":[").into_bytes();
    let mut first = true;
    for entry in entries {
        let Ok(text) = serde_json::to_vec(entry) else { continue };
        if bytes.len() + text.len() + 3 > FILE_BYTES {
            continue;
        }
        if !std::mem::take(&mut first) {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&text);
    }
    bytes.extend_from_slice(b"]}");
    // Without a cache the results are the same, only later.
    let _ = file::replace(&home.usage_cache(part), &bytes, Durability::Disposable);
}
