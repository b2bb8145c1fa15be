//! Owns the state that the hooks alone report.

use super::age::{Age, dated};
use super::{State, Verdict};
use crate::live::{Activity, Live};

/// The state according to the hooks alone.
pub fn by_hooks(live: &Live, age: &Age) -> Verdict {
    let event = &live.last_event;
    if let (Activity::Waiting, what) = (live.state, live.waiting_for.as_deref().unwrap_or("an answer")) {
        return Verdict { asks: true, ..dated(State::Waiting, &format!("{what} ({event}"), age, ")") };
    }
    if let Some(question) = live.questions.first() {
        let more = match live.questions.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let asked = Age::ago_of(&question.at, age);
        let before = format!("{}{more} (asked by a subagent", question.what);
        return Verdict { asks: true, ..dated(State::Waiting, &before, &asked, ")") };
    }
    match live.state {
        Activity::Working => dated(State::Working, event, age, ""),
        _ if live.queued => {
            dated(State::Working, &format!("the prompt that was typed meanwhile runs ({event}"), age, ")")
        }
        _ => after_turn(live, "", event, age),
    }
}

/// The state after a turn. `how` says how the turn ended if the hooks did not.
pub fn after_turn(live: &Live, how: &str, event: &str, age: &Age) -> Verdict {
    if let Some(what) = &live.requested {
        return dated(State::Waiting, &format!("{what} (requested; {event}"), age, ")");
    }
    let failed = live.error.clone().filter(|_| how.is_empty());
    if let Some(error) = &failed {
        let what = if live.request_failed { "the last request" } else { "the turn" };
        let found = dated(rest_of(live), &format!("{what} failed: {error} ({event}"), age, ")");
        return Verdict { failed, ..found };
    }
    match (live.background_tasks, &live.goes_on) {
        (Some(tasks), _) if live.state == Activity::Background => {
            dated(State::Background, &format!("{tasks} background tasks ({event}"), age, ")")
        }
        (_, Some(when)) => dated(State::Background, &format!("continues by itself {when}{how} ({event}"), age, ")"),
        _ if live.state == Activity::Background => {
            dated(State::Background, &format!("background tasks ({event}"), age, ")")
        }
        _ => dated(State::Idle, &format!("your turn{how} ({event}"), age, ")"),
    }
}

fn rest_of(live: &Live) -> State {
    if live.state == Activity::Background { State::Background } else { State::Idle }
}
