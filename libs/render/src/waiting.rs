//! Owns how a list says what a session waits for, in a few words.

use crate::style::Style;
use cs_core::state::{State, Verdict};

/// What the user has to know about a session besides its intent: the question, the failure, or the agent's last words.
/// With the style in which it is shown.
pub fn format_waiting(verdict: &Verdict) -> Option<(String, Style)> {
    let question = verdict.evidence.rsplit_once(" (").map_or(verdict.evidence.as_str(), |(question, _)| question);
    format_need(verdict.state, question, verdict.failed.as_deref(), verdict.said.as_deref())
}

/// The same from facts that were collected before.
pub fn format_need(state: State, asks: &str, failed: Option<&str>, said: Option<&str>) -> Option<(String, Style)> {
    match (state, failed, said) {
        (State::Waiting, ..) => Some((format!("asks: {asks}"), Style::Turn)),
        (_, Some(failure), _) => Some((format!("failed: {failure}"), Style::Wrong)),
        (.., Some(said)) => Some((format!("said: {said}"), Style::Plain)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_comes_before_everything_else() {
        let idle = Verdict::new(State::Idle, "your turn (Stop)");
        assert_eq!(format_waiting(&idle), None);
        let said = Verdict { said: Some("Done.".into()), ..idle };
        assert_eq!(format_waiting(&said), Some(("said: Done.".into(), Style::Plain)));
        let failed = Verdict { failed: Some("usage limit".into()), ..said };
        assert_eq!(format_waiting(&failed), Some(("failed: usage limit".into(), Style::Wrong)));
        let asks = Verdict { failed: None, ..Verdict::new(State::Waiting, "which one (of two)? (PermissionRequest)") };
        assert_eq!(format_waiting(&asks), Some(("asks: which one (of two)?".into(), Style::Turn)));
    }
}
