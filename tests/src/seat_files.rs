//! Files of agents' seats as tests write them: an agent is not started for them.

use serde_json::{Value, json};

/// A seat whose client runs, made by a person at the time of all tests.
pub fn seat(id: &str, name: &str) -> Value {
    json!({
        "agent_id": id, "name": name, "agent": "claude-code", "depth": 0, "claude_session_id": null,
        "conversations": [], "session_id": null, "project_slug": "api", "cwd": "/", "worktree_root": null, "tmux": null,
        "pid": null, "pid_started": null, "status": "running", "spawned_at": "2026-11-21T10:00:00.000000+00:00",
        "spawned_by": "user", "schema_version": 1,
    })
}

/// Changes some fields of a seat.
pub fn with(mut seat: Value, fields: Value) -> Value {
    let fields = fields.as_object().expect("it is an object").clone();
    seat.as_object_mut().expect("it is an object").extend(fields);
    seat
}
