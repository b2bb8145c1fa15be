//! Owns which entries are the newest, without parsing the others. Must stay true: they are those that a sort of all entries
//! by their start, then by id, would have first.

use super::{IndexEntry, Keys, entry_on, has_layout, head, lines, times};
use crate::clock;
use crate::id::SessionId;

/// The entries that started last, at most `most`, among those whose line passes `wanted`; the newest first. Parses no
/// others. `None` if a line is not written in our form, or an id is there twice.
pub fn latest<'a>(
    text: &'a str,
    most: usize,
    horizon: &str,
    wanted: impl Fn(&str) -> bool,
) -> Option<Vec<(SessionId, IndexEntry<'a>)>> {
    let (mut found, mut keys) = (Vec::new(), Keys::default());
    for line in lines(text).filter(|_| has_layout(text))? {
        keys.see(line);
        head(line)?;
        if wanted(line) {
            found.push((clock::sort_key(times(line)?.0, horizon), line));
        }
    }
    // Nearly in order, as sessions start in the order of their ids; a line begins with its id.
    found.sort();
    let entries = found.iter().rev().take(most).map(|(_, line)| entry_on(line));
    entries.collect::<Option<Vec<_>>>().filter(|_| keys.are_each_once(text))
}
