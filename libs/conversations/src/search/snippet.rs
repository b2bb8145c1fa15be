//! Owns which part of a text is shown for a hit, and where the terms are in it. Must stay true: a text is masked before it
//! is cut, because a part of a secret may not look like one.

use super::terms::Terms;
use std::ops::Range;

/// The part of a text that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The line with the first term, or more of them; `…` where a line was cut.
    pub text: String,
    /// Where terms are in it: from which character to before which.
    pub spans: Vec<(usize, usize)>,
}

/// How a snippet is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The number of lines before and after the line with the first term.
    pub context: usize,
    /// Whether secrets are shown.
    pub is_raw: bool,
}

/// Maximum number of bytes of one line, and of all lines of a context.
const LINE: usize = 240;
const LINES: usize = 4000;
/// How many bytes of a line are shown before the first term, at least if it is cut.
const BEFORE: usize = 60;
/// How much of a long text is masked, around the first term: more than any secret has.
const MASKED: usize = 64 * 1024;
/// Maximum number of terms that are marked.
const SPANS: usize = 50;

impl Snippet {
    /// The snippet of a text that contains the terms.
    pub(super) fn of(text: &str, terms: &Terms, form: Form) -> Snippet {
        let first = |text: &str| terms.places(text, 1).first().map_or(0, |place| place.start);
        let text = if text.len() > 4 * MASKED { around(text, first(text)) } else { text };
        let shown = if form.is_raw { text.into() } else { redact::mask(text) };
        let first = first(&shown);
        let lines = lines_around(&shown, first, form.context);
        let most = if form.context == 0 { LINE } else { LINES };
        let part = if lines.len() > most { cut(&shown, &lines, first, most) } else { lines.clone() };
        let part = trimmed(&shown, part);
        let places = terms.places(shown.get(part.clone()).unwrap_or_default(), SPANS);
        let is_cut = (part.start > lines.start && !is_blank(&shown, lines.start..part.start), {
            part.end < lines.end && !is_blank(&shown, part.end..lines.end)
        });
        Snippet::new(shown.get(part).unwrap_or_default(), &places, is_cut)
    }

    fn new(text: &str, places: &[Range<usize>], (cut_before, cut_after): (bool, bool)) -> Snippet {
        let ends = [(cut_before, 0), (cut_after, 1)].map(|(is_cut, _)| if is_cut { "…" } else { "" });
        let shift = usize::from(cut_before);
        let characters = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
        let mut spans = Vec::new();
        let (mut byte, mut count) = (0, shift);
        for place in places {
            count += characters(byte..place.start);
            let start = count;
            count += characters(place.clone());
            byte = place.end;
            spans.push((start, count));
        }
        Snippet { text: format!("{}{text}{}", ends[0], ends[1]), spans }
    }
}

/// The part of a long text around a place, whole lines if they are not too long.
fn around(text: &str, at: usize) -> &str {
    let start = boundary(text, at.saturating_sub(MASKED));
    let end = boundary(text, (at + MASKED).min(text.len()));
    let line = text.get(start..at).and_then(|before| before.find('\n')).map_or(start, |newline| start + newline + 1);
    text.get(line..end).unwrap_or(text)
}

/// The line in which `at` is, with so many lines before and after it.
fn lines_around(text: &str, at: usize, context: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rmatch_indices('\n').nth(context).map_or(0, |(newline, _)| newline + 1);
    let after = text.get(at..).unwrap_or_default();
    let end = after.match_indices('\n').nth(context).map_or(text.len(), |(newline, _)| at + newline);
    start..end
}

/// At most so many bytes of a range, with the first term in them.
fn cut(text: &str, lines: &Range<usize>, first: usize, most: usize) -> Range<usize> {
    let latest = lines.end.saturating_sub(most);
    let start = boundary(text, first.saturating_sub(BEFORE).max(lines.start).min(latest.max(lines.start)));
    // A word is not cut if it ends soon.
    let space = text.get(start..first).filter(|_| start > lines.start).and_then(|part| part.find(' '));
    let start = space.map_or(start, |space| start + space + 1);
    start..boundary(text, (start + most).min(lines.end))
}

/// Without white space at its ends.
fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let Some(shown) = text.get(part.clone()) else { return part };
    let start = part.start + shown.len() - shown.trim_start().len();
    start..(part.start + shown.trim_end().len()).max(start)
}

fn is_blank(text: &str, part: Range<usize>) -> bool {
    text.get(part).is_none_or(|part| part.trim().is_empty())
}

/// The nearest boundary of characters that is not after a place.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snippet(text: &str, words: &[&str], form: Form) -> (String, Vec<String>) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
        let made = Snippet::of(text, &Terms::new(&words, &[]).unwrap(), form);
        let marked = |(start, end): &(usize, usize)| made.text.chars().skip(*start).take(end - start).collect();
        let marked = made.spans.iter().map(marked).collect();
        (made.text, marked)
    }

    #[test]
    fn a_snippet_is_the_line_with_the_first_term() {
        let text = "one\n  zwölf Äpfel, ÄPFEL\nthree";
        let (shown, marked) = snippet(text, &["äpfel"], Form::default());
        assert_eq!((shown.as_str(), marked), ("zwölf Äpfel, ÄPFEL", vec!["Äpfel".to_string(), "ÄPFEL".into()]));
        assert_eq!(snippet(text, &["äpfel"], Form { context: 1, is_raw: false }).0, text);
    }

    #[test]
    fn a_long_line_is_cut_around_the_term() {
        let text = format!("{} needle {}", "é word".repeat(500), "tail".repeat(500));
        let (shown, marked) = snippet(&text, &["needle"], Form::default());
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.chars().count() < LINE + 3, "{shown}");
        assert_eq!(marked, ["needle"]);
        let (shown, marked) = snippet(&text, &["tailtail"], Form::default());
        assert!(marked.len() > 10 && shown.contains("needle"));
        let (shown, _) = snippet(&format!("{}needle", "x".repeat(1000)), &["needle"], Form::default());
        assert!(shown.starts_with('…') && shown.ends_with("needle"));
    }

    #[test]
    fn a_secret_is_masked_before_the_text_is_cut() {
        let key = format!("ghp_{}", "aB3dE6gH9kL2".repeat(3));
        let text = format!("{} token {key} {}", "word ".repeat(100), "end ".repeat(100));
        for (words, raw) in [(["token"], false), (["ab3de6"], false), (["token"], true)] {
            let (shown, _) = snippet(&text, &words, Form { context: 0, is_raw: raw });
            assert_eq!(shown.contains("aB3dE6"), raw, "{shown}");
        }
        let long = format!("{}\n{text}", "line of text\n".repeat(60_000));
        assert!(!snippet(&long, &["token"], Form::default()).0.contains("aB3dE6"));
    }
}
