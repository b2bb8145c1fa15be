//! Owns the overview: every project with its active, waiting, parked and latest completed sessions. The dashboard and
//! `cs-project overview` show this document.
//! Must stay true: it reads the index, the live files, and only the records that it shows in full. A damaged record is
//! listed beside the good ones.

use crate::clock::{self, Instant};
use crate::config::Config;
use crate::error::Result;
use crate::id::{SessionId, Slug};
use crate::index::IndexEntry;
use crate::place::Place;
use crate::project::{Counts, ProjectState, Roadmap};
use crate::record::{Commit, Session, Status, TaskStatus};
use crate::state::State;
use crate::states::States;
use crate::store::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many completed sessions of a project are shown.
const RECENT: usize = 5;
/// How many parked sessions of a project are shown, the newest. They accumulate over years, and each is a file to read.
pub const PARKED: usize = 20;

/// The document.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// Instant, RFC 3339, UTC.
    pub generated_at: String,
    /// Sessions of all projects that are not hidden, by status.
    pub counts: Counts,
    /// Number of sessions in which the user has to act.
    pub needs_user: usize,
    /// Projects with something to do first, then the latest.
    pub projects: Vec<Project>,
    /// Records that cannot be parsed.
    pub damaged: Vec<Damaged>,
}

/// A project and its sessions. Projects with something to do come first, then the latest.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// The project's id.
    pub slug: String,
    /// The name for people.
    pub name: String,
    /// Absolute path; `None` for a project that is not registered.
    pub path: Option<String>,
    /// Whether a person has hidden it; then it is not counted in the overview.
    #[serde(rename = "hidden", skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden: bool,
    /// The phase in people's words; may be empty.
    pub current_phase: String,
    /// Entries that are done, in progress and next.
    pub roadmap_summary: Roadmap,
    /// All sessions of the project, by status.
    pub counts: Counts,
    /// Instant, RFC 3339; empty for a project without sessions.
    pub last_activity: String,
    /// Newest last, at most 20.
    pub open_questions: Vec<String>,
    /// Newest last, at most 20.
    pub recent_commits: Vec<Commit>,
    /// All active sessions.
    pub active: Vec<Summary>,
    /// The newest; `counts` has the number of all.
    pub parked: Vec<Summary>,
    /// The completed sessions that ended last.
    pub recent: Vec<Summary>,
}

impl Overview {
    /// The projects that nobody has hidden.
    pub fn shown(&self) -> impl Iterator<Item = &Project> {
        self.projects.iter().filter(|project| !project.is_hidden)
    }
}

/// A session in short.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// As in the record.
    pub session_id: String,
    /// As in the record.
    pub project_slug: String,
    /// As in the record.
    pub status: Status,
    /// The present activity.
    pub state: State,
    /// The evidence for the state, for people.
    pub state_reason: String,
    /// Why the last turn failed, if nothing happened after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The agent's last message, if it waits for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The terminal in which its conversation runs, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Instant of the evidence for the state, RFC 3339, UTC.
    pub state_at: Option<String>,
    /// Instant since when the session is in that state, RFC 3339, UTC; `None` if it is not known.
    pub state_since: Option<String>,
    /// As in the record.
    pub intent: String,
    /// Instant, RFC 3339.
    pub started_at: String,
    /// Instant, RFC 3339.
    pub ended_at: Option<String>,
    /// Last sign of life, RFC 3339.
    pub last_heartbeat: String,
    /// As in the record.
    pub current_activity: Option<String>,
    /// The action that the user is needed for.
    pub awaiting_action: Option<String>,
    /// As in the record.
    pub outcome: Option<String>,
    /// As in the record.
    pub parked_reason: Option<String>,
    /// At most three.
    pub next_steps: Vec<String>,
    /// Empty when unknown.
    pub git_branch: String,
    /// Absolute path of the work tree's root.
    pub worktree_root: Option<String>,
    /// The agent's word on the wire; never empty.
    pub agent: String,
    /// The agent's conversation, a UUID.
    pub claude_session_id: Option<String>,
    /// How many tasks are done.
    pub tasks: TaskSummary,
    /// Name of the last hook event.
    pub last_event: Option<String>,
    /// Instant, RFC 3339, UTC.
    pub last_event_at: Option<String>,
}

/// The number of tasks of a session. Skipped ones do not count.
#[derive(Clone, Debug, Serialize)]
pub struct TaskSummary {
    /// Completed tasks.
    pub done: usize,
    /// All tasks except skipped ones.
    pub total: usize,
    /// Subject of the task that is in progress.
    pub current: Option<String>,
}

/// A record that cannot be parsed.
#[derive(Clone, Debug, Serialize)]
pub struct Damaged {
    /// The id in the file's name.
    pub session_id: String,
    /// The fault, in words for people.
    pub reason: String,
}

/// The fields of an index entry that an overview needs.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// Session id.
    pub id: &'a str,
    /// As in the record.
    pub project_slug: &'a str,
    /// As in the record.
    pub status: Status,
    /// Instant, RFC 3339.
    pub started_at: &'a str,
    /// Instant, RFC 3339; `None` while the session is active.
    pub ended_at: Option<&'a str>,
    /// Instant, RFC 3339.
    pub last_heartbeat: &'a str,
}

/// Builds the overview, of one project, which may be hidden, or of all. `place_name` names a terminal for people.
pub fn build(
    store: &Store,
    mut config: Config,
    only: Option<&Slug>,
    now: Instant,
    place_name: impl Fn(&Place) -> Option<String>,
) -> Result<Overview> {
    let index = store.index()?;
    let states = States::read(store, config.stale_after(), now)?;
    let entries = match only {
        Some(slug) => index.entries(crate::index::of_project(slug.as_str())),
        None => index.entries(|_| true),
    };
    config.projects.retain(|slug, _| only.is_none_or(|only| only.as_str() == slug));
    if only.is_some() {
        config.show_hidden();
    }
    let briefs: Vec<Brief> = entries.iter().map(|(id, entry)| brief(id, entry)).collect();
    let state = |slug: &str| Slug::parse(slug).and_then(|slug| store.project(&slug)).unwrap_or_default();
    let summary = |id: &str| {
        let session = store.session(&SessionId::parse(id)?)?;
        let place = states.place(id).as_ref().and_then(&place_name);
        Ok(Summary { place, ..summarize(&states, session) })
    };
    let mut overview = assemble(&briefs, &config, state, summary, now);
    overview.damaged.extend(index.damaged().map(|(path, error)| Damaged {
        session_id: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        reason: error.to_string(),
    }));
    Ok(overview)
}

fn brief<'a>(id: &'a SessionId, entry: &'a IndexEntry) -> Brief<'a> {
    Brief {
        id: id.as_str(),
        project_slug: &entry.project_slug,
        status: entry.status,
        started_at: &entry.started_at,
        ended_at: entry.ended_at.as_deref(),
        last_heartbeat: &entry.last_heartbeat,
    }
}

/// Builds the overview of these sessions. `state` returns a project's state, `summary` the summary of a session;
/// callers that have these in memory need not read files.
pub fn assemble(
    briefs: &[Brief],
    config: &Config,
    state: impl Fn(&str) -> ProjectState,
    summary: impl FnMut(&str) -> Result<Summary>,
    now: Instant,
) -> Overview {
    let mut groups: BTreeMap<&str, Vec<&Brief>> = config.projects.keys().map(|slug| (slug.as_str(), vec![])).collect();
    for brief in briefs {
        groups.entry(brief.project_slug).or_default().push(brief);
    }
    let mut builder = Builder { config, summary, damaged: Vec::new(), horizon: clock::horizon(now) };
    let mut projects: Vec<Project> =
        groups.into_iter().map(|(slug, briefs)| builder.project(slug, state(slug), &briefs)).collect();
    projects.sort_by(|a, b| (b.active.len().min(1), &b.last_activity).cmp(&(a.active.len().min(1), &a.last_activity)));
    let mut counts = Counts::default();
    let counted = briefs.iter().filter(|brief| !config.is_hidden(brief.project_slug));
    counted.for_each(|brief| counts.add(brief.status));
    let shown = projects.iter().filter(|project| !project.is_hidden);
    let needs_user = shown.flat_map(|p| &p.active).filter(|summary| summary.state.needs_user()).count();
    Overview { generated_at: clock::stamp(now), counts, needs_user, projects, damaged: builder.damaged }
}

struct Builder<'a, F> {
    config: &'a Config,
    summary: F,
    damaged: Vec<Damaged>,
    /// Later times come from a clock that was ahead.
    horizon: String,
}

impl<F: FnMut(&str) -> Result<Summary>> Builder<'_, F> {
    fn project(&mut self, slug: &str, state: ProjectState, briefs: &[&Brief]) -> Project {
        let registered = self.config.projects.get(slug);
        let mut counts = Counts::default();
        briefs.iter().for_each(|brief| counts.add(brief.status));
        let horizon = self.horizon.clone();
        let mut by_status = |status, most: usize| {
            let mut of: Vec<&&Brief> = briefs.iter().filter(|brief| brief.status == status).collect();
            let rank = |brief: &Brief| clock::sort_key(brief.started_at, &horizon).0;
            of.sort_by(|a, b| (rank(b), b.started_at, b.id).cmp(&(rank(a), a.started_at, a.id)));
            of.into_iter().take(most).filter_map(|brief| self.summary(brief.id)).collect::<Vec<_>>()
        };
        let mut active = by_status(Status::Active, usize::MAX);
        let parked = by_status(Status::Parked, PARKED);
        let recent = by_status(Status::Completed, RECENT);
        active.sort_by_key(|summary| summary.state);
        let latest = briefs.iter().map(|brief| brief.ended_at.unwrap_or(brief.last_heartbeat));
        let latest = latest.chain([state.last_activity.as_str()]).filter(|at| clock::sort_key(at, &self.horizon).0);
        let last_activity = latest.max().unwrap_or_default().to_string();
        Project {
            name: registered.map_or_else(|| slug.to_string(), |project| project.name.clone()),
            path: registered.map(|project| project.path.clone()),
            is_hidden: self.config.is_hidden(slug),
            slug: slug.to_string(),
            current_phase: state.current_phase,
            roadmap_summary: state.roadmap_summary,
            counts,
            last_activity,
            open_questions: state.open_questions,
            recent_commits: state.recent_commits,
            active,
            parked,
            recent,
        }
    }

    fn summary(&mut self, id: &str) -> Option<Summary> {
        match (self.summary)(id) {
            Ok(summary) => Some(summary),
            Err(error) => {
                self.damaged.push(Damaged { session_id: id.to_string(), reason: error.to_string() });
                None
            }
        }
    }
}

/// A session in short, with its state, but without its place.
pub fn summarize(states: &States, mut session: Session) -> Summary {
    let verdict = states.settle(&mut session);
    let (done, total) = session.task_progress();
    let current = session.tasks.iter().find(|task| task.status == TaskStatus::InProgress);
    let tasks = TaskSummary { done, total, current: current.map(|task| task.subject.clone()) };
    Summary {
        state: verdict.state,
        state_reason: verdict.reason,
        failed: verdict.failed,
        said: verdict.said,
        place: None,
        state_at: verdict.evidence_at.map(clock::stamp),
        state_since: verdict.since.map(clock::stamp),
        agent: session.agent().to_string(),
        tasks,
        last_event: session.events.last().map(|event| event.message.clone()),
        last_event_at: session.events.last().map(|event| event.timestamp.clone()),
        session_id: session.session_id,
        project_slug: session.project_slug,
        status: session.status,
        intent: session.intent,
        started_at: session.started_at,
        ended_at: session.ended_at,
        last_heartbeat: session.last_heartbeat,
        current_activity: session.current_activity,
        awaiting_action: session.awaiting_action,
        outcome: session.outcome,
        parked_reason: session.parked_reason,
        next_steps: session.next_steps,
        git_branch: session.git_branch,
        worktree_root: session.worktree_root,
        claude_session_id: session.claude_session_id,
    }
}
