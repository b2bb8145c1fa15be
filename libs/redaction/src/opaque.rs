//! Owns which parts of a text are placeholders already: those of every key and rule, the fixed replacements of rules, and
//! masks. No rule looks into one. Must stay true: one pass over the text.

use crate::key::SHOWN;
use redact::MASK;
use std::borrow::Cow;
use std::ops::Range;

/// Maximum number of bytes of the name in a placeholder.
const NAME: usize = 64;
const DIGITS: usize = 2 * SHOWN;
/// Texts of ours that stand in the place of something.
const FIXED: [&str; 2] = [MASK, "[withheld]"];

/// The placeholders of a text, in order.
pub(crate) fn spans(text: &str, replacements: &[String]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('[')).map(|at| from + at) {
        let length = text.get(at..).and_then(placeholder).unwrap_or(0);
        if length > 0 {
            all.push(at..at + length);
        }
        from = at + length.max(1);
    }
    for fixed in replacements {
        all.extend(text.match_indices(fixed.as_str()).map(|(at, found)| at..at + found.len()));
    }
    if !replacements.is_empty() {
        all.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut end = 0;
        all.retain(|span| {
            let is_first = span.start >= end;
            end = end.max(span.end);
            is_first
        });
    }
    all
}

/// The length of the placeholder or mask at the beginning of the text.
fn placeholder(text: &str) -> Option<usize> {
    if let Some(fixed) = FIXED.iter().find(|fixed| text.starts_with(**fixed)) {
        return Some(fixed.len());
    }
    let bytes = text.as_bytes();
    let name = bytes.get(1..)?.iter().take(NAME + 1);
    let name = name.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')).count();
    let is_name = (1..=NAME).contains(&name) && bytes.get(1)?.is_ascii_alphanumeric();
    let rest = bytes.get(1 + name..).filter(|_| is_name)?.strip_prefix(b":")?;
    let is_digest = rest.get(..DIGITS)?.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    (is_digest && rest.get(DIGITS) == Some(&b']')).then_some(name + DIGITS + 3)
}

/// The text as rules see it: placeholders are filled with asterisks between their brackets, in place.
pub(crate) fn filled<'t>(text: &'t str, opaque: &[Range<usize>]) -> Cow<'t, str> {
    if opaque.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for span in opaque {
        out.push_str(text.get(done..span.start).unwrap_or_default());
        out.push('[');
        out.extend(std::iter::repeat_n('*', span.len().saturating_sub(2)));
        out.push(']');
        done = span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// What of the spans is outside of placeholders; both are in order. A piece of signs only is left out.
pub(crate) fn without<T: Copy>(
    text: &str,
    spans: &[(Range<usize>, T)],
    opaque: &[Range<usize>],
) -> Vec<(Range<usize>, T)> {
    if opaque.is_empty() {
        return spans.to_vec();
    }
    let (mut all, mut first) = (Vec::new(), 0);
    for (span, of) in spans {
        first += opaque.iter().skip(first).take_while(|one| one.end <= span.start).count();
        let mut begin = span.start;
        let inside: Vec<_> = opaque.iter().skip(first).take_while(|one| one.start < span.end).collect();
        let is_cut = !inside.is_empty();
        for one in inside {
            all.push((begin..one.start.max(begin), *of, is_cut));
            begin = begin.max(one.end);
        }
        all.push((begin..span.end.max(begin), *of, is_cut));
    }
    let is_word = |c: char| c.is_alphanumeric();
    let has_word = |span: &Range<usize>| text.get(span.clone()).is_some_and(|piece| piece.contains(is_word));
    all.retain(|(span, _, is_cut)| !span.is_empty() && (!is_cut || has_word(span)));
    all.into_iter().map(|(span, of, _)| (span, of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known_by_their_form() {
        let text =
            "a [github-pat:0123456789] [masked] [x:012345678] [X.y_z-1:abcdef0123] [-x:0123456789] [a:ABCDEF0123]";
        let found: Vec<&str> = spans(text, &[]).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["[github-pat:0123456789]", "[masked]", "[X.y_z-1:abcdef0123]"]);
        let text = "<GONE> [x:0123456789]";
        assert_eq!(spans(text, &["<GONE>".into(), "[x:0".into()]), [0..6, 7..21]);
        assert_eq!(filled(text, &spans(text, &["<GONE>".into()])), "[****] [************]");
    }

    #[test]
    fn what_is_beside_a_placeholder_stays_found() {
        let text = "ab[x:0123456789]cd, ";
        assert_eq!(without(text, &[(0..20, 1)], &spans(text, &[])), [(0..2, 1), (16..20, 1)]);
        assert_eq!(without(text, &[(2..16, 1), (18..20, 2)], &spans(text, &[])), [(18..20, 2)]);
    }
}
