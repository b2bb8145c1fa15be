//! Owns what may leave this machine in a chat. Must stay true: a [`Leaving`] is made only here; a text of a conversation
//! goes through what a person redacted in it, then through the rules; without the rules nothing leaves.

use cs_core::error::Result;
use cs_core::store::Store;
use redaction::{Engine, Place};
use reports::Spoken;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What stands for a text of a conversation if prompts are not recorded.
pub const NOT_TOLD: &str = "[texts are not sent: capture_prompts is off]";

/// A text that may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving(String);

impl Leaving {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In pieces that a chat takes.
    pub fn pieces(&self) -> Vec<Leaving> {
        chat::pieces(&self.0, chat::UNITS).into_iter().map(Leaving).collect()
    }

    /// The beginning, if it is longer than so many UTF-16 units.
    pub fn cut(&self, most: usize) -> Leaving {
        Leaving(chat::cut(&self.0, most))
    }

    /// Both, one after the other.
    pub fn then(&self, other: &Leaving) -> Leaving {
        Leaving(format!("{}{}", self.0, other.0))
    }

    /// One line, as the name of a topic.
    pub fn topic_name(&self) -> Leaving {
        Leaving(chat::topic_name(&self.0))
    }

    /// One line, as it stands on a button.
    pub fn button(&self) -> Leaving {
        Leaving(chat::button(&self.0))
    }
}

/// What decides what may leave.
pub struct Guard<'s> {
    store: &'s Store,
    engine: RefCell<Engine>,
    /// What was redacted in conversations that were asked for.
    spoken: RefCell<BTreeMap<String, Spoken>>,
    /// Whether texts of conversations may leave at all.
    has_texts: bool,
}

impl<'s> Guard<'s> {
    /// Reads the rules and the key. An error means that nothing may leave.
    pub fn new(store: &'s Store) -> Result<Guard<'s>> {
        let (engine, _) = reports::engine(&store.home)?;
        let has_texts = store.config().hooks.capture_prompts;
        Ok(Guard { store, engine: RefCell::new(engine), spoken: RefCell::default(), has_texts })
    }

    /// A text that is ours, or names and numbers of records.
    pub fn text(&self, text: &str) -> Leaving {
        let mut engine = self.engine.borrow_mut();
        let redacted = engine.redact(text, Place::default());
        Leaving(redact::mask(&redacted.text).into_owned())
    }

    /// A text that was said in a conversation, or made of it.
    pub fn said(&self, conversation: &str, text: &str) -> Leaving {
        if !self.has_texts {
            return Leaving(NOT_TOLD.to_string());
        }
        let mut text = text.to_string();
        if !conversation.is_empty() {
            let mut known = self.spoken.borrow_mut();
            if !known.contains_key(conversation) {
                let read = Spoken::read(self.store, self.engine.borrow().key(), conversation);
                let Ok(spoken) = read else { return Leaving(marks_unread()) };
                known.insert(conversation.to_string(), spoken);
            }
            if let Some(spoken) = known.get(conversation) {
                spoken.hide(&mut text);
            }
        }
        self.text(&text)
    }

    /// Whether texts of conversations may leave.
    pub fn has_texts(&self) -> bool {
        self.has_texts
    }

    /// A text of which something was said in a conversation; it is not sent at all if texts are not.
    pub fn line(&self, conversation: &str, text: &str) -> Leaving {
        if self.has_texts { self.said(conversation, text) } else { Leaving(String::new()) }
    }
}

fn marks_unread() -> String {
    "[withheld: what was redacted in this conversation cannot be read]".to_string()
}
