//! Owns which conversations there are, and which logs each has.

use agents::Agent;
use agents::logs::{self, Roots};
use cs_core::store::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where the logs of a conversation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the client's folder.
    Live,
    /// Only in copies.
    Kept,
    /// In both.
    Both,
    /// Nowhere; only its prompts are known.
    Prompts,
}

/// A log of a conversation.
#[derive(Clone, Debug)]
pub struct Log {
    /// Absolute path.
    pub path: PathBuf,
    /// `main`, or the subagent's thread.
    pub thread: String,
    /// Number of bytes.
    pub bytes: u64,
    /// When it was written last, in nanoseconds since the epoch.
    pub modified: i64,
    /// Whether it is a kept copy, which [`kept::open`] opens.
    pub is_kept: bool,
}

/// A conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The client's id, lower case.
    pub uuid: String,
    /// Whose it is.
    pub agent: Agent,
    /// Its logs: the main one first.
    pub logs: Vec<Log>,
    /// Where they are.
    pub place: Place,
}

/// All conversations, and what could not be read.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The newest first.
    pub conversations: Vec<Conversation>,
    /// Directories that could not be read.
    pub unseen: Vec<(PathBuf, std::io::Error)>,
}

impl Catalog {
    /// Looks for all logs in the clients' folders, and for kept copies. No log is opened.
    pub fn of(_store: &Store, roots: &Roots) -> Catalog {
        let found = roots.logs();
        let mut by_id: BTreeMap<(Agent, String), Conversation> = BTreeMap::new();
        for log in found.logs {
            let Some((uuid, thread)) = logs::conversation_of(log.agent, &log.path) else { continue };
            let one = by_id.entry((log.agent, uuid.clone())).or_insert_with(|| Conversation {
                uuid,
                agent: log.agent,
                logs: Vec::new(),
                place: Place::Live,
            });
            let (bytes, modified) = (log.identity.size, log.identity.modified);
            one.logs.push(Log { path: log.path, thread, bytes, modified, is_kept: false });
        }
        let mut conversations: Vec<Conversation> = by_id.into_values().collect();
        for one in &mut conversations {
            one.logs.sort_by_key(|log| log.thread != "main");
        }
        conversations.sort_by_key(|one| std::cmp::Reverse(one.modified()));
        Catalog { conversations, unseen: found.unseen }
    }
}

impl Conversation {
    /// When one of its logs was written last, in nanoseconds since the epoch.
    pub fn modified(&self) -> i64 {
        self.logs.iter().map(|log| log.modified).max().unwrap_or(0)
    }

    /// Number of bytes of its logs.
    pub fn bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.bytes).sum()
    }
}
