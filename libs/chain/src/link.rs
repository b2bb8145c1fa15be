//! Owns the chain: a line ends with the hash of the line before it and its own, which is SHA-256 of
//! everything before `,"hash"`.

use cs_core::hex::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What the first line of all names as the hash of the line before it.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HASH: &str = ",\"hash\":\"";
const PREV: &str = ",\"prev\":\"";
const END: &str = "\"}";
/// Number of hexadecimal digits of a hash.
const DIGITS: usize = START.len();

/// The place of a line in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// The parts of a line by which it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Its number.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: &'a str,
    /// Its own hash.
    pub hash: &'a str,
    /// Everything before `,"prev"`.
    pub before: &'a [u8],
    /// Everything that the hash covers.
    covered: &'a [u8],
}

impl Parts<'_> {
    /// Whether the hash is that of the line.
    pub fn is_intact(&self) -> bool {
        digest(self.covered) == self.hash
    }
}

/// SHA-256 in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The line of an entry, with its end, and its place. The entry begins with `v` and this `seq`, and ends with `prev`.
pub fn encode(entry: &impl Serialize, seq: u64) -> (String, Link) {
    let mut line = serde_json::to_string(entry).unwrap_or_default();
    line.pop();
    let hash = digest(line.as_bytes());
    line.push_str(&format!("{HASH}{hash}{END}\n"));
    (line, Link { seq, hash })
}

/// The parts of a line without its end; `None` if it is not a line of the chain.
pub fn parts(line: &[u8]) -> Option<Parts<'_>> {
    let rest = line.strip_suffix(END.as_bytes())?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
    let covered = rest.strip_suffix(HASH.as_bytes())?;
    let before = covered.strip_suffix(b"\"")?;
    let (before, prev) = before.split_at_checked(before.len().checked_sub(DIGITS)?)?;
    let before = before.strip_suffix(PREV.as_bytes())?;
    Some(Parts { seq: seq(line)?, prev: text(prev)?, hash: text(hash)?, before, covered })
}

/// The number at the beginning of a line: `{"v":1,"seq":12,`.
pub fn seq(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"{\"v\":")?;
    let comma = rest.iter().position(|byte| *byte == b',')?;
    let digits = rest.get(comma..)?.strip_prefix(b",\"seq\":")?;
    let end = digits.iter().position(|byte| *byte == b',')?;
    std::str::from_utf8(digits.get(..end)?).ok()?.parse().ok()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
