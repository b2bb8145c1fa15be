//! Owns armoured private keys: PEM, PGP, SSH2, and PuTTY's files. Must stay true: a rule that finds nothing has read a
//! bounded number of bytes.

use super::class::{UPPER, find, is_alnum, is_word};
use std::ops::Range;

/// The armoured private key that begins at `at`, through its END line, or to the end of the text if it was cut off.
pub(super) fn armour(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let (begin, dash, footer): (&[u8], &[u8], &[u8]) = match () {
        () if rest.starts_with(b"-----BEGIN ") => (b"-----BEGIN ", b"-----", b"-----END"),
        () if rest.starts_with(b"---- BEGIN ") => (b"---- BEGIN ", b" ----", b"---- END"),
        () => return None,
    };
    let label = rest.get(begin.len()..)?;
    let label = label.get(..label.len().min(64))?;
    let length = label.iter().position(|&byte| !UPPER.has(byte) && byte != b' ')?;
    let label = label.get(..length)?;
    let (label, length) =
        if dash.starts_with(b" ") { (label.trim_ascii_end(), length.checked_sub(1)?) } else { (label, length) };
    let body = begin.len() + length;
    if find(label, b"PRIVATE KEY").is_none() || !rest.get(body..)?.starts_with(dash) {
        return None;
    }
    let body = body + dash.len();
    if !is_key(rest.get(body..)?) {
        return None;
    }
    let Some(end) = find(rest.get(body..)?, footer) else { return Some(at..text.len()) };
    let end = body + end + footer.len();
    let line = rest.get(end..)?.iter().take_while(|&&byte| UPPER.has(byte) || byte == b' ').count();
    let dashes = rest.get(end + line..)?.iter().take_while(|&&byte| byte == b'-').count();
    Some(at..at + end + line + dashes)
}

/// Whether lines of a key follow: after the end of the line, which may be written as `\n`, and the quotes and operators
/// with which programs join lines.
fn is_key(text: &[u8]) -> bool {
    let mut at = 0;
    let mut line = false;
    while let Some(&byte) = text.get(at).filter(|_| at < 64) {
        let next = text.get(at + 1).copied().unwrap_or(0);
        match byte {
            b'\\' if matches!(next, b'n' | b'r') => {
                line = true;
                at += 2;
            }
            b'\n' | b'\r' => {
                line = true;
                at += 1;
            }
            b' ' | b'\t' | b'\\' | b'|' | b'>' => at += 1,
            b'"' | b'\'' | b'+' | b',' | b'.' if line => at += 1,
            _ => {
                return is_alnum(byte)
                    && text.get(at..at + 4).is_some_and(|key| key.iter().all(|&byte| is_key_byte(byte)));
            }
        }
    }
    false
}

fn is_key_byte(byte: u8) -> bool {
    is_alnum(byte) || matches!(byte, b'+' | b'/' | b'=' | b'-' | b':' | b'\n' | b'\r' | b'\\')
}

/// A key file of PuTTY, through its MAC.
pub(super) fn putty(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let version = rest.strip_prefix(b"PuTTY-User-Key-File-")?;
    let [b'1'..=b'9', b':', b' ', kind @ ..] = version else { return None };
    if !(kind.starts_with(b"ssh-") || kind.starts_with(b"ecdsa-") || kind.starts_with(b"rsa")) {
        return None;
    }
    let Some(mac) = find(rest, b"Private-MAC:") else { return Some(at..text.len()) };
    let mac = mac + b"Private-MAC:".len();
    let blanks = rest.get(mac..)?.iter().take_while(|&&byte| byte == b' ').count();
    let word = rest.get(mac + blanks..)?.iter().take_while(|&&byte| is_word(byte)).count();
    Some(at..at + mac + blanks + word)
}
