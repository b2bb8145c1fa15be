//! The end of a turn: Stop, StopFailure and Codex's Interrupt. Called by hand, without a payload,
//! it beats for the most recent active session of the current project.
//!
//! Reads: standard input, `live/<uuid>.json`, at times the record.
//! Writes: `live/<uuid>.json`; the record at most every 15 minutes, or to clear awaiting_action.
//! Exits: 0, always; trouble goes to `logs/hook.log`.
//!
//! Deliberately absent: arguments, settings, directory listings, the index, fsync, child processes; and
//! what Rust's runtime does before `main` (it reads `/proc/self/maps` and prepares for signals that
//! this program never prints anything about), which took a tenth of the whole time.

#![no_main]

use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::intake::{self, Intake};
use cs_core::live::Live;
use cs_core::patch::Patch;
use cs_core::record::Status;
use cs_core::store::Store;
use cs_core::{file, git, index};

/// How long the record's last_heartbeat may lag behind.
const PERSIST_MINUTES: i64 = 15;
/// Most characters of the agent's last message that are kept.
const MESSAGE: usize = 200;

/// Called by the C library.
#[unsafe(no_mangle)]
pub extern "C" fn main() -> i32 {
    intake::guard("cs-heartbeat", |home| {
        let store = Store::for_hooks(home.clone());
        match intake::payload() {
            Some(payload) => Intake::new(payload, store).map_or(Ok(()), |intake| turn_ended(&intake)),
            None => beat_by_hand(&store),
        }
    });
    0
}

fn turn_ended(intake: &Intake) -> Result<()> {
    if intake.is_from_subagent() {
        return Ok(());
    }
    // Without the lock in time, write all the same: this file is a cache, the turn has ended.
    let lock = intake.store.lock_live(&intake.uuid);
    let Some(mut live) = intake.live()? else {
        return if lock.is_ok() { intake.store.drop_live(&intake.uuid).and(late(intake)) } else { late(intake) };
    };
    let payload = &intake.payload;
    let error = match payload.event.as_deref() {
        Some("StopFailure") => Some(intake::first_line(payload.error.as_deref().unwrap_or("unknown"), MESSAGE)),
        _ => None,
    };
    live.turn_ended(payload.background_tasks, error.as_deref(), intake.now);
    if let (true, Some(message)) = (live.capture, &payload.last_message) {
        live.last_message = Some(intake::first_line(message, MESSAGE)).filter(|line| !line.is_empty());
    }
    let persisted = persist(intake, &mut live);
    intake.store.write_live(&intake.uuid, &live)?;
    persisted
}

/// The conversation ended moments ago, and its end overtook the end of its last turn. What the agent
/// said last is the outcome all the same, unless somebody wrote another.
fn late(intake: &Intake) -> Result<()> {
    let (Some(ended), Some(message)) = (intake.store.ended(&intake.uuid)?, &intake.payload.last_message) else {
        return Ok(());
    };
    let message = Some(intake::first_line(message, MESSAGE)).filter(|line| !line.is_empty());
    let id = ended.session_id.as_deref().and_then(|id| SessionId::parse(id).ok());
    let (true, true, Some(id)) = (ended.capture, message.is_some() && message != ended.last_message, id) else {
        return Ok(());
    };
    intake.store.touch(&id, |record| {
        let is = |name: &str, value: &str| record.text(name).as_deref() == Some(value);
        if is("status", "completed") && is("ended_by", "hook") && record.text("outcome") == ended.last_message {
            record.set("outcome", message.as_deref());
        }
    })
}

/// Writes the heartbeat to the record when it is due.
fn persist(intake: &Intake, live: &mut Live) -> Result<()> {
    let Some(id) = live.session_id.as_deref().and_then(|id| SessionId::parse(id).ok()) else { return Ok(()) };
    if !live.awaiting && !is_due(live.persisted_at.as_deref(), intake.now) {
        return Ok(());
    }
    let (awaiting, requested) = (live.awaiting, live.requested.clone());
    intake.store.touch(&id, |record| {
        if awaiting {
            record.set("awaiting_action", requested.as_deref());
        }
        beat(record, intake.now);
    })?;
    live.awaiting = false;
    live.persisted_at = Some(clock::stamp(intake.now));
    Ok(())
}

/// Due when the last time is unknown, long ago, or in the future (the clock was set back).
fn is_due(persisted_at: Option<&str>, now: Instant) -> bool {
    let minutes = persisted_at.and_then(clock::parse).map(|at| (now - at).num_minutes());
    !minutes.is_some_and(|minutes| (0..PERSIST_MINUTES).contains(&minutes))
}

/// A sign of life. Ended sessions have none.
fn beat(record: &mut Patch, now: Instant) {
    if record.text("status").as_deref() == Some("active") {
        record.set("last_heartbeat", Some(&clock::stamp(now)));
    }
}

fn beat_by_hand(store: &Store) -> Result<()> {
    let now = clock::now();
    let Ok(cwd) = std::env::current_dir() else { return Ok(()) };
    let root = git::find(&cwd).map_or(cwd, |checkout| checkout.main_root);
    let Some(slug) = slug_of(store, &root.to_string_lossy())? else { return Ok(()) };
    let (of_project, active) = (index::of_project(&slug), index::of_status(Status::Active));
    let mut candidates = store.ids_where(|line| of_project(line) && active(line))?;
    candidates.sort();
    // The index may be older than the records, or missing: a candidate is asked itself.
    let mut found = false;
    for id in candidates.iter().rev() {
        store.touch(id, |record| {
            let is = |name: &str, value: &str| record.text(name).as_deref() == Some(value);
            found = is("status", "active") && is("project_slug", &slug);
            if found {
                beat(record, now);
            }
        })?;
        if found {
            break;
        }
    }
    Ok(())
}

/// The short name of the project at a path.
fn slug_of(store: &Store, path: &str) -> Result<Option<String>> {
    let Some(bytes) = file::read(&store.home.config())? else { return Ok(None) };
    let Ok(config) = Patch::of(&bytes) else { return Ok(None) };
    let Ok(projects) = Patch::of(config.value("projects").unwrap_or("{}").as_bytes()) else { return Ok(None) };
    let is_here = |registration: &str| {
        Patch::of(registration.as_bytes()).is_ok_and(|project| project.text("path").as_deref() == Some(path))
    };
    let slug = projects.iter().find(|(_, registration)| is_here(registration)).map(|(slug, _)| slug.to_string());
    Ok(slug)
}
