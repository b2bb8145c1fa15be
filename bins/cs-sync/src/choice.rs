//! Owns which target is meant: that of the command line, else that of the settings. Must stay true: two on one command line
//! are refused.

use crate::target::Target;
use cli::{Failure, Outcome};
use std::path::PathBuf;
use sync::{Place, Settings};

/// The options of a command that name a target.
#[derive(Default)]
pub struct Named {
    pub psql: Option<String>,
    pub sqlite: Option<PathBuf>,
    pub into: Option<PathBuf>,
}

impl Named {
    /// The target that the command line names; `None` if it names none.
    pub fn target(self) -> Outcome<Option<Target>> {
        let psql = self.psql.map(Target::Psql);
        let sqlite = self.sqlite.map(Target::Sqlite);
        let into = self.into.map(Target::Folder);
        let mut all = [psql, sqlite, into].into_iter().flatten();
        let target = all.next();
        match all.next() {
            Some(_) => Err(Failure::Usage("only one database or folder can be named".into(), None)),
            None => Ok(target),
        }
    }

    /// That one, else the target of the settings.
    pub fn or_set(self, settings: &Settings) -> Outcome<Option<Target>> {
        Ok(self.target()?.or_else(|| settings.place.clone().map(Target::from)))
    }
}

impl From<Place> for Target {
    fn from(place: Place) -> Self {
        match place {
            Place::Psql(words) => Target::Psql(words),
            Place::Sqlite(file) => Target::Sqlite(file),
            Place::Folder(dir) => Target::Folder(dir),
        }
    }
}

/// The failure if no target is known.
pub fn none() -> Failure {
    let hint = "name one with --psql, --sqlite or --into, or in the group sync of config.json; see docs/SYNC.md";
    Failure::Usage("no database or folder is named".into(), Some(hint.into()))
}
