//! Owns `projects/<slug>.json`: what people write about a project, and counts that are a cache.
//! Deliberately absent: which sessions a project has (the records have that).

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::masked;
use crate::record::{Commit, Session, Status, Unknown};
use crate::unknown::keeps_unknown;
use crate::validate;
use serde::{Deserialize, Serialize};

/// The contents of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct ProjectState {
    /// The file's name without its extension.
    #[serde(default)]
    pub project_slug: String,
    /// The phase in people's words; may be empty.
    #[serde(default)]
    pub current_phase: String,
    /// Entries that are done, in progress and next.
    #[serde(default)]
    pub roadmap_summary: Roadmap,
    /// How many of the project's sessions are active; a cache.
    #[serde(default)]
    pub active_sessions: usize,
    /// How many of the project's sessions are parked; a cache.
    #[serde(default)]
    pub parked_sessions: usize,
    /// Sessions of any status; a cache.
    #[serde(default)]
    pub total_sessions: usize,
    /// Instant, RFC 3339; empty for a project without sessions.
    #[serde(default)]
    pub last_activity: String,
    /// Newest last, at most 20.
    #[serde(default)]
    pub recent_commits: Vec<Commit>,
    /// Newest last, at most 20.
    #[serde(default)]
    pub open_questions: Vec<String>,
    /// Instant of the last write, RFC 3339, UTC.
    #[serde(default)]
    pub updated_at: String,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// Entries of a roadmap that are done, in progress and next, in people's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Roadmap {
    /// Entries that are done.
    #[serde(default)]
    pub completed: Vec<String>,
    /// Entries that are in progress.
    #[serde(default)]
    pub in_progress: Vec<String>,
    /// Entries that come next.
    #[serde(default)]
    pub next_up: Vec<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(ProjectState, Roadmap);

/// How many sessions a project has, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Sessions with this status.
    pub active: usize,
    /// Sessions with this status.
    pub parked: usize,
    /// Sessions with this status.
    pub completed: usize,
}

impl Counts {
    /// Counts one more session.
    pub fn add(&mut self, status: Status) {
        match status {
            Status::Active => self.active += 1,
            Status::Parked => self.parked += 1,
            Status::Completed => self.completed += 1,
        }
    }

    /// Counts one session less; `None` if there is none with this status.
    pub fn subtract(&mut self, status: Status) -> Option<()> {
        let count = match status {
            Status::Active => &mut self.active,
            Status::Parked => &mut self.parked,
            Status::Completed => &mut self.completed,
        };
        *count = count.checked_sub(1)?;
        Some(())
    }

    /// All sessions.
    pub fn total(&self) -> usize {
        self.active + self.parked + self.completed
    }
}

/// Maximum number of commits and questions that a project's file repeats from its sessions.
const RECENT: usize = 20;

/// Changes by people; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The new phase.
    pub current_phase: Option<String>,
    /// Replaces the whole list.
    pub completed: Option<Vec<String>>,
    /// Replaces the whole list.
    pub in_progress: Option<Vec<String>>,
    /// Replaces the whole list.
    pub next_up: Option<Vec<String>>,
}

/// Applies the changes.
pub fn update(state: &mut ProjectState, changes: &Changes, now: Instant) -> Result<()> {
    let phase = validate::optional("phase", changes.current_phase.as_deref(), validate::REASON)?;
    let completed = checked("completed", changes.completed.as_deref())?;
    let in_progress = checked("in progress", changes.in_progress.as_deref())?;
    let next_up = checked("next up", changes.next_up.as_deref())?;
    if next_up.as_ref().is_some_and(|items| items.len() > validate::NEXT_STEPS) {
        return Err(Error::Invalid(format!("at most {} items can be next up", validate::NEXT_STEPS)));
    }
    let roadmap = &mut state.roadmap_summary;
    state.current_phase = phase.unwrap_or_else(|| state.current_phase.clone());
    roadmap.completed = completed.unwrap_or_else(|| roadmap.completed.clone());
    roadmap.in_progress = in_progress.unwrap_or_else(|| roadmap.in_progress.clone());
    roadmap.next_up = next_up.unwrap_or_else(|| roadmap.next_up.clone());
    state.updated_at = clock::stamp(now);
    Ok(())
}

fn checked(what: &str, items: Option<&[String]>) -> Result<Option<Vec<String>>> {
    let check = |items: &[String]| items.iter().map(|item| validate::text(what, item, validate::REASON)).collect();
    items.map(check).transpose()
}

/// Refreshes the counts.
pub fn count(state: &mut ProjectState, counts: Counts) {
    state.active_sessions = counts.active;
    state.parked_sessions = counts.parked;
    state.total_sessions = counts.total();
}

/// The counts as they were refreshed; `None` if they contradict each other.
pub fn counts(state: &ProjectState) -> Option<Counts> {
    let (active, parked) = (state.active_sessions, state.parked_sessions);
    let completed = state.total_sessions.checked_sub(active)?.checked_sub(parked)?;
    Some(Counts { active, parked, completed })
}

/// Updates what else is cached, from one of the project's sessions.
pub fn refresh(state: &mut ProjectState, commits: &[Commit], questions: &[String], now: Instant) {
    for commit in commits {
        if !state.recent_commits.iter().any(|known| known.sha == commit.sha) {
            let mut commit = commit.clone();
            masked::text(&mut commit.message);
            state.recent_commits.push(commit);
        }
    }
    for question in questions {
        let question = redact::mask(question);
        if !state.open_questions.iter().any(|known| *known == question) {
            state.open_questions.push(question.into_owned());
        }
    }
    state.recent_commits.drain(..state.recent_commits.len().saturating_sub(RECENT));
    state.open_questions.drain(..state.open_questions.len().saturating_sub(RECENT));
    state.last_activity = clock::stamp(now);
    state.updated_at = clock::stamp(now);
}

/// Whether the cached part repeats something from the session.
pub fn repeats(state: &ProjectState, session: &Session) -> bool {
    let has_commit = |known: &Commit| session.commits.iter().any(|one| one.sha == known.sha);
    let has_question = |known: &String| session.open_questions.iter().any(|one| redact::mask(one) == *known);
    state.recent_commits.iter().any(has_commit) || state.open_questions.iter().any(has_question)
}

/// Removes what the cached part repeats from a session that was deleted, and from none of the others. These are read
/// only as long as they matter.
pub fn withdraw(state: &mut ProjectState, session: &Session, others: impl Iterator<Item = Session>) {
    let has_commit = |session: &Session, known: &Commit| session.commits.iter().any(|one| one.sha == known.sha);
    let has_question =
        |session: &Session, known: &String| session.open_questions.iter().any(|one| redact::mask(one) == *known);
    let mut commits = state.recent_commits.clone();
    commits.retain(|known| has_commit(session, known));
    let mut questions = state.open_questions.clone();
    questions.retain(|known| has_question(session, known));
    let mut others = others;
    while !(commits.is_empty() && questions.is_empty()) {
        let Some(other) = others.next() else { break };
        commits.retain(|known| !has_commit(&other, known));
        questions.retain(|known| !has_question(&other, known));
    }
    state.recent_commits.retain(|known| !commits.iter().any(|commit| commit.sha == known.sha));
    state.open_questions.retain(|known| !questions.contains(known));
}

/// Masks what people write about a project.
pub fn mask(state: &mut ProjectState) {
    let roadmap = &mut state.roadmap_summary;
    let lists = [&mut roadmap.completed, &mut roadmap.in_progress, &mut roadmap.next_up, &mut state.open_questions];
    lists.into_iter().flatten().for_each(masked::text);
    masked::text(&mut state.current_phase);
    state.recent_commits.iter_mut().for_each(|commit: &mut Commit| masked::text(&mut commit.message));
}
