//! Owns the search in conversations: what a query finds, as both pages and the API show it.
//! Must stay true: one search at a time, two seconds at most, so that no other request waits for it.

use super::conversations::Conversations;
use crate::http::Refusal;
use crate::query::Query;
use conversations::Catalog;
use conversations::search::{self, Form, Hit, Terms};
use cs_core::clock;
use cs_core::store::Store;
use serde::Serialize;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The longest search.
const TIME: Duration = Duration::from_secs(2);

/// What a search found.
#[derive(Debug, Default, Serialize)]
pub struct Finding {
    /// The newest conversation first; the first [`search::FEW`] of each.
    pub hits: Vec<ShownHit>,
    /// Whether there are more than were asked for.
    pub is_cut: bool,
    /// Whether the time was over before everything was looked at.
    pub is_late: bool,
    /// Number of logs that could not be read to their end.
    pub unread: usize,
}

/// A place in a conversation.
#[derive(Debug, Serialize)]
pub struct ShownHit {
    pub conversation: Option<String>,
    pub session_id: Option<String>,
    pub agent: &'static str,
    pub project: Option<String>,
    pub title: Option<String>,
    pub entry: String,
    pub thread: String,
    pub turn: Option<u64>,
    pub kind: &'static str,
    pub at: Option<String>,
    pub snippet: String,
    /// Where the words are in the snippet: from which character to before which.
    pub spans: Vec<(usize, usize)>,
    /// Number of further hits in the same conversation, which are left out.
    pub more: u64,
}

impl Conversations {
    /// What was said with all words of a query, and its project and times. Session records are left out: the list of
    /// sessions has them.
    pub fn search(&self, store: &Store, query: &Query) -> Result<Finding, Refusal> {
        let Ok(_one) = self.searching.try_lock() else { return Err(busy()) };
        let until = Instant::now() + TIME;
        // Without capital letters, as everywhere in the dashboard: a phone writes the first letter as one.
        let terms = Terms::of_words(&query.words());
        let mut finding = Finding::default();
        if terms.is_empty() {
            return Ok(finding);
        }
        let wanted = search::Query {
            terms,
            scope: search::Scope { has_records: false, ..search::Scope::default() },
            project: query.project.as_ref().map(ToString::to_string),
            range: query.range(clock::now()),
            form: Some(Form::default()),
            most_each: Some(search::FEW),
            ..search::Query::default()
        };
        let only = match &query.tag {
            Some(tag) => {
                let tags = marks::Tags::read(store)?;
                let wanted = std::slice::from_ref(tag);
                Some(tags.ids().filter(|uuid| tags.fit(uuid, wanted, &[])).map(str::to_string).collect())
            }
            None => None,
        };
        let wanted = search::Query { only, ..wanted };
        let mut catalog = Catalog::of(store, self.roots());
        catalog.add_remembered(self.roots());
        let (most, hits) = (query.limit(), &mut finding.hits);
        let mut is_cut = false;
        let searched = search::search(&catalog, store, &wanted, Some(until), &mut |hit| {
            is_cut = hits.len() == most;
            if is_cut {
                return ControlFlow::Break(());
            }
            hits.push(ShownHit::of(hit));
            ControlFlow::Continue(())
        });
        (finding.is_cut, finding.is_late, finding.unread) = (is_cut, searched.is_late, searched.unread.len());
        Ok(finding)
    }
}

fn busy() -> Refusal {
    let text = "another search in conversations is running; try again in a moment";
    Refusal::new(503, "BUSY", text).with("Retry-After", "2")
}

impl ShownHit {
    fn of(hit: Hit) -> Self {
        ShownHit {
            conversation: hit.conversation,
            session_id: hit.session_id,
            agent: hit.agent.word(),
            project: hit.project,
            title: hit.title,
            entry: hit.entry,
            thread: hit.thread,
            turn: hit.turn,
            kind: hit.kind,
            at: hit.at.map(clock::stamp),
            snippet: hit.snippet.text,
            spans: hit.snippet.spans,
            more: hit.more,
        }
    }
}
