//! Owns which rules apply to a call.

use crate::builtin::builtin;
use crate::call::Call;
use crate::flags::Parts;
use crate::glob::Patterns;
use crate::index::{Entry, Index, Lists};
use crate::rule::{Kind, Rule};
use crate::subcommand::Subcommand;
use crate::{opaque, secret, sql, target};
use cs_core::shell::{self, Direction, Input, Run, Runs, Word};
use cs_core::validate;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

/// Longest text of a target, in characters.
const TARGET: usize = 200;
/// Maximum number of verdicts of a call, and of those by one rule. A graver one takes the place of a lesser one.
const VERDICTS: usize = 50;
const BY_ONE: usize = 10;
/// Longest text that is masked for a target, in bytes.
const MASKED: usize = 4 * 1024;

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
    /// The words of the program, or the file, masked.
    pub target: String,
}

/// What all rules say about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Each rule at most once for each program.
    pub verdicts: Vec<Verdict>,
}

/// Verdicts while they are collected.
struct Collected {
    /// How many there is room for.
    most: usize,
    verdicts: Vec<Verdict>,
    /// Their targets before they were masked, which takes longer than all rules together.
    targets: Vec<Rc<str>>,
}

impl Collected {
    fn add(&mut self, rule: Cow<'static, str>, kind: Kind, severity: u8, target: impl FnOnce() -> Rc<str>) {
        let by_rule = self.verdicts.iter().filter(|known| known.rule == rule).count();
        let replaced = match self.verdicts.len() >= self.most {
            true => self.least_below(severity),
            false => Some(self.verdicts.len()),
        };
        let Some(replaced) = replaced.filter(|_| by_rule < BY_ONE) else { return };
        let target = target();
        let mut known = self.verdicts.iter_mut().zip(&self.targets);
        if let Some((known, _)) = known.find(|(known, of)| known.rule == rule && **of == target) {
            known.severity = known.severity.max(severity);
            return;
        }
        if replaced < self.verdicts.len() {
            self.verdicts.remove(replaced);
            self.targets.remove(replaced);
        }
        self.verdicts.push(Verdict { rule, kind, severity, target: validate::cut(beginning(&target), TARGET) });
        self.targets.push(target);
    }

    /// Where the last of the least grave ones is, if it is less grave than this.
    fn least_below(&self, severity: u8) -> Option<usize> {
        let least = self.verdicts.iter().enumerate().rev().min_by_key(|(_, known)| known.severity)?;
        (least.1.severity < severity).then_some(least.0)
    }
}

/// What the rules say about a call.
pub fn judge(call: &Call, rules: &Rules) -> Judged {
    let index = Index::of(&rules.0);
    let Runs { runs, is_cut } = call.command.map(shell::runs).unwrap_or_default();
    let is_cut = is_cut || call.is_cut;
    // That not everything was read is said in any case.
    let mut judged = Collected { most: VERDICTS - usize::from(is_cut), verdicts: Vec::new(), targets: Vec::new() };
    for path in &call.paths {
        for rule in index.of_file(path) {
            judged.add(rule.id.clone(), rule.kind, rule.severity, || Rc::from(*path));
        }
    }
    for (n, run) in runs.iter().enumerate() {
        let subject = Subject::new(run, runs.get(n + 1));
        for entry in index.of_program(subject.name).filter(|entry| subject.fulfils(entry)) {
            judged.add(entry.rule.id.clone(), entry.rule.kind, entry.rule.severity, || subject.text());
        }
        if let Some(reason) = opaque::reason(run) {
            judged.add(Cow::Borrowed(reason.id), Kind::Opaque, 1, || subject.text());
        }
    }
    if let Some(command) = call.command.filter(|_| is_cut) {
        judged.most = VERDICTS;
        judged.add(Cow::Borrowed(opaque::LONG.id), Kind::Opaque, 1, || Rc::from(beginning(command)));
    }
    Judged { verdicts: judged.verdicts }
}

/// A program of a command line, and what the rules say about it.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The program.
    pub run: Run,
    /// The rules that apply.
    pub reasons: Vec<Reason>,
}

/// A rule that applies, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule, or `opaque-…`.
    pub rule: Cow<'static, str>,
    /// Why a person should know.
    pub kind: Kind,
    /// 1 to 3.
    pub severity: u8,
    /// The conditions of the rule.
    pub why: String,
}

/// What the rules say about each program of a command line, and whether the line was too long or too deep.
pub fn explain(command: &str, rules: &Rules) -> (Vec<Explained>, bool) {
    let index = Index::of(&rules.0);
    let found = shell::runs(command);
    let reasons = |(n, run): (usize, &Run)| {
        let subject = Subject::new(run, found.runs.get(n + 1));
        let entries = index.of_program(subject.name).filter(|entry| subject.fulfils(entry));
        let of_rule = |entry: &Entry| {
            let Rule { id, kind, severity, .. } = entry.rule;
            Reason { rule: id.clone(), kind: *kind, severity: *severity, why: entry.rule.describe() }
        };
        let of_opaque = |opaque: &'static opaque::Opaque| {
            let (rule, why) = (Cow::Borrowed(opaque.id), opaque.about.to_string());
            Reason { rule, kind: Kind::Opaque, severity: 1, why }
        };
        entries.map(of_rule).chain(opaque::reason(run).map(of_opaque)).collect()
    };
    let reasons: Vec<Vec<Reason>> = found.runs.iter().enumerate().map(reasons).collect();
    let explained = found.runs.into_iter().zip(reasons).map(|(run, reasons)| Explained { run, reasons });
    (explained.collect(), found.is_cut)
}

/// The programs of a command line about which the rules of this name say something. `is_cut` of the line stays.
pub fn programs(command: &str, id: &str, rules: &Rules) -> Runs {
    let index = Index::of(&rules.0);
    let Runs { runs, is_cut } = shell::runs(command);
    let says = |n: &usize| {
        let Some(run) = runs.get(*n) else { return false };
        let subject = Subject::new(run, runs.get(n + 1));
        let mut entries = index.of_program(subject.name);
        entries.by_ref().filter(|entry| entry.rule.id == *id).any(|entry| subject.fulfils(entry))
            || opaque::reason(run).is_some_and(|reason| reason.id == id)
    };
    let found: Vec<usize> = (0..runs.len()).filter(says).collect();
    Runs { runs: found.into_iter().filter_map(|n| runs.get(n).cloned()).collect(), is_cut }
}

/// As much of a text as is masked, before it is cut: half a secret would not be recognised.
fn beginning(text: &str) -> &str {
    let end = (0..=text.len().min(MASKED)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// The words of a program. One with blanks is quoted: where a secret ends would not be recognised without.
fn text(run: &Run) -> String {
    let mut text = String::new();
    for word in run.words.iter().map(|word| word.text.as_str()) {
        if !text.is_empty() {
            text.push(' ');
        }
        match (word.contains(char::is_whitespace), word.contains('\''), word.contains('"')) {
            (false, ..) => text += word,
            (true, true, false) => text += &format!("\"{word}\""),
            (true, ..) => text += &format!("'{}'", word.replace('\'', "")),
        }
        if text.len() > MASKED {
            break;
        }
    }
    text
}

/// A program, and what several rules ask about it.
struct Subject<'a> {
    run: &'a Run,
    /// The program that it runs, if it runs one.
    inner: Option<&'a Run>,
    name: &'a str,
    subcommand: OnceCell<Subcommand<'a>>,
    /// All its options and arguments.
    whole: OnceCell<Arguments<'a>>,
    /// Those after the subcommand that was asked for first.
    behind: OnceCell<Arguments<'a>>,
    files: OnceCell<Vec<&'a str>>,
    text: OnceCell<Rc<str>>,
}

/// Words as options and arguments.
struct Arguments<'a> {
    parts: Parts<'a>,
    /// Which paths the arguments mean.
    plain: Vec<Cow<'a, str>>,
    /// How many words these are.
    count: usize,
}

impl<'a> Arguments<'a> {
    fn of(words: &'a [Word]) -> Self {
        let parts = Parts::of(words);
        let plain = parts.arguments.iter().map(|word| target::plain(&word.text)).collect();
        Arguments { parts, plain, count: words.len() }
    }
}

impl<'a> Subject<'a> {
    fn new(run: &'a Run, next: Option<&'a Run>) -> Self {
        let inner = next.filter(|next| next.via.len() > run.via.len());
        let name = run.program().unwrap_or_default();
        let (subcommand, files) = (OnceCell::new(), OnceCell::new());
        let text = OnceCell::new();
        Subject { run, inner, name, subcommand, whole: OnceCell::new(), behind: OnceCell::new(), files, text }
    }

    fn text(&self) -> Rc<str> {
        Rc::clone(self.text.get_or_init(|| text(self.run).into()))
    }

    fn files(&self) -> &[&'a str] {
        self.files.get_or_init(|| secret::files(self.run, self.inner))
    }

    /// Whether every condition of a rule for this program applies to it.
    fn fulfils(&self, entry: &Entry) -> bool {
        let (rule, lists) = (entry.rule, entry.lists());
        if !lists.writes.is_empty() && !overwrites(lists, self.run) {
            return false;
        }
        if !lists.via.is_empty() && !self.run.via.iter().any(|via| lists.via.match_text(via)) {
            return false;
        }
        if !lists.paths.is_empty() && !self.files().iter().any(|file| entry.names_file(file)) {
            return false;
        }
        if lists.sub.is_empty() {
            let whole = self.whole.get_or_init(|| Arguments::of(self.run.arguments()));
            return self.meets(rule, lists, whole);
        }
        let subcommand = self.subcommand.get_or_init(|| Subcommand::of(self.name, self.run.arguments()));
        let behind = lists.sub.iter().filter_map(|phrase| subcommand.after(phrase));
        behind.into_iter().any(|words| {
            let known = self.behind.get_or_init(|| Arguments::of(words));
            match known.count == words.len() {
                true => self.meets(rule, lists, known),
                false => self.meets(rule, lists, &Arguments::of(words)),
            }
        })
    }

    /// Whether the conditions for options, arguments and texts apply.
    fn meets(&self, rule: &Rule, lists: &Lists, words: &Arguments) -> bool {
        let Arguments { parts, plain, .. } = words;
        let does_something = !parts.only_shows || !matches!(rule.kind, Kind::Destructive | Kind::Install);
        let mut arguments = parts.arguments.iter().map(|word| word.text.as_str()).zip(plain);
        let matches = |patterns: &Patterns, (text, plain): (&str, &Cow<str>)| target::matches(patterns, text, plain);
        does_something
            && (lists.flags_any.is_empty() || any(&lists.flags_any, |flags| parts.has(flags)))
            && !any(&lists.flags_not, |flags| parts.has(flags))
            && parts.arguments.len() >= rule.args_least.into()
            && (lists.arg_prefix.is_empty()
                || arguments.clone().any(|(text, _)| any(&lists.arg_prefix, |prefix| text.starts_with(prefix))))
            && (lists.arg_not.is_empty() || !plain.iter().any(|plain| lists.arg_not.match_text(plain)))
            && (lists.arg_glob.is_empty() || arguments.clone().any(|argument| matches(&lists.arg_glob, argument)))
            && (lists.arg_last.is_empty() || arguments.next_back().is_some_and(|last| matches(&lists.arg_last, last)))
            && (lists.words.is_empty()
                || texts(self.run).any(|text| any(&lists.words, |phrase| contains(text, phrase))))
            && (rule.statements.is_empty() || texts(self.run).any(|text| sql::has(text, &rule.statements)))
    }
}

fn any(list: &[&str], is_met: impl Fn(&str) -> bool) -> bool {
    list.iter().any(|it| is_met(it))
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

/// Files in which nothing can be lost.
const NOTHING: [&str; 5] = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/"];

fn overwrites(lists: &Lists, run: &Run) -> bool {
    let is_written =
        |text: &str| !NOTHING.iter().any(|nothing| text.starts_with(nothing)) && lists.writes.match_path(text);
    let mut written = run.redirects.iter().filter(|redirect| redirect.direction == Direction::Write);
    written.any(|redirect| is_written(&redirect.target.text))
}
