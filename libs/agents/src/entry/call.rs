//! Owns what a log says about calls of tools: what was asked, how it ended, what it changed.

use std::borrow::Cow;

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
    /// What kind of work it is.
    pub class: CallClass,
    /// All that it was called with, as JSON; only for [`crate::entry::Wanted::Full`].
    pub input: Option<Cow<'a, str>>,
}

/// What kind of work a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallClass {
    /// Runs a command.
    Run,
    /// Reads or looks for files.
    Read,
    /// Changes files.
    Edit,
    /// Reads or searches the web.
    Web,
    /// Starts a subagent or talks to one.
    Agent,
    /// Changes the list of tasks, or proposes a plan.
    Plan,
    /// Asks the person.
    Ask,
    /// A tool of an MCP server.
    Mcp,
    /// Anything else.
    #[default]
    Other,
}

impl CallClass {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            CallClass::Run => "run",
            CallClass::Read => "read",
            CallClass::Edit => "edit",
            CallClass::Web => "web",
            CallClass::Agent => "agent",
            CallClass::Plan => "plan",
            CallClass::Ask => "ask",
            CallClass::Mcp => "mcp",
            CallClass::Other => "other",
        }
    }
}

/// What is known about a tool's answer besides its text; only for [`crate::entry::Wanted::Full`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output<'a> {
    /// The exit code of a command.
    pub exit: Option<i64>,
    /// Number of bytes of the whole answer, also of what the client left out.
    pub bytes: Option<u64>,
    /// Whether the client left out a part.
    pub is_cut: bool,
    /// The file with the whole answer, relative to the conversation's own folder.
    pub spilled: Option<Cow<'a, str>>,
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
