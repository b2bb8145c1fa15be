//! Owns everything that was read from the store and is kept between requests.

use super::archive::Archive;
use super::conversations::Conversations;
use super::diagnosis::Diagnosis;
use super::history::TasksDone;
use super::index_rows::IndexRows;
use super::keeper::Keeper;
use super::limits::Pasts;
use super::machines::Machines;
use super::search::Search;
use super::usage::{Rollup, Usage};
use agents::logs::Roots;
use cs_core::Result;
use cs_core::store::Store;
use std::sync::Arc;

/// All caches.
#[derive(Debug)]
pub struct Caches {
    pub keeper: Keeper,
    pub search: Search,
    pub tasks_done: TasksDone,
    pub usage: Usage,
    pub conversations: Conversations,
    /// Windows of limits.
    pub limits: Pasts,
    /// Why nothing is recorded.
    pub diagnosis: Diagnosis,
    /// Other machines.
    pub machines: Machines,
    archive: Archive,
}

impl Caches {
    /// Creates empty caches.
    pub fn new(store: Store, roots: Roots) -> Self {
        Caches {
            keeper: Keeper::new(store),
            archive: Archive::default(),
            diagnosis: Diagnosis::default(),
            machines: Machines::default(),
            search: Search::default(),
            tasks_done: TasksDone::default(),
            usage: Usage::default(),
            limits: Pasts::default(),
            conversations: Conversations::new(roots),
        }
    }

    /// The store that the caches are read from.
    pub fn store(&self) -> &Store {
        &self.keeper.store
    }

    /// All archived sessions.
    pub fn archived(&self) -> Result<Arc<IndexRows>> {
        self.archive.rows(self.store())
    }

    /// All usage; `None` if it was never counted.
    pub fn used(&self) -> Option<Arc<Rollup>> {
        self.usage.used(self.store())
    }
}
