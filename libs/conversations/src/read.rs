//! Owns reading a conversation from beginning to end, as parts.

use crate::catalog::Conversation;
use crate::cursor::{Cursor, Step};
use crate::wish::{Summary, Wish};
use agents::part::Part;
use std::io;

/// Passes the wanted parts of a conversation to `each`, its main thread first. Fails if a log could not be read, after all else
/// was passed.
pub fn read(of: &Conversation, wish: &Wish, each: &mut dyn FnMut(&Part)) -> io::Result<Summary> {
    let mut cursor = Cursor::new(of);
    let read = loop {
        match cursor.step(wish, each) {
            Ok(Step::More) => {}
            read => break read,
        }
    };
    cursor.close(wish, each);
    read.map(|_| cursor.summary())
}
