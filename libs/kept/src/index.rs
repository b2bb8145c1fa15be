//! Owns `kept/index.jsonl`: what the manifests say that a run and a list need, a conversation a line. Must stay true: it is
//! there only while it is right: whoever changes a manifest removes it first; without it the manifests are read.

use crate::manifest::{LogCopy, Manifest, NAME, PACKED};
use agents::Agent;
use agents::logs::{Identity, Log};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

/// Version of the file, in its first line.
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Head {
    v: u32,
    conversations: usize,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Whose it is.
    pub agent: Agent,
    /// The client's id.
    pub conversation: String,
    /// The revision of its manifest; 0 if there is none, because nothing of it may be kept.
    pub revision: u64,
    /// SHA-256 of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// Where it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The conversation to which it belongs, if it is that of a subagent with a log of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Whether a person had the copies removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_forgotten: bool,
    /// Whether something could not be copied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
    /// Whether a person, or the agent, gave names to how it was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_snapshots: bool,
    /// Number of bytes that are kept, of all generations and other files, as they are on the disk.
    pub bytes: u64,
    /// The newest generation for each of the client's files.
    pub logs: Vec<Known>,
}

/// A log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// `main`, or the subagent's thread.
    pub thread: String,
    /// Its generation.
    pub generation: u32,
    /// The name of the copy; empty if nothing of it may be kept.
    pub file: String,
    /// Where the client had it.
    #[serde(with = "crate::origin")]
    pub origin: PathBuf,
    /// As it was copied.
    pub identity: Identity,
    /// Number of bytes.
    pub bytes: u64,
    /// Whether the client's file is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_gone: bool,
}

impl Line {
    /// That of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let known = |log: &LogCopy| Known {
            thread: log.thread.clone(),
            generation: log.generation,
            file: log.file.clone(),
            origin: log.origin.clone(),
            identity: log.identity,
            bytes: log.bytes,
            is_gone: log.vanished_at.is_some(),
        };
        Line {
            agent: manifest.agent,
            conversation: manifest.conversation.clone(),
            revision: manifest.revision,
            manifest: manifest.stored.clone(),
            cwd: manifest.cwd.clone(),
            root: manifest.root.clone(),
            is_forgotten: manifest.forgotten_at.is_some(),
            is_partial: manifest.is_partial,
            has_snapshots: !manifest.snapshots.is_empty(),
            bytes: manifest.bytes(),
            logs: manifest.newest().into_iter().map(known).collect(),
        }
    }

    /// Whether a stored manifest is the one from which this was made.
    pub fn is_of(&self, manifest: &Manifest) -> bool {
        self.revision == manifest.revision && self.manifest == manifest.stored
    }

    /// Whether the manifest and the copies of the logs are there, and none is too short. No file is opened.
    pub fn is_on_disk(&self, home: &Home) -> bool {
        let Ok(uuid) = self.uuid() else { return false };
        let dir = home.kept(self.agent.word(), &uuid);
        let is_there = |name: &str, bytes: u64| match dir.join(name).symlink_metadata() {
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
            Ok(meta) => name.ends_with(PACKED) || meta.len() >= bytes,
        };
        is_there(NAME, 0) && self.logs.iter().all(|log| is_there(&log.file, log.bytes))
    }

    /// Whether there are copies.
    pub fn has_copies(&self) -> bool {
        self.revision > 0 && !self.is_forgotten
    }

    /// Whether a log is as it was when it was copied, or left out, with all that belongs to it.
    pub fn knows(&self, log: &Log) -> bool {
        let is_it = |known: &Known| known.origin == log.path && known.identity == log.identity && !known.is_gone;
        !self.is_partial && self.logs.iter().any(is_it)
    }

    /// The id.
    pub fn uuid(&self) -> Result<Uuid> {
        Uuid::parse(&self.conversation)
    }
}

/// What is stored; `None` if nothing is, or not in this form.
pub fn stored(home: &Home) -> Result<Option<Vec<Line>>> {
    let path = home.kept_index();
    file::own_dir(&path)?;
    let opened = cs_core::open::unlinked(&path, std::fs::OpenOptions::new().read(true));
    let file = match opened {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| Error::io(&path, "open", error))?,
    };
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let (mut text, mut lines, mut head) = (Vec::new(), Vec::new(), None);
    while reader.read_until(b'\n', &mut text).map_err(|error| Error::io(&path, "read", error))? > 0 {
        match &head {
            None => match serde_json::from_slice::<Head>(&text) {
                Ok(read) if read.v == VERSION => head = Some(read),
                _ => return Ok(None),
            },
            Some(_) => match serde_json::from_slice(&text) {
                Ok(line) => lines.push(line),
                Err(_) => return Ok(None),
            },
        }
        text.clear();
    }
    Ok(head.filter(|head| head.conversations == lines.len()).map(|_| lines))
}

/// What is stored, else what the manifests say; those that cannot be read are left out.
pub fn lines(home: &Home) -> Result<Vec<Line>> {
    match stored(home)? {
        Some(lines) => Ok(lines),
        None => Ok(rebuilt(home)?.0),
    }
}

/// What the manifests say, and those that could not be read.
pub fn rebuilt(home: &Home) -> Result<(Vec<Line>, Vec<Error>)> {
    let (mut lines, mut failed) = (Vec::new(), Vec::new());
    for agent in Agent::ALL {
        let dir = home.kept_of(agent.word());
        for uuid in file::stems(&dir, "")?.iter().filter_map(|name| Uuid::parse(name).ok()) {
            match Manifest::read(home, agent, &uuid) {
                Ok(manifest) => lines.extend(manifest.map(|manifest| Line::of(&manifest))),
                Err(error) => failed.push(error),
            }
        }
    }
    Ok((lines, failed))
}

/// Stores it. Nothing is lost without it, so it is not synced.
pub fn write<'l>(home: &Home, lines: impl ExactSizeIterator<Item = &'l Line>) -> Result<()> {
    let mut bytes = Vec::new();
    let head = Head { v: VERSION, conversations: lines.len() };
    let mut add = |value: serde_json::Result<Vec<u8>>| {
        let text = value.map_err(|error| Error::Invalid(error.to_string()))?;
        bytes.write_all(&text).and_then(|()| bytes.write_all(b"\n")).map_err(|e| Error::Invalid(e.to_string()))
    };
    add(serde_json::to_vec(&head))?;
    for line in lines {
        add(serde_json::to_vec(line))?;
    }
    file::replace(&home.kept_index(), &bytes, Durability::Disposable)
}

/// Removes it, before a manifest is changed.
pub fn withdraw(home: &Home) -> Result<()> {
    file::remove(&home.kept_index())
}
