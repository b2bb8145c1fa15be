//! Owns the words for what entries distinguish: where a prompt came from, what a client put in, why a turn stopped.

use std::borrow::Cow;

/// How a prompt reached the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// Typed at the terminal.
    Typed,
    /// A command, such as `/review`.
    Command,
    /// Typed while a turn ran.
    Queued,
    /// Another program mentions the agent.
    Mention,
    /// The client was started with it, or a program sends it.
    Sdk,
    /// The log does not say.
    #[default]
    Unknown,
}

impl Via {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Via::Typed => "typed",
            Via::Command => "command",
            Via::Queued => "queued",
            Via::Mention => "mention",
            Via::Sdk => "sdk",
            Via::Unknown => "unknown",
        }
    }
}

/// What a client put into the conversation as if it were a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// News about work in the background.
    News,
    /// A reminder of the client.
    Reminder,
    /// A hook's context.
    Hook,
    /// The output of a command of the client or of its shell.
    Command,
    /// Instructions: `AGENTS.md`, `CLAUDE.md`, a skill, a role.
    Instructions,
    /// Facts about the environment.
    Environment,
    /// A message of another agent or program.
    Message,
    /// The prompt that the agent gave to a subagent.
    Task,
    /// Anything else.
    Client,
}

impl Source {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Source::News => "news",
            Source::Reminder => "reminder",
            Source::Hook => "hook",
            Source::Command => "command",
            Source::Instructions => "instructions",
            Source::Environment => "environment",
            Source::Message => "message",
            Source::Task => "task",
            Source::Client => "client",
        }
    }
}

/// Why a turn stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The person interrupted it.
    Interrupted,
    /// A request to the model failed.
    Failed,
    /// The model ended the conversation.
    EndedByModel,
    /// A hook stopped it.
    Hook,
}

impl Stop {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Stop::Interrupted => "interrupted",
            Stop::Failed => "failed",
            Stop::EndedByModel => "ended_by_model",
            Stop::Hook => "hook",
        }
    }
}

/// What is known about the surroundings of an entry; what a line does not name is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The directory in which the conversation works.
    pub cwd: Option<Cow<'a, str>>,
    /// Whether the log contains lines of another conversation.
    pub is_copy: bool,
    /// Whether the line is a message of a person or an agent, as the client counts them.
    pub is_message: bool,
    /// The branch of the directory.
    pub branch: Option<Cow<'a, str>>,
    /// What the agent may do without a question, in the client's words.
    pub mode: Option<Cow<'a, str>>,
    /// The model.
    pub model: Option<Cow<'a, str>>,
    /// The client's version.
    pub client: Option<Cow<'a, str>>,
}

/// A step of the agent's list of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanItem<'a> {
    /// The client's id for it.
    pub id: Option<Cow<'a, str>>,
    /// What is to be done.
    pub subject: Option<Cow<'a, str>>,
    /// How far it is, in the client's word.
    pub status: Option<Cow<'a, str>>,
}

/// What happened to the list of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanStep {
    /// The items are the whole list.
    Whole,
    /// The items were added.
    Added,
    /// The items were changed.
    Changed,
    /// A plan was proposed to the person, as a text.
    Proposed,
}

impl PlanStep {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            PlanStep::Whole => "whole",
            PlanStep::Added => "added",
            PlanStep::Changed => "changed",
            PlanStep::Proposed => "proposed",
        }
    }
}

/// A question to the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// The question.
    pub text: Cow<'a, str>,
    /// What could be chosen.
    pub options: Vec<Cow<'a, str>>,
    /// What the person answered.
    pub answer: Option<Cow<'a, str>>,
}

/// How two conversations belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// This one began as a copy of the other.
    ForkedFrom,
    /// This one goes on in the other.
    ContinuedIn,
    /// This one continues the other.
    Continues,
    /// This one was made from the other.
    DerivedFrom,
    /// The other one started this as its subagent.
    Parent,
}

impl Link {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Link::ForkedFrom => "forked_from",
            Link::ContinuedIn => "continued_in",
            Link::Continues => "continues",
            Link::DerivedFrom => "derived_from",
            Link::Parent => "parent",
        }
    }
}

/// Why lines of a log are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is longer than [`crate::lines::LIMIT`].
    TooLong,
    /// It cannot be parsed.
    Broken,
    /// The log cannot be read from here on.
    Unreadable,
}

impl Lack {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Lack::TooLong => "too_long",
            Lack::Broken => "broken",
            Lack::Unreadable => "unreadable",
        }
    }
}
