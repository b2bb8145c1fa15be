//! Owns `manifest.json`: what is kept of one conversation. Must stay true: it names only what is on the disk; a copy of
//! which it names fewer bytes than there are was being written when a program was killed, and has nothing wrong in it.

use agents::Agent;
use agents::logs::Identity;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, TEMP_PREFIX};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// End of the name of a compressed copy.
pub const PACKED: &str = ".gz";
/// The name of the file.
pub const NAME: &str = "manifest.json";
/// Version of the file.
pub const VERSION: u32 = 1;

/// Why a manifest that was changed by something else is not used to copy more.
pub const CHANGED: &str = "it is not as it was written; move its folder away, and the conversation is copied anew";

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
    /// The conversation to which it belongs, if it is that of a subagent with a log of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
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
    /// SHA-256 of the file as it was read or written, which the ledger has; empty if it is not stored yet.
    #[serde(skip)]
    pub stored: String,
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
    #[serde(with = "crate::origin")]
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
    #[serde(with = "crate::origin")]
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

/// How a conversation was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// What a person, or the agent, calls it.
    pub name: String,
    /// When it was made, RFC 3339, UTC.
    pub at: String,
    /// The generation of the main log.
    pub generation: u32,
    /// How many bytes of it.
    pub bytes: u64,
    /// SHA-256 of them, in hexadecimal digits.
    pub sha256: String,
    /// In which folder the conversation worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The commit that was checked out there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The branch there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
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
            root: None,
            logs,
            files,
            snapshots: Vec::new(),
            is_partial: false,
            forgotten_at: None,
            stored: String::new(),
        }
    }

    /// That of a conversation; `None` if nothing is kept of it.
    pub fn read(home: &Home, agent: Agent, uuid: &Uuid) -> Result<Option<Self>> {
        let path = home.kept_manifest(agent.word(), uuid);
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let mut manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        if manifest.v > VERSION {
            return Err(Error::Newer { path, version: manifest.v.into() });
        }
        manifest.stored = chain::digest(&bytes);
        match manifest.agent == agent && manifest.conversation == uuid.as_str() && manifest.is_sound() {
            true => Ok(Some(manifest)),
            false => Err(Error::corrupt(&path, "it names another conversation, or a file elsewhere")),
        }
    }

    /// Whether all that it names can be meant: it may come from another machine, or from somebody else.
    fn is_sound(&self) -> bool {
        let is_log = |log: &LogCopy| {
            let is_word = is_inside(&log.thread) && !log.thread.contains('/');
            is_word && log.generation > 0 && is_name(&log.file) && is_place(&log.origin)
        };
        let is_file = |file: &FileCopy| is_inside(&file.path) && is_name(&file.file) && is_place(&file.origin);
        self.v > 0 && self.logs.iter().all(is_log) && self.files.iter().all(is_file)
    }

    /// Stores it.
    pub fn write(&mut self, home: &Home, uuid: &Uuid) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Error::Invalid(error.to_string()))?;
        bytes.push(b'\n');
        if !file::can_be_read(&bytes) {
            let text = format!("the manifest of {} is full: it names too many files", self.conversation);
            return Err(Error::Refused(text));
        }
        file::replace(&home.kept_manifest(self.agent.word(), uuid), &bytes, Durability::Synced)?;
        self.stored = chain::digest(&bytes);
        Ok(())
    }

    /// The newest generation of each log of a client, the main one first: each place has generations of its own. Of several
    /// main ones, as of a repository that was moved, that comes first which the client has, or wrote last.
    pub fn newest(&self) -> Vec<&LogCopy> {
        let mut newest: Vec<&LogCopy> = Vec::new();
        for log in &self.logs {
            match newest.iter_mut().find(|other| other.is_same(log)) {
                Some(other) if other.generation < log.generation => *other = log,
                Some(_) => {}
                None => newest.push(log),
            }
        }
        let order = |log: &LogCopy| (log.vanished_at.is_some(), Reverse(log.identity.modified));
        newest.sort_by(|a, b| (a.thread != MAIN, &a.thread, order(a)).cmp(&(b.thread != MAIN, &b.thread, order(b))));
        newest
    }

    /// The number of the next change.
    pub fn next_revision(&self) -> Result<u64> {
        let none = || Error::Invalid(format!("the manifest of {} has an impossible revision", self.conversation));
        self.revision.checked_add(1).ok_or_else(none)
    }

    /// Number of bytes that the client's files had.
    pub fn bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.bytes).chain(self.files.iter().map(|file| file.bytes)).sum()
    }
}

impl LogCopy {
    /// Whether both are generations of the same log.
    pub fn is_same(&self, other: &LogCopy) -> bool {
        self.thread == other.thread && self.origin == other.origin
    }
}

/// The thread of the conversation itself.
pub const MAIN: &str = "main";

/// Whether a path leads to a file in a folder, whatever is written in the manifest.
pub fn is_inside(name: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.starts_with(TEMP_PREFIX);
    !name.contains(['\\', '\0']) && name.split('/').all(is_plain)
}

/// Whether it can be the name of a copy.
fn is_name(file: &str) -> bool {
    is_inside(file) && file != NAME
}

/// Whether a path says where a file is, without a way back.
fn is_place(origin: &Path) -> bool {
    let is_plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
    origin.is_absolute() && origin.components().all(is_plain) && !origin.as_os_str().as_bytes().contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn forged(change: impl Fn(&mut Value)) -> Result<Option<Manifest>> {
        let dir = tempfile::tempdir().unwrap();
        let (home, uuid) = (Home::at(dir.path()), Uuid::parse("ca5d0000-0000-4000-8000-000000000001").unwrap());
        let at = "2026-11-22T10:00:00Z";
        let copy = json!({"origin": "/h/.claude/projects/-p/x", "identity": [1, 2, 3, 4, 5], "bytes": 1, "sha256": "00",
            "copied_at": at});
        let with = |more: Value| {
            let mut copy = copy.clone();
            copy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            copy
        };
        let mut manifest = json!({"v": 1, "agent": "claude-code", "conversation": uuid.as_str(), "revision": 1,
            "logs": [with(json!({"thread": "main", "generation": 1, "file": "main.1.jsonl", "last_at": at}))],
            "files": [with(json!({"path": "tool-results/.x", "file": "tool-results/.x"}))]});
        change(&mut manifest);
        file::make_dir(&home.kept("claude-code", &uuid)).unwrap();
        std::fs::write(home.kept_manifest("claude-code", &uuid), manifest.to_string()).unwrap();
        Manifest::read(&home, Agent::Claude, &uuid)
    }

    #[test]
    fn the_largest_manifest_that_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (home, uuid) = (Home::at(dir.path()), Uuid::parse("ca5d0000-0000-4000-8000-000000000001").unwrap());
        let mut manifest = Manifest::new(Agent::Claude, &uuid);
        let file: FileCopy = serde_json::from_value(json!({"path": "x", "file": "x", "origin": "/x",
            "identity": [1, 2, 3, 4, 5], "bytes": 1, "sha256": "00", "copied_at": ""}))
        .unwrap();
        // The most that fit are found by halves.
        let (mut fits, mut fails) = (0, 200_000);
        while fails - fits > 1 {
            let count = (fits + fails) / 2;
            manifest.files = vec![file.clone(); count];
            match manifest.write(&home, &uuid) {
                Ok(()) => fits = count,
                Err(error) => {
                    assert!(matches!(error, Error::Refused(_)));
                    fails = count;
                }
            }
            assert_eq!(Manifest::read(&home, Agent::Claude, &uuid).unwrap().map_or(0, |read| read.files.len()), fits);
        }
        assert!(fits > 10_000, "{fits}");
    }

    #[test]
    fn a_manifest_names_nothing_elsewhere() {
        assert!(forged(|_| {}).unwrap().is_some());
        let out = ["../x", "/etc/x", "a/../../x", "a//x", "", ".", "a\\x", "a\0x", ".tmp-x", "manifest.json"];
        for (list, key) in [("logs", "file"), ("files", "file"), ("files", "path"), ("logs", "thread")] {
            for name in out.iter().filter(|name| **name != "manifest.json" || key == "file") {
                assert!(forged(|all| all[list][0][key] = json!(name)).is_err(), "{list} {key} {name}");
            }
        }
        for origin in ["/h/.claude/projects/../../../x", "h/x", "", "/h/\0x"] {
            for list in ["logs", "files"] {
                assert!(forged(|all| all[list][0]["origin"] = json!(origin)).is_err(), "{list} {origin}");
            }
        }
        assert!(forged(|all| all["logs"][0]["thread"] = json!("a/b")).is_err());
        assert!(forged(|all| all["logs"][0]["generation"] = json!(0)).is_err());
        assert!(forged(|all| all["v"] = json!(0)).is_err());
        assert!(forged(|all| all["conversation"] = json!("ca5d0000-0000-4000-8000-000000000002")).is_err());
    }
}
