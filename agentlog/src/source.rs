//! Owns where agents keep their logs, and which of them are there. Nothing is opened here.

use cs_core::paths;
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Agent {
    #[serde(rename = "claude-code")]
    Claude,
    #[serde(rename = "codex")]
    Codex,
}

impl Agent {
    /// As session records spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Agent::Claude => "claude-code",
            Agent::Codex => "codex",
        }
    }
}

/// Tells a file from another that has its name later, and one state of it from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, u64, i64, i64)", into = "(u64, u64, u64, i64, i64)")]
pub struct Identity {
    pub dev: u64,
    pub ino: u64,
    pub size: u64,
    /// Nanoseconds since the epoch: content.
    pub modified: i64,
    /// Nanoseconds since the epoch: content, name or owner.
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
    /// What the system says of a file.
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

/// A log that is there.
#[derive(Clone, Debug)]
pub struct Log {
    pub path: PathBuf,
    pub agent: Agent,
    pub identity: Identity,
    /// When the file was made, in nanoseconds since the epoch; 0 where the system does not know.
    pub born: i64,
}

/// Directories in which logs lie.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Each like `~/.claude`.
    pub claude: Vec<PathBuf>,
    /// Each like `~/.codex`.
    pub codex: Vec<PathBuf>,
}

impl Roots {
    /// `CLAUDE_CONFIG_DIR` (several, with commas between them), else `~/.claude` and
    /// `$XDG_CONFIG_HOME/claude`; `CODEX_HOME`, else `~/.codex`.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = set("HOME");
        let below = |name: &str| home.as_ref().map(|home| home.join(name));
        let claude = match set("CLAUDE_CONFIG_DIR") {
            Some(list) => {
                let list = list.to_string_lossy().into_owned();
                list.split(',').map(str::trim).filter(|dir| !dir.is_empty()).map(PathBuf::from).collect()
            }
            None => {
                let xdg = set("XDG_CONFIG_HOME").or_else(|| below(".config")).map(|dir| dir.join("claude"));
                paths::claude_dir().ok().into_iter().chain(xdg).collect()
            }
        };
        Roots { claude, codex: set("CODEX_HOME").or_else(|| below(".codex")).into_iter().collect() }
    }

    /// All logs, each file once, the older first. What cannot be listed is as if it were not there.
    pub fn logs(&self) -> Found {
        let mut found = Found::default();
        for root in &self.claude {
            found.walk(&root.join("projects"), Agent::Claude, DEPTH);
        }
        for root in &self.codex {
            found.walk(&root.join("sessions"), Agent::Codex, DEPTH);
            found.walk(&root.join("archived_sessions"), Agent::Codex, DEPTH);
        }
        found.logs.sort_by(|a, b| {
            let key = |log: &Log| (log.identity.dev, log.identity.ino);
            key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
        });
        found.logs.dedup_by_key(|log| (log.identity.dev, log.identity.ino));
        found.logs.sort_by(|a, b| (a.born, &a.path).cmp(&(b.born, &b.path)));
        found
    }
}

/// Directories below each other, at most.
const DEPTH: usize = 10;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub logs: Vec<Log>,
    /// Rollouts that are compressed, which are not read.
    pub compressed: usize,
}

impl Found {
    fn walk(&mut self, dir: &Path, agent: Agent, depth: usize) {
        let Ok(entries) = fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() && depth > 0 {
                self.walk(&path, agent, depth - 1);
            } else if !kind.is_dir() {
                self.file(path, agent);
            }
        }
    }

    fn file(&mut self, path: PathBuf, agent: Agent) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ours = agent == Agent::Claude || name.starts_with("rollout-");
        self.compressed += usize::from(ours && name.ends_with(".jsonl.zst"));
        if !ours || !name.ends_with(".jsonl") {
            return;
        }
        // Links to files are followed: people keep transcripts elsewhere that way.
        if let Ok(meta) = fs::metadata(&path)
            && meta.is_file()
        {
            let born = meta.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let born = born.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
            self.logs.push(Log { path, agent, identity: Identity::of(&meta), born });
        }
    }
}
