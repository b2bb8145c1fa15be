//! Owns where strings are in JSON, and whether it is well-formed. Must stay true: linear; the memory is that of the
//! brackets that are open. Deliberately absent: the exact form of numbers and words, and of escapes: they stay as they
//! are, and what is nearly JSON is read.

use std::ops::Range;

/// How deeply brackets may be nested.
const DEPTH: usize = 10_000;

/// A string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The bytes between its quotes.
    pub inside: Range<usize>,
    /// Whether it is the key of a member.
    pub is_key: bool,
}

/// It is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson;

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    /// A value, or nothing more.
    #[default]
    Top,
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// What is open.
#[derive(Clone, Debug, Default)]
pub struct State {
    open: Vec<u8>,
    next: Next,
}

impl State {
    /// Whether no value is open.
    pub fn is_between(&self) -> bool {
        self.next == Next::Top
    }

    fn after_value(&mut self) {
        self.next = if self.open.is_empty() { Next::Top } else { Next::CommaOrEnd };
    }
}

/// The strings of a text, in order.
pub struct Walk<'w> {
    state: &'w mut State,
    text: &'w [u8],
    at: usize,
}

impl<'w> Walk<'w> {
    /// Continues with this text.
    pub fn new(state: &'w mut State, text: &'w [u8]) -> Self {
        Walk { state, text, at: 0 }
    }

    fn next_token(&mut self) -> Result<Option<Token>, NotJson> {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                // RFC 7464 puts it before each value.
                0x1e if self.state.is_between() => {}
                0xef if self.at == 0 && self.state.is_between() && self.text.starts_with(b"\xef\xbb\xbf") => {
                    self.at += 2
                }
                b'"' => return self.string().map(Some),
                b'{' | b'[' => self.open(byte)?,
                b'}' | b']' => self.close(byte)?,
                b':' if self.state.next == Next::Colon => self.state.next = Next::Value,
                b',' if self.state.next == Next::CommaOrEnd => {
                    let is_object = self.state.open.last() == Some(&b'{');
                    self.state.next = if is_object { Next::Key } else { Next::Value };
                }
                _ => self.word()?,
            }
            self.at += 1;
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<Token, NotJson> {
        let start = self.at + 1;
        let end = end_of(self.text, start).ok_or(NotJson)?;
        self.at = end + 1;
        let is_key = matches!(self.state.next, Next::Key | Next::KeyOrEnd);
        if is_key {
            self.state.next = Next::Colon;
        } else {
            self.begin_value()?;
            self.state.after_value();
        }
        Ok(Token { inside: start..end, is_key })
    }

    fn begin_value(&self) -> Result<(), NotJson> {
        let fits = matches!(self.state.next, Next::Top | Next::Value | Next::ValueOrEnd);
        if fits { Ok(()) } else { Err(NotJson) }
    }

    fn open(&mut self, byte: u8) -> Result<(), NotJson> {
        self.begin_value()?;
        if self.state.open.len() == DEPTH {
            return Err(NotJson);
        }
        self.state.open.push(byte);
        self.state.next = if byte == b'{' { Next::KeyOrEnd } else { Next::ValueOrEnd };
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), NotJson> {
        let opened = if byte == b'}' { b'{' } else { b'[' };
        let fits = match self.state.next {
            Next::CommaOrEnd => true,
            Next::KeyOrEnd => byte == b'}',
            Next::ValueOrEnd => byte == b']',
            _ => false,
        };
        if !fits || self.state.open.pop() != Some(opened) {
            return Err(NotJson);
        }
        self.state.after_value();
        Ok(())
    }

    /// A number, or a word such as `null`; stays before its end.
    fn word(&mut self) -> Result<(), NotJson> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        self.begin_value()?;
        let word = rest.get(..length).filter(|word| is_scalar(word)).ok_or(NotJson)?;
        self.at += word.len() - 1;
        self.state.after_value();
        Ok(())
    }
}

fn is_scalar(word: &[u8]) -> bool {
    let words: [&[u8]; 7] = [b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b"undefined"];
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    words.contains(&word) || word.iter().any(u8::is_ascii_digit) && word.iter().all(is_number)
}

impl Iterator for Walk<'_> {
    type Item = Result<Token, NotJson>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_token().transpose()
    }
}

/// Where the string ends whose inside begins at `start`: the position of the closing quote.
pub fn end_of(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Result<Vec<String>, NotJson> {
        let mut state = State::default();
        let all: Result<Vec<Token>, NotJson> = Walk::new(&mut state, text.as_bytes()).collect();
        let all = all?;
        let shown = |token: Token| format!("{}{}", if token.is_key { "key " } else { "" }, &text[token.inside]);
        if state.is_between() { Ok(all.into_iter().map(shown).collect()) } else { Err(NotJson) }
    }

    #[test]
    fn strings_and_keys_are_told_apart() {
        let all = strings(r#" {"a": ["b", {"c":"d\"e"}, 1.5e-3, null], "f":{}} "g" [] "#).unwrap();
        assert_eq!(all, ["key a", "b", "key c", r#"d\"e"#, "key f", "g"]);
        assert_eq!(strings("\u{feff}\u{1e}{\"a\":NaN}\u{1e}{}").unwrap(), ["key a"]);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "{",
            "[1",
            "{\"a\"}",
            "{\"a\":}",
            "[1,]",
            "{,}",
            "{\"a\":1,}",
            "[1 2]",
            "}",
            "\"a",
            "a",
            "{a:1}",
            "[}",
            "{]",
            "12x",
            "-",
            "{\"a\":1 \"b\":2}",
            "[\"a\":1]",
            "\"a\\",
        ] {
            assert_eq!(strings(text), Err(NotJson), "{text}");
        }
        let deep = "[".repeat(DEPTH + 1);
        assert!(strings(&format!("{deep}{}", "]".repeat(DEPTH + 1))).is_err());
    }
}
