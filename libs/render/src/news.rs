//! Owns what a row about a session says first: what the user should know or do, in the session's own words.

use cs_core::state::{State, Verdict};

/// The words of a record that a row may show; `None` where the record has none, or was not read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    /// The open question, once answered ones are dropped.
    pub awaiting: Option<&'a str>,
    /// What it is doing.
    pub activity: Option<&'a str>,
    /// Why it is parked.
    pub parked: Option<&'a str>,
    /// What came of it.
    pub outcome: Option<&'a str>,
}

/// The question, the failure, the last words, the reason or the outcome; `None` if the intent says it all.
pub fn pick_news<'a>(verdict: &'a Verdict, words: &Words<'a>) -> Option<&'a str> {
    let evidence = Some(verdict.evidence.as_str());
    let news = match (verdict.failed.as_deref(), verdict.state) {
        (Some(failed), _) => Some(failed),
        (None, State::Waiting) => words.awaiting.or(evidence),
        (None, State::Idle) => words.awaiting.or(verdict.said.as_deref()),
        (None, State::Working | State::Background) => words.activity,
        (None, State::Suspended | State::Gone | State::Stale | State::Unknown) => evidence,
        (None, State::Parked) => words.parked,
        (None, State::Completed) => words.outcome,
    };
    news.filter(|news| !news.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_words_come_first() {
        let words = Words { awaiting: Some("run it?"), parked: Some("lunch"), outcome: Some(""), activity: None };
        let of = |state, words: &Words| pick_news(&Verdict::new(state, "evidence"), words).map(str::to_string);
        assert_eq!(of(State::Waiting, &words).as_deref(), Some("run it?"));
        assert_eq!(of(State::Waiting, &Words::default()).as_deref(), Some("evidence"));
        assert_eq!(of(State::Parked, &words).as_deref(), Some("lunch"));
        assert_eq!((of(State::Completed, &words), of(State::Working, &words)), (None, None));
        let failed = Verdict { failed: Some("usage limit".into()), ..Verdict::new(State::Background, "x") };
        assert_eq!(pick_news(&failed, &words), Some("usage limit"));
    }
}
