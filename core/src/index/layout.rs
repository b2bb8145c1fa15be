//! Owns how an entry is written on its line: with room, so that a later status, end and heartbeat fit in the same place.
//! Must stay true: the text is JSON; a line of blanks is no entry; the last blank before the closing brace is a tab on a
//! line that stands after one with a later minute. Deliberately absent: the disk (see `store/slots.rs`).

use super::{IndexEntry, KEY, MINUTE};
use crate::compact;
use crate::id::SessionId;
use crate::record::Status;
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

/// The entry on a line, with or without its comma, if it is written as [`line`] does and no text in it has an escape: to
/// read it as any JSON takes five times as long.
pub(super) fn read(line: &str) -> Option<(SessionId, IndexEntry<'_>)> {
    let id = SessionId::parse(super::id_in(line)?).ok()?;
    let (slug, rest) = text(line.strip_prefix('"')?.get(KEY - 3..)?, "\":{\"project_slug\":")?;
    let (status, rest) = text(rest, ",\"status\":")?;
    let (intent, rest) = text(rest, ",\"intent\":")?;
    let (started_at, rest) = text(rest, ",\"started_at\":")?;
    let (ended_at, rest) = match rest.strip_prefix(",\"ended_at\":null") {
        Some(rest) => (None, rest),
        None => text(rest, ",\"ended_at\":").map(|(at, rest)| (Some(at.into()), rest))?,
    };
    let (last_heartbeat, rest) = text(rest, ",\"last_heartbeat\":")?;
    let room = rest.strip_suffix(',').unwrap_or(rest).strip_suffix('}')?;
    let entry = IndexEntry {
        project_slug: slug.into(),
        status: Status::named(status)?,
        intent: intent.into(),
        started_at: started_at.into(),
        ended_at,
        last_heartbeat: last_heartbeat.into(),
    };
    room.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some((id, entry))
}

/// The text of the field that begins here, and what follows it.
fn text<'a>(rest: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let rest = rest.strip_prefix(name)?.strip_prefix('"')?;
    let (text, rest) = rest.split_at_checked(compact::plain(rest.as_bytes()))?;
    Some((text, rest.strip_prefix('"')?))
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
