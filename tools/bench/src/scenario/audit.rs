//! The measured calls of the hook that logs what tools did. Claude Code waits for none of them; Codex does.

use serde_json::{Value, json};

use super::{Budget, Kind, Scenario, hook, payload};
use crate::store::{self, Store};

/// What is written into a file: text with as many escapes as code has.
const TEXT: &str = "    let found = names.iter().find(|name| name.starts_with(\"wanted\")); // a line of code\n";
/// A line such as agents write.
const LINE: &str = "cd web && npm test -- --grep 'login form' a=b c=d 2>&1 | tail -n 20; git add -A src\n";

pub fn hooks(store: &Store) -> Vec<Scenario> {
    let recorded = |file: &str| payload(store, file, &store::uuid(0));
    let with = |input: Value, tool: &str| {
        let mut call = recorded("PreToolUse.Bash");
        (call["tool_input"], call["tool_name"]) = (input, json!(tool));
        call
    };
    let lines = |line: &str, bytes: usize| -> String { line.chars().cycle().take(bytes).collect() };
    let bash = |bytes: usize| with(json!({"command": lines(LINE, bytes)}), "Bash");
    let file = json!({"file_path": store.checkout(0).join("a.rs"), "content": lines(TEXT, 1_000_000)});
    let of = |name, call, floors| hook(store, "cs-audit", name, call, &[Kind::Logged], Budget::Floors(floors));
    vec![
        of("audit, an attempt", recorded("PreToolUse.Bash"), 3.0),
        of("audit, a result", recorded("PostToolUse.Bash"), 3.0),
        of("audit, a subagent", recorded("SubagentStart"), 3.0),
        of("audit, 2 kB command", bash(2000), 3.0),
        of("audit, 64 KiB of commands", bash(64 * 1024), 5.0),
        of("audit, 1 MiB payload", with(file, "Write"), 6.0),
    ]
}
