//! Owns the line of COPY that stands for an operation. Must stay true: no text, whatever it contains, ends a field, the
//! line or the whole of the data.

use crate::columns::Columns;
use crate::op::Op;
use cs_core::clock;
use std::borrow::Cow;

/// Between fields, and around those that need it. JSON never contains them, so bodies go as they are.
const DELIMITER: u8 = 2;
const QUOTE: char = '\u{1}';

/// There is none in PostgreSQL.
const YEAR_0: &str = "0000-";

/// How COPY writes and reads lines.
pub const FORMAT: &str = r"(format csv, quote e'\x01', delimiter e'\x02')";

/// Appends the line of an operation of this machine, with its line feed.
pub fn add(line: &mut Vec<u8>, machine: &str, op: &Op) {
    let mut columns = Columns::of(machine, op);
    // What is not an instant would stop the whole push; it is in the body anyway.
    columns.at = columns.at.filter(|at| clock::parse_stamp(at.as_bytes()).is_some() && !at.starts_with(YEAR_0));
    for (index, text) in columns.texts().into_iter().enumerate() {
        if index > 0 {
            line.push(DELIMITER);
        }
        if let Some(text) = text {
            line.extend_from_slice(field(&text).as_bytes());
        }
    }
    line.push(b'\n');
}

/// A text as a field. An empty one is quoted, because a field of nothing is null.
fn field(text: &str) -> Cow<'_, str> {
    let is_plain = |c: u8| !matches!(c, 0 | 1 | 2 | b'\n' | b'\r');
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    // `\.` on a line of its own ends the data, also inside of quotes.
    let text = text.replace('\0', "").replace("\n\\.", " \\.").replace(QUOTE, "\u{1}\u{1}");
    Cow::Owned(format!("{QUOTE}{text}{QUOTE}"))
}

/// Whether a part of a record begins or ends a quotation without the other: inside of one, a line feed is one of the text.
pub fn turns(part: &[u8]) -> bool {
    part.iter().filter(|c| **c == 1).count() % 2 == 1
}

/// The first field of a record, as a record.
pub fn first(mut record: Vec<u8>) -> Vec<u8> {
    record.truncate(record.iter().position(|c| *c == DELIMITER).unwrap_or_default());
    record
}

/// The fields of a record, without its line feed; `None` if it is not UTF-8.
pub fn fields(record: &[u8]) -> Option<Vec<Option<String>>> {
    let text = std::str::from_utf8(record).ok()?;
    let (mut fields, mut from, mut is_quoted) = (Vec::new(), 0, false);
    let ends = text.bytes().enumerate().filter_map(|(at, c)| {
        is_quoted ^= c == 1;
        (c == DELIMITER && !is_quoted).then_some(at)
    });
    for end in ends.chain([text.len()]) {
        fields.push(unquoted(text.get(from..end)?));
        from = end + 1;
    }
    Some(fields)
}

fn unquoted(field: &str) -> Option<String> {
    match field.strip_prefix(QUOTE).and_then(|rest| rest.strip_suffix(QUOTE)) {
        Some(inner) => Some(inner.replace("\u{1}\u{1}", "\u{1}")),
        None => (!field.is_empty()).then(|| field.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{Row, Source, Table};
    use serde_json::value::RawValue;

    fn line(id: &str, at: &str, body: &str) -> Vec<u8> {
        let row = Row {
            table: Table::Mark,
            id: id.into(),
            kind: Some(String::new()),
            at: Some(at.into()),
            project: Some(id.into()),
            agent: None,
            conversation: None,
            body: RawValue::from_string(body.into()).unwrap(),
        };
        let mut line = Vec::new();
        add(&mut line, "0123456789abcdef", &Op::Row(&Source::parse("mark/c").unwrap(), 7, &row));
        line
    }

    #[test]
    fn hostile_texts_stay_in_their_fields() {
        let long = "é\u{2}".repeat(100_000);
        for text in
            ["", "a", "\\.", "\"'\\", "\u{1}", "\u{1}\u{2}\u{1}", "a\nb", "a\r\nb", "\u{2028}\u{7f}", "\\N", &long]
        {
            let line = line(text, "2026-11-21T03:37:00.000000+00:00", r#"{"a":"\u0000\ud800 \\."}"#);
            let record = line.strip_suffix(b"\n").unwrap();
            assert!(!turns(record) && line.split(|c| *c == b'\n').all(|part| part != b"\\."));
            let fields = fields(record).unwrap();
            assert_eq!(fields.len(), 17);
            let some = |text: &str| Some(text.to_string());
            assert_eq!((&fields[0], &fields[3], &fields[4]), (&some("row"), &some("7"), &some("mark")));
            assert_eq!((&fields[5], &fields[6], &fields[8]), (&some(text), &some(""), &some(text)), "{text:?}");
            assert_eq!((&fields[9], &fields[12]), (&None, &some(r#"{"a":"\u0000\ud800 \\."}"#)));
        }
    }

    #[test]
    fn what_ends_the_data_or_no_text_can_have_is_replaced() {
        let years = [("0000-12-31T23:59:59.000000+00:00", false), ("0001-01-01T00:00:00.000000+00:00", true)];
        for (at, is_kept) in years {
            let line = line("a", at, "{}");
            let fields = fields(line.strip_suffix(b"\n").unwrap()).unwrap();
            assert_eq!(fields[7].as_deref(), is_kept.then_some(at));
        }
        for (text, gone) in [("a\n\\.\nb", "a \\.\nb"), ("a\0b", "ab"), ("\n\\.", " \\."), ("\0", "")] {
            let line = line(text, "not a time", "{}");
            assert!(line.split(|c| *c == b'\n').all(|part| part != b"\\."), "{text:?}");
            let fields = fields(line.strip_suffix(b"\n").unwrap()).unwrap();
            assert_eq!((&fields[5], &fields[7]), (&Some(gone.to_string()), &None), "{text:?}");
        }
    }
}
