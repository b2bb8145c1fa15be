//! Owns reading a conversation from beginning to end, as parts.

use crate::catalog::Conversation;
use agents::entry::{Understood, Wanted};
use agents::lines::{self, Piece};
use agents::part::{Numbering, Part, PartKind};
use agents::reader::{Reader, State};
use std::io;

/// Which parts are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only parts of these kinds; empty: all.
    pub kinds: Vec<PartKind>,
    /// Only this thread; `None`: all.
    pub thread: Option<String>,
    /// Only this turn.
    pub turn: Option<u64>,
    /// Also parts that were copied from another conversation.
    pub copies: bool,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Number of parts, whether wanted or not.
    pub entries: u64,
    /// Number of lines that were not understood.
    pub not_understood: u64,
    /// Number of lines that were too long.
    pub too_long: u64,
}

/// Passes the wanted parts of a conversation to `each`, its main thread first.
pub fn read(of: &Conversation, wish: &Wish, each: &mut dyn FnMut(&Part)) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut numbering = Numbering::default();
    for log in &of.logs {
        let mut reader = Reader::new(State::new(of.agent), Wanted::All);
        let mut number = 0;
        lines::read(cs_core::open::foreign(&log.path)?, |piece| {
            number += 1;
            let (Piece::Line(line) | Piece::Rest(line)) = piece else {
                summary.too_long += 1;
                return;
            };
            let understood = reader.line(line, number, &mut |entry| {
                let Some(part) = numbering.part(entry, number, &log.thread) else { return };
                summary.entries += 1;
                let fits = (wish.kinds.is_empty() || wish.kinds.contains(&part.kind))
                    && wish.thread.as_ref().is_none_or(|thread| *thread == part.thread)
                    && wish.turn.is_none_or(|turn| turn == part.turn);
                if fits {
                    each(&part);
                }
            });
            summary.not_understood += u64::from(understood == Understood::Not && !line.is_empty());
        })?;
    }
    Ok(summary)
}
