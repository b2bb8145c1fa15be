//! Owns what a notice says: its title and body for people, and the event for the user's own command.
//! Must stay true: texts from records are one line, short, masked, and without control characters.

use crate::reasons;
use crate::subject::{Due, Subject, clean};
use cs_core::clock::{self, Instant};
use serde::Serialize;
use std::collections::BTreeSet;

/// Maximum number of characters in a title, and in a body.
const TITLE: usize = 100;
const BODY: usize = 300;
/// Maximum number of projects that a notice about several sessions names.
const NAMED: usize = 5;

/// The version of the event's fields; it increases when a field changes its meaning or is removed.
const EVENT_VERSION: u8 = 1;

/// The subject of a notice.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum About {
    One(Box<Subject>),
    Several { reason: &'static str, count: usize, sessions: Vec<Subject> },
    Nothing { reason: &'static str },
}

/// A notice.
#[derive(Clone, Debug)]
pub struct Notice {
    pub title: String,
    pub body: String,
    pub about: About,
}

/// The event that the user's own command reads.
#[derive(Serialize)]
pub struct Event<'a> {
    version: u8,
    at: String,
    title: &'a str,
    body: &'a str,
    text: String,
    #[serde(flatten)]
    about: &'a About,
}

impl Notice {
    /// Makes one notice for each subject that is due, or a single one for all if they are more than `at_once`; each with
    /// what it is about.
    pub fn for_due<'d>(due: &[&'d Due], at_once: usize) -> Vec<(Notice, Vec<&'d Due>)> {
        match due.len() > at_once {
            true => vec![(Notice::about_all(due), due.to_vec())],
            false => due.iter().map(|due| (Notice::about_one(due), vec![*due])).collect(),
        }
    }

    /// Makes the notice about one session.
    pub fn about_one(due: &Due) -> Notice {
        let subject = due.subject.clone();
        let said = subject.said.as_ref().map_or_else(String::new, |said| format!(" · said: {said}"));
        let why = if subject.why.is_empty() { String::new() } else { format!(": {}", subject.why) };
        let quip = due.quip.as_ref().map_or_else(String::new, |quip| format!(" · {quip}"));
        Notice {
            title: clean(&format!("{}: {}", subject.project_name, due.headline), TITLE),
            body: clean(&format!("{}{why}{said}{quip}", subject.intent), BODY),
            about: About::One(Box::new(subject)),
        }
    }

    fn about_all(due: &[&Due]) -> Notice {
        let sessions: Vec<Subject> = due.iter().map(|due| due.subject.clone()).collect();
        let count = |reason| sessions.iter().filter(|subject| subject.reason == reason).count();
        let counts: Vec<String> = reasons::ALL
            .into_iter()
            .map(|reason| (count(reason), reason.as_str()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let names: BTreeSet<&str> = sessions.iter().map(|subject| subject.project_name.as_str()).collect();
        let mut places = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if names.len() > NAMED {
            places.push_str(&format!(" and {} more", names.len() - NAMED));
        }
        Notice {
            title: match sessions.iter().any(|subject| subject.mark.is_some()) {
                true => format!("{} notices", sessions.len()),
                false => format!("{} sessions need you", sessions.len()),
            },
            body: clean(&format!("{} ({places})", counts.join(", ")), BODY),
            about: About::Several { reason: "several", count: sessions.len(), sessions },
        }
    }

    /// Makes a notice that only shows that notices arrive.
    pub fn test() -> Notice {
        Notice {
            title: "claude-sessions: test".into(),
            body: "You will get a notice like this one when a session waits for you.".into(),
            about: About::Nothing { reason: "test" },
        }
    }

    /// The sessions that it is about.
    pub fn subjects(&self) -> &[Subject] {
        match &self.about {
            About::One(subject) => std::slice::from_ref(subject),
            About::Several { sessions, .. } => sessions,
            About::Nothing { .. } => &[],
        }
    }

    /// The event for the user's own command.
    pub fn event(&self, now: Instant) -> Event<'_> {
        let (title, body) = (self.title.as_str(), self.body.as_str());
        let text = format!("{title}\n{body}");
        Event { version: EVENT_VERSION, at: clock::stamp(now), title, body, text, about: &self.about }
    }
}
