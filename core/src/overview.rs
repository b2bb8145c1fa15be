//! Owns the overview: every project with what is going on, what waits, what is parked and what
//! came of the last sessions. The dashboard and `cs-project overview` show this one document.
//! Must stay true: it reads the index, running conversations, and the records that it shows in
//! full; never all records. A record that cannot be understood is named beside the good ones.

use crate::clock::{self, Instant};
use crate::error::Result;
use crate::id::{SessionId, Slug};
use crate::index::Entry;
use crate::live::Live;
use crate::project::{Counts, Roadmap};
use crate::record::{Commit, Session, Status, TaskStatus};
use crate::state::{self, State};
use crate::store::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many completed sessions of a project are shown.
const RECENT: usize = 5;

/// The document.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub generated_at: String,
    pub counts: Counts,
    /// Sessions in which the user is the one to act.
    pub needs_user: usize,
    pub projects: Vec<Project>,
    pub damaged: Vec<Damaged>,
}

/// A project and its sessions. Projects with something to do come first, then the latest.
#[derive(Debug, Serialize)]
pub struct Project {
    pub slug: String,
    pub name: String,
    pub path: Option<String>,
    pub current_phase: String,
    pub roadmap_summary: Roadmap,
    pub counts: Counts,
    pub last_activity: String,
    pub open_questions: Vec<String>,
    pub recent_commits: Vec<Commit>,
    pub active: Vec<Summary>,
    pub parked: Vec<Summary>,
    pub recent: Vec<Summary>,
}

/// A session in short.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub session_id: String,
    pub project_slug: String,
    pub status: Status,
    pub state: State,
    pub state_reason: String,
    pub intent: String,
    pub started_at: String,
    pub ended_at: Option<String>,
    pub last_heartbeat: String,
    pub current_activity: Option<String>,
    pub awaiting_action: Option<String>,
    pub outcome: Option<String>,
    pub parked_reason: Option<String>,
    pub next_steps: Vec<String>,
    pub git_branch: String,
    pub worktree_root: Option<String>,
    pub agent: String,
    pub claude_session_id: Option<String>,
    pub tasks: TaskSummary,
    pub last_event: Option<String>,
}

/// The tasks of a session in short. Skipped ones do not count.
#[derive(Debug, Serialize)]
pub struct TaskSummary {
    pub done: usize,
    pub total: usize,
    pub current: Option<String>,
}

/// A file that cannot be understood.
#[derive(Debug, Serialize)]
pub struct Damaged {
    pub session_id: String,
    pub reason: String,
}

/// Builds the overview, of one project or of all.
pub fn build(store: &Store, only: Option<&Slug>, now: Instant) -> Result<Overview> {
    let config = store.config()?;
    let index = store.index()?;
    let lives = store.all_live()?;
    let entries = match only {
        Some(slug) => index.entries(crate::index::of_project(slug.as_str())),
        None => index.entries(|_| true),
    };
    let mut groups: BTreeMap<String, Vec<&(SessionId, Entry)>> = BTreeMap::new();
    for slug in config.projects.keys().filter(|slug| only.is_none_or(|only| only.as_str() == slug.as_str())) {
        groups.insert(slug.clone(), Vec::new());
    }
    for entry in &entries {
        groups.entry(entry.1.project_slug.to_string()).or_default().push(entry);
    }
    let damaged = index.damaged().iter().map(|(path, error)| Damaged {
        session_id: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        reason: error.to_string(),
    });
    let mut builder = Builder { store, config: &config, lives, damaged: damaged.collect(), now };
    let mut projects: Vec<Project> =
        groups.into_iter().map(|(slug, entries)| builder.project(slug, &entries)).collect();
    projects.sort_by(|a, b| (b.active.len().min(1), &b.last_activity).cmp(&(a.active.len().min(1), &a.last_activity)));
    let mut counts = Counts::default();
    entries.iter().for_each(|(_, entry)| counts.add(entry.status));
    let needs_user = projects.iter().flat_map(|p| &p.active).filter(|summary| summary.state.needs_user()).count();
    Ok(Overview { generated_at: clock::stamp(now), counts, needs_user, projects, damaged: builder.damaged })
}

struct Builder<'a> {
    store: &'a Store,
    config: &'a crate::config::Config,
    lives: Vec<Live>,
    damaged: Vec<Damaged>,
    now: Instant,
}

impl Builder<'_> {
    fn project(&mut self, slug: String, entries: &[&(SessionId, Entry)]) -> Project {
        let state = Slug::parse(&slug).and_then(|slug| self.store.project(&slug)).unwrap_or_default();
        let registered = self.config.projects.get(&slug);
        let mut counts = Counts::default();
        entries.iter().for_each(|(_, entry)| counts.add(entry.status));
        let newest = |a: &&(SessionId, Entry), b: &&(SessionId, Entry)| b.1.started_at.cmp(&a.1.started_at);
        let mut by_status = |status, most: usize| {
            let mut of: Vec<_> = entries.iter().copied().filter(|(_, entry)| entry.status == status).collect();
            of.sort_by(newest);
            of.into_iter().take(most).filter_map(|(id, _)| self.summary(id)).collect::<Vec<_>>()
        };
        let mut active = by_status(Status::Active, usize::MAX);
        let parked = by_status(Status::Parked, usize::MAX);
        let recent = by_status(Status::Completed, RECENT);
        active.sort_by_key(|summary| summary.state);
        let latest = entries.iter().map(|(_, entry)| entry.ended_at.as_deref().unwrap_or(&entry.last_heartbeat));
        let last_activity = latest.chain([state.last_activity.as_str()]).max().unwrap_or_default().to_string();
        Project {
            name: registered.map_or_else(|| slug.clone(), |project| project.name.clone()),
            path: registered.map(|project| project.path.clone()),
            slug,
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

    fn summary(&mut self, id: &SessionId) -> Option<Summary> {
        match self.store.session(id) {
            Ok(session) => Some(summarize(self.store, session, &self.lives, self.config.stale_after(), self.now)),
            Err(error) => {
                self.damaged.push(Damaged { session_id: id.to_string(), reason: error.to_string() });
                None
            }
        }
    }
}

/// A session in short, with its state.
pub fn summarize(
    store: &Store,
    session: Session,
    lives: &[Live],
    stale_after: chrono::TimeDelta,
    now: Instant,
) -> Summary {
    let verdict = store.verdict_of(&session, lives, stale_after, now);
    let awaiting_action = state::awaited(&session, lives, verdict.state).map(str::to_string);
    let (done, total) = session.task_progress();
    let current = session.tasks.iter().find(|task| task.status == TaskStatus::InProgress);
    let tasks = TaskSummary { done, total, current: current.map(|task| task.subject.clone()) };
    Summary {
        state: verdict.state,
        state_reason: verdict.reason,
        agent: session.agent().to_string(),
        tasks,
        last_event: session.events.last().map(|event| event.message.clone()),
        session_id: session.session_id,
        project_slug: session.project_slug,
        status: session.status,
        intent: session.intent,
        started_at: session.started_at,
        ended_at: session.ended_at,
        last_heartbeat: session.last_heartbeat,
        current_activity: session.current_activity,
        awaiting_action,
        outcome: session.outcome,
        parked_reason: session.parked_reason,
        next_steps: session.next_steps,
        git_branch: session.git_branch,
        worktree_root: session.worktree_root,
        claude_session_id: session.claude_session_id,
    }
}
