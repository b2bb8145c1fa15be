//! Replaces secrets in text by `[masked]` before the text is stored or shown.
//!
//! Owns the list of what counts as a secret: known keys (`keys`, `tokens`), armoured private keys (`blocks`),
//! credentials in headers, passwords in URLs, passwords after the flags of programs (`commands`), and the values of
//! names that suggest a secret (`names`, `values`).
//!
//! Must stay true:
//! - The cost is linear in the length of any text. A rule that finds nothing has looked at a bounded number of bytes,
//!   at bytes that the same rule never looks at again, or at a run that is remembered.
//! - Masking twice changes nothing: the text is scanned until nothing is found, see [`ROUNDS`]. What stands for a secret
//!   already, a mask or a [`placeholder`], stays whole.
//! - A span begins and ends next to an ASCII byte, hence on a character boundary.
//!
//! Deliberately absent: a configurable list; regular expressions (their engine would be larger than the program that
//! links this); guesses about random characters without a name that suggests a secret or a known
//! shape (mostly commits and checksums); and any promise that a secret of an unknown shape is found.

mod blocks;
mod class;
mod command;
mod commands;
mod extent;
mod find;
mod finds;
mod flags;
mod keys;
mod makers;
mod named;
mod names;
pub mod personal;
pub mod placeholder;
mod prose;
mod scan;
mod sieve;
mod sorts;
mod tokens;
mod values;
mod words;

use std::borrow::Cow;
use std::ops::Range;

pub use command::mask_command;
pub use find::{Find, Sure};
pub use finds::{finds, rules};
use scan::Scan;
use tokens::Tokens;

/// The text that replaces a secret.
pub const MASK: &str = "[masked]";

/// The text with every secret replaced; borrowed if there is none.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_counted(text).0
}

/// The text with only keys and tokens of a known shape replaced. For file names, in which a `=` or a `:` has no
/// meaning.
#[must_use]
pub fn mask_tokens(text: &str) -> Cow<'_, str> {
    let (mut out, mut copied) = (String::new(), 0);
    for span in Tokens::new(text.as_bytes()).all() {
        out.push_str(text.get(copied..span.start).unwrap_or_default());
        out.push_str(MASK);
        copied = span.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The name of a tool with keys and tokens of a known shape replaced, also where two `_` separate it from the server's
/// name.
#[must_use]
pub fn mask_tool(name: &str) -> Cow<'_, str> {
    let parts: Vec<Cow<str>> = name.split("__").map(mask).collect();
    match parts.iter().any(|part| matches!(part, Cow::Owned(_))) {
        true => Cow::Owned(parts.join("__")),
        false => mask(name),
    }
}

/// Maximum number of scans of a text. The first one finds everything except secrets that only a mask reveals; the
/// second one finds nothing, except in texts that were made to need more.
const ROUNDS: usize = 8;

/// How many bytes around a mask the next scan covers: more than any rule looks back, or ahead before it gives up.
const AROUND: usize = 512;

/// Like [`mask`], with the number of masks that were added.
#[must_use]
pub fn mask_counted(text: &str) -> (Cow<'_, str>, usize) {
    let whole = 0..text.len();
    let Some((mut masked, mut masks)) = masked_once(text, std::slice::from_ref(&whole)) else {
        return (Cow::Borrowed(text), 0);
    };
    for _ in 1..ROUNDS {
        let Some((again, more)) = masked_once(&masked, &around(&masked, &masks)) else { break };
        (masked, masks) = (again, more);
    }
    let count = masked.matches(MASK).count().saturating_sub(text.matches(MASK).count()).max(1);
    (Cow::Owned(masked), count)
}

/// The text with every secret replaced that one scan of the windows finds, and the positions of the masks; `None` if
/// there is none. Placeholders stay.
fn masked_once(text: &str, windows: &[Range<usize>]) -> Option<(String, Vec<Range<usize>>)> {
    let placeholders = placeholder::spans(text);
    let seen = placeholder::filled(text, &placeholders);
    let mut scan = Scan::new(&seen, windows);
    let mut span = scan.next_span()?;
    let (mut out, mut masks, mut copied) = (String::with_capacity(text.len()), Vec::new(), 0);
    loop {
        for piece in placeholder::beside(text, span, &placeholders) {
            out.push_str(text.get(copied..piece.start).unwrap_or_default());
            masks.push(out.len()..out.len() + MASK.len());
            out.push_str(MASK);
            copied = piece.end;
        }
        let Some(next) = scan.next_span() else { break };
        span = next;
    }
    if masks.is_empty() {
        return None;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Some((out, masks))
}

/// The surroundings of the masks, each beginning at a space or where the previous one ends.
fn around(text: &str, masks: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    for mask in masks {
        let end = (mask.end + AROUND).min(text.len());
        let last = windows.last_mut();
        let known = last.as_ref().map_or(0, |last| last.end);
        let begin = mask.start.saturating_sub(AROUND).max(known);
        let before = text.as_bytes().get(known..begin).unwrap_or_default();
        let begin = before.iter().rposition(u8::is_ascii_whitespace).map_or(known, |at| known + at);
        match last {
            Some(last) if begin == known => last.end = end,
            _ => windows.push(begin..end),
        }
    }
    windows
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
