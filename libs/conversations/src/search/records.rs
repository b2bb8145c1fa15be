//! Owns which texts of a session record are found among conversations: those that people or agents wrote down about the
//! work, not what hooks copied from the conversation.

use cs_core::clock;
use cs_core::record::Session;

/// A text of a record.
pub(super) struct Text<'r> {
    /// Its place in the record, such as `decisions.0`.
    pub(super) entry: String,
    /// RFC 3339.
    pub(super) at: Option<&'r str>,
    pub(super) text: &'r str,
}

/// The texts: intent, outcome, decisions, open questions, next steps, notes.
pub(super) fn texts(session: &Session) -> Vec<Text<'_>> {
    let (began, last) = (session.started_at.as_str(), session.last_heartbeat.as_str());
    let ended = session.ended_at.as_deref().unwrap_or(last);
    let mut texts = vec![Text { entry: "intent".into(), at: Some(began), text: &session.intent }];
    texts.extend(session.outcome.iter().map(|text| Text { entry: "outcome".into(), at: Some(ended), text }));
    let lists = [
        ("decisions", &session.decisions),
        ("open_questions", &session.open_questions),
        ("next_steps", &session.next_steps),
    ];
    for (name, list) in lists {
        let text = |(n, text)| Text { entry: format!("{name}.{n}"), at: Some(last), text };
        texts.extend(list.iter().map(String::as_str).enumerate().map(text));
    }
    let notes = session.events.iter().enumerate();
    texts.extend(notes.map(|(n, event)| Text {
        entry: format!("events.{n}"),
        at: Some(&event.timestamp),
        text: &event.message,
    }));
    texts
}

impl Text<'_> {
    /// When it was written, as far as known.
    pub(super) fn instant(&self) -> Option<clock::Instant> {
        self.at.and_then(clock::parse)
    }
}
