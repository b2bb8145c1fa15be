//! Owns what follows when the folder of a project was moved: the project has its new path and remembers the old one,
//! what was registered at the new path meanwhile becomes a part of it, and what can be gone on with is gone on with
//! there. Must stay true: the registration changes last, so that whoever is killed meanwhile can begin again; a word
//! that a person said about either project is not lost.

use super::Store;
use crate::clock::Instant;
use crate::config;
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Slug, Uuid};
use crate::index;
use crate::lock;
use crate::paths::Home;
use crate::project::ProjectState;
use crate::record::{Session, Status};
use serde::Serialize;
use std::path::Path;

/// What was done.
#[derive(Clone, Debug, Serialize)]
pub struct Moved {
    pub project_slug: String,
    pub from: String,
    pub to: String,
    /// The project that was registered at the new path, and is a part of the moved one now.
    pub absorbed: Option<String>,
    /// The sessions that were changed for that.
    pub sessions: Vec<String>,
}

impl Store {
    /// Notes that a project's folder lies at `to` now, the path of a main work tree.
    pub fn move_project(&self, slug: &Slug, to: &str, now: Instant) -> Result<Moved> {
        let config = self.config();
        let Some(project) = config.projects.get(slug.as_str()) else {
            return Err(Error::Missing(format!("no project {slug} is registered; cs-project list shows all")));
        };
        let from = project.path.clone();
        if from == to {
            return Err(Error::Refused(format!("{slug} lies in {to} already")));
        }
        if Path::new(&from).exists() {
            return Err(Error::Refused(format!("{from} is still there; two folders are two projects")));
        }
        let there = config.projects.iter().find(|(other, project)| project.path == to && *other != slug.as_str());
        let absorbed = there.map(|(other, _)| Slug::parse(other)).transpose()?;
        let words = absorbed.as_ref().map(|other| self.words_of(slug, other)).transpose()?.flatten();
        // Whose the records are does not change.
        let hook = Store::for_hooks(self.home.clone());
        let mut sessions = Vec::new();
        for id in self.sessions_of(slug, absorbed.as_ref())? {
            let before = self.session(&id)?;
            let mut after = before.clone();
            relocate(&mut after, slug, &from, to);
            if after != before {
                hook.update(&id, now, |record| {
                    relocate(record, slug, &from, to);
                    Ok(())
                })?;
                sessions.push(id.to_string());
            }
        }
        if let Some(other) = &absorbed {
            self.give_lives(other, slug)?;
        }
        if let Some(words) = words {
            self.update_project(slug, |state| {
                state.current_phase.clone_from(&words.current_phase);
                state.roadmap_summary.clone_from(&words.roadmap_summary);
                Ok(())
            })?;
        }
        self.write_moved(slug, to, absorbed.as_ref())?;
        if let Some(other) = &absorbed {
            [self.home.project(other), self.home.context(other)].iter().try_for_each(|path| file::remove(path))?;
        }
        let absorbed = absorbed.map(|other| other.to_string());
        Ok(Moved { project_slug: slug.to_string(), from, to: to.to_string(), absorbed, sessions })
    }

    /// What people said about the absorbed project, if anything. Nobody can say whose word holds if both have one.
    fn words_of(&self, slug: &Slug, absorbed: &Slug) -> Result<Option<ProjectState>> {
        let other = self.project(absorbed)?;
        match (is_said(&other), is_said(&self.project(slug)?)) {
            (false, _) => Ok(None),
            (true, false) => Ok(Some(other)),
            (true, true) => Err(Error::Refused(format!(
                "{slug} and {absorbed}, which is registered there, both have a roadmap; bring them together with \
                 cs-project update {slug}, delete {}, and move it again",
                self.home.project(absorbed).display()
            ))),
        }
    }

    /// The sessions of both projects; archived ones are not changed.
    fn sessions_of(&self, slug: &Slug, absorbed: Option<&Slug>) -> Result<Vec<SessionId>> {
        let index = self.index()?;
        let mut ids = Vec::new();
        for slug in [Some(slug), absorbed].into_iter().flatten() {
            ids.extend(index.entries(index::of_project(slug.as_str())).into_iter().map(|(id, _)| id));
        }
        Ok(ids)
    }

    /// Running conversations of the absorbed project are of the moved one.
    fn give_lives(&self, from: &Slug, to: &Slug) -> Result<()> {
        for stem in file::stems(&self.home.live_dir(), ".json")? {
            let Ok(uuid) = Uuid::parse(&stem) else { continue };
            let _lock = self.lock_live(&uuid)?;
            if let Some(mut live) = self.live(&uuid)?.filter(|live| live.project_slug.as_deref() == Some(from.as_str()))
            {
                live.project_slug = Some(to.to_string());
                self.write_live(&uuid, &live)?;
            }
        }
        Ok(())
    }

    fn write_moved(&self, slug: &Slug, to: &str, absorbed: Option<&Slug>) -> Result<()> {
        let file = self.home.config();
        self.until_confirmed(|| {
            let lock = lock::acquire(&Home::lock_of(&file), self.wait)?;
            let before = file::read(&file)?.unwrap_or_default();
            let text = config::relocate(&file, &before, slug, to, absorbed)?;
            super::project::replace(&lock, &file, &text)
        })
    }
}

/// Whether a person said where the project stands.
fn is_said(state: &ProjectState) -> bool {
    let roadmap = &state.roadmap_summary;
    let lists = [&roadmap.completed, &roadmap.in_progress, &roadmap.next_up];
    !state.current_phase.is_empty() || lists.iter().any(|list| !list.is_empty())
}

/// Gives a record the project, and the place where it can be gone on with.
fn relocate(record: &mut Session, slug: &Slug, from: &str, to: &str) {
    record.project_slug = slug.to_string();
    let tree = record.worktree_root.as_deref().filter(|_| record.status != Status::Completed);
    if let Some(rest) = tree.and_then(|tree| Path::new(tree).strip_prefix(from).ok()) {
        let tree = Path::new(to).join(rest);
        let is_there = tree.is_dir();
        record.worktree_root =
            Some(tree.to_string_lossy().into_owned()).filter(|_| is_there).or(record.worktree_root.take());
    }
}
