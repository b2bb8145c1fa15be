//! Owns reading a conversation from beginning to end, as parts.

use crate::catalog::Conversation;
use crate::cursor::{Cursor, Step};
use crate::wish::{Summary, Wish};
use agents::part::Part;
use std::io;

/// Passes the wanted parts of a conversation to `each`, its main thread first.
pub fn read(of: &Conversation, wish: &Wish, each: &mut dyn FnMut(&Part)) -> io::Result<Summary> {
    let mut cursor = Cursor::new(of);
    while cursor.step(wish, each)? == Step::More {}
    cursor.close(wish, each);
    Ok(cursor.summary())
}
