//! Owns `audit/pending/`: lines that happened while the log was locked. The next one that gets the lock takes them in.
//! Must stay true: a line is removed only when it is in the log; it is taken in once; a file that cannot be understood
//! stays, under another name; only who holds the lock says that days were removed.

use crate::entry::{Entry, Kind};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::hook_log;
use cs_core::paths::Home;
use std::collections::HashSet;
use std::path::PathBuf;

/// Maximum number of lines that are taken in at once.
const MOST: usize = 200;
/// Maximum size of the lines that are taken in at once; the first one always is.
const BYTES: usize = 64 * 1024;
/// Where the lines that were taken in last are, at most: lines in the log are longer than in their files.
pub const REACH: u64 = 512 * 1024;
const SUFFIX: &str = ".json";
/// End of the names of files that cannot be understood.
pub const DAMAGED: &str = ".damaged";
/// How often a directory may vanish while a line is put into it.
const TRIES: usize = 5;

/// Puts a line aside. Its name begins with its time, so that lines stay in order.
pub fn put(home: &Home, entry: &Entry) -> Result<()> {
    let bytes = serde_json::to_vec(entry).unwrap_or_default();
    let time: String = entry.at.chars().filter(char::is_ascii_digit).collect();
    let name = format!("{time}-{}-{:016x}", std::process::id(), cs_core::id::fnv1a(&bytes));
    let store = || file::replace(&path(home, &name, SUFFIX), &bytes, Durability::Disposable);
    // Who has taken in the last line removes the directory.
    let is_gone =
        |error: &Error| matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound);
    let mut stored = store();
    for _ in 1..TRIES {
        match &stored {
            Err(error) if is_gone(error) => stored = store(),
            _ => break,
        }
    }
    stored
}

/// Lines that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The lines, oldest first.
    pub entries: Vec<Entry>,
    /// The names of their files.
    names: Vec<String>,
    /// Whether the directory is there.
    is_there: bool,
}

impl Waiting {
    /// Reads the lines that wait. Those that are in `log`, the end of the log, were taken in by a program that was
    /// killed before it removed them: that is done now.
    pub fn read(home: &Home, log: impl FnOnce() -> Result<Vec<u8>>) -> Result<Self> {
        let mut names = file::stems(&home.audit_pending(), SUFFIX)?;
        if names.is_empty() {
            return Ok(Waiting::default());
        }
        names.sort_unstable();
        let log = log()?;
        let taken = taken(&log);
        let (mut waiting, mut size) = (Waiting { is_there: true, ..Waiting::default() }, 0);
        for name in names {
            if taken.contains(name.as_str()) {
                file::remove(&path(home, &name, SUFFIX))?;
                continue;
            }
            let Some(bytes) = read(home, &name)? else { continue };
            size += bytes.len();
            if waiting.names.len() >= MOST || (size > BYTES && !waiting.names.is_empty()) {
                break;
            }
            match serde_json::from_slice::<Entry>(&bytes) {
                Ok(entry) if entry.kind == Kind::Base => set_aside(home, &name, "such a line never waits"),
                Ok(entry) => waiting.take(entry, name),
                Err(error) => set_aside(home, &name, &error.to_string()),
            }
        }
        Ok(waiting)
    }

    fn take(&mut self, entry: Entry, name: String) {
        self.entries.push(Entry {
            late: Some(name.clone()),
            base: None,
            head: None,
            dropped: None,
            ..entry.storable()
        });
        self.names.push(name);
    }

    /// Removes the files of lines that were taken in, and the directory if it is empty: then nobody looks into it.
    pub fn remove(&self, home: &Home) -> Result<()> {
        self.names.iter().try_for_each(|name| file::remove(&path(home, name, SUFFIX)))?;
        if self.is_there {
            let _ = std::fs::remove_dir(home.audit_pending());
        }
        Ok(())
    }
}

/// The files that could not be understood.
pub fn damaged(home: &Home) -> Result<Vec<String>> {
    let mut names = file::stems(&home.audit_pending(), DAMAGED)?;
    names.sort_unstable();
    Ok(names.into_iter().map(|name| name + DAMAGED).collect())
}

/// The content of a file; `None` if it cannot be one of ours.
fn read(home: &Home, name: &str) -> Result<Option<Vec<u8>>> {
    if !name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        set_aside(home, name, "its name is not that of a line");
        return Ok(None);
    }
    match file::read(&path(home, name, SUFFIX)) {
        Err(Error::Corrupt { reason, .. }) => {
            set_aside(home, name, &reason);
            Ok(None)
        }
        other => other,
    }
}

/// Gives a file a name under which nobody takes it in. If that fails, the next one tries it again.
fn set_aside(home: &Home, name: &str, reason: &str) {
    let from = path(home, name, SUFFIX);
    let names = (1..=99).map(|n| if n == 1 { name.to_string() } else { format!("{name}.{n}") });
    let moved =
        names.map(|name| file::move_new(&from, &path(home, &name, DAMAGED))).find(|moved| !matches!(moved, Ok(false)));
    let what = match moved {
        Some(Ok(true)) => format!("it has the end {DAMAGED} now"),
        _ => "it cannot be renamed".to_string(),
    };
    hook_log::log(home, "audit", &format!("{}: {reason}; {what}", from.display()));
}

/// The files from which the lines of a log were taken. Inside a text, quotes are escaped.
fn taken(log: &[u8]) -> HashSet<&str> {
    const MARK: &[u8] = b"\"late\":\"";
    let mut found = HashSet::new();
    for at in memchr::memmem::find_iter(log, MARK) {
        let rest = log.get(at + MARK.len()..).unwrap_or_default();
        let name = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
        found.extend(std::str::from_utf8(name));
    }
    found
}

fn path(home: &Home, name: &str, suffix: &str) -> PathBuf {
    home.audit_pending().join(format!("{name}{suffix}"))
}
