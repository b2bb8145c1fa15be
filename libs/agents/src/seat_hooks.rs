//! Owns the hooks that the conversations of seats get besides those of the plugin: a file for Claude Code's `--settings`.
//! Must stay true: programs are named by their absolute paths and started without a shell.
//! Facts: hooks of one such file run beside those of a plugin and of the user (2.1.139 to 2.1.332); `asyncRewake` works
//! from 2.1.80 on.

use serde_json::{Value, json};
use std::path::Path;

/// Events at which messages are delivered, or at which an end is seen.
const DELIVER: [&str; 5] = ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd"];
/// Events after which somebody waits for messages.
const WAKE: [&str; 2] = ["SessionStart", "Stop"];

/// The text of the file.
pub fn claude(deliver: &Path, wake: &Path) -> String {
    let (deliver, wake) = (deliver.to_string_lossy(), wake.to_string_lossy());
    let deliver = json!({"hooks": [{"type": "command", "command": deliver, "args": [], "timeout": 5}]});
    let wake = json!({"type": "command", "command": wake, "args": [], "async": true, "asyncRewake": true});
    let wake = json!({"hooks": [wake]});
    let groups = |event: &&str| {
        let waits = WAKE.contains(event).then(|| wake.clone());
        let groups: Vec<Value> = [deliver.clone()].into_iter().chain(waits).collect();
        ((*event).to_string(), Value::Array(groups))
    };
    let hooks: serde_json::Map<String, Value> = DELIVER.iter().map(groups).collect();
    let mut text = serde_json::to_string_pretty(&json!({"hooks": hooks})).unwrap_or_default();
    text.push('\n');
    text
}
