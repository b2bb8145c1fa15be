//! Owns how much of a machine's sources the team may see in a target. Only the target knows: it may have been said for one
//! run, and what is set says only what comes. A source without rows, such as one whose rows were removed, is not there.

use crate::folder::{self, Place};
use crate::machine::Machine;
use crate::source::{Kind, Source};
use crate::visibility::Visibility;
use cs_core::error::Result;
use serde::Serialize;
use std::path::Path;

/// What is there, and what of it the team may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Conversations that are there.
    pub conversations: u64,
    /// How many of them the team sees.
    pub team: u64,
    /// What else the team sees: records, days of usage, readings of limits, days of the log of tools.
    pub others: u64,
}

impl Seen {
    /// Counts a source.
    pub(crate) fn add(&mut self, source: &Source, visibility: Visibility) {
        let team = u64::from(visibility == Visibility::Team);
        match source.kind() {
            Kind::Head => {
                self.conversations += 1;
                self.team += team;
            }
            // They are parts of a conversation, and seen with it.
            Kind::Talk | Kind::Mark => {}
            Kind::Record | Kind::Usage | Kind::Limit | Kind::Audit => self.others += team,
        }
    }

    /// The same from the words of a database, which may have others.
    pub(crate) fn add_words(&mut self, source: &str, visibility: &str) {
        if let (Some(source), Some(visibility)) = (Source::parse(source), Visibility::of_word(visibility)) {
            self.add(&source, visibility);
        }
    }

    /// What a folder says of a machine.
    pub fn of_folder(dir: &Path, machine: &Machine) -> Result<Seen> {
        let mut seen = Seen::default();
        if let Some(place) = Place::new(dir, &machine.id) {
            let holding = folder::holding(&place)?;
            let filled = holding.sources.iter().filter(|(_, entry)| entry.rows.pos > 0);
            filled.for_each(|(source, entry)| seen.add(source, entry.rows.visibility()));
        }
        Ok(seen)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::folder::Folder;
    use crate::held::Held;
    use crate::op::{Op, Sink};

    #[test]
    fn a_conversation_without_rows_is_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine { id: "0123456789abcdef".into(), label: String::new() };
        let now = cs_core::clock::parse("2026-11-30T12:00:00Z").unwrap();
        let mut folder = Folder::open(dir.path(), &machine, None, now).unwrap();
        for source in ["head/3c93296d-fab9-4844-ac62-7f673c1f02cc", "usage/2026-11-21"] {
            let source = Source::parse(source).unwrap();
            folder.take(&Op::Held(&source, &Held::default(), Some(Visibility::Team))).unwrap();
        }
        folder.commit().unwrap();
        assert!(!folder::holding(&Place::new(dir.path(), &machine.id).unwrap()).unwrap().sources.is_empty());
        assert_eq!(Seen::of_folder(dir.path(), &machine).unwrap(), Seen::default());
    }

    #[test]
    fn conversations_are_counted_and_what_else_the_team_sees() {
        let mut seen = Seen::default();
        for (source, word) in [
            ("head/3c93296d-fab9-4844-ac62-7f673c1f02cc", "team"),
            ("talk/3c93296d-fab9-4844-ac62-7f673c1f02cc/main", "team"),
            ("head/3c93296d-fab9-4844-ac62-7f673c1f02cd", "private"),
            ("usage/2026-11-21", "team"),
            ("audit/2026-11-21", "private"),
            ("x", "team"),
            ("audit/2026-11-22", "x"),
        ] {
            seen.add_words(source, word);
        }
        assert_eq!(seen, Seen { conversations: 2, team: 1, others: 1 });
    }
}
