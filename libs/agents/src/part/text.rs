//! Owns how a text is written as a string of JSON.

/// Appends a text as a string of JSON.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(at) = bytes.get(start..).and_then(|rest| rest.iter().position(|byte| is_escaped(*byte))) {
        out.extend_from_slice(bytes.get(start..start + at).unwrap_or_default());
        escape(bytes.get(start + at).copied().unwrap_or_default(), out);
        start += at + 1;
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

/// Whether a string of JSON cannot contain the byte as it is; also the control character 127.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, 0..32 | b'"' | b'\\' | 127)
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or(b'0');
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
