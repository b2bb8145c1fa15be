//! Owns the account of one conversation: which calls were counted, which were not and why, and
//! what the client itself says that it used.

use crate::book::Fate;
use crate::call::Call;
use crate::facts::hash;
use crate::lines::{self, Piece};
use crate::source::{Agent, Log};
use crate::{claude, codex};
use std::collections::HashMap;
use std::fs::File;

/// The ids of message and request on a log's lines, by the hashes that stand for them in a [`Call`].
pub type Ids = HashMap<(u64, u64), (String, Option<String>)>;

/// Reads the ids in a log; empty if it cannot be read.
pub fn ids(log: &Log) -> Ids {
    let mut ids = Ids::new();
    let of_line = match log.agent {
        Agent::Claude => claude::ids,
        Agent::Codex => codex::ids,
    };
    let Ok(file) = File::open(&log.path) else { return ids };
    // What can be read is told; the book has said already that the rest cannot.
    let _ = lines::read(file, |piece| {
        if let Piece::Line(line) | Piece::Rest(line) = piece
            && let Some((message, request)) = of_line(line)
        {
            ids.insert((hash(&message), request.as_deref().map_or(0, hash)), (message, request));
        }
    });
    ids
}

/// A call with what became of it, and in which log it is.
#[derive(Clone, Debug)]
pub struct Judged {
    /// A place among the logs.
    pub log: usize,
    pub call: Call,
    pub fate: Fate,
}
