//! Owns words: quotes, escapes and expansions.

use super::Word;
use super::parser::Parser;

/// Longest expansion that a word shows as it is written.
const EXPANSION: usize = 100;

/// How a word shows an expansion that contains commands: `$(…)`.
const COMMANDS: &[u8] = "$(…)".as_bytes();

/// A word that is being read.
#[derive(Default)]
struct Draft {
    text: Vec<u8>,
    is_expanded: bool,
    is_quoted: bool,
}

impl Draft {
    /// Adds an expansion, as it is written.
    fn expand(&mut self, written: &[u8]) {
        self.is_expanded = true;
        self.text.extend_from_slice(if written.len() <= EXPANSION { written } else { COMMANDS });
    }
}

impl Parser<'_> {
    /// Reads the word that begins here, at least one byte.
    pub(super) fn word(&mut self) -> Word {
        let mut draft = Draft::default();
        let mut is_first = true;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' if !is_first => break,
                b'<' | b'>' if self.after(1) == Some(b'(') => {
                    self.skip(2);
                    self.nested();
                    draft.expand(COMMANDS);
                }
                b'<' | b'>' if !is_first => break,
                b'(' if draft.text.ends_with(b"=") => self.array(&mut draft),
                b'(' if !is_first => break,
                _ => self.piece(&mut draft),
            }
            is_first = false;
        }
        Word {
            text: String::from_utf8_lossy(&draft.text).into_owned(),
            is_plain: !draft.is_expanded,
            is_quoted: draft.is_quoted,
        }
    }

    /// Reads a character, an escape, a quoted text or an expansion.
    fn piece(&mut self, draft: &mut Draft) {
        match self.next() {
            Some(b'\\') => match self.next() {
                Some(b'\n') | None => {}
                Some(byte) => {
                    draft.is_quoted = true;
                    draft.text.push(byte);
                }
            },
            Some(b'\'') => self.single(draft),
            Some(b'"') => self.double(draft),
            Some(b'`') => self.backquoted(draft),
            Some(b'$') => self.dollar(draft),
            Some(byte) => draft.text.push(byte),
            None => {}
        }
    }

    /// Reads the expansions in a text, which is no part of a word.
    pub(super) fn expansions(&mut self) {
        let mut draft = Draft::default();
        while let Some(byte) = self.next() {
            match byte {
                b'\\' => self.skip(1),
                b'`' => self.backquoted(&mut draft),
                b'$' if matches!(self.peek(), Some(b'(' | b'{')) => self.dollar(&mut draft),
                _ => {}
            }
            draft.text.clear();
        }
    }

    fn single(&mut self, draft: &mut Draft) {
        draft.is_quoted = true;
        while let Some(byte) = self.next().filter(|&byte| byte != b'\'') {
            draft.text.push(byte);
        }
    }

    fn double(&mut self, draft: &mut Draft) {
        draft.is_quoted = true;
        while let Some(byte) = self.next().filter(|&byte| byte != b'"') {
            match byte {
                b'\\' => match self.peek() {
                    Some(b'\n') => self.skip(1),
                    Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => {
                        self.skip(1);
                        draft.text.push(byte);
                    }
                    _ => draft.text.push(b'\\'),
                },
                b'`' => self.backquoted(draft),
                b'$' if matches!(self.peek(), Some(b'\'' | b'"')) => draft.text.push(b'$'),
                b'$' => self.dollar(draft),
                _ => draft.text.push(byte),
            }
        }
    }

    /// Reads what follows a `$`.
    fn dollar(&mut self, draft: &mut Draft) {
        let start = self.place() - 1;
        match self.peek() {
            Some(b'\'') => {
                self.skip(1);
                self.escaped(draft);
            }
            Some(b'"') => {
                self.skip(1);
                self.double(draft);
            }
            Some(b'(') => {
                if !self.skip_arithmetic() {
                    self.skip(1);
                    self.nested();
                }
                draft.expand(COMMANDS);
            }
            Some(b'{') => {
                self.skip(1);
                self.braces();
                draft.expand(self.since(start));
            }
            Some(byte) if byte == b'_' || byte.is_ascii_alphabetic() => {
                while self.peek().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                    self.skip(1);
                }
                draft.expand(self.since(start));
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => {
                self.skip(1);
                draft.expand(self.since(start));
            }
            _ => draft.text.push(b'$'),
        }
    }

    /// `$'…'`: decodes the escapes that matter for words; others stay as they are.
    fn escaped(&mut self, draft: &mut Draft) {
        draft.is_quoted = true;
        while let Some(byte) = self.next().filter(|&byte| byte != b'\'') {
            if byte != b'\\' {
                draft.text.push(byte);
                continue;
            }
            match self.next() {
                Some(b'n') => draft.text.push(b'\n'),
                Some(b't') => draft.text.push(b'\t'),
                Some(b'r') => draft.text.push(b'\r'),
                Some(byte @ (b'\\' | b'\'' | b'"' | b'?')) => draft.text.push(byte),
                Some(b'x') => self.number(draft, 16, 2),
                Some(b'u') => self.number(draft, 16, 4),
                Some(b'U') => self.number(draft, 16, 8),
                Some(b'0'..=b'7') => {
                    self.back();
                    self.number(draft, 8, 3);
                }
                Some(byte) => draft.text.extend([b'\\', byte]),
                None => {}
            }
        }
    }

    /// A character by its number: a byte for up to three digits, else a character of Unicode.
    fn number(&mut self, draft: &mut Draft, radix: u32, digits: usize) {
        let mut value = 0_u32;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(radix)) else { break };
            self.skip(1);
            value = value.wrapping_mul(radix).wrapping_add(digit);
        }
        match digits {
            ..=3 => draft.text.extend(u8::try_from(value & 0xff)),
            _ => draft.text.extend(char::from_u32(value).map(String::from).unwrap_or_default().bytes()),
        }
    }

    /// `${…}`: commands in it are commands.
    fn braces(&mut self) {
        let mut inner = Draft::default();
        self.deeper(|parser| {
            while parser.peek().is_some_and(|byte| byte != b'}') {
                parser.piece(&mut inner);
            }
        });
        self.skip(1);
    }

    /// `` `…` ``: a script in which a backslash escapes backquotes, dollars and backslashes.
    fn backquoted(&mut self, draft: &mut Draft) {
        let mut script = Vec::new();
        while let Some(byte) = self.next().filter(|&byte| byte != b'`') {
            match (byte, self.peek()) {
                (b'\\', Some(next @ (b'`' | b'$' | b'\\'))) => {
                    self.skip(1);
                    script.push(next);
                }
                _ => script.push(byte),
            }
        }
        self.quoted_script(&script);
        draft.expand(COMMANDS);
    }

    /// `name=(…)`: words, not commands.
    fn array(&mut self, draft: &mut Draft) {
        self.skip(1);
        draft.is_expanded = true;
        let mut inner = Draft::default();
        while self.peek().is_some_and(|byte| byte != b')') {
            self.piece(&mut inner);
        }
        self.skip(1);
    }
}
