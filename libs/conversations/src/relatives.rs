//! Owns which older log the lines at the beginning of a log were copied from, if they do not say so themselves: a client that
//! goes on in the background, or is forked without a terminal, begins a new log with all lines of the old one, under their old
//! ids. Must stay true: only a log that is younger than its first line is suspected; others cost one system call.
//! Logs of the same folder are compared; kept copies are not.

use crate::catalog::{Conversation, MAIN};
use agents::Agent;
use agents::entry::{Kind, Link, Wanted};
use agents::lines::{self, Piece};
use agents::logs;
use agents::part::line_hash;
use agents::reader::{Reader, State};
use cs_core::stamp::{Stamp, unchanged};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// What a log begins with that is not its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The conversation that it was copied from, if its log is there.
    pub from: Option<String>,
    /// Hashes of the ids of lines that older logs have.
    pub lines: HashSet<u64>,
    /// When the log was begun, in milliseconds since the epoch, if it says so before older lines.
    pub begun: Option<i64>,
}

/// How many milliseconds a log may be younger than its first line without being suspected.
const SETTLES: i64 = 5_000;
/// Bytes at the beginning of a log in which its first line with an id stands.
const HEAD: u64 = 256 * 1024;

/// The beginning of a log.
#[derive(Clone, Debug, Default)]
struct Beginning {
    /// Hash of the id of its first line with one.
    first: Option<u64>,
    /// When that was written, in milliseconds since the epoch.
    at: Option<i64>,
    /// When the log was begun, if it says so before that line and later than that.
    begun: Option<i64>,
    /// The conversations that it names as its origin.
    origins: Vec<String>,
}

/// The logs of a folder by the hash of the first line's id.
type ByFirst = Arc<HashMap<u64, Vec<PathBuf>>>;

/// What older logs a conversation begins with; `None` if nothing was copied, or its lines say it themselves.
pub fn copied(of: &Conversation) -> Option<Copied> {
    let log = of.main().filter(|log| of.agent == Agent::Claude && log.thread == MAIN && !log.is_kept)?;
    let own = beginning(&log.path).ok()?;
    let is_young = born(&log.path).zip(own.at).is_some_and(|(born, at)| born > at + SETTLES);
    let first = own.first.filter(|_| is_young || own.begun.is_some() || !own.origins.is_empty())?;
    let mut found = alike(&log.path, first, &of.uuid, &own);
    found.sort_by_key(|(born, _)| std::cmp::Reverse(*born));
    let newest = found.first().map(|(_, content)| content.uuid.clone());
    let from = own.origins.first().cloned().or(newest);
    let lines: HashSet<u64> = found.into_iter().flat_map(|(_, content)| content.lines).collect();
    (!lines.is_empty() || own.begun.is_some()).then_some(Copied { from, lines, begun: own.begun })
}

/// The older logs with the same beginning, and when each was made.
fn alike(path: &Path, first: u64, uuid: &str, own: &Beginning) -> Vec<(i64, Content)> {
    let by_first = path.parent().and_then(by_first).unwrap_or_default();
    let mut others = by_first.get(&first).into_iter().flatten().filter(|other| *other != path).peekable();
    let Some(whole) = others.peek().and_then(|_| content(path)) else { return Vec::new() };
    let own_born = born(path).unwrap_or(0);
    let of_other = |other: &PathBuf| {
        let content = content(other)?;
        let born = born(other).unwrap_or(0);
        let says = |all: &[String], other: &str| all.iter().any(|one| one.eq_ignore_ascii_case(other));
        let is_named = says(&content.continued_in, uuid) || says(&own.origins, &content.uuid);
        let is_younger = says(&content.beginning.origins, uuid) || says(&whole.continued_in, &content.uuid);
        // A log that was begun after its first line is a copy of one that was not.
        let begun = (content.beginning.begun.unwrap_or(0), own.begun.unwrap_or(0));
        let is_older = is_named || (!is_younger && (begun.0, born, other.as_path()) < (begun.1, own_born, path));
        is_older.then_some((if is_named { i64::MAX } else { born }, content))
    };
    others.filter_map(of_other).collect()
}

/// What matters of a whole log.
struct Content {
    uuid: String,
    beginning: Beginning,
    lines: HashSet<u64>,
    continued_in: Vec<String>,
}

fn content(path: &Path) -> Option<Content> {
    let (uuid, _) = logs::conversation_of(Agent::Claude, path)?;
    let mut all = Content { uuid, beginning: beginning(path).ok()?, lines: HashSet::new(), continued_in: Vec::new() };
    each_entry(cs_core::open::foreign(path).ok()?, |id, kind, _| {
        all.lines.extend(id.map(line_hash));
        if let Kind::Relation(Link::ContinuedIn, other) = kind {
            all.continued_in.push(other.to_string());
        }
    })
    .ok()?;
    Some(all)
}

fn beginning(path: &Path) -> io::Result<Beginning> {
    let mut found = Beginning::default();
    let mut timed = None;
    each_entry(cs_core::open::foreign(path)?.take(HEAD), |id, kind, at| {
        timed = timed.or(at);
        if *kind == Kind::Begun && timed == at {
            found.begun = at;
        }
        if let (None, Some(id)) = (found.first, id) {
            (found.first, found.at) = (Some(line_hash(id)), at);
            found.begun = found.begun.filter(|begun| at.is_some_and(|at| at < *begun));
        }
        if let Kind::Relation(Link::ForkedFrom | Link::DerivedFrom, other) = kind {
            found.origins.push(other.to_string());
        }
    })?;
    Ok(found)
}

/// Passes the id of an entry's line, its meaning and its time to `each`.
fn each_entry(from: impl Read, mut each: impl FnMut(Option<&str>, &Kind, Option<i64>)) -> io::Result<()> {
    let mut reader = Reader::new(State::new(Agent::Claude), Wanted::Full);
    let mut number = 0;
    lines::read(from, |piece| {
        number += 1;
        if let Piece::Line(line) | Piece::Rest(line) = piece {
            reader.line(line, number, &mut |entry| {
                each(entry.id.as_deref().filter(|id| !id.is_empty()), &entry.kind, entry.at);
            });
        }
    })?;
    Ok(())
}

/// When a file was made, in milliseconds since the epoch.
fn born(path: &Path) -> Option<i64> {
    let made = fs::metadata(path).ok()?.created().ok()?;
    i64::try_from(made.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// The logs of conversations in a folder by their first lines. Kept for the next question until the folder changes.
fn by_first(folder: &Path) -> Option<ByFirst> {
    static KNOWN: Mutex<Option<(PathBuf, Stamp, ByFirst)>> = Mutex::new(None);
    let now = Stamp::of(folder);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, _, found)) = known.filter(|(of, stamp, _)| of == folder && unchanged(Some(stamp), now.as_ref())) {
        return Some(found);
    }
    let mut found: HashMap<u64, Vec<PathBuf>> = HashMap::new();
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let is_log = path.extension().is_some_and(|end| end == "jsonl")
            && logs::conversation_of(Agent::Claude, &path).is_some_and(|(_, thread)| thread == MAIN);
        let first = is_log.then(|| beginning(&path).ok()?.first).flatten();
        first.into_iter().for_each(|first| found.entry(first).or_default().push(path.clone()));
    }
    let found = Arc::new(found);
    *KNOWN.lock().unwrap_or_else(PoisonError::into_inner) = now.map(|now| (folder.into(), now, Arc::clone(&found)));
    Some(found)
}
