//! Owns how the client's registry, or its log if it has no registry, corrects the state that hooks reported: an
//! interrupted turn or a dismissed dialog fires no hook, an approved permission fires one only when the tool has ended.
//! Must stay true: an entry of the registry may be true now although its date is old. Only `busy` must be newer than
//! the last event, because a subagent keeps a client busy while the main turn rests.

use super::age::{Age, dated};
use super::hooks::{after_turn, by_hooks};
use super::{Evidence, Logged, LoggedEnd, MENU, State, Verdict};
use crate::clock::{self, Instant, TimeDelta};
use crate::live::{Activity, Live};
use crate::validate;

/// Maximum number of characters of the client's own words in a reason.
const WORD: usize = 60;
/// A dialog of the agent is on the screen within this time after the hook that reports it.
const OPENS: TimeDelta = TimeDelta::seconds(10);

/// The state according to the client's registry; `None` if it adds nothing to the hooks.
pub fn by_client(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    let client = evidence.client.as_ref()?;
    let heard = clock::parse(&live.last_event_at);
    let is_newer = client.updated_at.is_some_and(|at| evidence.is_newer(at, heard));
    let counts = is_newer || evidence.is_settled(heard);
    let age = client.updated_at.map_or_else(|| Age::ago(None, evidence.now), |at| Age::since(at, evidence.now));
    match client.status.as_str() {
        "busy" => busy(evidence, live, &age),
        _ if !counts => None,
        "idle" => idle(evidence, live, &age),
        "shell" => Some(shell(live, &age)),
        "waiting" if client.shows_menu() => {
            logged_end(evidence, live).or_else(|| waiting(evidence, live, client.waiting_for.as_deref(), &age))
        }
        "waiting" => waiting(evidence, live, client.waiting_for.as_deref(), &age),
        word => {
            let word = validate::cut(word, WORD);
            Some(dated(State::Unknown, &format!("unknown status: the client says {word:?}"), &age, ""))
        }
    }
}

/// The client works, so earlier questions are answered. The time of the question counts here, not that of the last
/// event: other tool calls of the same turn may end while the question is open.
fn busy(evidence: &Evidence, live: &Live, age: &Age) -> Option<Verdict> {
    let is_newer_than = |at: &str| age.at.is_some_and(|busy| evidence.is_newer(busy, clock::parse(at)));
    let mut left = live.clone();
    left.questions.retain(|question| !is_newer_than(&question.at));
    let is_main = match live.state {
        Activity::Waiting => is_newer_than(&live.since),
        Activity::Idle => live.compacts() || is_newer_than(&live.last_event_at),
        Activity::Background => live.compacts(),
        Activity::Working => false,
    };
    if is_main && left.questions.is_empty() {
        return Some(dated(State::Working, "the client says busy", age, ""));
    }
    if is_main {
        left.state = Activity::Working;
    }
    if left == *live { None } else { from_hooks(evidence, &left) }
}

/// No turn runs in the client and no dialog is open. The registry knows neither background tasks nor questions that the
/// agent asked in its text.
fn idle(evidence: &Evidence, live: &Live, age: &Age) -> Option<Verdict> {
    let ended = ": the turn ended without Stop";
    let after = |how: &str| Some(after_turn(live, how, "the client says idle", age));
    match live.state {
        Activity::Working => after(ended),
        Activity::Waiting => after(&format!("{ended} after the question")),
        Activity::Idle | Activity::Background => {
            let left = Live { questions: Vec::new(), queued: false, ..live.clone() };
            if left == *live { None } else { from_hooks(evidence, &left) }
        }
    }
}

/// The turn is over and something runs in the background.
fn shell(live: &Live, age: &Age) -> Verdict {
    if live.requested.is_some() || live.error.is_some() {
        return after_turn(live, "", "the client says shell", age);
    }
    dated(State::Background, "a shell or monitor runs in the background (the client says shell", age, ")")
}

/// A dialog is open: the one that hooks reported, or another.
fn waiting(evidence: &Evidence, live: &Live, what: Option<&str>, age: &Age) -> Option<Verdict> {
    let opened = |since: &str| clock::parse(since).filter(|at| clock::is_credible(*at, evidence.now));
    let is_it = |question: &str, since: &str| is_same_dialog(question, opened(since), what, age.at);
    let main = live.waiting_for.as_deref().filter(|_| live.state == Activity::Waiting);
    let is_main = main.is_some_and(|question| is_it(question, &live.since));
    let left: Vec<_> = live.questions.iter().filter(|asked| is_it(&asked.what, &asked.at)).cloned().collect();
    if is_main || !left.is_empty() {
        return from_hooks(evidence, &Live { questions: left, ..live.clone() });
    }
    let is_over = matches!(live.state, Activity::Idle | Activity::Background) && !live.queued;
    if is_over && what == Some(MENU) {
        let left = Live { questions: Vec::new(), ..live.clone() };
        return from_hooks(evidence, &left);
    }
    let what = validate::cut(what.unwrap_or("an answer"), WORD);
    Some(dated(State::Waiting, &format!("{what} (the client says waiting"), age, ")"))
}

/// Whether the dialog that the client has open since `since` may be the question that was asked at `asked`.
fn is_same_dialog(question: &str, asked: Option<Instant>, what: Option<&str>, since: Option<Instant>) -> bool {
    match what {
        Some(MENU) if is_permission(question) => false,
        Some(MENU) => asked.zip(since).is_none_or(|(asked, since)| since - asked <= OPENS),
        _ => true,
    }
}

/// Whether the client calls this question a permission prompt. Plans and questions of the agent have other dialogs.
fn is_permission(question: &str) -> bool {
    question.starts_with("permission for ") && !question.starts_with("permission for ExitPlanMode")
}

/// The state according to the hooks, once the client has confirmed it.
fn from_hooks(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    Some(by_hooks(live, &Age::ago(clock::parse(&live.last_event_at), evidence.now)))
}

/// The state according to the log, for clients without a registry: an interrupt or a failure that no hook reported.
pub fn by_log(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    let logged = evidence.logged.as_ref().filter(|_| evidence.client.is_none())?;
    if live.compacts() && logged.end == LoggedEnd::Runs {
        let age = Age::since(logged.at, evidence.now);
        return Some(dated(State::Working, "sums up the conversation (the log says so", &age, ")"));
    }
    logged_end(evidence, live)
}

/// The end of the turn in the log, if it is newer than the last hook event.
fn logged_end(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    let Logged { end, at } = evidence.logged.as_ref()?;
    let is_newer = evidence.is_newer(*at, clock::parse(&live.last_event_at));
    let is_in_turn = matches!(live.state, Activity::Working | Activity::Waiting);
    if !is_newer || !is_in_turn {
        return None;
    }
    let age = Age::ago(Some(*at), evidence.now);
    Some(match end {
        LoggedEnd::Runs => return None,
        LoggedEnd::Interrupted => after_turn(live, ": the turn was interrupted", "the log says so", &age),
        LoggedEnd::Finished => after_turn(live, ": the turn ended", "the log says so", &age),
        LoggedEnd::Failed(why) => {
            let why = validate::cut(why, validate::REASON);
            let found = dated(State::Idle, &format!("the turn failed: {why} (the log says so"), &age, ")");
            Verdict { failed: Some(why), ..found }
        }
    })
}
