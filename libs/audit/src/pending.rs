//! Owns `audit/pending/`: lines that happened while the log was locked. The next one that gets the lock takes them in.

use crate::entry::Entry;
use cs_core::error::Result;
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use std::path::PathBuf;

/// Maximum number of lines that are taken in at once.
const MOST: usize = 200;
const SUFFIX: &str = ".json";

/// Puts a line aside. Its name begins with its time, so that lines stay in order.
pub fn put(home: &Home, entry: &Entry) -> Result<()> {
    let time: String = entry.at.chars().filter(char::is_ascii_digit).collect();
    let call = entry.tool_use_id.as_deref().unwrap_or_default();
    let unique = cs_core::id::fnv1a(format!("{call} {:?}", entry.kind).as_bytes());
    let name = format!("{time}-{}-{unique:016x}", std::process::id());
    let bytes = serde_json::to_vec(entry).unwrap_or_default();
    file::replace(&path(home, &name), &bytes, Durability::Disposable)
}

/// The names of the lines that wait, oldest first.
pub fn names(home: &Home) -> Result<Vec<String>> {
    let mut names = file::stems(&home.audit_pending(), SUFFIX)?;
    names.sort_unstable();
    names.truncate(MOST);
    Ok(names)
}

/// A line that waits; `None` if it cannot be read.
pub fn get(home: &Home, name: &str) -> Option<Entry> {
    let bytes = file::read(&path(home, name)).ok().flatten()?;
    let entry: Entry = serde_json::from_slice(&bytes).ok()?;
    Some(Entry { late: Some(name.to_string()), ..entry })
}

/// Removes a line that was taken in.
pub fn remove(home: &Home, name: &str) -> Result<()> {
    file::remove(&path(home, name))
}

fn path(home: &Home, name: &str) -> PathBuf {
    home.audit_pending().join(format!("{name}{SUFFIX}"))
}
