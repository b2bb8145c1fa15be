//! Owns what the beginning of a log says about its conversation: in which folder it worked, and without which other log
//! it cannot be resumed.

use crate::agent::Agent;
use crate::entry::{Kind, Link, Wanted};
use crate::lines::{self, Piece};
use crate::reader::{Reader, State};
use cs_core::open;
use std::io::{self, Read};
use std::path::Path;

/// How much of a log is read. The first line of a rollout contains the instructions of the model.
const MOST: u64 = 1024 * 1024;

/// The folder that the log names first.
pub fn of_log(agent: Agent, path: &Path) -> io::Result<Option<String>> {
    let mut reader = Reader::new(State::new(agent), Wanted::Counted);
    let (mut found, mut number) = (None, 0);
    lines::read(open::foreign(path)?.take(MOST), |piece| {
        number += 1;
        let (Piece::Line(line) | Piece::Rest(line)) = piece else { return };
        if found.is_none() {
            reader.line(line, number, &mut |entry| {
                if let Kind::Context(context) = entry.kind
                    && let Some(cwd) = context.cwd
                {
                    found.get_or_insert(cwd.into_owned());
                }
            });
        }
    })?;
    Ok(found.filter(|cwd| !cwd.is_empty()))
}

/// The conversation whose log a client needs too when it resumes this one: the fork of a rollout has only its own lines
/// (0.169: "invalid paginated history lineage"). A transcript of Claude Code has copies of all.
pub fn needed(agent: Agent, log: impl Read) -> io::Result<Option<String>> {
    if agent == Agent::Claude {
        return Ok(None);
    }
    let mut reader = Reader::new(State::new(agent), Wanted::Full);
    let (mut found, mut number) = (None, 0);
    lines::read(log.take(MOST), |piece| {
        number += 1;
        let (Piece::Line(line) | Piece::Rest(line)) = piece else { return };
        // What follows may be copies of the other log's first line.
        if number == 1 {
            reader.line(line, number, &mut |entry| {
                if let Kind::Relation(Link::ForkedFrom, id) = entry.kind {
                    found = Some(id.into_owned());
                }
            });
        }
    })?;
    Ok(found)
}
