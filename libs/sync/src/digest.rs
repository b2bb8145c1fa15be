//! Owns the digest of the rows of a source: SHA-256 over their lines, each with its line feed, as hexadecimal digits.

use cs_core::hex::hex;
use sha2::{Digest as _, Sha256};

/// The digest of rows so far.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Takes the next line ([`crate::Row::line`], without a line feed).
    pub fn add(&mut self, line: &[u8]) {
        self.0.update(line);
        self.0.update(b"\n");
    }

    /// The digest of the lines so far: 64 digits.
    pub fn text(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}
