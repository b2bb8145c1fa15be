//! Owns which entries are the newest, without parsing the others. Must stay true: they are those that a sort of all entries
//! by their start, then by id, would have first.

use super::{IndexEntry, Keys, body, entry_on, has_layout, head, is_blank};
use crate::clock;
use crate::id::SessionId;
use memchr::memmem;

/// What stands before the time of the start.
const START: &[u8] = b",\"started_at\":\"";

/// The entries that started last, at most `most`, among those whose line passes `wanted`; the newest first. Parses no
/// others. `None` if a line is not written in our form, or an id is there twice.
pub fn latest<'a>(
    text: &'a str,
    most: usize,
    horizon: &str,
    wanted: impl Fn(&str) -> bool,
) -> Option<Vec<(SessionId, IndexEntry<'a>)>> {
    let (mut found, mut keys) = (Vec::new(), Keys::default());
    let (body, start) = (body(text).filter(|_| has_layout(text))?, memmem::Finder::new(START));
    let ends = memchr::memchr_iter(b'\n', body.as_bytes()).chain([body.len()]);
    let mut from = 0;
    for end in ends {
        let line = body.get(from..end)?;
        from = end + 1;
        if line.is_empty() || line.starts_with(' ') && is_blank(line.as_bytes()) {
            continue;
        }
        keys.see(line);
        head(line)?;
        if wanted(line) {
            // No text has such quotes inside.
            let rest = line.get(start.find(line.as_bytes())? + START.len()..)?;
            let started_at = rest.get(..memchr::memchr2(b'"', b'\\', rest.as_bytes())?)?;
            rest.get(started_at.len()..)?.strip_prefix('"')?;
            found.push((clock::sort_key(started_at, horizon), line));
        }
    }
    // Nearly in order, as sessions start in the order of their ids; a line begins with its id.
    found.sort();
    let entries = found.iter().rev().take(most).map(|(_, line)| entry_on(line));
    entries.collect::<Option<Vec<_>>>().filter(|_| keys.are_each_once(text))
}
