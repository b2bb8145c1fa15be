//! Owns what a folder had when it was opened, as far as a run changes it, and the rows that no longer count: their text goes
//! out of the files. Must stay true: readers see the old file or the new one; a line stays where it is, so that programs
//! that carry only the changed parts of files have little to carry, and what is held of other sources stays true.

use super::doubt::length;
use super::held::Holding;
use super::line;
use super::live;
use super::place::{Place, SHARED, is_shared};
use crate::source::Source;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What the folder had, and what of it was replaced.
#[derive(Default)]
pub struct Stale {
    /// Number of rows and length of the file, by a number that stands for the source: their names would take much memory,
    /// and if two have the same number, at worst a file is looked at in vain.
    had: HashMap<u64, (u64, u64)>,
    numbers: RandomState,
    /// Files in which rows may be that no longer count.
    files: BTreeSet<PathBuf>,
    /// Sources of which they are.
    sources: HashSet<Source>,
}

impl Stale {
    /// For a folder that has this, and files that lost their end.
    pub fn new(place: &Place, holding: &Holding, torn: HashSet<PathBuf>) -> Stale {
        let mut stale = Stale { files: torn.into_iter().collect(), ..Stale::default() };
        let mut ends: HashMap<PathBuf, u64> = HashMap::new();
        for (source, entry) in &holding.sources {
            stale.had.insert(stale.number(source), (entry.rows.pos, entry.rows.end));
            if is_shared(source.kind()) {
                let end = ends.entry(place.shared(source.kind())).or_default();
                *end = entry.rows.end.max(*end);
            }
        }
        // Rows of a run that was not completed may be replaced by this one.
        let shared = SHARED.into_iter().map(|kind| place.shared(kind));
        stale.files.extend(shared.filter(|path| length(path) > ends.get(path).copied().unwrap_or_default()));
        stale
    }

    /// Notes that rows of a source, from a number on, are replaced or go away, or with all of a file if that is written
    /// anew; returns how many the folder had there.
    pub fn touch(&mut self, place: &Place, source: &Source, from: u64, is_anew: bool) -> u64 {
        let (pos, end) = self.of(source);
        let is_longer = || !is_shared(source.kind()) && length(&place.rows(source)) > end;
        if !is_anew && (from < pos || (!self.is_replaced(source) && is_longer())) {
            self.files.insert(place.rows(source));
            self.sources.insert(source.clone());
        }
        pos.saturating_sub(from)
    }

    /// Notes that the folder has no rows of a source from a number on.
    pub fn cut(&mut self, source: &Source, from: u64) {
        let number = self.number(source);
        if let Some((pos, _)) = self.had.get_mut(&number) {
            *pos = from.min(*pos);
        }
    }

    /// Whether the folder has rows that it had of a source.
    pub fn had(&self, source: &Source) -> bool {
        self.had.get(&self.number(source)).is_some_and(|(pos, _)| *pos > 0)
    }

    /// How many rows the folder had of a source, and how long the file was.
    pub fn of(&self, source: &Source) -> (u64, u64) {
        self.had.get(&self.number(source)).copied().unwrap_or_default()
    }

    /// Whether rows of a source were replaced.
    pub fn is_replaced(&self, source: &Source) -> bool {
        self.sources.contains(source)
    }

    /// Writes the files without what no longer counts.
    pub fn blank(&mut self, place: &Place) -> Result<()> {
        self.sources.clear();
        std::mem::take(&mut self.files).iter().try_for_each(|path| blank(place, path))
    }

    fn number(&self, source: &Source) -> u64 {
        self.numbers.hash_one(source)
    }
}

/// Writes a file with spaces instead of the lines that do not count.
fn blank(place: &Place, path: &Path) -> Result<()> {
    place.check(path)?;
    let counted = live::counted(path, &|_| true)?;
    let (mut number, mut is_whole) = (0, true);
    line::each(path, &mut |text| {
        number += 1;
        is_whole = is_whole && (counted.contains(&number) || text.iter().all(|byte| *byte == b' '));
        Ok(())
    })?;
    if is_whole {
        return Ok(());
    }
    let size = length(path);
    let staged = file::stage_written(path, Durability::Synced, &mut |to| {
        let mut to = BufWriter::with_capacity(256 * 1024, to);
        let (mut number, mut written, mut failed) = (0, 0, None);
        let read = line::each(path, &mut |text| {
            number += 1;
            let done = match counted.contains(&number) {
                true => to.write_all(text),
                false => spaces(&mut to, text.len() as u64),
            };
            written += text.len() as u64 + 1;
            done.and_then(|()| to.write_all(b"\n")).map_err(|error| {
                let text = error.to_string();
                failed = Some(error);
                Error::Refused(text)
            })
        });
        failed.map_or(Ok(()), Err)?;
        read.map_err(io::Error::other)?;
        // Lines that are too long, or have no end, were passed over.
        if let Some(left) = size.checked_sub(written + 1) {
            spaces(&mut to, left)?;
            to.write_all(b"\n")?;
        }
        to.flush()
    })?;
    staged.replace()
}

fn spaces(to: &mut dyn Write, count: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(b' ').take(count), to).map(drop)
}
