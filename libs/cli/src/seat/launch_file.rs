//! Owns `agents/<id>.launch`: how the client of a seat is started, from `spawn` to the process in the pane. Must stay
//! true: it is synced before tmux starts, and the process in the pane removes it before the client runs: it contains the
//! environment of whoever called. A prompt is too long for an argument of tmux, and a running tmux server would give the
//! client an environment of its own; that is why there is a file.

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::SeatId;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version that this program writes and reads.
const SCHEMA_VERSION: u64 = 1;

/// How a client is started.
#[derive(Debug, Serialize, Deserialize)]
pub struct LaunchFile {
    /// The program's absolute path, and its arguments.
    pub command: Vec<String>,
    /// The directory in which it starts.
    pub directory: String,
    /// Its environment, without what its terminal adds.
    pub environment: BTreeMap<String, String>,
    /// 1.
    schema_version: u64,
}

impl LaunchFile {
    /// How to start a command.
    pub fn new(command: Vec<String>, directory: &str, environment: BTreeMap<String, String>) -> Self {
        LaunchFile { command, directory: directory.to_string(), environment, schema_version: SCHEMA_VERSION }
    }

    /// Writes the file of a seat.
    pub fn write(&self, home: &Home, id: &SeatId) -> Result<()> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if !file::can_be_read(&bytes) {
            return Err(Error::Refused("the prompt and the environment are too long for a new client".into()));
        }
        file::replace(&home.seat_launch(id), &bytes, Durability::Synced)
    }

    /// Reads the file of a seat and removes it.
    pub fn take(home: &Home, id: &SeatId) -> Result<Self> {
        let path = home.seat_launch(id);
        let none = || Error::Missing(format!("{id} is not being started; cs-agent spawn starts an agent"));
        let bytes = file::read(&path)?.ok_or_else(none)?;
        file::remove(&path)?;
        let launch: LaunchFile =
            serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        match launch.schema_version {
            SCHEMA_VERSION => Ok(launch),
            version => Err(Error::Newer { path, version }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let (home, id) = (Home::at(dir.path()), SeatId::parse("agent_20261121T0930_ffff").unwrap());
        file::make_dir(home.seat_launch(&id).parent().unwrap()).unwrap();
        let launch = |bytes: usize| LaunchFile::new(vec!["x".repeat(bytes)], "/", BTreeMap::new());
        launch(9 << 20).write(&home, &id).unwrap();
        assert_eq!(LaunchFile::take(&home, &id).unwrap().command[0].len(), 9 << 20);
        assert!(matches!(launch(10 << 20).write(&home, &id), Err(Error::Refused(_))));
    }
}
