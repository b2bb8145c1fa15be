//! Checks that events are recorded: sends the events of a short conversation to the registered programs, as Claude Code
//! does, with a temporary data directory, and then reads the record.

use super::hooks::Command;
use super::{AGAIN, Check};
use crate::command;
use crate::swap;
use cs_core::id::{SessionId, Uuid};
use cs_core::paths::Home;
use cs_core::store::{Selector, Store};
use render::format_millis;
use serde_json::json;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The id of the test conversation, which no real one has.
const CONVERSATION: &str = "00000000-0000-4000-8000-00000000d0c7";
const INTENT: &str = "a test by cs-setup doctor";
/// How long a hook may take before it is killed.
const LIMIT: Duration = Duration::from_secs(10);
/// A hook that takes longer in every attempt is reported.
const SLOW: Duration = Duration::from_millis(500);
/// The number of attempts, since the machine may be slow just once.
const TRIES: usize = 3;

pub fn check(commands: &[Command]) -> Check {
    if commands.is_empty() {
        return Check::bad("event", "no hook is registered, so there is nothing to test", "cs-setup install");
    }
    let is_fast = |took: &[Duration]| took.iter().all(|took| *took < SLOW);
    let mut tried = converse(commands);
    for _ in 1..TRIES {
        if tried.as_ref().is_ok_and(|took| !is_fast(took)) {
            tried = converse(commands);
        }
    }
    match tried {
        Ok(took) => {
            let shown: Vec<String> = took.iter().map(|took| format_millis(*took)).collect();
            let detail =
                format!("a test conversation was recorded; its {} hooks took {}", took.len(), shown.join(", "));
            match is_fast(&took) {
                true => Check::good("event", detail),
                false => Check::bad("event", detail, "find out what slows this machine down; make bench measures more"),
            }
        }
        Err(trouble) => Check::bad("event", trouble, AGAIN),
    }
}

fn converse(commands: &[Command]) -> Result<Vec<Duration>, String> {
    let dir = tempfile::tempdir().map_err(|error| format!("cannot create a temporary folder: {error}"))?;
    let dir = dir.path();
    let mut took = Vec::new();
    for (event, extra) in [
        ("SessionStart", json!({"source": "startup"})),
        ("UserPromptSubmit", json!({"prompt": INTENT})),
        ("Stop", json!({"stop_hook_active": false, "last_assistant_message": "fine"})),
        ("SessionEnd", json!({"reason": "other"})),
    ] {
        let Some((_, program)) = commands.iter().find(|(name, _)| name == event) else {
            return Err(format!("no program is registered for {event}"));
        };
        let mut payload = json!({
            "session_id": CONVERSATION, "transcript_path": dir.join("transcript.jsonl"), "cwd": dir, "hook_event_name": event,
        });
        if let (Some(payload), Some(extra)) = (payload.as_object_mut(), extra.as_object()) {
            payload.extend(extra.clone());
        }
        took.push(
            run_hook(program, &payload.to_string(), dir)
                .map_err(|error| format!("{event}: {}: {error}", program.display()))?,
        );
    }
    check_record(dir).map(|()| took)
}

/// Runs a hook's program with a payload, and returns how long it took.
fn run_hook(program: &Path, payload: &str, dir: &Path) -> std::io::Result<Duration> {
    let mut input: File = tempfile::tempfile()?;
    input.write_all(payload.as_bytes())?;
    input.rewind()?;
    let mut command = std::process::Command::new(program);
    command.env("CS_HOME", dir.join("data")).env_remove("CLAUDE_PID").current_dir(dir);
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command::wait(&mut command.spawn()?, LIMIT)?;
    let took = began.elapsed();
    if status.success() { Ok(took) } else { Err(std::io::Error::other(format!("it ended with {status}"))) }
}

fn check_record(dir: &Path) -> Result<(), String> {
    let store = Store::for_people(Home::at(dir.join("data")), agents::WITNESS);
    let log = swap::bytes(&store.home.hook_log()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    if let Some(line) = log.lines().last() {
        return Err(format!("a hook reported a problem: {line}"));
    }
    let uuid = Uuid::parse(CONVERSATION).map_err(|error| error.to_string())?;
    let id: SessionId =
        store.find(&Selector::Conversation(uuid)).map_err(|_| "the hooks ran, but recorded nothing".to_string())?;
    let session = store.session(&id).map_err(|error| error.to_string())?;
    let is_same = session.intent == INTENT || session.intent.starts_with("conversation in");
    match is_same && session.ended_at.is_some() {
        true => Ok(()),
        false => {
            Err(format!("the record differs from what the hooks were sent: {} ({:?})", session.intent, session.status))
        }
    }
}
