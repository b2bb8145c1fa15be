//! Owns what may be shown of a text: manual redactions, then what is kept by hand, then rules. Must stay true: a field
//! whose marked text has changed is withheld as a whole, and so are the other fields of an entry of which one has a
//! redaction, since they may tell the same, unless they have marks of their own; a line of marks that is damaged may be a
//! redaction.

use crate::fields::{TEXT, field_name};
use crate::file::Marks;
use crate::line::Broken;
use crate::mark::{Mark, Op};
use redaction::{Engine, Found, Place, REDACTED};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// What is shown instead of a field that is withheld.
pub const WITHHELD: &str = "[withheld]";

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
        for mark in marks.decisive() {
            by_entry.entry(mark.said.target.entry.as_deref().unwrap_or_default()).or_default().push(mark);
        }
        Sanitizer { engine, by_entry, hiding: marks.hiding().collect() }
    }

    /// Its rules and its key.
    pub fn engine(&mut self) -> &mut Engine {
        self.engine
    }

    /// Whether nothing is said about a field of the part with this anchor itself: at most, other fields of it were redacted.
    pub fn is_unmarked(&self, entry: &str, field: &str) -> bool {
        let is_about = |mark: &&Mark| {
            let target = &mark.said.target;
            let is_whole = target.field.is_none() && target.span.is_none();
            is_whole || target.field.as_deref().unwrap_or(TEXT) == field
        };
        let mut marks = self.by_entry.get(entry).into_iter().flatten();
        !self.hiding.iter().any(|broken| broken.is_about(entry)) && !marks.any(is_about)
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
        let is_gone = redacted.iter().any(is_whole);
        let found = if is_gone { Vec::new() } else { redaction::json::finds_in_field(self.engine, text, place) };
        self.apply(text, redacted, &kept, found)
    }

    /// The text without what was redacted and found.
    fn apply<'t>(
        &self,
        text: &'t str,
        redacted: Vec<(Range<usize>, &Mark)>,
        kept: &[Range<usize>],
        found: Vec<Found>,
    ) -> Sanitized<'t> {
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

    /// What is cut, in order: overlapping pieces are joined; what a person said last wins, else the longest.
    fn joined(&self, text: &str, redacted: Vec<(Range<usize>, &Mark)>, found: Vec<Found>) -> Vec<Cut> {
        let manual =
            redacted.into_iter().zip(1..).map(|((span, mark), order)| Piece { span, order, by: By::Mark(mark) });
        let rules = found.into_iter().map(|found| Piece { span: found.span.clone(), order: 0, by: By::Rule(found) });
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
    /// Which of the marks it is, from 1, the oldest first.
    order: usize,
    by: By<'m>,
}

enum By<'m> {
    Mark(&'m Mark),
    Rule(Found),
}

impl Piece<'_> {
    /// A mark is stronger than a rule, and a later one than an earlier one.
    fn strength(&self) -> (usize, usize) {
        (self.order, self.span.len())
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

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;
    use crate::mark::{NewMark, Target};
    use crate::place::{Extent, targets};
    use crate::tests::{Place as Home, new};
    use redaction::{Rules, Tier};

    const TEXT_OF_U1: &str = "write to Jane Roe at once, please";

    impl Home {
        fn mark(&self, op: Op, field: Option<&str>, extent: &Extent, text: &str, with: Option<&str>) {
            let fields = [("text", text.into()), ("input", text.into())];
            for target in targets(&self.key(), "u1", &fields, field, extent).unwrap() {
                let (reason, with) = (Some("why".to_string()), with.map(str::to_string));
                self.add(NewMark { target, reason, with, ..new(op) });
            }
        }

        fn show(&self, entry: &str, field: &str, text: &str) -> (String, usize) {
            let mut engine = Engine::new(Rules::default(), self.key());
            let marks = self.marks();
            let place = Place { path: None, kind: None, field: Some(field) };
            let shown = Sanitizer::new(&mut engine, &marks).text(entry, place, text);
            (shown.text.into_owned(), shown.cuts.len())
        }

        /// What is shown if rules found this.
        fn with_found(&self, text: &str, found: &[Range<usize>]) -> Sanitized<'static> {
            let mut engine = Engine::new(Rules::default(), self.key());
            let marks = self.marks();
            let sanitizer = Sanitizer::new(&mut engine, &marks);
            let Said::Spans { redacted, kept } = sanitizer.said("u1", TEXT, text) else { panic!("it is withheld") };
            let found = found.iter().map(|span| Found {
                span: span.clone(),
                rule: "r".into(),
                tier: Tier::Candidate,
                placeholder: "[r:0]".into(),
            });
            let shown = sanitizer.apply(text, redacted, &kept, found.collect());
            Sanitized { text: Cow::Owned(shown.text.into_owned()), ..shown }
        }
    }

    #[test]
    fn a_redacted_text_is_replaced_by_the_same_for_the_same() {
        let home = Home::new();
        home.mark(Op::Redact, None, &Extent::Text("Jane Roe"), TEXT_OF_U1, None);
        let placeholder = home.key().placeholder(REDACTED, "Jane Roe");
        let shown = format!("write to {placeholder} at once, please");
        assert_eq!(home.show("u1", "text", TEXT_OF_U1), (shown.clone(), 1));
        assert_eq!(home.show("u1", "input", TEXT_OF_U1), (shown, 1));
        assert_eq!(home.show("u2", "text", TEXT_OF_U1), (TEXT_OF_U1.into(), 0), "another entry");
        assert_eq!(home.show("u1", "text", ""), (String::new(), 0));
        let cut = home.with_found(TEXT_OF_U1, &[]).cuts.remove(0);
        assert!(
            matches!(cut.why, Why::Mark { ref actor, ref reason, .. } if actor == "ann@example.org" && reason == "why")
        );
    }

    #[test]
    fn a_text_that_has_changed_is_withheld_and_so_are_other_fields_of_its_entry() {
        let home = Home::new();
        home.mark(Op::Redact, Some("text"), &Extent::Words(3, 4), TEXT_OF_U1, Some("a customer"));
        assert_eq!(home.show("u1", "text", TEXT_OF_U1), ("write to [a customer] at once, please".into(), 1));
        assert_eq!(home.show("u1", "text", "write to Jane Roe now"), (WITHHELD.into(), 1));
        assert_eq!(home.show("u1", "input", "{\"x\":\"Jane Roe\"}"), (WITHHELD.into(), 1));
        home.mark(Op::Redact, Some("input"), &Extent::Words(3, 4), TEXT_OF_U1, Some("x"));
        assert_eq!(home.show("u1", "input", TEXT_OF_U1).0, "write to [x] at once, please", "it has its own mark");
        // All of an entry is hidden, whatever it says.
        home.mark(Op::Redact, None, &Extent::Whole, TEXT_OF_U1, Some("gone"));
        assert_eq!(home.show("u1", "purpose", "whatever").0, "[gone]");
        assert_eq!(home.show("u1", "text", TEXT_OF_U1), ("[gone]".into(), 1));
    }

    #[test]
    fn marks_of_another_key_withhold() {
        let home = Home::new();
        let target = Target {
            entry: Some("u1".into()),
            field: Some("text".into()),
            span: Some((0, 5)),
            digest: Some(Home::new().key().digest("another text")),
        };
        home.add(NewMark { target, reason: Some("why".into()), ..new(Op::Redact) });
        assert_eq!(home.show("u1", "text", TEXT_OF_U1).0, WITHHELD);
    }

    #[test]
    fn a_redaction_wins_over_what_is_kept_and_that_over_rules() {
        let home = Home::new();
        home.mark(Op::Keep, Some("text"), &Extent::Words(1, 4), TEXT_OF_U1, None);
        let shown = home.with_found(TEXT_OF_U1, &[0..5, 9..13, 14..20]);
        assert_eq!((shown.text.as_ref(), shown.kept), ("write to Jane [r:0] once, please", 2), "one reaches further");
        home.mark(Op::Redact, Some("text"), &Extent::Words(3, 3), TEXT_OF_U1, Some("x"));
        let shown = home.with_found(TEXT_OF_U1, &[0..5, 9..13, 14..20]);
        assert_eq!((shown.text.as_ref(), shown.kept, shown.cuts.len()), ("write to [x] [r:0] once, please", 1, 2));
    }

    #[test]
    fn what_overlaps_is_one_cut_under_the_name_of_the_person() {
        let home = Home::new();
        home.mark(Op::Redact, Some("text"), &Extent::Words(3, 3), TEXT_OF_U1, Some("x"));
        for (found, shown) in [
            (6..10, "write [x] Roe at once, please"),
            (12..20, "write to [x] once, please"),
            (0..33, "[x]"),
            (10..12, "write to [x] Roe at once, please"),
            (13..17, "write to [x][r:0] at once, please"),
        ] {
            assert_eq!(home.with_found(TEXT_OF_U1, slice::from_ref(&found)).text, shown, "{found:?}");
        }
    }

    #[test]
    fn of_two_redactions_of_a_text_the_later_one_says_what_is_shown() {
        let home = Home::new();
        home.mark(Op::Redact, Some("text"), &Extent::Words(3, 5), TEXT_OF_U1, Some("x"));
        home.mark(Op::Redact, Some("text"), &Extent::Text("Jane Roe"), TEXT_OF_U1, Some("a customer"));
        assert_eq!(home.with_found(TEXT_OF_U1, &[]).text, "write to [a customer] once, please");
    }

    #[test]
    fn a_keep_whose_text_has_changed_does_not_hold() {
        let home = Home::new();
        home.mark(Op::Keep, Some("text"), &Extent::Whole, TEXT_OF_U1, None);
        let found = 0..5;
        let found = slice::from_ref(&found);
        assert_eq!(home.with_found(TEXT_OF_U1, found).kept, 1);
        let changed = home.with_found("write it", found);
        assert_eq!((changed.kept, changed.text.as_ref()), (0, "[r:0] it"));
    }

    #[test]
    fn an_escape_hides_nothing_in_what_a_tool_was_called_with() {
        let home = Home::new();
        let (key, marks) = (format!("{}{}", "ghp", "_4Kq7Zt2Wx9Lm5Rb8Vn3Cy6Jd1Hf0Gs4Tp7Qa"), home.marks());
        let hidden = |from: &str, to: &str| key.replacen(from, to, 1);
        let mut engine = Engine::new(Rules::builtin(), home.key());
        let mut sanitizer = Sanitizer::new(&mut engine, &marks);
        let mut show = |kind, field, text: &str| {
            sanitizer.text("u1", Place { path: None, kind: Some(kind), field: Some(field) }, text).text.into_owned()
        };
        let placeholder = home.key().placeholder("github-pat", &key);
        for (input, shown) in [
            (format!("{{\"c\":\"echo {}\"}}", hidden("_", "\\u005f")), format!("{{\"c\":\"echo {placeholder}\"}}")),
            (format!("{{\"c\":\"a\\n{key}\\nb\"}}"), format!("{{\"c\":\"a\\n{placeholder}\\nb\"}}")),
            (format!("{{\"c\":\"\\\"{key}\\\"\"}}"), format!("{{\"c\":\"\\\"{placeholder}\\\"\"}}")),
            // JSON in a string of JSON.
            (
                format!("{{\"c\":\"{{\\\"k\\\":\\\"{}\\\"}}\"}}", hidden("g", "\\\\u0067")),
                format!("{{\"c\":\"{{\\\"k\\\":\\\"{placeholder}\\\"}}\"}}"),
            ),
        ] {
            assert_eq!(show("call", "input", &input), shown, "{input}");
            assert_eq!(show("result", "text", &input), shown, "the answer of a server: {input}");
            serde_json::from_str::<serde_json::Value>(&shown).unwrap();
        }
        let cut = format!("{{\"c\":\"echo {}", hidden("_", "\\u005f"));
        assert_eq!(show("call", "input", &cut), format!("{{\"c\":\"echo {placeholder}"), "an input that was cut");
    }

    #[test]
    fn a_plan_is_not_the_call_that_it_shares_its_anchor_with() {
        let home = Home::new();
        home.mark(Op::Redact, Some("text"), &Extent::Words(3, 4), TEXT_OF_U1, Some("x"));
        let mut engine = Engine::new(Rules::default(), home.key());
        let marks = home.marks();
        let mut sanitizer = Sanitizer::new(&mut engine, &marks);
        let of = |kind| Place { path: None, kind: Some(kind), field: Some("text") };
        assert_eq!(sanitizer.text("u1", of("call"), TEXT_OF_U1).text, "write to [x] at once, please");
        assert_eq!(sanitizer.text("u1", of("plan"), "ask Jane Roe").text, WITHHELD);
    }
}
