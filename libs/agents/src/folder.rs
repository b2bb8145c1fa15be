//! Owns in which folder a conversation worked, by the beginning of its log.

use crate::agent::Agent;
use crate::entry::{Kind, Wanted};
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
