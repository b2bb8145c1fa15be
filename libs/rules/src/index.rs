//! Owns which rules may apply to a program: an index over the names in the rules, so that a line with many programs takes
//! no longer than its length. Made for one call, which takes a few microseconds.

use crate::glob::{self, Paths};
use crate::rule::Rule;

/// The rules by the programs that they name.
pub struct Index<'r> {
    rules: &'r [Rule],
    /// Names and the rules that name them, sorted.
    names: Vec<(&'r str, usize)>,
    /// Patterns of names.
    patterns: Vec<(&'r str, usize)>,
    /// Rules for all programs.
    general: Vec<usize>,
    /// Patterns of files, and those that do not count, for the rules that have any.
    paths: Vec<(usize, Paths<'r>, Paths<'r>)>,
}

impl<'r> Index<'r> {
    /// The index of these rules.
    pub fn of(rules: &'r [Rule]) -> Self {
        let (names, patterns) = (Vec::with_capacity(rules.len() * 5), Vec::new());
        let mut index = Index { rules, names, patterns, general: Vec::new(), paths: Vec::new() };
        for (n, rule) in rules.iter().enumerate() {
            let mut is_general = true;
            for name in rule.program.iter() {
                is_general = false;
                let list = if glob::is_pattern(name) { &mut index.patterns } else { &mut index.names };
                list.push((name, n));
            }
            if is_general {
                index.general.push(n);
            }
            if !rule.paths.is_empty() {
                index.paths.push((n, Paths::of(rule.paths.iter()), Paths::of(rule.paths_not.iter())));
            }
        }
        index.names.sort_unstable();
        index
    }

    /// The rules that may apply to a program, in their order.
    pub fn of_program(&self, name: &str) -> Vec<(usize, &'r Rule)> {
        let start = self.names.partition_point(|(known, _)| *known < name);
        let named = self.names.get(start..).unwrap_or_default().iter().take_while(|(known, _)| *known == name);
        let matching = self.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, name));
        let mut found: Vec<usize> =
            named.chain(matching).map(|(_, n)| *n).chain(self.general.iter().copied()).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|n| Some((n, self.rules.get(n)?))).collect()
    }

    /// The rules that apply to a file whatever uses it.
    pub fn of_file<'i>(&'i self, path: &'i str) -> impl Iterator<Item = &'r Rule> + 'i {
        let general = self.general.iter().filter(|n| self.names_file(**n, path));
        general.filter_map(|n| self.rules.get(*n))
    }

    /// Whether a rule is about this file.
    pub fn names_file(&self, rule: usize, path: &str) -> bool {
        let found = self.paths.iter().find(|(n, _, _)| *n == rule);
        found.is_some_and(|(_, paths, not)| paths.match_path(path) && !not.match_path(path))
    }
}
