//! Other files of the data directory: settings, projects, running conversations.

use cs_core::clock::{self, TimeDelta};
use cs_core::config::{self, Config};
use cs_core::live::Live;
use cs_core::live::Prompt;
use cs_core::patch::Patch;
use cs_core::process::Condition;
use cs_core::project::{self, Changes, ProjectState};
use cs_core::record::Status;
use cs_core::state::{self, Client, Evidence, Logged, LoggedEnd};
use std::path::Path;

use super::{check_unknown_fields, samples};
use crate::Target;

pub const CONFIG: Target = Target {
    name: "config",
    check: config,
    words: SETTINGS,
    seeds: || samples("samples", "config.json"),
    most: 8 << 10,
    runs: 400_000,
};
pub const PROJECT: Target = Target {
    name: "project",
    check: project,
    words: STATE,
    seeds: || samples("samples", "project.json"),
    most: 8 << 10,
    runs: 500_000,
};
pub const LIVE: Target = Target { name: "live", check: live, words: TALK, seeds: talks, most: 8 << 10, runs: 800_000 };

const SETTINGS: &[&str] = &[
    "version",
    "projects",
    "settings",
    "hooks",
    "name",
    "path",
    "registered_at",
    "dashboard_port",
    "stale_threshold_hours",
    "archive_after_days",
    "notifications_enabled",
    "parked_notify_hours",
    "notify_cooldown_hours",
    "capture_prompts",
    "context",
    "session_end",
    "auto",
    "complete",
    "park",
    "keep",
];
const STATE: &[&str] = &[
    "project_slug",
    "current_phase",
    "roadmap_summary",
    "completed",
    "in_progress",
    "next_up",
    "active_sessions",
    "parked_sessions",
    "total_sessions",
    "last_activity",
    "recent_commits",
    "sha",
    "message",
    "open_questions",
    "updated_at",
];
const TALK: &[&str] = &[
    "host",
    "questions",
    "goes_on",
    "own_prompts",
    "queued",
    "prompt_mark",
    "request_failed",
    "claude_session_id",
    "session_id",
    "project_slug",
    "agent",
    "state",
    "since",
    "last_event",
    "last_event_at",
    "started_at",
    "source",
    "pid",
    "pid_started",
    "cwd",
    "worktree_root",
    "transcript_path",
    "model",
    "waiting_for",
    "waiting_key",
    "awaiting",
    "requested",
    "error",
    "background_tasks",
    "prompt_id",
    "capture",
    "last_message",
    "persisted_at",
    "ended_at",
    "working",
    "waiting",
    "idle",
    "background",
    "262143-12-31T23:59:59Z",
];

fn config(bytes: &[u8]) {
    let path = Path::new("/x/config.json");
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let before = Config::read(path, bytes);
    assert!(before.stale_after() > TimeDelta::zero());
    let Ok((slug, Some(written))) = config::register(path, Some(bytes), "/fuzzed", None, None, now) else { return };
    let after = Config::read(path, &written);
    assert_eq!(after.slug_of("/fuzzed"), Some(slug.as_str()));
    assert_eq!((after.projects.len(), after.troubles.len()), (before.projects.len() + 1, before.troubles.len()));
    check_unknown_fields(bytes, &written, &["projects"]);
    inner(bytes, &written, "projects", &[slug.as_str()]);
}

fn inner(before: &[u8], after: &[u8], part: &str, known: &[&str]) {
    let (Ok(before), Ok(after)) = (Patch::of(before), Patch::of(after)) else { return };
    if let (Some(before), Some(after)) = (before.value(part), after.value(part)) {
        check_unknown_fields(before.as_bytes(), after.as_bytes(), known);
    }
}

fn project(bytes: &[u8]) {
    let Ok(mut state) = serde_json::from_slice::<ProjectState>(bytes) else { return };
    let written = serde_json::to_vec_pretty(&state).expect("a state can be serialised");
    assert_eq!(serde_json::from_slice::<ProjectState>(&written).expect("written data can be read"), state);
    check_unknown_fields(bytes, &written, STATE);
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let before = state.clone();
    let phase = Changes {
        current_phase: Some(state.last_activity.clone()),
        next_up: Some(state.open_questions.clone()),
        ..Changes::default()
    };
    if project::update(&mut state, &phase, now).is_err() {
        assert_eq!(state, before, "a refused change");
    }
    let (commits, questions) = (state.recent_commits.clone(), state.roadmap_summary.completed.clone());
    project::refresh(&mut state, &commits, &questions, now);
    assert!(state.recent_commits.len() <= 20 && state.open_questions.len() <= 20);
}

fn prompt<'a>(id: &'a str, text: &'a str) -> Prompt<'a> {
    Prompt { id: Some(id), text, is_typed: true, may_queue: true }
}

fn talks() -> Vec<Vec<u8>> {
    let at = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let mut live = Live::new("1efc27bb-f68f-47d0-bb52-fc872cee82d8", at);
    live.prompted(&prompt("p1", "go"), at);
    let working = live.to_bytes();
    live.asked("permission for Bash: ls", Some("k".into()), at);
    live.unknown.push(("later".into(), "{\"a\":[1.50]}".into()));
    (live.pid, live.pid_started) = (Some(1), Some("7".into()));
    vec![working, live.to_bytes()]
}

fn live(bytes: &[u8]) {
    let Some(mut live) = Live::read(bytes) else { return };
    let written = live.to_bytes();
    assert_eq!(Live::read(&written).expect("written data can be read"), live);
    check_unknown_fields(bytes, &written, &TALK[..34]);
    let now = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    states(&live, now);
    let word = live.last_event.clone();
    live.asked(&word, live.prompt_id.clone(), now);
    live.tool_ended(&word, now);
    live.answered(now);
    live.helper_asked(&word, &word, live.prompt_id.clone(), now);
    live.helper_tool_ended(&word, &word);
    live.request_failed(&word, now);
    live.went_on(now);
    live.stopped(live.questions.len(), now);
    live.turn_ended(live.background_tasks.unwrap_or(1), Some(&word), now);
    live.prompted(&prompt(&word, &word), now);
    live.note_event(&word, now);
    assert_eq!(Live::read(&live.to_bytes()).expect("written data can be read"), live);
}

/// Panics unless any live file gives a state with a reason.
fn states(live: &Live, now: clock::Instant) {
    let heard = clock::parse(&live.started_at);
    let live_since = live.since.clone();
    let client = |status: &String| Client {
        status: status.clone(),
        waiting_for: live.waiting_for.clone(),
        updated_at: clock::from_millis(live.background_tasks.map_or(i64::from(live.pid.unwrap_or(0)), |n| n as i64)),
    };
    for status in [Status::Active, Status::Parked, Status::Completed] {
        let all = [
            (Condition::Runs, Some(live)),
            (Condition::Suspended, Some(live)),
            (Condition::Ended, Some(live)),
            (Condition::Elsewhere, Some(live)),
            (Condition::Unknown, Some(live)),
            (Condition::Unknown, None),
        ];
        for (process, live) in all {
            let client = live.and_then(|live| live.source.as_ref()).map(client);
            let stale_after = TimeDelta::hours(24);
            let counted_from = clock::parse(&live_since);
            let left_for = live.and_then(|live| live.model.as_deref());
            let failed = |live: &Live| Some(LoggedEnd::Failed(live.error.clone()?));
            let logged = live.and_then(failed).map(|end| Logged { end, at: now });
            let evidence = Evidence {
                status,
                last_heartbeat: heard,
                ended_at: heard,
                counted_from,
                requested: Some(&live_since),
                live,
                process,
                client,
                logged,
                left_for,
                stale_after,
                now,
            };
            let verdict = state::derive(&evidence);
            assert!(!verdict.reason.is_empty());
            let _ = verdict.state.needs_user();
        }
    }
}
