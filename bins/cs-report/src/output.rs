//! Owns `-o FILE` and `--output-dir`: which files are reports, and which stay as they are. Where may be written is in
//! `cli::output`.

use crate::PROGRAM;
use cli::output::{self, Output};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use reports::Made;
use std::io::BufReader;
use std::path::Path;

/// Writes a report. A file that has the same report already, made at another time, stays as it is.
pub fn write(home: &Home, path: &Path, made: &mut Made, force: bool) -> Result<()> {
    let output = Output { home, program: PROGRAM, is_own: &is_own, force };
    let is_there = output.check(path)?;
    let is_same = |made: &mut Made| {
        made.is_same(&mut BufReader::new(output::open(path)?)).map_err(|error| Error::io(path, "read", error))
    };
    if is_there && is_same(made)? {
        return Ok(());
    }
    let staged = file::stage_written(path, Durability::Synced, &mut |out| made.write(out))?;
    output.put(path, staged, is_there)
}

/// The head of a report is in one of the first two lines, also behind the longest first record of CSV.
fn is_own(head: &str) -> bool {
    head.lines().take(2).any(|line| line.contains(reports::MARK))
}

/// Makes the folder for reports.
pub fn make_folder(home: &Home, folder: &Path) -> Result<()> {
    output::check_outside(home, folder)?;
    file::make_dir(folder)
}
