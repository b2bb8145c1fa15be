//! Owns the entries that lines of agents' logs are decoded into, the same for every agent. Counting, exports and
//! explanations use entries and never parse a line.
//! Must stay true: an entry has only the facts of its line; callers combine several lines.

use crate::lenient;
use crate::model::plain_name;
use crate::tokens::{Class, Tokens};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One fact in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Milliseconds since the epoch; if the line has no time, that of the previous line.
    pub at: Option<i64>,
    /// The line's own id.
    pub id: Option<Cow<'a, str>>,
    /// The conversation of the line; empty if the line does not have it.
    pub conversation: Cow<'a, str>,
    /// The conversation itself or one of its branches.
    pub thread: Thread,
    /// The subagent, if the line names it.
    pub agent_id: Option<Cow<'a, str>>,
    /// The entry's meaning.
    pub kind: Kind<'a>,
}

/// The part of a conversation to which a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// The conversation itself.
    Main,
    /// A subagent, or a side chain.
    Side,
}

/// The kinds of entries.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    /// The conversation's directory, and whether the log contains lines of another conversation.
    Context {
        /// The directory in which the conversation works.
        cwd: Option<Cow<'a, str>>,
        /// Whether the log contains lines of another conversation.
        is_copy: bool,
    },
    /// A prompt that a person typed. Empty: a picture, or an unknown form.
    Prompt(Cow<'a, str>),
    /// The client told the agent about work in the background.
    News,
    /// A text of the agent.
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
    /// The person interrupted the turn.
    Interrupted,
    /// A request to the model failed.
    Failed,
}

/// What a tool was called with, as far as callers ask: no contents of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The tool's name, as hooks report it.
    pub name: Cow<'a, str>,
    /// The files that it names.
    pub files: Vec<Cow<'a, str>>,
    /// What the agent says that it is for.
    pub purpose: Option<Cow<'a, str>>,
    /// The type of the subagent that it starts.
    pub agent_type: Option<Cow<'a, str>>,
    /// What it changes in files, if the call itself says so.
    pub change: Option<Change>,
}

/// How a call of a tool ended, according to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It succeeded, or nothing says that it failed.
    Done,
    /// It failed.
    Failed,
    /// It was not run: a person, a rule or the client refused it.
    Denied,
    /// A person stopped it while it ran.
    Interrupted,
}

impl CallEnd {
    /// Whether the agent was told that it failed.
    pub fn is_failure(self) -> bool {
        self != CallEnd::Done
    }
}

/// What a call changed in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Number of files.
    pub files: u64,
    /// Number of lines that were added.
    pub added: u64,
    /// Number of lines that were removed.
    pub removed: u64,
}

/// The kinds of tools that callers distinguish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tool<'a> {
    /// Changes a file.
    Edit,
    /// Runs a command.
    Run(Cow<'a, str>),
    /// Asks the person, or lets them approve a plan.
    Ask,
    /// Any other tool.
    Other,
}

/// One response of a model, as reported by one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Response<'a> {
    /// The message's id, otherwise the line's, otherwise a text that is unique in the log.
    pub message: Cow<'a, str>,
    /// The call inside the message, such as `advisor_message 1`.
    pub part: Option<String>,
    /// Whether the id is from the log; otherwise it was derived here.
    pub is_named: bool,
    /// The provider's id for the request.
    pub request: Option<Cow<'a, str>>,
    /// The client's own name for the request.
    pub reference: Option<Cow<'a, str>>,
    /// The model's name, as in the line.
    pub model: Cow<'a, str>,
    /// Flags that decide the price.
    pub class: Class,
    /// Number of lines: 1, or 0 for a call inside a message.
    pub lines: u32,
    /// Web searches that the server made.
    pub searches: u32,
    /// Tokens of this response by kind.
    pub tokens: Tokens,
    /// The cost in the line, in trillionths of a dollar.
    pub cost_pico_usd: u64,
}

impl Response<'_> {
    /// A text that identifies the response across all logs.
    pub fn key(&self) -> Cow<'_, str> {
        match &self.part {
            Some(part) => Cow::Owned(format!("{}/{}/{part}", self.message, plain_name(&self.model))),
            None => Cow::Borrowed(&self.message),
        }
    }
}

/// The client's own sum for a conversation (`cost-state`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientSum {
    /// US dollars; `None` if the client does not report it.
    #[serde(default, rename = "totalCostUSD", deserialize_with = "lenient::number")]
    pub cost_usd: Option<f64>,
    /// Share of each model, by the client's name for it.
    #[serde(default, rename = "modelUsage")]
    pub models: BTreeMap<String, ClientModel>,
}

/// The client's own sum for a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientModel {
    /// Input that was neither read from a cache nor written to one.
    #[serde(deserialize_with = "lenient::count")]
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    #[serde(deserialize_with = "lenient::count")]
    pub output_tokens: u64,
    /// Input read from a cache.
    #[serde(deserialize_with = "lenient::count")]
    pub cache_read_input_tokens: u64,
    /// Input written to a cache.
    #[serde(deserialize_with = "lenient::count")]
    pub cache_creation_input_tokens: u64,
    /// US dollars; `None` if the client does not report it.
    #[serde(rename = "costUSD", deserialize_with = "lenient::number")]
    pub cost_usd: Option<f64>,
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
    /// All.
    All,
}
