//! Owns the data derived from records for each project: its registration in `config.json`, its state in `projects/`,
//! and `context/<slug>.json`, which a new conversation there receives. Must stay true: a project is identified by the
//! path of its main work tree; the slug is only its name.

use super::Store;
use crate::clock::{self, Instant};
use crate::config;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::git::identity;
use crate::id::{SessionId, Slug};
use crate::index::Standing;
use crate::lock::{self, Lock};
use crate::masked;
use crate::paths::Home;
use crate::project::{self, Counts, ProjectState};
use crate::record::{Session, Status};
use crate::validate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The context that a new conversation in a project gets; a cache of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// Newest first, at most [`PARKED`].
    #[serde(default)]
    pub parked: Vec<Parked>,
    /// Open steps of the session that ended last.
    #[serde(default)]
    pub last: Option<Last>,
}

/// A parked session, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    pub session_id: String,
    pub intent: String,
    #[serde(default)]
    pub reason: String,
}

/// The session that ended last, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    pub session_id: String,
    pub intent: String,
    #[serde(default)]
    pub next_steps: Vec<String>,
}

impl Context {
    /// The context after one session has changed.
    fn with(mut self, session: &Session) -> Self {
        let is_it = |id: &str| id == session.session_id;
        self.parked.retain(|parked| !is_it(&parked.session_id));
        if session.status == Status::Parked {
            self.parked.insert(0, Parked::of(session));
            self.parked.truncate(PARKED);
        }
        if session.status != Status::Active {
            self.last = Last::of(session);
        } else if self.last.as_ref().is_some_and(|last| is_it(&last.session_id)) {
            self.last = None;
        }
        self
    }
}

impl Parked {
    fn of(session: &Session) -> Self {
        let mut parked = Parked {
            session_id: session.session_id.clone(),
            intent: session.intent.clone(),
            reason: session.parked_reason.clone().unwrap_or_default(),
        };
        // The record may have been written by a version without masking.
        [&mut parked.intent, &mut parked.reason].into_iter().for_each(masked::text);
        parked
    }
}

impl Last {
    /// `None` if nothing is left to do.
    fn of(session: &Session) -> Option<Self> {
        let (session_id, intent) = (session.session_id.clone(), session.intent.clone());
        let mut last = Last { session_id, intent, next_steps: session.next_steps.clone() };
        [&mut last.intent].into_iter().chain(&mut last.next_steps).for_each(masked::text);
        (!last.next_steps.is_empty()).then_some(last)
    }
}

/// Maximum number of parked sessions that a context names.
const PARKED: usize = 5;

impl Store {
    /// The slug of the project whose main work tree is `path`; registers it if it is new. A second repository with the
    /// same base name gets `-2`, and so on.
    pub fn register(&self, path: &str, name: Option<&str>, now: Instant) -> Result<Slug> {
        validate::path("path", path)?;
        let name = validate::optional("project name", name, validate::PROJECT_NAME)?;
        if name.is_none()
            && let Some(slug) = self.config().project_of(path)
        {
            return Slug::parse(slug);
        }
        let file = self.home.config();
        let repo = identity::at_once(Path::new(path));
        self.until_confirmed(|| {
            let lock = lock::acquire(&Home::lock_of(&file), self.wait)?;
            let before = file::read(&file)?;
            let (slug, text) = config::register(&file, before.as_deref(), path, name.as_deref(), repo.as_deref(), now)?;
            if let Some(text) = text {
                replace(&lock, &file, &text)?;
            }
            Ok(slug)
        })
    }

    /// Changes the text of `config.json`, which is created if needed, under its lock.
    /// Returns whether that changed anything.
    pub(super) fn change_config(&self, change: impl Fn(&Path, &[u8]) -> Result<Vec<u8>>) -> Result<bool> {
        let file = self.home.config();
        self.until_confirmed(|| {
            let lock = lock::acquire(&Home::lock_of(&file), self.wait)?;
            let before = file::read(&file)?.unwrap_or_else(|| config::FRESH.into());
            let text = change(&file, &before)?;
            if text == before { Ok(false) } else { replace(&lock, &file, &text).map(|()| true) }
        })
    }

    /// Switches notices on or off in `config.json`; whether that changed anything.
    pub fn switch_notifications(&self, on: bool) -> Result<bool> {
        self.change_config(|file, before| config::switch_notifications(file, before, on))
    }

    /// The state of a project; an empty one if the file is missing or blank.
    pub fn project(&self, slug: &Slug) -> Result<ProjectState> {
        let path = self.home.project(slug);
        match file::read(&path)?.filter(|bytes| !is_blank(bytes)) {
            None => Ok(ProjectState { project_slug: slug.to_string(), ..ProjectState::default() }),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string())),
        }
    }

    /// Changes the state of a project under its lock and returns it.
    pub fn update_project(
        &self,
        slug: &Slug,
        mut change: impl FnMut(&mut ProjectState) -> Result<()>,
    ) -> Result<ProjectState> {
        let path = self.home.project(slug);
        self.until_confirmed(|| {
            let lock = lock::acquire(&Home::lock_of(&path), self.wait)?;
            let mut state = match self.project(slug) {
                // A damaged file is set aside, and the change is applied to an empty state.
                Err(Error::Corrupt { reason, .. }) => {
                    self.put_away(&path, &reason, "cs-project update", clock::now())?;
                    self.project(slug)?
                }
                other => other?,
            };
            let before = state.clone();
            change(&mut state)?;
            if state != before {
                replace_json(&lock, &path, &state)?;
            }
            Ok(state)
        })
    }

    /// The numbers of the project's sessions, according to the index.
    pub fn counts(&self, slug: &str) -> Result<Counts> {
        Ok(count(&self.index()?.standings(slug)))
    }

    /// Updates a project's counts and context after a session has changed. Both are caches, so errors are ignored. The
    /// index is read under the project's lock, so the last writer has seen the most.
    pub(super) fn refresh_project(&self, session: &Session, now: Instant) {
        let Ok(slug) = Slug::parse(&session.project_slug) else { return };
        let refreshed = self.update_project(&slug, |state| {
            let text = self.index()?;
            let standings = text.standings(slug.as_str());
            project::refresh(state, count(&standings), &session.commits, &session.open_questions, now);
            let context = serde_json::to_vec(&self.make_context(&standings, &clock::horizon(now))).unwrap_or_default();
            file::replace(&self.home.context(&slug), &context, Durability::Disposable)
        });
        // Both are written again at the next change.
        drop(refreshed);
    }

    /// [`Store::refresh_project`] for each project of these sessions. The project of a session that was deleted is not
    /// known here, so then all projects are counted.
    pub(super) fn refresh_projects(&self, ids: &[SessionId], now: Instant) {
        let mut is_any_gone = false;
        for id in ids {
            match self.session(id) {
                Ok(session) => self.refresh_project(&session, now),
                Err(Error::Missing(_)) => is_any_gone = true,
                Err(_) => {}
            }
        }
        let dirs = [self.home.projects_dir(), self.home.context_dir()];
        let stems = dirs.iter().filter(|_| is_any_gone).flat_map(|dir| file::stems(dir, ".json").unwrap_or_default());
        let slugs: BTreeSet<Slug> = stems.filter_map(|stem| Slug::parse(&stem).ok()).collect();
        // Caches, as above.
        slugs.iter().for_each(|slug| drop(self.recount(slug, now, |_| {})));
    }

    /// Updates a project's counts and context after a session was deleted, and changes its state.
    pub(super) fn recount(&self, slug: &Slug, now: Instant, change: impl Fn(&mut ProjectState)) -> Result<()> {
        if [self.home.project(slug), self.home.context(slug)].iter().all(|path| super::is_absent(path)) {
            return Ok(());
        }
        let counted = self.update_project(slug, |state| {
            let text = self.index()?;
            let standings = text.standings(slug.as_str());
            change(state);
            project::count(state, count(&standings));
            let context = self.make_context(&standings, &clock::horizon(now));
            if context != self.context(slug) {
                let bytes = serde_json::to_vec(&context).unwrap_or_default();
                file::replace(&self.home.context(slug), &bytes, Durability::Disposable)?;
            }
            Ok(())
        });
        counted.map(drop)
    }

    /// Updates the context of the next conversation after one session has changed, without reading any other.
    pub(super) fn refresh_context(&self, session: &Session) {
        let Ok(slug) = Slug::parse(&session.project_slug) else { return };
        let before = self.context(&slug);
        let after = before.clone().with(session);
        if after != before {
            let bytes = serde_json::to_vec(&after).unwrap_or_default();
            // A cache: it is rebuilt from the records at the next opportunity.
            let _ = file::replace(&self.home.context(&slug), &bytes, Durability::Disposable);
        }
    }

    fn make_context(&self, standings: &[Standing], horizon: &str) -> Context {
        let rank = |one: &Standing| one.ended_at.as_deref().map(|at| clock::sort_key(at, horizon).0);
        // If several ended at once, the oldest counts as the last.
        let order = |a: &&Standing, b: &&Standing| {
            (rank(a), &a.ended_at).cmp(&(rank(b), &b.ended_at)).then_with(|| b.id.cmp(&a.id))
        };
        let mut parked: Vec<&Standing> = standings.iter().filter(|one| one.status == Status::Parked).collect();
        parked.sort_by(|a, b| order(b, a));
        let record = |one: &Standing| self.session(&SessionId::parse(&one.id).ok()?).ok();
        let parked = parked.into_iter().take(PARKED).filter_map(record).map(|session| Parked::of(&session));
        let ended = standings.iter().filter(|one| one.status != Status::Active);
        let last = ended.max_by(order).and_then(record).and_then(|session| Last::of(&session));
        Context { parked: parked.collect(), last }
    }

    /// The context for a new conversation in the project; empty if nothing is known.
    pub fn context(&self, slug: &Slug) -> Context {
        let bytes = file::read(&self.home.context(slug)).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

/// Whether the bytes are blank, as a power failure may leave a file.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
}

fn count(standings: &[Standing]) -> Counts {
    let mut counts = Counts::default();
    standings.iter().for_each(|one| counts.add(one.status));
    counts
}

/// Replaces the value in a file that people may read, if every reader accepts it and the lock file was not
/// replaced.
fn replace_json(lock: &Lock, path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    replace(lock, path, &bytes)
}

/// The same with bytes.
pub(super) fn replace(lock: &Lock, path: &Path, bytes: &[u8]) -> Result<()> {
    if !file::can_be_read(bytes) {
        return Err(Error::Refused(format!("{} is full: a larger file could not be read", path.display())));
    }
    let staged = file::stage(path, bytes, Durability::Synced)?;
    lock.confirm()?;
    staged.replace()
}
