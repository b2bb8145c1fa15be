//! Owns reading what commits say and change. Must stay true: each commit is read by itself, so that what a later one removes
//! is seen; objects are read, never the files of the work tree; no filter, text conversion or hook of the repository runs.

use super::staged::{StagedFile, bytes, output};
use super::{CommitRange, is_hex};
use cs_core::error::{Error, Result};

/// Largest file that is read.
const LARGEST: u64 = 256 * 1024 * 1024;
/// How many tags may name each other.
const TAGS: usize = 16;
/// The modes of what has no content here: removed, a submodule.
const NOTHING: [&str; 2] = ["000000", "160000"];

/// What one commit says and changes, or one tag says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Its name.
    pub name: String,
    /// Its message, without the lines about its author and its parents.
    pub message: Vec<u8>,
    /// The files that it adds or changes, compared with all of its parents.
    pub files: Vec<StagedFile>,
}

impl Committed {
    /// The names of the commits of a range, as for [`CommitRange::read`].
    pub fn names(repo: &str, range: &str) -> Result<Vec<String>> {
        Ok(CommitRange::read(repo, range)?.commits.into_iter().map(|commit| commit.sha).collect())
    }

    /// Reads what has this full name. Of a tag it is its message, and that of the tags that it names; of a file or a folder
    /// to which a tag leads, its content.
    pub fn read(repo: &str, name: &str) -> Result<Committed> {
        if !is_hex(name) {
            return Err(Error::Invalid(format!("{name:?} is not the name of a commit")));
        }
        let mut read = Committed { name: name.to_string(), ..Committed::default() };
        let mut at = name.to_string();
        for _ in 0..TAGS {
            match kind(repo, &at)?.as_str() {
                "tag" => {
                    let tag = output(repo, &["cat-file", "tag", &at], LARGEST)?;
                    let (head, message) = parts(&tag);
                    read.message.extend_from_slice(message);
                    at = named(head).ok_or_else(|| Error::Invalid(format!("the tag {at} names nothing")))?;
                }
                // The commit of a tag is another one.
                "commit" if at != name => return Ok(read),
                "commit" => {
                    let commit = output(repo, &["cat-file", "commit", &at], LARGEST)?;
                    read.message = parts(&commit).1.to_vec();
                    read.files = changed(repo, &at)?;
                    return Ok(read);
                }
                "tree" => {
                    read.files = listed(repo, &at)?;
                    return Ok(read);
                }
                _ => {
                    read.files = vec![StagedFile { path: at.clone(), blob: at }];
                    return Ok(read);
                }
            }
        }
        Err(Error::Invalid(format!("the tag {name} leads to more than {TAGS} others")))
    }

    /// The content of one of its files.
    pub fn content(repo: &str, file: &StagedFile) -> Result<Vec<u8>> {
        output(repo, &["cat-file", "blob", &file.blob], LARGEST)
    }
}

fn kind(repo: &str, name: &str) -> Result<String> {
    let kind = bytes(repo, &["cat-file", "-t", name])?;
    Ok(String::from_utf8_lossy(&kind).trim().to_string())
}

/// The head of a commit or a tag, and its message.
fn parts(object: &[u8]) -> (&[u8], &[u8]) {
    let end = object.windows(2).position(|two| two == b"\n\n").unwrap_or(object.len());
    (object.get(..end).unwrap_or_default(), object.get(end + 2..).unwrap_or_default())
}

/// What a tag names.
fn named(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let name = head.lines().find_map(|line| line.strip_prefix("object "))?;
    is_hex(name).then(|| name.to_string())
}

/// The files that a commit adds or changes. Of a merge those that are as in none of its parents: the others are theirs.
fn changed(repo: &str, name: &str) -> Result<Vec<StagedFile>> {
    let options =
        ["-r", "-c", "--root", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-commit-id", "--no-ext-diff"];
    let listed = bytes(repo, &[&["diff-tree"][..], &options, &[name, "--"]].concat())?;
    let mut parts = listed.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let mut files = Vec::new();
    while let (Some(head), Some(path)) = (parts.next().filter(|head| !head.is_empty()), parts.next()) {
        // `:100644 100644 OLD NEW M`, with a colon, a mode and a name more for each further parent.
        let parents = head.bytes().take_while(|byte| *byte == b':').count();
        let words: Vec<&str> = head.split(' ').collect();
        let (Some(mode), Some(blob)) = (words.get(parents), words.get(2 * parents + 1)) else {
            return Err(Error::Invalid(format!("git lists the files of {name} in a form that is not known")));
        };
        if !NOTHING.contains(mode) {
            files.push(StagedFile { path: path.into_owned(), blob: (*blob).to_string() });
        }
    }
    Ok(files)
}

/// The files of a folder.
fn listed(repo: &str, name: &str) -> Result<Vec<StagedFile>> {
    let listed = bytes(repo, &["ls-tree", "-r", "-z", "--full-tree", name])?;
    let file = |line: &[u8]| {
        let line = String::from_utf8_lossy(line).into_owned();
        let (head, path) = line.split_once('\t')?;
        let [mode, _, blob] = head.split(' ').collect::<Vec<_>>()[..] else { return None };
        (!NOTHING.contains(&mode)).then(|| StagedFile { path: path.into(), blob: blob.into() })
    };
    Ok(listed.split(|byte| *byte == 0).filter_map(file).collect())
}
