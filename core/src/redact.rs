//! Replaces secrets in text by `[masked]` before the text is stored or shown.
//!
//! Owns the list of what counts as a secret: known key shapes, JSON web tokens,
//! private key blocks, `Authorization` values, passwords in URLs, and the values
//! of assignments and flags whose name says that they are secret.
//!
//! What must stay true:
//! - The cost is linear in the text, whatever the text is. A rule that declines
//!   has looked at a bounded number of bytes, at bytes that no later attempt of
//!   the same rule looks at again, or at a run that is remembered (`WordRun`).
//! - Masking twice changes nothing. A rule never looks back past the end of the
//!   span before it (`Scan::done`), so it sees there what a second run sees: `]`.
//! - A span begins and ends next to an ASCII byte, hence on a character border.
//!
//! Deliberately absent: entropy guesses, a configurable list, regular
//! expressions (their engine would outweigh the program that links this), and
//! any promise that a secret of an unknown shape is found.

pub mod personal;
mod scan;
mod shapes;

use std::borrow::Cow;

use scan::Scan;

/// What stands in the text in place of a secret.
pub const MASK: &str = "[masked]";

/// The text with every secret replaced; borrowed when there was none.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_counted(text).0
}

/// Like [`mask`], with the number of replacements.
#[must_use]
pub fn mask_counted(text: &str) -> (Cow<'_, str>, usize) {
    let mut scan = Scan::new(text);
    let (mut out, mut copied, mut count) = (String::new(), 0, 0);
    while let Some(span) = scan.next_span() {
        out.push_str(text.get(copied..span.start).unwrap_or_default());
        out.push_str(MASK);
        copied = span.end;
        count += 1;
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (Cow::Owned(out), count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
