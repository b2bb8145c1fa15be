//! Owns the form of a placeholder, such as `[github-pat:7f3a91c2d0]`: it stands in a redacted text where a secret was. Must
//! stay true: nothing in one is masked again, because half of one tells nobody anything; one pass over the text; a secret
//! that is written in this form is masked.

use super::MASK;
use std::borrow::Cow;
use std::ops::Range;

/// Number of hexadecimal digits in a placeholder.
pub const DIGITS: usize = 10;
/// Maximum number of bytes of the name in a placeholder.
const NAME: usize = 64;

/// The name in the placeholder at the beginning of the text, and how many bytes the placeholder has.
#[must_use]
pub fn at_start(text: &str) -> Option<(&str, usize)> {
    let bytes = text.strip_prefix('[')?.as_bytes();
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let name = bytes.iter().take(NAME + 1).take_while(is_of_name).count();
    let is_name = (1..=NAME).contains(&name) && bytes.first()?.is_ascii_alphanumeric();
    let rest = bytes.get(name..).filter(|_| is_name)?.strip_prefix(b":")?;
    let is_digest = rest.get(..DIGITS)?.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    (is_digest && rest.get(DIGITS) == Some(&b']')).then_some((text.get(1..=name)?, name + DIGITS + 3))
}

/// The placeholders of a text, in order. What has their form, but a secret for a name, is none.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let is_secret = |name: &str| super::Scan::new(name, std::slice::from_ref(&(0..name.len()))).next_span().is_some();
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('[')).map(|at| from + at) {
        let found = text.get(at..).and_then(at_start).filter(|(name, _)| !is_secret(name));
        let length = found.map_or(0, |(_, length)| length);
        if length > 0 {
            all.push(at..at + length);
        }
        from = at + length.max(1);
    }
    all
}

/// The text as rules see it: the first and last sign of each of these places are brackets, with asterisks between them, so
/// that all stays in its place.
#[must_use]
pub fn filled<'t>(text: &'t str, placeholders: &[Range<usize>]) -> Cow<'t, str> {
    if placeholders.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for span in placeholders {
        out.push_str(text.get(done..span.start).unwrap_or_default());
        out.push('[');
        out.extend(std::iter::repeat_n('*', span.len().saturating_sub(2)));
        out.push(']');
        done = span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// What of a span is to be masked: the pieces beside its placeholders and masks. Signs alone are no secret.
pub(super) fn beside(text: &str, span: Range<usize>, placeholders: &[Range<usize>]) -> Vec<Range<usize>> {
    let first = placeholders.partition_point(|one| one.end <= span.start);
    let from = placeholders.get(first..).unwrap_or_default();
    let mut inside: Vec<Range<usize>> = from.iter().take_while(|one| one.start < span.end).cloned().collect();
    if inside.is_empty() {
        return vec![span];
    }
    let masks = text.get(span.clone()).unwrap_or_default().match_indices(MASK);
    inside.extend(masks.map(|(at, mask)| span.start + at..span.start + at + mask.len()));
    inside.sort_by_key(|one| one.start);
    let (mut pieces, mut begin) = (Vec::new(), span.start);
    for one in inside {
        pieces.push(begin..one.start.max(begin));
        begin = begin.max(one.end);
    }
    pieces.push(begin..span.end.max(begin));
    let has_word =
        |piece: &Range<usize>| text.get(piece.clone()).is_some_and(|text| text.contains(char::is_alphanumeric));
    pieces.retain(has_word);
    pieces
}
