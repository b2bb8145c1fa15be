//! Owns what is said about the conversation of a hit: its session, project, folder and title.

use crate::about::About;
use crate::catalog::Conversation;
use crate::heading::Heading;
use crate::sessions::Sessions;
use cs_core::config::Config;
use cs_core::store::Store;
use std::sync::OnceLock;

/// What is known of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its newest session record.
    pub session_id: Option<String>,
    /// The short name of its project.
    pub project: Option<String>,
    /// The folder in which it began.
    pub cwd: Option<String>,
    /// What it is called; masked, one line.
    pub title: Option<String>,
}

/// Where facts are found; what they have in common is read when it is needed first.
pub struct Known<'a> {
    store: &'a Store,
    sessions: OnceLock<Option<Sessions<'a>>>,
    config: OnceLock<Config>,
}

impl<'a> Known<'a> {
    /// Nothing is read yet.
    pub fn new(store: &'a Store) -> Self {
        Known { store, sessions: OnceLock::new(), config: OnceLock::new() }
    }

    /// What is known of a conversation, from the beginning and the end of its log.
    pub fn facts(&self, one: &Conversation) -> Facts {
        let about = About::name_of(one).unwrap_or_default();
        let sessions = self.sessions.get_or_init(|| Sessions::of(self.store).ok());
        let records = sessions.as_ref().map(|sessions| sessions.records(&one.uuid)).unwrap_or_default();
        let Heading { about, project, title, mut session_ids, .. } =
            Heading::of(about, &records, self.config.get_or_init(|| self.store.config()));
        let title = title.map(|title| redact::mask(&title).into_owned());
        Facts { session_id: session_ids.pop(), project, cwd: about.cwd, title }
    }
}
