//! Owns a row: its table, its fields, and the line of JSON that stands for it in folders and in digests. Must stay true: a
//! row that is written is read back as it was, byte for byte.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// How long the line of a row may be, in bytes. A longer one is left out by whoever sends, and by whoever reads it; all
/// others can be sent and read everywhere. A record has 10 MiB at most, the line of a client's log 4 MiB.
pub const LONGEST: usize = 16 * 1024 * 1024;
/// How long the answer of a database with a row of that length may be: texts in it may be quoted once more.
pub const ANSWER: usize = 2 * LONGEST + 64 * 1024;
/// How long a line is at most for each byte of its fields, if all of them are written as `\u0000`.
const ESCAPED: usize = 6;
/// More than the names of the fields need.
const NAMES: usize = 1024;

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// A conversation: its first line (`docs/CONVERSATION.md`).
    Conversation,
    /// A line of a conversation. Its `seq` is counted in its thread.
    Entry,
    /// A session's record (`core/FORMAT.md`).
    Record,
    /// What a person said about a conversation.
    Mark,
    /// What was used on a day, of one model in one project.
    UsageDay,
    /// A reading of a limit.
    LimitReading,
    /// A line of the log of what tools did.
    Audit,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 7] = [
        Table::Conversation,
        Table::Entry,
        Table::Record,
        Table::Mark,
        Table::UsageDay,
        Table::LimitReading,
        Table::Audit,
    ];

    /// Its name in databases and folders.
    pub fn word(self) -> &'static str {
        match self {
            Table::Conversation => "conversation",
            Table::Entry => "entry",
            Table::Record => "record",
            Table::Mark => "mark",
            Table::UsageDay => "usage_day",
            Table::LimitReading => "limit_reading",
            Table::Audit => "audit",
        }
    }
}

/// A row of a source.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its table.
    pub table: Table,
    /// What names it: the id of a conversation, a session or a mark, the anchor of an entry, a model, a limit, or the hash
    /// of a line of the log. May be empty.
    pub id: String,
    /// The word of its kind: that of an entry, what a mark does, the state of a session (`status`), or the kind of a line
    /// of the log.
    pub kind: Option<String>,
    /// When it was said, done or read: RFC 3339, UTC, with microseconds and `+00:00`.
    pub at: Option<String>,
    /// The project's short name, or the name of its folder.
    pub project: Option<String>,
    /// The agent's word.
    pub agent: Option<String>,
    /// The conversation to which a record or a line of the log belongs.
    pub conversation: Option<String>,
    /// All of it: one line of compact JSON, an object, without secrets.
    pub body: Box<RawValue>,
}

/// The form of the line.
#[derive(Serialize, Deserialize)]
struct Line<'l> {
    table: Table,
    #[serde(borrow)]
    id: Cow<'l, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    at: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    project: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    agent: Option<Cow<'l, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    conversation: Option<Cow<'l, str>>,
    #[serde(borrow)]
    body: &'l RawValue,
}

impl Row {
    /// The line that stands for it, without a line feed.
    pub fn line(&self) -> Vec<u8> {
        let Row { table, id, kind, at, project, agent, conversation, body } = self;
        let some = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
        let line = Line {
            table: *table,
            id: Cow::Borrowed(id),
            kind: some(kind),
            at: some(at),
            project: some(project),
            agent: some(agent),
            conversation: some(conversation),
            body,
        };
        serde_json::to_vec(&line).unwrap_or_default()
    }

    /// Whether its line is longer than [`LONGEST`].
    pub fn is_too_long(&self) -> bool {
        let Row { table: _, id, kind, at, project, agent, conversation, body } = self;
        let beside =
            [kind, at, project, agent, conversation].into_iter().flatten().chain([id]).map(String::len).sum::<usize>();
        body.get().len() + beside * ESCAPED + NAMES > LONGEST && self.line().len() > LONGEST
    }

    /// The row for which a line stands; `None` if it stands for none.
    pub fn parse(line: &[u8]) -> Option<Row> {
        let Line { table, id, kind, at, project, agent, conversation, body } = serde_json::from_slice(line).ok()?;
        let own = |text: Option<Cow<str>>| text.map(Cow::into_owned);
        Some(Row {
            table,
            id: id.into_owned(),
            kind: own(kind),
            at: own(at),
            project: own(project),
            agent: own(agent),
            conversation: own(conversation),
            body: body.to_owned(),
        })
    }

    /// What was said, for a search of words: the text of a prompt or an answer, a title, a session's intent and outcome,
    /// what a person noted.
    pub fn said(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Said<'s> {
            #[serde(borrow, default)]
            text: Option<Cow<'s, str>>,
            #[serde(borrow, default)]
            title: Option<Cow<'s, str>>,
            #[serde(borrow, default)]
            intent: Option<Cow<'s, str>>,
            #[serde(borrow, default)]
            outcome: Option<Cow<'s, str>>,
        }
        let is_said = match self.table {
            Table::Entry => matches!(self.kind.as_deref(), Some("prompt" | "answer" | "title")),
            Table::Conversation | Table::Record => true,
            Table::Mark | Table::UsageDay | Table::LimitReading | Table::Audit => false,
        };
        if !is_said {
            return None;
        }
        let Said { text, title, intent, outcome } = serde_json::from_str(self.body.get()).ok()?;
        let all: Vec<Cow<str>> = [text, title, intent, outcome].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join("\n"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_too_long_from_one_byte_on() {
        let row = |length: usize| Row {
            table: Table::Mark,
            id: "\u{1}".repeat(100),
            kind: None,
            at: None,
            project: None,
            agent: None,
            conversation: None,
            body: RawValue::from_string(format!("\"{}\"", "x".repeat(length))).unwrap(),
        };
        let most = LONGEST - row(0).line().len();
        assert_eq!(row(most).line().len(), LONGEST);
        assert_eq!(
            [most, most + 1, 2 * LONGEST, 0].map(|length| row(length).is_too_long()),
            [false, true, true, false]
        );
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let body = r#"{"text":"\u0000 half \ud800 a\tb","n":1.10,"n":2}"#;
        let row = Row {
            table: Table::Entry,
            id: "a\"#0".into(),
            kind: Some("prompt".into()),
            at: None,
            project: None,
            agent: Some("codex".into()),
            conversation: None,
            body: RawValue::from_string(body.into()).unwrap(),
        };
        let line = row.line();
        let read = Row::parse(&line).unwrap();
        assert_eq!((read.line(), read.body.get()), (line, body));
    }
}
