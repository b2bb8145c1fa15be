//! Owns the names of what a scan finds, for those who list or name it (`redaction`): the same scan as for masking, a
//! name for each span. Must stay true: nothing here is linked by programs that only mask.

use super::find::{Find, Sure, UNKNOWN_MAKER};
use super::keys;
use super::names::Kind;
use super::scan::{Scan, Sort};
use super::tokens::Tokens;
use super::{blocks, personal};
use std::ops::Range;

/// Rules for shapes that are not in the table of keys.
const SHAPES: [&str; 6] = ["jwt", "private-key", "telegram-token", "firebase-key", "discord-token", "azure-secret"];
/// Rules that depend on what is around a secret.
const PLACES: [&str; 9] =
    ["password", "secret", "session", "authorization", "cookie", "url-password", "login", "basic-auth", UNKNOWN_MAKER];

/// All rules, each once.
pub fn rules() -> Vec<(&'static str, Sure)> {
    let mut all: Vec<(&'static str, Sure)> = Vec::new();
    let definite = SHAPES.into_iter().chain(keys::names()).map(|name| (name, Sure::Definite));
    let others = PLACES.into_iter().map(|name| (name, Sure::Candidate));
    let people = personal::RULES.into_iter().map(|name| (name, Sure::Personal));
    for rule in definite.chain(others).chain(people) {
        if !all.iter().any(|(name, _)| *name == rule.0) {
            all.push(rule);
        }
    }
    all
}

/// The secrets that begin in these parts of the text, in order. Windows begin at words.
pub fn finds(text: &str, windows: &[Range<usize>]) -> Vec<Find> {
    let mut scan = Scan::new(text, windows);
    let mut all = Vec::new();
    while let Some(span) = scan.next_span() {
        let (rule, sure) = scan.name(&span);
        all.push(Find { span, rule, sure });
    }
    for window in windows {
        joined(&scan.tokens, window, &mut all);
    }
    all.sort_by_key(|find| find.span.start);
    all
}

/// Keys of a known shape after an underscore inside of a word: `mcp__server_ghp_…`.
fn joined(tokens: &Tokens, window: &Range<usize>, all: &mut Vec<Find>) {
    let (mut at, mut word_end) = (window.start, window.start);
    while let Some(next) = tokens.bytes.get(at..window.end).and_then(|rest| rest.iter().position(|&byte| byte == b'_'))
    {
        at += next + 1;
        word_end = if at < word_end { word_end } else { tokens.run(at, super::class::is_name) };
        let first = tokens.byte(at);
        let named = if first.is_ascii_alphanumeric() { tokens.named(at, word_end) } else { None };
        if let Some((rule, end)) = named.filter(|(name, _)| *name != UNKNOWN_MAKER) {
            all.push(Find { span: at..end, rule, sure: Sure::Definite });
            at = end;
        }
    }
}

impl Scan<'_> {
    /// The rule that found the last span.
    fn name(&self, span: &Range<usize>) -> (&'static str, Sure) {
        if blocks::armour(self.bytes(), span.start).is_some() {
            return ("private-key", Sure::Definite);
        }
        let begin = self.tokens.word_begin(span.start);
        let end = self.run(begin, super::class::is_name);
        if let Some((name, end)) = self.tokens.named(begin, end)
            && end >= span.end
        {
            return (name, if name == UNKNOWN_MAKER { Sure::Candidate } else { Sure::Definite });
        }
        match self.sort.get() {
            _ if self.byte(self.begin) == b'~' => ("azure-secret", Sure::Definite),
            Sort::Url => ("url-password", Sure::Candidate),
            Sort::Login => ("login", Sure::Candidate),
            Sort::Value(kind) => (kind.rule(), Sure::Candidate),
        }
    }
}

impl Kind {
    fn rule(self) -> &'static str {
        match self {
            Kind::Password | Kind::Directory => "password",
            Kind::Secret | Kind::Key | Kind::Random => "secret",
            Kind::Session => "session",
            Kind::Basic => "basic-auth",
            Kind::Authorization => "authorization",
            Kind::Cookie => "cookie",
        }
    }
}
