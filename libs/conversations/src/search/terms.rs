//! Owns what is looked for: words and regular expressions, all of which an entry must contain. A word without a capital
//! letter is found in any case, as [`cs_core::search::fold`] has it; a capital letter makes it exact. Must stay true: a
//! regular expression ignores the case of ASCII letters at most, so that its plain parts can be looked for in bytes.

use super::filter::Filter;
use super::finder::Finder;
use super::literal::literals;
use cs_core::search::fold;
use memchr::memmem;
use regex_lite::{Regex, RegexBuilder};
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    words: Vec<Word>,
    expressions: Vec<(String, Arc<dyn Expression>)>,
}

#[derive(Clone, Debug)]
struct Word {
    /// As typed, or folded if its case does not matter.
    text: String,
    way: Way,
}

/// How a word is looked for.
#[derive(Clone, Debug)]
enum Way {
    /// As it is.
    Exact,
    /// Without case; only ASCII letters have one here.
    Bytes(Finder),
    /// Without case, in a folded text.
    Folded,
}

/// A regular expression. A program that looks only for words does not contain the code behind it.
trait Expression: Debug + Send + Sync {
    /// The places in a text that are not empty, in order, at most `most`.
    fn places(&self, text: &str, most: usize) -> Vec<Range<usize>>;
    fn is_in(&self, text: &str) -> bool;
}

impl Expression for Regex {
    fn places(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        self.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()).take(most).collect()
    }

    fn is_in(&self, text: &str) -> bool {
        self.is_match(text)
    }
}

/// A regular expression that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable(pub String);

/// The largest regular expression, in bytes of memory when it is compiled.
const MOST: usize = 1024 * 1024;

impl Terms {
    /// The terms for words, and for regular expressions. Empty and blank words are left out.
    pub fn new(words: &[String], expressions: &[String]) -> Result<Terms, Unusable> {
        let compiled = expressions.iter().filter(|text| !text.is_empty()).map(|text| {
            let built = RegexBuilder::new(text)
                .case_insensitive(!has_capital(&without_escapes(text)))
                .multi_line(true)
                .size_limit(MOST)
                .build();
            let shared = |regex| (text.clone(), Arc::new(regex) as Arc<dyn Expression>);
            built.map(shared).map_err(|error| Unusable(format!("{text:?}: {error}")))
        });
        Ok(Terms { expressions: compiled.collect::<Result<_, _>>()?, ..Terms::of_words(words) })
    }

    /// The terms for words alone.
    pub fn of_words(words: &[String]) -> Terms {
        let words = words.iter().filter(|word| !word.trim().is_empty()).map(|word| Word::new(word)).collect();
        Terms { words, expressions: Vec::new() }
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.expressions.is_empty()
    }

    /// The filter for raw lines.
    pub(super) fn filter(&self) -> Filter {
        let literals: Vec<String> = self.expressions.iter().flat_map(|(text, _)| literals(text)).collect();
        Filter::of(self.words.iter().map(|word| word.text.as_str()).chain(literals.iter().map(String::as_str)))
    }

    /// Whether the text contains all terms.
    pub fn are_in(&self, text: &str) -> bool {
        self.words.iter().all(|word| word.first(text).is_some())
            && self.expressions.iter().all(|(_, regex)| regex.is_in(text))
    }

    /// Where the terms are in a text, in order, without overlaps, at most `most`: ranges of bytes.
    pub(super) fn places(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = self.words.iter().flat_map(|word| word.places(text, most)).collect();
        for (_, regex) in &self.expressions {
            places.extend(regex.places(text, most));
        }
        places.sort_by_key(|place| (place.start, place.end));
        places.dedup_by(|later, earlier| {
            let overlaps = later.start < earlier.end;
            if overlaps {
                earlier.end = earlier.end.max(later.end);
            }
            overlaps
        });
        places.truncate(most);
        places
    }
}

/// An expression without classes such as `\W`, whose names are capital letters.
fn without_escapes(expression: &str) -> String {
    let mut chars = expression.chars();
    let mut rest = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            c => rest.push(c),
        }
    }
    rest
}

fn has_capital(text: &str) -> bool {
    text.chars().any(char::is_uppercase)
}

impl Word {
    fn new(word: &str) -> Self {
        if has_capital(word) {
            return Word { text: word.to_string(), way: Way::Exact };
        }
        let text = fold(word);
        let finder = if text.is_ascii() { Finder::new(text.as_bytes()) } else { None };
        Word { way: finder.map_or(Way::Folded, Way::Bytes), text }
    }

    fn first(&self, text: &str) -> Option<usize> {
        match &self.way {
            Way::Exact => memmem::find(text.as_bytes(), self.text.as_bytes()),
            Way::Bytes(finder) => finder.find(text.as_bytes()),
            // Only whether it is there is asked for.
            Way::Folded if text.is_ascii() => None,
            Way::Folded => memmem::find(fold(text).as_bytes(), self.text.as_bytes()),
        }
    }

    /// The places of the word in a text.
    fn places(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        let folded = match &self.way {
            Way::Folded => return self.folded_places(text, most),
            Way::Exact => None,
            Way::Bytes(_) => Some(text.to_ascii_lowercase()),
        };
        let found = memmem::find_iter(folded.as_deref().unwrap_or(text).as_bytes(), self.text.as_bytes());
        found.map(|at| at..at + self.text.len()).take(most).collect()
    }

    /// A folded text has as many characters, but perhaps more or fewer bytes.
    fn folded_places(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        let folded = fold(text);
        let ends = || [(text.len(), folded.len())];
        let begins = text.char_indices().zip(folded.char_indices()).map(|((a, _), (b, _))| (a, b));
        let mut begins = begins.chain(ends());
        let mut at = |place: usize| begins.find(|(_, b)| *b >= place).map_or(text.len(), |(a, _)| a);
        let found = memmem::find_iter(folded.as_bytes(), self.text.as_bytes()).take(most);
        let mut places = Vec::new();
        for start in found {
            let begin = at(start);
            let end = match start + self.text.len() {
                end if end == folded.len() => text.len(),
                end => {
                    let count = folded.get(start..end).map_or(0, |word| word.chars().count());
                    text.get(begin..)
                        .and_then(|rest| rest.char_indices().nth(count))
                        .map_or(text.len(), |(n, _)| begin + n)
                }
            };
            places.push(begin..end);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(words: &[&str], expressions: &[&str]) -> Terms {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>();
        Terms::new(&own(words), &own(expressions)).unwrap()
    }

    fn shown(terms: &Terms, text: &str) -> Vec<String> {
        terms.places(text, 10).into_iter().map(|place| text[place].to_string()).collect()
    }

    #[test]
    fn all_words_must_be_there_and_a_capital_letter_is_exact() {
        assert!(terms(&["retry", "limit"], &[]).are_in("the Limit of RETRY"));
        assert!(!terms(&["retry", "limit"], &[]).are_in("retry"));
        assert!(terms(&["Retry"], &[]).are_in("a Retry"));
        assert!(!terms(&["Retry"], &[]).are_in("a retry"));
        assert!(terms(&["rate limit"], &[]).are_in("a rate limit"));
        assert!(!terms(&["rate limit"], &[]).are_in("limit of a rate"));
    }

    #[test]
    fn letters_of_other_scripts_have_a_case_too() {
        let terms = terms(&["größe", "привет"], &[]);
        let text = "ẞ: GRÖßE ПРИВЕТ größe";
        assert!(terms.are_in(text));
        assert_eq!(shown(&terms, text), ["GRÖßE", "ПРИВЕТ", "größe"]);
        assert_eq!(shown(&super::tests::terms(&["ⱥb"], &[]), "ȺȺB.ⱥb"), ["ȺB", "ⱥb"], "with other numbers of bytes");
    }

    #[test]
    fn places_are_in_order_and_do_not_overlap() {
        assert_eq!(shown(&terms(&["abc", "bcd", "x"], &[]), "xABCD abc"), ["x", "ABCD", "abc"]);
        assert_eq!(shown(&terms(&[], &["time(out|r)"]), "Timeout, timer"), ["Timeout", "timer"]);
        assert_eq!(shown(&terms(&[], &["\\Wtime"]), "a Time"), [" Time"], "a class is no capital letter");
        assert_eq!(shown(&terms(&[], &["x*"]), "aaa"), [""; 0]);
    }

    #[test]
    fn a_wrong_expression_is_named() {
        assert!(Terms::new(&[], &["(".into()]).unwrap_err().0.starts_with("\"(\": "));
        assert!(Terms::new(&[], &["(((a{99}){99}){99})".into()]).is_err());
    }
}
