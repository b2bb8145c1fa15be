//! Owns the question whether anything changed on disk. Reads nothing: it compares the stamps of a handful of
//! directories. A writer puts every new version into its directory under a temporary name first, and that
//! changes the directory's stamp. So nobody needs to be notified, on any system, and nobody is while nobody
//! asks.

use super::stamp::{Stamp, unchanged};
use cs_core::paths::Home;
use std::path::PathBuf;

/// What has changed since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub config: bool,
    pub sessions: bool,
    pub archive: bool,
    pub live: bool,
    pub projects: bool,
}

impl Changes {
    pub fn any(self) -> bool {
        self != Changes::default()
    }
}

/// The stamps at the last look.
#[derive(Debug)]
pub struct Watch {
    paths: [PathBuf; 5],
    /// Outer `None`: never looked.
    stamps: [Option<Option<Stamp>>; 5],
}

impl Watch {
    pub fn new(home: &Home) -> Self {
        let paths = [home.config(), home.sessions(), home.archive(), home.live_dir(), home.projects_dir()];
        Watch { paths, stamps: [None; 5] }
    }

    /// What has changed since the last look; at the first one, everything.
    pub fn look(&mut self) -> Changes {
        let mut changed = [false; 5];
        for ((path, known), changed) in self.paths.iter().zip(&mut self.stamps).zip(&mut changed) {
            let now = Stamp::of(path);
            *changed = known.as_ref().is_none_or(|known| !unchanged(known.as_ref(), now.as_ref()));
            *known = Some(now);
        }
        let [config, sessions, archive, live, projects] = changed;
        Changes { config, sessions, archive, live, projects }
    }

    /// Looks at everything again the next time, because what was seen could not be used.
    pub fn forget(&mut self) {
        self.stamps = [None; 5];
    }
}
