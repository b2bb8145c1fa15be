//! Owns what a sender gives for a message, and the rules for it. Must stay true: secrets are masked and control
//! characters are removed here, before anything is stored. Deliberately absent: who may write to whom.

use crate::limits;
use crate::message::{Kind, Message, Mode, State, VERSION};
use crate::sender::Sender;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::id::SeatId;
use cs_core::unknown::Unknown;
use cs_core::validate;

/// A message that is not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Who sends it.
    pub from: Sender,
    /// What it is.
    pub kind: Kind,
    /// How soon it is to be delivered.
    pub mode: Mode,
    /// The text; empty if a file is sent.
    pub(crate) text: String,
    /// The file that is sent instead of a text.
    pub(crate) file: Option<Enclosure>,
    /// The sender's key.
    pub(crate) key: Option<String>,
    /// The full id of the message that it answers.
    pub(crate) reply_to: Option<String>,
    /// Length of the chain of answers.
    pub(crate) hops: u32,
    /// It is not delivered before.
    pub not_before: Option<Instant>,
    /// It is not delivered from then on.
    pub expires_at: Option<Instant>,
}

/// A file that is sent: its name without directories, and its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Enclosure {
    pub name: String,
    pub text: String,
}

impl Draft {
    /// A message with a text of at most 8,000 characters.
    pub fn new(from: Sender, text: &str) -> Result<Self> {
        Ok(Self::of(from, self::text("message", text)?, None))
    }

    /// A message with a file of at most 64 KiB, which is copied.
    pub fn of_file(from: Sender, name: &str, bytes: &[u8]) -> Result<Self> {
        if bytes.len() > limits::FILE {
            let (size, most) = (bytes.len(), limits::FILE);
            return Err(Error::Invalid(format!("{name:?} has {size} bytes, at most {most} are sent")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Error::Invalid(format!("{name:?} is not UTF-8")))?;
        let text = validate::text(&format!("{name:?}"), &plain(&format!("{name:?}"), text)?, limits::FILE)? + "\n";
        Ok(Self::of(from, String::new(), Some(Enclosure { name: file_name(name), text })))
    }

    /// A report of these programs about a sender. A longer text is cut.
    pub fn report(from: Sender, text: &str) -> Result<Self> {
        let text: String = plain("report", text)?.chars().take(limits::TEXT).collect();
        Ok(Draft { kind: Kind::Report, ..Self::new(from, &text)? })
    }

    fn of(from: Sender, text: String, file: Option<Enclosure>) -> Self {
        let (kind, mode) = (Kind::Message, Mode::Sequential);
        let (key, reply_to, not_before, expires_at) = (None, None, None, None);
        Draft { from, kind, mode, text, file, key, reply_to, hops: 0, not_before, expires_at }
    }

    /// The message that is stored under an id.
    pub(crate) fn stored(self, id: String, to: &SeatId, text: String, file: Option<String>, now: Instant) -> Message {
        Message {
            message_id: id,
            to: to.to_string(),
            from: self.from,
            kind: self.kind,
            mode: self.mode,
            state: State::Queued,
            text,
            file,
            key: self.key,
            reply_to: self.reply_to,
            hops: self.hops,
            sent_at: clock::stamp(now),
            not_before: self.not_before.map(clock::stamp),
            expires_at: self.expires_at.map(clock::stamp),
            delivered_at: None,
            channel: None,
            claude_session_id: None,
            turn: None,
            again: false,
            read_at: None,
            acked_at: None,
            answer: None,
            failed_at: None,
            reason: None,
            was_handed: false,
            schema_version: VERSION,
            unknown: Unknown::new(),
        }
    }

    /// Adds the key by which a repeated call finds the message.
    pub fn with_key(mut self, key: &str) -> Result<Self> {
        self.key = Some(validate::text("key", key, limits::KEY)?);
        Ok(self)
    }

    /// Makes it the answer to a message.
    pub fn replying(mut self, to: &Message) -> Self {
        self.reply_to = Some(to.full_id());
        self.hops = to.hops.saturating_add(1);
        self
    }
}

/// A text as it is stored: without control characters, its secrets masked, at most 8,000 characters.
pub(crate) fn text(what: &str, text: &str) -> Result<String> {
    validate::text(what, &plain(what, text)?, limits::TEXT)
}

/// The text without control characters except newline and tab. A NUL is refused: nobody writes one on purpose.
fn plain(what: &str, text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::Invalid(format!("{what} contains a NUL character")));
    }
    Ok(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
}

/// The name of a file for our directory, tokens in it masked: its letters, digits, dots, hyphens and underscores, the
/// last 60 of them.
fn file_name(path: &str) -> String {
    let last = validate::file_name(path.rsplit('/').next().unwrap_or_default());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: Vec<char> = last.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    name.iter().skip(name.len().saturating_sub(60)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cleaned_masked_and_limited() {
        let text = |text: &str| Draft::new(Sender::user(), text).map(|draft| draft.text);
        assert_eq!(text("a\u{1b}[201~b\r\n\tc\u{9b}").unwrap(), "a[201~b\n\tc");
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        assert_eq!(text(&secret).unwrap(), "[masked]");
        let (long, longer) = ("é".repeat(8000), "é".repeat(8001));
        assert_eq!(text(&long).unwrap(), long);
        for bad in ["", " \n", "a\0b", "\u{1b}", &longer] {
            assert!(matches!(text(bad), Err(Error::Invalid(_))), "{bad:?}");
        }
        assert!(text(&longer).unwrap_err().to_string().contains("8000"));
    }

    #[test]
    fn a_file_is_text_of_a_limited_size_with_a_plain_name() {
        let file = |name: &str, bytes: &[u8]| Draft::of_file(Sender::user(), name, bytes).map(|draft| draft.file);
        let file = |name: &str, bytes: &[u8]| file(name, bytes).map(Option::unwrap);
        assert_eq!(file("/a/../b c\u{1b}.md", b"x").unwrap(), Enclosure { name: "b_c_.md".into(), text: "x\n".into() });
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        assert_eq!(file(&format!("{secret}.txt"), b"x").unwrap().name, "_masked_.txt");
        assert_eq!(file("..", &b"x".repeat(limits::FILE)).unwrap().name, "..");
        for bad in [&b""[..], b"\xff", b"\0", &b"x".repeat(limits::FILE + 1)] {
            assert!(matches!(file("x", bad), Err(Error::Invalid(_))));
        }
    }

    #[test]
    fn an_answer_knows_how_many_answers_led_to_it() {
        let draft = Draft::new(Sender::user(), "x").unwrap();
        let mut message = crate::inbox::tests::message("agent_20261129T1134_1f0c", 7);
        message.hops = 3;
        let answer = draft.replying(&message);
        assert_eq!((answer.hops, &*answer.reply_to.unwrap()), (4, "agent_20261129T1134_1f0c/m000007"));
    }
}
