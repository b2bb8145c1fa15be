//! Owns reading kept copies.

use agents::Agent;
use cs_core::store::Store;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A kept conversation.
#[derive(Clone, Debug)]
pub struct KeptConversation {
    /// Whose it is.
    pub agent: Agent,
    /// The client's id.
    pub uuid: String,
    /// The newest generation of each of its logs, the main one first.
    pub logs: Vec<KeptLog>,
}

/// A kept log.
#[derive(Clone, Debug)]
pub struct KeptLog {
    /// The copy, which may be compressed: see [`open`].
    pub path: PathBuf,
    /// `main`, or the subagent's thread.
    pub thread: String,
    /// Where the client had it.
    pub origin: PathBuf,
    /// Number of bytes of its content.
    pub bytes: u64,
    /// When the client wrote it last, in nanoseconds since the epoch.
    pub modified: i64,
}

/// All kept conversations; only their manifests are read.
pub fn conversations(_store: &Store) -> io::Result<Vec<KeptConversation>> {
    Ok(Vec::new())
}

/// The content of a kept log.
pub fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let file = cs_core::open::unlinked(path, std::fs::OpenOptions::new().read(true))?;
    Ok(Box::new(file))
}
