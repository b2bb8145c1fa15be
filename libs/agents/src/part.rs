//! Owns the parts of a conversation, the model `v: 1` (`docs/CONVERSATION.md`): entries of its logs with their place in
//! it, as one JSON object a line.
//! Must stay true: fields and kinds are only added; the anchor of a part does not change while its log grows.

mod input;
mod json;
mod line;
mod numbering;
mod text;

pub use input::masked as masked_input;
pub use json::{End, Head};
pub use line::Show;
pub use numbering::{Numbering, line_hash};
pub use text::write_text;

use crate::entry::{Asked, Entry, Kind, Question, Tool};
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
    /// The person went back to an earlier turn.
    Rewind,
    /// A line that could not be read.
    Gap,
    /// The last line.
    End,
}

impl PartKind {
    /// All kinds.
    pub const ALL: [PartKind; 20] = [
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
        PartKind::Rewind,
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
            PartKind::Rewind => "rewind",
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
            Kind::Context(_) => PartKind::Context,
            Kind::Prompt(..) => PartKind::Prompt,
            Kind::Injected(..) => PartKind::Injected,
            Kind::Answer(_) => PartKind::Answer,
            Kind::Reasoning(_) => PartKind::Reasoning,
            Kind::Call { .. } => PartKind::Call,
            Kind::Result { .. } => PartKind::Result,
            Kind::Plan { .. } => PartKind::Plan,
            Kind::Ask { .. } => PartKind::Ask,
            Kind::Agent { .. } => PartKind::Agent,
            Kind::Response(_) => PartKind::Usage,
            Kind::Compaction { .. } => PartKind::Compaction,
            Kind::Attachment { .. } => PartKind::Attachment,
            Kind::Title(_) | Kind::Renamed(_) => PartKind::Title,
            Kind::Stop(..) => PartKind::Stop,
            Kind::Relation(..) => PartKind::Relation,
            Kind::Rewind { .. } => PartKind::Rewind,
            Kind::Gap { .. } => PartKind::Gap,
            Kind::Withdrawn(_)
            | Kind::Synthetic(_)
            | Kind::Sum(_)
            | Kind::Limits(_)
            | Kind::HookRun { .. }
            | Kind::HookFault { .. }
            | Kind::Begun => return None,
        })
    }
}

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<'a> {
    /// Its kind.
    pub kind: PartKind,
    /// The client's id of the line and the block, or the number of the line: `UUID#0`, `L17`, and `THREAD:L17` in the log
    /// of another thread. Marks refer to it. Parts of different kinds may share one: a call and the plan that it changes.
    pub anchor: String,
    /// The number of its line in the log.
    pub line: u64,
    /// Its place among the parts that were read, from 0; only an order.
    pub seq: u64,
    /// The number of prompts of the person so far; 0 before the first.
    pub turn: u64,
    /// `main`, or the subagent's: `agent-ID`, a thread's id.
    pub thread: Cow<'a, str>,
    /// Whether it was copied from elsewhere: another conversation, or an earlier line of this one.
    pub is_copy: bool,
    /// What it says.
    pub entry: Entry<'a>,
}

impl Part<'_> {
    /// What was said, for search and for people: the text of a prompt, an answer, a command, a result; several texts are
    /// one per line.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.entry.kind {
            Kind::Prompt(text, _)
            | Kind::Injected(text, _)
            | Kind::Answer(text)
            | Kind::Reasoning(text)
            | Kind::Stop(_, text)
            | Kind::Compaction { text, .. }
            | Kind::Result { text, .. } => Cow::Borrowed(text),
            Kind::Title(text) | Kind::Renamed(text) => Cow::Borrowed(text),
            Kind::Call { tool: Tool::Run(line), .. } if !line.is_empty() => Cow::Borrowed(line),
            Kind::Call { asked, .. } => Cow::Owned(asked_text(asked)),
            Kind::Plan { items, text, .. } => {
                let subjects = items.iter().filter_map(|item| item.subject.as_deref());
                Cow::Owned(joined(std::iter::once(text.as_ref()).chain(subjects)))
            }
            Kind::Ask { questions, .. } => {
                let of = |one: &Question| joined([one.text.as_ref(), one.answer.as_deref().unwrap_or_default()]);
                Cow::Owned(joined(questions.iter().map(of)))
            }
            Kind::Agent { purpose, .. } => Cow::Borrowed(purpose.as_deref().unwrap_or_default()),
            _ => Cow::Borrowed(""),
        }
    }
}

/// What a call that runs no command was asked: its purpose and its files, else all of it.
fn asked_text(asked: &Asked) -> String {
    let files = asked.files.iter().map(AsRef::as_ref);
    let text = joined(asked.purpose.as_deref().into_iter().chain(files));
    if text.is_empty() { asked.input.as_deref().unwrap_or_default().to_string() } else { text }
}

/// The texts that are not empty, one per line.
fn joined<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut all = String::new();
    for text in texts {
        let text = text.as_ref();
        if !text.is_empty() {
            all.push_str(if all.is_empty() { "" } else { "\n" });
            all.push_str(text);
        }
    }
    all
}
