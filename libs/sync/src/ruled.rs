//! Owns `sync/rules.json`: which files of rules were in force at the last run. Must stay true: if one of them is gone, or the
//! folder of a project is, nothing is sent until it is back or a person says that it goes without: otherwise all that those
//! rules replaced would be sent again as it was. The file changes only when what it says does.

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// So many are named in one message.
const NAMED: usize = 5;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Noted {
    /// Files of rules, and SHA-256 of each.
    files: BTreeMap<PathBuf, String>,
    /// Folders of projects that a person knows to be gone.
    gone: BTreeSet<PathBuf>,
}

/// Compares the files of rules that are in force, each with its digest, with those of the last run; and the folders of
/// projects with what is there. Remembers them if this machine shares something.
pub fn check(home: &Home, folders: &[PathBuf], files: &[(PathBuf, String)]) -> Result<()> {
    let noted = read(home)?;
    let next = noted.next(folders, files)?;
    if next == noted || !home.machine().exists() {
        return Ok(());
    }
    change(home, |noted| noted.next(folders, files))
}

/// A person says that the rules of a file, of a project's folder, or of all folders below one, are gone for good.
pub fn go_without(store: &Store, paths: &[PathBuf]) -> Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    let folders = folders(store)?;
    change(&store.home, |noted| paths.iter().try_fold(noted, |noted, path| noted.without(&folders, path)))
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
    fn next(&self, folders: &[PathBuf], files: &[(PathBuf, String)]) -> Result<Noted> {
        let away: BTreeSet<&PathBuf> = folders.iter().filter(|folder| is_away(folder)).collect();
        let unknown = away.iter().filter(|folder| !self.gone.contains(**folder));
        let mut missing: BTreeSet<&PathBuf> = unknown.copied().collect();
        // Who names the folder means its file, too.
        let lost = self.lost(files).filter(|file| !missing.iter().any(|folder| file.starts_with(folder)));
        let lost: Vec<&PathBuf> = lost.collect();
        missing.extend(lost);
        if !missing.is_empty() {
            return Err(Error::Invalid(text(&missing)));
        }
        let gone = self.gone.iter().filter(|folder| away.contains(folder)).cloned().collect();
        Ok(Noted { files: files.iter().cloned().collect(), gone })
    }

    /// The files that are not in force any more, neither there nor, as they were, somewhere else.
    fn lost(&self, files: &[(PathBuf, String)]) -> impl Iterator<Item = &PathBuf> {
        let is_lost = |path: &Path, digest: &str| !files.iter().any(|(at, now)| at == path || now == digest);
        self.files.iter().filter(move |(path, digest)| is_lost(path, digest)).map(|(path, _)| path)
    }

    /// The same without what is missing there, or below.
    fn without(mut self, folders: &[PathBuf], path: &Path) -> Result<Noted> {
        let before = self.clone();
        self.files.retain(|file, _| !file.starts_with(path));
        self.gone.extend(folders.iter().filter(|folder| is_away(folder) && folder.starts_with(path)).cloned());
        let nothing = || Error::Invalid(format!("no rules are missing at {}", path.display()));
        if self == before { Err(nothing()) } else { Ok(self) }
    }
}

/// Whether a project's folder is not there, or cannot be looked at.
fn is_away(folder: &Path) -> bool {
    folder.is_absolute() && !folder.is_dir()
}

fn text(missing: &BTreeSet<&PathBuf>) -> String {
    let what = |path: &PathBuf| match (path.extension().is_some_and(|end| end == "toml"), path.exists()) {
        (true, true) => format!("{}, which belongs to no registered project any more", path.display()),
        (true, false) => format!("the file {}", path.display()),
        (false, _) => format!("the folder {}", path.display()),
    };
    let mut named: Vec<String> = missing.iter().take(NAMED).map(|path| what(path)).collect();
    if missing.len() > NAMED {
        named.push(format!("{} more", missing.len() - NAMED));
    }
    let flags: Vec<String> =
        missing.iter().take(NAMED).map(|path| format!("--without-rules '{}'", path.display())).collect();
    format!(
        "nothing is sent, because rules for what is redacted may be missing: {}. Put back what is gone (cs-project move says \
         where a project is now), or, if all may be sent without its rules: cs-sync push {}",
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
