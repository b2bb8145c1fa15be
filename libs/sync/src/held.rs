//! Owns what a target has of this machine, and what it says about redactions on others of the same person.

use crate::redactions::Redactions;
use crate::source::Source;
use crate::visibility::Visibility;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// What a target has of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// Number of rows.
    pub pos: u64,
    /// Their digest ([`crate::Digest::text`]); empty if it is not known, so that all of them are sent again.
    pub digest: String,
    /// What the source was made from then: files, with size and time, and options. If it is still the same, the source is
    /// not read at all. Only the machine that owns the source knows what it means.
    pub stamp: String,
}

/// What a target has that matters for a run of this machine.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Nothing for sources that it does not have, and for targets that cannot be asked.
    pub sources: HashMap<Source, Held>,
    /// The ids of conversations, and of sessions without one, that must not be sent.
    pub forgotten: BTreeSet<String>,
    /// The sources that the team sees.
    pub team: HashSet<Source>,
    /// What was redacted by hand on other machines of this person.
    pub redactions: Redactions,
}

impl Known {
    /// A number that is another one if something else is known. It means nothing outside of this process.
    pub fn sum(&self) -> u64 {
        let of = |one: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = BuildHasherDefault::<DefaultHasher>::default().build_hasher();
            one(&mut hasher);
            std::hash::Hasher::finish(&hasher)
        };
        let counts = |(_, held): &(&Source, &Held)| held.pos > 0 || !held.digest.is_empty();
        let sources = self.sources.iter().filter(counts);
        let sources = sources.map(|(source, held)| of(&|to| (source, held, self.team.contains(source)).hash(to)));
        let forgotten = self.forgotten.iter().map(|id| of(&|to| id.hash(to)));
        sources.chain(forgotten).fold(0, u64::wrapping_add)
    }

    /// Notes the word of a database for who sees a source.
    pub(crate) fn see(&mut self, source: &Source, word: &str) {
        if Visibility::of_word(word) == Some(Visibility::Team) {
            self.team.insert(source.clone());
        }
    }

    /// Who sees a source, as far as the target says so.
    pub fn visibility(&self, source: &Source) -> Visibility {
        if self.team.contains(source) { Visibility::Team } else { Visibility::Private }
    }
}
