//! Owns writing a file of rows whole: only the rows that count, and of these only some. Must stay true: readers see the old
//! file or the new one.

use super::line;
use super::live;
use super::place::Place;
use crate::digest::Digest;
use crate::row::Row;
use crate::source::Source;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// What a source has after that.
#[derive(Default)]
pub struct Kept {
    /// Number of rows.
    pub rows: u64,
    /// Number of rows that were left out.
    pub left: u64,
    /// Of the rows.
    pub digest: Digest,
}

/// What a file has after that.
#[derive(Default)]
pub struct Rewritten {
    /// Its sources.
    pub sources: HashMap<Source, Kept>,
    /// Its length, in bytes; 0 if it is gone because no row was kept.
    pub end: u64,
}

/// Writes a file whole, with the rows that `keeps` takes, which are numbered anew.
pub fn rewrite(place: &Place, path: &Path, keeps: &dyn Fn(&Source, &Row) -> bool) -> Result<Rewritten> {
    place.check(path)?;
    let mut done = Rewritten::default();
    let staged = file::stage_written(path, Durability::Synced, &mut |to| {
        let mut failed = None;
        let read = live::rows(path, &|_| true, &mut |source, _, text| {
            let Some(row) = Row::parse(text) else { return Ok(()) };
            let kept = done.sources.entry(source.clone()).or_default();
            if !keeps(source, &row) {
                kept.left += 1;
                return Ok(());
            }
            let line = row.line();
            let bytes = line::renumbered(source, kept.rows, &line);
            kept.digest.add(&line);
            kept.rows += 1;
            done.end += bytes.len() as u64;
            to.write_all(&bytes).map_err(|error| {
                let text = error.to_string();
                failed = Some(error);
                Error::Refused(text)
            })
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, read) => read.map_err(io::Error::other),
        }
    })?;
    if done.end == 0 {
        drop(staged);
        file::remove(path)?;
        return Ok(done);
    }
    staged.replace()?;
    Ok(done)
}
