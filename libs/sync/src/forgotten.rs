//! Owns `sync/forgotten.jsonl`: the conversations, and the sessions without one, that no target gets again. Must stay true:
//! what was forgotten is never sent; a line that cannot be understood stops everything, because it may name one of them.

use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::{SessionId, Uuid};
use cs_core::lock;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// How long the file may be: more lines than anybody writes.
const MOST: usize = 16 * 1024 * 1024;

/// A line.
#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    at: String,
}

/// The ids that were forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten(BTreeSet<String>);

impl Forgotten {
    /// Reads them; none without a file.
    pub fn read(home: &Home) -> Result<Forgotten> {
        let path = home.sync_forgotten();
        let bytes = file::read_at_most(&path, MOST)?.unwrap_or_default();
        parse(&path, &bytes)
    }

    /// The ids.
    pub fn ids(&self) -> &BTreeSet<String> {
        &self.0
    }

    /// Adds those that a target does not want.
    pub fn with(mut self, others: &BTreeSet<String>) -> Forgotten {
        self.0.extend(others.iter().cloned());
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a conversation or a session is among them.
    pub fn has(&self, id: &str) -> bool {
        !self.0.is_empty() && (self.0.contains(id) || self.0.contains(&id.to_ascii_lowercase()))
    }

    /// A text that is another one if other ids were forgotten; empty if there are none.
    pub fn stamp(&self) -> String {
        let mut digest = crate::Digest::default();
        self.0.iter().for_each(|id| digest.add(id.as_bytes()));
        if self.0.is_empty() { String::new() } else { digest.text() }
    }
}

/// Adds ids, synced; returns how many are new.
pub fn forget(home: &Home, ids: &[String], now: Instant) -> Result<usize> {
    let ids = ids.iter().map(|id| named(id)).collect::<Result<Vec<String>>>()?;
    let path = home.sync_forgotten();
    let locked = lock::acquire(&Home::lock_of(&path), lock::PERSON_WAIT)?;
    let bytes = file::read_at_most(&path, MOST)?.unwrap_or_default();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    // What a killed program left was never acknowledged: it is said again now, if it says something.
    let (lines, rest) = bytes.split_at_checked(whole).unwrap_or((&bytes, &[]));
    let known = parse(&path, lines)?;
    let again = parse(&path, rest).unwrap_or_default().0;
    let new: BTreeSet<String> = ids.into_iter().chain(again).filter(|id| !known.has(id)).collect();
    if new.is_empty() && rest.is_empty() {
        return Ok(0);
    }
    let at = clock::stamp(now);
    let line = |id: &String| serde_json::to_string(&Line { id: id.clone(), at: at.clone() }).unwrap_or_default() + "\n";
    let text: String = new.iter().map(line).collect();
    let mut file = file::open_own(&path, OpenOptions::new().write(true).create(true).truncate(false))?;
    locked.confirm()?;
    append(&mut file, whole as u64, text.as_bytes()).map_err(|error| Error::io(&path, "append to", error))?;
    file::sync_dir(&home.sync_dir())?;
    Ok(new.len())
}

/// Writes after the last whole line.
fn append(file: &mut File, whole: u64, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom};
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    written.inspect_err(|_| drop(file.set_len(whole)))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Forgotten> {
    let mut ids = BTreeSet::new();
    for (n, text) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, text)| !text.is_empty()) {
        let line = serde_json::from_slice::<Line>(text).ok();
        let id = line.and_then(|line| named(&line.id).ok());
        let damaged = || format!("line {} is damaged, and nothing is sent until it is repaired or removed", n + 1);
        ids.insert(id.ok_or_else(|| Error::corrupt(path, damaged()))?);
    }
    Ok(Forgotten(ids))
}

/// The id of a conversation or of a session, as it is written.
fn named(id: &str) -> Result<String> {
    if SessionId::parse(id).is_ok() {
        return Ok(id.to_string());
    }
    Uuid::parse(&id.to_ascii_lowercase()).map(|uuid| uuid.as_str().to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ONE: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    const OTHER: &str = "sess_20261121T0337_ca5d";

    fn sandbox() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        (dir, home)
    }

    fn forget_all(home: &Home, ids: &[&str]) -> Result<usize> {
        forget(home, &ids.iter().map(ToString::to_string).collect::<Vec<_>>(), clock::now())
    }

    #[test]
    fn what_was_forgotten_is_known_from_then_on() {
        let (_dir, home) = sandbox();
        assert!(Forgotten::read(&home).unwrap().is_empty() && !home.sync_dir().exists());
        assert_eq!(forget_all(&home, &[ONE, OTHER, ONE]).unwrap(), 2);
        assert_eq!(forget_all(&home, &[&ONE.to_uppercase()]).unwrap(), 0);
        let known = Forgotten::read(&home).unwrap();
        assert!(known.has(ONE) && known.has(&ONE.to_uppercase()) && known.has(OTHER) && !known.has("x"));
        assert_ne!(known.stamp(), Forgotten::default().stamp());
        assert!(forget_all(&home, &["../x"]).is_err());
        let mode = std::os::unix::fs::PermissionsExt::mode(&home.sync_forgotten().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_line_stops_everything_and_a_torn_one_until_it_is_said_again() {
        let (_dir, home) = sandbox();
        forget_all(&home, &[ONE]).unwrap();
        let path = home.sync_forgotten();
        let whole = std::fs::read_to_string(&path).unwrap();
        for cut in 1..whole.len() {
            std::fs::write(&path, format!("{whole}{}", whole.get(..cut).unwrap())).unwrap();
            assert_eq!(Forgotten::read(&home).is_err(), cut < whole.len() - 1, "{cut}");
            assert_eq!(forget_all(&home, &[OTHER]).unwrap(), 1, "{cut}");
            assert_eq!(Forgotten::read(&home).unwrap().ids().len(), 2, "{cut}");
        }
        std::fs::write(&path, format!("{{\"id\":\"no\",\"at\":\"\"}}\n{whole}")).unwrap();
        let error = Forgotten::read(&home).unwrap_err().to_string();
        assert!(error.contains("line 1 is damaged"), "{error}");
        assert!(forget_all(&home, &[OTHER]).is_err(), "it stays as it is");
    }

    #[test]
    fn several_programs_forget_at_once() {
        let (_dir, home) = sandbox();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let home = &home;
                scope.spawn(move || forget_all(home, &[&format!("sess_20261121T0337_{n:04x}"), ONE]).unwrap());
            }
        });
        assert_eq!(Forgotten::read(&home).unwrap().ids().len(), 9);
    }
}
