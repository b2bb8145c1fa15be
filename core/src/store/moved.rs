//! Owns what follows when the folder of a project was moved: the project gets its new path and remembers the old one,
//! a project that was registered at the new path meanwhile is absorbed, and sessions that can continue do so there.
//! Must stay true: the registration changes last, so that a move that was killed can be repeated; no statement of a
//! person about either project is lost.

use super::Store;
use crate::clock::Instant;
use crate::config;
use crate::error::{Error, Result};
use crate::file;
use crate::git::{self, identity};
use crate::id::{SessionId, Slug, Uuid};
use crate::index;
use crate::project::ProjectState;
use crate::record::{Session, Status};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The result of a move.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Moved {
    /// The project that was moved.
    pub project_slug: String,
    /// Absolute path before.
    pub from: String,
    /// Absolute path now.
    pub to: String,
    /// The project that was registered at the new path, and is now part of the moved one.
    pub absorbed: Option<String>,
    /// The sessions that were changed for that.
    pub sessions: Vec<String>,
}

impl Store {
    /// Records that a project's folder is now at `to`, the path of a main work tree. Does nothing if that is recorded.
    pub fn move_project(&self, slug: &Slug, to: &str, now: Instant) -> Result<Moved> {
        let config = self.config();
        let Some(project) = config.projects.get(slug.as_str()) else {
            return Err(Error::Missing(format!(
                "no project {:?} is registered; cs-project list shows all",
                slug.as_str()
            )));
        };
        let from = project.path.clone();
        let nothing =
            || Moved { project_slug: slug.to_string(), from: from.clone(), to: to.into(), ..Moved::default() };
        if from == to {
            return Ok(nothing());
        }
        must_be_gone(&from, to)?;
        let there = config.projects.iter().find(|(other, project)| project.path == to && *other != slug.as_str());
        let absorbed = there.map(|(other, _)| Slug::parse(other)).transpose()?;
        let words = absorbed.as_ref().map(|other| self.words_of(slug, other)).transpose()?.flatten();
        // A hook's store does not change the author of the records.
        let hook = Store::for_hooks(self.home.clone(), self.witness);
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
        self.relocate_lives(slug, absorbed.as_ref(), &from, to)?;
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

    /// The statements of people about the absorbed project, if any. The move is refused if both projects have
    /// some, because it is unknown which ones hold.
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

    /// Assigns the running conversations to the moved project and its new path.
    fn relocate_lives(&self, slug: &Slug, absorbed: Option<&Slug>, from: &str, to: &str) -> Result<()> {
        let ours = [Some(slug.as_str()), absorbed.map(Slug::as_str)];
        for stem in file::stems(&self.home.live_dir(), ".json")? {
            let Ok(uuid) = Uuid::parse(&stem) else { continue };
            let _lock = self.lock_live(&uuid)?;
            let Some(mut live) = self.live(&uuid)? else { continue };
            let before = live.clone();
            if live.project_slug.is_some() && ours.contains(&live.project_slug.as_deref()) {
                live.project_slug = Some(slug.to_string());
                live.worktree_root = live.worktree_root.map(|tree| moved_path(&tree, from, to).unwrap_or(tree));
            }
            if live != before {
                self.write_live(&uuid, &live)?;
            }
        }
        Ok(())
    }

    fn write_moved(&self, slug: &Slug, to: &str, absorbed: Option<&Slug>) -> Result<()> {
        self.change_config(|file, before| config::relocate(file, before, slug, to, absorbed)).map(drop)
    }
}

/// Whether a person described where the project stands.
fn is_said(state: &ProjectState) -> bool {
    let roadmap = &state.roadmap_summary;
    let lists = [&roadmap.completed, &roadmap.in_progress, &roadmap.next_up];
    !state.current_phase.is_empty() || lists.iter().any(|list| !list.is_empty())
}

/// Refuses the move if the old folder still is a project of its own: a remainder of the moved folder, or a link to its
/// new path, is not one.
fn must_be_gone(from: &str, to: &str) -> Result<()> {
    let (old, new) = (Path::new(from), Path::new(to));
    let is_link = old.canonicalize().is_ok_and(|real| real == new);
    let is_left_over = || identity::at(old).is_none() && git::checkout_at(old).is_none() && identity::at(new).is_some();
    if is_link || !old.exists() || is_left_over() {
        return Ok(());
    }
    Err(Error::Refused(format!("{from} still exists, so {to} is another project")))
}

/// Assigns a record to the project, and to the folder where it can continue.
fn relocate(record: &mut Session, slug: &Slug, from: &str, to: &str) {
    record.project_slug = slug.to_string();
    let tree = record.worktree_root.as_deref().filter(|_| record.status != Status::Completed);
    if let Some(tree) = tree.and_then(|tree| moved_path(tree, from, to)) {
        record.worktree_root = Some(tree);
    }
}

/// The new path of a folder, if it was moved and exists.
fn moved_path(path: &str, from: &str, to: &str) -> Option<String> {
    let rest = Path::new(path).strip_prefix(from).ok()?;
    // Joining an empty path would add a slash at the end, which records do not have.
    let moved = if rest.as_os_str().is_empty() { PathBuf::from(to) } else { Path::new(to).join(rest) };
    moved.is_dir().then(|| moved.to_string_lossy().into_owned())
}
