//! Owns how a person gets to the conversation of a session: to the terminal in which it runs, or by continuing it. Pure.
//! Must stay true: a conversation that runs, or may run, is never offered to be continued, because two clients would
//! then write one log. Every list, page and command asks here.

use crate::state::State;
use serde::Serialize;

/// How a person gets to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It runs: `cs-session jump` leads to its terminal.
    Jump,
    /// It ended: `cs-session open` continues it.
    Open,
    /// It is not known whether it runs.
    Unknown,
}

/// Whether the process of a conversation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// It runs, or is stopped.
    Yes,
    /// It has ended.
    No,
    /// It was seen on another machine or in a container, and cannot be checked from here.
    Elsewhere,
    /// The system does not report it.
    Untold,
    /// No hook has reported the conversation, or its end was reported.
    NotSeen,
}

/// Decides from the session's state and its conversation's process.
pub fn reach(state: State, runs: Runs) -> Reach {
    let is_over = matches!(state, State::Gone | State::Parked | State::Completed);
    match runs {
        // The process went on with another conversation.
        Runs::Yes if state == State::Gone => Reach::Open,
        Runs::Yes => Reach::Jump,
        Runs::No => Reach::Open,
        Runs::NotSeen if is_over || state == State::Stale => Reach::Open,
        Runs::NotSeen => Reach::Unknown,
        Runs::Elsewhere | Runs::Untold if state == State::Gone => Reach::Open,
        // What a person made of the session says nothing about the process.
        Runs::Elsewhere | Runs::Untold if is_over => Reach::Unknown,
        Runs::Elsewhere | Runs::Untold if matches!(state, State::Stale | State::Unknown) => Reach::Unknown,
        Runs::Elsewhere | Runs::Untold => Reach::Jump,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::STATES;

    #[test]
    fn a_running_conversation_is_never_opened() {
        for state in STATES {
            let wanted = if state == State::Gone { Reach::Open } else { Reach::Jump };
            assert_eq!(reach(state, Runs::Yes), wanted, "{state:?}");
            assert_eq!(reach(state, Runs::No), Reach::Open, "{state:?}");
        }
    }

    #[test]
    fn what_was_not_seen_to_end_is_not_guessed() {
        for state in STATES {
            let is_over = matches!(state, State::Gone | State::Parked | State::Completed);
            let unseen = match state {
                State::Gone => Reach::Open,
                State::Stale | State::Unknown | State::Parked | State::Completed => Reach::Unknown,
                _ => Reach::Jump,
            };
            for runs in [Runs::Elsewhere, Runs::Untold] {
                assert_eq!(reach(state, runs), unseen, "{state:?} {runs:?}");
            }
            let opens = is_over || state == State::Stale;
            assert_eq!(reach(state, Runs::NotSeen), if opens { Reach::Open } else { Reach::Unknown }, "{state:?}");
        }
    }
}
