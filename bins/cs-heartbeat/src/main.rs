//! Handles the end of a turn: Stop, StopFailure and Codex's Interrupt. If it is called by hand (on a terminal, with an
//! argument, or with an empty input), it records a heartbeat of the current project's most recent active session.
//!
//! Reads: standard input, `live/<uuid>.json`.
//! Writes: `live/<uuid>.json`, and a note about the session in `spool/<id>.jsonl`.
//! Exits: always 0; errors go to `logs/hook.log`.
//!
//! Deliberately absent: options, settings, directory listings, the whole index, fsync, child processes; and Rust's runtime,
//! which took a tenth of the whole time before `main` (it reads `/proc/self/maps` and prepares for reporting signals).

#![no_main]

use agents::Event;
use agents::hook_call::{self, Call, HookCall};
use agents::payload::Payload;
use cs_core::change::{Change, TurnEnded};
use cs_core::clock;
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::live::{self, Live};
use cs_core::patch::Patch;
use cs_core::record::Status;
use cs_core::store::{NoteSync, Store};
use cs_core::witness::Witness;
use cs_core::{file, git, index, schedule};
use std::ffi::{CStr, c_char};
use std::path::Path;

/// Maximum number of characters of the agent's last message that are kept.
const MESSAGE: usize = 200;
/// The client's word for an unknown failure.
const UNKNOWN: &str = "unknown";
/// Maximum number of scheduled prompts of the client that are recognized.
const CRONS: usize = 50;

/// What a person who asks for it is told.
const HELP: &str = "\
Usage: cs-heartbeat <PAYLOAD

Records the end of a turn. Claude Code and Codex call it and write one JSON
object to its standard input. Called by hand (on a terminal, or with any other
argument), it records a sign of life of the project's newest active session. It
always exits with 0; its errors are in logs/hook.log.

See also:
  cs-setup install  registers it
  cs-setup doctor   checks whether it works
";

/// The entry point of the C library. With any argument, the call was made by hand; standard input is then not read.
///
/// # Safety
///
/// `argv` must have `words` texts with a zero at the end of each, as the C library passes them.
#[allow(unsafe_code, reason = "the C library calls it by this name")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(words: i32, argv: *const *const c_char) -> i32 {
    // SAFETY: the C library passes this many texts.
    if words > 1 && hook_call::asks_for_help(unsafe { CStr::from_ptr(*argv.add(1)) }.to_bytes()) {
        hook_call::print_help(HELP);
        return 0;
    }
    hook_call::guard("cs-heartbeat", |home| {
        let store = Store::for_hooks(home.clone(), Witness::NONE);
        if words > 1 {
            return beat_by_hand(&store);
        }
        match hook_call::call("cs-heartbeat", store.clone()) {
            Call::Event(hook) => turn_ended(&hook),
            Call::ByHand => beat_by_hand(&store),
            Call::Unreadable => Ok(()),
        }
    });
    0
}

fn turn_ended(hook: &HookCall) -> Result<()> {
    if hook.is_from_subagent() {
        return Ok(());
    }
    let lock = hook.lock();
    let Some(mut live) = hook.live(&lock)? else {
        return if lock.is_some() { hook.store.drop_live(&hook.uuid).and(note_late(hook)) } else { note_late(hook) };
    };
    let payload = &hook.payload;
    let error = match payload.event() {
        Some(Event::StopFailure) => Some(hook_call::first_line(failure_reason(payload, live.capture), MESSAGE)),
        _ => None,
    };
    note_schedule(&mut live, payload);
    let background = payload.background_tasks.unwrap_or(0);
    match payload.event() {
        // A message of another agent continues the turn (`cs-deliver`).
        Some(Event::Stop) if live.continued_by.is_some() && live.is_continued_at(&payload.stop_mark()) => {}
        Some(Event::Stop) => live.stopped(background, hook.now),
        _ => live.turn_ended(background, error.as_deref(), hook.now),
    }
    let message = last_message(hook).filter(|_| live.capture);
    let noted = note(hook, &mut live, message.clone());
    // An earlier message does not answer the failed turn.
    live.last_message = message.or(live.last_message.filter(|_| error.is_none()));
    hook.store.write_live(&hook.uuid, &live)?;
    noted
}

/// Why a turn failed. Clients have words for some failures and describe the others in the last message (2.1.332), which
/// is used only if messages may be stored.
fn failure_reason(payload: &Payload, capture: bool) -> &str {
    let word = payload.error.as_deref().filter(|word| !word.trim().is_empty());
    let said = payload.last_message.as_deref().filter(|said| capture && !said.trim().is_empty());
    word.filter(|word| *word != UNKNOWN).or(said).or(word).unwrap_or(UNKNOWN)
}

/// Notes the scheduled prompts, which continue after the turn. Without background tasks no subagent is left to ask, so
/// the questions of subagents are dropped.
fn note_schedule(live: &mut Live, payload: &Payload) {
    if payload.background_tasks == Some(0) {
        live.questions.clear();
    }
    live.goes_on = payload.crons.first().map(|cron| schedule::words(&cron.schedule));
    live.own_prompts = payload.crons.iter().take(CRONS).map(|cron| live::fingerprint(&cron.prompt)).collect();
}

/// The first line of the agent's last message.
fn last_message(hook: &HookCall) -> Option<String> {
    let message = hook.payload.last_message.as_deref()?;
    Some(hook_call::first_line(message, MESSAGE)).filter(|line| !line.is_empty())
}

fn note(hook: &HookCall, live: &mut Live, last_message: Option<String>) -> Result<()> {
    let asks = live.open_question().map(str::to_string);
    let (is_asking, requested) = (asks.is_some(), asks.or(live.requested.clone()));
    let failed = live.error.clone();
    let turn = TurnEnded { last_message, failed, is_answered: live.awaiting, requested };
    let turn = Change::TurnEnded(turn);
    match live.session_id.as_deref().and_then(|id| SessionId::parse(id).ok()) {
        Some(id) => hook.record_change(&id, turn, NoteSync::Later)?,
        // The start or the prompt was not reported (editors report no prompt), so the session was not searched for or
        // created yet. The next hook does that.
        None if live.source.is_none() || live.prompt_id.is_none() => {
            hook.store.note_unplaced(&hook.uuid, turn, hook.now)?
        }
        None => return Ok(()),
    }
    live.awaiting = live.awaiting && is_asking;
    Ok(())
}

/// Handles the end of a turn that arrives after the end of its conversation. The agent's last message is still the
/// outcome, unless somebody wrote another.
fn note_late(hook: &HookCall) -> Result<()> {
    let Some(ended) = hook.store.ended(&hook.uuid)? else { return Ok(()) };
    let message = last_message(hook).filter(|_| ended.capture);
    // A turn that was running was recorded as interrupted.
    let is_news = (message.is_some() && ended.last_message != message) || ended.is_in_turn();
    let instead_of = if ended.is_in_turn() { None } else { ended.last_message };
    let id = ended.session_id.as_deref().and_then(|id| SessionId::parse(id).ok());
    match id.filter(|_| is_news) {
        Some(id) => hook.record_change(&id, Change::SaidLate { message, instead_of }, NoteSync::Later),
        None => Ok(()),
    }
}

fn beat_by_hand(store: &Store) -> Result<()> {
    let now = clock::now();
    let Ok(cwd) = std::env::current_dir() else { return Ok(()) };
    let root = git::find(&cwd).map_or(cwd, |checkout| checkout.main_root);
    let Some(slug) = slug_of(store, &root.to_string_lossy())? else { return Ok(()) };
    let (of_project, active) = (index::of_project(&slug), index::of_status(Status::Active));
    // The index may be out of date or missing, so each candidate's record decides.
    let is_it = |id: &SessionId| {
        let bytes = file::read(&store.home.session(id)).ok().flatten().unwrap_or_default();
        let is = |record: &Patch, name: &str, value: &str| record.text(name).as_deref() == Some(value);
        Patch::of(&bytes).is_ok_and(|record| is(&record, "status", "active") && is(&record, "project_slug", &slug))
    };
    match store.newest_where(|line| of_project(line) && active(line), is_it)? {
        Some(id) => store.record_change(&id, Change::TurnEnded(TurnEnded::default()), now, NoteSync::Later),
        None => Ok(()),
    }
}

/// The short name of the project at a path.
fn slug_of(store: &Store, path: &str) -> Result<Option<String>> {
    let Some(bytes) = file::read(&store.home.config())? else { return Ok(None) };
    let Ok(config) = Patch::of(&bytes) else { return Ok(None) };
    let Ok(projects) = Patch::of(config.value("projects").unwrap_or("{}").as_bytes()) else { return Ok(None) };
    // The project may have been registered by another path to the same folder.
    let is_it = |known: String| known == path || std::fs::canonicalize(known).is_ok_and(|real| real == Path::new(path));
    let is_here = |registration: &str| {
        Patch::of(registration.as_bytes()).is_ok_and(|project| project.text("path").is_some_and(is_it))
    };
    let slug = projects.iter().find(|(_, registration)| is_here(registration)).map(|(slug, _)| slug.to_string());
    Ok(slug)
}
