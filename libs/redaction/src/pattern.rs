//! Owns regular expressions: what those of Go mean here, how large they may be, and when they are compiled: at first use.
//! Must stay true: they match bytes, and classes are those of ASCII, as in Go; a match never begins or ends inside a
//! character (`Pattern::find_in` widens it).

use regex_automata::meta::{self, Regex};
use regex_automata::util::{captures::Captures, syntax};
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The largest expression: about how many states its automaton has.
const MOST_STATES: usize = 20_000;
/// The bytes that a lazy automaton of one expression may use, in each direction.
const CACHE: usize = 2 << 20;
/// The bytes of a compiled expression.
const COMPILED: usize = 8 << 20;

/// An expression that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    source: String,
    /// What is compiled: the source in the syntax of the library.
    adapted: String,
    groups: usize,
    longest: Option<usize>,
    states: usize,
    hir: OnceLock<Option<Regex>>,
}

/// A match, and what a group of it matched.
pub(crate) struct Matched {
    pub(crate) whole: Range<usize>,
    /// The spans of its groups; the first is the whole match.
    pub(crate) groups: Vec<Option<Range<usize>>>,
}

impl Pattern {
    /// Checks an expression, or says what is wrong with it.
    pub(crate) fn new(source: &str) -> Result<Pattern, String> {
        let adapted = adapt(source);
        let hir = parse(&adapted)?;
        let states = states(&hir);
        if states > MOST_STATES {
            return Err(format!(
                "it is too large: about {states} states, at most {MOST_STATES}; use smaller repetitions"
            ));
        }
        let longest = hir.properties().maximum_len();
        let groups = hir.properties().explicit_captures_len();
        let hir = OnceLock::new();
        Ok(Pattern(Arc::new(Checked { source: source.to_string(), adapted, groups, longest, states, hir })))
    }

    /// As it was written.
    pub(crate) fn source(&self) -> &str {
        &self.0.source
    }

    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.0.groups
    }

    /// About how many states it has.
    pub(crate) fn states(&self) -> usize {
        self.0.states
    }

    /// Maximum number of bytes of a match; `None` if it has no limit.
    pub(crate) fn longest(&self) -> Option<usize> {
        self.0.longest
    }

    /// Whether each match contains one of these words, which are in lower case, in any case.
    pub(crate) fn requires(&self, words: &[String]) -> bool {
        !words.is_empty() && parse(&self.0.adapted).is_ok_and(|hir| requires(&hir, words))
    }

    /// The compiled form; `None` if it is larger than expected.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let config = meta::Config::new()
                .match_kind(MatchKind::LeftmostFirst)
                .utf8_empty(false)
                .nfa_size_limit(Some(COMPILED))
                .hybrid_cache_capacity(CACHE);
            let syntax = syntax::Config::new().unicode(false).utf8(false);
            meta::Builder::new().configure(config).syntax(syntax).build(&self.0.adapted).ok()
        };
        self.0.hir.get_or_init(compile).as_ref()
    }

    /// Whether it matches anywhere in the text; an expression that cannot be compiled matches nothing.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The same; one that cannot be compiled matches everything.
    pub(crate) fn may_be_in(&self, text: &str) -> bool {
        self.regex().is_none_or(|regex| regex.is_match(text))
    }

    /// All matches in a part of the text, in order; `None` if it cannot be compiled.
    pub(crate) fn all_in(&self, text: &str, part: Range<usize>) -> Option<Vec<Matched>> {
        let regex = self.regex()?;
        let mut captures: Captures = regex.create_captures();
        let (mut all, mut input) = (Vec::new(), Input::new(text).range(part));
        loop {
            regex.search_captures(&input, &mut captures);
            let Some(found) = captures.get_match() else { return Some(all) };
            let span = |group: usize| captures.get_group(group).map(|span| widened(text, span.start..span.end));
            if !found.range().is_empty() {
                let groups = (0..captures.group_len()).map(span).collect();
                all.push(Matched { whole: widened(text, found.range()), groups });
            }
            let next = if found.is_empty() { found.end() + 1 } else { found.end() };
            if next > input.end() {
                return Some(all);
            }
            input.set_start(next);
        }
    }
}

/// The span with the whole of the characters that it begins and ends in.
fn widened(text: &str, span: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (span.start, span.end);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

fn parse(adapted: &str) -> Result<Hir, String> {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).nest_limit(100).build();
    parser.parse(adapted).map_err(|error| match error {
        regex_syntax::Error::Parse(error) => format!("{} at character {}", error.kind(), error.span().start.offset + 1),
        regex_syntax::Error::Translate(error) => {
            format!("{} at character {}", error.kind(), error.span().start.offset + 1)
        }
        _ => "it is not a regular expression".to_string(),
    })
}

/// The expression in our syntax. Go takes a brace that begins no repetition, and a bracket inside a class, as
/// themselves, knows `\Q…\E`, and has no operators inside classes.
fn adapt(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 8);
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let taken = match c {
            '\\' if after.starts_with('Q') => quoted(after, &mut out),
            '\\' => {
                let length = 1 + after.chars().next().map_or(0, char::len_utf8);
                out.push_str(rest.get(..length).unwrap_or_default());
                length
            }
            '[' => class(rest, &mut out),
            '{' if !is_repetition(after) => {
                out.push_str("\\{");
                1
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// Writes what `\Q…\E` means; `after` begins with its `Q`.
fn quoted(after: &str, out: &mut String) -> usize {
    let inner = after.get(1..).unwrap_or_default();
    let (literal, end) =
        inner.find("\\E").map_or((inner, inner.len()), |at| (inner.get(..at).unwrap_or_default(), at + 2));
    out.push_str(&regex_syntax::escape(literal));
    2 + end
}

/// Writes a class; `rest` begins with its bracket. Characters that are not ASCII need a class of characters.
fn class(rest: &str, out: &mut String) -> usize {
    let bytes = rest.as_bytes();
    let begin = if bytes.get(1) == Some(&b'^') { 2 } else { 1 };
    let mut at = begin;
    let mut inner = String::new();
    while let Some(c) = rest.get(at..).and_then(|text| text.chars().next()) {
        let text = rest.get(at..).unwrap_or_default();
        match c {
            ']' if at > begin => {
                let (open, close) = if inner.is_ascii() { ("", "") } else { ("(?u:", ")") };
                out.push_str(open);
                out.push_str(rest.get(..begin).unwrap_or_default());
                out.push_str(&inner);
                out.push(']');
                out.push_str(close);
                return at + 1;
            }
            '\\' => {
                let length = 1 + text.chars().nth(1).map_or(0, char::len_utf8);
                inner.push_str(text.get(..length).unwrap_or_default());
                at += length;
                continue;
            }
            '[' if text.starts_with("[:") && text.contains(":]") => {
                let end = text.find(":]").unwrap_or(0) + 2;
                inner.push_str(text.get(..end).unwrap_or_default());
                at += end;
                continue;
            }
            '[' | ']' => {
                inner.push('\\');
                inner.push(c);
            }
            '&' | '~' | '-' if text.get(1..).is_some_and(|next| next.starts_with(c)) => {
                inner.push('\\');
                inner.push(c);
            }
            _ => inner.push(c),
        }
        at += c.len_utf8();
    }
    // Not closed: the parser says so.
    out.push_str(rest);
    rest.len()
}

/// Whether a brace before this text begins a repetition: `n}`, `n,}`, `n,m}`.
fn is_repetition(after: &str) -> bool {
    let Some((inner, _)) = after.split_once('}') else { return false };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}

/// About how many states the automaton of an expression has.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(4),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            states(&repetition.sub).saturating_add(1).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(all) | HirKind::Alternation(all) => {
            all.iter().map(states).fold(all.len(), usize::saturating_add)
        }
    }
}

/// Whether each match of an expression contains one of the words, in any case.
fn requires(hir: &Hir, words: &[String]) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => has_word(&literal.0, words),
        HirKind::Capture(capture) => requires(&capture.sub, words),
        HirKind::Repetition(repetition) => repetition.min > 0 && requires(&repetition.sub, words),
        HirKind::Alternation(all) => all.iter().all(|one| requires(one, words)),
        HirKind::Concat(all) => {
            let mut letters = Vec::new();
            all.iter().any(|one| {
                match letter(one) {
                    Some(more) => letters.extend(more),
                    None => letters.clear(),
                }
                has_word(&letters, words) || requires(one, words)
            })
        }
        _ => false,
    }
}

fn has_word(text: &[u8], words: &[String]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.windows(word.len().max(1)).any(|window| window == word.as_bytes()))
}

/// The letters that an expression always matches, in lower case.
fn letter(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Bytes(class)) => {
            let mut bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            let first = bytes.next()?.to_ascii_lowercase();
            bytes.all(|byte| byte.to_ascii_lowercase() == first).then(|| vec![first])
        }
        HirKind::Capture(capture) => letter(&capture.sub),
        HirKind::Concat(all) => all.iter().map(letter).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        HirKind::Empty => Some(Vec::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_go_mean_the_same() {
        for (source, yes, no) in [
            (r"^\$(?:\d+|{\d+})$", "${12}", "$x"),
            (r"^\${(?:[A-Z_]+|[a-z_]+)}$", "${AB_C}", "$AB"),
            (r"[[a-z&&~~--]{2}", "[&", "XY"),
            (r"[^]x]", "a", "]"),
            (r"\Qa.b{2}\E", "a.b{2}", "axb"),
            (r"[[:alpha:]\]]{3}", "ab]", "12]"),
            (r"x{,2}", "x{,2}", "xx"),
            ("[äö]x", "äx", "ax"),
            ("é+", "éé", "e"),
            (r"(?i)a-(?-i:B)", "A-B", "A-b"),
            (r"\x60\z", "`", "` "),
        ] {
            let pattern = Pattern::new(source).unwrap_or_else(|error| panic!("{source}: {error}"));
            assert!(pattern.is_in(yes), "{source} {}", pattern.0.adapted);
            assert!(!pattern.is_in(no), "{source} {}", pattern.0.adapted);
        }
        for source in ["(", "(?<=a)b", r"\1", "[a", "a**(", "((a{1000}){1000}){1000}", r"\p{Greek}"] {
            Pattern::new(source).unwrap_err();
        }
    }

    #[test]
    fn a_match_ends_at_characters() {
        let pattern = Pattern::new("a.").unwrap();
        let found = pattern.all_in("aé", 0..3).unwrap();
        assert_eq!(found[0].whole, 0..3);
    }

    #[test]
    fn what_each_match_contains_is_known() {
        let requires = |source: &str, words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            Pattern::new(source).unwrap().requires(&words)
        };
        assert!(requires("(?i)[a-z]{0,9}?(?:adafruit)=x", &["adafruit"]));
        assert!(requires("(?i)(?:aws|b(x)yz)=", &["aws", "xyz", "bx"]));
        assert!(requires("(?:AKIA|ASIA)[A-Z]", &["akia", "asia"]));
        assert!(!requires("(?:AKIA|ABIA)[A-Z]", &["akia", "asia"]));
        assert!(!requires("(?:akia)?[A-Z]", &["akia"]));
        assert!(!requires("[a-z]{32}", &["acme"]));
        assert!(requires("Q~", &["q~"]));
    }
}
