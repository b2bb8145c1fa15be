//! Owns which rules apply to a call.

use crate::builtin::builtin;
use crate::call::Call;
use crate::flags::Parts;
use crate::glob::{self, Paths};
use crate::index::Index;
use crate::rule::{Kind, Rule};
use crate::{opaque, secret, sql, subcommand, target};
use cs_core::shell::{self, Direction, Input, Run, Runs, Word};
use cs_core::validate;
use std::borrow::Cow;
use std::cell::OnceCell;

/// Longest text of a target, in characters.
const TARGET: usize = 200;
/// Bytes of which a target is cut and masked; no secret that begins in it is longer.
const READ: usize = 16 * 1024;
/// Maximum number of verdicts of a call.
const VERDICTS: usize = 50;

/// All rules: ours, except those that the configuration replaces, and its own.
#[derive(Clone, Debug)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Ours and those of a configuration.
    pub fn with(own: Vec<Rule>) -> Self {
        let mut rules: Vec<Rule> = builtin();
        if !own.is_empty() {
            rules.retain(|rule| !own.iter().any(|own| own.id == rule.id));
            rules.extend(own);
        }
        Rules(rules)
    }

    #[cfg(test)]
    /// Only these.
    pub fn only(rules: Vec<Rule>) -> Self {
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
    /// The words of the program, or the file.
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
        let known = self.verdicts.iter_mut().find(|known| known.rule == rule && known.target == target);
        if let Some(known) = known {
            known.severity = known.severity.max(severity);
        } else if self.verdicts.len() < VERDICTS {
            self.verdicts.push(Verdict { rule, kind, severity, target });
        }
    }
}

/// What the rules say about a call.
pub fn judge(call: &Call, rules: &Rules) -> Judged {
    let mut judged = Judged::default();
    let index = Index::of(&rules.0);
    for path in &call.paths {
        for rule in index.of_file(path) {
            judged.add(rule.id.clone(), rule.kind, rule.severity, path);
        }
    }
    let Some(command) = call.command else { return judged };
    let found = shell::runs(command);
    for run in &found.runs {
        let subject = Subject::new(run);
        let rules = index.of_program(subject.name).into_iter();
        for (_, rule) in rules.filter(|(n, rule)| subject.fulfils(*n, rule, &index)) {
            judged.add(rule.id.clone(), rule.kind, rule.severity, subject.text());
        }
        if let Some(reason) = opaque::reason(run) {
            judged.add(Cow::Borrowed(reason), Kind::Opaque, 1, subject.text());
        }
    }
    if found.is_cut || call.is_cut {
        judged.add(Cow::Borrowed("opaque-long"), Kind::Opaque, 1, command);
    }
    judged
}

/// The programs of a command line about which the rules of this name say something. `is_cut` of the line stays.
pub fn programs(command: &str, id: &str, rules: &Rules) -> Runs {
    let index = Index::of(&rules.0);
    let mut found = shell::runs(command);
    let says = |run: &Run| {
        let subject = Subject::new(run);
        let mut rules = index.of_program(subject.name).into_iter().filter(|(_, rule)| rule.id == *id);
        rules.any(|(n, rule)| subject.fulfils(n, rule, &index))
            || opaque::reason(run).is_some_and(|reason| reason == id)
    };
    found.runs.retain(says);
    found
}

/// Words with spaces between them. One with blanks is quoted: where a secret ends would not be recognised without.
fn text<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&shown(word));
        if text.len() > READ {
            break;
        }
    }
    text
}

fn shown(word: &str) -> Cow<'_, str> {
    match (word.contains(char::is_whitespace), word.contains('\''), word.contains('"')) {
        (false, ..) => Cow::Borrowed(word),
        (true, true, false) => Cow::Owned(format!("\"{word}\"")),
        (true, ..) => Cow::Owned(format!("'{}'", word.replace('\'', ""))),
    }
}

/// A program, and what several rules ask about it.
struct Subject<'a> {
    run: &'a Run,
    name: &'a str,
    /// The options and arguments behind each subcommand that was asked for, by the number of words.
    parts: OnceCell<Box<(usize, Parts<'a>, Vec<Cow<'a, str>>)>>,
    files: OnceCell<Vec<&'a str>>,
    text: OnceCell<String>,
}

impl<'a> Subject<'a> {
    fn new(run: &'a Run) -> Self {
        let name = run.program().unwrap_or_default();
        Subject { run, name, parts: OnceCell::new(), files: OnceCell::new(), text: OnceCell::new() }
    }

    fn text(&self) -> &str {
        self.text.get_or_init(|| text(self.run.words.iter().map(|word| word.text.as_str())))
    }

    fn files(&self) -> &[&'a str] {
        self.files.get_or_init(|| secret::files(self.run))
    }

    /// Whether every condition of a rule for this program applies to it.
    fn fulfils(&self, n: usize, rule: &Rule, index: &Index) -> bool {
        if !rule.writes.is_empty() && !overwrites(rule, self.run) {
            return false;
        }
        if !rule.via.is_empty() && !self.run.via.iter().any(|via| rule.via.any(|pattern| glob::matches(pattern, via))) {
            return false;
        }
        if !rule.paths.is_empty() && !self.files().iter().any(|file| index.names_file(n, file)) {
            return false;
        }
        if !has_more(rule) {
            return true;
        }
        let words = self.run.arguments();
        match rule.sub.is_empty() {
            true => self.fits(rule, words),
            false => rule
                .sub
                .iter()
                .filter_map(|phrase| subcommand::after(self.name, words, phrase))
                .any(|words| self.fits(rule, words)),
        }
    }

    /// Whether the conditions for options and arguments apply to these words, the last ones of the program.
    fn fits(&self, rule: &Rule, words: &'a [Word]) -> bool {
        let parse = || {
            let parts = Parts::of(words);
            let plain = parts.arguments.iter().map(|word| target::plain(&word.text)).collect();
            Box::new((words.len(), parts, plain))
        };
        let known = self.parts.get_or_init(parse);
        if known.0 == words.len() {
            return self.meets(rule, &known.1, &known.2);
        }
        let other = parse();
        self.meets(rule, &other.1, &other.2)
    }

    fn meets(&self, rule: &Rule, parts: &Parts, plain: &[Cow<str>]) -> bool {
        let does_something = !parts.only_shows || !matches!(rule.kind, Kind::Destructive | Kind::Install);
        let arguments = || parts.arguments.iter().map(|word| word.text.as_str()).zip(plain);
        let prefixed = |(text, _): (&str, &Cow<str>)| rule.arg_prefix.any(|prefix| text.starts_with(prefix));
        let matching =
            |(text, plain): (&str, &Cow<str>)| rule.arg_glob.any(|pattern| target::matches(pattern, text, plain));
        let is_last =
            |(text, plain): (&str, &Cow<str>)| rule.arg_last.any(|pattern| target::matches(pattern, text, plain));
        does_something
            && (rule.flags_any.is_empty() || rule.flags_any.any(|flags| parts.has(flags)))
            && !rule.flags_not.any(|flags| parts.has(flags))
            && parts.arguments.len() >= rule.args_least.into()
            && (rule.arg_prefix.is_empty() || arguments().any(prefixed))
            && !plain.iter().any(|plain| rule.arg_not.any(|pattern| glob::matches(pattern, plain)))
            && (rule.arg_glob.is_empty() || arguments().any(matching))
            && (rule.arg_last.is_empty() || arguments().next_back().is_some_and(is_last))
            && (rule.words.is_empty() || texts(self.run).any(|text| rule.words.any(|phrase| contains(text, phrase))))
            && (rule.statements.is_empty() || texts(self.run).any(|text| sql::has(text, &rule.statements)))
    }
}

/// Whether a rule has a condition for options, arguments or texts, or one that `--help` lifts.
fn has_more(rule: &Rule) -> bool {
    let general = ["program", "writes", "paths", "paths_not", "via"];
    let conditions = rule.conditions();
    let has_other = conditions.iter().any(|(name, words)| !general.contains(name) && !words.is_empty());
    has_other || rule.args_least > 0 || matches!(rule.kind, Kind::Destructive | Kind::Install)
}

/// The arguments of a program, and the text that it reads.
fn texts<'a>(run: &'a Run) -> impl Iterator<Item = &'a str> {
    let read = match &run.input {
        Input::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let value = |text: &'a str| match text.split_once('=') {
        Some((_, value)) if text.starts_with("--") => value,
        // `-eSTATEMENT`
        _ if text.starts_with('-') && text.contains(' ') => text.get(2..).unwrap_or_default(),
        _ => text,
    };
    run.arguments().iter().map(move |word| value(&word.text)).chain(read)
}

/// Whether the text contains the phrase as whole words, in any case.
fn contains(text: &str, phrase: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut rest = text.split(move |c| !is_part(c)).filter(|word| !word.is_empty());
    let begins = |words: &mut dyn Iterator<Item = &str>| {
        phrase.split(' ').all(|wanted| words.next().is_some_and(|word| word.eq_ignore_ascii_case(wanted)))
    };
    loop {
        let mut words = rest.clone();
        if begins(&mut words) {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

fn overwrites(rule: &Rule, run: &Run) -> bool {
    let written = run.redirects.iter().filter(|redirect| redirect.direction == Direction::Write);
    let mut targets = written.map(|redirect| redirect.target.text.as_str()).peekable();
    if targets.peek().is_none() {
        return false;
    }
    let paths = Paths::of(rule.writes.iter());
    targets.any(|target| paths.match_path(target))
}
