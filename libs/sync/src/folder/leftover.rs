//! Owns files that a killed run left half written beside those that they were to replace. Must stay true: only the program
//! that holds the folder's lock removes them, when it has written all of its own.

use super::held::Holding;
use super::place::{Place, is_shared};
use crate::source::Kind;
use cs_core::error::{Error, Result};
use cs_core::file::{self, TEMP_PREFIX};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folders in which there may be some: those of few files, and those of sources of which it is not known what is held.
pub fn dirs(place: &Place, holding: &Holding) -> BTreeSet<PathBuf> {
    let is_one = |source: &crate::Source, is_known: bool| match source.kind() {
        Kind::Talk => !is_known,
        kind => !is_shared(kind),
    };
    let sources = holding.sources.iter().filter(|(source, entry)| is_one(source, !entry.rows.digest.is_empty()));
    let paths = sources.map(|(source, _)| place.rows(source));
    paths.filter_map(|path| path.parent().map(Path::to_path_buf)).chain([place.dir().to_path_buf()]).collect()
}

/// Removes them.
pub fn remove(place: &Place, dirs: &BTreeSet<PathBuf>) -> Result<()> {
    dirs.iter().try_for_each(|dir| {
        place.check(dir)?;
        let entries = match std::fs::read_dir(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| Error::io(dir, "read", error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| Error::io(dir, "read", error))?;
            if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
                file::remove(&entry.path())?;
            }
        }
        Ok(())
    })
}
