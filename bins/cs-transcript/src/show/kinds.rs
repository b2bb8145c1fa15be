//! Owns the words of `--kinds`.

use agents::part::PartKind;
use cli::words;

/// Stands for all kinds, and for all threads.
pub const ALL: &str = "all";
/// Stands for what was said.
const SAID: &str = "said";

/// Kinds that a word stands for.
type Kinds = &'static [PartKind];

const EACH: Kinds = &PartKind::ALL;
const SAYING: Kinds = &PartKind::SAID;

/// The value of `--kinds`.
pub fn parse(text: &str) -> Result<Vec<PartKind>, String> {
    let named = EACH.chunks(1).filter_map(|kind| Some((kind.first()?.word(), kind)));
    let all: Vec<(&str, Kinds)> = named.chain([(SAID, SAYING), (ALL, EACH)]).collect();
    let mut found = Vec::new();
    for word in text.split(',') {
        found.extend_from_slice(words::choose(word.trim(), "a kind of part", &all)?);
    }
    Ok(found)
}
