//! Owns which bytes of a JSON object are kept while it arrives in chunks: all of an ordinary object, and of a large one
//! what a reader of short fields needs. So the keys after a tool's response of many megabytes are found, while at most
//! [`KEPT_BYTES`] bytes are held.
//!
//! Must stay true: up to [`WHOLE`] bytes nothing is changed. Beyond that, a string loses its end, and a value of the
//! object that is large although its strings are short becomes `null`; the object keeps every key, and no byte of a
//! string becomes a key or a value. The kept bytes of a valid object are valid, except for an escape or a character
//! that was cut, which `repair` handles.
//!
//! Deliberately absent: whether the object is valid JSON, which the parser decides.

use crate::quote::Quote;

/// An object of up to this many bytes is kept as it is.
const WHOLE: usize = 1024 * 1024;
/// Beyond that, this many bytes of each string are kept: no path and no first line is longer.
pub const STRING: usize = 8 * 1024;
/// Maximum number of bytes that are kept.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Maximum number of values whose place is noted.
const MEMBERS: usize = 64;
/// So many bytes of a string are searched one by one: before its first search, `memchr` asks the processor what it can
/// do, which takes a virtual machine as long as a thousand such steps.
const NEAR: usize = 4096;

/// The result after a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The object has not begun or not ended.
    More,
    /// The object ends before this offset in the chunk.
    Complete(usize),
    /// The first value is not an object.
    Rejected,
    /// The object has so many keys that they alone exceed the limit.
    TooMuch,
}

/// Keeps the first top-level object.
#[derive(Debug, Default)]
pub struct Skim {
    kept: Vec<u8>,
    /// Open brackets of either kind; 0 only before the object.
    depth: usize,
    quote: Quote,
    /// Where in `kept` the object's current key, its value and the current string begin.
    key_at: usize,
    value_at: usize,
    string_at: usize,
    drops: Drops,
    /// The values of the object, at most [`MEMBERS`], as long as everything is kept.
    members: Vec<Member>,
    /// Whether any byte may have been dropped.
    is_cut: bool,
}

/// Where a value of the object is in the kept bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    key_at: usize,
    value_at: usize,
    end: usize,
}

impl Member {
    /// The value's text, if it has this key; of the same bytes as were fed.
    pub fn value<'a>(&self, kept: &'a [u8], key: &str) -> Option<&'a str> {
        let name = kept.get(self.key_at..self.value_at)?.strip_prefix(b"\"")?.strip_prefix(key.as_bytes())?;
        let value = name.starts_with(b"\"").then(|| kept.get(self.value_at..self.end))??;
        std::str::from_utf8(value.trim_ascii()).ok()
    }
}

/// The part that is being skipped at the moment.
#[derive(Debug, Default, PartialEq, Eq)]
enum Drops {
    #[default]
    Nothing,
    /// The rest of a string.
    String,
    /// The rest of a value of the object, which was already replaced by `null`.
    Value,
}

impl Skim {
    /// The values of the object; `None` if not everything that was fed was kept as it is.
    pub fn members(&self) -> Option<Vec<Member>> {
        (!self.is_cut).then(|| self.members.clone())
    }

    /// The kept bytes, through the last byte that was fed.
    pub fn into_kept(self) -> Vec<u8> {
        self.kept
    }

    /// Takes the next chunk. Must not be called again after anything but [`Progress::More`].
    pub fn feed(&mut self, chunk: &[u8]) -> Progress {
        match self.kept.len() + chunk.len() <= WHOLE && self.drops == Drops::Nothing {
            true => self.keep_all(chunk),
            false => self.keep_some(chunk),
        }
    }

    fn keep_all(&mut self, chunk: &[u8]) -> Progress {
        let (before, mut at) = (self.kept.len(), 0);
        while let Some(&byte) = chunk.get(at) {
            if self.quote.is_open() && !matches!(byte, b'"' | b'\\') {
                at += self.passed(chunk.get(at..).unwrap_or_default());
                continue;
            }
            match self.scan(byte, before + at) {
                Progress::More => at += 1,
                Progress::Complete(_) => {
                    self.kept.extend_from_slice(chunk.get(..=at).unwrap_or_default());
                    return Progress::Complete(at + 1);
                }
                end => return end,
            }
        }
        self.kept.extend_from_slice(chunk);
        Progress::More
    }

    fn keep_some(&mut self, chunk: &[u8]) -> Progress {
        self.is_cut = true;
        let mut at = 0;
        while let Some(&byte) = chunk.get(at) {
            if self.drops != Drops::Nothing && self.quote.is_open() && !matches!(byte, b'"' | b'\\') {
                at += self.passed(chunk.get(at..).unwrap_or_default());
                continue;
            }
            let (was_escaped, was_open) = (self.quote.is_escaped(), self.quote.is_open());
            let progress = self.scan(byte, self.kept.len());
            self.select(byte, was_open, was_escaped);
            match progress {
                Progress::More if self.kept.len() < KEPT_BYTES || self.drop_value() => {}
                Progress::More => return Progress::TooMuch,
                Progress::Complete(_) => return Progress::Complete(at + 1),
                end => return end,
            }
            at += 1;
        }
        Progress::More
    }

    /// Steps over the plain bytes of a string; returns how many.
    fn passed(&mut self, text: &[u8]) -> usize {
        self.quote.pass_plain();
        let (near, far) = text.split_at(text.len().min(NEAR));
        let found = near.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        found.unwrap_or_else(|| near.len() + memchr::memchr2(b'"', b'\\', far).unwrap_or(far.len()))
    }

    /// Updates the structure for one byte, which would be kept at `place`.
    fn scan(&mut self, byte: u8, place: usize) -> Progress {
        let was_open = self.quote.is_open();
        if self.quote.holds(byte) && self.depth > 0 {
            if !was_open {
                self.string_at = place;
            }
            return Progress::More;
        }
        match byte {
            b'{' => self.depth += 1,
            // Spaces, NUL bytes and a byte order mark may come first.
            b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xef | 0xbb | 0xbf if self.depth == 0 => {}
            _ if self.depth == 0 => return Progress::Rejected,
            b'[' => self.depth += 1,
            b':' if self.depth == 1 => (self.key_at, self.value_at) = (self.string_at, place + 1),
            b',' if self.depth == 1 => self.note_member(place),
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.note_member(place);
                    return Progress::Complete(0);
                }
            }
            _ => {}
        }
        Progress::More
    }

    /// Notes the value that ends here.
    fn note_member(&mut self, end: usize) {
        if !self.is_cut && self.members.len() < MEMBERS {
            self.members.push(Member { key_at: self.key_at, value_at: self.value_at, end });
        }
    }

    /// Keeps the byte that was scanned, or drops it.
    fn select(&mut self, byte: u8, was_open: bool, was_escaped: bool) {
        let is_open = self.quote.is_open();
        match self.drops {
            Drops::Value => {
                // The bracket that closes the value is dropped with it.
                if self.depth == 1 && !is_open {
                    self.drops = Drops::Nothing;
                }
                return;
            }
            Drops::String if is_open => return,
            Drops::String => self.drops = Drops::Nothing,
            Drops::Nothing
                if was_open && is_open && !was_escaped && self.kept.len().saturating_sub(self.string_at) >= STRING =>
            {
                self.drops = Drops::String;
                return;
            }
            // Spaces between values, of which there may be many.
            Drops::Nothing if !was_open && matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0) => return,
            Drops::Nothing => {}
        }
        self.kept.push(byte);
    }

    /// Makes room: replaces the value that is arriving by `null`. False if that is neither a list nor an object, so
    /// that dropping it would not help.
    fn drop_value(&mut self) -> bool {
        let can = self.depth > 1 && self.value_at > 0 && self.value_at < KEPT_BYTES / 8 * 7;
        if can {
            self.kept.truncate(self.value_at);
            self.kept.extend_from_slice(b"null");
            self.drops = Drops::Value;
        }
        can
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The kept part of a text that arrives in chunks of this size; `None` if it does not end.
    fn kept(text: &[u8], size: usize) -> Option<Vec<u8>> {
        let mut skim = Skim::default();
        for chunk in text.chunks(size) {
            match skim.feed(chunk) {
                Progress::More => assert!(skim.kept.len() <= KEPT_BYTES),
                Progress::Complete(_) => return Some(skim.into_kept()),
                Progress::Rejected | Progress::TooMuch => return None,
            }
        }
        None
    }

    #[test]
    fn an_ordinary_object_is_kept_at_every_chunk_size() {
        let text = "\n {\"k\\\\\":\"\\\"}\\\\\\\"é{日🔑\",\"n\":[1,{\"]\":null}]}  {".as_bytes();
        let end = text.iter().rposition(|&byte| byte == b'}').unwrap() + 1;
        for size in 1..=text.len() {
            assert_eq!(kept(text, size).as_deref(), Some(&text[..end]), "{size}");
        }
    }

    #[test]
    fn a_value_is_found_by_its_key() {
        let text = b" {\"a\" : {\"b\":[1, \"}\"]} ,\"bc\":\"x,y\",\"b\": 7 ,\"e\":\"\"}";
        for size in 1..=text.len() {
            let mut skim = Skim::default();
            for chunk in text.chunks(size) {
                skim.feed(chunk);
            }
            let members = skim.members().unwrap();
            let value = |key: &str| members.iter().rev().find_map(|member| member.value(text, key));
            assert_eq!(value("a"), Some("{\"b\":[1, \"}\"]}"), "{size}");
            assert_eq!((value("bc"), value("b"), value("e")), (Some("\"x,y\""), Some("7"), Some("\"\"")), "{size}");
            assert_eq!((value("c"), value("")), (None, None), "{size}");
        }
        let mut skim = Skim::default();
        skim.feed(format!("{{\"a\":\"{}\"}}", "x".repeat(WHOLE)).as_bytes());
        assert_eq!(skim.members(), None);
    }

    #[test]
    fn keys_after_a_large_value_are_kept() {
        let text = "\\\"é\\u00e9}{,\\\\".repeat(150_000);
        let large = [
            json!({"stdout": "x".repeat(3 << 20)}),
            json!("é\"\\".repeat(1 << 20)),
            json!({"lines": vec!["{\"a\":1}"; 300_000]}),
            json!([[[vec![json!({"a": []}); 300_000]]]]),
            json!({"a": vec!["y".repeat(9_000); 400]}),
        ];
        let spelt =
            large.iter().map(Value::to_string).chain([format!("{{\"content\":\"{text}\",\"file_path\":\"/a\"}}")]);
        for value in spelt {
            let whole = format!(
                "{{\"cwd\" : \"/w\", \"tool_response\": {value} , \"tool_input\":{{\"command\":\"ls\"}},\"session_id\":\"s\" }}"
            );
            for size in [64 << 10, whole.len()] {
                let found = kept(whole.as_bytes(), size).expect("it ends");
                let mut room = Vec::new();
                let found: Value = crate::repair::decode(&found, &mut room).expect("what is kept is an object");
                let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
                assert_eq!(keys, ["cwd", "session_id", "tool_input", "tool_response"]);
                assert_eq!((&found["cwd"], &found["session_id"]), (&json!("/w"), &json!("s")));
                assert_eq!(found["tool_input"], json!({"command": "ls"}));
                let path = &found["tool_response"]["file_path"];
                assert!(path.is_null() || *path == "/a", "{path}");
                assert_eq!(path.is_null(), !value.ends_with("\"/a\"}"));
            }
        }
    }

    #[test]
    fn endless_keys_are_too_much_and_spaces_are_not() {
        let keys: String = (0..400_000).map(|n| format!("\"{n:06}\":1,")).collect();
        assert_eq!(kept(format!("{{{keys}\"a\":1}}").as_bytes(), 1000), None);
        let blanks = " ".repeat(5 << 20);
        let text = format!("{blanks}{{\"a\":{blanks}1{blanks}}}");
        let found: Value = serde_json::from_slice(&kept(text.as_bytes(), 64 << 10).unwrap()).unwrap();
        assert_eq!(found, json!({"a": 1}));
        assert_eq!(kept("{".repeat(5 << 20).as_bytes(), 1000), None);
    }
}
