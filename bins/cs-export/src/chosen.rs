//! Owns choosing and loading the sessions to export. Must stay true: nothing is written; a damaged record is reported
//! and does not hide others.

use crate::PROGRAM;
use crate::args::{Plan, Which};
use audit::Work;
use cli::{Context, Failures, Outcome, STDIN, found, note, selectors};
use cs_core::clock;
use cs_core::id::{SessionId, Slug};
use cs_core::index::{self, IndexEntry};
use cs_core::project::ProjectState;
use cs_core::record::Session;
use cs_core::state::Verdict;
use cs_core::states::States;
use cs_core::store::{Selector, Store};
use cs_core::usage::Usage;
use cs_core::{Error, Result};
use render::{Document, Project};
use reports::{Known, Records};
use std::collections::{BTreeSet, HashSet};

/// The requested sessions, in the order in which they are shown.
pub struct Chosen {
    pub ids: Vec<SessionId>,
    /// The project of all of them, if a single project was requested.
    pub project: Option<Slug>,
    /// Whether a single session was requested by name: then it is shown alone, without a head.
    pub single: bool,
    /// The names that match nothing, and later the records that cannot be loaded.
    pub failures: Failures,
}

/// A project for the head of a report.
pub struct Head {
    slug: Slug,
    name: String,
    state: ProjectState,
}

impl Head {
    /// The project in the form that the formats take.
    pub fn project(&self) -> Project<'_> {
        Project {
            slug: self.slug.as_str(),
            name: &self.name,
            current_phase: &self.state.current_phase,
            roadmap_summary: &self.state.roadmap_summary,
        }
    }
}

/// A session with everything that is exported.
pub struct Loaded {
    pub session: Session,
    pub verdict: Verdict,
    pub archived: bool,
    /// The usage of its conversation, if there is a summary.
    pub usage: Option<Usage>,
    /// What its calls of tools come to, if any is logged.
    pub work: Option<Work>,
}

impl Loaded {
    /// Replaces what may not be shown.
    pub fn mask(&mut self, store: &Store, records: &mut Records) -> Result<()> {
        let Loaded { session, verdict, usage, work, .. } = self;
        records.show(store, Known { session, verdict, usage, work })
    }

    /// The session in the form that the formats take.
    pub fn document(&self) -> Document<'_> {
        Document::new(&self.session, Some(&self.verdict), self.archived, self.usage.as_ref())
            .with_work(self.work.as_ref())
    }
}

/// The meaning of a name on the command line.
enum Named {
    Session(SessionId),
    Project(Slug),
}

impl Chosen {
    /// Finds the sessions.
    pub fn of(context: &Context, plan: &Plan) -> Outcome<Self> {
        let project = match &plan.which {
            Which::Named(names) => return choose_named(context, plan, names),
            Which::Project(slug) => Some(slug.clone()),
            Which::All => None,
        };
        let ids = find_matching(&context.store, plan, project.as_ref())?;
        Ok(Chosen { ids, project, single: false, failures: Failures::default() })
    }

    /// The head above the sessions of a project.
    pub fn head(&self, context: &Context, records: &mut Records) -> Outcome<Option<Head>> {
        let Some(slug) = &self.project else { return Ok(None) };
        let config = context.config();
        let mut name = config.projects.get(slug.as_str()).map_or(slug.as_str(), |project| &project.name).to_string();
        let mut state = context.store.project(slug)?;
        records.begin_of(&context.store, None)?;
        records.project(&mut name, &mut state);
        Ok(Some(Head { slug: slug.clone(), name, state }))
    }

    /// Reads the records.
    pub fn load(&mut self, context: &Context, plan: &Plan, records: &mut Records) -> Outcome<Vec<Loaded>> {
        let loader = Loader::new(&context.store, context.now)?;
        let mut all = Vec::new();
        for id in &self.ids {
            match loader.load(id) {
                Ok(loaded) if plan.range.contains_text(&loaded.session.started_at) => all.push(loaded),
                Ok(_) => {}
                // Removed since the index was read.
                Err(Error::Missing(_)) if !matches!(plan.which, Which::Named(_)) => {}
                Err(error) if self.ids.len() == 1 => return Err(error.into()),
                Err(error) => self.failures.report(error)?,
            }
        }
        add_work(context, &mut all);
        for loaded in &mut all {
            loaded.mask(&context.store, records)?;
        }
        Ok(all)
    }
}

/// Adds what the calls of tools come to. A log that cannot be read is reported, and the sessions are exported without it.
fn add_work(context: &Context, all: &mut [Loaded]) {
    let sessions: Vec<&Session> = all.iter().map(|loaded| &loaded.session).collect();
    let works = match sessions.as_slice() {
        [one] => Work::read(&context.store, one, context.now).map(|work| vec![work]),
        several => Work::read_all(&context.store, several, context.now),
    };
    match works {
        Ok(works) => all.iter_mut().zip(works).for_each(|(loaded, work)| loaded.work = work),
        Err(error) => cli::defer(&error),
    }
}

/// Reads records with their states.
pub struct Loader<'a> {
    store: &'a Store,
    states: States<'a>,
}

impl<'a> Loader<'a> {
    /// Reads the data from which all states are derived.
    pub fn new(store: &'a Store, now: clock::Instant) -> Outcome<Self> {
        let stale_after = cli::config_of(store).stale_after();
        let states = States::read(store, stale_after, now)?;
        Ok(Loader { store, states })
    }

    /// Loads a session by its id, archived or not.
    pub fn load(&self, id: &SessionId) -> Result<Loaded> {
        let (mut session, path) = self.store.located(id)?;
        let verdict = self.states.settle(&mut session);
        let usage = self.usage(&session);
        Ok(Loaded { archived: path == self.store.home.archived(id), session, verdict, usage, work: None })
    }

    /// Reads the usage summary. A damaged one is reported, and the session is exported without it.
    fn usage(&self, session: &Session) -> Option<Usage> {
        self.store.usage_of(session).unwrap_or_else(|error| {
            cli::defer(&error);
            None
        })
    }
}

fn choose_named(context: &Context, plan: &Plan, names: &[String]) -> Outcome<Chosen> {
    let from_stdin = names.iter().any(|name| name == STDIN);
    let all = selectors(names)?;
    let single = all.len() == 1 && !from_stdin;
    let mut chosen = Chosen { ids: Vec::new(), project: None, single, failures: Failures::default() };
    for name in &all {
        let found = resolve_name(context, plan, name).and_then(|named| match named {
            Named::Session(id) => Ok(vec![id]),
            Named::Project(slug) => {
                chosen.single = false;
                chosen.project = (all.len() == 1).then(|| slug.clone());
                find_matching(&context.store, plan, Some(&slug))
            }
        });
        match found {
            Ok(ids) => chosen.ids.extend(ids),
            Err(failure) if all.len() == 1 => return Err(failure),
            Err(failure) => chosen.failures.report(failure)?,
        }
    }
    let mut seen = HashSet::new();
    chosen.ids.retain(|id| seen.insert(id.clone()));
    Ok(chosen)
}

/// Finds what a name means: a session, else a project. A name that fits several sessions is not a session.
fn resolve_name(context: &Context, plan: &Plan, name: &str) -> Outcome<Named> {
    let store = &context.store;
    let slug = Slug::parse(name).ok();
    let project = || slug.as_ref().filter(|slug| is_project(store, plan, slug)).cloned();
    let error = match Selector::parse(name).and_then(|selector| store.find(&selector)) {
        Ok(id) => {
            if let Some(slug) = project().filter(|_| id.as_str() != name) {
                note(PROGRAM, &format!("{slug} means the session {id} here; --project {slug} means the project"));
            }
            return Ok(Named::Session(id));
        }
        Err(error @ (Error::Missing(_) | Error::Refused(_) | Error::Invalid(_))) => error,
        Err(error) => return Err(error.into()),
    };
    match (project(), error) {
        (Some(slug), _) => Ok(Named::Project(slug)),
        (None, Error::Refused(text)) => Err(Error::Refused(text).into()),
        (None, error) if slug.is_none() => Err(error.into()),
        (None, _) => {
            let text = format!("no session and no project {name:?}; cs-session list and cs-project list show all");
            Err(found::unknown_name(text, name, &found::slugs(store)))
        }
    }
}

/// Whether a project exists: it is registered, or a session names it.
fn is_project(store: &Store, plan: &Plan, slug: &Slug) -> bool {
    store.config().projects.contains_key(slug.as_str())
        || Found::of(store, plan, Some(slug)).is_ok_and(|found| !found.sessions.is_empty())
}

/// Finds all sessions, or those of a project, in the requested range, newest first. Damaged records of any project come
/// last; loading reports them.
fn find_matching(store: &Store, plan: &Plan, project: Option<&Slug>) -> Outcome<Vec<SessionId>> {
    let Found { mut sessions, damaged } = Found::of(store, plan, project)?;
    sessions.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| b.id.cmp(&a.id)));
    sessions.dedup_by(|a, b| a.id == b.id);
    Ok(sessions.into_iter().map(|session| session.id).chain(damaged).collect())
}

/// The sessions of the index and of the archive that fit, and damaged records, which the index does not have.
struct Found {
    sessions: Vec<Fit>,
    damaged: Vec<SessionId>,
}

/// A session that fits the request.
struct Fit {
    id: SessionId,
    started_at: String,
}

impl Found {
    fn of(store: &Store, plan: &Plan, project: Option<&Slug>) -> Outcome<Self> {
        let fit = |id: SessionId, entry: &IndexEntry| {
            let fits = project.is_none_or(|slug| entry.project_slug == slug.as_str())
                && plan.range.contains_text(&entry.started_at);
            fits.then(|| Fit { id, started_at: entry.started_at.to_string() })
        };
        let line = project.map(|slug| index::of_project(slug.as_str()));
        let index = store.index()?;
        let entries = index.entries(|text| line.as_ref().is_none_or(|fits| fits(text)));
        let mut found = Found {
            sessions: entries.into_iter().filter_map(|(id, entry)| fit(id, &entry)).collect(),
            damaged: Vec::new(),
        };
        let listed = index.ids(|_| true);
        let mut others: BTreeSet<SessionId> = store.ids(&store.home.sessions())?.into_iter().collect();
        others.retain(|id| listed.binary_search(id).is_err());
        if plan.include_archived {
            others.extend(store.ids(&store.home.archive())?);
        }
        for id in others {
            match store.session(&id) {
                Ok(session) => found.sessions.extend(fit(id, &IndexEntry::of(&session))),
                Err(Error::Missing(_)) => {}
                Err(_) => found.damaged.push(id),
            }
        }
        Ok(found)
    }
}
