//! The agent's last answer is shown where the session waits for the person, and nowhere else.

use crate::*;

/// The agent's answer in each output; all must agree.
#[track_caller]
fn said(stage: &Stage, at: u64) -> Option<String> {
    let id = id(stage);
    let row = parsed(&run_command(stage, at, &["cs-session", "list", "--json"]));
    let said = row.get("said").map(|said| said.as_str().expect("a text").to_owned());
    let shown = parsed(&run_command(stage, at, &["cs-session", "show", &id, "--json"]));
    assert_eq!(shown.get("said"), row.get("said"), "show");
    let table = run_command(stage, at, &["cs-session", "list", "--table"]);
    let block = run_command(stage, at, &["cs-session", "show", &id, "--table"]);
    let served = served(stage, at);
    let api = served.json(&format!("/api/session/{id}"));
    assert_eq!(api["said"].as_str(), said.as_deref(), "the dashboard");
    let page = served.get(&format!("/session/{id}")).text();
    let overview = parsed(&run_command(stage, at, &["cs-project", "overview", "--json"]));
    let projects = overview["projects"].as_array().expect("a list");
    let summaries = projects.iter().flat_map(|of| ["active", "parked", "recent"].map(|group| &of[group]));
    let summary = summaries.flat_map(|group| group.as_array().expect("a list")).next().expect("it is there");
    let rows = served.json("/api/sessions");
    assert_eq!((summary.get("said"), rows["sessions"][0].get("said")), (row.get("said"), row.get("said")), "overview");
    let front = served.get("/").text();
    let notices = notices(stage, at);
    let export = run_command(stage, at, &["cs-export", &id, "--format", "markdown"]);
    let shows = [
        ("list", table.contains(" — said: ")),
        ("show", block.contains("\n  said ")),
        ("overview", front.contains("<b>Said:</b>")),
        ("page", page.contains("Last message")),
        ("export", export.contains("| Said |")),
    ];
    for (place, is_shown) in shows {
        assert_eq!(is_shown, said.is_some(), "{place}: {table}{block}");
    }
    for notice in &notices {
        let body = notice["body"].as_str().expect("a text");
        assert_eq!(body.contains("said: "), said.is_some(), "{body}");
    }
    if let Some(said) = &said {
        for (place, text) in [("list", &table), ("show", &block), ("page", &page), ("export", &export)] {
            assert!(text.replace('\\', "").contains(said), "{place}: {text}");
        }
    }
    said
}

fn notices(stage: &Stage, at: u64) -> Vec<Value> {
    let mut config = stage.sandbox.json("config.json");
    config["settings"] = json!({"notifications_enabled": true});
    config["notify"] = json!({"waiting_after_seconds": 0, "command": ["true"]});
    fs::write(stage.sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
    run_command(stage, at, &["cs-notify", "--dry-run", "--json"]).lines().map(parsed).collect()
}

#[test]
fn the_answer_is_shown_while_the_session_waits_for_the_person() {
    let stage = stage();
    assert_eq!(said(&stage, 65), None, "it works");
    stop(&stage, 70, "The page is there.\nMore below.");
    assert_eq!(said(&stage, 75).as_deref(), Some("The page is there."));
    prompt(&stage, 80, "and the footer");
    assert_eq!(said(&stage, 85), None, "it works again");
    send_event(&stage, 90, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
    assert_eq!(said(&stage, 95), None, "it asks during a turn");
    // The turn ends without an answer, and the one to an earlier prompt does not count.
    send_event(&stage, 100, "Stop", json!({}));
    assert_eq!(said(&stage, 105), None, "it said nothing");
    stop(&stage, 110, "The footer, too.");
    assert_eq!(said(&stage, 115).as_deref(), Some("The footer, too."));
    send_event(&stage, 120, "SessionEnd", json!({"reason": "other"}));
    assert_eq!(said(&stage, 125), None, "it has ended");
}

#[test]
fn a_failed_or_interrupted_turn_has_no_answer() {
    let stage = stage();
    stop(&stage, 70, "The page is there.");
    prompt(&stage, 80, "and the footer");
    send_event(&stage, 90, "StopFailure", json!({"error": "usage limit"}));
    assert_eq!(said(&stage, 95), None);
    prompt(&stage, 100, "again");
    stop(&stage, 110, "Now it is.");
    assert_eq!(said(&stage, 115).as_deref(), Some("Now it is."));
}

#[test]
fn a_later_request_is_shown_beside_the_answer() {
    let stage = stage();
    stop(&stage, 70, "Which colour?");
    run_command(&stage, 75, &["cs-session", "request-action", &id(&stage), "--reason", "choose a colour"]);
    let reported = notices(&stage, 80);
    let body = reported.first().expect("it waits")["body"].as_str().expect("a text");
    assert!(body.contains("choose a colour") && body.ends_with("said: Which colour?"), "{body}");
}

#[test]
fn a_turn_that_continues_in_the_background_has_its_answer() {
    let stage = stage();
    let more = json!({"last_assistant_message": "The tests run.", "background_tasks": [{"id": "a", "type": "shell"}]});
    send_event(&stage, 70, "Stop", more);
    assert_eq!(said(&stage, 75).as_deref(), Some("The tests run."));
    prompt(&stage, 80, "<task-notification><task-id>a</task-id></task-notification>");
    assert_eq!(said(&stage, 85), None, "it handles the new prompt");
}

#[test]
fn the_answer_is_one_masked_line_whatever_the_file_says() {
    let stage = stage();
    stop(&stage, 70, &format!("The key is {SECRET}."));
    assert_eq!(said(&stage, 75).as_deref(), Some("The key is [masked]."));
    let path = stage.sandbox.data().join(format!("live/{UUID}.json"));
    let mut live = stage.live(UUID).expect("it runs");
    live["last_message"] = json!(format!("old {SECRET}\u{1b}[2J\n{}", "x".repeat(5_000)));
    fs::write(path, live.to_string()).expect("it can be written");
    let row = parsed(&run_command(&stage, 80, &["cs-session", "list", "--json"]));
    let said = row["said"].as_str().expect("it is said");
    assert!(said.starts_with("old [masked] [2J x") && said.chars().count() <= 1_000, "{said}");
}

#[test]
fn without_stored_answers_none_is_shown() {
    let stage = begun_with(&json!({"hooks": {"capture_prompts": false}}));
    prompt(&stage, 60, "build the login page");
    stop(&stage, 70, "The page is there.");
    assert_eq!(said(&stage, 75), None);
}
