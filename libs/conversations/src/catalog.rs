//! Owns which conversations there are, and which logs each has. Must stay true: a thread of a conversation has one log, the
//! client's own if it is there; of all logs at most the first line is read.

use crate::kin::Kin;
use agents::Agent;
use agents::logs::{Found, Roots};
use agents::rooted;
use cs_core::store::Store;
use kept::{KeptConversation, KeptLog};
use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// The thread of the conversation itself.
pub const MAIN: &str = "main";

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

impl Place {
    /// Its word in lists.
    pub fn word(self) -> &'static str {
        match self {
            Place::Live => "live",
            Place::Kept => "kept",
            Place::Both => "both",
            Place::Prompts => "prompts-only",
        }
    }

    /// The word for where its parts are read from, in the first line of them.
    pub fn source(self) -> &'static str {
        match self {
            Place::Live | Place::Both => "live",
            Place::Kept => "kept",
            Place::Prompts => "history",
        }
    }
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
    /// Where logs may be that its lines were copied from.
    pub(crate) kin: Arc<Kin>,
}

/// Conversations by agent and id, and where their relatives may be.
struct ById {
    all: HashMap<(Agent, String), Conversation>,
    kin: Arc<Kin>,
}

/// All conversations, and what could not be read.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The newest first.
    pub conversations: Vec<Conversation>,
    /// Directories that could not be read.
    pub unseen: Vec<(PathBuf, io::Error)>,
    /// Number of compressed logs, which are not read.
    pub compressed: usize,
}

impl Catalog {
    /// Looks for all logs in the clients' folders, and for kept copies.
    pub fn of(store: &Store, roots: &Roots) -> Catalog {
        let Found { logs, mut unseen, compressed, .. } = roots.logs();
        let kin = Arc::new(Kin::new(store.home.kept_dir()));
        let mut by_id = ById { all: HashMap::new(), kin };
        for (log, id) in rooted::ids(&logs) {
            let Some((uuid, thread)) = id else { continue };
            let (agent, bytes, modified) = (log.agent, log.identity.size, log.identity.modified);
            let log = Log { path: log.path.clone(), thread, bytes, modified, is_kept: false };
            let logs = &mut entry(&mut by_id, agent, uuid).logs;
            // Most have only one.
            if logs.is_empty() {
                logs.reserve_exact(1);
            }
            logs.push(log);
        }
        match kept::conversations(store) {
            Ok(kept) => kept.into_iter().for_each(|one| add_kept(&mut by_id, one)),
            Err(error) => unseen.push((store.home.kept_dir(), error)),
        }
        let mut conversations: Vec<Conversation> = by_id.all.into_values().collect();
        for one in &mut conversations {
            one.logs.sort_by(|a, b| (a.thread != MAIN, &a.thread).cmp(&(b.thread != MAIN, &b.thread)));
        }
        conversations.sort_by(|a, b| (b.modified(), &a.uuid).cmp(&(a.modified(), &b.uuid)));
        Catalog { conversations, unseen, compressed }
    }
}

/// The conversation with this id, which is made if there is none yet.
fn entry(by_id: &mut ById, agent: Agent, uuid: String) -> &mut Conversation {
    let ById { all, kin } = by_id;
    let new = || Conversation { kin: Arc::clone(kin), ..Conversation::new(agent, uuid.clone(), Place::Live) };
    all.entry((agent, uuid.clone())).or_insert_with(new)
}

/// Adds copies: only those of threads whose log is gone are read.
fn add_kept(by_id: &mut ById, kept: KeptConversation) {
    // A subagent with a log of its own is a thread of its root.
    let own = kept.root.as_ref().map(|_| kept.uuid.clone());
    let one = entry(by_id, kept.agent, kept.root.unwrap_or(kept.uuid));
    let live: HashSet<String> = one.logs.iter().filter(|log| !log.is_kept).map(|log| log.thread.clone()).collect();
    one.place = if live.is_empty() { Place::Kept } else { Place::Both };
    // A thread may have several copies, of logs in several folders.
    for KeptLog { path, thread, bytes, modified, .. } in kept.logs {
        let thread = own.clone().unwrap_or(thread);
        if !live.contains(&thread) {
            one.logs.push(Log { path, thread, bytes, modified, is_kept: true });
        }
    }
}

impl Log {
    /// Its content, from the beginning.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        if self.is_kept { kept::open(&self.path) } else { Ok(Box::new(cs_core::open::foreign(&self.path)?)) }
    }
}

impl Conversation {
    /// A conversation without a log and without relatives.
    pub fn new(agent: Agent, uuid: String, place: Place) -> Self {
        Conversation { uuid, agent, logs: Vec::new(), place, kin: Arc::default() }
    }

    /// When one of its logs was written last, in nanoseconds since the epoch.
    pub fn modified(&self) -> i64 {
        self.logs.iter().map(|log| log.modified).max().unwrap_or(0)
    }

    /// Number of bytes of its logs.
    pub fn bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.bytes).sum()
    }

    /// The log of the conversation itself, if it is there.
    pub fn main(&self) -> Option<&Log> {
        self.logs.iter().find(|log| log.thread == MAIN)
    }
}
