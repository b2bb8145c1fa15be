//! Owns `held.jsonl`: what a folder has of each source. Must stay true: the last line of a source counts.

use super::line::{self, HeldLine, HeldRows};
use super::place::Place;
use crate::source::Source;
use cs_core::error::Result;
use std::collections::HashMap;

/// What is held, and since when.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is held.
    pub rows: HeldRows,
    /// When that was written.
    pub at: String,
}

/// What a folder has of each source, and how many lines say so.
#[derive(Debug, Default)]
pub struct Holding {
    /// By source.
    pub sources: HashMap<Source, Entry>,
    /// Number of lines.
    pub lines: usize,
}

/// Reads the file.
pub fn read(place: &Place) -> Result<Holding> {
    let mut holding = Holding::default();
    let path = place.held();
    place.check(&path)?;
    line::each(&path, &mut |text| {
        holding.lines += 1;
        let parsed = serde_json::from_slice::<HeldLine>(text).ok();
        let named = parsed.and_then(|line| Some((Source::parse(&line.source)?, line)));
        if let Some((source, HeldLine { held: rows, at, .. })) = named {
            holding.sources.insert(source, Entry { rows, at });
        }
        Ok(())
    })?;
    Ok(holding)
}

/// The line that says what is held of a source.
pub fn text(source: &Source, entry: &Entry) -> Vec<u8> {
    line::encode(&HeldLine { source: source.to_string(), held: entry.rows.clone(), at: entry.at.clone() })
}

/// All lines, the latest last.
pub fn all(sources: &HashMap<Source, Entry>) -> Vec<u8> {
    let mut all: Vec<(&Source, &Entry)> = sources.iter().collect();
    all.sort_by(|(a_source, a), (b_source, b)| a.at.cmp(&b.at).then_with(|| a_source.cmp(b_source)));
    all.into_iter().flat_map(|(source, entry)| text(source, entry)).collect()
}
