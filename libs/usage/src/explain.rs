//! Owns what people ask about a log besides its facts: the names of its calls, and which lines are not calls and why.
//! Deliberately absent: reading. The reader of a log fills the account in the same pass.

use crate::call::Call;
use crate::facts::hash;
use crate::judge::Fate;
use agents::entry::{Entry, Kind, Understood};
use std::collections::HashMap;

/// The names of a log's calls, by the hashes that stand for message and request in a [`Call`].
pub type Names = HashMap<(u64, u64), Named>;

/// The names of a call in its log.
#[derive(Clone, Debug)]
pub struct Named {
    /// The id of the message or the response, or of the line.
    pub message: String,
    /// The provider's id for the request.
    pub request: Option<String>,
    /// The call's position inside the message, such as `advisor_message 1`.
    pub part: Option<String>,
}

/// The names of a log's calls, and its lines that are not calls.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The names of the calls.
    pub names: Names,
    /// Lines that look like calls but are not, and repaired lines, in their order.
    pub dropped: Vec<Dropped>,
}

/// A line that is not a call, or was repaired.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The first line is 1.
    pub line: u64,
    /// Why the line is listed.
    pub why: Why,
}

/// Why a line is in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// An answer in this session that did not come from a model.
    Synthetic {
        /// The conversation.
        session: String,
        /// The id of the answer.
        id: Option<String>,
        /// Milliseconds since the epoch.
        at: Option<i64>,
    },
    /// It could not be parsed.
    Broken,
    /// It was parsed after a repair.
    Repaired,
    /// It is longer than the longest line that is read.
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
    /// Adds an entry of a line.
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

    /// Adds the result of parsing a whole line.
    pub(crate) fn note_line(&mut self, line: u64, understood: Understood) {
        self.dropped.extend(Why::of(understood).map(|why| Dropped { line, why }));
    }

    /// Adds a line that is too long to be read.
    pub(crate) fn note_too_long(&mut self, line: u64) {
        self.dropped.push(Dropped { line, why: Why::TooLong });
    }
}

/// A call with its fate and its log.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its index among the logs.
    pub log: usize,
    /// The call.
    pub call: Call,
    /// Whether it was counted.
    pub fate: Fate,
}
