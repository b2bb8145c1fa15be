//! Owns detecting changes on disk without reading files, by the stamps of a few directories. Writers create each new
//! version under a temporary name in its directory, which changes the directory's stamp (for other writers, see
//! `Records::forget_edited`). So no file notifications are needed, and nothing happens while nobody asks.

use cs_core::paths::Home;
use cs_core::stamp::{Stamp, unchanged};
use std::path::PathBuf;

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
    /// Status lines, usage files, leases or marks: a snapshot does not contain them, but answers show them.
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
}

impl Watch {
    pub fn new(home: &Home) -> Self {
        let records = [home.config(), home.sessions(), home.archive(), home.live_dir(), home.projects_dir()];
        let [config, sessions, archive, live, projects] = records;
        let figures = [home.statusline_dir(), home.usage_dir(), home.leases_dir(), home.marks_dir()];
        let [status_lines, usage, leases, marks] = figures;
        let paths = [config, sessions, archive, live, projects, home.seats_dir(), status_lines, usage, leases, marks];
        Watch { paths, stamps: [None; PATHS] }
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
        Changes { config, sessions, archive, live, projects, seats, figures: status_lines || usage || leases || marks }
    }

    /// Makes the next check report everything as changed, because the results of this one could not be used.
    pub fn forget(&mut self) {
        self.stamps = [None; PATHS];
    }
}
