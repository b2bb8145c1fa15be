//! Titles in the client's log, which `cs-usage keep` copies into the records.

use crate::*;

fn lines(lines: &[Value]) -> String {
    let answer = json!({
        "type": "assistant", "sessionId": UUID, "timestamp": "2026-11-21T10:02:00Z", "cwd": "/home/dev/repo",
        "requestId": "r", "uuid": "bbbbbbbb-0000-4000-8000-000000000001",
        "message": {"id": "m", "model": "claude-opus-5-5", "usage": {"input_tokens": 9, "output_tokens": 9}},
    });
    lines.iter().chain([&answer]).map(|line| format!("{line}\n")).collect()
}

fn found(title: &str) -> Value {
    json!({"type": "ai-title", "aiTitle": title, "sessionId": UUID})
}

fn given(title: &str) -> Value {
    json!({"type": "custom-title", "customTitle": title, "sessionId": UUID})
}

/// The intent after `cs-usage keep` read a log with these lines.
#[track_caller]
fn kept(stage: &Stage, at: u64, of: &[Value]) -> String {
    let folder = stage.sandbox.home().join(".claude/projects/-home-dev-repo");
    fs::create_dir_all(&folder).expect("it can be created");
    fs::write(folder.join(format!("{UUID}.jsonl")), lines(of)).expect("it can be written");
    run_command(stage, at, &["cs-usage", "keep"]);
    record(stage)["intent"].as_str().expect("a text").to_owned()
}

#[test]
fn the_clients_title_beats_a_prompt_and_a_persons_title_beats_both() {
    let stage = stage();
    assert_eq!(kept(&stage, 70, &[found("Login page")]), "Login page");
    assert_eq!(record(&stage)["intent_by"], "client");
    assert_eq!(kept(&stage, 80, &[found("Login page"), found("Login and footer")]), "Login and footer");
    prompt(&stage, 90, "something else");
    assert_eq!(record(&stage)["intent"], "Login and footer");
    assert_eq!(kept(&stage, 100, &[given("auth"), found("Login and footer")]), "auth");
    assert_eq!(record(&stage)["intent_by"], "rename");
    assert_eq!(kept(&stage, 110, &[found("Later title")]), "auth");
    run_command(&stage, 120, &["cs-session", "update", &id(&stage), "--intent", "Ship it"]);
    assert_eq!(kept(&stage, 130, &[given("auth 2")]), "Ship it");
}

#[test]
fn a_title_changes_neither_dates_nor_state() {
    let stage = stage();
    stop(&stage, 70, "Done.");
    send_event(&stage, 80, "SessionEnd", json!({"reason": "other"}));
    let before = record(&stage);
    assert_eq!(kept(&stage, 7200, &[found("Login page")]), "Login page");
    let after = record(&stage);
    for field in ["status", "outcome", "last_heartbeat", "ended_at", "history", "written_by"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[test]
fn an_invalid_title_is_ignored() {
    let secret = format!("use {SECRET} there");
    for (title, intent) in [
        ("", "build the login page"),
        ("\u{7}", "build the login page"),
        ("Hello", "build the login page"),
        ("<system-reminder>x</system-reminder>", "build the login page"),
        (&secret, "use [masked] there"),
    ] {
        assert_eq!(kept(&stage(), 70, &[found(title)]), intent, "{title:?}");
    }
}

#[test]
fn without_stored_prompts_titles_made_from_them_are_not_stored() {
    let stage = begun_with(&json!({"hooks": {"capture_prompts": false}}));
    prompt(&stage, 60, "build the login page");
    assert_eq!(kept(&stage, 70, &[found("Login page")]), "conversation in repo");
}

#[test]
fn a_removed_name_is_not_used() {
    let stage = stage();
    assert_eq!(kept(&stage, 70, &[found("Login page"), given("auth"), given("")]), "Login page");
    assert_eq!(kept(&stage, 80, &[given("auth")]), "auth");
    assert_eq!(
        kept(&stage, 90, &[given("auth"), given(" "), found("Login page")]),
        "auth",
        "nothing gives a better one"
    );
}
