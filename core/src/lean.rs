//! Owns reading a record without most of its events. A record of some months has thousands, hooks need at most the
//! newest one, and a change that only adds an event leaves the others as they are.
//!
//! Must stay true: only a record is taken apart whose events are in our own layout and have nothing but the two fields
//! that we know, so that reading it whole would find the same; put together again, it has each byte of its old events.
//! Deliberately absent: which changes need no older events (see `change`).

use crate::compact::plain;
use crate::patch::Patch;
use crate::weight;
use memchr::memmem;
use std::ops::Range;

/// Smaller records are read whole.
const LARGE: usize = 64 * 1024;
/// What stands before the first event and after the last one. No text has a line end inside.
const BEGIN: &[u8] = b"\n  \"events\": [\n";
const END: &[u8] = b"\n  ]";
/// An event in our layout: before its two texts and after them.
const FIRST: &[u8] = b"    {\n      \"timestamp\": \"";
const SECOND: &[u8] = b"\",\n      \"message\": \"";
const LAST: &[u8] = b"\"\n    }";
const COMMA: &[u8] = b",\n";
/// What [`weight`] counts for an event: an object and two commas.
const WEIGHT: usize = 6;

/// A record in two parts.
#[derive(Clone, Debug)]
pub struct Lean {
    /// The record with only its newest event.
    pub text: Vec<u8>,
    /// The record as it is in the file.
    record: Vec<u8>,
    /// Where its older events are, each with the comma after it. A copy of them would take longer than all else.
    old: Range<usize>,
    /// How many these are.
    count: usize,
}

impl Lean {
    /// Takes a record apart; returns it if it has to be read whole.
    pub fn of(record: Vec<u8>) -> Result<Self, Vec<u8>> {
        match apart(&record) {
            Some((text, old, count)) => Ok(Lean { text, record, old, count }),
            None => Err(record),
        }
    }

    /// The text of a record that was changed, with its older events.
    pub fn join<'a>(&'a self, text: &'a [u8]) -> Option<[&'a [u8]; 3]> {
        // Before the events there are only texts.
        let begin = memmem::find(text, BEGIN)? + BEGIN.len();
        Some([text.get(..begin)?, self.record.get(self.old.clone())?, text.get(begin..)?])
    }

    /// Whether a record with this text and the older events does not weigh too much.
    pub fn may_be_read(&self, text: &[u8]) -> bool {
        may_be_read(text, self.count)
    }
}

fn may_be_read(text: &[u8], older: usize) -> bool {
    weight::of(text) + WEIGHT * older <= weight::MAX_WEIGHT
}

/// The record with only its newest event, where the older ones are, and how many.
fn apart(record: &[u8]) -> Option<(Vec<u8>, Range<usize>, usize)> {
    if record.len() < LARGE {
        return None;
    }
    let begin = memmem::find(record, BEGIN)? + BEGIN.len();
    let (at, count) = newest(record.get(begin..)?)?;
    let old = begin..begin + at;
    let text = [record.get(..begin)?, record.get(old.end..)?].concat();
    // A field that we do not know could contain such lines, too.
    let list = Patch::of(&text).ok()?.value("events")?.as_ptr();
    let is_of_record = text.get(begin - COMMA.len()..)?.as_ptr() == list;
    (is_of_record && may_be_read(&text, count)).then_some((text, old, count))
}

/// Where the newest event begins, and how many come before it; `None` if one has another layout or is invalid.
fn newest(events: &[u8]) -> Option<(usize, usize)> {
    let (mut rest, mut count) = (events, 0);
    loop {
        let at = events.len() - rest.len();
        rest = after_text(rest.strip_prefix(FIRST)?)?.strip_prefix(SECOND)?;
        rest = after_text(rest)?.strip_prefix(LAST)?;
        if rest.starts_with(END) {
            return Some((at, count));
        }
        rest = rest.strip_prefix(COMMA)?;
        count += 1;
    }
}

/// What comes after the text with which these bytes begin, from its closing quote on; `None` if it is invalid.
fn after_text(bytes: &[u8]) -> Option<&[u8]> {
    let at = plain(bytes);
    let (text, rest) = bytes.split_at_checked(at)?;
    match rest.first()? {
        b'"' => (text.is_ascii() || std::str::from_utf8(text).is_ok()).then_some(rest),
        b'\\' => after_escapes(bytes, at),
        _ => None,
    }
}

/// The same for a text with a backslash at `at`.
fn after_escapes(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let mut end = at;
    while bytes.get(end) == Some(&b'\\') {
        let next = end + 2;
        end = next + memchr::memchr2(b'"', b'\\', bytes.get(next..)?)?;
    }
    let (text, rest) = bytes.split_at_checked(end)?;
    serde_json::from_slice::<String>(&[b"\"", text, b"\""].concat()).ok().map(|_| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, Session, Unknown};
    use crate::session;

    const TEXTS: [&str; 7] =
        ["plain", "", "\"quoted\" \\ \\\"", "two\nlines\tand \u{1} more", "日本 é 🦀", "{,[]}],\n  ]", "\\u00e9 /"];

    fn record(events: usize) -> Session {
        let text =
            br#"{"session_id": "sess_20261121T0300_ca5d", "project_slug": "api", "status": "active", "intent": "x",
            "zzz": {"events": [{"a": 1.50}]}}"#;
        let mut session = Session::read(text).unwrap();
        let event = |n: usize| Event {
            timestamp: "2026-11-21T03:00:00.000000+00:00".into(),
            message: format!("{n}: {}", TEXTS[n % TEXTS.len()]),
            unknown: Unknown::new(),
        };
        session.events = (0..events).map(event).collect();
        session
    }

    #[test]
    fn a_record_is_the_same_without_its_older_events() {
        let now = crate::clock::parse("2026-11-21T04:00:00Z").unwrap();
        for many in [1000, 1001, 3000] {
            let mut whole = record(many);
            let bytes = whole.to_bytes();
            let lean = Lean::of(bytes.clone()).unwrap();
            let mut newest = Session::read(&lean.text).unwrap();
            assert_eq!(newest.events, whole.events[many - 1..]);
            assert_eq!(lean.join(&newest.to_bytes()).unwrap().concat(), bytes);
            for session in [&mut newest, &mut whole] {
                session::event(session, "one \"more\"", now).unwrap();
                session.unknown.insert("another".into(), 7.into());
            }
            assert_eq!(lean.join(&newest.to_bytes()).unwrap().concat(), whole.to_bytes());
        }
    }

    #[test]
    fn a_text_ends_where_a_parser_ends_it() {
        let plain = "\u{e9} and ~\u{7f} \\n more \u{ffff}\" and what follows it, \u{e9}";
        let ascii = "twenty six letters of text\", and what follows it";
        for (text, places) in [(plain, 30), (ascii, 36)] {
            for (byte, at) in (0..=u8::MAX).flat_map(|byte| (0..places).map(move |at| (byte, at))) {
                let mut text = text.as_bytes().to_vec();
                text[at] = byte;
                let quoted = [b"\"", text.as_slice()].concat();
                let mut parser = serde_json::Deserializer::from_slice(&quoted).into_iter::<String>();
                let expected = parser.next().unwrap().ok().map(|_| &quoted[parser.byte_offset() - 1..]);
                assert_eq!(after_text(&text), expected, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn what_it_weighs_is_counted_with_the_older_events() {
        let bytes = record(2000).to_bytes();
        let lean = Lean::of(bytes.clone()).unwrap();
        assert_eq!(weight::of(&lean.text) + WEIGHT * lean.count, weight::of(&bytes));
        assert!(Lean::of(record(34_000).to_bytes()).is_err(), "too heavy for every reader");
    }

    #[test]
    fn other_layouts_and_invalid_events_are_read_whole() {
        let bytes = record(1000).to_bytes();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(Lean::of(bytes.clone()).is_ok() && Lean::of(record(1).to_bytes()).is_err());
        let changed = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        let nested = text.replacen("\n  \"events\": [\n", "\n  \"x\": {\n  \"events\": [\n", 1);
        let nested = nested.replacen("\n  ],", "\n  ]},\n  \"events\": [],", 1).into_bytes();
        assert!(Session::read(&nested).is_ok_and(|session| session.events.is_empty()));
        let mut foreign = bytes.clone();
        let at = memmem::find(&bytes, b"0: plain").unwrap();
        foreign[at] = 0xff;
        let all = [
            nested,
            foreign,
            changed("0: plain\"", "0: plain\",\n      \"more\": 1"),
            changed("0: plain", "0: \\x"),
            changed("0: plain", "0: \\ud800"),
            changed("0: plain", "0: \t"),
            changed("0: plain\"", "0: plain\" "),
            changed("\"message\"", "\"Message\""),
            changed("\"timestamp\": \"2026-11-21T03:00:00.000000+00:00\"", "\"timestamp\": 7"),
            changed("  \"events\"", "  \"event\""),
            text.replace("\n    {\n", "\n  {\n").into_bytes(),
            serde_json::to_vec(&record(1000)).unwrap(),
        ];
        for (n, bytes) in all.into_iter().enumerate() {
            assert!(Lean::of(bytes).is_err(), "{n}");
        }
    }
}
