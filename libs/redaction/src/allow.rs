//! Owns allowlists: what a rule found but is none. Must stay true: one without a condition that can be judged here
//! allows nothing (commits are not known here).

use crate::pattern::Pattern;

/// What the expressions of an allowlist look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Secret,
    Match,
    Line,
}

/// An allowlist.
#[derive(Clone, Debug)]
pub(crate) struct Allow {
    /// Whether all kinds of its conditions must hold, not one.
    pub(crate) needs_all: bool,
    pub(crate) target: Target,
    pub(crate) regexes: Vec<Pattern>,
    pub(crate) paths: Vec<Pattern>,
    /// In lower case.
    pub(crate) stopwords: Vec<String>,
    pub(crate) has_commits: bool,
    /// The rules that it is for; empty: all of its file.
    pub(crate) rules: Vec<String>,
    pub(crate) line: usize,
}

/// What was found.
pub(crate) struct Candidate<'a> {
    pub(crate) secret: &'a str,
    pub(crate) matched: &'a str,
    pub(crate) line: &'a str,
    pub(crate) path: Option<&'a str>,
}

impl Allow {
    /// Whether what was found is allowed.
    pub(crate) fn allows(&self, found: &Candidate) -> bool {
        let target = match self.target {
            Target::Secret => found.secret,
            Target::Match => found.matched,
            Target::Line => found.line,
        };
        let by_path = || found.path.is_some_and(|path| self.paths.iter().any(|pattern| pattern.is_in(path)));
        let by_regex = || self.regexes.iter().any(|pattern| pattern.is_in(target));
        let by_word = || {
            let secret = found.secret.to_lowercase();
            self.stopwords.iter().any(|word| secret.contains(word.as_str()))
        };
        let checks: [(bool, &dyn Fn() -> bool); 4] = [
            (self.has_commits, &|| false),
            (!self.paths.is_empty(), &by_path),
            (!self.regexes.is_empty(), &by_regex),
            (!self.stopwords.is_empty(), &by_word),
        ];
        let mut asked = checks.iter().filter(|(is_asked, _)| *is_asked).peekable();
        match self.needs_all {
            true => asked.peek().is_some() && asked.all(|(_, holds)| holds()),
            false => asked.any(|(_, holds)| holds()),
        }
    }
}
