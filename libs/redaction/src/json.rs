//! Owns replacing in JSON. Must stay true: only string values change, all else stays byte for byte; what is looked at is
//! the decoded text, so that an escape hides nothing; a value is also looked at where it stands, because keys name
//! secrets, and so do options in lists; JSON inside of a string is JSON.
//!
//! Deliberately absent: changing keys and numbers. What rules find in them is told.

mod walk;

use crate::engine::{Engine, Found, Place};
use crate::pieces::{Piece, join};
use crate::units::Form;
use serde::Deserialize;
use std::borrow::Cow;
use std::ops::Range;
use walk::{Token, Walk};

/// Length of a string from which on it is looked at by itself alone; what is shorter is also looked at where it stands.
const LONG: usize = 256;
/// What is looked at where it stands is not longer than about this.
const SEGMENT: usize = 64 * 1024;
/// JSON in strings in JSON: how often.
const NESTED: usize = 16;
/// The field with the JSON that a tool was called with.
const INPUT: &str = "input";
/// A value that looks random, and is none.
const RANDOM: &str = "Zq8vT3mK1pLx9RwB2nHs";
/// Keys of a member that names another one, and of that one, as in lists of variables: `{"name": …, "value": …}`.
const NAMES: [&str; 2] = ["name", "key"];
const VALUES: [&str; 2] = ["value", "val"];
/// Longest name of an entry.
const NAME: usize = 200;

/// What is replaced in a text.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// In order; they do not overlap.
    pub pieces: Vec<Piece>,
    /// What was found outside of string values, and stays.
    pub left: Vec<Piece>,
}

/// JSON values one after another, which may go over several lines.
#[derive(Clone, Debug, Default)]
pub struct Json {
    walk: walk::State,
    key: Key,
    /// What a member of the same object says that the member `value` is called.
    named: Key,
}

/// The last key, decoded.
#[derive(Clone, Debug, Default)]
struct Key {
    /// Nothing if it is too long to be looked at.
    text: String,
    /// Whether a value beside it is found that looks random; not known before it is asked.
    names_secret: Option<bool>,
}

impl Json {
    /// Whether no value is open.
    pub fn is_between(&self) -> bool {
        self.walk.is_between()
    }

    /// What is replaced in the next line, or in several; `None` if it does not continue the JSON. Then nothing was read.
    pub fn line(&mut self, engine: &mut Engine, line: &str, place: Place) -> Option<Changes> {
        self.nested(engine, line, place, NESTED)
    }

    fn nested(&mut self, engine: &mut Engine, line: &str, place: Place, deep: usize) -> Option<Changes> {
        let mut state = self.walk.clone();
        Walk::new(&mut state, line.as_bytes()).try_for_each(|token| token.map(drop)).ok()?;
        let (key, named) = (std::mem::take(&mut self.key), std::mem::take(&mut self.named));
        let (values, changes) = (Vec::new(), Changes::default());
        let mut look = Look { engine, text: line, place, deep, key, named, values, changes };
        look.all(&mut self.walk);
        (self.walk, self.key, self.named) = (state, std::mem::take(&mut look.key), std::mem::take(&mut look.named));
        look.changes.pieces = join(std::mem::take(&mut look.changes.pieces));
        Some(look.changes)
    }
}

/// What is replaced in text that is no JSON, but may contain strings of it.
pub fn broken(engine: &mut Engine, line: &str, place: Place) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = engine.find(line, place).into_iter().map(Piece::of).collect();
    if line.contains('\\') {
        let (values, changes) = (Vec::new(), Changes::default());
        let (key, named) = (Key::default(), Key::default());
        let mut look = Look { engine, text: line, place, deep: NESTED, key, named, values, changes };
        let mut at = 0;
        while let Some(open) = line.as_bytes().get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'"')) {
            let inside = at + open + 1;
            let end = walk::end_of(line.as_bytes(), inside).unwrap_or(line.len());
            look.value(inside..end);
            at = end + 1;
        }
        pieces.extend(look.changes.pieces);
    }
    join(pieces)
}

/// What is found in text that may have the escapes of JSON: as it is, and with escaped letters as what they mean.
pub fn finds_in_text(engine: &mut Engine, text: &str, place: Place) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = engine.find(text, place).into_iter().map(Piece::of).collect();
    if text.contains("\\u00") {
        let meant = Form::Json.decode(text.as_bytes());
        let mut more: Vec<Piece> = engine.find(&meant, place).into_iter().map(Piece::of).collect();
        let mut spans: Vec<&mut Range<usize>> = more.iter_mut().map(|piece| &mut piece.span).collect();
        Form::Json.locate(text.as_bytes(), &mut spans);
        pieces = join(pieces.into_iter().chain(more).collect());
    }
    pieces
}

/// What is found in a field of a conversation. That of what a tool was called with is JSON, and so are other texts that
/// look like it, such as the answer of a server; the rest is looked at as it is.
pub fn finds_in_field(engine: &mut Engine, text: &str, place: Place) -> Vec<Found> {
    let is_json = place.field == Some(INPUT) || has_look(text);
    if is_json {
        return finds(engine, text, place);
    }
    finds_in_text(engine, text, place).into_iter().map(of_piece).collect()
}

/// What is found in a text that is JSON, such as what a tool was called with: spans of the text as it is, of whole
/// escapes, with placeholders in the form of JSON. Other texts are looked at as they are.
pub fn finds(engine: &mut Engine, text: &str, place: Place) -> Vec<Found> {
    let mut json = Json::default();
    let changes = json.line(engine, text, place).filter(|_| json.is_between());
    let pieces = match changes {
        Some(changes) => join(changes.pieces.into_iter().chain(changes.left).collect()),
        None => broken(engine, text, place),
    };
    pieces.into_iter().map(of_piece).collect()
}

fn of_piece(Piece { span, with, found }: Piece) -> Found {
    Found { span, placeholder: with, ..found }
}

/// The name that a line of JSON gives itself: the anchor of a part of a conversation, or the id of a line of a log.
pub fn entry(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        anchor: Option<String>,
        uuid: Option<String>,
    }
    let named: Named = serde_json::from_str(line).ok()?;
    named.anchor.or(named.uuid).filter(|name| name.len() <= NAME)
}

/// Whether a text looks like JSON with strings.
fn has_look(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && text.contains('"')
}

/// Looking at a text.
struct Look<'l> {
    engine: &'l mut Engine,
    text: &'l str,
    place: Place<'l>,
    deep: usize,
    key: Key,
    named: Key,
    /// The short values since the last look at where they stand.
    values: Vec<Range<usize>>,
    changes: Changes,
}

impl Look<'_> {
    fn all(&mut self, state: &mut walk::State) {
        let text = self.text;
        let mut from = 0;
        // Where the last key ends, if it stands on this line as it is.
        let mut plain_key = None;
        // Where the last string ends, and a value of this object that was not named yet.
        let (mut last, mut unnamed) = (0, None);
        for token in Walk::new(state, text.as_bytes()) {
            let Ok(Token { inside, is_key }) = token else { break };
            let is_long = inside.len() > LONG;
            if has_bracket(text, last..inside.start) {
                (self.named, unnamed) = (Key::default(), None);
            }
            last = inside.end;
            if is_key {
                let raw = text.get(inside.clone()).unwrap_or_default();
                let key = if is_long { Cow::Borrowed("") } else { Form::Json.decode(raw.as_bytes()) };
                plain_key = if raw.contains('\\') { None } else { Some(inside.end + 1) };
                self.key = Key { text: key.into_owned(), names_secret: None };
            } else {
                self.value(inside.clone());
                let between = plain_key.and_then(|end| text.get(end..inside.start - 1));
                let is_list = between.is_some_and(|text| text.trim() != ":");
                if is_long || is_list || between.is_none() {
                    self.beside_key(&inside, is_long || is_list);
                }
                self.beside_name(&inside, &mut unnamed);
                if !is_long {
                    self.values.push(inside.clone());
                }
            }
            if is_long || (!is_key && inside.end - from > SEGMENT) {
                let to = if is_long { inside.start - 1 } else { inside.end + 1 };
                self.standing(from..to);
                from = inside.end + 1;
            }
        }
        if has_bracket(text, last..text.len()) {
            self.named = Key::default();
        }
        self.standing(from..text.len());
    }

    /// Looks at a value that another member of its object names, before it or, on the same line, after it.
    fn beside_name(&mut self, inside: &Range<usize>, unnamed: &mut Option<Range<usize>>) {
        let is_key = |words: &[&str]| words.iter().any(|word| self.key.text.eq_ignore_ascii_case(word));
        let value = if is_key(&NAMES) && inside.len() <= LONG {
            let raw = self.text.get(inside.clone()).unwrap_or_default();
            self.named = Key { text: Form::Json.decode(raw.as_bytes()).into_owned(), names_secret: None };
            unnamed.take()
        } else if is_key(&VALUES) {
            *unnamed = Some(inside.clone());
            Some(inside.clone()).filter(|_| !self.named.text.is_empty())
        } else {
            None
        };
        let Some(value) = value else { return };
        std::mem::swap(&mut self.key, &mut self.named);
        self.beside_key(&value, true);
        std::mem::swap(&mut self.key, &mut self.named);
    }

    /// Looks at a value by itself.
    fn value(&mut self, inside: Range<usize>) {
        let raw = self.text.get(inside.clone()).unwrap_or_default();
        if raw.len() <= LONG && !raw.contains(['\\', ' ']) {
            // It is looked at where it stands.
            return;
        }
        let text = Form::Json.decode(raw.as_bytes());
        let pieces = self.find(&text).into_iter().map(|piece| Piece { with: escaped(&piece.with), ..piece });
        self.add(&inside, pieces.collect());
    }

    /// Looks at a value as if it stood beside its key, if it does not stand there.
    fn beside_key(&mut self, inside: &Range<usize>, is_far: bool) {
        if self.key.text.is_empty() || is_far && !self.names_secret() {
            return;
        }
        let raw = self.text.get(inside.clone()).unwrap_or_default();
        let value = Form::Json.decode(raw.as_bytes());
        let quote = if value.contains('"') { '\'' } else { '"' };
        let before = format!("\"{}\":{quote}", self.key.text);
        let whole = before.len()..before.len() + value.len();
        let found = self.engine.find(&format!("{before}{value}{quote}"), self.place);
        let mut pieces = Vec::new();
        for one in found {
            let span = one.span.start.max(whole.start)..one.span.end.min(whole.end);
            if span.start >= span.end {
                continue;
            }
            let span = span.start - whole.start..span.end - whole.start;
            let secret = value.get(span.clone()).unwrap_or_default();
            let placeholder = self.engine.placeholder(&one.rule, secret);
            pieces.push(Piece { span, with: escaped(&placeholder), found: Found { placeholder, ..one } });
        }
        self.add(inside, pieces);
    }

    /// Whether the last key names something that is a secret if it looks random.
    fn names_secret(&mut self) -> bool {
        let Key { text, names_secret } = &mut self.key;
        *names_secret
            .get_or_insert_with(|| !self.engine.find(&format!("\"{text}\":\"{RANDOM}\""), self.place).is_empty())
    }

    /// Adds what is replaced in the decoded text of a value.
    fn add(&mut self, inside: &Range<usize>, mut pieces: Vec<Piece>) {
        let raw = self.text.get(inside.clone()).unwrap_or_default();
        let mut spans: Vec<&mut Range<usize>> = pieces.iter_mut().map(|piece| &mut piece.span).collect();
        Form::Json.locate(raw.as_bytes(), &mut spans);
        self.changes.pieces.extend(pieces.into_iter().map(|piece| piece.shifted(inside.start)));
    }

    /// What is replaced in a decoded text.
    fn find(&mut self, text: &str) -> Vec<Piece> {
        if self.deep > 0 && has_look(text) {
            let mut json = Json::default();
            let changes = json.nested(self.engine, text, self.place, self.deep - 1);
            if let Some(changes) = changes.filter(|_| json.is_between()) {
                // All of it is a value.
                return join(changes.pieces.into_iter().chain(changes.left).collect());
            }
        }
        self.engine.find(text, self.place).into_iter().map(Piece::of).collect()
    }

    /// Looks at the short values where they stand.
    fn standing(&mut self, range: Range<usize>) {
        let values = std::mem::take(&mut self.values);
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let mut first = 0;
        for found in self.engine.find(raw, self.place) {
            let span = found.span.start + range.start..found.span.end + range.start;
            while values.get(first).is_some_and(|value| value.end <= span.start) {
                first += 1;
            }
            let inside = values.get(first..).unwrap_or_default().iter();
            let before = self.changes.pieces.len();
            for value in inside.take_while(|value| value.start < span.end) {
                let part = self.part(value, &span, &found);
                self.changes.pieces.extend(part);
            }
            if self.changes.pieces.len() == before {
                self.changes.left.push(Piece { span, ..Piece::of(found) });
            }
        }
    }

    /// The part of a value that was found where it stands: whole characters.
    fn part(&self, value: &Range<usize>, span: &Range<usize>, found: &Found) -> Option<Piece> {
        let raw = self.text.get(value.clone())?;
        let (from, to) = (span.start.max(value.start) - value.start, span.end.min(value.end) - value.start);
        if from >= to {
            return None;
        }
        let (text, mut part) = (Form::Json.decode(raw.as_bytes()), from..to);
        if raw.contains('\\') {
            part = whole(raw, &text, &part);
        }
        let secret = Form::Json.decode(raw.get(part.clone())?.as_bytes()).into_owned();
        let is_same = found.span.len() == part.len() && !raw.contains('\\');
        let placeholder =
            if is_same { found.placeholder.clone() } else { self.engine.placeholder(&found.rule, &secret) };
        let with = escaped(&placeholder);
        let span = value.start + part.start..value.start + part.end;
        Some(Piece { span, with, found: Found { placeholder, ..found.clone() } })
    }
}

/// Whether an object begins or ends between two strings.
fn has_bracket(text: &str, between: Range<usize>) -> bool {
    text.as_bytes().get(between).is_some_and(|bytes| bytes.iter().any(|byte| matches!(byte, b'{' | b'}')))
}

/// The range of bytes, extended to whole escapes.
fn whole(raw: &str, text: &str, part: &Range<usize>) -> Range<usize> {
    let (mut from, mut to) = (0, raw.len());
    for (at, c) in text.char_indices() {
        let mut span = at..at + c.len_utf8();
        Form::Json.locate(raw.as_bytes(), &mut [&mut span]);
        if span.start <= part.start {
            from = span.start;
        }
        if span.end >= part.end {
            to = span.end;
            break;
        }
    }
    from..to
}

/// A text as the inside of a JSON string.
fn escaped(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
