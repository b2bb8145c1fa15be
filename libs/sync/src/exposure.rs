//! Owns who else sees what a run sends: what it opens to the team, adds to what the team sees, takes back, or leaves
//! private. Must stay true: a conversation counts once, however many of its sources are sent; what stays as it was, and is
//! not sent, does not count.

use crate::source::{Kind, Source};
use crate::visibility::Visibility;
use serde::Serialize;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

/// What becomes of something that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// The team sees it from now on.
    Opened,
    /// It is added to what the team sees already, or changed in it.
    Added,
    /// The team no longer sees it.
    Closed,
    /// It is private, and stays so.
    Private,
}

/// How much of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Conversations.
    #[serde(skip_serializing_if = "is_zero")]
    pub conversations: u64,
    /// Records of sessions.
    #[serde(skip_serializing_if = "is_zero")]
    pub sessions: u64,
    /// Days of usage and of the log of tools, and limits.
    #[serde(skip_serializing_if = "is_zero")]
    pub others: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Amounts by project; `None` is what has none, or whose project was not asked for.
pub type Amounts = BTreeMap<Option<String>, Amount>;

/// Who else sees what a run sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    all: BTreeMap<Turn, Amounts>,
    /// The conversation that was counted last: its sources come one after the other.
    last: BTreeMap<Turn, String>,
}

impl Exposure {
    /// What turned so, by project.
    pub fn of(&self, turn: Turn) -> Option<&Amounts> {
        self.all.get(&turn)
    }

    /// Counts a source of which rows were sent, or which others see now.
    pub(crate) fn add(&mut self, source: &Source, project: Option<&str>, was: Visibility, now: Visibility) {
        let turn = match (was, now) {
            (Visibility::Private, Visibility::Team) => Turn::Opened,
            (Visibility::Team, Visibility::Team) => Turn::Added,
            (Visibility::Team, Visibility::Private) => Turn::Closed,
            (Visibility::Private, Visibility::Private) => Turn::Private,
        };
        let amount = self.all.entry(turn).or_default().entry(project.map(str::to_string)).or_default();
        match source.kind() {
            Kind::Head | Kind::Talk | Kind::Mark => {
                let id = source.owner().unwrap_or_default();
                if self.last.get(&turn).is_none_or(|last| last != id) {
                    amount.conversations += 1;
                    self.last.insert(turn, id.to_string());
                }
            }
            Kind::Record => amount.sessions += 1,
            Kind::Usage | Kind::Limit | Kind::Audit => amount.others += 1,
        }
    }
}

/// Which sources the team saw before a run. Only numbers that stand for them, because their names would take much memory.
#[derive(Default)]
pub(crate) struct Before {
    numbers: RandomState,
    team: HashSet<u64>,
}

impl Before {
    /// For a target of which the team sees this.
    pub fn of(team: HashSet<Source>) -> Before {
        let numbers = RandomState::new();
        let team = team.into_iter().map(|source| numbers.hash_one(source)).collect();
        Before { numbers, team }
    }

    /// Who saw a source.
    pub fn visibility(&self, source: &Source) -> Visibility {
        let is_seen = !self.team.is_empty() && self.team.contains(&self.numbers.hash_one(source));
        if is_seen { Visibility::Team } else { Visibility::Private }
    }

    /// Notes a source among others, if the team saw it.
    pub fn note(&self, among: &mut HashSet<u64>, source: &Source) {
        if self.visibility(source) == Visibility::Team {
            among.insert(self.numbers.hash_one(source));
        }
    }

    /// Whether a source was noted.
    pub fn has(&self, among: &HashSet<u64>, source: &Source) -> bool {
        among.contains(&self.numbers.hash_one(source))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_counts_once_for_each_turn() {
        let source = |name: &str| Source::parse(name).unwrap();
        let before = Before::of([source("head/b"), source("record/s")].into());
        let mut exposure = Exposure::default();
        for (name, now) in [
            ("talk/a/main", Visibility::Team),
            ("head/a", Visibility::Team),
            ("talk/b/main", Visibility::Team),
            ("head/b", Visibility::Team),
            ("talk/c/main", Visibility::Private),
            ("record/s", Visibility::Private),
            ("usage/2026-11-21", Visibility::Private),
        ] {
            let source = source(name);
            let project = source.owner().map(|_| "api");
            exposure.add(&source, project, before.visibility(&source), now);
        }
        let amount = |conversations, sessions, others| Amount { conversations, sessions, others };
        let of = |turn, project: Option<&str>| {
            exposure.of(turn).and_then(|all| all.get(&project.map(str::to_string))).copied()
        };
        assert_eq!(of(Turn::Opened, Some("api")), Some(amount(2, 0, 0)), "a, and the thread of b");
        assert_eq!(of(Turn::Added, Some("api")), Some(amount(1, 0, 0)));
        assert_eq!(of(Turn::Closed, Some("api")), Some(amount(0, 1, 0)));
        assert_eq!(
            (of(Turn::Private, Some("api")), of(Turn::Private, None)),
            (Some(amount(1, 0, 0)), Some(amount(0, 0, 1)))
        );
    }
}
