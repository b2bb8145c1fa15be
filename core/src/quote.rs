//! Owns whether a byte is inside a JSON string, for code that searches a text for brackets and commas without parsing
//! it. Must stay true: it agrees with every JSON parser on a valid text; in any other text a backslash escapes the next
//! byte, whatever that is. Deliberately absent: the meaning of escapes (see `repair`).

/// The position of a reader: inside a string or outside. In UTF-8 no byte of a longer character equals a quote or a
/// backslash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quote {
    inside: bool,
    escaped: bool,
}

impl Quote {
    /// Takes the next byte. Returns whether it belongs to a string; its quotes do.
    pub fn holds(&mut self, byte: u8) -> bool {
        if !self.inside {
            self.inside = byte == b'"';
            return self.inside;
        }
        self.inside = self.escaped || byte != b'"';
        self.escaped = !self.escaped && byte == b'\\';
        true
    }

    /// The same for the next character of a text.
    pub fn holds_char(&mut self, next: char) -> bool {
        self.holds(u8::try_from(next).unwrap_or_default())
    }

    /// Takes bytes of an open string that are neither quotes nor backslashes.
    pub fn pass_plain(&mut self) {
        self.escaped = false;
    }

    /// Whether the next byte is inside a string.
    pub fn is_open(self) -> bool {
        self.inside
    }

    /// Whether the next byte belongs to an escape that has begun.
    pub fn is_escaped(self) -> bool {
        self.escaped
    }
}
