//! Owns `manifest.json`: what is kept of one conversation. Must stay true: it names only what is on the disk; a copy of
//! which it names fewer bytes than there are was being written when a program was killed, and has nothing wrong in it.

use crate::snapshot::Snapshot;
use agents::Agent;
use agents::logs::Identity;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Version of the file.
pub const VERSION: u32 = 1;

/// What is kept of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file.
    pub v: u32,
    /// Whose it is.
    pub agent: Agent,
    /// The client's id, lower case.
    pub conversation: String,
    /// How often this file changed; each change has a line in the ledger.
    pub revision: u64,
    /// Where the conversation worked, if its log says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The copies of its logs.
    #[serde(default)]
    pub logs: Vec<LogCopy>,
    /// The copies of its other files, such as long results of tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileCopy>,
    /// Names for how the conversation was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<Snapshot>,
    /// Whether something could not be copied, so that it is tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// When a person had the copies removed, RFC 3339, UTC. Nothing is copied again then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<String>,
}

/// The copy of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogCopy {
    /// `main`, or the subagent's thread.
    pub thread: String,
    /// 1, and one more whenever the client wrote the log anew.
    pub generation: u32,
    /// The name of the copy, beside this file.
    pub file: String,
    /// Where the client had it.
    pub origin: PathBuf,
    /// Shows whether the client's file has changed since.
    pub identity: Identity,
    /// Number of bytes of its content that were copied.
    pub bytes: u64,
    /// SHA-256 of them, in hexadecimal digits.
    pub sha256: String,
    /// When the client's file was created, if the system knows, and when it was last written, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<String>,
    /// See `first_at`.
    pub last_at: String,
    /// When it was copied last.
    pub copied_at: String,
    /// When it was seen that the client's file is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished_at: Option<String>,
}

/// The copy of another file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileCopy {
    /// Its path in the conversation's folder.
    pub path: String,
    /// The name of the copy: the path, with a number behind it if the client wrote the file anew.
    pub file: String,
    /// Where the client had it.
    pub origin: PathBuf,
    /// Shows whether the client's file has changed since.
    pub identity: Identity,
    /// Number of bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: String,
    /// When it was copied.
    pub copied_at: String,
}

impl Manifest {
    /// Nothing is kept yet.
    pub fn new(agent: Agent, uuid: &Uuid) -> Self {
        let (logs, files) = (Vec::new(), Vec::new());
        let conversation = uuid.as_str().to_string();
        Manifest {
            v: VERSION,
            agent,
            conversation,
            revision: 0,
            cwd: None,
            logs,
            files,
            snapshots: Vec::new(),
            is_partial: false,
            forgotten_at: None,
        }
    }

    /// That of a conversation; `None` if nothing is kept of it.
    pub fn read(home: &Home, agent: Agent, uuid: &Uuid) -> Result<Option<Self>> {
        let path = home.kept_manifest(agent.word(), uuid);
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        if manifest.v > VERSION {
            return Err(Error::Newer { path, version: manifest.v.into() });
        }
        let is_its_own = manifest.agent == agent && manifest.conversation == uuid.as_str();
        let mut names = manifest.logs.iter().map(|log| &log.file).chain(manifest.files.iter().map(|file| &file.file));
        match is_its_own && names.all(|name| is_inside(name)) {
            true => Ok(Some(manifest)),
            false => Err(Error::corrupt(&path, "it names another conversation, or a file elsewhere")),
        }
    }

    /// Stores it.
    pub fn write(&self, home: &Home, uuid: &Uuid) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Error::Invalid(error.to_string()))?;
        bytes.push(b'\n');
        file::replace(&home.kept_manifest(self.agent.word(), uuid), &bytes, Durability::Synced)
    }

    /// The newest generation of each log of a client, the main one first.
    pub fn newest(&self) -> Vec<&LogCopy> {
        let mut newest: Vec<&LogCopy> = Vec::new();
        for log in &self.logs {
            match newest.iter_mut().find(|other| other.thread == log.thread) {
                Some(other) if other.generation < log.generation => *other = log,
                Some(_) => {}
                None => newest.push(log),
            }
        }
        newest.sort_by(|a, b| (a.thread != MAIN, &a.thread).cmp(&(b.thread != MAIN, &b.thread)));
        newest
    }

    /// Number of bytes that the client's files had.
    pub fn bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.bytes).chain(self.files.iter().map(|file| file.bytes)).sum()
    }
}

/// The thread of the conversation itself.
pub const MAIN: &str = "main";

/// Whether a name is that of a file in the conversation's directory, whatever is written in the manifest.
pub fn is_inside(name: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
    name.split('/').all(is_plain)
}
