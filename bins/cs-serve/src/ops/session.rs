//! Owns the changes of sessions and their tasks, as `cs-session` and `cs-task` make them.
//! Must stay true: what the person saw is compared under the record's lock.

use super::{Done, stale};
use crate::http::Refusal;
use crate::view::seen::seen;
use cs_core::clock::Instant;
use cs_core::id::SessionId;
use cs_core::record::{Session, TaskStatus};
use cs_core::session::{self, Changes, Completion};
use cs_core::states::States;
use cs_core::store::{Heir, Store};
use cs_core::{Error, task, validate};
use serde::Deserialize;

/// `session.park`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Park {
    id: String,
    r#if: String,
    reason: String,
    #[serde(default)]
    next_steps: Vec<String>,
}

/// `session.complete`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    id: String,
    r#if: String,
    outcome: Option<String>,
    #[serde(default)]
    next_steps: Vec<String>,
}

/// `session.resume`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    id: String,
    r#if: String,
    intent: Option<String>,
}

/// `session.event`: a note in the timeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    id: String,
    r#if: String,
    message: String,
}

/// `session.update`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    id: String,
    r#if: String,
    intent: Option<String>,
    activity: Option<String>,
    roadmap_ref: Option<String>,
    branch: Option<String>,
}

/// `task.update`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateTask {
    id: String,
    r#if: String,
    task: String,
    status: Option<TaskStatus>,
    subject: Option<String>,
}

/// `request.clear`: the question is answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clear {
    id: String,
    r#if: String,
}

impl Park {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        change(store, &self.id, &self.r#if, now, |record| session::park(record, &self.reason, &self.next_steps, now))
    }
}

impl Complete {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        let (outcome, next_steps) = (self.outcome.clone(), self.next_steps.clone());
        let done = Completion { outcome, next_steps, ..Completion::default() };
        change(store, &self.id, &self.r#if, now, |record| session::complete(record, &done, now))
    }
}

impl Resume {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        validate::optional("intent", self.intent.as_deref(), validate::INTENT)?;
        let id = SessionId::parse(&self.id)?;
        let old = store.session(&id)?;
        check_seen(&old, &self.r#if)?;
        session::may_resume(&old)?;
        if old.claude_session_id.is_some() {
            States::read(store, store.config().stale_after(), now)?.reach_ended(&id, &old)?;
        }
        let heir = Heir { intent: self.intent.as_deref(), ..Heir::default() };
        Ok(Done::of(&store.resume(&id, |record| check_seen(record, &self.r#if), &heir, now)?))
    }
}

impl Event {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        change(store, &self.id, &self.r#if, now, |record| session::event(record, &self.message, now))
    }
}

impl Update {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        let changes = Changes {
            intent: self.intent.clone(),
            activity: self.activity.clone(),
            roadmap_ref: self.roadmap_ref.clone(),
            branch: self.branch.clone(),
        };
        change(store, &self.id, &self.r#if, now, |record| session::update(record, &changes, now))
    }
}

impl UpdateTask {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        let subject = self.subject.as_deref();
        let apply = |record: &mut Session| task::update(record, &self.task, self.status, subject, now);
        change(store, &self.id, &self.r#if, now, apply)
    }
}

impl Clear {
    pub fn make(&self, store: &Store, now: Instant) -> Result<Done, Refusal> {
        let id = SessionId::parse(&self.id)?;
        Ok(Done::of(&store.clear_action(&id, |record| check_seen(record, &self.r#if), now)?))
    }
}

/// Changes a record, if it is as it was seen.
fn change(
    store: &Store,
    id: &str,
    wanted: &str,
    now: Instant,
    mut apply: impl FnMut(&mut Session) -> cs_core::Result<()>,
) -> Result<Done, Refusal> {
    let changed = store.update(&SessionId::parse(id)?, now, |record| {
        check_seen(record, wanted)?;
        apply(record)
    });
    Ok(Done::of(&changed?))
}

fn check_seen(record: &Session, wanted: &str) -> Result<(), Error> {
    if seen(record) == wanted { Ok(()) } else { Err(stale()) }
}
