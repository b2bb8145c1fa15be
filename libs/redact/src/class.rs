//! Owns the classes of bytes that rules are made of. Must stay true: unless noted, a class contains only ASCII bytes,
//! so a span that ends with a class ends on a character boundary.

/// A set of ASCII bytes.
#[derive(Clone, Copy)]
pub(super) struct Class(u128);

impl Class {
    /// The bytes of the text. Ranges such as `a-z` are built with [`Class::and`].
    pub(super) const fn of(bytes: &[u8]) -> Class {
        let (mut set, mut rest) = (0, bytes);
        while let [byte, others @ ..] = rest {
            set |= 1 << *byte;
            rest = others;
        }
        Class(set)
    }

    const fn range(from: u8, to: u8) -> Class {
        let (mut set, mut byte) = (0, from);
        while byte <= to {
            set |= 1 << byte;
            byte += 1;
        }
        Class(set)
    }

    pub(super) const fn and(self, more: Class) -> Class {
        Class(self.0 | more.0)
    }

    /// Whether all bytes of this set are in the other.
    pub(super) const fn is_within(self, other: Class) -> bool {
        self.0 & !other.0 == 0
    }

    pub(super) const fn has(self, byte: u8) -> bool {
        byte < 128 && self.0 >> byte & 1 == 1
    }
}

const DIGIT: Class = Class::range(b'0', b'9');
const SMALL: Class = Class::range(b'a', b'z');
const LARGE: Class = Class::range(b'A', b'Z');

/// Hexadecimal digits.
pub(super) const HEX: Class = DIGIT.and(Class::range(b'a', b'f')).and(Class::range(b'A', b'F'));
/// Hexadecimal digits and dashes, for UUIDs.
pub(super) const UUID: Class = HEX.and(Class::of(b"-"));
pub(super) const LOWER: Class = SMALL.and(DIGIT);
pub(super) const UPPER: Class = LARGE.and(DIGIT);
/// Upper-case letters, digits, `-` and `_`, for keys that people type.
pub(super) const TYPED: Class = UPPER.and(Class::of(b"-_"));
pub(super) const ALNUM: Class = LOWER.and(LARGE);
/// The bytes of an identifier.
pub(super) const NAME: Class = ALNUM.and(Class::of(b"_"));
/// URL-safe base64.
pub(super) const WORD: Class = NAME.and(Class::of(b"-"));
pub(super) const DOTTED: Class = WORD.and(Class::of(b"."));
/// RFC 7235 `token68`, which includes base64.
pub(super) const BASE64: Class = DOTTED.and(Class::of(b"~+/="));
/// Base64 in a URL.
pub(super) const ESCAPED: Class = BASE64.and(Class::of(b"%"));
/// Tokens of several parts.
pub(super) const PARTS: Class = BASE64.and(Class::of(b":!|@$"));

pub(super) fn is_alnum(byte: u8) -> bool {
    ALNUM.has(byte)
}

pub(super) fn is_name(byte: u8) -> bool {
    NAME.has(byte)
}

pub(super) fn is_word(byte: u8) -> bool {
    WORD.has(byte)
}

pub(super) fn is_dotted(byte: u8) -> bool {
    DOTTED.has(byte)
}

pub(super) fn is_base64(byte: u8) -> bool {
    BASE64.has(byte)
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// The bytes of an unquoted value, including text beyond ASCII.
pub(super) fn is_bare(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b',' | b';' | b'&' | b')' | b'<')
}

/// The bytes between `://` and the path, including text beyond ASCII.
pub(super) fn is_authority(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b'/' | b'?' | b'#' | b'<' | b'>' | b'\\')
}

/// Whether one text contains the other, ignoring case.
pub(super) fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether one text ends with the other, ignoring case.
pub(super) fn ends_with(text: &[u8], part: &str) -> bool {
    let begin = text.len().checked_sub(part.len());
    begin.and_then(|begin| text.get(begin..)).is_some_and(|end| end.eq_ignore_ascii_case(part.as_bytes()))
}

/// Words separated by spaces. Four of their letters and the length rule out nearly all other texts.
pub(super) struct Words {
    text: &'static str,
    bits: [u128; 4],
}

impl Words {
    #[allow(clippy::indexing_slicing)] // run by the compiler
    pub(super) const fn of(text: &'static str) -> Words {
        let (bytes, mut bits, mut at) = (text.as_bytes(), [0; 4], 0);
        while at < bytes.len() {
            let begin = at;
            while at < bytes.len() && bytes[at] != b' ' {
                at += 1;
            }
            let (second, middle) = inner(at - begin);
            let outer = bit_index(bytes[begin], bytes[at - 1], at - begin);
            let inner = bit_index(bytes[begin + second], bytes[begin + middle], at - begin);
            bits[outer / 128] |= 1 << (outer % 128);
            bits[2 + inner / 128] |= 1 << (inner % 128);
            at += 1;
        }
        Words { text, bits }
    }

    /// Whether the text is one of the words, ignoring case.
    #[inline]
    pub(super) fn have(&self, text: &[u8]) -> bool {
        self.may_have(text) && self.any(text, 32)
    }

    /// Whether the text is one of the words.
    pub(super) fn have_exactly(&self, text: &[u8]) -> bool {
        self.may_have(text) && self.any(text, 0)
    }

    /// Whether the text may be one of the words: `false` is certain.
    #[inline]
    pub(super) fn may_have(&self, text: &[u8]) -> bool {
        let (Some(&first), Some(&last)) = (text.first(), text.last()) else { return false };
        self.has_bit(0, bit_index(first, last, text.len())) && {
            let (second, middle) = inner(text.len());
            let byte = |at: usize| text.get(at).copied().unwrap_or_default();
            self.has_bit(2, bit_index(byte(second), byte(middle), text.len()))
        }
    }

    #[inline]
    fn has_bit(&self, from: usize, place: usize) -> bool {
        self.bits.get(from + place / 128).is_some_and(|bits| bits >> (place % 128) & 1 == 1)
    }

    /// Whether the text is one of the words, ignoring the bits of `case`.
    fn any(&self, text: &[u8], case: u8) -> bool {
        let same = |ours: u8, theirs: u8| ours == theirs || ours ^ theirs == case && ours.is_ascii_alphabetic();
        let mut rest = self.text.as_bytes();
        while rest.len() >= text.len() {
            let length = text.iter().zip(rest).take_while(|(ours, theirs)| same(**ours, **theirs)).count();
            if length == text.len() && matches!(rest.get(length), None | Some(b' ')) {
                return true;
            }
            let Some(next) = rest.iter().position(|&byte| byte == b' ') else { return false };
            rest = rest.get(next + 1..).unwrap_or_default();
        }
        false
    }
}

/// The places of two letters inside a word.
const fn inner(length: usize) -> (usize, usize) {
    (if length > 1 { 1 } else { 0 }, length / 2)
}

/// A number below 256 for two letters, ignoring case, and the length.
const fn bit_index(first: u8, last: u8, length: usize) -> usize {
    ((first & 31) as usize * 37 + (last & 31) as usize * 11 + length * 101) % 256
}

/// Pairs of letters, ignoring case and other differences of the upper bits.
#[derive(Clone, Copy)]
pub(super) struct Pairs([u32; 32]);

impl Pairs {
    pub(super) const NONE: Pairs = Pairs([0; 32]);

    #[allow(clippy::indexing_slicing)] // run by the compiler
    pub(super) const fn add(&mut self, first: u8, second: u8) {
        self.0[(first & 31) as usize] |= 1 << (second & 31);
    }

    /// Adds all pairs with this first letter.
    #[allow(clippy::indexing_slicing)] // run by the compiler
    pub(super) const fn add_all(&mut self, first: u8) {
        self.0[(first & 31) as usize] = u32::MAX;
    }

    /// With the last two letters of words, in texts of words separated by spaces.
    #[allow(clippy::indexing_slicing)] // run by the compiler
    pub(super) const fn with_ends(self, texts: &[&str]) -> Pairs {
        let (mut ends, mut text) = (self, 0);
        while text < texts.len() {
            let (bytes, mut at) = (texts[text].as_bytes(), 1);
            while at < bytes.len() {
                if at + 1 == bytes.len() || bytes[at + 1] == b' ' {
                    ends.add(bytes[at - 1], bytes[at]);
                }
                at += 1;
            }
            text += 1;
        }
        ends
    }

    /// Whether the pair may be one of them: `false` is certain.
    #[inline]
    pub(super) fn may_have(&self, first: u8, second: u8) -> bool {
        self.0.get(usize::from(first & 31)).is_some_and(|bits| bits >> (second & 31) & 1 == 1)
    }

    /// Whether the text may end with one of them.
    #[inline]
    pub(super) fn may_end(&self, text: &[u8]) -> bool {
        matches!(*text, [.., first, second] if self.may_have(first, second))
    }
}

pub(super) fn find(text: &[u8], literal: &[u8]) -> Option<usize> {
    text.windows(literal.len()).position(|window| window == literal)
}
