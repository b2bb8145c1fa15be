//! Owns reading a commit from its loose object: one small compressed file (gitformat-loose(5)). A
//! commit that was just made is such a file.
//!
//! Must stay true: at most 64 KiB are read and 64 KiB inflated, whatever the file claims. A message
//! may be longer than that, but not its first line.
//!
//! Deliberately absent: packs, alternates, and verifying the object's hash.

use super::{is_name, read};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use std::fs;
use std::path::Path;

/// Maximum number of bytes of an object's file that are read.
const PACKED: u64 = 64 * 1024;
/// Maximum number of bytes of an object that are inflated.
const INFLATED: usize = 64 * 1024;
/// Maximum number of names that are examined in one folder of objects. Git packs when there are about 27.
const NAMES: usize = 10_000;

/// The parts of a commit that are used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Full names of the parents; empty for a first commit.
    pub parents: Vec<String>,
    /// Seconds since the epoch, as the committer said.
    pub committed_at: i64,
    /// When the object's file was written, in seconds since the epoch.
    pub written_at: i64,
    /// The first paragraph of the message, on one line.
    pub subject: String,
}

/// An object, as far as it was inflated.
enum Inflated {
    Whole(Vec<u8>),
    Beginning(Vec<u8>),
}

/// The commit with this full name, if it is a loose object below `common`.
pub fn commit(common: &Path, name: &str) -> Option<Commit> {
    if !is_name(name.as_bytes()) {
        return None;
    }
    let (folder, file) = name.split_at_checked(2)?;
    let opened = read::open_below(common, &format!("objects/{folder}/{file}"))?;
    let object = inflate(&opened.bytes(0, PACKED)?)?;
    Some(Commit { written_at: opened.modified_at, ..parse(&object)? })
}

/// The full name of the loose object whose name begins with `beginning`, if there is exactly one.
pub fn whole_name(common: &Path, beginning: &str) -> Option<String> {
    let is_known = beginning.len() >= 4 && beginning.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (folder, start) = beginning.split_at_checked(2).filter(|_| is_known)?;
    let objects = common.join("objects");
    let path = objects.join(folder);
    // A link would lead elsewhere. The object itself is opened without following links, too.
    if ![&objects, &path].iter().all(|dir| fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir())) {
        return None;
    }
    let names = fs::read_dir(&path).ok()?.take(NAMES).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut found = names.filter(|name| name.starts_with(start)).map(|name| format!("{folder}{name}"));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Inflates a zlib stream: all of it, or the beginning if it is long.
fn inflate(packed: &[u8]) -> Option<Inflated> {
    let mut text = vec![0; INFLATED];
    let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, _, size) = decompress(&mut Box::<DecompressorOxide>::default(), packed, &mut text, 0, flags);
    text.truncate(size);
    match status {
        TINFLStatus::Done => Some(Inflated::Whole(text)),
        TINFLStatus::HasMoreOutput => Some(Inflated::Beginning(text)),
        // The file continues after the bytes that were read.
        TINFLStatus::FailedCannotMakeProgress if packed.len() as u64 == PACKED => Some(Inflated::Beginning(text)),
        _ => None,
    }
}

/// Parses an object: `commit SIZE`, NUL, and the commit.
fn parse(object: &Inflated) -> Option<Commit> {
    let (Inflated::Whole(text) | Inflated::Beginning(text)) = object;
    let end = text.iter().take(32).position(|&byte| byte == 0)?;
    let size: usize = std::str::from_utf8(text.get(..end)?.strip_prefix(b"commit ")?).ok()?.parse().ok()?;
    let body = text.get(end + 1..)?;
    match object {
        Inflated::Whole(_) if size == body.len() => commit_in(body),
        Inflated::Beginning(_) if size > body.len() => commit_in(body),
        _ => None,
    }
}

/// Parses a commit: headers, an empty line, the message.
fn commit_in(body: &[u8]) -> Option<Commit> {
    let split = body.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, message) = (String::from_utf8_lossy(body.get(..split)?), body.get(split + 2..)?);
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value("tree").filter(|tree| is_name(tree.as_bytes()))?;
    let parents = head.lines().filter_map(|line| line.strip_prefix("parent ")).filter(|name| is_name(name.as_bytes()));
    Some(Commit {
        parents: parents.map(str::to_string).collect(),
        committed_at: value("committer")?.rsplit(' ').nth(1)?.parse().ok()?,
        written_at: 0,
        subject: subject(&String::from_utf8_lossy(message)),
    })
}

/// The subject as git's `%s` prints it: the lines before the first empty one.
pub(super) fn subject(message: &str) -> String {
    let lines = message.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const HEAD: &str =
        "tree 0123456789abcdef0123456789abcdef01234567\nauthor A <a@b> 1 +0000\ncommitter A > <a@b> 7 +0100\n";

    fn whole(kind: &str, body: &str) -> Inflated {
        Inflated::Whole(format!("{kind} {}\0{body}", body.len()).into_bytes())
    }

    #[test]
    fn commits_are_parsed_as_git_shows_them() {
        let subject =
            |message: &str| parse(&whole("commit", &format!("{HEAD}\n{message}"))).map(|commit| commit.subject);
        assert_eq!(subject("One\n").as_deref(), Some("One"));
        assert_eq!(subject("\n\n One \nmore\n\nBody\n").as_deref(), Some("One more"));
        assert_eq!(subject("").as_deref(), Some(""));
        let signed = format!("{HEAD}gpgsig -----BEGIN\n \n parent x\n -----END\n\nSigned");
        let commit = parse(&whole("commit", &signed)).unwrap();
        assert_eq!((commit.subject.as_str(), commit.committed_at, commit.parents.len()), ("Signed", 7, 0));
    }

    #[test]
    fn other_objects_are_not_commits() {
        let body = format!("{HEAD}\nOne");
        assert_eq!(parse(&whole("tag", &body)), None);
        assert_eq!(parse(&whole("commit", &HEAD.replace("tree ", "tree x"))), None);
        assert_eq!(parse(&whole("commit", "\n\nOne")), None);
        assert_eq!(parse(&whole("commit", &body.replace("committer", "comitter"))), None);
        for size in ["", "0", "1e3", "-1", "99999999999999999999999", &(body.len() + 1).to_string()] {
            assert_eq!(parse(&Inflated::Whole(format!("commit {size}\0{body}").into_bytes())), None, "{size}");
        }
        assert_eq!(parse(&Inflated::Beginning(format!("commit {}\0{body}", body.len()).into_bytes())), None);
        assert!(parse(&Inflated::Beginning(format!("commit 999999\0{body}").into_bytes())).is_some());
        assert!(inflate(b"").is_none() && inflate(b"no zlib").is_none() && inflate(&[0x78, 1, 1, 9, 0]).is_none());
        assert_eq!(whole_name(Path::new("/nowhere"), "../../x"), None);
        assert_eq!(commit(Path::new("/nowhere"), "../../../../etc/passwd0000000000000000000"), None);
    }
}
