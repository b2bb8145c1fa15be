//! Owns `sync/rules.json`: which files of rules were in force at the last run. Must stay true: if one of them is gone, nothing
//! is sent until it is back or a person says that it goes without: otherwise all that those rules replaced would be sent again
//! as it was. The file changes only when what it says does.

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// So many are named in one message.
const NAMED: usize = 5;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Noted {
    /// Files of rules, and SHA-256 of each.
    files: BTreeMap<PathBuf, String>,
}

/// Compares the files of rules that are in force, each with its digest, with those of the last run. Remembers them if this
/// machine shares something.
pub fn check(home: &Home, files: &[(PathBuf, String)]) -> Result<()> {
    let noted = read(home)?;
    let next = noted.next(files)?;
    if next == noted || !home.machine().exists() {
        return Ok(());
    }
    change(home, |noted| noted.next(files))
}

/// A person says that the rules of a file, or of all files below a folder, are gone for good.
pub fn go_without(home: &Home, paths: &[PathBuf]) -> Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    change(home, |noted| paths.iter().try_fold(noted, |noted, path| noted.without(path)))
}

/// The folders of all projects, which may have rules of their own. If they are not known, nothing is sent.
pub fn folders(store: &Store) -> Result<Vec<PathBuf>> {
    let config = store.config();
    let is_about_projects = |key: &str| key.is_empty() || key.split('.').next() == Some("projects");
    match config.troubles.into_iter().find(|trouble| is_about_projects(&trouble.key)) {
        Some(trouble) => Err(trouble.error),
        None => Ok(config.projects.values().map(|project| PathBuf::from(&project.path)).collect()),
    }
}

impl Noted {
    /// What is to be remembered from now on; fails if something is missing.
    fn next(&self, files: &[(PathBuf, String)]) -> Result<Noted> {
        let is_lost = |path: &Path, digest: &str| !files.iter().any(|(at, now)| at == path || now == digest);
        let lost: Vec<&PathBuf> =
            self.files.iter().filter(|(path, digest)| is_lost(path, digest)).map(|(path, _)| path).collect();
        match lost.is_empty() {
            true => Ok(Noted { files: files.iter().cloned().collect() }),
            false => Err(Error::Invalid(text(&lost))),
        }
    }

    /// The same without the file there, or those below.
    fn without(mut self, path: &Path) -> Result<Noted> {
        let before = self.files.len();
        self.files.retain(|file, _| !file.starts_with(path));
        let nothing = || Error::Invalid(format!("no rules are missing at {}", path.display()));
        if self.files.len() == before { Err(nothing()) } else { Ok(self) }
    }
}

fn text(lost: &[&PathBuf]) -> String {
    let what = |path: &PathBuf| match path.exists() {
        true => format!("{}, which belongs to no registered project any more", path.display()),
        false => path.display().to_string(),
    };
    let mut named: Vec<String> = lost.iter().take(NAMED).map(|path| what(path)).collect();
    if lost.len() > NAMED {
        named.push(format!("{} more", lost.len() - NAMED));
    }
    let flags: Vec<String> =
        lost.iter().take(NAMED).map(|path| format!("--without-rules '{}'", path.display())).collect();
    format!(
        "nothing is sent, because rules for what is redacted are gone: {}. Put them back (cs-project move says where a project \
         is now), or, if all may be sent without them: cs-sync push {}",
        named.join("; "),
        flags.join(" ")
    )
}

fn read(home: &Home) -> Result<Noted> {
    let path = home.sync_rules();
    let Some(bytes) = file::read(&path)? else { return Ok(Noted::default()) };
    serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))
}

/// Changes the file under its lock.
fn change(home: &Home, how: impl FnOnce(Noted) -> Result<Noted>) -> Result<()> {
    let path = home.sync_rules();
    file::make_dir(&home.sync_dir())?;
    let locked = lock::acquire(&Home::lock_of(&path), lock::PERSON_WAIT)?;
    let noted = read(home)?;
    let next = how(noted.clone())?;
    if next == noted {
        return Ok(());
    }
    let mut bytes =
        serde_json::to_vec(&next).map_err(|error| Error::Invalid(format!("{}: {error}", path.display())))?;
    bytes.push(b'\n');
    locked.confirm()?;
    file::replace(&path, &bytes, Durability::Synced)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
