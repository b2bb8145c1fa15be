//! Owns `kept/ledger.jsonl`: what happened to the copies, a line each, chained by hashes. Must stay true: it is only
//! appended to, under the lock of `kept/`; a line whose write failed leaves nothing behind.

use crate::manifest::Manifest;
use chain::last::{self, LONGEST};
use chain::{Link, START};
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};

/// Version of the lines.
const VERSION: u32 = 1;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A file was copied.
    Kept,
    /// What was new in a log was appended to its copy.
    Grown,
    /// The client had written a log anew; a new copy was made, and the old one stays.
    Rewritten,
    /// A copy was not as it was written; a new copy was made, and the old one stays.
    Damaged,
    /// The client's log is gone.
    Vanished,
    /// The client's log is there again, or somewhere else.
    Found,
    /// A copy was compressed.
    Compressed,
    /// Only what is known of the client's files changed, such as their times.
    Noted,
    /// A conversation was put back where the client looks for it.
    Restored,
    /// How a conversation was got a name.
    Snapshot,
    /// A person had the copies removed.
    Forgotten,
    /// The copies were removed because of their age.
    Pruned,
}

impl What {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            What::Kept => "kept",
            What::Grown => "grown",
            What::Rewritten => "rewritten",
            What::Damaged => "damaged",
            What::Vanished => "vanished",
            What::Found => "found",
            What::Compressed => "compressed",
            What::Noted => "noted",
            What::Restored => "restored",
            What::Snapshot => "snapshot",
            What::Forgotten => "forgotten",
            What::Pruned => "pruned",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// What.
    pub event: What,
    /// The agent's word.
    pub agent: &'static str,
    /// The client's id.
    pub conversation: String,
    /// The revision of the manifest that says so.
    pub revision: u64,
    /// SHA-256 of that manifest.
    pub manifest: String,
    /// The name of the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How many bytes it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Who wanted it: `user`, or `claude:` and a conversation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The name of the snapshot that was made, or put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// The id of the conversation as which it was put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub becomes: Option<String>,
    /// Whether the line was added later, because a program was killed before it did.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_late: bool,
}

impl Event {
    /// Something that happened to a conversation.
    pub fn of(event: What, manifest: &Manifest) -> Self {
        Event {
            event,
            agent: manifest.agent.word(),
            conversation: manifest.conversation.clone(),
            revision: manifest.revision,
            manifest: manifest.stored.clone(),
            file: None,
            bytes: None,
            sha256: None,
            actor: None,
            reason: None,
            snapshot: None,
            becomes: None,
            is_late: false,
        }
    }

    /// The same, to one of its copies.
    #[must_use]
    pub fn to(self, file: &str, bytes: u64, sha256: &str) -> Self {
        Event { file: Some(file.to_string()), bytes: Some(bytes), sha256: Some(sha256.to_string()), ..self }
    }
}

#[derive(Serialize)]
struct Line<'e> {
    v: u32,
    seq: u64,
    at: String,
    #[serde(flatten)]
    event: &'e Event,
    prev: String,
}

/// Puts what was appended on the disk. A line that a power failure takes is added by the next run.
pub fn sync(home: &Home) -> Result<()> {
    let path = home.kept_ledger();
    let failed = |error| Error::io(&path, "sync", error);
    crate::read::open_file(&path).and_then(|ledger| ledger.sync_data()).map_err(failed)?;
    file::sync_dir(&home.kept_dir())
}

/// Appends lines, in one write. The caller holds the lock.
pub fn append(home: &Home, events: &[Event], now: Instant) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let path = home.kept_ledger();
    let mut ledger = file::open_own(&path, OpenOptions::new().read(true).append(true))?;
    let size = ledger.metadata().map_err(|error| Error::io(&path, "inspect", error))?.len();
    let last = last::of_log(&ledger, size, &path, std::iter::empty())?;
    let mut text = String::from(if last.as_ref().is_some_and(|last| last.is_torn) { "\n" } else { "" });
    let mut link = last.map_or_else(|| Link { seq: 0, hash: START.to_string() }, |last| last.link);
    for event in events {
        let seq = link.seq.saturating_add(1);
        let line = Line { v: VERSION, seq, at: clock::stamp(now), event, prev: link.hash };
        let (line, next) = chain::encode(&line, seq);
        text.push_str(&line);
        link = next;
    }
    ledger.write_all(text.as_bytes()).map_err(|error| {
        let _ = ledger.set_len(size);
        Error::io(&path, "append to", error)
    })
}

/// A line of the ledger that is not as it was written, by its number in the file, and why.
pub type Wrong = (u64, &'static str);

/// What the whole ledger says.
#[derive(Debug, Default)]
pub struct Whole {
    /// Number of lines.
    pub lines: u64,
    /// The manifest that it names last of each conversation, by the agent's word and the id.
    named: HashMap<(String, String), Named>,
    /// Lines that are not as they were written.
    pub wrong: Vec<Wrong>,
}

#[derive(Debug, Deserialize)]
struct Named {
    agent: String,
    conversation: String,
    revision: u64,
    #[serde(default)]
    manifest: String,
    event: String,
}

/// How a manifest fits to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The ledger names it.
    Named,
    /// A program was killed before it added the line.
    Late,
    /// It was changed by something else.
    Changed,
}

/// How often a run can change a manifest: when it copies, and when logs are gone.
const CHANGES: u64 = 2;

/// Reads it. A missing one has no lines.
pub fn read(home: &Home) -> Result<Whole> {
    let (path, mut whole) = (home.kept_ledger(), Whole::default());
    let failed = |error| Error::io(&path, "read", error);
    let file = match crate::read::open_file(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(whole),
        opened => opened.map_err(failed)?,
    };
    let (mut reader, mut text) = (BufReader::with_capacity(LONGEST, file), Vec::new());
    let mut last = Link { seq: 0, hash: START.to_string() };
    while reader.read_until(b'\n', &mut text).map_err(failed)? > 0 {
        whole.lines += 1;
        whole.line(&text, &mut last);
        text.clear();
    }
    Ok(whole)
}

impl Whole {
    /// The conversations of which something is kept, by what it says, or a manifest at least: the agent's word and the id.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.named.iter().filter(|(_, named)| named.event != What::Pruned.word());
        all.map(|((agent, conversation), _)| (agent.as_str(), conversation.as_str()))
    }

    /// How a stored manifest fits to it.
    pub fn state(&self, manifest: &Manifest) -> State {
        let key = (manifest.agent.word().to_string(), manifest.conversation.clone());
        let late = |last: u64| match manifest.revision.checked_sub(last) {
            Some(1..=CHANGES) => State::Late,
            _ => State::Changed,
        };
        match self.named.get(&key) {
            // There is no ledger at all, or it was begun by what a run did just now.
            None if self.lines == 0 => State::Late,
            None => late(0),
            Some(named) if named.revision == manifest.revision && named.manifest == manifest.stored => State::Named,
            // The conversation came back, and its numbers begin anew.
            Some(named) if named.event == What::Pruned.word() => late(0),
            Some(named) => late(named.revision),
        }
    }

    fn line(&mut self, text: &[u8], last: &mut Link) {
        let number = self.lines;
        let expected = last.seq.saturating_add(1);
        let whole = text.strip_suffix(b"\n");
        let text = whole.unwrap_or(text);
        let Some(parts) = chain::parts(text).filter(|_| whole.is_some()) else {
            self.wrong.push((number, "it is torn, or no line of the ledger"));
            *last = Link { seq: expected, hash: chain::digest(text) };
            return;
        };
        if !parts.is_intact() {
            self.wrong.push((number, "it was changed"));
        }
        if parts.seq != expected || parts.prev != last.hash {
            self.wrong.push((number, "lines before it are missing, or were changed"));
        }
        if let Ok(named) = serde_json::from_slice::<Named>(text) {
            self.named.insert((named.agent.clone(), named.conversation.clone()), named);
        }
        *last = Link { seq: parts.seq, hash: parts.hash.to_string() };
    }
}
