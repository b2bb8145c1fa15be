//! Owns the data derived from records for each project: its registration in `config.json`, and its state in `projects/`
//! (`context/` is in `context.rs`). Must stay true: a project is identified by the path of its main work tree; the slug is
//! only its name; counts follow the index by difference, and are counted anew when that cannot be right.

use super::stored::{Before, Stored};
use super::{Context, Store};
use crate::clock::{self, Instant};
use crate::config;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::git::identity;
use crate::id::{SessionId, Slug};
use crate::index::Standing;
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::project::{self, Counts, ProjectState};
use crate::record::{Session, Status};
use crate::validate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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

    /// Changes a group of `config.json`; `change` gets its text and returns the new one. Whether that changed anything.
    pub fn change_group(
        &self,
        group: &str,
        change: impl Fn(&str) -> std::result::Result<String, String>,
    ) -> Result<bool> {
        self.change_config(|file, before| config::replace_group(file, before, group, &change))
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

    /// Counts all sessions of all projects. Needs the lock of the index, whose file is counted as it is: later changes
    /// are added when they are stored in it.
    pub(super) fn count_projects(&self, now: Instant) {
        let dirs = [self.home.projects_dir(), self.home.context_dir()];
        let stems = dirs.iter().flat_map(|dir| file::stems(dir, ".json").unwrap_or_default());
        let known: BTreeSet<Slug> = stems.filter_map(|stem| Slug::parse(&stem).ok()).collect();
        // A power failure may have lost the files of some.
        let _ = self.count_some(true, known, &BTreeMap::new(), now);
    }

    /// Counts all sessions of these projects in the same way.
    pub(super) fn count_these(&self, slugs: BTreeSet<Slug>, now: Instant) -> Result<()> {
        self.count_some(false, slugs, &BTreeMap::new(), now).map(drop)
    }

    /// Counts all sessions of these projects, and with `all` of those in the index; these sessions of them changed. Returns
    /// whether one was locked. The index is read once for all, because it may be large.
    fn count_some(
        &self,
        all: bool,
        mut slugs: BTreeSet<Slug>,
        changes: &BTreeMap<Slug, Difference>,
        now: Instant,
    ) -> Result<bool> {
        // A hook may have put into the context what the index has not yet.
        let (text, newest) = (self.stored_index()?, self.index()?);
        let (text, newest) = (text.standings_of_all(), newest.standings_of_all());
        slugs.extend(text.keys().filter(|_| all).filter_map(|slug| Slug::parse(slug).ok()));
        let (store, mut is_busy) = (self.hurried(), false);
        for slug in &slugs {
            let counted = store.update_project(slug, |state| {
                let counts = count(of(&text, slug));
                let mut context = self.make_context(of(&newest, slug), now);
                context.belong_to(counts);
                self.put_counts(slug, state, (counts, context), changes.get(slug), now)
            });
            if let Err(error) = counted {
                self.have_counted(slug);
                is_busy |= matches!(error, Error::Busy(_));
            }
        }
        Ok(is_busy)
    }

    /// Puts counts into the state of a project, with what else follows from sessions that changed, and writes its context.
    fn put_counts(
        &self,
        slug: &Slug,
        state: &mut ProjectState,
        (counts, context): (Counts, Context),
        change: Option<&Difference>,
        now: Instant,
    ) -> Result<()> {
        project::count(state, counts);
        for session in change.into_iter().flat_map(|change| &change.came) {
            project::refresh(state, &session.commits, &session.open_questions, now);
        }
        if self.kept_context(slug).as_ref() == Some(&context) { Ok(()) } else { self.write_context(slug, &context) }
    }

    /// While the index is locked, nobody waits long for a project: others would wait for both.
    fn hurried(&self) -> Store {
        Store { wait: self.wait.min(lock::HOOK_WAIT), ..self.clone() }
    }

    /// Without a context, the next change of the project has all its sessions counted. Both are caches, so errors are
    /// ignored.
    fn have_counted(&self, slug: &Slug) {
        let _ = file::remove(&self.home.context(slug));
    }

    /// Updates the projects' counts and contexts after entries were stored: by the difference, if it is known. Needs the
    /// lock of the index. Both are caches, so errors are ignored; returns whether a project was locked, so that it is worth
    /// another try.
    pub(super) fn refresh_projects(&self, stored: &[Stored], now: Instant) -> bool {
        let mut changes: BTreeMap<Slug, Difference> = BTreeMap::new();
        let slug_of = |slug: &str| Slug::parse(slug).ok();
        for one in stored {
            let after = one.after.as_ref();
            let ours = after.and_then(|session| slug_of(&session.project_slug));
            let was = match &one.before {
                Before::Entry(slug, status) => slug_of(slug).map(|slug| (slug, *status)),
                Before::Unknown | Before::Nothing => None,
            };
            if let Some((slug, status)) = was {
                let change = changes.entry(slug.clone()).or_default();
                change.left.push(status);
                if ours.as_ref() != Some(&slug) {
                    change.gone.push(&one.id);
                }
            }
            if let (Some(slug), Some(session)) = (ours, after) {
                let change = changes.entry(slug).or_default();
                change.came.push(session);
                change.is_unknown |= one.before == Before::Unknown;
            }
        }
        // The project of a session that is gone is not known, so then all are counted.
        if stored.iter().any(|one| one.after.is_none() && one.before == Before::Unknown) {
            self.count_projects(now);
        }
        let store = self.hurried();
        let (mut is_busy, mut uncounted) = (false, BTreeSet::new());
        for (slug, change) in &changes {
            match store.apply(slug, change, now) {
                Ok(true) => {}
                Ok(false) => drop(uncounted.insert(slug.clone())),
                Err(error) => {
                    self.have_counted(slug);
                    is_busy |= matches!(error, Error::Busy(_));
                }
            }
        }
        if uncounted.is_empty() {
            return is_busy;
        }
        let counted = self.count_some(false, uncounted.clone(), &changes, now);
        is_busy
            | counted.unwrap_or_else(|_| {
                uncounted.iter().for_each(|slug| self.have_counted(slug));
                false
            })
    }

    /// Applies what changed in a project; `false` if its sessions must be counted.
    fn apply(&self, slug: &Slug, change: &Difference, now: Instant) -> Result<bool> {
        let paths = [self.home.project(slug), self.home.context(slug)];
        if change.came.is_empty() && paths.iter().all(|path| super::is_absent(path)) {
            return Ok(true);
        }
        let mut is_known = true;
        self.update_project(slug, |state| {
            let kept = self.kept_context(slug);
            let is_of = |kept: &&Context| project::counts(state).is_some_and(|counts| kept.is_of(counts));
            let known = kept.as_ref().filter(|_| !change.is_unknown).filter(is_of);
            let counts = known.and_then(|_| change.counts(state));
            let context = known.zip(counts).and_then(|(known, counts)| {
                let mut context = known.clone();
                change.gone.iter().for_each(|id| context.leave(id.as_str()));
                change.came.iter().for_each(|session| context.take(session, Some(counts), now));
                self.settle(&mut context, known, &change.came);
                context.belong_to(counts);
                (!context.is_short(counts)).then_some((counts, context))
            });
            is_known = context.is_some();
            context.map_or(Ok(()), |known| self.put_counts(slug, state, known, Some(change), now))
        })?;
        Ok(is_known)
    }
}

/// What changed in a project.
#[derive(Default)]
struct Difference<'a> {
    /// The status that each session had.
    left: Vec<Status>,
    /// Sessions that are no longer in it.
    gone: Vec<&'a SessionId>,
    /// The sessions as they are now.
    came: Vec<&'a Session>,
    /// Whether it is not known what one of them was before.
    is_unknown: bool,
}

impl Difference<'_> {
    /// The new counts; `None` if the old ones cannot be right, or no session was ever counted.
    fn counts(&self, state: &ProjectState) -> Option<Counts> {
        let mut counts = project::counts(state).filter(|_| !state.last_activity.is_empty())?;
        self.came.iter().for_each(|session| counts.add(session.status));
        self.left.iter().try_for_each(|status| counts.subtract(*status))?;
        Some(counts)
    }
}

/// Whether the bytes are blank, as a power failure may leave a file.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
}

fn of<'a, 's>(all: &'a BTreeMap<String, Vec<Standing<'s>>>, slug: &Slug) -> &'a [Standing<'s>] {
    all.get(slug.as_str()).map_or(&[], Vec::as_slice)
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
