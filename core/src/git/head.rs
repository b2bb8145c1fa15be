//! Owns finding the commit that HEAD points at, through branches in files of their own or in
//! `packed-refs` (gitrepository-layout(5)).
//!
//! Must stay true: symbolic links are not followed, and chains of references are limited. With the
//! reftable format HEAD is a stub, and the commit is unknown.

use super::{is_name, read};
use std::path::Path;

/// Maximum number of bytes of a reference file.
const REFERENCE: u64 = 4096;
/// Maximum number of bytes of `packed-refs`: about 60,000 branches and tags.
const PACKED: u64 = 4 * 1024 * 1024;
/// Longest chain of references, as in git.
const STEPS: usize = 5;

/// The full name of the commit that is checked out. `git_dir` holds HEAD, `common` the branches.
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
