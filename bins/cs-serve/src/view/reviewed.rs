//! Owns a part of a conversation as its reviewer sees it: each field raw in pieces, what is replaced in it and why, and
//! what may be shown.
//! Must stay true: every byte of a shown text is in one piece that knows its place, so that a selection in a browser becomes
//! a span of the text; what is replaced comes from [`marks::Sanitizer`] alone.

use crate::http::Refusal;
use agents::entry::Kind;
use agents::part::{Part, PartKind};
use conversations::About;
use cs_core::id::fnv1a;
use cs_core::store::Store;
use cs_core::visible::is_hidden;
use marks::{Cut, Mark, Marks, Op, Sanitizer, Why};
use redaction::{Engine, Key, Place, Rules};
use serde::Serialize;
use std::path::Path;

/// Maximum number of bytes of a field that are shown.
const FIELD: usize = 48 * 1024;

/// A part.
#[derive(Debug, Default, Serialize)]
pub struct Reviewed {
    pub kind: &'static str,
    pub entry: String,
    /// The id of its element: its anchor, with its kind if a part before it has the same anchor.
    pub id: String,
    pub at: Option<String>,
    pub thread: Option<String>,
    /// A word about it: the tool, how a prompt came, how a call ended.
    pub word: String,
    /// The first line of what it says.
    pub subject: String,
    pub fields: Vec<Field>,
    /// Changes with every mark of this entry.
    pub seen: String,
    pub said: Said,
    /// Number of replaced pieces in all fields.
    pub cuts: usize,
    /// Number of those that a person redacted.
    pub by_hand: usize,
}

/// What people said about an entry or a conversation.
#[derive(Debug, Default, Serialize)]
pub struct Said {
    pub tags: Vec<Remark>,
    pub notes: Vec<Remark>,
    pub dispositions: Vec<Remark>,
    pub kept: Vec<Remark>,
    pub redacted: Vec<Remark>,
}

/// A mark.
#[derive(Debug, Default, Serialize)]
pub struct Remark {
    pub id: String,
    pub text: String,
    pub reason: String,
    pub actor: String,
    pub at: String,
}

/// A field of a part.
#[derive(Debug, Default, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub raw: Vec<Piece>,
    /// What may be shown; empty if that is the same.
    pub shown: Vec<Piece>,
    pub cuts: Vec<Reason>,
    /// Changes with the text, and with every mark of the entry.
    pub seen: String,
    /// Number of bytes that are left out.
    pub more: usize,
    pub bytes: usize,
    pub withheld: bool,
}

/// A piece of a text.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub from: usize,
    pub to: usize,
    pub text: String,
    /// The number of the replaced piece, from 1; 0: it stays.
    pub cut: usize,
    /// Whether it is a sign in place of a hidden character, which can only be selected whole.
    pub is_sign: bool,
}

/// Why a piece is replaced.
#[derive(Debug, Default, Serialize)]
pub struct Reason {
    pub number: usize,
    pub from: usize,
    pub to: usize,
    pub with: String,
    /// `rule`, `mark` or `withheld`.
    pub why: &'static str,
    /// The rule's id.
    pub rule: String,
    pub tier: &'static str,
    /// The mark's id.
    pub mark: String,
    pub actor: String,
    pub reason: String,
}

/// A tag of what somebody saw of an entry, or of a conversation: it changes with each mark of it, and with its text.
pub fn seen(marks: &Marks, entry: Option<&str>, text: &str) -> String {
    let mut bytes = Vec::new();
    for mark in marks.holding().filter(|mark| mark.said.target.entry.as_deref() == entry) {
        bytes.extend_from_slice(mark.id.as_bytes());
        bytes.push(b' ');
    }
    bytes.extend_from_slice(&fnv1a(text.as_bytes()).to_le_bytes());
    format!("{:016x}", fnv1a(&bytes))
}

/// A tag of what decides about a report, beside the logs: all marks, and the rules.
pub fn seen_all(marks: &Marks, rules_digest: &str) -> String {
    let mut bytes = rules_digest.as_bytes().to_vec();
    for mark in marks.holding() {
        bytes.push(b' ');
        bytes.extend_from_slice(mark.id.as_bytes());
    }
    bytes.extend_from_slice(&marks.damaged.to_le_bytes());
    format!("{:016x}", fnv1a(&bytes))
}

/// The rules for a conversation: those that `cs-report` uses in its folder. The server's own folder does not matter.
pub fn engine(store: &Store, about: &About) -> Result<Engine, Refusal> {
    let rules = Rules::load_for(&store.home, about.cwd.as_deref().map(Path::new))?;
    Ok(Engine::new(rules, Key::of_store(&store.home)?))
}

impl Reviewed {
    /// A part with what is said about it.
    pub fn of(part: &Part, sanitizer: &mut Sanitizer, marks: &Marks) -> Reviewed {
        let all = marks::fields(part).into_iter();
        let fields = all.map(|(name, text)| Field::of(part, name, &text, sanitizer, marks));
        // Of a call, the input has these, too.
        let is_told = |field: &Field| matches!(field.name, "purpose" | "paths") && field.cuts.is_empty();
        let fields: Vec<Field> = fields.filter(|field| !is_told(field)).collect();
        let text = part.text();
        let subject = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        Reviewed {
            kind: part.kind.word(),
            entry: part.anchor.clone(),
            id: part.anchor.clone(),
            at: part.entry.at.and_then(cs_core::clock::from_millis).map(cs_core::clock::stamp),
            thread: Some(part.thread.to_string()).filter(|thread| thread != "main"),
            word: word(part),
            subject: cs_core::validate::cut(subject, 160),
            seen: seen(marks, Some(&part.anchor), ""),
            said: Said::about(marks, Some(&part.anchor)),
            cuts: fields.iter().map(|field| field.cuts.len()).sum(),
            by_hand: fields.iter().flat_map(|field| &field.cuts).filter(|cut| cut.why == "mark").count(),
            fields,
        }
    }
}

/// Whether a reviewer sees a part: whether it has a text that a report might show.
pub fn is_shown(part: &Part) -> bool {
    !matches!(part.kind, PartKind::Usage | PartKind::Context | PartKind::Rewind | PartKind::Relation)
        && (part.kind == PartKind::Gap || part.kind == PartKind::Prompt || !marks::fields(part).is_empty())
}

fn word(part: &Part) -> String {
    match &part.entry.kind {
        Kind::Call { asked, .. } => asked.name.to_string(),
        Kind::Prompt(_, via) => via.word().to_string(),
        Kind::Injected(_, source) => source.word().to_string(),
        Kind::Stop(why, _) => why.word().to_string(),
        Kind::Gap { lack, .. } => lack.word().to_string(),
        Kind::Result { end, .. } => match end {
            agents::entry::CallEnd::Done => "done".into(),
            other => format!("{other:?}").to_lowercase(),
        },
        _ => String::new(),
    }
}

impl Said {
    /// What holds of what was said about an entry; `None`: about the conversation.
    pub fn about(marks: &Marks, entry: Option<&str>) -> Said {
        let mut said = Said::default();
        for mark in marks.holding().filter(|mark| mark.said.target.entry.as_deref() == entry) {
            said.add(mark);
        }
        said
    }

    /// Adds what was said about something else.
    pub fn append(&mut self, mut more: Said) {
        let Said { tags, notes, dispositions, kept, redacted } = self;
        tags.append(&mut more.tags);
        notes.append(&mut more.notes);
        dispositions.append(&mut more.dispositions);
        kept.append(&mut more.kept);
        redacted.append(&mut more.redacted);
    }

    /// Adds a mark that holds.
    pub fn add(&mut self, mark: &Mark) {
        match mark.said.op {
            Op::Tag => self.tags.push(Remark::of(mark)),
            Op::Note => self.notes.push(Remark::of(mark)),
            Op::Disposition => self.dispositions.push(Remark::of(mark)),
            Op::Keep => self.kept.push(Remark::of(mark)),
            Op::Redact => self.redacted.push(Remark::of(mark)),
            Op::Untag | Op::Undo => {}
        }
    }
}

impl Remark {
    fn of(mark: &Mark) -> Remark {
        Remark {
            id: mark.id.clone(),
            text: mark.said.with.clone().unwrap_or_default(),
            reason: mark.said.reason.clone().unwrap_or_default(),
            actor: mark.actor.clone(),
            at: cs_core::clock::stamp(mark.at),
        }
    }
}

impl Field {
    fn of(part: &Part, name: &'static str, text: &str, sanitizer: &mut Sanitizer, marks: &Marks) -> Field {
        let place = Place { path: None, kind: Some(part.kind.word()), field: Some(name) };
        let sanitized = sanitizer.text(&part.anchor, place, text);
        let (end, cuts) = (end(text, &sanitized.cuts), sanitized.cuts);
        let shown_cuts: Vec<&Cut> = cuts.iter().filter(|cut| cut.span.start < end).collect();
        let reasons: Vec<Reason> = shown_cuts.iter().enumerate().map(|(n, cut)| Reason::of(n + 1, cut)).collect();
        Field {
            name,
            raw: raw(text.get(..end).unwrap_or_default(), &shown_cuts),
            shown: if shown_cuts.is_empty() { Vec::new() } else { shown(text, end, &shown_cuts) },
            withheld: reasons.iter().any(|reason| reason.why == "withheld"),
            cuts: reasons,
            seen: seen(marks, Some(&part.anchor), text),
            more: text.len() - end,
            bytes: text.len(),
        }
    }
}

impl Reason {
    fn of(number: usize, cut: &Cut) -> Reason {
        let base = Reason {
            number,
            from: cut.span.start,
            to: cut.span.end,
            with: cut.with.clone(),
            why: "withheld",
            ..Reason::default()
        };
        match &cut.why {
            Why::Rule { rule, tier } => Reason { why: "rule", rule: rule.clone(), tier: tier.word(), ..base },
            Why::Mark { id, actor, reason } => {
                Reason { why: "mark", mark: id.clone(), actor: actor.clone(), reason: reason.clone(), ..base }
            }
            Why::Withheld => base,
        }
    }
}

/// Where the shown part of a text ends: at a character, and not inside of what is replaced.
fn end(text: &str, cuts: &[Cut]) -> usize {
    if text.len() <= FIELD + FIELD / 20 {
        return text.len();
    }
    let mut end = (0..=FIELD).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    if let Some(cut) = cuts.iter().find(|cut| cut.span.start < end && end < cut.span.end) {
        end = if cut.span.end <= 2 * FIELD { cut.span.end } else { cut.span.start };
    }
    end
}

/// A text in pieces, with signs in place of what would be hidden or what a reader of HTML changes.
fn raw(text: &str, cuts: &[&Cut]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (n, cut) in cuts.iter().enumerate() {
        plain(text, at, cut.span.start, 0, &mut pieces);
        plain(text, cut.span.start, cut.span.end.min(text.len()), n + 1, &mut pieces);
        at = cut.span.end.min(text.len());
    }
    plain(text, at, text.len(), 0, &mut pieces);
    pieces
}

fn plain(text: &str, from: usize, to: usize, cut: usize, pieces: &mut Vec<Piece>) {
    let mut begun = from;
    let mut push = |from: usize, to: usize, is_sign: bool| {
        let piece = text.get(from..to).unwrap_or_default();
        if !piece.is_empty() {
            let text = if is_sign { sign(piece) } else { piece.to_string() };
            pieces.push(Piece { from, to, text, cut, is_sign });
        }
    };
    for (at, c) in text.get(from..to).unwrap_or_default().char_indices() {
        if (c.is_ascii_control() && c != '\n' && c != '\t') || is_hidden(c) {
            push(begun, from + at, false);
            begun = from + at + c.len_utf8();
            push(from + at, begun, true);
        }
    }
    push(begun, to, false);
}

fn sign(text: &str) -> String {
    // At the end of a line `visible` leaves it out.
    if text == "\r" { "␍".into() } else { cs_core::visible::visible(text) }
}

/// What may be shown, in pieces: what stays, and what is put in place of the rest.
fn shown(text: &str, end: usize, cuts: &[&Cut]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (n, cut) in cuts.iter().enumerate() {
        plain(text, at, cut.span.start, 0, &mut pieces);
        pieces.push(Piece { text: cut.with.clone(), cut: n + 1, ..Piece::default() });
        at = cut.span.end;
    }
    plain(text, at, end.max(at), 0, &mut pieces);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(from: usize, to: usize) -> Cut {
        Cut { span: from..to, with: "[x]".into(), why: Why::Withheld }
    }

    #[test]
    fn every_byte_is_in_one_piece_and_what_is_hidden_is_a_sign() {
        let text = "é\r\nkey=s3cret\u{202e} end\0";
        let (key, hidden) = (text.find("s3cret").unwrap(), text.find('\u{202e}').unwrap());
        let cut = cut(key, hidden + 3);
        let pieces = raw(text, &[&cut]);
        let ends: Vec<usize> = pieces.iter().map(|piece| piece.to).collect();
        let starts: Vec<usize> = pieces.iter().map(|piece| piece.from).collect();
        assert_eq!((starts[0], &starts[1..], ends.last()), (0, &ends[..ends.len() - 1], Some(&text.len())));
        let signs: Vec<&str> = pieces.iter().filter(|piece| piece.is_sign).map(|piece| piece.text.as_str()).collect();
        assert_eq!(signs, ["␍", "⟨U+202E⟩", "␀"]);
        let numbers: Vec<usize> = pieces.iter().map(|piece| piece.cut).collect();
        assert_eq!(numbers, [0, 0, 0, 1, 1, 0, 0]);
        let all: String = shown(text, text.len(), &[&cut]).iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(all, "é␍\nkey=[x] end␀");
    }

    #[test]
    fn a_long_text_ends_at_a_character_and_behind_what_is_replaced() {
        let text = "é".repeat(FIELD);
        assert_eq!(end(&text, &[]), FIELD);
        assert_eq!(end(&text, &[cut(FIELD - 2, FIELD + 8)]), FIELD + 8);
        assert_eq!(end(&text, &[cut(4, 2 * FIELD)]), 2 * FIELD);
        assert_eq!(end("short", &[cut(0, 5)]), 5);
    }

    #[test]
    fn what_was_seen_changes_with_the_text() {
        let marks = Marks::default();
        assert_eq!(seen(&marks, Some("a#0"), "x"), seen(&marks, Some("a#0"), "x"));
        assert_ne!(seen(&marks, Some("a#0"), "x"), seen(&marks, Some("a#0"), "y"));
    }
}
