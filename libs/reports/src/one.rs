//! Owns what is known of a conversation before its parts are read. Pure.

use crate::commits::Commits;
use crate::request::Request;
use crate::texts::Texts;
use conversations::{Conversation, Heading};
use cs_core::clock;
use cs_core::record::Session;
use cs_core::store::Store;
use marks::Marks;

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
    pub store: &'a Store,
    /// The commits that were asked for.
    pub commits: Option<&'a Commits>,
    /// What people said about it.
    pub marks: &'a Marks,
}

impl One<'_> {
    /// What it is called, as it may be shown.
    pub fn title(&self, texts: &mut Texts) -> Option<String> {
        texts.show_title(self.heading)
    }

    /// When it began, RFC 3339.
    pub fn started_at(&self) -> Option<String> {
        self.heading.started_at()
    }

    /// When it went on last, RFC 3339.
    pub fn last_at(&self) -> Option<String> {
        self.heading.about.last_at.and_then(clock::from_millis).map(clock::stamp)
    }
}
