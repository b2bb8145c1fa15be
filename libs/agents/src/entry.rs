//! Owns the entries that lines of agents' logs are decoded into, the same for every agent. Counting, exports and
//! explanations use entries and never parse a line.
//! Must stay true: an entry has only the facts of its line; callers combine several lines.

mod call;
mod response;
mod said;

pub use call::{Asked, CallClass, CallEnd, Change, Output, Tool};
pub use response::{ClientModel, ClientSum, Response};
pub use said::{Context, Lack, Link, PlanItem, PlanStep, Question, Source, Stop, Via};

use crate::limit::Reported;
use std::borrow::Cow;

/// One fact in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Milliseconds since the epoch; if the line has no time, that of the previous line.
    pub at: Option<i64>,
    /// The number of its line, if that is not the line that is read: it was held back until now.
    pub line: Option<u64>,
    /// The line's own id.
    pub id: Option<Cow<'a, str>>,
    /// The conversation of the line; empty if the line does not have it.
    pub conversation: Cow<'a, str>,
    /// The conversation itself or one of its branches.
    pub thread: Thread,
    /// The subagent, if the line names it.
    pub agent_id: Option<Cow<'a, str>>,
    /// The block of the line's content, from 0.
    pub block: u32,
    /// Whether the entry was copied from another conversation.
    pub is_copy: bool,
    /// Whether its line could be read only after a repair.
    pub is_repaired: bool,
    /// The entry's meaning.
    pub kind: Kind<'a>,
}

impl<'a> Entry<'a> {
    /// An entry of a line of which nothing else is known.
    pub fn of_line(kind: Kind<'a>) -> Self {
        let conversation = Cow::Borrowed("");
        let (block, is_copy, is_repaired) = (0, false, false);
        let thread = Thread::Main;
        Entry {
            at: None,
            line: None,
            id: None,
            conversation,
            thread,
            agent_id: None,
            block,
            is_copy,
            is_repaired,
            kind,
        }
    }
}

/// The part of a conversation to which a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The conversation itself.
    Main,
    /// A subagent, or a side chain.
    Side,
}

/// The kinds of entries. Those from [`Kind::Reasoning`] on are only for [`Wanted::Full`].
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    /// The conversation's directory and the like, and whether the log contains lines of another conversation.
    Context(Context<'a>),
    /// A prompt that a person typed, and how it came. Empty: a picture, or an unknown form.
    Prompt(Cow<'a, str>, Via),
    /// What the client put in as if it were a prompt. Without [`Wanted::Full`] there is only [`Source::News`], and no text.
    Injected(Cow<'a, str>, Source),
    /// A text of the agent: a block for [`Wanted::Full`], else all texts of a line.
    Answer(Cow<'a, str>),
    /// The agent called a tool.
    Call {
        /// The call's id; its result names it.
        id: Cow<'a, str>,
        /// The kind of tool.
        tool: Tool<'a>,
        /// What else it was called with.
        asked: Asked<'a>,
    },
    /// A tool call ended.
    Result {
        /// Id of the call.
        call: Cow<'a, str>,
        /// How it ended.
        end: CallEnd,
        /// The tool's answer.
        text: Cow<'a, str>,
        /// What it changed in files, if the client says so.
        change: Option<Change>,
        /// The subagent that it started.
        agent_id: Option<Cow<'a, str>>,
        /// What else is known about the answer.
        output: Output<'a>,
    },
    /// A model's response, or a call of a model inside one.
    Response(Response<'a>),
    /// The response with this key was an estimate; another entry replaces it.
    Withdrawn(String),
    /// An answer without a model, and its id.
    Synthetic(Option<Cow<'a, str>>),
    /// The title that the client generated.
    Title(String),
    /// The title that a person gave; empty removes it.
    Renamed(String),
    /// The client's own sum of usage.
    Sum(ClientSum),
    /// What the client says about the limits of its account. Not for [`Wanted::Full`].
    Limits(Vec<Reported>),
    /// The turn stopped, and what the log says about it.
    Stop(Stop, Cow<'a, str>),
    /// What the agent thought.
    Reasoning(Cow<'a, str>),
    /// The agent's list of tasks, besides the call that changes it.
    Plan {
        /// Id of the call.
        call: Cow<'a, str>,
        /// What happened.
        step: PlanStep,
        /// The items concerned.
        items: Vec<PlanItem<'a>>,
        /// The plan as a text, if it is one.
        text: Cow<'a, str>,
    },
    /// The person was asked, besides the call; with the answers if the result has them.
    Ask {
        /// Id of the call.
        call: Cow<'a, str>,
        /// The questions.
        questions: Vec<Question<'a>>,
    },
    /// A subagent works in a thread of its own, besides the call that started it.
    Agent {
        /// Id of the call.
        call: Cow<'a, str>,
        /// The thread in which it works, as in [`crate::part::Part::thread`].
        thread: Cow<'a, str>,
        /// Its type.
        agent_type: Option<Cow<'a, str>>,
        /// What it is for.
        purpose: Option<Cow<'a, str>>,
    },
    /// The conversation was compacted.
    Compaction {
        /// What started it: `manual` or `auto`.
        trigger: Option<Cow<'a, str>>,
        /// Number of tokens before.
        tokens_before: Option<u64>,
        /// Number of tokens after.
        tokens_after: Option<u64>,
        /// The summary; empty if another line has it.
        text: Cow<'a, str>,
    },
    /// A picture or a file, without its content.
    Attachment {
        /// Its media type.
        mime: Option<Cow<'a, str>>,
        /// Number of bytes.
        bytes: Option<u64>,
        /// Its path.
        path: Option<Cow<'a, str>>,
    },
    /// Another conversation that belongs to this one.
    Relation(Link, Cow<'a, str>),
    /// The prompt after it follows this line. A part only if that is a line of an earlier turn: then the person went back.
    Rewind {
        /// Id of the line.
        to: Cow<'a, str>,
        /// The turn to which that belongs; not known to one who reads only this line.
        turn: u64,
    },
    /// A line is missing.
    Gap {
        /// Why.
        lack: Lack,
        /// Number of bytes of the line.
        bytes: u64,
    },
    /// A hook ran.
    HookRun {
        /// Its command, as registered.
        command: Cow<'a, str>,
        /// How long it took.
        milliseconds: u64,
    },
    /// A hook failed.
    HookFault {
        /// Its command, as registered.
        command: Cow<'a, str>,
        /// What happened, in the client's words.
        what: Cow<'a, str>,
    },
    /// The client noted when this log was begun.
    Begun,
}

/// Whether a line was parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Understood {
    /// Parsed without a repair, or irrelevant.
    AsItIs,
    /// Parsed after a repair.
    Repaired,
    /// It is broken beyond repair.
    Not,
}

impl Understood {
    /// The result for a whole line. `room` holds the repaired text if there was a repair.
    pub(crate) fn after(room: &[u8]) -> Self {
        if room.is_empty() { Understood::AsItIs } else { Understood::Repaired }
    }
}

/// The entries that a caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only those for counting: lines without usage, prompts or titles are not parsed.
    Counted,
    /// Also calls, their results, answers and stops: what counting the turns and auditing need.
    All,
    /// All, each block by itself, with everything that is known about it.
    Full,
}
