//! Owns where rules are tried: around their keywords. Must stay true: one pass over the text for all keywords; if each
//! match of a rule contains one of its keywords and has a limited length, only that much around them is searched, which
//! finds the same.

use crate::rules::Rule;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;
use std::sync::OnceLock;

/// The longest match for which parts are worthwhile.
const LONGEST: usize = 4096;

/// Where a rule is tried.
pub(crate) enum Parts {
    All,
    Around(Vec<Range<usize>>),
}

/// The keywords of all rules.
pub(crate) struct Keywords {
    finder: Option<AhoCorasick>,
    /// The rules of each keyword, in the order of the finder.
    rules: Vec<Vec<usize>>,
    /// Rules without a keyword.
    always: Vec<usize>,
    /// For each rule whose keyword was met, the reach around it; `None` if all of the text is searched.
    reach: Vec<OnceLock<Option<usize>>>,
}

impl Keywords {
    pub(crate) fn of(rules: &[Rule]) -> Keywords {
        let mut words: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut places = std::collections::HashMap::new();
        let mut always = Vec::new();
        let reach = rules.iter().map(|_| OnceLock::new()).collect();
        let used = rules.iter().enumerate().filter(|(_, rule)| rule.enabled);
        for (at, rule) in used {
            if rule.regex.is_none() {
                continue;
            }
            if rule.keywords.is_empty() {
                always.push(at);
            }
            for word in &rule.keywords {
                let place = *places.entry(word.as_str()).or_insert(words.len());
                match words.get_mut(place) {
                    Some((_, rules)) => rules.push(at),
                    None => words.push((word, vec![at])),
                }
            }
        }
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA));
        let finder = if words.is_empty() { None } else { builder.build(words.iter().map(|(word, _)| word)).ok() };
        if finder.is_none() {
            // All rules are tried everywhere.
            always.extend(words.iter().flat_map(|(_, rules)| rules));
            always.sort_unstable();
            always.dedup();
        }
        Keywords { finder, rules: words.into_iter().map(|(_, rules)| rules).collect(), always, reach }
    }

    /// The rules that are to be tried on this text, and where.
    pub(crate) fn parts(&self, rules: &[Rule], text: &str) -> Vec<(usize, Parts)> {
        let mut parts: Vec<(usize, Parts)> = Vec::new();
        if let Some(finder) = &self.finder {
            for found in finder.find_overlapping_iter(text) {
                let word = found.pattern().as_usize();
                for rule in self.rules.get(word).into_iter().flatten() {
                    let reach = self.reach.get(*rule).and_then(|known| *known.get_or_init(|| reach(rules.get(*rule)?)));
                    let around =
                        |reach: usize| found.end().saturating_sub(reach)..(found.start() + reach).min(text.len());
                    let part = reach.map(around);
                    match (parts.iter_mut().find(|(known, _)| known == rule), part) {
                        (Some((_, Parts::Around(all))), Some(part)) => add(all, part),
                        (Some(_), _) => {}
                        (None, Some(part)) => parts.push((*rule, Parts::Around(vec![part]))),
                        (None, None) => parts.push((*rule, Parts::All)),
                    }
                }
            }
        }
        parts.extend(self.always.iter().map(|rule| (*rule, Parts::All)));
        parts
    }
}

/// How far from a keyword a match of the rule may reach, if each contains one and is not too long.
fn reach(rule: &Rule) -> Option<usize> {
    let regex = rule.regex.as_ref()?;
    let longest = regex.longest().filter(|longest| *longest <= LONGEST)?;
    regex.requires(&rule.keywords).then_some(longest)
}

/// Adds a part; those of longer keywords may begin before the last one.
fn add(all: &mut Vec<Range<usize>>, mut part: Range<usize>) {
    while let Some(last) = all.last().filter(|last| part.start <= last.end) {
        part = part.start.min(last.start)..part.end.max(last.end);
        all.pop();
    }
    all.push(part);
}
