//! Owns where rules are tried: around their keywords. Must stay true: one pass over the text for all keywords; if each
//! match of a rule contains one of its keywords and has a limited length, only that much around them is searched, which
//! finds the same.

use crate::rules::Rule;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::OnceLock;

/// The longest match for which parts are worthwhile.
const LONGEST: usize = 4096;

/// Finds of a word that are not further from each other are one run: their number does not matter then.
const NEAR: usize = 256;

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
    /// Their lengths.
    lengths: Vec<usize>,
    /// Rules without a keyword.
    always: Vec<usize>,
    /// For each rule whose keyword was met, the reach around it; `None` if all of the text is searched.
    reach: Vec<OnceLock<Option<usize>>>,
}

impl Keywords {
    pub(crate) fn of(rules: &[Rule]) -> Keywords {
        let mut words: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut places = HashMap::new();
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
        let lengths = words.iter().map(|(word, _)| word.len()).collect();
        Keywords { finder, rules: words.into_iter().map(|(_, rules)| rules).collect(), lengths, always, reach }
    }

    /// The rules that are to be tried on this text, and where.
    pub(crate) fn parts(&self, rules: &[Rule], text: &str) -> Vec<(usize, Parts)> {
        let mut parts: BTreeMap<usize, Parts> = BTreeMap::new();
        if let Some(finder) = &self.finder {
            // For each word, the beginning of the first and of the last find of a run of near ones.
            let mut runs: HashMap<usize, (usize, usize)> = HashMap::new();
            for found in finder.find_overlapping_iter(text) {
                let word = found.pattern().as_usize();
                match runs.get_mut(&word) {
                    Some((_, last)) if found.start() - *last <= NEAR => *last = found.start(),
                    _ => {
                        if let Some(run) = runs.insert(word, (found.start(), found.start())) {
                            self.tried(rules, text, word, run, &mut parts);
                        }
                    }
                }
            }
            for (word, run) in runs {
                self.tried(rules, text, word, run, &mut parts);
            }
        }
        let mut all: Vec<(usize, Parts)> = parts.into_iter().collect();
        all.iter_mut().for_each(|(_, parts)| parts.join());
        all.extend(self.always.iter().map(|rule| (*rule, Parts::All)));
        all
    }

    /// Notes that the rules of a word are tried around a run of it.
    fn tried(
        &self,
        rules: &[Rule],
        text: &str,
        word: usize,
        (first, last): (usize, usize),
        parts: &mut BTreeMap<usize, Parts>,
    ) {
        let length = self.lengths.get(word).copied().unwrap_or(0);
        for rule in self.rules.get(word).into_iter().flatten() {
            let reach = self.reach.get(*rule).and_then(|known| *known.get_or_init(|| reach(rules.get(*rule)?)));
            let part = reach.map(|reach| (first + length).saturating_sub(reach)..(last + reach).min(text.len()));
            match (parts.entry(*rule).or_insert_with(|| Parts::Around(Vec::new())), part) {
                (Parts::Around(all), Some(part)) => all.push(part),
                (known, _) => *known = Parts::All,
            }
        }
    }
}

impl Parts {
    /// In order, and joined.
    fn join(&mut self) {
        if let Parts::Around(all) = self {
            all.sort_unstable_by_key(|part| part.start);
            let mut joined: Vec<Range<usize>> = Vec::with_capacity(all.len());
            for part in all.drain(..) {
                match joined.last_mut().filter(|last| part.start <= last.end) {
                    Some(last) => last.end = last.end.max(part.end),
                    None => joined.push(part),
                }
            }
            *all = joined;
        }
    }
}

/// How far from a keyword a match of the rule may reach, if each contains one and is not too long.
fn reach(rule: &Rule) -> Option<usize> {
    let regex = rule.regex.as_ref()?;
    let longest = regex.longest().filter(|longest| *longest <= LONGEST)?;
    regex.requires(&rule.keywords).then_some(longest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::Rules;
    use std::path::Path;

    fn rules(text: &str) -> Rules {
        Rules::of_text(Path::new("rules.toml"), text).unwrap()
    }

    #[test]
    fn a_rule_is_tried_around_its_keywords() {
        let of = |text: &str| {
            let rules = rules("[[rules]]\nid = \"r\"\nregex = \"ab[0-9]{8}\"\nkeywords = [\"ab\", \"b\"]\n");
            match Keywords::of(rules.all()).parts(rules.all(), text).remove(0) {
                (0, Parts::Around(parts)) => parts.into_iter().map(|part| (part.start, part.end)).collect::<Vec<_>>(),
                _ => panic!("it is tried everywhere"),
            }
        };
        assert_eq!(of(&format!("{:100}ab{:100}", "", "")), [(92, 111)]);
        // Near finds are one part, far ones are two.
        assert_eq!(of(&format!("{:100}ab{:200}ab{:100}", "", "", "")), [(92, 313)]);
        assert_eq!(of(&format!("{:100}ab{:300}AB{:100}", "", "", "")), [(92, 111), (394, 413)]);
    }

    /// Takes milliseconds, or minutes if each find of a keyword costs something for each rule.
    #[test]
    fn many_rules_with_one_keyword_take_linear_time() {
        let rule = |n: usize| format!("[[rules]]\nid = \"r{n}\"\nregex = \"a{n}z\"\nkeywords = [\"a\"]\n");
        let rules = rules(&(0..1000).map(rule).collect::<String>());
        let keywords = Keywords::of(rules.all());
        let started = std::time::Instant::now();
        assert_eq!(keywords.parts(rules.all(), &"a".repeat(100_000)).len(), 1000);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
