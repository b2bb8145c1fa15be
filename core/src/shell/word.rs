//! Owns words: quotes, escapes and expansions.

use super::Word;
use super::parser::Parser;

/// A word that is being read.
#[derive(Default)]
struct Draft {
    text: Vec<u8>,
    is_expanded: bool,
    is_quoted: bool,
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
                    draft.is_expanded = true;
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
                draft.is_expanded = true;
                if !self.skip_arithmetic() {
                    self.skip(1);
                    self.nested();
                }
            }
            Some(b'{') => {
                draft.is_expanded = true;
                self.skip(1);
                self.braces();
            }
            Some(byte) if byte == b'_' || byte.is_ascii_alphabetic() => {
                draft.is_expanded = true;
                while self.peek().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
                    self.skip(1);
                }
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => {
                draft.is_expanded = true;
                self.skip(1);
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
                Some(b'x') => self.number(draft, 0, 16),
                Some(byte @ b'0'..=b'7') => self.number(draft, u32::from(byte - b'0'), 8),
                Some(byte) => draft.text.extend([b'\\', byte]),
                None => {}
            }
        }
    }

    /// A character by its number, with up to two more digits.
    fn number(&mut self, draft: &mut Draft, first: u32, radix: u32) {
        let mut value = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(radix)) else { break };
            self.skip(1);
            value = value * radix + digit;
        }
        draft.text.extend(u8::try_from(value & 0xff));
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
        draft.is_expanded = true;
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
