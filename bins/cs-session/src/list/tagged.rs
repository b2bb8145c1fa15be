//! Owns the tags and dispositions of the listed sessions. Must stay true: without marks nothing is read but the directory of
//! marks.

use conversations::Sessions;
use cs_core::error::Result;
use cs_core::store::Store;
use marks::{Tagged, Tags};

/// Reads them. What cannot be read is told, and the program goes on without.
pub fn read(store: &Store) -> Tagged {
    found(store).unwrap_or_else(|error| {
        cli::defer(&error);
        Tagged::default()
    })
}

fn found(store: &Store) -> Result<Tagged> {
    let tags = Tags::read(store)?;
    if tags.is_empty() {
        return Ok(Tagged::default());
    }
    let sessions = Sessions::of(store)?;
    Ok(Tagged::new(&tags, |uuid| sessions.ids(uuid)))
}
