//! Owns what a row about a session says besides its intent: the question, the failure, the last words, the reason or the
//! outcome; and how it is marked.

use crate::style::Style;
use cs_core::state::{State, Verdict};

/// What is known about a session, of which a row shows one part; `None` where nothing is, or where it was not read.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// The session's state.
    pub state: State,
    /// Why it is in that state, without the name of the event.
    pub evidence: &'a str,
    /// Why the last turn failed.
    pub failed: Option<&'a str>,
    /// The agent's last words, if its turn is over.
    pub said: Option<&'a str>,
    /// The record's open question, once answered ones are dropped.
    pub awaiting: Option<&'a str>,
    /// What it is doing.
    pub activity: Option<&'a str>,
    /// Why it is parked.
    pub parked: Option<&'a str>,
    /// What came of it.
    pub outcome: Option<&'a str>,
}

/// The part that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News<'a> {
    /// `asks`, `failed` or `said`; empty for what says itself what it is.
    pub label: &'static str,
    /// The words.
    pub text: &'a str,
    /// How they look.
    pub style: Style,
}

impl<'a> Words<'a> {
    /// What the state alone says.
    pub fn of(verdict: &'a Verdict) -> Self {
        let evidence = verdict.evidence.rsplit_once(" (").map_or(verdict.evidence.as_str(), |(before, _)| before);
        let (failed, said) = (verdict.failed.as_deref(), verdict.said.as_deref());
        let (state, awaiting, activity, parked, outcome) = (verdict.state, None, None, None, None);
        Words { state, evidence, failed, said, awaiting, activity, parked, outcome }
    }

    /// What the user should know first; `None` if the intent says it all.
    pub fn news(&self) -> Option<News<'a>> {
        let (label, text, style) = match (self.state, self.failed) {
            (State::Waiting, _) => ("asks", self.awaiting.or(Some(self.evidence)), Style::Turn),
            (_, Some(failure)) => ("failed", Some(failure), Style::Wrong),
            (State::Idle, _) => ("said", self.said, Style::Plain),
            (State::Working | State::Background, _) => match self.said {
                Some(said) => ("said", Some(said), Style::Plain),
                None => ("", self.activity, Style::Plain),
            },
            (State::Suspended | State::Gone | State::Stale | State::Unknown, _) => {
                ("", Some(self.evidence), Style::Plain)
            }
            (State::Parked, _) => ("", self.parked, Style::Plain),
            (State::Completed, _) => ("", self.outcome, Style::Plain),
        };
        text.filter(|text| !text.is_empty()).map(|text| News { label, text, style })
    }

    /// The news with its label, for lists that show only what needs one: `asks: which one?`.
    pub fn labelled(&self) -> Option<(String, Style)> {
        let news = self.news().filter(|news| !news.label.is_empty())?;
        Some((format!("{}: {}", news.label, news.text), news.style))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_comes_before_everything_else() {
        let idle = Verdict::new(State::Idle, "your turn (Stop)");
        let of = |verdict: &Verdict| Words::of(verdict).labelled();
        assert_eq!(of(&idle), None);
        let said = Verdict { said: Some("Done.".into()), ..idle };
        assert_eq!(of(&said), Some(("said: Done.".into(), Style::Plain)));
        let failed = Verdict { failed: Some("usage limit".into()), ..said };
        assert_eq!(of(&failed), Some(("failed: usage limit".into(), Style::Wrong)));
        let asks = Verdict { failed: None, ..Verdict::new(State::Waiting, "which one (of two)? (PermissionRequest)") };
        assert_eq!(of(&asks), Some(("asks: which one (of two)?".into(), Style::Turn)));
        let better = Words { awaiting: Some("run it?"), ..Words::of(&asks) };
        assert_eq!(better.labelled(), Some(("asks: run it?".into(), Style::Turn)));
    }

    #[test]
    fn ended_sessions_say_why_or_what_came_of_them() {
        let of = |state, parked, outcome| {
            let verdict = Verdict::new(state, "no sign (Stop)");
            let words = Words { parked, outcome, ..Words::of(&verdict) };
            words.news().map(|news| news.text.to_string())
        };
        assert_eq!(of(State::Parked, Some("lunch"), None).as_deref(), Some("lunch"));
        assert_eq!(of(State::Completed, None, Some("")), None);
        assert_eq!(of(State::Gone, None, None).as_deref(), Some("no sign"));
    }
}
