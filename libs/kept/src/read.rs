//! Owns reading kept copies.

use crate::index::{self, Known, Line};
use agents::Agent;
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::store::Store;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A kept conversation.
#[derive(Clone, Debug)]
pub struct KeptConversation {
    /// Whose it is.
    pub agent: Agent,
    /// The client's id.
    pub uuid: String,
    /// The conversation to which it belongs, if it is that of a subagent with a log of its own.
    pub root: Option<String>,
    /// The newest generation of each of its logs, the main one first; there may be several main ones, each of another
    /// place.
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

/// All kept conversations; no copy is opened. A manifest that cannot be read is left out: [`crate::verify`] names it.
pub fn conversations(store: &Store) -> io::Result<Vec<KeptConversation>> {
    let home = &store.home;
    if !home.kept_dir().is_dir() {
        return Ok(Vec::new());
    }
    let lines = index::lines(home).map_err(io::Error::other)?;
    Ok(lines.into_iter().filter_map(|line| kept(home, line)).collect())
}

fn kept(home: &Home, line: Line) -> Option<KeptConversation> {
    let dir = home.kept(line.agent.word(), &line.uuid().ok()?);
    let log = |log: Known| KeptLog {
        path: dir.join(log.file),
        thread: log.thread,
        origin: log.origin,
        bytes: log.bytes,
        modified: log.identity.modified,
    };
    let logs = line.logs.into_iter().filter(|log| crate::manifest::is_inside(&log.file));
    let logs: Vec<KeptLog> = logs.map(log).collect();
    (!logs.is_empty()).then_some(KeptConversation { agent: line.agent, uuid: line.conversation, root: line.root, logs })
}

/// The newest copy of a conversation's own log in the folder of all copies, by its name alone; `None` if there is none.
pub fn main_log(kept: &Path, agent: Agent, uuid: &Uuid) -> Option<PathBuf> {
    let dir = kept.join(agent.word()).join(uuid.as_str());
    let generation = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?.strip_prefix("main.")?;
        name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".jsonl")?.parse::<u32>().ok()
    };
    let copies = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    copies.filter_map(|path| Some((generation(&path)?, path))).max().map(|(_, path)| path)
}

/// The content of a kept log.
pub fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let file = open_file(path)?;
    match path.extension().is_some_and(|end| end == "gz") {
        true => Ok(Box::new(flate2::read::MultiGzDecoder::new(file))),
        false => Ok(Box::new(file)),
    }
}

/// The file of a copy, which is no link, in directories that are none.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    file::own_dir(path).map_err(io::Error::other)?;
    cs_core::open::unlinked(path, OpenOptions::new().read(true))
}
