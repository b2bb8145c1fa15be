//! Owns which rules apply to a call.

use crate::builtin::builtin;
use crate::call::Call;
use crate::flags::Parts;
use crate::rule::{Kind, Rule};
use crate::{glob, opaque, secret, sql, subcommand};
use cs_core::shell::{self, Direction, Input, Run, Word};
use cs_core::validate;
use std::borrow::Cow;

/// Longest text of a target, in characters.
const TARGET: usize = 200;
/// Maximum number of verdicts of a call.
const VERDICTS: usize = 50;

/// All rules: ours, except those that the configuration replaces, and its own.
#[derive(Clone, Debug)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Ours and those of a configuration.
    pub fn with(own: Vec<Rule>) -> Self {
        let mut rules: Vec<Rule> = builtin();
        rules.retain(|rule| !own.iter().any(|own| own.id == rule.id));
        rules.extend(own);
        Rules(rules)
    }

    /// Each rule.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }
}

/// What a rule says about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rule, or `opaque-…`.
    pub rule: Cow<'static, str>,
    /// Why a person should know.
    pub kind: Kind,
    /// 1 to 3.
    pub severity: u8,
    /// The words of the program, or the file, masked.
    pub target: String,
}

/// What all rules say about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Each rule at most once for each program.
    pub verdicts: Vec<Verdict>,
}

impl Judged {
    fn add(&mut self, rule: Cow<'static, str>, kind: Kind, severity: u8, target: &str) {
        // Masked before it is cut, because half a secret would not be recognised.
        let target = validate::cut(target, TARGET);
        let verdict = Verdict { rule, kind, severity, target };
        if self.verdicts.len() < VERDICTS && !self.verdicts.contains(&verdict) {
            self.verdicts.push(verdict);
        }
    }
}

/// What the rules say about a call.
pub fn judge(call: &Call, rules: &Rules) -> Judged {
    let mut judged = Judged::default();
    for path in &call.paths {
        for rule in rules.iter().filter(|rule| rule.program.is_empty() && names_a_file(rule, &[path])) {
            judged.add(rule.id.clone(), rule.kind, rule.severity, path);
        }
    }
    let Some(command) = call.command else { return judged };
    let found = shell::runs(command);
    for run in &found.runs {
        let (text, files) = (text(run), secret::files(run));
        for rule in rules.iter().filter(|rule| applies(rule, run, &files)) {
            judged.add(rule.id.clone(), rule.kind, rule.severity, &text);
        }
        if let Some(reason) = opaque::reason(run) {
            judged.add(Cow::Borrowed(reason), Kind::Opaque, 1, &text);
        }
    }
    if found.is_cut || call.is_cut {
        judged.add(Cow::Borrowed("opaque-long"), Kind::Opaque, 1, command);
    }
    judged
}

/// The words of a program. One with blanks is quoted: where a secret ends would not be recognised without.
fn text(run: &Run) -> String {
    run.words.iter().map(|word| shown(&word.text)).collect::<Vec<_>>().join(" ")
}

fn shown(word: &str) -> Cow<'_, str> {
    match (word.contains(char::is_whitespace), word.contains('\''), word.contains('"')) {
        (false, ..) => Cow::Borrowed(word),
        (true, true, false) => Cow::Owned(format!("\"{word}\"")),
        (true, ..) => Cow::Owned(format!("'{}'", word.replace('\'', ""))),
    }
}

/// Whether every condition of the rule applies to the program, which may touch these files.
fn applies(rule: &Rule, run: &Run, files: &[&str]) -> bool {
    let name = run.program().unwrap_or_default();
    if !rule.program.is_empty() && !rule.program.any(|pattern| glob::matches(pattern, name)) {
        return false;
    }
    if !rule.writes.is_empty() && !overwrites(rule, run) {
        return false;
    }
    if !rule.paths.is_empty() && !names_a_file(rule, files) {
        return false;
    }
    let is_met = |words: &[Word]| fits(rule, run, words);
    match rule.sub.is_empty() {
        true => is_met(run.arguments()),
        false => rule.sub.iter().filter_map(|phrase| subcommand::after(name, run.arguments(), phrase)).any(is_met),
    }
}

/// Whether the conditions for options and arguments apply to these words.
fn fits(rule: &Rule, run: &Run, words: &[Word]) -> bool {
    let parts = Parts::of(words);
    let has_argument = |is_met: &dyn Fn(&str) -> bool| parts.arguments.iter().any(|word| is_met(&word.text));
    let may = |is_empty: bool, is_met: &dyn Fn() -> bool| is_empty || is_met();
    may(rule.flags_any.is_empty(), &|| rule.flags_any.any(|flags| parts.has(flags)))
        && !rule.flags_not.any(|flags| parts.has(flags))
        && may(rule.arg_prefix.is_empty(), &|| {
            has_argument(&|text| rule.arg_prefix.any(|prefix| text.starts_with(prefix)))
        })
        && may(rule.arg_glob.is_empty(), &|| {
            has_argument(&|text| rule.arg_glob.any(|pattern| matches_argument(pattern, text)))
        })
        && !has_argument(&|text| rule.arg_not.any(|pattern| glob::matches(pattern, text)))
        && may(rule.arg_last.is_empty(), &|| {
            let last = parts.arguments.last();
            last.is_some_and(|word| rule.arg_last.any(|pattern| matches_argument(pattern, &word.text)))
        })
        && may(rule.words.is_empty(), &|| texts(run).any(|text| rule.words.any(|phrase| contains(text, phrase))))
        && may(rule.statements.is_empty(), &|| {
            texts(run).any(|text| rule.statements.any(|start| sql::has(text, start)))
        })
}

/// A directory counts with all that is in it: `/etc/` and `/etc/*` are `/etc`.
fn matches_argument(pattern: &str, text: &str) -> bool {
    let inner = text.strip_suffix("/*").or_else(|| text.strip_suffix("/.")).unwrap_or(text).trim_end_matches('/');
    let inner = if inner.is_empty() && text.starts_with('/') { "/" } else { inner };
    glob::matches(pattern, text) || glob::matches(pattern, inner)
}

/// The arguments of a program, and the text that it reads.
fn texts<'a>(run: &'a Run) -> impl Iterator<Item = &'a str> {
    let read = match &run.input {
        Input::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let value = |text: &'a str| match text.split_once('=') {
        Some((_, value)) if text.starts_with("--") => value,
        _ => text,
    };
    run.arguments().iter().map(move |word| value(&word.text)).chain(read)
}

/// Whether the text contains the phrase as whole words, in any case.
fn contains(text: &str, phrase: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    let (words, wanted) = (split(text), split(phrase));
    !wanted.is_empty() && words.windows(wanted.len()).any(|window| *window == *wanted)
}

fn overwrites(rule: &Rule, run: &Run) -> bool {
    let written = run.redirects.iter().filter(|redirect| redirect.direction == Direction::Write);
    let mut targets = written.map(|redirect| redirect.target.text.as_str());
    targets.any(|target| rule.writes.any(|pattern| glob::matches_path(pattern, target)))
}

/// Whether one of the files is one that the rule names. Each pattern is taken once: there may be many files.
fn names_a_file(rule: &Rule, files: &[&str]) -> bool {
    let is_left_out = |file: &str| rule.paths_not.any(|pattern| glob::matches_path(pattern, file));
    rule.paths.any(|pattern| files.iter().any(|file| glob::matches_path(pattern, file) && !is_left_out(file)))
}
