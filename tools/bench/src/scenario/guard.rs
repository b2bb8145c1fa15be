//! The measured calls of the guard, for which the client waits before each call of a tool.

use serde_json::{Value, json};

use super::{Budget, Kind, Scenario, hook};
use crate::store::{self, Store};

/// A line such as agents write, which no rule stops.
const LINE: &str =
    "cd web && npm test -- --grep 'login form' 2>&1 | tail -n 20; git add -A src && git commit -m \"fix: rm -rf\"\n";
/// The most of a command that is read.
const LONGEST: usize = 64 * 1024;

/// The guard as it is without settings: it asks about destructive calls.
pub fn hooks(store: &Store) -> Vec<Scenario> {
    let lines = |bytes: usize| -> String { LINE.chars().cycle().take(bytes).collect() };
    let text = format!("cat >notes.md <<'END'\n{}\nEND\n", lines(LONGEST - 30));
    let question = guard(store, "guard, a question", "git push --force", Budget::Floors(3.0));
    vec![
        guard(store, "guard, 2 kB command", &lines(2000), Budget::Floors(3.0)),
        guard(store, "guard, 64 KiB of commands", &lines(LONGEST), Budget::Floors(5.0)),
        guard(store, "guard, 64 KiB of text", &text, Budget::Floors(5.0)),
        Scenario { changes: &[Kind::Logged], ..question },
    ]
}

fn guard(store: &Store, name: &'static str, command: &str, budget: Budget) -> Scenario {
    let call: Value = json!({
        "session_id": store::uuid(0), "transcript_path": store.checkout(0).join("log.jsonl"), "cwd": store.checkout(0),
        "hook_event_name": "PreToolUse", "permission_mode": "default", "tool_name": "Bash",
        "tool_use_id": "toolu_01", "tool_input": {"command": command, "description": "Run it"},
    });
    hook(store, "cs-guard", name, call, &[], budget)
}
