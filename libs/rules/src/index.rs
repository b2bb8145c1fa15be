//! Owns which rules may apply to a program: an index over the names in the rules, and their conditions as lists. Made for
//! one call, so that a line with many programs takes no longer than its length.

use crate::glob::{self, Paths, Patterns};
use crate::rule::Rule;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The rules by the programs that they name.
pub struct Index<'r> {
    entries: Vec<Entry<'r>>,
    /// Names and the rules that name them, sorted.
    names: Vec<(&'r str, usize)>,
    /// Patterns of names.
    patterns: Vec<(&'r str, usize)>,
    /// Rules for all programs.
    general: Vec<usize>,
    /// The rules of programs that were asked for: a line often has the same ones.
    asked: RefCell<BTreeMap<String, Rc<[usize]>>>,
}

/// A rule, and its conditions as lists once they were needed.
pub struct Entry<'r> {
    pub rule: &'r Rule,
    lists: OnceCell<Box<Lists<'r>>>,
}

/// The conditions of a rule.
pub struct Lists<'r> {
    pub sub: Vec<&'r str>,
    pub flags_any: Vec<&'r str>,
    pub flags_not: Vec<&'r str>,
    pub arg_prefix: Vec<&'r str>,
    pub arg_glob: Patterns<'r>,
    pub arg_not: Patterns<'r>,
    pub arg_last: Patterns<'r>,
    pub via: Patterns<'r>,
    pub words: Vec<&'r str>,
    pub writes: Paths<'r>,
    pub paths: Paths<'r>,
    pub paths_not: Paths<'r>,
}

impl<'r> Entry<'r> {
    /// The conditions.
    pub fn lists(&self) -> &Lists<'r> {
        self.lists.get_or_init(|| {
            let rule = self.rule;
            Box::new(Lists {
                sub: rule.sub.iter().collect(),
                flags_any: rule.flags_any.iter().collect(),
                flags_not: rule.flags_not.iter().collect(),
                arg_prefix: rule.arg_prefix.iter().collect(),
                arg_glob: rule.arg_glob.iter().collect(),
                arg_not: rule.arg_not.iter().collect(),
                arg_last: rule.arg_last.iter().collect(),
                via: rule.via.iter().collect(),
                words: rule.words.iter().collect(),
                writes: Paths::of(rule.writes.iter()),
                paths: Paths::of(rule.paths.iter()),
                paths_not: Paths::of(rule.paths_not.iter()),
            })
        })
    }

    /// Whether the rule is about this file.
    pub fn names_file(&self, path: &str) -> bool {
        let lists = self.lists();
        lists.paths.match_path(path) && !lists.paths_not.match_path(path)
    }
}

impl<'r> Index<'r> {
    /// The index of these rules.
    pub fn of(rules: &'r [Rule]) -> Self {
        let entries = rules.iter().map(|rule| Entry { rule, lists: OnceCell::new() }).collect();
        let (names, patterns) = (Vec::with_capacity(rules.len() * 4), Vec::new());
        let mut index = Index { entries, names, patterns, general: Vec::new(), asked: RefCell::default() };
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
        }
        index.names.sort_unstable();
        index
    }

    /// The rules that may apply to a program, in their order.
    pub fn of_program(&self, name: &str) -> impl Iterator<Item = &Entry<'r>> {
        let known = self.asked.borrow().get(name).cloned();
        let found = known.unwrap_or_else(|| {
            let found: Rc<[usize]> = self.find(name).into();
            self.asked.borrow_mut().insert(name.to_string(), Rc::clone(&found));
            found
        });
        (0..found.len()).filter_map(move |n| self.entries.get(*found.get(n)?))
    }

    fn find(&self, name: &str) -> Vec<usize> {
        let start = self.names.partition_point(|(known, _)| *known < name);
        let named = self.names.get(start..).unwrap_or_default().iter().take_while(|(known, _)| *known == name);
        let matching = self.patterns.iter().filter(|(pattern, _)| glob::matches(pattern, name));
        let mut found: Vec<usize> =
            named.chain(matching).map(|(_, n)| *n).chain(self.general.iter().copied()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rules that apply to a file whatever uses it.
    pub fn of_file(&self, path: &str) -> impl Iterator<Item = &'r Rule> {
        let general = self.general.iter().filter_map(|n| self.entries.get(*n));
        general.filter(move |entry| !entry.rule.paths.is_empty() && entry.names_file(path)).map(|entry| entry.rule)
    }
}
