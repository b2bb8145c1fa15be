//! Owns bringing the titles that the clients' logs have into the records: a client finds one for a conversation that no
//! hook is told, and a person may name one that no hook hears of any more. Must stay true: of the sessions of a
//! conversation the newest one has its title; archived ones are not changed.

use crate::PROGRAM;
use cs_core::change::{self, Change};
use cs_core::clock::Instant;
use cs_core::id::SessionId;
use cs_core::record::Session;
use cs_core::store::{Noted, Store};
use cs_core::{intake, naming};
use std::collections::HashMap;
use usage::book::Book;
use usage::source::Agent;

/// The newest session of each conversation that has a title.
pub struct Titles<'a> {
    book: &'a Book,
    newest: HashMap<String, Newest>,
}

struct Newest {
    id: String,
    /// What its record does not know yet.
    news: Option<Change>,
}

impl<'a> Titles<'a> {
    pub fn new(book: &'a Book) -> Titles<'a> {
        Titles { book, newest: HashMap::new() }
    }

    pub fn look(&mut self, record: &Session) {
        let agent = if record.agent() == "codex" { Agent::Codex } else { Agent::Claude };
        let Some(uuid) = &record.claude_session_id else { return };
        let Some(of) = self.book.find(agent, uuid).and_then(|place| self.book.sessions.get(place as usize)) else {
            return;
        };
        let Some(title) = &of.title else { return };
        if self.newest.get(uuid).is_some_and(|known| known.id > record.session_id) {
            return;
        }
        let renamed = of.is_renamed;
        let is_news = naming::is_news(record, title, change::namer(renamed));
        let news = is_news.then(|| Change::Titled { title: title.clone(), renamed });
        self.newest.insert(uuid.clone(), Newest { id: record.session_id.clone(), news });
    }

    /// Notes what is new, as a hook would.
    pub fn tell(self, store: &Store, now: Instant) {
        let hook = Store::for_hooks(store.home.clone());
        for Newest { id, news } in self.newest.into_values() {
            let (Ok(id), Some(news)) = (SessionId::parse(&id), news) else { continue };
            if store.home.session(&id).exists()
                && let Err(error) = hook.tell(&id, news, now, Noted::Synced)
            {
                intake::log(&store.home, PROGRAM, &format!("title of {id}: {error}"));
            }
        }
    }
}
