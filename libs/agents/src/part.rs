//! Owns the parts of a conversation, the model `v: 1` (`docs/CONVERSATION.md`): entries of its logs with their place in
//! it, as one JSON object a line.
//! Must stay true: fields and kinds are only added; the anchor of a part does not change while its log grows.

use crate::entry::{Entry, Kind, Thread};
use std::borrow::Cow;

/// The version of the model.
pub const VERSION: u32 = 1;

/// The kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// The conversation itself; the first line.
    Head,
    /// What a person typed.
    Prompt,
    /// What the client put into the conversation as if it were a prompt.
    Injected,
    /// A text of the agent.
    Answer,
    /// What the agent thought.
    Reasoning,
    /// The agent called a tool.
    Call,
    /// A tool's answer.
    Result,
    /// The agent's list of tasks.
    Plan,
    /// A question to the person, with the answer.
    Ask,
    /// Directory, branch, mode or model changed.
    Context,
    /// What a response of a model used.
    Usage,
    /// A subagent was started.
    Agent,
    /// The conversation was compacted.
    Compaction,
    /// A turn ended otherwise than with an answer.
    Stop,
    /// A picture or a file, without its content.
    Attachment,
    /// A title, generated or given.
    Title,
    /// Another conversation that this one continues, or that continues it.
    Relation,
    /// A line that could not be read.
    Gap,
    /// The last line.
    End,
}

impl PartKind {
    /// All kinds.
    pub const ALL: [PartKind; 19] = [
        PartKind::Head,
        PartKind::Prompt,
        PartKind::Injected,
        PartKind::Answer,
        PartKind::Reasoning,
        PartKind::Call,
        PartKind::Result,
        PartKind::Plan,
        PartKind::Ask,
        PartKind::Context,
        PartKind::Usage,
        PartKind::Agent,
        PartKind::Compaction,
        PartKind::Stop,
        PartKind::Attachment,
        PartKind::Title,
        PartKind::Relation,
        PartKind::Gap,
        PartKind::End,
    ];

    /// The kinds that people and agents say: prompts, answers, reasoning, plans, titles and questions.
    pub const SAID: [PartKind; 6] =
        [PartKind::Prompt, PartKind::Answer, PartKind::Reasoning, PartKind::Plan, PartKind::Title, PartKind::Ask];

    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            PartKind::Head => "head",
            PartKind::Prompt => "prompt",
            PartKind::Injected => "injected",
            PartKind::Answer => "answer",
            PartKind::Reasoning => "reasoning",
            PartKind::Call => "call",
            PartKind::Result => "result",
            PartKind::Plan => "plan",
            PartKind::Ask => "ask",
            PartKind::Context => "context",
            PartKind::Usage => "usage",
            PartKind::Agent => "agent",
            PartKind::Compaction => "compaction",
            PartKind::Stop => "stop",
            PartKind::Attachment => "attachment",
            PartKind::Title => "title",
            PartKind::Relation => "relation",
            PartKind::Gap => "gap",
            PartKind::End => "end",
        }
    }

    /// The kind with this word.
    pub fn of_word(word: &str) -> Option<PartKind> {
        PartKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The kind of an entry; `None` if it is no part of a conversation, such as a correction of counted usage.
    pub fn of(kind: &Kind) -> Option<PartKind> {
        Some(match kind {
            Kind::Context { .. } => PartKind::Context,
            Kind::Prompt(_) => PartKind::Prompt,
            Kind::News => PartKind::Injected,
            Kind::Answer(_) => PartKind::Answer,
            Kind::Call { .. } => PartKind::Call,
            Kind::Result { .. } => PartKind::Result,
            Kind::Response(_) => PartKind::Usage,
            Kind::Title(_) | Kind::Renamed(_) => PartKind::Title,
            Kind::Interrupted | Kind::Failed => PartKind::Stop,
            Kind::Withdrawn(_) | Kind::Synthetic(_) | Kind::Sum(_) => return None,
        })
    }
}

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// Its kind.
    pub kind: PartKind,
    /// The client's id of the line and the block, or the number of the line: `UUID#0`, `L17`. Marks refer to it.
    pub anchor: String,
    /// Its place among the parts that were read, from 0; only an order.
    pub seq: u64,
    /// The number of prompts of the person so far; 0 before the first.
    pub turn: u64,
    /// `main`, or the subagent's: `agent-ID`, a thread's id.
    pub thread: Cow<'a, str>,
    /// What it says.
    pub entry: Entry<'a>,
}

impl Part<'_> {
    /// What was said, for search and for people: the text of a prompt, an answer, a command, a result.
    pub fn text(&self) -> &str {
        match &self.entry.kind {
            Kind::Prompt(text) | Kind::Answer(text) | Kind::Result { text, .. } => text,
            Kind::Title(text) | Kind::Renamed(text) => text,
            _ => "",
        }
    }

    /// Appends the part as one line of JSON to `out`; secrets are masked unless `is_raw`.
    pub fn write_json(&self, conversation: &str, is_raw: bool, out: &mut Vec<u8>) {
        let text = self.text();
        let text = if is_raw { Cow::Borrowed(text) } else { redact::mask(text) };
        let at = self.entry.at.and_then(cs_core::clock::from_millis).map(cs_core::clock::stamp);
        let line = serde_json::json!({
            "v": VERSION, "kind": self.kind.word(), "conversation": conversation, "entry": self.anchor,
            "seq": self.seq, "turn": self.turn, "thread": self.thread, "at": at, "text": text,
        });
        out.extend_from_slice(line.to_string().as_bytes());
        out.push(b'\n');
    }
}

/// Gives entries their place in a conversation.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    seq: u64,
    turn: u64,
}

impl Numbering {
    /// The part that an entry is; `number` is that of its line, `thread` the log's.
    pub fn part<'a>(&mut self, entry: Entry<'a>, number: u64, thread: &'a str) -> Option<Part<'a>> {
        let kind = PartKind::of(&entry.kind)?;
        self.turn += u64::from(kind == PartKind::Prompt && entry.thread == Thread::Main);
        let anchor = entry.id.as_ref().map_or_else(|| format!("L{number}"), |id| format!("{id}#0"));
        let seq = self.seq;
        self.seq += 1;
        Some(Part { kind, anchor, seq, turn: self.turn, thread: Cow::Borrowed(thread), entry })
    }
}
