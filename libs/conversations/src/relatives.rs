//! Owns which other log the lines at the beginning of a log were copied from, if they do not say so themselves: a client that
//! is forked, or goes on in the background, begins a new log with all lines of the old one, under their old ids. Each line
//! names the process that wrote it ([`agents::process`]); a log that begins with lines of another process is compared with
//! the log of that one, wherever it is: beside it, in another folder, or kept.
//! Must stay true: of a log that begins with its own lines only the beginning is read; the size of a folder does not matter.

use crate::catalog::Conversation;
use agents::Agent;
use agents::entry::{Kind, Link, Wanted};
use agents::lines;
use agents::part::Numbering;
use agents::process;
use agents::reader::{Reader, State};
use cs_core::id::Uuid;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};

/// What a log begins with that is not its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The conversation that it was copied from.
    pub from: Option<String>,
    /// Hashes of the ids of lines that other logs had before.
    pub lines: HashSet<u64>,
    /// When the log was begun, in milliseconds since the epoch, if it says so before older lines.
    pub begun: Option<i64>,
    /// Whether the log of which it is a copy is gone, so that it is the only one with these lines.
    pub is_orphan: bool,
}

/// Bytes at the beginning of a log in which a line that names its process stands.
const HEAD: u64 = 256 * 1024;
/// Bytes that are searched at once.
const ROOM: usize = 64 * 1024;

/// The beginning of a log.
#[derive(Debug, Default)]
struct Beginning {
    /// The id of its first line with one.
    first: Option<String>,
    /// When the log was begun, if it says so before that line and later than that.
    begun: Option<i64>,
    /// Whose process wrote the first line that says so.
    process: Option<String>,
    /// The conversations from which its first line says that it was copied.
    origins: Vec<String>,
}

/// What a conversation begins with that other logs had before; `None` if there is nothing, or its lines say so themselves.
pub fn copied(of: &Conversation) -> Option<Copied> {
    let log = of.main().filter(|_| of.agent == Agent::Claude)?;
    let own = beginning(of.kin.open(&log.path).ok()?).ok()?;
    let (mut from, mut ids) = (None, HashSet::new());
    let find = |id: &String| of.kin.log(&Uuid::parse(id).ok()?, &log.path);
    let first = own.first.as_deref().unwrap_or_default();
    // A conversation that began with /clear names the process too, and has no line of its log.
    let has_it = |id: &&String| find(id).is_some_and(|path| of.kin.has(&path, first).unwrap_or(false));
    let process = own.process.as_ref().filter(|process| **process != of.uuid && !first.is_empty());
    if process.filter(has_it).is_some() {
        // The last one has the lines of all before it, if it is still there.
        for process in processes(of.kin.open(&log.path).ok()?, &of.uuid).ok()? {
            ids.extend(
                find(&process).and_then(|path| of.kin.ids(&path).ok()).iter().flat_map(|ids| ids.iter().copied()),
            );
            from = Some(process);
        }
    }
    let is_orphan = from.is_none() && !own.origins.iter().any(|id| has_it(&id));
    let is_orphan = is_orphan && (own.begun.is_some() || !own.origins.is_empty());
    let copied = Copied { from, lines: ids, begun: own.begun, is_orphan };
    (copied != Copied::default()).then_some(copied)
}

impl Copied {
    /// Tells a numbering what is a copy.
    pub fn tell(&self, numbering: &mut Numbering) {
        numbering.know(self.lines.iter().copied());
        if self.is_orphan {
            numbering.own_copies();
        }
    }
}

/// Reads a log up to its first line with an id and the first one that names its process.
fn beginning(from: impl Read) -> io::Result<Beginning> {
    let mut found = Beginning::default();
    let mut timed = None;
    each_line(from.take(HEAD), |line| {
        found.process = found.process.take().or_else(|| process::began_with(line));
        if found.first.is_none() {
            Reader::new(State::new(Agent::Claude), Wanted::Full).line(line, 1, &mut |entry| {
                timed = timed.or(entry.at);
                if entry.kind == Kind::Begun && timed == entry.at {
                    found.begun = entry.at;
                }
                if let Kind::Relation(Link::ForkedFrom | Link::DerivedFrom, id) = &entry.kind {
                    found.origins.push(id.to_ascii_lowercase());
                }
                let id = entry.id.filter(|id| found.first.is_none() && !id.is_empty());
                if let Some(id) = id {
                    found.first = Some(id.into_owned());
                    found.begun = found.begun.filter(|begun| entry.at.is_some_and(|at| at < *begun));
                }
            });
        }
        found.first.is_none() || found.process.is_none()
    })?;
    Ok(found)
}

/// The processes that wrote the lines of a log before its own, in their order.
fn processes(from: impl Read, own: &str) -> io::Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    each_line(from, |line| {
        let process = process::began_with(line);
        let is_own = process.as_deref() == Some(own);
        all.extend(process.filter(|process| !is_own && !all.contains(process)));
        !is_own
    })?;
    Ok(all)
}

/// Passes each line to `goes_on` until it returns false. A line that is too long is passed in pieces, which say nothing.
fn each_line(from: impl Read, mut goes_on: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut from = BufReader::with_capacity(ROOM / 4, from);
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut from).take(lines::LIMIT as u64).read_until(b'\n', &mut line)?;
        if line.is_empty() || !goes_on(&line) {
            return Ok(());
        }
    }
}
