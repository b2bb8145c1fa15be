//! Makes new inputs from old ones, by bytes and by tokens, so that most results are still nearly JSON.

use nanorand::{Rng, WyRand};

/// Numbers that programs often mishandle.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "1",
    "127",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "-0.0",
    "1e308",
    "1e400",
];
/// Other pieces to insert anywhere.
const PIECES: [&str; 34] = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "\"\"",
    "{\"\":0}",
    "[[[[[[[[",
    "]]]]]]]]",
    "{\"a\":",
    "\\u0000",
    "\\ud800",
    "\\u202e",
    "\\\"",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "\t",
    " ",
    "/",
    "..",
    "../",
    "é",
    "日本",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "%",
    "-",
    ":",
    ",",
    "\"",
    "T",
];

/// Makes inputs.
#[derive(Debug)]
pub struct Mutator {
    pub random: WyRand,
    words: &'static [&'static str],
    most: usize,
}

impl Mutator {
    /// Creates inputs of at most `most` bytes that often contain `words`.
    pub fn new(seed: u64, words: &'static [&'static str], most: usize) -> Mutator {
        Mutator { random: WyRand::new_seed(seed), words, most }
    }

    /// A random number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.random.generate::<u64>() % bound.max(1) as u64) as usize
    }

    /// A mutation of `input`, perhaps with a part of `other`.
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..1 << self.below(4) {
            match self.below(10) {
                0..4 => self.by_tokens(&mut bytes),
                4..8 => self.by_bytes(&mut bytes),
                8 => self.insert_word(&mut bytes),
                _ => self.splice(&mut bytes, other),
            }
        }
        bytes.truncate(self.most);
        bytes
    }

    fn word(&mut self) -> Vec<u8> {
        let all: &[&str] = match self.below(4) {
            0 => &NUMBERS,
            1 => &PIECES,
            _ if self.words.is_empty() => &PIECES,
            _ => self.words,
        };
        let at = self.below(all.len());
        all[at].as_bytes().to_vec()
    }

    fn insert_word(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let word = self.word();
        bytes.splice(at..at, word);
    }

    fn splice(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let (from, to) = self.range(other.len());
        let (begin, end) = self.range(bytes.len());
        bytes.splice(begin..end, other[from..to].iter().copied());
    }

    fn range(&mut self, length: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let most = if self.below(3) == 0 { length } else { 32 };
        (from, from + self.below((length - from).min(most) + 1))
    }

    fn by_bytes(&mut self, bytes: &mut Vec<u8>) {
        let (from, to) = self.range(bytes.len());
        let at = self.below(bytes.len());
        match self.below(8) {
            0 => drop(bytes.drain(from..to)),
            1 => bytes.truncate(from),
            2 if !bytes.is_empty() => bytes[at] = self.random.generate(),
            3 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
            4 => {
                let byte = self.random.generate();
                bytes.insert(from, byte);
            }
            5 => bytes[from..to].fill(0),
            6 => {
                let copy = bytes[from..to].to_vec();
                bytes.splice(to..to, copy);
            }
            _ => {
                let (copy, times) = (bytes[from..to].to_vec(), 1 << self.below(9));
                let room = self.most.saturating_sub(bytes.len());
                let copies: Vec<u8> = copy.iter().copied().cycle().take((copy.len() * times).min(room)).collect();
                bytes.splice(to..to, copies);
            }
        }
    }

    fn by_tokens(&mut self, bytes: &mut Vec<u8>) {
        let tokens = tokens(bytes);
        let Some(&(begin, end)) = tokens.get(self.below(tokens.len())) else { return self.insert_word(bytes) };
        let whole = closed(bytes, begin, end);
        let other = tokens[self.below(tokens.len())];
        let copy = bytes[other.0..closed(bytes, other.0, other.1)].to_vec();
        match self.below(6) {
            0 => drop(bytes.drain(begin..whole)),
            1 => drop(bytes.splice(begin..whole, copy)),
            2 => drop(bytes.splice(begin..begin, copy)),
            3 => {
                let word = self.word();
                bytes.splice(begin..end, word);
            }
            4 => {
                let own = [b",", &bytes[begin..whole]].concat();
                bytes.splice(whole..whole, own);
            }
            _ => {
                let word = self.word();
                bytes.splice(end..end, word);
            }
        }
    }
}

/// The start and end of each token: strings in quotes, words and numbers, other single bytes. Blanks are skipped.
fn tokens(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'"' => text_end(bytes, at),
            byte if is_word(byte) => at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count(),
            _ => at + 1,
        };
        if !bytes[at].is_ascii_whitespace() {
            all.push((at, end));
        }
        at = end;
    }
    all
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+') || !byte.is_ascii()
}

fn text_end(bytes: &[u8], at: usize) -> usize {
    let mut escaped = false;
    for (n, byte) in bytes.iter().enumerate().skip(at + 1) {
        match byte {
            b'"' if !escaped => return n + 1,
            _ => escaped = *byte == b'\\' && !escaped,
        }
    }
    bytes.len()
}

/// The end of what a token opens: the whole list or object, or the field with its value.
fn closed(bytes: &[u8], begin: usize, end: usize) -> usize {
    let mut depth = 0usize;
    let mut is_field = bytes.get(end) == Some(&b':');
    for (from, to) in tokens(&bytes[begin..]).into_iter().take(200) {
        match bytes[begin + from] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' => continue,
            _ => {}
        }
        if depth == 0 && !std::mem::take(&mut is_field) {
            return begin + to;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_strings_words_and_signs_and_brackets_match() {
        let text = br#"{"a \" b": [1.5, {"c":null}], x}"#;
        let shown: Vec<&[u8]> = tokens(text).into_iter().map(|(from, to)| &text[from..to]).collect();
        assert_eq!(shown[..4], [&b"{"[..], br#""a \" b""#, b":", b"["]);
        assert_eq!(closed(text, 0, 1), text.len());
        assert_eq!(&text[1..closed(text, 1, 9)], br#""a \" b": [1.5, {"c":null}]"#);
    }

    #[test]
    fn every_mutation_stays_within_the_limit() {
        let mut mutator = Mutator::new(7, &["status"], 100);
        let mut input = b"{\"a\":[1,2]}".to_vec();
        for _ in 0..20_000 {
            let next = mutator.mutate(&input, b"{\"other\":\"x\"}");
            assert!(next.len() <= 100);
            if mutator.below(4) == 0 {
                input = next;
            }
        }
    }
}
