//! Owns the names of query parameters. `docs/API.md` describes their values, and `query` reads them.

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    Project,
    Status,
    State,
    Since,
    Until,
    Q,
    Tag,
    IncludeArchived,
    Limit,
    Format,
    Cursor,
    Session,
    Tool,
    Verdict,
    Outcome,
    Sort,
    Before,
    Kinds,
    Turn,
    After,
    Conversation,
    Page,
    Entry,
    Machine,
    Owner,
}

impl Param {
    /// Its name in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Param::Project => "project",
            Param::Status => "status",
            Param::State => "state",
            Param::Since => "since",
            Param::Until => "until",
            Param::Q => "q",
            Param::Tag => "tag",
            Param::IncludeArchived => "include_archived",
            Param::Limit => "limit",
            Param::Format => "format",
            Param::Cursor => "cursor",
            Param::Session => "session",
            Param::Tool => "tool",
            Param::Verdict => "verdict",
            Param::Outcome => "outcome",
            Param::Sort => "sort",
            Param::Before => "before",
            Param::Kinds => "kinds",
            Param::Turn => "turn",
            Param::After => "after",
            Param::Conversation => "conversation",
            Param::Page => "page",
            Param::Entry => "entry",
            Param::Machine => "machine",
            Param::Owner => "owner",
        }
    }
}
