//! Owns the search for agents' logs. No log is opened here, but those with several names. Must stay true: directories that cannot be read are
//! reported, each directory is read once, and links cannot lead in circles.

mod other_names;

use crate::agent::Agent;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Identifies a file and its content: a replaced or changed file has another identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64, i64, i64)", into = "(u64, u64, u64, i64, i64)")]
pub struct Identity {
    /// The device's number.
    pub dev: u64,
    /// The inode's number.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// When the content changed, in nanoseconds since the epoch.
    pub modified: i64,
    /// When the content, name or owner changed, in nanoseconds since the epoch.
    pub changed: i64,
}

impl From<(u64, u64, u64, i64, i64)> for Identity {
    fn from((dev, ino, size, modified, changed): (u64, u64, u64, i64, i64)) -> Self {
        Identity { dev, ino, size, modified, changed }
    }
}

impl From<Identity> for (u64, u64, u64, i64, i64) {
    fn from(of: Identity) -> Self {
        (of.dev, of.ino, of.size, of.modified, of.changed)
    }
}

impl Identity {
    /// The identity in a file's metadata.
    pub fn of(meta: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Identity {
            dev: meta.dev(),
            ino: meta.ino(),
            size: meta.len(),
            modified: nanos(meta.mtime(), meta.mtime_nsec()),
            changed: nanos(meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// An existing log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Absolute path.
    pub path: PathBuf,
    /// The agent that wrote it.
    pub agent: Agent,
    /// Shows whether the file has changed since.
    pub identity: Identity,
    /// When the file was created, in nanoseconds since the epoch; 0 if the system does not know.
    pub born: i64,
}

/// The conversation of a log and its thread (`main`, or a subagent's) by its name alone; `None` if the name has no id. Claude
/// Code: `UUID.jsonl`, `UUID/subagents/…/agent-ID.jsonl`; Codex: `rollout-TIME-UUID.jsonl`, of which the file of a
/// subagent names its own thread.
pub fn conversation_of(agent: Agent, path: &Path) -> Option<(String, String)> {
    let uuid =
        |text: &str| cs_core::id::Uuid::parse(&text.to_ascii_lowercase()).ok().map(|uuid| uuid.as_str().to_string());
    let stem = path.file_stem()?.to_str()?;
    match agent {
        Agent::Claude => uuid(stem).map(|uuid| (uuid, "main".to_string())).or_else(|| {
            let above = path.ancestors().skip(1).find_map(|dir| uuid(dir.file_name()?.to_str()?))?;
            Some((above, stem.to_string()))
        }),
        _ => Some((uuid(stem.get(stem.len().checked_sub(36)?..)?)?, "main".to_string())),
    }
}

/// The folders in which a new log of the same conversation appears, by its own log: Claude Code has one for the subagents
/// of each conversation, Codex one for each day.
pub fn folders_beside(log: &Path) -> [PathBuf; 2] {
    [log.parent().map(PathBuf::from).unwrap_or_default(), log.with_extension("").join("subagents")]
}

/// Directories that may contain logs.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Each agent's own folders, such as `~/.claude`.
    pub folders: Vec<(Agent, PathBuf)>,
    /// Those that the agents' variables name.
    named: Vec<(Agent, PathBuf)>,
}

impl Roots {
    /// The folders that each agent's variable names, else its default folders.
    pub fn from_env() -> Self {
        let mut roots = Roots::default();
        for agent in Agent::ALL {
            let named = agent.named_homes();
            let folders = if named.is_empty() { agent.default_homes() } else { named.clone() };
            roots.folders.extend(folders.into_iter().map(|folder| (agent, folder)));
            roots.named.extend(named.into_iter().map(|folder| (agent, folder)));
        }
        roots
    }

    /// These folders alone.
    pub fn at(folders: Vec<(Agent, PathBuf)>) -> Self {
        Roots { folders, named: Vec::new() }
    }

    /// The folders of one agent.
    pub fn of(&self, agent: Agent) -> Vec<PathBuf> {
        self.folders.iter().filter(|(of, _)| *of == agent).map(|(_, folder)| folder.clone()).collect()
    }

    /// The directories that may contain logs.
    pub fn dirs(&self) -> impl Iterator<Item = (Agent, PathBuf)> + '_ {
        let below = |(agent, root): &(Agent, PathBuf)| {
            let (agent, root) = (*agent, root.clone());
            agent.log_folders().iter().map(move |folder| (agent, root.join(folder)))
        };
        self.folders.iter().flat_map(below)
    }

    /// All logs, each file once, older ones first, and what could not be read.
    pub fn logs(&self) -> Found {
        let mut found = self.find();
        older_first(&mut found.logs);
        found
    }

    /// The same in no particular order, for those that first look whether anything has changed.
    pub fn find(&self) -> Found {
        let mut found = Found::default();
        self.dirs().for_each(|(agent, dir)| found.root(&dir, agent));
        found.follow_links();
        found.record_missing(&self.named);
        if found.has_repeats() {
            let key = |log: &Log| (log.identity.dev, log.identity.ino);
            found.logs.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path)));
            let best = |names: &[Log]| {
                let paths: Vec<&Path> = names.iter().map(|log| log.path.as_path()).collect();
                names.get(other_names::best(&paths, &found.linked)).cloned()
            };
            found.logs = found.logs.chunk_by(|a, b| key(a) == key(b)).filter_map(best).collect();
        }
        found
    }
}

/// Sorts logs as [`Roots::logs`] does.
pub fn older_first(logs: &mut [Log]) {
    logs.sort_unstable_by(|a, b| (a.born, &a.path).cmp(&(b.born, &b.path)));
}

/// Deepest nesting of directories.
const DEPTH: usize = 10;

/// The result of a search.
#[derive(Debug, Default)]
pub struct Found {
    /// All logs found, each once.
    pub logs: Vec<Log>,
    /// Number of compressed rollouts, which are not read.
    pub compressed: usize,
    /// Directories and files that cannot be read.
    pub unseen: Vec<(PathBuf, Error)>,
    /// Paths that a person or a link names and that do not exist.
    pub missing: Vec<PathBuf>,
    /// The directories that were read, by device and inode.
    visited: HashSet<(Agent, u64, u64)>,
    /// Links to directories. They are followed last, so that files with a direct path are listed by that path.
    links: Vec<(PathBuf, Agent, usize)>,
    /// Logs that are links.
    linked: HashSet<PathBuf>,
    /// Canonical paths of the directories that contain logs.
    roots: Vec<PathBuf>,
}

impl Found {
    fn root(&mut self, dir: &Path, agent: Agent) {
        match fs::metadata(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound && dir.symlink_metadata().is_err() => {}
            _ => {
                self.roots.extend(dir.canonicalize());
                self.walk(dir, agent, DEPTH);
            }
        }
    }

    /// Whether two logs are the same file.
    fn has_repeats(&self) -> bool {
        let mut files: Vec<(u64, u64)> = self.logs.iter().map(|log| (log.identity.ino, log.identity.dev)).collect();
        files.sort_unstable();
        files.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// Records the named roots that are missing; unreadable ones are reported already.
    fn record_missing(&mut self, named: &[(Agent, PathBuf)]) {
        for (agent, root) in named {
            let is_there = agent.log_folders().iter().any(|folder| root.join(folder).symlink_metadata().is_ok());
            if !is_there && !self.unseen.iter().any(|(path, _)| path.starts_with(root)) {
                self.missing.push(root.clone());
            }
        }
    }

    fn walk(&mut self, dir: &Path, agent: Agent, depth: usize) {
        let entries = fs::metadata(dir).and_then(|meta| {
            let is_new = self.visited.insert((agent, meta.dev(), meta.ino()));
            is_new.then(|| fs::read_dir(dir)).transpose()
        });
        match entries {
            Ok(entries) => entries.into_iter().flatten().for_each(|entry| match entry {
                Ok(entry) => self.entry(&entry, agent, depth),
                Err(error) => self.unseen.push((dir.to_path_buf(), error)),
            }),
            Err(error) => self.record_error(dir, error),
        }
    }

    fn entry(&mut self, entry: &DirEntry, agent: Agent, depth: usize) {
        let path = entry.path();
        let target = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => fs::metadata(&path).map(|meta| meta.is_dir().then_some(true)),
            kind => kind.map(|kind| kind.is_dir().then_some(false)),
        };
        match target {
            Ok(Some(_)) if depth == 0 => {
                self.unseen.push((path, Error::other(format!("it is nested more than {DEPTH} folders deep"))));
            }
            Ok(Some(true)) => self.links.push((path, agent, depth - 1)),
            Ok(Some(false)) => self.walk(&path, agent, depth - 1),
            Ok(None) => self.file(entry, path, agent),
            Err(error) => self.record_error(&path, error),
        }
    }

    /// Follows links to directories, which may contain more links. Links to a parent of the logs' folders are skipped:
    /// they would only lead through half of the disk.
    fn follow_links(&mut self) {
        while !self.links.is_empty() {
            let mut links = std::mem::take(&mut self.links);
            links.sort();
            for (path, agent, depth) in links {
                let target = path.canonicalize();
                let leads_up = target.is_ok_and(|target| self.roots.iter().any(|root| root.starts_with(&target)));
                if !leads_up {
                    self.walk(&path, agent, depth);
                }
            }
        }
    }

    /// Records an error. A missing path is ignored, unless something still names it.
    fn record_error(&mut self, path: &Path, error: Error) {
        match error.kind() {
            ErrorKind::NotFound if path.symlink_metadata().is_ok() => self.missing.push(path.to_path_buf()),
            ErrorKind::NotFound => {}
            _ => self.unseen.push((path.to_path_buf(), error)),
        }
    }

    fn file(&mut self, entry: &DirEntry, path: PathBuf, agent: Agent) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ours = agent.names_log(name);
        self.compressed += usize::from(ours && name.ends_with(".jsonl.zst"));
        if !ours || !name.ends_with(".jsonl") {
            return;
        }
        let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        // That of an entry is found from its directory, whose path is not looked up again for each.
        match if is_link { fs::metadata(&path) } else { entry.metadata() } {
            Ok(meta) if meta.is_file() => {
                if is_link {
                    match other_names::is_log(&path) {
                        Ok(true) => self.linked.insert(path.clone()),
                        Ok(false) => {
                            return self.unseen.push((path, Error::other("it is a link to a file that is no log")));
                        }
                        Err(error) => return self.unseen.push((path, error)),
                    };
                }
                let born = meta.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
                let born = born.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
                self.logs.push(Log { path, agent, identity: Identity::of(&meta), born });
            }
            Ok(_) => {}
            Err(error) => self.record_error(&path, error),
        }
    }
}
