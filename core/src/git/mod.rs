//! Reads the facts of a git checkout from its files only.
//!
//! Owns the parts of git's layout that are needed to find a checkout: `.git` as a directory or as a
//! file with `gitdir: PATH`, `commondir` in a linked work tree, `HEAD`. The source is
//! gitrepository-layout(5). The other modules read the rest: [`object`] a commit, [`reflog`] what
//! moved HEAD, [`head`] the commit at HEAD, `config` one value, [`command`] whether a command line
//! commits, [`email`] the user's address, [`made`] which commits a command made, [`identity`] the identity of a
//! repository, [`logged`] what `git log` printed.
//!
//! Must stay true: git is never run, nothing is written, every read is bounded, and only
//! regular files are read (a FIFO would block). A directory without a repository costs one system
//! call per ancestor.
//!
//! Deliberately absent: environment variables such as `GIT_DIR`; `core.worktree`, except for a
//! submodule with linked work trees; the rest of the configuration; and the search for a bare
//! repository around a directory: without a work tree there is no checkout.

pub mod command;
mod config;
pub mod email;
pub mod head;
pub mod identity;
pub mod logged;
pub mod made;
pub mod object;
mod read;
pub mod reflog;

use crate::dirs;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Maximum number of bytes of a file that are read: no file read here is longer in a sane repository, and paths end at
/// 4096 bytes.
const READ_LIMIT: u64 = 4096;
/// The configuration key of the path to a submodule's main work tree.
const MAIN: config::Key = config::Key { section: "core", of: "", name: "worktree" };

/// The checkout of a directory. Paths are real: absolute, without `.`, `..` and symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the work tree that holds the directory.
    pub worktree_root: PathBuf,
    /// The directory that all work trees share: the top of the main work tree, the folder whose `.git`
    /// file points to the repository, or the repository itself if it is bare. A submodule is a
    /// repository of its own with its own work tree.
    pub main_root: PathBuf,
    /// The branch; with a detached HEAD the first 7 hexadecimal digits of the commit; `None` if HEAD
    /// cannot be read or parsed.
    pub branch: Option<String>,
    /// The directory with this work tree's own HEAD.
    pub git_dir: PathBuf,
}

impl Checkout {
    /// The full name of the commit that is checked out.
    #[must_use]
    pub fn commit(&self) -> Option<String> {
        head::commit(&self.git_dir, &common_dir(&self.git_dir).unwrap_or_else(|| self.git_dir.clone()))
    }
}

/// The checkout that holds `dir`; `None` outside of any. A `.git` that is not a valid repository is
/// skipped, and the search continues above it.
#[must_use]
pub fn find(dir: &Path) -> Option<Checkout> {
    real(dir)?.ancestors().find_map(at)
}

/// The checkout whose work tree has its top at `root`.
#[must_use]
pub fn checkout_at(root: &Path) -> Option<Checkout> {
    at(&real(root)?)
}

/// The real path of a folder; if it is gone, its existing ancestors are resolved. `None` for a path of another system
/// that does not exist here (`C:\src`): it would be resolved against the current directory.
#[must_use]
pub fn real(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dirs::here(dir)?).ok()?;
    let there = dir.ancestors().find_map(|above| Some((fs::canonicalize(above).ok()?, dir.strip_prefix(above).ok()?)));
    Some(there.map_or_else(|| normalise(&dir), |(above, rest)| normalise(&above.join(rest))))
}

/// Like [`checkout_at`], for a path that is real already.
fn at(root: &Path) -> Option<Checkout> {
    let git_dir = git_dir(root)?;
    let head = git_dir.join("HEAD");
    if !fs::metadata(&head).ok()?.is_file() {
        return None;
    }
    Some(Checkout {
        worktree_root: root.to_path_buf(),
        main_root: main_root(root, &git_dir),
        branch: read_start(&head).and_then(|text| branch(&text)),
        git_dir,
    })
}

/// The directory with this work tree's own HEAD.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let entry = root.join(".git");
    let kind = fs::metadata(&entry).ok()?;
    if kind.is_dir() {
        return Some(entry);
    }
    let text = kind.is_file().then(|| read_start(&entry)).flatten()?;
    let target = path_in(text.strip_prefix(b"gitdir: ")?)?;
    real(&root.join(target))
}

/// `git_dir` is `root/.git` unless the work tree is linked, belongs to a submodule, or has
/// its repository elsewhere; only a linked one has `commondir`.
fn main_root(root: &Path, git_dir: &Path) -> PathBuf {
    if git_dir.parent() == Some(root) {
        return root.to_path_buf();
    }
    common_dir(git_dir).map_or_else(|| root.to_path_buf(), around)
}

/// The folder of a repository: its main work tree, or the folder that was created to hold a bare repository and
/// its work trees; else the repository itself.
fn around(common: PathBuf) -> PathBuf {
    let is_named = |name: &str| common.file_name() == Some(OsStr::new(name));
    let parent = common.parent();
    match parent {
        Some(parent) if is_named(".git") => parent.to_path_buf(),
        Some(parent) if self::git_dir(parent).as_ref() == Some(&common) => parent.to_path_buf(),
        // A submodule's work tree is elsewhere.
        _ => match config::value(&common, &MAIN).and_then(|tree| real(&common.join(tree))) {
            Some(tree) if self::git_dir(&tree).as_ref() == Some(&common) => tree,
            _ => match parent {
                Some(parent) if is_named(".bare") && !parent.join(".git").exists() => parent.to_path_buf(),
                _ => common,
            },
        },
    }
}

/// The directory that a linked work tree shares with the others: objects and branches.
fn common_dir(git_dir: &Path) -> Option<PathBuf> {
    let file = git_dir.join("commondir");
    let text = if file.is_file() { read_start(&file) } else { None };
    real(&git_dir.join(text.as_deref().and_then(path_in)?))
}

fn branch(head: &[u8]) -> Option<String> {
    let head = head.split(|&byte| byte == b'\n').next()?.trim_ascii();
    let name = match head.strip_prefix(b"ref:") {
        Some(name) => name.trim_ascii_start().strip_prefix(b"refs/heads/")?,
        None if is_name(head) => head.get(..7)?,
        None => return None,
    };
    let name = String::from_utf8_lossy(name);
    // With reftable, HEAD is a stub with `.invalid`. Control characters are not valid in a branch
    // name, and must not reach a terminal.
    let sane = !name.is_empty() && name != ".invalid" && !name.contains(char::is_control);
    sane.then(|| name.into_owned())
}

/// Whether this is the full name of an object: SHA-1 or SHA-256.
fn is_name(text: &[u8]) -> bool {
    matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}

/// The path in a file of git's; it may begin or end with spaces.
fn path_in(text: &[u8]) -> Option<&Path> {
    let last = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'))?;
    Some(Path::new(OsStr::from_bytes(text.get(..=last)?)))
}

fn read_start(path: &Path) -> Option<Vec<u8>> {
    read::start_of(path, READ_LIMIT)
}

fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // At the root this does nothing, which is what `/..` means.
            Component::ParentDir => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
