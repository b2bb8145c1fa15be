//! Owns what the state of one session says to people: since when, and why, unless another line of the session says so.
//! Programs get the evidence itself.

use cs_core::clock::{self, Instant};
use cs_core::state::{State, Verdict};
use render::Words;

/// What follows the word for the state; `awaiting` is what the session needs: ` since 16 s`, ` since 2 h (3 background tasks)`, ` (last heartbeat 2 d ago)`.
pub fn details(verdict: &Verdict, awaiting: Option<&str>, now: Instant) -> String {
    let since = verdict.since.filter(|since| clock::is_credible(*since, now));
    let since = since.map_or_else(String::new, |since| format!(" since {}", clock::age(since, now)));
    // Without the event, nothing is left of evidence that is only an event.
    let evidence = if verdict.evidence.contains(" (") { Words::of(verdict).evidence } else { "" };
    let why = match verdict.state {
        State::Parked | State::Completed => return String::new(),
        State::Suspended | State::Gone | State::Stale | State::Unknown => return format!(" ({})", verdict.reason),
        State::Waiting if awaiting.is_some_and(|action| action.contains(evidence)) => "",
        State::Idle if evidence == "your turn" => "",
        State::Waiting | State::Idle | State::Background | State::Working => evidence,
    };
    if why.is_empty() { since } else { format!("{since} ({why})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(state: State, evidence: &str, awaiting: Option<&str>) -> String {
        let now = clock::parse("2026-11-21T09:00:16Z").unwrap();
        let since = clock::parse("2026-11-21T09:00:00Z");
        let reason = format!("{evidence}, 9 s ago");
        details(&Verdict { evidence: evidence.into(), since, ..Verdict::new(state, &reason) }, awaiting, now)
    }

    #[test]
    fn nothing_is_said_twice_and_no_event_is_named() {
        let asks = "permission for X (Notification)";
        assert_eq!(shown(State::Waiting, asks, Some("permission for X")), " since 16 s");
        assert_eq!(shown(State::Waiting, asks, Some("another")), " since 16 s (permission for X)");
        assert_eq!(shown(State::Waiting, asks, None), " since 16 s (permission for X)");
        assert_eq!(shown(State::Idle, "your turn (Stop)", None), " since 16 s");
        assert_eq!(shown(State::Background, "3 background tasks (Stop)", None), " since 16 s (3 background tasks)");
        assert_eq!(shown(State::Working, "PostToolUse", None), " since 16 s");
        assert_eq!(shown(State::Completed, "the record says completed", None), "");
        assert_eq!(shown(State::Stale, "last heartbeat", None), " (last heartbeat, 9 s ago)");
    }
}
