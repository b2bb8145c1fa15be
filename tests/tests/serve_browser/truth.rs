//! Failed turns, last words, ages and the timeline are on every page that shows a session.

use cs_tests::{Sandbox, run, status};
use serde_json::{Value, json};

use crate::dashboard::Dashboard;

const CONVERSATIONS: [&str; 3] = [
    "e998145e-4e5d-40c9-a3a6-681ad5bd51c9",
    "1efc27bb-f68f-47d0-bb52-fc872cee82d8",
    "d8c64c56-59a9-4b11-aded-58c4ded45e16",
];

/// Sends a hook's payload at a time of the sandbox's day.
fn hook(dashboard: &Dashboard, when: &str, n: usize, event: &str, more: Value) {
    let sandbox = &dashboard.sandbox;
    let mut payload = json!({"session_id": CONVERSATIONS[n], "cwd": sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let mut command = sandbox.command(if event.starts_with("Stop") { "cs-heartbeat" } else { "cs-hook" });
    command.env("CS_NOW", format!("2026-11-21T{when}:00Z"));
    assert_eq!(status(&run(command, &payload.to_string())), 0);
}

/// The id of a conversation's session.
fn id(dashboard: &Dashboard, n: usize) -> String {
    let records = dashboard.sandbox.records();
    let own = records.iter().find(|record| record["claude_session_id"] == CONVERSATIONS[n]).expect("a record");
    own["session_id"].as_str().unwrap_or_default().to_owned()
}

/// A failed turn, an ended one with last words, and a question that was followed by another event.
fn start() -> Option<Dashboard> {
    let dashboard = Dashboard::start(Sandbox::new())?;
    hook(&dashboard, "09:00", 0, "UserPromptSubmit", json!({"prompt": "sort the attic"}));
    hook(&dashboard, "09:10", 0, "StopFailure", json!({"error": "rate_limit"}));
    hook(&dashboard, "09:05", 1, "UserPromptSubmit", json!({"prompt": "tidy the cellar"}));
    hook(&dashboard, "09:20", 1, "Stop", json!({"last_assistant_message": "The cellar is tidy."}));
    hook(&dashboard, "09:06", 2, "UserPromptSubmit", json!({"prompt": "paint the door"}));
    let ask = json!({"tool_name": "Bash", "tool_input": {"command": "rm door"}});
    hook(&dashboard, "09:30", 2, "PermissionRequest", ask);
    hook(
        &dashboard,
        "09:50",
        2,
        "Notification",
        json!({"message": "Claude needs your permission", "notification_type": "permission_prompt"}),
    );
    Some(dashboard)
}

#[test]
fn failures_and_last_words_are_in_every_list_and_on_the_page() {
    let Some(mut dashboard) = start() else { return };
    let [failed, idle] = [0, 1].map(|n| id(&dashboard, n));
    for path in ["/", "/?state=failed", "/project/work", "/?q=attic"] {
        dashboard.open(path);
        let row = dashboard.browser.text(&format!("#{failed}"));
        assert!(row.contains("Failed: rate_limit") && row.contains("50 min ago"), "{path}: {row}");
        assert_eq!(dashboard.browser.text(&format!("#{failed} .state")), "failed", "{path}");
    }
    for path in ["/", "/?state=idle", "/project/work", "/?q=cellar"] {
        dashboard.open(path);
        let row = dashboard.browser.text(&format!("#{idle}"));
        assert!(row.contains("Said: The cellar is tidy.") && row.contains("40 min ago"), "{path}: {row}");
    }
    dashboard.open(&format!("/session/{failed}"));
    assert!(dashboard.browser.text("#failed").contains("rate_limit"), "{}", dashboard.browser.text("main"));
    assert!(dashboard.browser.text("#timeline").contains("failed: rate_limit"));
    dashboard.open(&format!("/session/{idle}"));
    assert!(dashboard.browser.text("#said").contains("The cellar is tidy."));
    // Each dated line of the command is on the page, too.
    let shown = dashboard.cs("cs-session", &["show", &idle, "--table"]);
    let page = dashboard.browser.text("#timeline");
    let facts: Vec<&str> = shown.split("  timeline\n").nth(1).unwrap_or_default().lines().collect();
    assert!(facts.len() >= 2, "{shown}");
    for fact in facts {
        let words = fact.trim().split_once("  ").map_or(fact, |(_, words)| words);
        assert!(page.contains(words), "{words:?}: {page}");
    }
}

#[test]
fn ages_are_those_of_the_state_and_the_longest_wait_comes_first() {
    let Some(mut dashboard) = start() else { return };
    let waiting = id(&dashboard, 2);
    dashboard.open("/");
    let age = dashboard.browser.text(&format!("#{waiting} .age"));
    assert_eq!(age, "30 min ago", "since the question; a later event does not count");
    assert_eq!(dashboard.intents(), ["paint the door", "sort the attic", "tidy the cellar"], "questions, then by wait");
    dashboard.open(&format!("/session/{waiting}"));
    assert!(dashboard.browser.text(".since").contains("30 min ago"), "{}", dashboard.browser.text(".head"));
}
