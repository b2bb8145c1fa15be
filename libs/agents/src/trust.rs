//! Owns whether a client trusts a folder. A client that does not asks the person first, and the answer would be read
//! from whatever comes next. Must stay true: only what the client itself recorded counts.
//! Facts: Claude Code 2.1.332, `.claude.json` in its own folder if that is named, else in the home directory:
//! `projects.<folder>.hasTrustDialogAccepted`. In a repository the folders from this one up to
//! the root of the work tree count, and the root of the main work tree; elsewhere all folders above.

use crate::agent::Agent;
use cs_core::{git, open, repair};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum number of bytes of the client's file that are read.
const BYTES: usize = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    projects: BTreeMap<String, Project>,
}

#[derive(Deserialize)]
struct Project {
    #[serde(default, rename = "hasTrustDialogAccepted")]
    is_trusted: Option<bool>,
}

/// Whether Claude Code trusts a folder, whose path is real; `None` if its file cannot be parsed.
pub fn trusts(dir: &Path) -> Option<bool> {
    let Some(file) = file() else { return Some(false) };
    if !file.exists() {
        return Some(false);
    }
    trusts_by(&file, dir)
}

/// The file in which it records that.
pub fn file() -> Option<PathBuf> {
    let named = Agent::Claude.named_homes().into_iter().next();
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    Some(named.or_else(home)?.join(".claude.json"))
}

fn trusts_by(file: &Path, dir: &Path) -> Option<bool> {
    let bytes = open::foreign_bytes(file, BYTES).ok()?;
    let settings: Settings = repair::decode(&bytes, &mut Vec::new()).ok()?;
    let is_trusted = |dir: &Path| settings.projects.get(dir.to_str()?)?.is_trusted;
    let checkout = git::find(dir);
    let top = checkout.as_ref().map(|found| found.worktree_root.as_path());
    let above = dir.ancestors().take_while(|dir| top.is_none_or(|top| dir.starts_with(top)));
    let main = checkout.as_ref().map(|found| found.main_root.as_path());
    Some(above.chain(main).any(|dir| is_trusted(dir) == Some(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_trusted_if_it_or_one_above_was_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".claude.json");
        let text = r#"{"projects": {"/src/api": {"hasTrustDialogAccepted": true, "lastCost": 1},
            "/src/web": {"hasTrustDialogAccepted": false}, "/src/new": {}}, "numStartups": 3}"#;
        std::fs::write(&file, text).unwrap();
        let told = |path: &str| trusts_by(&file, Path::new(path));
        assert_eq!((told("/src/api"), told("/src/api/sub")), (Some(true), Some(true)));
        assert_eq!((told("/src"), told("/src/web"), told("/src/new")), (Some(false), Some(false), Some(false)));
        std::fs::write(&file, "{").unwrap();
        assert_eq!(told("/src/api"), None);
    }

    #[test]
    fn what_is_above_a_repository_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let (file, sub) = (root.join(".claude.json"), root.join("repo/sub"));
        std::fs::create_dir_all(&sub).unwrap();
        std::fs::create_dir_all(root.join("repo/.git/refs")).unwrap();
        std::fs::create_dir_all(root.join("repo/.git/objects")).unwrap();
        std::fs::write(root.join("repo/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
        let told = |trusted: &str| {
            let trusted = root.join(trusted);
            let text = format!("{{\"projects\": {{{:?}: {{\"hasTrustDialogAccepted\": true}}}}}}", trusted.display());
            std::fs::write(&file, text).unwrap();
            trusts_by(&file, &sub)
        };
        assert_eq!((told("repo"), told("repo/sub"), told("")), (Some(true), Some(true), Some(false)));
    }
}
