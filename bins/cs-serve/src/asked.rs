//! Owns the input of an answer: one snapshot of the store, the query, and the page's template.

use crate::http::{Refusal, Reply};
use crate::pages::Pages;
use crate::query::Query;
use crate::view::history::{self, Day};
use crate::view::limits::Known;
use crate::view::listing::{self, Listing};
use crate::view::{Caches, Snapshot};
use cs_core::clock;
use cs_core::store::Store;
use cs_core::zone::Zone;
use serde::Serialize;
use std::sync::Arc;

/// The input of an answer.
pub struct Asked<'a> {
    pub caches: &'a Arc<Caches>,
    pub snapshot: Arc<Snapshot>,
    pub query: Query,
    pub path: &'a str,
    pub pages: &'a Arc<Pages>,
    /// The name of the page's template; empty for the API.
    pub template: &'static str,
    /// Whether conversations may be shown.
    pub is_of_owner: bool,
}

impl Asked<'_> {
    /// The store, for what no snapshot has.
    pub fn store(&self) -> &Store {
        self.caches.store()
    }

    /// The sessions that the query selects.
    pub fn listing(&self) -> Result<Listing, Refusal> {
        Ok(listing::list(self.caches, &self.snapshot, &self.query)?)
    }

    /// The last year, archived sessions included.
    pub fn days(&self) -> Result<Vec<Day>, Refusal> {
        let archived = self.caches.archived()?;
        Ok(history::days(self.snapshot.rows.iter().chain(archived.iter()), Zone::system(), clock::now()))
    }

    /// All that is known about limits.
    pub fn limits(&self) -> Known {
        self.caches.limits.all(self.store(), clock::now())
    }

    /// The page: its template, filled in with this value.
    pub fn render(&self, value: &impl Serialize) -> Result<Reply, Refusal> {
        self.pages.render(self.template, value)
    }
}
