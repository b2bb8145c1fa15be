//! Owns what may be shown of a text: manual redactions, then what is kept by hand, then rules. Must stay true: a field
//! whose marked text has changed is withheld as a whole, and so are the other fields of an entry of which one has a
//! redaction, since they may tell the same, unless they have marks of their own; a line of marks that is damaged may be a
//! redaction.

use crate::fields::{TEXT, field_name};
use crate::file::Marks;
use crate::line::Broken;
use crate::mark::{Mark, Op};
use redaction::{Engine, Found, Place};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// What is shown instead of a field that is withheld.
pub const WITHHELD: &str = "[withheld]";
/// The name in placeholders of what a person redacted.
const REDACTED: &str = "redacted";

/// Why something is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A rule found it.
    Rule {
        /// The rule's id.
        rule: String,
        /// How sure it is.
        tier: redaction::Tier,
    },
    /// A person said so.
    Mark {
        /// The mark's id.
        id: String,
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
    /// All of it is withheld: the text has changed since it was marked, or another field of its entry is marked.
    Withheld,
}

/// A piece of the text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the text before.
    pub span: Range<usize>,
    /// What stands there instead.
    pub with: String,
    /// Why.
    pub why: Why,
}

/// A text as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitized<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// What was replaced, in order, not overlapping.
    pub cuts: Vec<Cut>,
    /// Number of finds of rules that stay because a person said so.
    pub kept: usize,
}

/// The marks of a conversation, with the rules.
pub struct Sanitizer<'a> {
    engine: &'a mut Engine,
    /// Redactions and what is kept, by entry.
    by_entry: HashMap<&'a str, Vec<&'a Mark>>,
    /// Damaged lines that may be redactions.
    hiding: Vec<&'a Broken>,
}

/// What marks say about a field.
enum Said<'a> {
    Withheld,
    Spans { redacted: Vec<(Range<usize>, &'a Mark)>, kept: Vec<Range<usize>> },
}

impl<'a> Sanitizer<'a> {
    /// For the texts of one conversation.
    pub fn new(engine: &'a mut Engine, marks: &'a Marks) -> Sanitizer<'a> {
        let mut by_entry: HashMap<&str, Vec<&Mark>> = HashMap::new();
        for mark in marks.holding().filter(|mark| matches!(mark.said.op, Op::Redact | Op::Keep)) {
            by_entry.entry(mark.said.target.entry.as_deref().unwrap_or_default()).or_default().push(mark);
        }
        Sanitizer { engine, by_entry, hiding: marks.hiding().collect() }
    }

    /// What may be shown of a field of the part with this anchor; without the name of a field, it is `text`.
    pub fn text<'t>(&mut self, entry: &str, place: Place, text: &'t str) -> Sanitized<'t> {
        if text.is_empty() {
            return Sanitized { text: Cow::Borrowed(text), cuts: Vec::new(), kept: 0 };
        }
        let (redacted, kept) = match self.said(entry, field_name(place.kind, place.field.unwrap_or(TEXT)), text) {
            Said::Withheld => return withheld(text),
            Said::Spans { redacted, kept } => (redacted, kept),
        };
        let is_whole = |(span, _): &(Range<usize>, &Mark)| *span == (0..text.len());
        let found = if redacted.iter().any(is_whole) { Vec::new() } else { self.engine.find(text, place) };
        let is_kept = |one: &Found| {
            kept.iter().any(|kept| kept.start <= one.span.start && one.span.end <= kept.end)
                && !redacted.iter().any(|(span, _)| overlap(span, &one.span))
        };
        let (stay, found): (Vec<Found>, Vec<Found>) = found.into_iter().partition(is_kept);
        let cuts = self.joined(text, redacted, found);
        let text = if cuts.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(replaced(text, &cuts)) };
        Sanitized { text, cuts, kept: stay.len() }
    }

    /// What marks say about a field.
    fn said(&self, entry: &str, field: &str, text: &str) -> Said<'a> {
        if self.hiding.iter().any(|broken| broken.is_about(entry)) {
            return Said::Withheld;
        }
        let (mut redacted, mut kept, mut is_elsewhere, mut is_here) = (Vec::new(), Vec::new(), false, false);
        let mut digest = None;
        for mark in self.by_entry.get(entry).into_iter().flatten() {
            let target = &mark.said.target;
            let is_redaction = mark.said.op == Op::Redact;
            if is_redaction && target.field.is_none() && target.span.is_none() {
                redacted.push((0..text.len(), *mark));
                is_here = true;
                continue;
            }
            if target.field.as_deref().unwrap_or(TEXT) != field {
                is_elsewhere |= is_redaction;
                continue;
            }
            let now = digest.get_or_insert_with(|| self.engine.key().digest(text));
            let span = target.span.map_or(0..text.len(), |(from, to)| from..to);
            let fits = target.digest.as_ref() == Some(now) && text.get(span.clone()).is_some();
            match (is_redaction, fits) {
                (true, true) => redacted.push((span, *mark)),
                (true, false) => return Said::Withheld,
                (false, true) => kept.push(span),
                // What was kept is something else now.
                (false, false) => {}
            }
            is_here |= is_redaction;
        }
        if is_elsewhere && !is_here { Said::Withheld } else { Said::Spans { redacted, kept } }
    }

    /// What is cut, in order: overlapping pieces are joined; what a person said wins, else the longest.
    fn joined(&self, text: &str, redacted: Vec<(Range<usize>, &Mark)>, found: Vec<Found>) -> Vec<Cut> {
        let manual = redacted.into_iter().map(|(span, mark)| Piece { span, by: By::Mark(mark) });
        let rules = found.into_iter().map(|found| Piece { span: found.span.clone(), by: By::Rule(found) });
        let mut pieces: Vec<Piece> = manual.chain(rules).collect();
        pieces.sort_by_key(|piece| (piece.span.start, std::cmp::Reverse(piece.span.end)));
        let mut joined: Vec<(Range<usize>, Piece)> = Vec::new();
        for piece in pieces {
            match joined.last_mut() {
                Some((all, strongest)) if piece.span.start < all.end => {
                    all.end = all.end.max(piece.span.end);
                    if piece.strength() > strongest.strength() {
                        *strongest = piece;
                    }
                }
                _ => joined.push((piece.span.clone(), piece)),
            }
        }
        joined.into_iter().map(|(span, piece)| self.cut(text, span, piece)).collect()
    }

    fn cut(&self, text: &str, span: Range<usize>, piece: Piece) -> Cut {
        let secret = text.get(span.clone()).unwrap_or_default();
        match piece.by {
            By::Mark(mark) => {
                let with = match &mark.said.with {
                    // In brackets, so that nobody takes it for what was said.
                    Some(with) => format!("[{with}]"),
                    None => self.engine.key().placeholder(REDACTED, secret),
                };
                let reason = mark.said.reason.clone().unwrap_or_default();
                Cut { span, with, why: Why::Mark { id: mark.id.clone(), actor: mark.actor.clone(), reason } }
            }
            By::Rule(Found { rule, tier, placeholder, .. }) => {
                Cut { span, with: placeholder, why: Why::Rule { rule, tier } }
            }
        }
    }
}

/// A piece of the text that is not to be shown.
struct Piece<'m> {
    span: Range<usize>,
    by: By<'m>,
}

enum By<'m> {
    Mark(&'m Mark),
    Rule(Found),
}

impl Piece<'_> {
    fn strength(&self) -> (bool, usize) {
        (matches!(self.by, By::Mark(_)), self.span.len())
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

fn withheld(text: &str) -> Sanitized<'_> {
    let cut = Cut { span: 0..text.len(), with: WITHHELD.to_string(), why: Why::Withheld };
    Sanitized { text: Cow::Owned(cut.with.clone()), cuts: vec![cut], kept: 0 }
}

fn replaced(text: &str, cuts: &[Cut]) -> String {
    let (mut out, mut copied) = (String::new(), 0);
    for cut in cuts {
        out.push_str(text.get(copied..cut.span.start).unwrap_or_default());
        out.push_str(&cut.with);
        copied = cut.span.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}
