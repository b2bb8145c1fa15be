//! Owns which rows of a file count: for each number the last line that says it, unless a later line took it away.
//! Must stay true: a reader that has a deadline ends at it, also in the middle of a file.

use super::line::{self, Said};
use crate::source::Source;
use cs_core::error::{Error, Result};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::Instant;

/// Gets the source, the number and the line of a row.
pub type EachLine<'e> = dyn FnMut(&Source, u64, &[u8]) -> Result<()> + 'e;

/// Passes the rows of a file that count to `each`, in the order of their lines: the source, the number, and the whole line.
/// Rows of sources that `is_wanted` refuses are not looked at.
pub fn rows(path: &Path, is_wanted: &dyn Fn(&Source) -> bool, each: &mut EachLine) -> Result<()> {
    rows_until(path, None, is_wanted, each)
}

/// The same, which fails with [`Error::Limited`] at the deadline.
pub fn rows_until(
    path: &Path,
    until: Option<Instant>,
    is_wanted: &dyn Fn(&Source) -> bool,
    each: &mut EachLine,
) -> Result<()> {
    let counted = counted_until(path, until, is_wanted)?;
    let mut number = 0;
    line::each(path, &mut |text| {
        in_time(until)?;
        number += 1;
        if !counted.contains(&number) {
            return Ok(());
        }
        match line::parse(text) {
            Some((source, Said::Row(seq))) => each(&source, seq, text),
            _ => Ok(()),
        }
    })
}

/// The numbers of the lines that count, from 1.
pub fn counted(path: &Path, is_wanted: &dyn Fn(&Source) -> bool) -> Result<HashSet<u64>> {
    counted_until(path, None, is_wanted)
}

fn counted_until(path: &Path, until: Option<Instant>, is_wanted: &dyn Fn(&Source) -> bool) -> Result<HashSet<u64>> {
    let mut sources: HashMap<Source, BTreeMap<u64, u64>> = HashMap::new();
    let mut number = 0;
    line::each(path, &mut |text| {
        in_time(until)?;
        number += 1;
        match line::parse(text).filter(|(source, _)| is_wanted(source)) {
            Some((source, Said::Row(seq))) => drop(sources.entry(source).or_default().insert(seq, number)),
            Some((source, Said::Cut(from))) => drop(sources.entry(source).or_default().split_off(&from)),
            None => {}
        }
        Ok(())
    })?;
    Ok(sources.into_values().flat_map(BTreeMap::into_values).collect())
}

fn in_time(until: Option<Instant>) -> Result<()> {
    match until {
        Some(until) if Instant::now() > until => Err(Error::Limited("the time is over".into())),
        _ => Ok(()),
    }
}
