//! Owns what is known of a conversation before its parts are read. Pure.

use crate::commits::Commits;
use crate::request::Request;
use crate::texts::Texts;
use conversations::{Conversation, Heading};
use cs_core::clock;
use cs_core::record::Session;
use cs_core::store::Store;
use marks::{Marks, WITHHELD};

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
    /// What it is called, without what a person redacted; a title that the client made up is withheld then, because it may
    /// tell the same in other words.
    pub fn title(&self, texts: &mut Texts) -> Option<String> {
        let about = &self.heading.about;
        let first = about.first_prompt.as_ref().filter(|_| about.title.is_none());
        let said = about.renamed.as_ref().or(first);
        let title = said.or(about.title.as_ref()).or(self.heading.title.as_ref())?;
        if said.is_none() && texts.has_redactions() {
            texts.head.withheld += 1;
            return Some(WITHHELD.to_string());
        }
        texts.show_repeated("title", Some(title))
    }

    /// When it began, RFC 3339.
    pub fn started_at(&self) -> Option<String> {
        self.heading.about.first_at.and_then(clock::from_millis).map(clock::stamp)
    }

    /// When it went on last, RFC 3339.
    pub fn last_at(&self) -> Option<String> {
        self.heading.about.last_at.and_then(clock::from_millis).map(clock::stamp)
    }
}
