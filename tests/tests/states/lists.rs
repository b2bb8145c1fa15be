//! States are shown the same everywhere, and nothing that is over is shown.

use crate::*;

/// Panics if any output, raw ones and exports included, says that the session waits for something.
#[track_caller]
pub fn check_asks_nothing(stage: &Stage, at: u64, uuid: &str) {
    let ask = |program: &str, args: &[&str]| {
        let mut command = stage.command(program, at * 1000, Client::Interactive);
        command.args(args);
        stdout(&run(command, ""))
    };
    let name = format!("claude:{uuid}");
    let shown: Value = serde_json::from_str(&ask("cs-session", &["show", &name, "--json"])).expect("JSON");
    let id = shown["session_id"].as_str().expect("a text").to_string();
    let served = Served::from(stage.command("cs-serve", at * 1000, Client::Interactive));
    let outputs = [
        shown.to_string(),
        ask("cs-session", &["list", "--full", "--json"]),
        ask("cs-export", &[&id, "--format", "jsonl"]),
        ask("cs-export", &[&id, "--format", "json"]),
        ask("cs-project", &["overview", "--json"]),
        served.json("/api/sessions").to_string(),
        served.json("/api/overview").to_string(),
        served.json(&format!("/api/session/{id}")).to_string(),
        served.json(&format!("/api/export/session/{id}?format=json")).to_string(),
    ];
    for output in &outputs {
        let compact = output.replace("\": ", "\":");
        assert!(compact.contains("\"awaiting_action\":null"), "{output}");
        assert!(!compact.contains("\"awaiting_action\":\""), "{output}");
    }
    // The timeline still has the question; a CSV row has no timeline.
    for (form, sign) in [("markdown", "Needs you"), ("html", "Needs you"), ("csv", "permission for")] {
        let text = ask("cs-export", &[&id, "--format", form]);
        assert!(!text.is_empty() && !text.contains(sign), "{text}");
    }
    let block = ask("cs-session", &["show", &name, "--table"]);
    assert!(!block.contains("needs you"), "{block}");
}

#[test]
fn a_question_that_was_dismissed_is_gone_from_every_output() {
    let stage = stage();
    ask(&stage, 70, UUID);
    write_registry(&stage, 75, UUID, "idle");
    check_asks_nothing(&stage, 80, UUID);
}

#[test]
fn every_list_shows_a_failed_turn() {
    let stage = stage();
    send_event(&stage, 70, UUID, "StopFailure", json!({"error": "usage limit"}));
    assert_state(&stage, 75, UUID, "idle", "the turn failed: usage limit (StopFailure 5 s ago)");
    let ask = |program: &str, args: &[&str]| {
        let mut command = stage.command(program, 75_000, Client::Interactive);
        command.args(args);
        let answer = run(command, "");
        (status(&answer), stdout(&answer))
    };
    for (program, args) in [("cs-session", vec!["list", "--table"]), ("cs-project", vec!["overview", "--table"])] {
        let (_, table) = ask(program, &args);
        assert!(table.contains("failed: usage limit"), "{table}");
    }
    for (state, found) in [("failed", 0), ("idle", 0), ("working", 1), ("suspended", 1)] {
        assert_eq!(ask("cs-session", &["list", "--state", state]).0, found, "{state}");
    }
    let (_, row) = ask("cs-session", &["list", "--state", "failed", "--json"]);
    assert!(row.contains(r#""failed":"usage limit""#), "{row}");
    let served = Served::from(stage.command("cs-serve", 75_000, Client::Interactive));
    let list = served.json("/api/sessions?state=failed");
    assert_eq!((&list["counts"]["failed"], &list["sessions"][0]["failed"]), (&json!(1), &json!("usage limit")));
    assert_eq!(served.json("/api/sessions?state=working")["total"], 0);
    let page = served.get("/").text();
    assert!(page.contains("failed: usage limit"), "{page}");
    prompt(&stage, 80, UUID);
    assert_state(&stage, 85, UUID, "working", "UserPromptSubmit");
    assert_eq!(ask("cs-session", &["list", "--state", "failed"]).0, 1);
}

#[test]
fn a_client_stopped_with_ctrl_z_is_suspended_until_it_continues() {
    let stage = stage();
    ask(&stage, 65, UUID);
    let signal = |name: &str| {
        assert_eq!(status(&stage.sandbox.sh(&format!("kill -{name} {}", stage.client()))), 0);
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    write_registry(&stage, 65, UUID, "waiting");
    signal("STOP");
    assert_state(
        &stage,
        70,
        UUID,
        "suspended",
        &format!("process {} is stopped (Ctrl-Z); PermissionRequest 5 s ago", stage.client()),
    );
    let served = Served::from(stage.command("cs-serve", 70_000, Client::Interactive));
    let list = served.json("/api/sessions?state=suspended");
    assert_eq!((&list["total"], &list["counts"]["suspended"]), (&json!(1), &json!(1)));
    assert!(served.get("/").text().contains("is-suspended"));
    let mut command = stage.command("cs-session", 70_000, Client::Interactive);
    command.args(["occupants", "-q"]);
    assert_eq!(status(&run(command, "")), 0, "it still has the checkout");
    signal("CONT");
    assert_state(&stage, 75, UUID, "waiting", "permission for Bash: make");
}

#[test]
fn lists_show_the_figures_of_the_most_recent_conversation() {
    let stage = stage();
    let id = stage.record_of(UUID).expect("it is recorded")["session_id"].clone();
    send_event(&stage, 70, OTHER, "SessionStart", json!({"source": "startup"}));
    let path = stage.sandbox.data().join(format!("live/{OTHER}.json"));
    let mut other = read(&path);
    other["session_id"] = id;
    fs::write(&path, other.to_string()).expect("the file can be written");
    for (at, uuid, cost) in [(80, UUID, 1.25), (80, OTHER, 7.5)] {
        let figures = json!({"session_id": uuid, "cwd": stage.repository("repo"), "cost": {"total_cost_usd": cost}});
        run(stage.command("cs-statusline", at * 1000, Client::Interactive), &figures.to_string());
    }
    let cost = |at: u64| {
        let mut command = stage.command("cs-session", at * 1000, Client::Interactive);
        command.args(["list", "--json"]);
        let row: Value = serde_json::from_str(&stdout(&run(command, ""))).expect("one row");
        (row["cost_usd"].clone(), row["state_reason"].clone())
    };
    assert_eq!(cost(85).0, 7.5);
    send_event(&stage, 90, UUID, "Stop", json!({}));
    assert_eq!(cost(95), (json!(1.25), json!("your turn (Stop 5 s ago)")));
}
