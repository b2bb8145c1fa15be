//! Owns making a report: which conversations, one after the other, then the head before them.

use crate::head::Head;
use crate::request::Request;
use crate::sources::Sources;
use conversations::{Conversation, Heading};
use cs_core::error::Result;
use cs_core::record::Session;
use std::io::Write;

/// A conversation of the report.
pub struct One<'a> {
    /// The conversation.
    pub conversation: &'a Conversation,
    /// What its log says about it.
    pub heading: &'a Heading,
    /// Its records, the oldest first.
    pub records: &'a [Session],
    /// What is asked for.
    pub request: &'a Request,
    /// The data directory.
    pub store: &'a cs_core::store::Store,
    /// The commits that were asked for.
    pub commits: Option<&'a crate::commits::Commits>,
}

/// Writes the report to `out`, and returns its head. Nothing is written if it fails before all of it is known.
pub fn make(_request: &Request, _sources: &mut Sources, _out: &mut dyn Write) -> Result<Head> {
    Ok(Head::default())
}

/// The conversations that a report would be about, the oldest first.
pub fn select<'c>(_request: &Request, _sources: &Sources<'c>) -> Result<Vec<&'c Conversation>> {
    Ok(Vec::new())
}
