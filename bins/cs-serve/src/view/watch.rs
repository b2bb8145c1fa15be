//! Owns detecting changes on disk without reading files, by the stamps of a few directories. Writers create each new
//! version under a temporary name in its directory, which changes the directory's stamp (for other writers, see
//! `Records::forget_edited`). Only the files in `limits/` are appended to, so each of these few has its own stamp. So no
//! file notifications are needed, and nothing happens while nobody asks.

use cs_core::paths::Home;
use cs_core::stamp::{Stamp, unchanged};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The kinds of files that have changed since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub config: bool,
    pub sessions: bool,
    pub archive: bool,
    pub live: bool,
    pub projects: bool,
    /// Seats of agents.
    pub seats: bool,
    /// Status lines, usage files, leases, marks or limits: a snapshot does not contain them, but answers show them.
    pub figures: bool,
}

impl Changes {
    pub fn any(self) -> bool {
        self != Changes::default()
    }
}

/// The number of watched paths.
const PATHS: usize = 10;

/// The stamps at the last look.
#[derive(Debug)]
pub struct Watch {
    paths: [PathBuf; PATHS],
    /// The outer `None` means never checked.
    stamps: [Option<Option<Stamp>>; PATHS],
    limits_dir: PathBuf,
    /// The files in it; `None` means never checked.
    limits: Option<BTreeMap<OsString, Stamp>>,
}

impl Watch {
    pub fn new(home: &Home) -> Self {
        let records = [home.config(), home.sessions(), home.archive(), home.live_dir(), home.projects_dir()];
        let [config, sessions, archive, live, projects] = records;
        let figures = [home.statusline_dir(), home.usage_dir(), home.leases_dir(), home.marks_dir()];
        let [status_lines, usage, leases, marks] = figures;
        let paths = [config, sessions, archive, live, projects, home.seats_dir(), status_lines, usage, leases, marks];
        Watch { paths, stamps: [None; PATHS], limits_dir: home.limits_dir(), limits: None }
    }

    /// Returns what has changed since the last look; at the first look, everything.
    pub fn look(&mut self) -> Changes {
        let mut changed = [false; PATHS];
        for ((path, known), changed) in self.paths.iter().zip(&mut self.stamps).zip(&mut changed) {
            let now = Stamp::of(path);
            *changed = known.as_ref().is_none_or(|known| !unchanged(known.as_ref(), now.as_ref()));
            *known = Some(now);
        }
        let [config, sessions, archive, live, projects, seats, status_lines, usage, leases, marks] = changed;
        let limits = self.look_at_limits();
        let figures = status_lines || usage || leases || marks || limits;
        Changes { config, sessions, archive, live, projects, seats, figures }
    }

    /// Whether a file in `limits/` came, went or got a line since the last look.
    fn look_at_limits(&mut self) -> bool {
        let now = stamps_in(&self.limits_dir);
        let is_same = |known: &BTreeMap<OsString, Stamp>| {
            known.keys().eq(now.keys()) && known.iter().all(|(name, stamp)| unchanged(Some(stamp), now.get(name)))
        };
        let has_changed = !self.limits.as_ref().is_some_and(is_same);
        self.limits = Some(now);
        has_changed
    }

    /// Makes the next check report everything as changed, because the results of this one could not be used.
    pub fn forget(&mut self) {
        self.stamps = [None; PATHS];
        self.limits = None;
    }
}

/// The stamps of the files in a directory.
fn stamps_in(directory: &Path) -> BTreeMap<OsString, Stamp> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name(), Stamp::of(&entry.path())?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    #[test]
    fn a_line_in_a_file_of_limits_is_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(&Home::at(dir.path()));
        let path = dir.path().join("limits/claude-five_hour.jsonl");
        // A stamp younger than a tick proves nothing.
        let mut looks = || {
            std::thread::sleep(Duration::from_millis(80));
            [watch.look().figures, watch.look().figures]
        };
        assert_eq!(looks(), [true, false], "without the folder");
        std::fs::create_dir(dir.path().join("limits")).unwrap();
        std::fs::write(&path, "{}\n").unwrap();
        assert_eq!(looks(), [true, false], "a new file");
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
        assert_eq!(looks(), [true, false], "a line");
        assert_eq!(looks(), [false, false]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(looks(), [true, false], "it is gone");
    }
}
