//! Owns what a target has of this machine.

use crate::source::Source;
use crate::visibility::Visibility;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What a target has of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Number of rows.
    pub pos: u64,
    /// Their digest ([`crate::Digest::text`]); empty if it is not known, so that all of them are sent again.
    pub digest: String,
    /// What the source was made from then: files, with size and time, and options. If it is still the same, the source is
    /// not read at all. Only the machine that owns the source knows what it means.
    pub stamp: String,
}

/// What a target has of this machine.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Nothing for sources that it does not have, and for targets that cannot be asked.
    pub sources: HashMap<Source, Held>,
    /// The ids of conversations, and of sessions without one, that must not be sent.
    pub forgotten: BTreeSet<String>,
    /// The sources that the team sees, if the target says so: a folder does.
    pub team: HashSet<Source>,
}

impl Known {
    /// Who sees a source, as far as the target says so.
    pub fn visibility(&self, source: &Source) -> Visibility {
        if self.team.contains(source) { Visibility::Team } else { Visibility::Private }
    }
}
