//! Owns removing and hiding projects. Must stay true: a project with sessions is not removed; its state, which people
//! wrote, moves to `quarantine/`; the registration changes last, so that a removal that was killed can be repeated.

use super::Store;
use crate::clock::Instant;
use crate::config;
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Slug};
use crate::index;
use crate::lock;
use crate::paths::Home;
use crate::record::Session;
use serde::Serialize;
use std::path::PathBuf;

/// The result of a removal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removed {
    /// The project that was removed.
    pub project_slug: String,
    /// Its folder, which was not touched, if it was registered.
    pub path: Option<String>,
    /// Where its state is now, if it had one.
    pub to: Option<PathBuf>,
}

/// The name of the program in the notes.
const BY: &str = "cs-project remove";

impl Store {
    /// Removes a project without sessions: its registration, state and context.
    pub fn remove_project(&self, slug: &Slug, now: Instant) -> Result<Removed> {
        self.must_be_empty(slug)?;
        let known = self.config().projects.remove(slug.as_str());
        let state = self.home.project(slug);
        let lock = lock::acquire(&Home::lock_of(&state), self.wait)?;
        let to = match super::exists(&state)? {
            true => Some(self.put_away(&state, "the project was removed", BY, now)?),
            false => None,
        };
        file::remove(&self.home.context(slug))?;
        lock.remove()?;
        if !super::is_absent(&self.home.config()) {
            self.change_config(|file, before| config::forget(file, before, slug))?;
        }
        Ok(Removed { project_slug: slug.to_string(), path: known.map(|project| project.path), to })
    }

    /// Refuses if the project has sessions.
    pub fn must_be_empty(&self, slug: &Slug) -> Result<()> {
        let count = match self.sessions_in(slug)?.len() {
            0 => return Ok(()),
            1 => "1 session".to_string(),
            sessions => format!("{sessions} sessions"),
        };
        Err(Error::Refused(format!("{slug} has {count} and was not removed; --with-sessions deletes them, too")))
    }

    /// Hides a project in overviews, or shows it again.
    pub fn hide_project(&self, slug: &Slug, is_hidden: bool) -> Result<()> {
        if self.config().is_hidden(slug.as_str()) == is_hidden {
            return Ok(());
        }
        self.change_config(|file, before| config::hide(file, before, slug, is_hidden)).map(drop)
    }

    /// All sessions of a project, archived ones included.
    pub fn sessions_in(&self, slug: &Slug) -> Result<Vec<SessionId>> {
        let index = self.index()?;
        let entries = index.entries(index::of_project(slug.as_str()));
        let mut ids: Vec<SessionId> = entries.into_iter().map(|(id, _)| id).collect();
        let is_its = |session: Session| session.project_slug == slug.as_str();
        let archived = self.ids(&self.home.archive())?.into_iter();
        ids.extend(archived.filter(|id| self.session(id).is_ok_and(is_its)));
        ids.dedup();
        Ok(ids)
    }
}
