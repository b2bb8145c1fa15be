//! Owns where a file of the log ends: the place of its last line, also after a line that is torn or
//! damaged. Must stay true: at most [`MOST`] bytes are read, whatever the size of the file.

use crate::chain::{self, Link};
use cs_core::error::Result;
use cs_core::file;
use std::path::Path;

/// Longer than any line.
const USUAL: u64 = 64 * 1024;
/// Maximum number of bytes that are read.
const MOST: u64 = 1024 * 1024;

/// The end of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// The last line. A torn or damaged line counts as one: its hash is that of its bytes.
    pub link: Link,
    /// Whether the last line has no end.
    pub is_torn: bool,
}

/// The end of a file; `None` if the file is empty.
pub fn of_file(path: &Path) -> Result<Option<Last>> {
    let bytes = file::tail(path, USUAL)?;
    match of_bytes(&bytes) {
        // A foreign line that is longer than ours can be.
        Some(last) if last.link.seq == 0 && bytes.len() as u64 == USUAL => Ok(of_bytes(&file::tail(path, MOST)?)),
        last => Ok(last),
    }
}

fn of_bytes(bytes: &[u8]) -> Option<Last> {
    let whole = bytes.strip_suffix(b"\n");
    let is_torn = whole.is_none();
    let mut lines = whole.unwrap_or(bytes).rsplit(|byte| *byte == b'\n');
    let last = lines.next().filter(|_| !bytes.is_empty())?;
    if let Some(parts) = chain::parts(last) {
        return Some(Last { link: Link { seq: parts.seq, hash: parts.hash.to_string() }, is_torn });
    }
    let (mut damaged, mut seq) = (1, 0);
    for line in lines {
        if let Some(parts) = chain::parts(line) {
            seq = parts.seq;
            break;
        }
        damaged += 1;
    }
    Some(Last { link: Link { seq: if seq == 0 { 0 } else { seq + damaged }, hash: chain::digest(last) }, is_torn })
}
