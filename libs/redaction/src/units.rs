//! Owns the way between bytes and the text that they mean: the inside of a JSON string, and bytes that may not be UTF-8.
//! Must stay true: no table of positions is kept, so the memory does not grow with the number of escapes.

use std::borrow::Cow;
use std::ops::Range;

/// How bytes mean a text.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// The inside of a JSON string.
    Json,
    /// Bytes as they are; what is not UTF-8 is read as U+FFFD.
    Bytes,
}

/// A run of bytes, and the text that it means.
struct Unit<'t> {
    /// Number of bytes.
    raw: usize,
    text: Meant<'t>,
}

enum Meant<'t> {
    /// The same.
    Same(&'t str),
    /// One character, which is written otherwise.
    Char(char),
}

impl Unit<'_> {
    /// Number of bytes of the text.
    fn len(&self) -> usize {
        match self.text {
            Meant::Same(text) => text.len(),
            Meant::Char(c) => c.len_utf8(),
        }
    }
}

impl Form {
    /// The text.
    pub fn decode(self, raw: &[u8]) -> Cow<'_, str> {
        if let Ok(text) = std::str::from_utf8(raw)
            && (matches!(self, Form::Bytes) || !raw.contains(&b'\\'))
        {
            return Cow::Borrowed(text);
        }
        let (mut text, mut at) = (String::with_capacity(raw.len()), 0);
        while let Some(unit) = self.unit(raw, at) {
            match unit.text {
                Meant::Same(same) => text.push_str(same),
                Meant::Char(c) => text.push(c),
            }
            at += unit.raw;
        }
        Cow::Owned(text)
    }

    /// Where spans of the text are in the bytes. The spans are in order and do not overlap.
    pub fn locate(self, raw: &[u8], spans: &mut [&mut Range<usize>]) {
        let (mut at, mut text) = (0, 0);
        let mut find = |place: usize, is_end: bool| {
            while let Some(unit) = self.unit(raw, at) {
                let len = unit.len();
                if place < text + len {
                    // A part of a run of the same bytes; of a character that is written otherwise, all of it.
                    let is_same = matches!(unit.text, Meant::Same(_));
                    return match (is_same, is_end && place > text) {
                        (true, _) => at + (place - text),
                        (false, true) => at + unit.raw,
                        (false, false) => at,
                    };
                }
                at += unit.raw;
                text += len;
            }
            at
        };
        for span in spans {
            let start = find(span.start, false);
            span.end = find(span.end, true);
            span.start = start;
        }
    }

    /// The run that begins at `at`; `None` at the end.
    fn unit(self, raw: &[u8], at: usize) -> Option<Unit<'_>> {
        let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
        match self {
            Form::Json if rest.first() == Some(&b'\\') => Some(escape(rest)),
            Form::Json => {
                let plain = rest.iter().position(|&byte| byte == b'\\').unwrap_or(rest.len());
                Some(valid(rest.get(..plain)?))
            }
            Form::Bytes => Some(valid(rest)),
        }
    }
}

/// The valid text at the beginning, or one byte that is none. At most a few kilobytes, so that no text is checked twice.
fn valid(bytes: &[u8]) -> Unit<'_> {
    const MOST: usize = 4096;
    let bytes = bytes.get(..MOST).unwrap_or(bytes);
    let same = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        }
    };
    match same {
        "" => Unit { raw: 1, text: Meant::Char(char::REPLACEMENT_CHARACTER) },
        same => Unit { raw: same.len(), text: Meant::Same(same) },
    }
}

/// An escape of JSON. A backslash that begins none is itself, as in a path of Windows that was not escaped.
fn escape(rest: &[u8]) -> Unit<'_> {
    let unit = |raw, c| Unit { raw, text: Meant::Char(c) };
    match rest.get(1) {
        Some(b'"') => unit(2, '"'),
        Some(b'\\') => unit(2, '\\'),
        Some(b'/') => unit(2, '/'),
        Some(b'b') => unit(2, '\u{8}'),
        Some(b'f') => unit(2, '\u{c}'),
        Some(b'n') => unit(2, '\n'),
        Some(b'r') => unit(2, '\r'),
        Some(b't') => unit(2, '\t'),
        Some(b'u') => match (hex(rest, 2), hex(rest, 8)) {
            (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) if rest.get(6..8) == Some(br"\u") => {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                unit(12, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            (Some(code), _) => unit(6, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            (None, _) => unit(1, '\\'),
        },
        _ => unit(1, '\\'),
    }
}

/// The four hexadecimal digits at `at`.
fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_as_json_says() {
        for json in [r"a\n\t\r\b\f\/\\", r#"\"\u00e9\u65e5\ud83d\ude00x"#, "plain", "", r"\u0041\u0042"] {
            let expected: String = serde_json::from_str(&format!("\"{json}\"")).unwrap();
            assert_eq!(Form::Json.decode(json.as_bytes()), expected, "{json}");
        }
        for (json, expected) in [
            (r"C:\Users\x", "C:\\Users\\x"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\u12", "\\u12"),
        ] {
            assert_eq!(Form::Json.decode(json.as_bytes()), expected);
        }
        assert_eq!(Form::Json.decode(b"a\xff\\n"), "a\u{fffd}\n");
        assert_eq!(Form::Bytes.decode(b"a\xff\\n\xe2\x82"), "a\u{fffd}\\n\u{fffd}\u{fffd}");
    }

    #[test]
    fn every_span_of_the_text_is_found_in_the_bytes() {
        let long = "é".repeat(5000);
        for (form, raw) in [
            (Form::Json, r#"a\n\u0041é\ud83d\ude00\"b"#.as_bytes().to_vec()),
            (Form::Json, b"\\\\\xff\\u00e9".to_vec()),
            (Form::Bytes, b"ab\xff\xfec\xe2\x82d".to_vec()),
            (Form::Bytes, [long.as_bytes(), b"\xff", long.as_bytes()].concat()),
        ] {
            let text = form.decode(&raw).into_owned();
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            for (&from, &to) in places.iter().zip(places.iter().skip(1)).step_by(1 + places.len() / 50) {
                let (mut span, mut later) = (from..to, to..text.len());
                form.locate(&raw, &mut [&mut span, &mut later]);
                assert_eq!(form.decode(&raw[span.clone()]), text[from..to], "{from}..{to}");
                assert_eq!(form.decode(&raw[later]), text[to..], "after {from}..{to}");
            }
        }
    }
}
