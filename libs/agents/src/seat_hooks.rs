//! Owns the settings that the clients of seats are started with: the hooks that deliver messages. Claude Code runs them
//! beside those of the plugin and of the person's own settings (2.1.139 to 2.1.332), so that no other conversation has
//! them. Must stay true: every program is started without a shell, by its absolute path.

use crate::agent::Agent;
use crate::event::{DELIVER, Event, WAKE};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Seconds that the client waits for a delivery.
const TIMEOUT: u32 = 5;
/// Seconds after which the client stops a waiter: 23 days. The client counts milliseconds in 31 bits.
const WAITING: u32 = 2_000_000;

/// What the client says before the messages, to the agent and to the person. Without it the client calls them an error of
/// a Stop hook, as versions before 2.1.332 may do anyway.
const WAKE_MESSAGE: &str = "Messages for this agent. Each one names its sender:";
const WAKE_SUMMARY: &str = "message for this agent";

/// Events at which a waiter begins to wait, if none does.
const WAKES: [Event; 3] = [Event::SessionStart, Event::UserPromptSubmit, Event::Stop];

/// The text of the file for Claude Code's `--settings`; `programs` is the absolute path of the programs' folder.
pub fn settings(programs: &Path) -> String {
    let command = |name: &str| json!(programs.join(name).to_string_lossy());
    let deliver = json!({"type": "command", "command": command(DELIVER), "args": [], "timeout": TIMEOUT});
    let wake = json!({"type": "command", "command": command(WAKE), "args": [], "timeout": WAITING,
        "async": true, "asyncRewake": true, "rewakeMessage": WAKE_MESSAGE, "rewakeSummary": WAKE_SUMMARY});
    let mut hooks = Map::new();
    for event in Event::ALL.into_iter().filter(|event| event.is_delivered_at(Agent::Claude)) {
        let of_event = [Some(&deliver), Some(&wake).filter(|_| WAKES.contains(&event))];
        let groups: Vec<Value> = of_event.into_iter().flatten().map(|hook| json!({"hooks": [hook]})).collect();
        hooks.insert(event.name().to_string(), Value::Array(groups));
    }
    format!("{:#}\n", json!({ "hooks": hooks }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiter_is_asynchronous_and_wakes_and_no_hook_has_a_matcher() {
        let settings: Value = serde_json::from_str(&settings(Path::new("/a \"b\"/bin"))).unwrap();
        let hooks = settings["hooks"].as_object().unwrap();
        let mut names: Vec<&str> = hooks.keys().map(String::as_str).collect();
        names.sort_unstable();
        let events =
            "Notification PermissionRequest PostToolUse SessionEnd SessionStart Stop StopFailure UserPromptSubmit";
        assert_eq!(names.join(" "), events);
        assert_eq!(hooks["PostToolUse"][0]["hooks"][0]["command"], "/a \"b\"/bin/cs-deliver");
        assert_eq!(hooks["PostToolUse"].as_array().unwrap().len(), 1);
        let wake = &hooks["Stop"][1]["hooks"][0];
        assert_eq!((&wake["command"], &wake["asyncRewake"]), (&json!("/a \"b\"/bin/cs-wake"), &json!(true)));
        assert!(wake["timeout"].as_u64().unwrap() * 1000 < 1 << 31);
        for group in hooks.values().flat_map(|groups| groups.as_array().unwrap()) {
            assert!(group.get("matcher").is_none() && group["hooks"][0]["args"] == json!([]), "{group}");
        }
    }
}
