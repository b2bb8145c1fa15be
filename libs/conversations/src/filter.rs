//! Owns which conversations a question is about: by agent, project and time.

use crate::about::About;
use crate::catalog::{Conversation, Place};
use agents::Agent;
use cs_core::clock;
use cs_core::range::Range;

/// What a question is restricted to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this agent's.
    pub agent: Option<Agent>,
    /// Only this project's, by its short name.
    pub project: Option<String>,
    /// Only those with something in this time.
    pub range: Range,
    /// Only those that are kept.
    pub kept: bool,
}

impl Filter {
    /// Whether a conversation may fit, before any of its logs is opened. A log was written last when it was changed last,
    /// or earlier.
    pub fn may_fit(&self, one: &Conversation) -> bool {
        let last = clock::from_millis(one.modified() / 1_000_000);
        self.agent.is_none_or(|agent| agent == one.agent)
            && (!self.kept || matches!(one.place, Place::Kept | Place::Both))
            && self.range.since.zip(last).is_none_or(|(since, last)| since <= last)
    }

    /// Whether it fits, by what its log says.
    pub fn fits(&self, about: &About, project: Option<&str>) -> bool {
        let at = |millis: Option<i64>| millis.and_then(clock::from_millis);
        self.project.as_deref().is_none_or(|wanted| Some(wanted) == project)
            && self.range.since.is_none_or(|since| at(about.last_at).is_some_and(|last| since <= last))
            && self.range.until.is_none_or(|until| at(about.first_at).is_some_and(|first| first < until))
    }
}
