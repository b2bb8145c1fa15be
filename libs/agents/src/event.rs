//! Owns the names of the events that agents report to hooks, and which agents report them.
//! Facts: `hook_event_name` of Claude Code 2.1.197 to 2.1.332 and Codex 0.145 to 0.171.

use crate::agent::Agent;

/// The program for the end of a turn.
const HEARTBEAT: &str = "cs-heartbeat";
/// The program for every other event.
const HOOK: &str = "cs-hook";

/// The program that notifies the user, which agents call besides. It is also a command for people.
pub const NOTIFY: &str = "cs-notify";

/// The program that delivers messages to the agent in a seat.
pub const DELIVER: &str = "cs-deliver";
/// The program that wakes the agent in a seat when there is a message.
pub const WAKE: &str = "cs-wake";

/// The program that logs what tools did. It is also a command for people.
pub const AUDIT: &str = "cs-audit";

/// The program that asks about calls of tools, or denies them. A person registers it apart from the others.
pub const GUARD: &str = "cs-guard";

/// The programs that only agents call.
pub const PROGRAMS: [&str; 5] = [HOOK, HEARTBEAT, DELIVER, WAKE, GUARD];
/// All programs that agents call.
pub const CALLED: [&str; 7] = [HOOK, HEARTBEAT, NOTIFY, DELIVER, WAKE, AUDIT, GUARD];

/// An event that a hook is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A conversation begins or is resumed.
    SessionStart,
    /// A prompt is sent.
    UserPromptSubmit,
    /// The agent asks for permission to use a tool.
    PermissionRequest,
    /// The client notifies the user.
    Notification,
    /// A tool is about to be called.
    PreToolUse,
    /// A tool call has succeeded.
    PostToolUse,
    /// A tool call has failed.
    PostToolUseFailure,
    /// A subagent begins.
    SubagentStart,
    /// A subagent has ended.
    SubagentStop,
    /// A request to the model has ended (Codex).
    PostModelRequest,
    /// The context is about to be compacted.
    PreCompact,
    /// A turn has ended.
    Stop,
    /// A turn has ended because a request to the model failed.
    StopFailure,
    /// The person interrupted the turn (Codex).
    Interrupt,
    /// The conversation has ended.
    SessionEnd,
}

impl Event {
    /// All events that are used, in the order of a conversation.
    pub const ALL: [Event; 15] = [
        Event::SessionStart,
        Event::UserPromptSubmit,
        Event::PermissionRequest,
        Event::Notification,
        Event::PreToolUse,
        Event::PostToolUse,
        Event::PostToolUseFailure,
        Event::SubagentStart,
        Event::SubagentStop,
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
            Event::PreToolUse => "PreToolUse",
            Event::PostToolUse => "PostToolUse",
            Event::PostToolUseFailure => "PostToolUseFailure",
            Event::SubagentStart => "SubagentStart",
            Event::SubagentStop => "SubagentStop",
            Event::PostModelRequest => "PostModelRequest",
            Event::PreCompact => "PreCompact",
            Event::Stop => "Stop",
            Event::StopFailure => "StopFailure",
            Event::Interrupt => "Interrupt",
            Event::SessionEnd => "SessionEnd",
        }
    }

    /// The event with this name; `None` for events that are not used.
    pub fn named(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Whether an agent reports the event.
    pub fn is_reported_by(self, agent: Agent) -> bool {
        self.reporters().contains(&agent)
    }

    /// The agents that report the event.
    fn reporters(self) -> &'static [Agent] {
        match self {
            Event::SessionStart
            | Event::UserPromptSubmit
            | Event::PermissionRequest
            | Event::PreToolUse
            | Event::PostToolUse
            | Event::SubagentStart
            | Event::SubagentStop
            | Event::PreCompact
            | Event::Stop
            | Event::SessionEnd => &[Agent::Claude, Agent::Codex],
            Event::Notification | Event::PostToolUseFailure | Event::StopFailure => &[Agent::Claude],
            Event::PostModelRequest | Event::Interrupt => &[Agent::Codex],
        }
    }

    /// Whether the user may have to be notified soon after the event.
    pub fn may_notify(self) -> bool {
        matches!(self, Event::PermissionRequest | Event::Notification | Event::Stop | Event::StopFailure)
    }

    /// Whether a turn is over with the event.
    pub fn ends_turn(self) -> bool {
        matches!(self, Event::Stop | Event::StopFailure | Event::Interrupt)
    }

    /// Whether the agent of a seat gets messages at this event, or its parent is told about it.
    pub fn is_delivered_at(self, agent: Agent) -> bool {
        let is_one = match self {
            Event::SessionStart
            | Event::UserPromptSubmit
            | Event::PermissionRequest
            | Event::Notification
            | Event::PostToolUse
            | Event::Stop
            | Event::StopFailure
            | Event::SessionEnd => true,
            Event::PreToolUse
            | Event::PostToolUseFailure
            | Event::SubagentStart
            | Event::SubagentStop
            | Event::PostModelRequest
            | Event::PreCompact
            | Event::Interrupt => false,
        };
        is_one && self.is_reported_by(agent)
    }

    /// Whether the event is logged as something that a tool or a subagent did.
    pub fn is_audited(self) -> bool {
        matches!(
            self,
            Event::PreToolUse
                | Event::PostToolUse
                | Event::PostToolUseFailure
                | Event::SubagentStart
                | Event::SubagentStop
        )
    }

    /// Whether the log of tools gets the event besides the program that it is for.
    pub fn is_also_audited(self) -> bool {
        self.is_audited() && self.program() != AUDIT
    }

    /// The program that the event is for.
    pub fn program(self) -> &'static str {
        match self {
            Event::PreToolUse | Event::SubagentStart | Event::SubagentStop => AUDIT,
            Event::Stop | Event::StopFailure | Event::Interrupt => HEARTBEAT,
            Event::SessionStart
            | Event::UserPromptSubmit
            | Event::PermissionRequest
            | Event::Notification
            | Event::PostToolUse
            | Event::PostToolUseFailure
            | Event::PostModelRequest
            | Event::PreCompact
            | Event::SessionEnd => HOOK,
        }
    }
}

// A variant missing in `ALL` would never be recognised. `SessionEnd` must stay the last variant.
const _: () = assert!(Event::ALL.len() == Event::SessionEnd as usize + 1);
