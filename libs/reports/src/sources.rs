//! Owns what a report is made from, besides what it is asked for.

use crate::commits::Commits;
use conversations::Catalog;
use cs_core::clock::Instant;
use cs_core::store::Store;
use redaction::{Engine, Ledger};

/// What a report is made from.
pub struct Sources<'a> {
    /// The data directory.
    pub store: &'a Store,
    /// All conversations.
    pub catalog: &'a Catalog,
    /// The rules and the key.
    pub engine: &'a mut Engine,
    /// Where what was replaced is noted; `None`: nowhere.
    pub ledger: Option<&'a mut Ledger>,
    /// Who says he makes it.
    pub actor: &'a str,
    /// When.
    pub now: Instant,
    /// The program and its version.
    pub tool: &'a str,
    /// Only the conversations of these commits, if they are named.
    pub commits: Option<&'a Commits>,
    /// Hears how many conversations of how many are done.
    pub progress: &'a mut dyn FnMut(usize, usize),
}
