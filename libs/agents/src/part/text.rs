//! Owns how a text is written as a string of JSON. Must stay true: no control character and no invisible one is written
//! as it is, so that a terminal, a shell's `read` and JavaScript take no harm; readers of JSON see the same text.

use cs_core::visible::is_hidden;

/// Appends a text as a string of JSON.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| may_be_escaped(*byte))) {
        at += found;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let wide = if byte.is_ascii() { None } else { text.get(at..).and_then(|rest| rest.chars().next()) };
        let end = at + wide.map_or(1, char::len_utf8);
        if wide.is_none_or(is_hidden) {
            out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
            match wide {
                Some(wide) => wide.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escape_unit(*unit, out)),
                None => escape(byte, out),
            }
            copied = end;
        }
        at = end;
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    out.push(b'"');
}

/// Whether the byte cannot stand in a string of JSON, is the control character 127, or begins a character that may be
/// invisible.
fn may_be_escaped(byte: u8) -> bool {
    matches!(byte, 0..32 | b'"' | b'\\' | 127 | 0xc2 | 0xd8 | 0xe2 | 0xef | 0xf0..=0xf4)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return escape_unit(u16::from(byte), out),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn escape_unit(unit: u16, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| DIGITS.get(usize::from(unit >> shift & 15)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_has_nothing_invisible_and_the_same_text() {
        let text = "a\"b\\c\n\u{1b}[31m\u{7f}\u{9b}2J\u{202e}\u{2066}\u{2028}\u{feff}\u{e0041}\u{1fffe} é — “日本” 👩\u{200d}💻 ©";
        let mut out = Vec::new();
        write_text(text, &mut out);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        assert!(
            written.contains(r"\u001b[31m\u007f\u009b2J\u202e\u2066\u2028\ufeff\udb40\udc41\ud83f\udffe é — “日本” 👩"),
            "{written}"
        );
        assert!(!written.chars().any(|c| c.is_control() || is_hidden(c)), "{written}");
    }
}
