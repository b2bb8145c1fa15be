//! Owns reading a day's log from its beginning, line by line, with the hash that each line has: for those who pass the log
//! on. Must stay true: memory does not depend on the day; a line that cannot be understood, or is not finished, is left
//! out: `verify` tells.

use crate::entry::Entry;
use crate::lines;
use crate::log::files;
use chain::last::LONGEST;
use cs_core::error::{Error, Result};
use cs_core::open;
use cs_core::paths::Home;
use std::fs::OpenOptions;
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The logs of all days, the oldest first.
pub fn days(home: &Home) -> Result<Vec<PathBuf>> {
    files(home)
}

/// Passes each line of a day's log, and its own hash, to `take`, until it breaks; none if there is no such log.
pub fn each_line(path: &Path, take: &mut dyn FnMut(Entry, &str) -> ControlFlow<()>) -> Result<()> {
    let failed = |error| Error::io(path, "read", error);
    let file = match open::unlinked(path, OpenOptions::new().read(true)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(failed)?,
    };
    let mut going = ControlFlow::Continue(());
    let read = lines::each(BufReader::with_capacity(64 * 1024, file), &mut |line| {
        let line = line.bytes.strip_suffix(b"\n").filter(|line| line.len() < LONGEST && going.is_continue());
        let Some((line, entry)) = line.and_then(|line| Some((line, serde_json::from_slice(line).ok()?))) else {
            return;
        };
        going = take(entry, chain::parts(line).map_or("", |parts| parts.hash));
    });
    read.map_err(failed)
}
