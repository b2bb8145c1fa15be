//! Owns the names of the events that agents report to hooks, and which agents report them.
//! Facts: `hook_event_name` of Claude Code 2.1.197 to 2.1.332 and Codex 0.145 to 0.171.

/// An event that a hook is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    SessionStart,
    UserPromptSubmit,
    PermissionRequest,
    Notification,
    PostToolUse,
    PostToolUseFailure,
    PostModelRequest,
    PreCompact,
    Stop,
    StopFailure,
    Interrupt,
    SessionEnd,
}

impl Event {
    /// All events that are used, in the order of a conversation.
    pub const ALL: [Event; 12] = [
        Event::SessionStart,
        Event::UserPromptSubmit,
        Event::PermissionRequest,
        Event::Notification,
        Event::PostToolUse,
        Event::PostToolUseFailure,
        Event::PostModelRequest,
        Event::PreCompact,
        Event::Stop,
        Event::StopFailure,
        Event::Interrupt,
        Event::SessionEnd,
    ];

    /// The event's name in payloads and settings.
    pub fn name(self) -> &'static str {
        match self {
            Event::SessionStart => "SessionStart",
            Event::UserPromptSubmit => "UserPromptSubmit",
            Event::PermissionRequest => "PermissionRequest",
            Event::Notification => "Notification",
            Event::PostToolUse => "PostToolUse",
            Event::PostToolUseFailure => "PostToolUseFailure",
            Event::PostModelRequest => "PostModelRequest",
            Event::PreCompact => "PreCompact",
            Event::Stop => "Stop",
            Event::StopFailure => "StopFailure",
            Event::Interrupt => "Interrupt",
            Event::SessionEnd => "SessionEnd",
        }
    }

    /// The event with this name; `None` if nothing is done about it.
    pub fn named(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }

    /// The program that the event is for.
    pub fn program(self) -> &'static str {
        match self {
            Event::Stop | Event::StopFailure | Event::Interrupt => "cs-heartbeat",
            _ => "cs-hook",
        }
    }
}
