//! Owns printing a record as one line from its bytes, without parsing it into values.
//!
//! Must stay true: the line is what the record, read and written again, would be, to the byte. So only a record is taken
//! whose fields are all known, valid, in our order and as we write them, however they are indented; every other one,
//! also one that waits for the user (an answer may be known elsewhere), is for [`Session::read`].
//!
//! [`Session::read`]: crate::record::Session::read

use crate::record::{SCHEMA_VERSION, Status, TaskStatus};

/// A field's name, and how its value is written.
struct Field(&'static str, Form, Need);

/// Whether a field is always written.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Always,
    /// Only if it is not empty.
    Filled,
}
use Need::{Always, Filled};

#[derive(Clone, Copy)]
enum Form {
    Text,
    /// A text or null.
    Optional,
    Null,
    Status,
    TaskStatus,
    Number,
    /// The number of our version.
    Version,
    Texts,
    Object(&'static [Field]),
    Objects(&'static [Field]),
}

/// The fields of [`crate::record::Session`] and of what it contains, in their order.
const SESSION: &[Field] = &[
    Field("session_id", Form::Text, Always),
    Field("project_slug", Form::Text, Always),
    Field("status", Form::Status, Always),
    Field("intent", Form::Text, Always),
    Field("roadmap_ref", Form::Optional, Always),
    Field("started_at", Form::Text, Always),
    Field("last_heartbeat", Form::Text, Always),
    Field("ended_at", Form::Optional, Always),
    Field("outcome", Form::Optional, Always),
    Field("parked_reason", Form::Optional, Always),
    Field("current_activity", Form::Optional, Always),
    Field("awaiting_action", Form::Null, Always),
    Field("events", Form::Objects(EVENT), Always),
    Field("git_branch", Form::Text, Always),
    Field("worktree_root", Form::Optional, Always),
    Field("claude_session_id", Form::Optional, Always),
    Field("files_changed", Form::Texts, Always),
    Field("commits", Form::Objects(COMMIT), Always),
    Field("decisions", Form::Texts, Always),
    Field("open_questions", Form::Texts, Always),
    Field("next_steps", Form::Texts, Always),
    Field("tasks", Form::Objects(TASK), Always),
    Field("schema_version", Form::Version, Always),
    Field("agent", Form::Text, Filled),
    Field("ended_by", Form::Text, Filled),
    Field("written_by", Form::Text, Filled),
    Field("intent_by", Form::Text, Filled),
    Field("resumed_from", Form::Text, Filled),
    Field("resumed_as", Form::Text, Filled),
    Field("last_message", Form::Text, Filled),
    Field("history", Form::Objects(MOMENT), Filled),
    Field("also_in", Form::Texts, Filled),
    Field("agent_id", Form::Text, Filled),
    Field("parent_session_id", Form::Text, Filled),
    Field("audit_head", Form::Object(AUDIT_HEAD), Filled),
    Field("folded", Form::Text, Filled),
];
const EVENT: &[Field] = &[Field("timestamp", Form::Text, Always), Field("message", Form::Text, Always)];
const COMMIT: &[Field] = &[Field("sha", Form::Text, Always), Field("message", Form::Text, Always)];
const MOMENT: &[Field] =
    &[Field("at", Form::Text, Always), Field("kind", Form::Text, Always), Field("text", Form::Text, Filled)];
const TASK: &[Field] = &[
    Field("id", Form::Text, Always),
    Field("subject", Form::Text, Always),
    Field("status", Form::TaskStatus, Always),
    Field("added_at", Form::Text, Always),
    Field("updated_at", Form::Text, Always),
    Field("agent_key", Form::Text, Filled),
    Field("set_by", Form::Text, Filled),
    Field("claimed_by", Form::Text, Filled),
    Field("claimed_at", Form::Text, Filled),
];
const AUDIT_HEAD: &[Field] =
    &[Field("file", Form::Text, Always), Field("seq", Form::Number, Always), Field("hash", Form::Text, Always)];

const TASKS: [TaskStatus; 4] =
    [TaskStatus::Pending, TaskStatus::InProgress, TaskStatus::Completed, TaskStatus::Skipped];

/// A number of so many digits fits in 64 bits.
const DIGITS: usize = 19;

/// The record of this session as one line of JSON, without an end of line; `None` if it has to be read.
pub fn of(record: &[u8], id: &str) -> Option<Vec<u8>> {
    std::str::from_utf8(record).ok()?;
    let mut line = Line { rest: record, text: Vec::with_capacity(record.len()) };
    line.object(SESSION)?;
    line.blanks();
    let begin = [b"{\"session_id\":\"", id.as_bytes(), b"\","].concat();
    (line.rest.is_empty() && line.text.starts_with(&begin)).then_some(line.text)
}

/// The part that was not read yet, and what was written.
struct Line<'a> {
    rest: &'a [u8],
    text: Vec<u8>,
}

impl Line<'_> {
    fn object(&mut self, fields: &[Field]) -> Option<()> {
        self.sign(b'{')?;
        let mut is_first = true;
        for Field(name, form, need) in fields {
            self.blanks();
            let before = (self.rest, self.text.len());
            match (if is_first { Some(()) } else { self.take(b",") }).and_then(|()| self.name(name)) {
                Some(()) => self.value(*form, *need)?,
                None if *need == Filled => {
                    self.rest = before.0;
                    self.text.truncate(before.1);
                    continue;
                }
                None => return None,
            }
            is_first = false;
        }
        self.sign(b'}')
    }

    fn name(&mut self, name: &str) -> Option<()> {
        self.blanks();
        let rest = self.rest.strip_prefix(b"\"")?.strip_prefix(name.as_bytes())?;
        rest.starts_with(b"\"").then(|| self.pass(name.len() + 2))??;
        self.sign(b':')
    }

    fn value(&mut self, form: Form, need: Need) -> Option<()> {
        self.blanks();
        let begin = self.text.len();
        match form {
            Form::Text => self.string()?,
            Form::Optional if self.rest.starts_with(b"\"") => self.string()?,
            Form::Optional | Form::Null => self.take(b"null")?,
            Form::Status => self.word(|word| Status::named(word).is_some())?,
            Form::TaskStatus => self.word(|word| TASKS.iter().any(|status| status.as_str() == word))?,
            Form::Number => self.number()?,
            Form::Version => self.take(SCHEMA_VERSION.to_string().as_bytes())?,
            Form::Texts => self.list(Form::Text)?,
            Form::Object(fields) => self.object(fields)?,
            Form::Objects(fields) => self.list(Form::Object(fields))?,
        }
        let written = self.text.get(begin..)?;
        let is_empty = match form {
            Form::Texts | Form::Objects(_) => written == b"[]",
            // A few of these would be written, but not that of a moment.
            _ => written == b"\"\"",
        };
        (need == Always || !is_empty).then_some(())
    }

    fn list(&mut self, form: Form) -> Option<()> {
        self.sign(b'[')?;
        self.blanks();
        if self.rest.first() != Some(&b']') {
            self.value(form, Always)?;
            self.blanks();
            while self.rest.first() == Some(&b',') {
                self.take(b",")?;
                self.value(form, Always)?;
                self.blanks();
            }
        }
        self.sign(b']')
    }

    fn word(&mut self, is_word: impl Fn(&str) -> bool) -> Option<()> {
        let begin = self.text.len();
        self.string()?;
        let word = self.text.get(begin..)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        is_word(std::str::from_utf8(word).ok()?).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_plain = (1..=DIGITS).contains(&digits) && (digits == 1 || self.rest.first() != Some(&b'0'));
        self.pass(digits).filter(|()| is_plain)
    }

    /// A text without escapes that we do not write.
    fn string(&mut self) -> Option<()> {
        let mut end = 1 + plain(self.rest.strip_prefix(b"\"")?);
        while self.rest.get(end)? == &b'\\' {
            self.rest.get(end + 1).filter(|escaped| b"\"\\nrtbf".contains(escaped))?;
            end += 2;
            end += plain(self.rest.get(end..)?);
        }
        (self.rest.get(end) == Some(&b'"')).then(|| self.pass(end + 1)).flatten()
    }

    /// A sign that may stand after blanks.
    fn sign(&mut self, sign: u8) -> Option<()> {
        self.blanks();
        self.take(&[sign])
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.rest.starts_with(text).then(|| self.pass(text.len())).flatten()
    }

    /// Copies so many bytes.
    fn pass(&mut self, count: usize) -> Option<()> {
        let (text, rest) = self.rest.split_at_checked(count)?;
        self.text.extend_from_slice(text);
        self.rest = rest;
        Some(())
    }

    fn blanks(&mut self) {
        // An indentation has many.
        while let Some(rest) = self.rest.strip_prefix(&[b' '; 8]) {
            self.rest = rest;
        }
        while let Some((b' ' | b'\n' | b'\r' | b'\t', rest)) = self.rest.split_first() {
            self.rest = rest;
        }
    }
}

/// How many bytes of a text there are before the first quote, backslash or control character. Eight are looked at at once:
/// texts are most of a record.
pub(crate) fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let mut count = 0;
    for eight in text.chunks_exact(8) {
        let word = eight.try_into().map_or(0, u64::from_le_bytes);
        let ends = below(word, 32) | below(word ^ (ONES * 34), 1) | below(word ^ (ONES * 92), 1);
        if ends != 0 {
            // The lowest of these bits is at the first such byte; above it, a bit may be at a byte that is none.
            return count + ends.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let rest = text.get(count..).unwrap_or_default().iter();
    count + rest.take_while(|byte| **byte >= b' ' && !b"\"\\".contains(byte)).count()
}

#[cfg(test)]
mod tests;
