//! Owns finding what the rules describe in a text, and replacing it.
//!
//! Must stay true: twice changes nothing, because no rule looks into a placeholder, and a text is searched again around
//! each until nothing is found. A rule is only compiled, and tried, where one of its keywords is. What cannot be judged
//! is found: an expression that cannot be compiled finds the whole text.

use crate::allow::Candidate;
use crate::key::{Key, slug};
use crate::keywords::{Keywords, Parts};
use crate::opaque::{self, Known};
use crate::rules::{Rule, Rules};
use crate::tier::Tier;
use redact::personal::Personal;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Maximum number of searches. The first one finds everything except what only a placeholder reveals; a text that was made
/// to need more is found as a whole.
const ROUNDS: usize = 8;
/// How many bytes around a placeholder the next search covers.
const AROUND: usize = 1024;

/// The name in placeholders of what a person redacted.
pub const REDACTED: &str = "redacted";
/// How much of a line is looked at around a find.
const LINE: usize = 4096;

/// Where a text stands; rules may apply only to some.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The file, as it was named.
    pub path: Option<&'a str>,
    /// The kind of part of a conversation: `prompt`, `call`, ….
    pub kind: Option<&'a str>,
    /// The field of the part: `text`, `input`, ….
    pub field: Option<&'a str>,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The rule's id.
    pub rule: String,
    /// How sure the rule is.
    pub tier: Tier,
    /// What replaces it.
    pub placeholder: String,
}

/// A text after replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// What was replaced: spans of the text before, in order, not overlapping.
    pub found: Vec<Found>,
}

/// Rules, ready to be used, and the key of the placeholders.
pub struct Engine {
    rules: Rules,
    key: Key,
    keywords: Keywords,
    personal: Personal,
    /// The built-in rules by name.
    builtin: HashMap<String, usize>,
    placeholders: Known,
}

/// A span and the index of the rule that found it.
type Hit = (Range<usize>, usize);

impl Engine {
    /// Nothing is compiled before a rule's keyword is met.
    pub fn new(rules: Rules, key: Key) -> Engine {
        let builtin = rules.all().iter().enumerate().filter(|(_, rule)| rule.is_builtin());
        let builtin = builtin.map(|(at, rule)| (rule.id.clone(), at)).collect();
        let names = rules.all().iter().map(|rule| slug(&rule.id)).chain([REDACTED.to_string()]).collect();
        let fixed = rules.all().iter().filter(|rule| rule.enabled).filter_map(|rule| rule.replacement.clone());
        let placeholders = Known { names, fixed: fixed.collect() };
        let personal = Personal::new(rules.names().iter().cloned());
        Engine { keywords: Keywords::of(rules.all()), rules, key, personal, builtin, placeholders }
    }

    /// Its rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What the rules find, in order; overlapping finds are joined, under the rule of the longest.
    pub fn find(&mut self, text: &str, place: Place) -> Vec<Found> {
        let first = self.search(text, None, place);
        if first.is_empty() {
            return Vec::new();
        }
        let mut found = self.named(text, first);
        for round in 1..=ROUNDS {
            let (current, marks) = replaced(text, &found);
            let more = self.search(&current, Some(&marks), place);
            if more.is_empty() {
                break;
            }
            if round == ROUNDS {
                return self.named(text, more.into_iter().take(1).map(|(_, rule)| (0..text.len(), rule)).collect());
            }
            let of_text = |(span, rule)| Some((original(&found, &marks, span)?, rule));
            let more = more.into_iter().filter_map(of_text).collect();
            found.extend(self.named(text, more));
            found.sort_by_key(|one| one.span.start);
        }
        found
    }

    /// The text with all that was found replaced.
    pub fn redact<'t>(&mut self, text: &'t str, place: Place) -> Redacted<'t> {
        let found = self.find(text, place);
        let text = if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(replaced(text, &found).0) };
        Redacted { text, found }
    }

    /// What replaces a secret that this rule found: its fixed text, or the placeholder.
    pub fn placeholder(&self, rule: &str, secret: &str) -> String {
        let known = self.rules.all().iter().find(|known| known.id == rule);
        let fixed = known.and_then(|rule| rule.replacement.clone());
        fixed.unwrap_or_else(|| self.key.placeholder(rule, secret))
    }

    /// One search of the text, or of what is around these spans of it.
    fn search(&self, text: &str, marks: Option<&[Range<usize>]>, place: Place) -> Vec<Hit> {
        let opaque = opaque::spans(text, &self.placeholders);
        let seen = redact::placeholder::filled(text, &opaque);
        let windows = match marks {
            None => std::iter::once(0..text.len()).collect(),
            Some(marks) => around(&seen, marks),
        };
        let mut hits: Vec<Hit> = Vec::new();
        self.search_builtin(&seen, &windows, place, &mut hits);
        for (rule, parts) in self.keywords.parts(self.rules.all(), &seen) {
            let parts = match (marks, parts) {
                (Some(_), Parts::Around(parts)) => common(&parts, &windows),
                (_, Parts::Around(parts)) => parts,
                (_, Parts::All) => std::iter::once(0..text.len()).collect(),
            };
            self.search_rule(rule, &seen, &parts, place, &mut hits);
        }
        opaque::without(text, &joined(hits), &opaque)
    }

    fn search_builtin(&self, text: &str, windows: &[Range<usize>], place: Place, hits: &mut Vec<Hit>) {
        let secrets = redact::finds(text, windows);
        let people = windows.iter().flat_map(|window| self.personal.finds(text, window.clone()));
        for find in secrets.into_iter().chain(people) {
            let Some((at, rule)) = self.builtin.get(find.rule).and_then(|at| Some((*at, self.rules.all().get(*at)?)))
            else {
                continue;
            };
            let secret = text.get(find.span.clone()).unwrap_or_default();
            if applies(rule, place) && is_kept(rule, text, &find.span, secret, place) {
                hits.push((find.span, at));
            }
        }
    }

    fn search_rule(&self, at: usize, text: &str, parts: &[Range<usize>], place: Place, hits: &mut Vec<Hit>) {
        let Some((rule, regex)) = self.rules.all().get(at).and_then(|rule| Some((rule, rule.regex.as_ref()?))) else {
            return;
        };
        // A path that is not known may be any.
        let of_path = |pattern: &crate::pattern::Pattern| place.path.is_none_or(|path| pattern.may_be_in(path));
        if !applies(rule, place) || !rule.path.as_ref().is_none_or(of_path) {
            return;
        }
        for part in parts {
            let Some(all) = regex.all_in(text, part.clone()) else {
                hits.push((0..text.len(), at));
                return;
            };
            for matched in all {
                // Without a number it is the first group that matched something, as in gitleaks.
                let group = |group: usize| matched.groups.get(group).cloned().flatten();
                let span = match rule.secret_group {
                    0 => (1..matched.groups.len()).filter_map(group).find(|span| !span.is_empty()),
                    number => Some(group(number).unwrap_or(0..0)),
                };
                let span = span.unwrap_or(matched.whole.clone());
                let span = trimmed(text, span);
                let secret = text.get(span.clone()).unwrap_or_default();
                if !secret.is_empty() && is_kept(rule, text, &matched.whole, secret, place) {
                    hits.push((span, at));
                }
            }
        }
    }

    /// The finds with their rules and placeholders.
    fn named(&self, text: &str, hits: Vec<Hit>) -> Vec<Found> {
        let one = |(span, at): Hit| {
            let rule = self.rules.all().get(at)?;
            let secret = text.get(span.clone())?;
            let fixed = rule.replacement.clone();
            let placeholder = fixed.unwrap_or_else(|| self.key.placeholder(&rule.id, secret));
            Some(Found { span, rule: rule.id.clone(), tier: rule.tier, placeholder })
        };
        hits.into_iter().filter_map(one).collect()
    }
}

/// Whether the rule is for this place. A place that is not known may be any.
fn applies(rule: &Rule, place: Place) -> bool {
    let fits =
        |all: &[String], one: Option<&str>| all.is_empty() || one.is_none_or(|one| all.iter().any(|name| name == one));
    rule.enabled && fits(&rule.kinds, place.kind) && fits(&rule.fields, place.field)
}

/// Whether what was found is random enough, and not allowed.
fn is_kept(rule: &Rule, text: &str, whole: &Range<usize>, secret: &str, place: Place) -> bool {
    if rule.entropy > 0.0 && entropy(secret) <= rule.entropy {
        return false;
    }
    if rule.allow.is_empty() {
        return true;
    }
    let found = Candidate {
        secret,
        matched: text.get(whole.clone()).unwrap_or_default(),
        line: line(text, whole),
        path: place.path,
    };
    !rule.allow.iter().any(|allow| allow.allows(&found))
}

/// The lines that a span stands in: of long ones, what is near it.
fn line<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    let mut least = span.start.saturating_sub(LINE);
    while !text.is_char_boundary(least) {
        least += 1;
    }
    let mut most = (span.end + LINE).min(text.len());
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    let begin = text.get(least..span.start).and_then(|text| text.rfind('\n')).map_or(least, |at| least + at + 1);
    let end = text.get(span.end..most).and_then(|text| text.find('\n')).map_or(most, |at| span.end + at);
    text.get(begin..end).unwrap_or_default()
}

/// The span without line ends around it.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = text.get(span.clone()).unwrap_or_default();
    let begin = span.start + inner.len() - inner.trim_start_matches(['\n', '\r']).len();
    begin..(span.end - (inner.len() - inner.trim_end_matches(['\n', '\r']).len())).max(begin)
}

/// Shannon's entropy of a text, in bits for each character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let all = text.len() as f64;
    let of = |count: &u32| f64::from(*count) / all;
    counts.iter().filter(|count| **count > 0).map(|count| -of(count) * of(count).log2()).sum()
}

/// The hits in order; overlapping ones are one, under the rule of the longest, or of the first of the longest.
fn joined(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.retain(|(span, _)| !span.is_empty());
    hits.sort_by_key(|(span, rule)| (span.start, *rule));
    let mut all: Vec<(Hit, usize)> = Vec::with_capacity(hits.len());
    for (span, rule) in hits {
        match all.last_mut() {
            Some(((known, of), longest)) if span.start < known.end => {
                if span.len() > *longest || span.len() == *longest && rule < *of {
                    (*longest, *of) = (span.len(), rule);
                }
                known.end = known.end.max(span.end);
            }
            _ => {
                let length = span.len();
                all.push(((span, rule), length));
            }
        }
    }
    all.into_iter().map(|(hit, _)| hit).collect()
}

/// The text with the finds replaced, and where the placeholders are in it.
fn replaced(text: &str, found: &[Found]) -> (String, Vec<Range<usize>>) {
    let (mut out, mut marks, mut done) = (String::with_capacity(text.len()), Vec::with_capacity(found.len()), 0);
    for one in found {
        out.push_str(text.get(done..one.span.start).unwrap_or_default());
        marks.push(out.len()..out.len() + one.placeholder.len());
        out.push_str(&one.placeholder);
        done = one.span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    (out, marks)
}

/// Where a span of the replaced text, which touches no placeholder, is in the text before.
fn original(found: &[Found], marks: &[Range<usize>], span: Range<usize>) -> Option<Range<usize>> {
    let before = marks.partition_point(|mark| mark.end <= span.start);
    let Some(last) = before.checked_sub(1) else { return Some(span) };
    let (mark, one) = (marks.get(last)?, found.get(last)?);
    let of = |at: usize| at - mark.end + one.span.end;
    Some(of(span.start)..of(span.end))
}

/// The surroundings of spans, each beginning at a space or where the previous one ends.
fn around(text: &str, marks: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        let end = (mark.end + AROUND).min(text.len());
        let known = windows.last().map_or(0, |last| last.end);
        let begin = mark.start.saturating_sub(AROUND).max(known);
        let before = text.as_bytes().get(known..begin).unwrap_or_default();
        let begin = before.iter().rposition(u8::is_ascii_whitespace).map_or(known, |at| known + at);
        match windows.last_mut() {
            Some(last) if begin <= last.end => last.end = last.end.max(end),
            _ => windows.push(begin..end),
        }
    }
    windows
}

/// The parts of which some are in a window.
fn common(parts: &[Range<usize>], windows: &[Range<usize>]) -> Vec<Range<usize>> {
    let (mut all, mut first) = (Vec::new(), 0);
    for part in parts {
        first += windows.iter().skip(first).take_while(|window| window.end <= part.start).count();
        if windows.get(first).is_some_and(|window| window.start < part.end) {
            all.push(part.clone());
        }
    }
    all
}
