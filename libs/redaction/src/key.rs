//! Owns the key of placeholders and of digests of marked texts: 64 hexadecimal digits in a file. Must stay true: 32
//! random bytes, readable by their owner only; it never appears in output.

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::hex::hex;
use cs_core::open;
use cs_core::paths::Home;
use cs_core::random::random;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How many bytes a key has.
const BYTES: usize = 32;
/// How many bytes of the HMAC a placeholder shows.
const SHOWN: usize = redact::placeholder::DIGITS / 2;
const FORM: &str = "it does not contain a key: 64 hexadecimal digits, or 32 bytes";

/// A key for HMAC-SHA256.
#[derive(Clone)]
pub struct Key([u8; BYTES]);

impl Key {
    /// The key of the data directory; made if there is none. If two processes make one, both use the same.
    pub fn of_store(home: &Home) -> Result<Key> {
        let path = home.redact_key();
        if let Some(bytes) = file::read_at_most(&path, 4096)? {
            return Key::parse(&bytes).ok_or_else(|| Error::corrupt(&path, FORM));
        }
        let key = Key::fresh()?;
        if file::stage(&path, format!("{}\n", hex(&key.0)).as_bytes(), Durability::Synced)?.create()? {
            return Ok(key);
        }
        let bytes = file::read_at_most(&path, 4096)?.unwrap_or_default();
        Key::parse(&bytes).ok_or_else(|| Error::corrupt(&path, FORM))
    }

    /// The key in a file, which only its owner may read.
    pub fn read(path: &Path) -> Result<Key> {
        let file = open::foreign(path).map_err(|error| Error::io(path, "open", error))?;
        let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
        if meta.permissions().mode() & 0o077 != 0 {
            let reason = "other accounts may read it, so it is not secret; change that with chmod 600";
            return Err(Error::corrupt(path, reason));
        }
        let mut bytes = Vec::new();
        file.take(4096).read_to_end(&mut bytes).map_err(|error| Error::io(path, "read", error))?;
        Key::parse(&bytes).ok_or_else(|| Error::corrupt(path, FORM))
    }

    /// A new key, which is not stored.
    pub fn fresh() -> Result<Key> {
        random::<BYTES>().map(Key)
    }

    fn parse(bytes: &[u8]) -> Option<Key> {
        if let Ok(key) = bytes.try_into() {
            return Some(Key(key));
        }
        let text = std::str::from_utf8(bytes).ok()?.trim();
        let mut key = [0; BYTES];
        if text.len() != 2 * BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Key(key))
    }

    /// The placeholder of a secret: the rule and 40 bits of its HMAC.
    pub fn placeholder(&self, rule: &str, secret: &str) -> String {
        let mac = self.mac(secret);
        format!("[{}:{}]", slug(rule), hex(mac.get(..SHOWN).unwrap_or_default()))
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

/// The id of a rule as it stands in placeholders: only letters, digits, `.`, `_` and `-`.
pub(crate) fn slug(rule: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let slug: String = rule.chars().take(64).map(|c| if fits(c) { c } else { '-' }).collect();
    let first = slug.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if first.is_empty() { "rule".to_string() } else { first.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_store_is_made_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("d"));
        let first = Key::of_store(&home).unwrap();
        assert_eq!(first.0, Key::of_store(&home).unwrap().0);
        let path = home.redact_key();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.0, Key::read(&path).unwrap().0);
        assert_ne!(first.placeholder("x", "secret"), Key::fresh().unwrap().placeholder("x", "secret"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Key::read(&path).is_err(), "others may read it");
        std::fs::write(&path, "short").unwrap();
        assert!(Key::of_store(&home).is_err());
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(Key::of_store(&home).is_err(), "a link is not followed");
    }

    #[test]
    fn a_placeholder_has_ten_digits_and_a_plain_name() {
        let key = Key([7; BYTES]);
        let text = key.placeholder("AWS key [x]", "secret");
        assert!(text.starts_with("[AWS-key--x-:") && text.ends_with(']') && text.len() == 24, "{text}");
        assert_eq!(Key::parse(&[7; BYTES]).unwrap().0, key.0);
        assert_eq!(Key::parse(format!("{}\n", hex(&key.0)).as_bytes()).unwrap().0, key.0);
    }
}
