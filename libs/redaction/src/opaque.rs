//! Owns which parts of a text are placeholders already: those of every key, the fixed replacements of rules, and masks. No
//! rule looks into one. Must stay true: one pass over the text; what has the form of a placeholder with a name that no
//! rule has is looked at, but for its digits, because a secret may have been written so.

use redact::MASK;
use redact::placeholder::at_start;
use std::collections::HashSet;
use std::ops::Range;

/// Texts of ours that stand in the place of something.
const FIXED: [&str; 2] = [MASK, "[withheld]"];

/// What placeholders look like.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The names in them.
    pub(crate) names: HashSet<String>,
    /// Fixed replacements.
    pub(crate) fixed: Vec<String>,
}

/// The placeholders of a text, in order.
pub(crate) fn spans(text: &str, known: &Known) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('[')).map(|at| from + at) {
        let (name, length) = text.get(at..).and_then(placeholder).unwrap_or_default();
        match name {
            _ if length == 0 => {}
            Some(name) if !known.names.contains(name) => all.push(at + 1 + name.len()..at + length - 1),
            _ => all.push(at..at + length),
        }
        from = at + length.max(1);
    }
    for fixed in &known.fixed {
        all.extend(text.match_indices(fixed.as_str()).map(|(at, found)| at..at + found.len()));
    }
    if !known.fixed.is_empty() {
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

/// The name in the placeholder at the beginning of the text, and its length; a mask has no name.
fn placeholder(text: &str) -> Option<(Option<&str>, usize)> {
    if let Some(fixed) = FIXED.iter().find(|fixed| text.starts_with(**fixed)) {
        return Some((None, fixed.len()));
    }
    at_start(text).map(|(name, length)| (Some(name), length))
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

    fn known(fixed: &[&str]) -> Known {
        let names = ["github-pat", "X.y_z-1", "x", "a"].map(str::to_string).into();
        Known { names, fixed: fixed.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn placeholders_are_known_by_their_form_and_their_name() {
        let text =
            "a [github-pat:0123456789] [masked] [x:012345678] [X.y_z-1:abcdef0123] [-x:0123456789] [a:ABCDEF0123]";
        let found: Vec<&str> = spans(text, &known(&[])).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["[github-pat:0123456789]", "[masked]", "[X.y_z-1:abcdef0123]"]);
        let text = "<GONE> [x:0123456789] [y:0123456789]";
        let all = spans(text, &known(&["<GONE>", "[x:0"]));
        assert_eq!(all, [0..6, 7..21, 24..35]);
        assert_eq!(redact::placeholder::filled(text, &all), "[****] [************] [y[*********]]");
    }

    #[test]
    fn what_is_beside_a_placeholder_stays_found() {
        let text = "ab[x:0123456789]cd, ";
        let all = spans(text, &known(&[]));
        assert_eq!(without(text, &[(0..20, 1)], &all), [(0..2, 1), (16..20, 1)]);
        assert_eq!(without(text, &[(2..16, 1), (18..20, 2)], &all), [(18..20, 2)]);
    }
}
