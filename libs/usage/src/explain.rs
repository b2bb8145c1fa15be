//! Owns the account of one conversation: which calls were counted, which were not and why, and
//! what the client itself says that it used.

use crate::call::Call;
use crate::claude::Reader;
use crate::facts::{Facts, Places, Understood, hash};
use crate::judge::Fate;
use crate::lines::{self, Piece};
use crate::source::Log;
use crate::{claude, codex, read};
use agents::Agent;
use cs_core::open;
use std::collections::HashMap;

/// The names of a log's calls, by the hashes that stand for message and request in a [`Call`].
pub type Names = HashMap<(u64, u64), Named>;

/// What a call is called in its log.
#[derive(Clone, Debug)]
pub struct Named {
    hash: u64,
    /// The message's id, of the response's, or the line's.
    pub message: String,
    pub request: Option<String>,
    /// Which call inside the message it is, such as `advisor_message 1`.
    pub part: Option<String>,
}

impl Named {
    pub(crate) fn new(hash: u64, message: &str, request: Option<&str>, part: Option<String>) -> Self {
        Named { hash, message: message.to_string(), request: request.map(str::to_string), part }
    }
}

/// What a log's lines say besides its calls.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub names: Names,
    /// Lines that are no calls although they might be, and those that were repaired, in their order.
    pub dropped: Vec<Dropped>,
}

/// A line of which something is to be said.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The first is 1.
    pub line: u64,
    pub why: Why,
}

/// What is to be said of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// An answer in this session that no model gave.
    Synthetic {
        session: String,
        id: Option<String>,
        at: Option<i64>,
    },
    Broken,
    /// It was understood, after a repair.
    Repaired,
    TooLong,
}

impl Why {
    fn of(understood: Understood) -> Option<Self> {
        match understood {
            Understood::AsItIs => None,
            Understood::Repaired => Some(Why::Repaired),
            Understood::Not => Some(Why::Broken),
        }
    }
}

/// Reads a log once more, for people; empty if it cannot be read.
pub fn account(log: &Log) -> Account {
    let mut account = Account::default();
    let (reader, mut facts, mut places) = (Reader::default(), Facts::default(), Places::default());
    let mut whole = |text: &[u8]| read::line(log.agent, &reader, &mut facts, &mut places, text);
    let mut line = 0;
    let Ok(file) = open::foreign(&log.path) else { return account };
    // What can be read is told; the book has said already that the rest cannot.
    let _ = lines::read(file, |piece| {
        line += 1;
        let why: Vec<Why> = match piece {
            Piece::Line(text) => account.look(log.agent, text).into_iter().chain(Why::of(whole(text))).collect(),
            Piece::Rest(text) => account.look(log.agent, text),
            Piece::TooLong => vec![Why::TooLong],
        };
        account.dropped.extend(why.into_iter().map(|why| Dropped { line, why }));
    });
    account
}

impl Account {
    fn look(&mut self, agent: Agent, line: &[u8]) -> Vec<Why> {
        lines::records(line).into_iter().filter_map(|record| self.look_at(agent, record)).collect()
    }

    fn look_at(&mut self, agent: Agent, line: &[u8]) -> Option<Why> {
        let named = match agent {
            Agent::Claude => claude::named(line),
            Agent::Codex => codex::named(line),
        };
        for named in named {
            self.names.insert((named.hash, named.request.as_deref().map_or(0, hash)), named);
        }
        if agent == Agent::Claude { claude::synthetic(line) } else { None }
    }
}

/// A call with what became of it, and in which log it is.
#[derive(Clone, Debug)]
pub struct Judged {
    /// A place among the logs.
    pub log: usize,
    pub call: Call,
    pub fate: Fate,
}
