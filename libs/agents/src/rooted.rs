//! Owns to which conversation a log belongs. Must stay true: the name of a log decides, unless its agent gives the log of a
//! subagent a name like any other; then its first line does.

use crate::Agent;
use crate::entry::{Kind, Wanted};
use crate::lines::{self, Piece};
use crate::logs::{self, Log};
use crate::reader::{Reader, State};
use std::io::{BufRead, BufReader, Read};

/// Maximum number of bytes of a first line that are read.
const FIRST: u64 = 1024 * 1024;
/// Bytes that are read at once; most first lines are not longer.
const ROOM: usize = 16 * 1024;

/// The id of a conversation, and a thread of it.
type Id = (String, String);

/// Each log with its conversation and thread; `None` if its name has no id.
pub fn ids(all: &[Log]) -> impl Iterator<Item = (&Log, Option<Id>)> {
    all.iter().map(|log| {
        let named = logs::conversation_of(log.agent, &log.path);
        let rooted = named.as_ref().filter(|_| log.agent == Agent::Codex).and_then(|(uuid, _)| root(log, uuid));
        (log, rooted.or(named))
    })
}

/// The conversation that a subagent's log belongs to, by its first line; `None` if it is a conversation itself.
fn root(log: &Log, uuid: &str) -> Option<Id> {
    let mut line = Vec::new();
    let file = cs_core::open::foreign(&log.path).ok()?.take(FIRST);
    BufReader::with_capacity(ROOM, file).read_until(b'\n', &mut line).ok()?;
    let mut reader = Reader::new(State::new(log.agent), Wanted::Counted);
    let mut found = None;
    let mut read = |piece: &[u8]| {
        reader.line(piece, 1, &mut |entry| {
            if matches!(entry.kind, Kind::Context { .. }) && entry.agent_id.is_some() {
                found = Some(entry.conversation.to_ascii_lowercase());
            }
        });
    };
    lines::read(line.as_slice(), |piece| match piece {
        Piece::Line(line) | Piece::Rest(line) => read(line),
        Piece::TooLong(_) => {}
    })
    .ok()?;
    let root = found.filter(|root| !root.is_empty() && root != uuid)?;
    Some((root, uuid.to_string()))
}
