//! Owns which rows of a file count: for each number the last line that says it, unless a later line took it away.

use super::line::{self, Said};
use crate::source::Source;
use cs_core::error::Result;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Gets the source, the number and the line of a row.
pub type EachLine<'e> = dyn FnMut(&Source, u64, &[u8]) -> Result<()> + 'e;

/// Passes the rows of a file that count to `each`, in the order of their lines: the source, the number, and the whole line.
/// Rows of sources that `is_wanted` refuses are not looked at.
pub fn rows(path: &Path, is_wanted: &dyn Fn(&Source) -> bool, each: &mut EachLine) -> Result<()> {
    let counted = counted(path, is_wanted)?;
    let mut number = 0;
    line::each(path, &mut |text| {
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
    let mut sources: HashMap<Source, BTreeMap<u64, u64>> = HashMap::new();
    let mut number = 0;
    line::each(path, &mut |text| {
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
