//! Seats for tests of single programs: files as `cs-agent` writes them, whose client is a process of the test.

use std::fs;

use cs_core::process;
use serde_json::{Value, json};

use crate::Sandbox;

/// The id of the seat under test.
pub const SEAT: &str = "agent_20261121T1000_00aa";
/// The id of its parent's seat.
pub const PARENT: &str = "agent_20261121T0900_00bb";

/// Writes a seat with these fields besides the required ones. Its client is the process `pid`.
pub fn write(sandbox: &Sandbox, id: &str, pid: u32, more: Value) {
    let process = process::find(pid).expect("the client runs");
    let mut seat = json!({
        "agent_id": id, "name": format!("seat {}", &id[id.len() - 4..]), "agent": "claude-code", "depth": 0,
        "claude_session_id": null, "conversations": [], "session_id": null, "project_slug": "repo",
        "cwd": sandbox.work(), "worktree_root": null, "tmux": null, "pid": pid, "pid_started": process.started,
        "host": process.host, "status": "running", "spawned_at": "2026-11-21T09:59:00Z", "spawned_by": "user",
        "schema_version": 1,
    });
    for (field, value) in more.as_object().expect("more is an object") {
        seat[field] = value.clone();
    }
    let folder = sandbox.data().join("agents");
    fs::create_dir_all(&folder).expect("the data directory can be written");
    fs::write(folder.join(format!("{id}.json")), seat.to_string()).expect("the data directory can be written");
}

/// Reads a seat.
pub fn read(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.json(&format!("agents/{id}.json"))
}
