//! Owns reading the last answer of a conversation: the text with which the agent ended its last turn. Must stay true:
//! it is read whole, whatever the length of the conversation.

use agents::logs::Roots;
use agents::part::{Part, PartKind};
use conversations::{Catalog, Cursor, MAIN, Step, Wish};
use cs_core::store::Store;

/// What the agent said in its last turn of the conversation with this id, and what the person had typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastTurn {
    /// What the person typed; empty if nothing is known.
    pub prompt: String,
    /// What the agent said last, after what it was asked and what it did; empty if it said nothing yet.
    pub answer: String,
}

/// Reads the last turn of a conversation.
pub fn turn(store: &Store, uuid: &str) -> Result<LastTurn, String> {
    let roots = Roots::from_env();
    let mut catalog = Catalog::of(store, &roots);
    let of = catalog.of_session(&roots, uuid).ok_or("no log of its conversation is left")?;
    let kinds = vec![PartKind::Prompt, PartKind::Answer];
    let wish = Wish { kinds, thread: Some(MAIN.to_string()), ..Wish::default() };
    let mut last = LastTurn::default();
    let mut each = |part: &Part| match part.kind {
        PartKind::Prompt => last = LastTurn { prompt: part.text().into_owned(), answer: String::new() },
        _ => last.answer = part.text().into_owned(),
    };
    let mut cursor = Cursor::new(of);
    loop {
        match cursor.step(&wish, &mut each) {
            Ok(Step::More) => {}
            Ok(Step::End) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    cursor.close(&wish, &mut each);
    Ok(last)
}
