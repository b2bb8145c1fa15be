//! The timeline consists of all dated facts in order, and is the same wherever it is shown.

use crate::*;

const UTC: &str = " UTC";

/// The timeline in `show`: the texts, oldest first.
fn shown(block: &str) -> Vec<String> {
    let lines = block.lines().skip_while(|line| line.trim() != "timeline").skip(1);
    lines.map(|line| line.trim().split_once("  ").map_or(line, |(_, text)| text).trim().to_owned()).collect()
}

/// The same for an export in Markdown.
fn exported(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != "## Timeline").skip(2);
    let facts = lines.take_while(|line| !line.is_empty());
    facts.filter_map(|line| Some(line.split_once(UTC)?.1.trim_start_matches(": ").replace('\\', ""))).collect()
}

/// The same for a page or an export in HTML; the page has the newest first.
fn listed(page: &str, begin: &str) -> Vec<String> {
    let timeline = page.split_once(begin).map(|(_, rest)| rest.split("</ol>").next().unwrap_or_default());
    let items = timeline.unwrap_or_default().split("<li>").skip(1);
    let text = |item: &str| {
        let words = item.split_once("</time>").map_or(item, |(_, rest)| rest);
        let plain: String = words.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
        plain.replace("&quot;", "\"").replace("&#x2f;", "/").trim().to_owned()
    };
    items.map(text).collect()
}

/// The timeline, which must be the same in every output.
#[track_caller]
fn timeline(stage: &Stage, at: u64) -> Vec<String> {
    let id = id(stage);
    let facts = shown(&run_command(stage, at, &["cs-session", "show", &id, "--table"]));
    let markdown = run_command(stage, at, &["cs-export", &id, "--format", "markdown"]);
    assert_eq!(exported(&markdown), facts, "{markdown}");
    let served = served(stage, at);
    let mut page = listed(&served.get(&format!("/session/{id}")).text(), "<ol class=\"timeline\"");
    page.reverse();
    assert_eq!(page, facts, "the page");
    let download = served.get(&format!("/api/export/session/{id}?format=markdown")).text();
    assert_eq!(exported(&download), facts, "the download");
    let all = [markdown, download, served.get("/").text(), served.get("/project/repo").text()].concat();
    assert!(!all.contains("Nothing has happened"), "{all}");
    facts
}

#[test]
fn every_dated_fact_is_in_the_timeline() {
    let stage = stage();
    let id = id(&stage);
    let ask = json!({"tool_name": "Bash", "tool_input": {"command": "make"}});
    send_event(&stage, 120, "PermissionRequest", ask.clone());
    let done = json!({"tool_name": "Bash", "tool_input": {"command": "make"}, "tool_response": {"stdout": "ok"}});
    send_event(&stage, 180, "PostToolUse", done);
    let sha = commit(&stage, 240, "Add page");
    let task = json!({"tool_name": "TaskCreate", "tool_input": {"subject": "write a test"}, "tool_response": {"task": {"id": "1"}}});
    send_event(&stage, 300, "PostToolUse", task);
    run_command(&stage, 360, &["cs-session", "event", &id, "--message", "deployed"]);
    let task = json!({"tool_name": "TaskUpdate", "tool_input": {"taskId": "1", "status": "completed"}});
    send_event(&stage, 420, "PostToolUse", task);
    send_event(&stage, 480, "StopFailure", json!({"error": "usage limit"}));
    prompt(&stage, 540, "again");
    stop(&stage, 600, "Done.");
    let expected = [
        "started",
        "prompt: build the login page",
        "asked: permission for Bash: make",
        "answered: permission for Bash: make",
        &format!("commit {} Add page", &sha[..7]),
        "new task: write a test",
        "deployed",
        "done: write a test",
        "failed: usage limit",
        "prompt: again",
    ];
    assert_eq!(timeline(&stage, 610), expected);
    run_command(&stage, 660, &["cs-session", "park", &id, "--reason", "lunch"]);
    assert_eq!(timeline(&stage, 665), [&expected[..], &["parked: lunch"]].concat());
    let mut resume = stage.command("cs-session", 720_000, Client::Interactive);
    let uuid = record(&stage)["claude_session_id"].as_str().expect("a UUID").to_owned();
    resume.args(["resume", &id]).env("CLAUDE_CODE_SESSION_ID", uuid);
    assert_eq!(status(&run(resume, "")), 0);
    let before = shown(&run_command(&stage, 725, &["cs-session", "show", &id, "--table"]));
    let last = before.last().expect("it ended");
    assert!(last.contains("Resumed as sess_"), "{last}");
    let next = parsed(&run_command(&stage, 725, &["cs-session", "list", "--status", "active", "--json"]));
    let next = next["session_id"].as_str().expect("an id").to_owned();
    let facts = shown(&run_command(&stage, 725, &["cs-session", "show", &next, "--table"]));
    assert_eq!(facts.first(), Some(&format!("started, to continue {id}")));
}

#[test]
fn a_commit_alone_makes_a_timeline() {
    let stage = stage();
    let sha = commit(&stage, 120, "Add page");
    let facts = timeline(&stage, 180);
    assert_eq!(facts.last(), Some(&format!("commit {} Add page", &sha[..7])));
}

#[test]
fn a_commit_added_by_hand_has_its_time() {
    let stage = begun();
    prompt(&stage, 60, "hi");
    run_command(&stage, 120, &["cs-session", "commit", &id(&stage), "--sha", "1a2b3c4d", "--message", "Fix\nit"]);
    run_command(&stage, 180, &["cs-session", "event", &id(&stage), "--message", "deployed"]);
    assert_eq!(timeline(&stage, 190)[2..], ["commit 1a2b3c4 Fix it", "deployed"]);
}

#[test]
fn text_that_must_not_be_stored_is_in_no_timeline() {
    let stage = begun_with(&json!({"hooks": {"capture_prompts": false}}));
    prompt(&stage, 60, "a secret plan");
    assert_eq!(timeline(&stage, 65), ["started", "prompt"]);
    prompt(&stage, 120, "and another");
    assert_eq!(timeline(&stage, 125), ["started", "prompt", "prompt"]);
}

#[test]
fn a_long_timeline_is_bounded_and_in_order() {
    let stage = stage();
    let path = stage.sandbox.data().join(format!("sessions/{}.json", id(&stage)));
    let mut record = record(&stage);
    let moment = |n: usize| json!({"at": format!("2026-11-21T1{}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60), "kind": "prompt", "text": format!("prompt {n}")});
    record["history"] = (0..3_000).rev().map(moment).collect();
    fs::write(&path, record.to_string()).expect("it can be written");
    let served = served(&stage, 7_000);
    let page = served.get(&format!("/session/{}", id(&stage))).text();
    let facts = listed(&page, "<ol class=\"timeline\"");
    assert_eq!((facts.len(), facts[0].as_str()), (500, "prompt: prompt 2999"), "the newest, newest first");
    assert!(page.contains("older items"), "{page}");
    // The next writer trims the record to the allowed length.
    prompt(&stage, 7_100, "and more");
    run_command(&stage, 7_110, &["cs-session", "event", &id(&stage), "--message", "deployed"]);
    let kept = self::record(&stage)["history"].as_array().expect("a list").len();
    assert!(kept <= 500, "{kept}");
}
