//! Owns how an entry is written on its line: with room, so that a later status, end and heartbeat fit in the same place.
//! Must stay true: the text is JSON; a line of blanks is no entry; the last blank before the closing brace is a tab on a
//! line that stands after one with a later minute. Deliberately absent: the disk (see `store/slots.rs`).

use super::{IndexEntry, KEY, MINUTE};
use crate::id::SessionId;
use std::cmp::Ordering;

/// The longest status, and the longest instant with its quotes.
const STATUS: usize = "completed".len();
const INSTANT: usize = "\"2026-11-21T10:00:00.000000+00:00\"".len();

/// Where a line stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// No line before it has a later minute, except those that are out of order.
    Sorted,
    /// It was moved or added late.
    Moved,
}

impl Order {
    /// The order of a new last line.
    pub fn after(last: Option<&[u8]>, id: &SessionId) -> Order {
        match last.is_some_and(|last| cmp_minute(last, id) == Ordering::Greater) {
            true => Order::Moved,
            false => Order::Sorted,
        }
    }

    fn mark(self) -> char {
        if self == Order::Sorted { ' ' } else { '\t' }
    }
}

/// Whether the line holds no entry.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| *byte == b' ')
}

/// The line of an entry, without a comma, with room for any status, end and heartbeat.
pub fn line(id: &SessionId, entry: &IndexEntry, order: Order) -> String {
    let text = bare(id, entry);
    let ended = entry.ended_at.as_ref().map_or("null".len(), |at| at.len() + 2);
    let room = STATUS.saturating_sub(entry.status.as_str().len())
        + INSTANT.saturating_sub(ended)
        + INSTANT.saturating_sub(entry.last_heartbeat.len() + 2);
    let width = text.len() + room + 1;
    padded(text, width, order).unwrap_or_default()
}

/// The line of an entry, made `width` bytes long; `None` if it is longer.
pub fn line_of_width(id: &SessionId, entry: &IndexEntry, width: usize, order: Order) -> Option<String> {
    padded(bare(id, entry), width, order)
}

fn bare(id: &SessionId, entry: &IndexEntry) -> String {
    format!("\"{id}\":{}", serde_json::to_string(entry).unwrap_or_default())
}

fn padded(mut text: String, width: usize, order: Order) -> Option<String> {
    let blanks = width.checked_sub(text.len() + 1)?;
    text.pop();
    text.extend(std::iter::repeat_n(' ', blanks));
    text.push(order.mark());
    text.push('}');
    Some(text)
}

/// The order of a line, with or without its comma, as its end says; `None` if it is not written as [`line`] does.
pub fn order_of(line: &[u8]) -> Option<Order> {
    let body = line.strip_suffix(b",").unwrap_or(line);
    if !(body.starts_with(b"\"sess_") && body.get(KEY - 2..KEY) == Some(b"\":")) {
        return None;
    }
    match body.last_chunk() {
        Some(b" }") => Some(Order::Sorted),
        Some(b"\t}") => Some(Order::Moved),
        _ => None,
    }
}

/// Compares the minute of a line's id with that of another id.
pub fn cmp_minute(line: &[u8], id: &SessionId) -> Ordering {
    line.get(1..MINUTE).cmp(&id.as_str().as_bytes().get(..MINUTE - 1))
}

/// Whether the line is the session's.
pub fn is_of(line: &[u8], id: &SessionId) -> bool {
    line.get(1..KEY - 2) == Some(id.as_str().as_bytes()) && line.first() == Some(&b'"')
}
