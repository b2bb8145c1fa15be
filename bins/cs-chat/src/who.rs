//! Owns which sessions and agents a chat can name: those that are current, by the seat's name, its id, the session's id or
//! the beginning or end of one, or a part of what it is for.

use crate::program::{rows, text};
use chat::store::About;
use cs_core::board::{Group, urgency};
use cs_core::clock::{self, Instant};
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::state::{STATES, State};
use cs_core::store::Store;
use serde_json::Value;

/// Options of the lists of sessions that are current.
const CURRENT: [&str; 2] = ["active", "parked"];
/// The shortest part of an intent or an id that names something.
const SHORT: usize = 3;

/// A session, an agent in a seat, or both: what a chat can name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The seat's id; empty if it is in none.
    pub agent: String,
    /// The seat's name; empty without one.
    pub seat_name: String,
    /// The session's id; empty if it has none.
    pub session: String,
    /// The conversation's id; empty if none is known.
    pub conversation: String,
    /// The slug of its project; empty if it has none.
    pub project: String,
    /// What it is for.
    pub intent: String,
    /// The word of its state.
    pub state: String,
    /// The evidence for that.
    pub reason: String,
    /// Since when.
    pub since: Option<Instant>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The agent's last words, if its turn is over.
    pub said: String,
}

impl Who {
    /// The name by which a person writes of it: that of its seat, else the end of its session's id.
    pub fn name(&self) -> String {
        match (self.seat_name.is_empty(), self.session.rsplit_once('_')) {
            (false, _) => self.seat_name.clone(),
            (true, Some((_, end))) => end.to_string(),
            (true, None) => self.session.clone(),
        }
    }

    /// What identifies it: the seat's id, else the session's.
    pub fn id(&self) -> &str {
        if self.agent.is_empty() { &self.session } else { &self.agent }
    }

    /// What a message in a chat tells of.
    pub fn about(&self, reason: &str) -> About {
        About {
            session: self.session.clone(),
            conversation: self.conversation.clone(),
            agent: self.agent.clone(),
            reason: reason.to_string(),
            since: self.since.map(clock::stamp).unwrap_or_default(),
            ..About::default()
        }
    }

    /// Its group: what needs the person comes first.
    pub fn group(&self) -> Group {
        state(&self.state).map_or(Group::FailedOrGone, Group::of_state)
    }

    fn of_session(row: &Value) -> Who {
        let seat = row.get("seat").cloned().unwrap_or_default();
        let tags = row.get("tags").and_then(Value::as_array).into_iter().flatten();
        Who {
            agent: text(&seat, "agent_id").to_string(),
            seat_name: text(&seat, "name").to_string(),
            session: text(row, "session_id").to_string(),
            conversation: text(row, "claude_session_id").to_string(),
            project: text(row, "project_slug").to_string(),
            intent: text(row, "intent").to_string(),
            state: text(row, "state").to_string(),
            reason: text(row, "state_reason").to_string(),
            since: clock::parse(text(row, "state_since")),
            tags: tags.filter_map(Value::as_str).map(str::to_string).collect(),
            said: text(row, "said").to_string(),
        }
    }

    fn of_agent(row: &Value) -> Who {
        Who {
            agent: text(row, "agent_id").to_string(),
            seat_name: text(row, "name").to_string(),
            session: text(row, "session_id").to_string(),
            conversation: text(row, "claude_session_id").to_string(),
            project: text(row, "project_slug").to_string(),
            intent: text(row, "asks").to_string(),
            state: text(row, "state").to_string(),
            reason: text(row, "state_reason").to_string(),
            since: clock::parse(text(row, "state_since")),
            tags: Vec::new(),
            said: text(row, "said").to_string(),
        }
    }
}

/// All that are current, the most urgent first.
pub fn all(store: &Store, now: Instant) -> Result<Vec<Who>, String> {
    let mut all: Vec<Who> = Vec::new();
    for status in CURRENT {
        all.extend(rows("cs-session", &["list", "--status", status], &[])?.iter().map(Who::of_session));
    }
    for row in rows("cs-agent", &["list"], &[])? {
        let seat = Who::of_agent(&row);
        match all.iter_mut().find(|who| !seat.session.is_empty() && who.session == seat.session) {
            Some(known) => {
                known.agent = seat.agent;
                known.seat_name = seat.seat_name;
                known.conversation =
                    if known.conversation.is_empty() { seat.conversation } else { known.conversation.clone() };
            }
            None => all.push(seat),
        }
    }
    let lives = store.all_live().map_err(|error| error.to_string())?;
    for who in all.iter_mut().filter(|who| who.conversation.is_empty()) {
        who.conversation = conversation(store, &lives, &who.session);
    }
    all.sort_by_key(|who| {
        let state = state(&who.state).unwrap_or(State::Unknown);
        urgency(who.group(), state, who.since, now)
    });
    Ok(all)
}

/// The conversation of a session: the one that runs, else that of its record. Empty if it has none.
fn conversation(store: &Store, lives: &[Live], session: &str) -> String {
    let live = lives.iter().find(|live| live.session_id.as_deref() == Some(session));
    let recorded = || store.session(&SessionId::parse(session).ok()?).ok()?.claude_session_id;
    live.map(|live| live.claude_session_id.clone()).or_else(recorded).unwrap_or_default()
}

/// Those that a name means: the first of these ways by which any is found counts.
pub fn named<'w>(all: &'w [Who], name: &str) -> Vec<&'w Who> {
    if name.is_empty() {
        return Vec::new();
    }
    let lower = name.to_lowercase();
    let ways: [&dyn Fn(&Who) -> bool; 4] = [
        &|who| who.agent == name || who.session == name || who.conversation == name,
        &|who| !who.seat_name.is_empty() && who.seat_name.to_lowercase() == lower,
        &|who| [&who.session, &who.agent, &who.conversation].iter().any(|id| is_part(id, &lower)),
        &|who| lower.chars().count() >= SHORT && who.intent.to_lowercase().contains(&lower),
    ];
    let found = |way: &&dyn Fn(&Who) -> bool| {
        let found: Vec<&Who> = all.iter().filter(|who| way(who)).collect();
        (!found.is_empty()).then_some(found)
    };
    ways.iter().find_map(found).unwrap_or_default()
}

/// The state of this word; an agent may be in others, such as starting.
fn state(word: &str) -> Option<State> {
    STATES.into_iter().find(|state| state.as_str() == word)
}

fn is_part(id: &str, part: &str) -> bool {
    part.len() >= SHORT && (id.starts_with(part) || id.ends_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(seat: &str, session: &str, intent: &str) -> Who {
        let agent = if seat.is_empty() { String::new() } else { format!("agent_{seat}") };
        Who { agent, seat_name: seat.into(), session: session.into(), intent: intent.into(), ..Who::default() }
    }

    #[test]
    fn a_name_means_the_seat_before_a_part_of_something_else() {
        let all =
            [who("docs", "sess_20261121T0337_ca5d", "Fix login"), who("", "sess_20261121T0338_beef", "write the docs")];
        let ids = |name: &str| named(&all, name).iter().map(|who| who.name()).collect::<Vec<_>>();
        assert_eq!(ids("Docs"), ["docs"]);
        assert_eq!(ids("beef"), ["beef"]);
        assert_eq!(ids("the doc"), ["beef"]);
        assert_eq!(ids("sess_"), ["docs", "beef"], "both begin so");
        assert!(ids("be").is_empty() && ids("").is_empty());
    }
}
