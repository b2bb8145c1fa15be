//! Owns reading what is staged for the next commit. Must stay true: the index and the objects are read, never the files of
//! the work tree; no filter, text conversion or hook of the repository runs.

use super::{OUTPUT, failed, neutral_git, run_raw};
use cs_core::error::{Error, Result};
use std::process::Command;

/// Largest file that is read.
const LARGEST: u64 = 256 * 1024 * 1024;
/// The mode of a submodule, which has no content here.
const SUBMODULE: &str = "160000";

/// A file as it is staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// Its path in the repository.
    pub path: String,
    /// The name of its content.
    pub(super) blob: String,
}

/// What is staged in a repository.
#[derive(Debug)]
pub struct Staged {
    repo: String,
    /// The files that the next commit adds or changes.
    pub files: Vec<StagedFile>,
}

impl Staged {
    /// Compares the index with HEAD.
    pub fn read(repo: &str) -> Result<Staged> {
        let base = match bytes(repo, &["rev-parse", "--quiet", "--verify", "HEAD^{tree}"]) {
            Ok(name) => name,
            // Nothing was committed yet.
            Err(_) => bytes(repo, &["hash-object", "-t", "tree", "/dev/null"])?,
        };
        let base = String::from_utf8_lossy(&base).trim().to_string();
        let options = ["--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=d", "--no-ext-diff"];
        let words = [&["diff-index"][..], &options, &[&base, "--"]].concat();
        let listed = bytes(repo, &words)?;
        let mut parts = listed.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let mut files = Vec::new();
        while let (Some(head), Some(path)) = (parts.next().filter(|head| !head.is_empty()), parts.next()) {
            // `:100644 100644 OLD NEW M`
            let words: Vec<&str> = head.split(' ').collect();
            match words.as_slice() {
                [_, _, _, _, "U"] => {
                    let text = format!("{path:?} is in a conflict, and has no content to be committed");
                    return Err(Error::Refused(text));
                }
                [_, mode, _, blob, _] if *mode != SUBMODULE => {
                    files.push(StagedFile { path: path.into_owned(), blob: (*blob).to_string() });
                }
                _ => {}
            }
        }
        Ok(Staged { repo: repo.to_string(), files })
    }

    /// The content of a file.
    pub fn content(&self, file: &StagedFile) -> Result<Vec<u8>> {
        output(&self.repo, &["cat-file", "blob", &file.blob], LARGEST)
    }
}

/// What git prints.
pub(super) fn bytes(repo: &str, words: &[&str]) -> Result<Vec<u8>> {
    output(repo, words, OUTPUT)
}

/// The same with less than `most` bytes.
pub(super) fn output(repo: &str, words: &[&str], most: u64) -> Result<Vec<u8>> {
    let mut command: Command = neutral_git(repo)?;
    // Git gives a hook the index of the commit that is being made, which may be another one.
    if let Some(index) = std::env::var_os("GIT_INDEX_FILE") {
        command.env("GIT_INDEX_FILE", index);
    }
    let done = run_raw(command.args(words), most)?;
    if !done.is_success {
        let text = String::from_utf8_lossy(&done.stderr).lines().next().unwrap_or("it failed").to_string();
        return Err(failed(std::io::Error::other(crate::sanitize(&text))));
    }
    Ok(done.stdout)
}
