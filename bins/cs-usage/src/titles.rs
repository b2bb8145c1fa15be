//! Owns copying titles from the clients' logs into the records. Clients create titles without reporting them to a hook,
//! and a person may name a conversation that sends no more events. Must stay true: the newest session of a conversation
//! gets its title; archived sessions are not changed.

use crate::PROGRAM;
use agents::Agent;
use cs_core::change::Change;
use cs_core::clock::Instant;
use cs_core::hook_log;
use cs_core::id::SessionId;
use cs_core::naming::{self, Title};
use cs_core::record::Session;
use cs_core::store::{NoteSync, Store};
use std::collections::HashMap;
use usage::book::Book;

/// The newest session of each conversation that has a title.
pub struct Titles<'a> {
    book: &'a Book,
    newest: HashMap<String, Newest>,
}

struct Newest {
    id: String,
    /// The title, if the record does not have it yet.
    news: Option<Change>,
}

impl<'a> Titles<'a> {
    pub fn new(book: &'a Book) -> Titles<'a> {
        Titles { book, newest: HashMap::new() }
    }

    pub fn note(&mut self, record: &Session) {
        let Some(agent) = Agent::of_word(record.agent()) else { return };
        let Some(uuid) = &record.claude_session_id else { return };
        let Some(of) = self.book.find(agent, uuid).and_then(|place| self.book.sessions.get(place as usize)) else {
            return;
        };
        let Some(title) = &of.title else { return };
        if self.newest.get(uuid).is_some_and(|known| known.id > record.session_id) {
            return;
        }
        let title = Title { text: title.clone(), renamed: of.is_renamed, may_echo: agent.echoes_prompts() };
        let news = naming::is_news(record, &title).then_some(Change::Titled(title));
        self.newest.insert(uuid.clone(), Newest { id: record.session_id.clone(), news });
    }

    /// Stores the new titles, as a hook would.
    pub fn store(self, store: &Store, now: Instant) {
        let hook = Store::for_hooks(store.home.clone(), agents::WITNESS);
        for Newest { id, news } in self.newest.into_values() {
            let (Ok(id), Some(news)) = (SessionId::parse(&id), news) else { continue };
            if store.home.session(&id).exists()
                && let Err(error) = hook.record_change(&id, news, now, NoteSync::Synced)
            {
                hook_log::log(&store.home, PROGRAM, &format!("title of {id}: {error}"));
            }
        }
    }
}
