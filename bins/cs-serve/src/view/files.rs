//! Owns the small files that a snapshot is made from, running conversations and states of projects: each is read once
//! and cached while it does not change.

use cs_core::id::{Slug, Uuid};
use cs_core::live::Live;
use cs_core::project::ProjectState;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use cs_core::{Result, file};
use std::collections::BTreeMap;

/// The files of `live/`.
#[derive(Debug, Default)]
pub struct Lives(BTreeMap<String, (Option<Stamp>, Live)>);

impl Lives {
    /// Reads those that have changed.
    pub fn read(&mut self, store: &Store) -> Result<()> {
        let mut before = std::mem::take(&mut self.0);
        for stem in file::stems(&store.home.live_dir(), ".json")? {
            let Ok(uuid) = Uuid::parse(&stem) else { continue };
            let stamp = Stamp::of(&store.home.live(&uuid));
            let known = before.remove(&stem).filter(|(known, _)| unchanged(known.as_ref(), stamp.as_ref()));
            let mut live = match known {
                Some((_, live)) => Some(live),
                None => store.live(&uuid)?,
            };
            store.update_names(live.as_mut_slice());
            self.0.extend(live.map(|live| (stem, (stamp, live))));
        }
        Ok(())
    }

    /// All running conversations.
    pub fn all(&self) -> Vec<Live> {
        self.0.values().map(|(_, live)| live.clone()).collect()
    }
}

/// The files of `projects/`.
#[derive(Debug, Default)]
pub struct ProjectStates(BTreeMap<String, (Stamp, ProjectState)>);

impl ProjectStates {
    /// Reads those that have changed.
    pub fn read(&mut self, store: &Store) -> Result<()> {
        let mut before = std::mem::take(&mut self.0);
        for stem in file::stems(&store.home.projects_dir(), ".json")? {
            let Ok(slug) = Slug::parse(&stem) else { continue };
            let Some(stamp) = Stamp::of(&store.home.project(&slug)) else { continue };
            let state = match before.remove(&stem).filter(|(known, _)| known.still_is(&stamp)) {
                Some((_, state)) => state,
                // A file that cannot be read is only a cache, except for its roadmap, which is then not shown.
                None => store.project(&slug).unwrap_or_default(),
            };
            self.0.insert(stem, (stamp, state));
        }
        Ok(())
    }

    /// The state of a project; the default one if it has no file.
    pub fn of(&self, slug: &str) -> ProjectState {
        self.0.get(slug).map(|(_, state)| state.clone()).unwrap_or_default()
    }
}
