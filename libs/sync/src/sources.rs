//! Owns what this machine can send: which kinds of sources there are, and what all of them need. Must stay true: to list
//! sources, nothing that was recorded is read if files say by their size and time that they are as they were; what a
//! person redacted, and what the rules find, never becomes part of a row.
//!
//! Deliberately absent: what a target has, and what is done about it (`scan`).

mod audit;
mod conversations;
mod head;
mod limits;
mod marked;
mod outgoing;
mod present;
mod records;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod sandbox;
mod shared;
mod shown;
mod stamps;
mod talk;
mod usage;

pub use shared::Shared;

use crate::decide::Growth;
use crate::machine::Machine;
use crate::packed::Packed;
use crate::row::{LONGEST, Row};
use crate::source::Source;
use crate::visibility::Visibility;
use agents::logs::Roots;
use cs_core::error::Error;
use cs_core::store::Store;
use redaction::Entry;
use std::collections::BTreeSet;

/// Where everything is that can be sent.
pub struct Sources<'s> {
    /// What was recorded.
    pub store: &'s Store,
    /// Where clients store their logs.
    pub roots: &'s Roots,
    /// This machine.
    pub machine: &'s Machine,
}

/// What is wanted of a run.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Only sources of these projects: then nothing is sent that has no project, or rows of several: what was used on a
    /// day, readings of limits, the log of tools.
    pub projects: Option<BTreeSet<String>>,
    /// Who else may see all that is sent.
    pub visibility: Option<Visibility>,
    /// Projects whose sources the team may see, if nothing else was said; then all others are private. `None`: all stays as
    /// it is.
    pub team: Option<BTreeSet<String>>,
    /// Everything is read and sent, whatever the target has.
    pub is_full: bool,
    /// The texts of what tools answered are sent, too.
    pub results: bool,
    /// Prompts that a client remembers are sent, too, if nothing else of a conversation is left.
    pub prompts: bool,
    /// The target cannot be asked what it has, so nothing is sent that says less than what it may have.
    pub is_blind: bool,
}

impl Request {
    /// Whether a source is wanted.
    pub fn wants(&self, project: Option<&str>) -> bool {
        self.projects.as_ref().is_none_or(|all| project.is_some_and(|project| all.contains(project)))
    }

    /// Who else may see a source; `None`: it stays as it is.
    pub fn visibility_of(&self, project: Option<&str>) -> Option<Visibility> {
        let is_shared = |team: &BTreeSet<String>| project.is_some_and(|project| team.contains(project));
        let by_project = |team| if is_shared(team) { Visibility::Team } else { Visibility::Private };
        self.visibility.or_else(|| self.team.as_ref().map(by_project))
    }

    /// Whether it matters of which project a source is: for what is sent, for who sees it, or to say so.
    pub fn asks_for_projects(&self) -> bool {
        self.projects.is_some() || self.visibility.is_some() || self.team.is_some()
    }
}

/// A source that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub source: Source,
    /// What it is made from, in any words; nothing if it has to be read. The rules, and who may see it, need not be part of
    /// it; what people redacted is, if it matters ([`Shared::redacted`]).
    pub stamp: String,
    /// Its project, if it has one and [`Request::asks_for_projects`].
    pub project: Option<String>,
    /// On what its rows depend besides that, in any words: options, and what people redacted.
    pub depends: String,
    /// What it means if it has fewer rows than a target.
    pub growth: Growth,
    /// Whether its beginning is removed as it grows old: then a target that has it keeps what it has.
    pub is_fading: bool,
    /// What says more than it: if a target has rows of that, this is not sent.
    pub instead_of: Option<Source>,
}

impl Listed {
    /// A source without a project, which only changes and grows.
    pub fn new(source: Source, stamp: String) -> Listed {
        Listed {
            source,
            stamp,
            project: None,
            depends: String::new(),
            growth: Growth::Free,
            is_fading: false,
            instead_of: None,
        }
    }

    /// What is told if a row of it is longer than rows may be.
    pub fn too_long(&self) -> Error {
        let most = LONGEST / (1024 * 1024);
        Error::Refused(format!("a row of {} has more than {most} MiB, so it and what follows is not sent", self.source))
    }
}

/// Why the rows of a source ended before its end.
#[derive(Debug)]
pub enum Halt {
    /// It cannot be read, or not to its end.
    Failed(Error),
    /// A rule that is sure finds something in a row that cannot be replaced.
    Unsafe {
        /// The rule's id.
        rule: String,
        /// How many rows the source has in all, if that is known.
        rows: Option<u64>,
    },
    /// It has something that was redacted on another machine.
    Withheld,
    /// It is not to be sent, or not there any more.
    Unwanted,
    /// The target does not take it.
    Sink(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error)
    }
}

/// What takes the rows of a source, in their order, each with what was replaced in it.
pub type Each<'e> = dyn FnMut(Row, Vec<Entry>) -> Result<(), Halt> + 'e;

/// What takes the sources that there are: only those that must be read are held in memory.
pub type Found<'f> = dyn FnMut(Listed) + 'f;

/// A kind of sources.
pub trait Origin {
    /// Passes on which there are. What cannot be listed is added to [`Shared::failures`].
    fn list(&mut self, shared: &mut Shared, request: &Request, found: &mut Found<'_>) -> cs_core::error::Result<()>;

    /// Passes on the rows of a source that was listed.
    fn render(&mut self, shared: &mut Shared, listed: &Listed, each: &mut Each<'_>) -> Result<(), Halt>;

    /// Sources that the target has, but must not have any more: what they say is part of another one now. Asked after
    /// [`Origin::list`].
    fn outdated(&self, _shared: &Shared, _known: &Packed) -> Vec<Source> {
        Vec::new()
    }
}

/// All kinds, in the order in which they are sent.
pub(crate) fn origins() -> Vec<Box<dyn Origin>> {
    vec![
        Box::new(conversations::Conversations::default()),
        Box::new(records::Records),
        Box::new(usage::UsageDays::default()),
        Box::new(limits::Limits::default()),
        Box::new(audit::AuditDays),
    ]
}
