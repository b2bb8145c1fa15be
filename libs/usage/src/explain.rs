//! Owns the account of one conversation: which calls were counted, which were not and why, and
//! what the client itself says that it used.

use crate::call::Call;
use crate::facts::hash;
use crate::judge::Fate;
use agents::entry::{Entry, Kind, Understood};
use agents::lines::{self, Piece};
use agents::logs::Log;
use agents::reader::{Reader, State, Wanted};
use cs_core::open;
use std::collections::HashMap;

/// The names of a log's calls, by the hashes that stand for message and request in a [`Call`].
pub type Names = HashMap<(u64, u64), Named>;

/// What a call is called in its log.
#[derive(Clone, Debug)]
pub struct Named {
    /// The message's id, of the response's, or the line's.
    pub message: String,
    pub request: Option<String>,
    /// Which call inside the message it is, such as `advisor_message 1`.
    pub part: Option<String>,
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
    let mut reader = Reader::new(State::new(log.agent), Wanted::Counted);
    let mut line = 0;
    let Ok(file) = open::foreign(&log.path) else { return account };
    // What can be read is reported; the book has said already that the rest cannot.
    let _ = lines::read(file, |piece| {
        line += 1;
        let mut whys = Vec::new();
        let mut fold = |entry: Entry| whys.extend(account.look(entry));
        let why = match piece {
            Piece::Line(text) => Why::of(reader.line(text, line, &mut fold)),
            Piece::Rest(text) => {
                reader.line(text, line, &mut fold);
                None
            }
            Piece::TooLong => Some(Why::TooLong),
        };
        account.dropped.extend(whys.into_iter().chain(why).map(|why| Dropped { line, why }));
    });
    account
}

impl Account {
    /// Notes what a call is called; returns what is to be said of an answer that no model gave.
    fn look(&mut self, entry: Entry) -> Option<Why> {
        match entry.kind {
            Kind::Response(response) if response.is_named => {
                let key = (hash(&response.key()), response.request.as_deref().map_or(0, hash));
                let (message, request) = (response.message.into_owned(), response.request.map(|id| id.into_owned()));
                self.names.insert(key, Named { message, request, part: response.part });
                None
            }
            Kind::Synthetic(id) => Some(Why::Synthetic {
                session: entry.conversation.into_owned(),
                id: id.map(|id| id.into_owned()),
                at: entry.at,
            }),
            _ => None,
        }
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
