//! Owns where HEAD points: at a commit, through branches that are files of their own or lines of
//! `packed-refs` (gitrepository-layout(5)).
//!
//! Must stay true: no symbolic link is followed, and a chain of references has an end. With the
//! reftable format HEAD is a stub, and nothing is known.

use super::{is_name, read};
use std::path::Path;

/// Most bytes of a reference's file.
const REFERENCE: u64 = 4096;
/// Most bytes of `packed-refs`: about 60,000 branches and tags.
const PACKED: u64 = 4 * 1024 * 1024;
/// Most references that point at each other, as in git.
const STEPS: usize = 5;

/// The name of the commit that is checked out. `git_dir` has HEAD, `common` the branches.
pub fn commit(git_dir: &Path, common: &Path) -> Option<String> {
    let mut text = read::open_below(git_dir, "HEAD")?.bytes(0, REFERENCE)?;
    for _ in 0..STEPS {
        let line = text.split(|&byte| byte == b'\n').next()?.trim_ascii();
        if is_name(line) {
            return String::from_utf8(line.to_ascii_lowercase()).ok();
        }
        let name = std::str::from_utf8(line.strip_prefix(b"ref:")?.trim_ascii_start()).ok()?;
        if !name.starts_with("refs/") {
            return None;
        }
        match read::open_below(common, name) {
            Some(file) => text = file.bytes(0, REFERENCE)?,
            None => return packed(common, name),
        }
    }
    None
}

fn packed(common: &Path, wanted: &str) -> Option<String> {
    let text = read::open_below(common, "packed-refs")?.bytes(0, PACKED)?;
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let (name, reference) = std::str::from_utf8(line).ok()?.trim_end().split_once(' ')?;
        (reference == wanted && is_name(name.as_bytes())).then(|| name.to_ascii_lowercase())
    })
}
