//! Owns what people want to know of a log besides its facts: what its calls are called, and which lines are not calls
//! and why. Deliberately absent: reading. Whoever reads a log for its facts fills the account in the same pass.

use crate::call::Call;
use crate::facts::hash;
use crate::judge::Fate;
use agents::entry::{Entry, Kind, Understood};
use std::collections::HashMap;

/// The names of a log's calls, by the hashes that stand for message and request in a [`Call`].
pub type Names = HashMap<(u64, u64), Named>;

/// What a call is called in its log.
#[derive(Clone, Debug)]
pub struct Named {
    /// The message's id, of the response's, or the line's.
    pub message: String,
    /// The provider's id for the request.
    pub request: Option<String>,
    /// Which call inside the message it is, such as `advisor_message 1`.
    pub part: Option<String>,
}

/// What a log's lines say besides its calls.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// What the calls are called in the log.
    pub names: Names,
    /// Lines that are no calls although they might be, and those that were repaired, in their order.
    pub dropped: Vec<Dropped>,
}

/// A line that is not a call, or was repaired.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The first is 1.
    pub line: u64,
    /// Why the line is listed.
    pub why: Why,
}

/// Why a line is in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// An answer in this session that no model gave.
    Synthetic {
        /// The conversation.
        session: String,
        /// The id of the answer.
        id: Option<String>,
        /// Milliseconds since the epoch.
        at: Option<i64>,
    },
    /// It could not be understood.
    Broken,
    /// It was understood, after a repair.
    Repaired,
    /// It is longer than any line that is read.
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

impl Account {
    /// Notes what an entry of a line says.
    pub(crate) fn note_entry(&mut self, line: u64, entry: &Entry) {
        match &entry.kind {
            Kind::Response(response) if response.is_named => {
                let key = (hash(&response.key()), response.request.as_deref().map_or(0, hash));
                let (message, request) =
                    (response.message.to_string(), response.request.as_deref().map(str::to_string));
                self.names.insert(key, Named { message, request, part: response.part.clone() });
            }
            Kind::Synthetic(id) => {
                let (session, id) = (entry.conversation.to_string(), id.as_deref().map(str::to_string));
                self.dropped.push(Dropped { line, why: Why::Synthetic { session, id, at: entry.at } });
            }
            _ => {}
        }
    }

    /// Notes whether a whole line was understood.
    pub(crate) fn note_line(&mut self, line: u64, understood: Understood) {
        self.dropped.extend(Why::of(understood).map(|why| Dropped { line, why }));
    }

    /// Notes a line that is too long to be read.
    pub(crate) fn note_too_long(&mut self, line: u64) {
        self.dropped.push(Dropped { line, why: Why::TooLong });
    }
}

/// A call with what became of it, and in which log it is.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its index among the logs.
    pub log: usize,
    /// What was used.
    pub call: Call,
    /// Whether it was counted.
    pub fate: Fate,
}
