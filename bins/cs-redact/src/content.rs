//! Owns what kind of content a file has that is checked, and how it is read. Must stay true: no content is passed over
//! without saying so.

use std::borrow::Cow;

/// How many bytes at the beginning tell whether a file is text.
const BEGIN: usize = 8000;

/// What a content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Not for people: what may be random is not told, only what has a shape that nothing else has.
    Binary,
}

/// The content as it is looked at, and what it is. UTF-16 is decoded.
pub fn read(bytes: &[u8]) -> (Cow<'_, [u8]>, Kind) {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let pairs = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
        char::decode_utf16(pairs).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return (Cow::Owned(units(rest, u16::from_le_bytes).into_bytes()), Kind::Text);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return (Cow::Owned(units(rest, u16::from_be_bytes).into_bytes()), Kind::Text);
    }
    let begin = bytes.get(..BEGIN).unwrap_or(bytes);
    if let Some(unit) = unmarked(begin) {
        return (Cow::Owned(units(bytes, unit).into_bytes()), Kind::Text);
    }
    (Cow::Borrowed(bytes), if begin.contains(&0) { Kind::Binary } else { Kind::Text })
}

/// How the units of UTF-16 are written, if it is that without a mark at its beginning: of most pairs one half, always the
/// same, is zero.
fn unmarked(begin: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let pairs = begin.len() / 2;
    let zeros = |half: usize| begin.iter().skip(half).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let is_most = |zeros: usize, others: usize| pairs >= 8 && zeros >= pairs / 2 && others <= pairs / 20;
    if is_most(odd, even) {
        return Some(u16::from_le_bytes);
    }
    is_most(even, odd).then_some(u16::from_be_bytes as fn([u8; 2]) -> u16)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_decoded_and_binary_content_is_known() {
        let little: Vec<u8> = "\u{feff}aé\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}aé\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big] {
            assert_eq!(read(bytes), (Cow::Borrowed("aé\n".as_bytes()), Kind::Text));
        }
        let unmarked: Vec<u8> = "the key is ab\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&unmarked), (Cow::Borrowed("the key is ab\n".as_bytes()), Kind::Text));
        let unmarked: Vec<u8> = "the key is ab\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&unmarked), (Cow::Borrowed("the key is ab\n".as_bytes()), Kind::Text));
        assert_eq!(read(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0").1, Kind::Binary);
        assert_eq!(read(b"ab\0b").1, Kind::Binary);
        assert_eq!(read("é\u{1}".as_bytes()).1, Kind::Text);
    }
}
