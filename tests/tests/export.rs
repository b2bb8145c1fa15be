//! Exports survive whatever people write: with hostile texts in every field, real parsers (CommonMark, HTML, CSV, JSON,
//! YAML) find the same structure as with harmless ones, and get the text back.

#[path = "export/files.rs"]
mod files;
#[path = "export/folder.rs"]
mod folder;
#[path = "export/hostile.rs"]
mod hostile;
#[path = "export/round.rs"]
mod round;
#[path = "export/template.rs"]
mod template;
#[path = "export/tools.rs"]
mod tools;
#[path = "export/usage.rs"]
mod usage;

use cs_tests::{Sandbox, parse, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

/// A record with a value in every field.
fn record(number: usize) -> Value {
    json!({
        "session_id": id(number), "project_slug": "api", "status": "completed", "intent": "an intent",
        "roadmap_ref": "v2", "started_at": "2026-11-21T08:00:00.000000+00:00",
        "last_heartbeat": "2026-11-21T09:00:00.000000+00:00", "ended_at": "2026-11-21T09:30:00.000000+00:00",
        "outcome": "an outcome", "parked_reason": "a reason", "current_activity": "an activity",
        "awaiting_action": "an action", "git_branch": "a-branch", "worktree_root": "/srv/api",
        "claude_session_id": "1efc27bb-f68f-47d0-bb52-fc872cee82d8", "files_changed": ["src/first.rs", "src/last.rs"],
        "commits": [{"sha": "1a2b3c4", "message": "a commit"}], "decisions": ["a decision", "another"],
        "open_questions": ["a question"], "next_steps": ["a step"],
        "events": [{"timestamp": "2026-11-21T08:30:00.000000+00:00", "message": "an event"}],
        "tasks": [
            {"id": "t00000001", "subject": "a task", "status": "completed", "added_at": "", "updated_at": ""},
            {"id": "t00000002", "subject": "later", "status": "pending", "added_at": "", "updated_at": ""},
        ],
        "schema_version": 4,
    })
}

fn id(number: usize) -> String {
    format!("sess_20261121T0800_{number:04x}")
}

/// Writes records to their files as another program would, without an index.
fn store(sandbox: &Sandbox, records: &[Value]) {
    let folder = sandbox.data().join("sessions");
    fs::create_dir_all(&folder).expect("a fresh home can be written");
    for record in records {
        let name = format!("{}.json", record["session_id"].as_str().expect("a record has an id"));
        fs::write(folder.join(name), record.to_string()).expect("a fresh folder can be written");
    }
}

/// Runs `cs-export`, which must succeed without any error output; returns its output.
#[track_caller]
fn export(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = sandbox.cs("cs-export", args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{args:?}");
    stdout(&output)
}
