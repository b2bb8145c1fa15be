//! The data that a session takes from its events: directory, branch, commits, signs of life.

use std::fs;

use cs_tests::replay::{Client, Stage, check_store};
use cs_tests::{run, status};
use serde_json::{Value, json};

use super::{OTHER, UUID, check_quiet, payload, prompt, record_path, run_hourly_job, send, send_silently, stage};

fn record(stage: &Stage) -> Value {
    stage.record_of(UUID).expect("the session is there")
}

#[test]
fn a_subagent_changes_neither_directory_nor_model() {
    let stage = stage();
    send_silently(&stage, 61, UUID, "PostToolUse", json!({"model": "big", "tool_name": "Read"}));
    let mut helper =
        payload(&stage, UUID, "PostToolUse", json!({"model": "small", "tool_name": "Read", "agent_id": "a"}));
    helper["cwd"] = json!("/elsewhere");
    check_quiet(&send(&stage, 62, &helper), "helper");
    let live = stage.live(UUID).expect("it has a live file");
    assert_eq!((&live["model"], &live["cwd"]), (&json!("big"), &json!(stage.repository("repo"))));
}

#[test]
fn a_very_long_branch_name_is_cut() {
    let stage = Stage::new();
    let branch = format!("{}/{}", "a".repeat(150), "b".repeat(150));
    assert_eq!(status(&stage.sandbox.sh(&format!("git -C ~/repo checkout -q -b {branch}"))), 0);
    for (at, text) in [(1, "go"), (2, "on")] {
        prompt(&stage, at, UUID, text);
        let kept = record(&stage)["git_branch"].as_str().unwrap_or_default().to_owned();
        assert!(kept.starts_with("aaa") && kept.chars().count() <= 200, "{kept}");
    }
}

#[test]
fn work_trees_and_folder_names_determine_the_project() {
    let stage = Stage::new();
    let script = "git -C ~/repo worktree add -q ~/tree -b side && mkdir -p ~/other && git init -q ~/other/repo";
    assert_eq!(status(&stage.sandbox.sh(script)), 0);
    let home = stage.sandbox.home();
    let mut slugs = Vec::new();
    for (n, place) in (0..).zip(["repo", "tree", "other/repo", "repo/sub"]) {
        let uuid = format!("bbbbbbbb-0000-4000-8000-00000000000{n}");
        let mut first = payload(&stage, &uuid, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"}));
        first["cwd"] = json!(home.join(place));
        check_quiet(&send(&stage, n, &first), place);
        let record = stage.record_of(&uuid).expect("one session");
        slugs.push([record["project_slug"].clone(), record["git_branch"].clone()]);
        let top = if place == "repo/sub" { "repo" } else { place };
        assert_eq!(record["worktree_root"], json!(home.join(top)));
    }
    assert_eq!(json!(slugs), json!([["repo", "main"], ["repo", "side"], ["repo-2", "main"], ["repo", "main"]]));
    check_store(&stage.sandbox);
}

#[test]
fn every_heartbeat_is_visible_and_the_record_is_written_rarely() {
    let stage = stage();
    let at = |seconds| {
        send_silently(&stage, seconds, UUID, "Stop", json!({"last_assistant_message": "x"}));
        record(&stage)["last_heartbeat"].as_str().unwrap_or_default()[11..19].to_owned()
    };
    let before = fs::read(record_path(&stage)).expect("it is there");
    assert_eq!([at(61), at(700), at(961)], ["10:01:01", "10:11:40", "10:16:01"]);
    assert_eq!(fs::read(record_path(&stage)).expect("it is there"), before, "the notes are beside it");
    run_hourly_job(&stage, 1000);
    assert!(
        !stage.sandbox.data().join("spool").read_dir().expect("it is there").any(|_| true),
        "and the notes are merged"
    );
    assert_eq!(record(&stage)["last_heartbeat"], "2026-11-21T10:16:01.000000+00:00");
    // The clock was set back: the last heartbeat counts, not the latest time.
    assert_eq!(at(120), "10:02:00");
}

/// Other programs read records without the notes, so an asynchronous hook brings the records up to date.
#[test]
fn a_record_is_written_after_a_quarter_of_an_hour_or_many_notes() {
    let edit = |file: String| json!({"tool_name": "Edit", "tool_input": {"file_path": file}, "tool_response": {}});
    let stored = |stage: &Stage| fs::read_to_string(record_path(stage)).expect("it is there");
    let stage = stage();
    send_silently(&stage, 61, UUID, "PostToolUse", edit("first.rs".into()));
    assert!(!stored(&stage).contains("first.rs"), "it is only noted");
    let file = fs::File::options().write(true).open(record_path(&stage)).expect("it is there");
    let minutes = |count: u64| std::time::SystemTime::now() - std::time::Duration::from_secs(count * 60);
    file.set_modified(minutes(14)).expect("our file");
    send_silently(&stage, 62, UUID, "PostToolUse", edit("second.rs".into()));
    assert!(!stored(&stage).contains("second.rs"), "a 14-minute-old record is left alone");
    file.set_modified(minutes(16)).expect("our file");
    send_silently(&stage, 63, UUID, "PostToolUse", edit("third.rs".into()));
    assert!(["first.rs", "second.rs", "third.rs"].iter().all(|file| stored(&stage).contains(file)));
    for n in 0..18 {
        send_silently(&stage, 64, UUID, "PostToolUse", edit(format!("{}/{n}.rs", "deep/".repeat(800))));
    }
    assert!(stored(&stage).contains("/15.rs"), "64 KiB of notes count as many");
}

#[test]
fn a_heartbeat_by_hand_goes_to_the_newest_session_of_the_project() {
    let stage = stage();
    prompt(&stage, 120, OTHER, "newer");
    let command = stage.command("cs-heartbeat", 300_000, Client::Interactive);
    check_quiet(&run(command, ""), "by hand");
    assert_eq!(record(&stage)["last_heartbeat"], "2026-11-21T10:01:00.000000+00:00");
    let newer = stage.record_of(OTHER).expect("it is there");
    assert_eq!(newer["last_heartbeat"], "2026-11-21T10:05:00.000000+00:00");
}
