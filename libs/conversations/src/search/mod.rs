//! Finding what was said: a scan of all logs, without an index. Raw lines are filtered (`filter`), what passes is decoded
//! and compared (`terms`), and the result is the same as if everything had been decoded. Must stay true: memory does not
//! grow with the logs; hits come in the order of the catalog, the newest conversation first. Never here: output.

mod facts;
mod few;
mod filter;
mod finder;
mod literal;
mod order;
mod piece;
mod records;
mod scope;
mod snippet;
mod terms;
mod work;

pub use facts::{Facts, Known};
pub use scope::Scope;
pub use snippet::{Form, Snippet};
pub use terms::{Terms, Unusable};

use crate::catalog::{Catalog, Place};
use agents::Agent;
use cs_core::clock::Instant;
use cs_core::range::Range;
use cs_core::store::Store;
use order::Order;
use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::time;
use work::Work;

/// What is looked for, and where.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The words.
    pub terms: Terms,
    /// The kinds of entries.
    pub scope: Scope,
    /// Only conversations of this agent.
    pub agent: Option<Agent>,
    /// Only conversations of this project, by its short name.
    pub project: Option<String>,
    /// Only entries of this time. One without a time is only in a range without ends.
    pub range: Range,
    /// Only conversations in which a tool was called for this file or folder: the end of its path, or all of it. Without
    /// terms, those calls are the hits.
    pub touched: Option<String>,
    /// Not this conversation.
    pub except: Option<String>,
    /// Only these conversations.
    pub only: Option<HashSet<String>>,
    /// At most so many hits of one conversation or record; the last of them says how many more there are.
    pub most_each: Option<usize>,
    /// How snippets are made; `None`: no snippets.
    pub form: Option<Form>,
    /// Whether hits need not name their session, project, folder and title.
    pub is_bare: bool,
}

impl Query {
    /// Whether is looked in a conversation with this id, or in the records of one.
    fn is_in(&self, conversation: Option<&str>) -> bool {
        (self.except.is_none() || self.except.as_deref() != conversation)
            && self.only.as_ref().is_none_or(|only| conversation.is_some_and(|id| only.contains(id)))
    }
}

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The client's id of the conversation; `None` for a record without one.
    pub conversation: Option<String>,
    /// The newest session record of the conversation.
    pub session_id: Option<String>,
    /// Whose conversation it is.
    pub agent: Agent,
    /// Where its logs are; `None` for a record.
    pub place: Option<Place>,
    /// The short name of its project.
    pub project: Option<String>,
    /// The folder in which it began.
    pub cwd: Option<String>,
    /// What it is called; masked, one line.
    pub title: Option<String>,
    /// The anchor of the entry; for a record the place in it.
    pub entry: String,
    /// The thread of the entry.
    pub thread: String,
    /// The turn of the entry; `None` for a record.
    pub turn: Option<u64>,
    /// The entry's kind, or `record`.
    pub kind: &'static str,
    /// When it was written.
    pub at: Option<Instant>,
    /// What it says.
    pub snippet: Snippet,
    /// Number of further hits of the same conversation that are not told; see [`Query::most_each`].
    pub more: u64,
}

/// How many hits of one conversation are enough for people, who look for the conversation.
pub const FEW: usize = 3;

/// The word for a text of a session record in [`Hit::kind`].
pub const RECORD: &str = "record";

/// How a search ended.
#[derive(Debug, Default)]
pub struct Searched {
    /// Whether the time was over before everything was looked at.
    pub is_late: bool,
    /// Logs that could not be read to their end.
    pub unread: Vec<(PathBuf, io::Error)>,
}

/// Number of threads that look for something: more would only wait for the disk, and a search is never in the way of
/// others.
const THREADS: usize = 2;

/// Passes everything that is found to `each`, in order, until it breaks off or `until` is over.
pub fn search<'a>(
    catalog: &'a Catalog,
    store: &'a Store,
    query: &'a Query,
    until: Option<time::Instant>,
    each: &'a mut (dyn FnMut(Hit) -> ControlFlow<()> + Send + 'a),
) -> Searched {
    let work = Work::new(catalog, store, query, until);
    let order = Order::new(each);
    let next = AtomicUsize::new(0);
    let others = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS) - 1;
    std::thread::scope(|scope| {
        // If the system refuses a thread, the others do its work.
        let start = || std::thread::Builder::new().spawn_scoped(scope, || work.run(&order, &next));
        (0..others).for_each(|_| drop(start()));
        work.run(&order, &next);
    });
    work.into_searched()
}

#[cfg(test)]
mod tests;
