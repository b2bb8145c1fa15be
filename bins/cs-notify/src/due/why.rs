//! Owns how a notice says why a session is in its state. Programs get the evidence with the event's name and its age;
//! people get neither.

use cs_core::state::{State, Verdict};
use render::Words;

/// Why a session is in its state.
pub struct Why {
    /// For programs: `permission for Bash (PermissionRequest 40 s ago)`.
    pub reason: String,
    /// For people: `permission for Bash`; empty if nothing is left.
    pub words: String,
}

impl Why {
    /// What the state says.
    pub fn of(verdict: &Verdict) -> Self {
        let words = match verdict.state {
            State::Waiting | State::Idle | State::Background => Words::of(verdict).evidence,
            // The evidence is only an event.
            State::Working => "",
            // What matters is how long ago.
            _ => &verdict.reason,
        };
        Why { reason: verdict.reason.clone(), words: words.to_string() }
    }
}

impl From<String> for Why {
    fn from(reason: String) -> Self {
        Why { words: reason.clone(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(state: State, reason: &str, evidence: &str) -> String {
        Why::of(&Verdict { evidence: evidence.into(), ..Verdict::new(state, reason) }).words
    }

    #[test]
    fn people_read_no_names_of_events() {
        let asks = |age: &str| format!("permission for Bash: (make) (PermissionRequest{age})");
        assert_eq!(words(State::Waiting, &asks(" 9 s ago"), &asks("")), "permission for Bash: (make)");
        assert_eq!(words(State::Working, "PostToolUse 9 s ago", "PostToolUse"), "");
        assert_eq!(words(State::Stale, "last heartbeat 2 d ago", "last heartbeat"), "last heartbeat 2 d ago");
        assert_eq!(Why::from("failed: x (y)".to_string()).words, "failed: x (y)");
    }
}
