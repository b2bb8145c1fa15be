//! A conversation that moves into another repository keeps its session in its own project.

use cs_tests::{run, status, stdout};
use serde_json::{Value, json};

use super::{UUID, check_quiet, payload, send, stage};

#[test]
fn a_session_keeps_its_project_in_another_repository() {
    let stage = stage();
    let (own, other) = (stage.repository("repo"), stage.repository("other"));
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let before = stage.record_of(UUID).expect("a session");
    for at in [120, 180, 240] {
        let more = json!({"cwd": other, "prompt": "go on there", "prompt_id": format!("there-{at}")});
        check_quiet(&send(&stage, at, &payload(&stage, UUID, "UserPromptSubmit", more)), "the prompt");
    }
    let record = stage.record_of(UUID).expect("a session");
    for field in ["project_slug", "worktree_root", "git_branch"] {
        assert_eq!(record[field], before[field], "{field}");
    }
    let notes = |record: &Value| {
        let events = record["events"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .filter(|event| event["message"].as_str().is_some_and(|text| text.starts_with("also works in ")))
            .count()
    };
    assert_eq!(notes(&record), 1, "{record}");
    assert_eq!(record["also_in"], json!([other]), "{record}");
    for place in [own, other] {
        let mut command = stage.sandbox.command("cs-session");
        command.args(["occupants", "--path"]).arg(&place);
        assert!(stdout(&run(command, "")).contains(UUID), "{}", place.display());
    }
}

#[test]
fn moving_to_another_repository_within_a_turn_is_noted() {
    let stage = stage();
    let other = stage.repository("other");
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let edit = json!({"cwd": other, "tool_name": "Write", "tool_input": {"file_path": other.join("a.txt")}});
    check_quiet(&send(&stage, 120, &payload(&stage, UUID, "PostToolUse", edit)), "the edit");
    let record = stage.record_of(UUID).expect("a session");
    assert_eq!(record["also_in"], json!([other]), "{record}");
    let files = record["files_changed"].as_array().cloned().unwrap_or_default();
    assert!(files.contains(&json!(other.join("a.txt"))), "{record}");
}

#[test]
fn a_successor_that_starts_in_another_repository_keeps_the_project() {
    let stage = stage();
    let other = stage.repository("other");
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let before = stage.record_of(UUID).expect("a session");
    let mut complete = stage.sandbox.command("cs-session");
    complete.args(["complete", before["session_id"].as_str().expect("an id"), "--outcome", "done", "-q"]);
    run(complete, "");
    let more = json!({"cwd": other, "prompt": "go on there", "prompt_id": "there"});
    check_quiet(&send(&stage, 120, &payload(&stage, UUID, "UserPromptSubmit", more)), "the prompt");
    let records = stage.sandbox.records();
    let new = records.iter().find(|record| record["resumed_from"] == before["session_id"]).expect("a successor");
    for field in ["project_slug", "worktree_root", "git_branch"] {
        assert_eq!(new[field], before[field], "{field}");
    }
    assert_eq!(new["also_in"], json!([other]), "{new}");
}

#[test]
fn a_resumed_conversation_in_another_repository_keeps_its_project() {
    let stage = stage();
    let (own, other) = (stage.repository("repo"), stage.repository("other"));
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    super::end(&stage, 80, UUID);
    let resumed = json!({"source": "resume", "cwd": other});
    send(&stage, 120, &payload(&stage, UUID, "SessionStart", resumed));
    let live = stage.live(UUID).expect("it runs");
    assert_eq!((&live["worktree_root"], &live["project_slug"]), (&json!(own), &json!("repo")), "before any prompt");
    let shown = stdout(&stage.sandbox.cs("cs-session", &["show", &format!("claude:{UUID}"), "--json"]));
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((&shown["also_in"], &shown["worktree_root"]), (&json!([other]), &json!(own)));
    // A conversation that starts in either repository is told about it.
    for (n, place) in [(1, &own), (2, &other)] {
        let uuid = format!("00000000-0000-4000-8000-00000000000{n}");
        let begun =
            send(&stage, 130, &payload(&stage, &uuid, "SessionStart", json!({"source": "startup", "cwd": place})));
        assert!(stdout(&begun).contains("another conversation runs in this checkout"), "{}", place.display());
        let end = payload(&stage, &uuid, "SessionEnd", json!({"reason": "other"}));
        check_quiet(&send(&stage, 131, &end), "the end");
    }
}

#[test]
fn a_conversation_in_another_repository_sees_who_works_there() {
    let stage = stage();
    let other = stage.repository("other");
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    super::end(&stage, 75, UUID);
    let neighbour = json!({"source": "startup", "cwd": other});
    send(&stage, 80, &payload(&stage, super::OTHER, "SessionStart", neighbour));
    let resumed = send(&stage, 120, &payload(&stage, UUID, "SessionStart", json!({"source": "resume", "cwd": other})));
    assert!(stdout(&resumed).contains("another conversation"), "{}", stdout(&resumed));
}

#[test]
fn commits_in_another_repository_are_not_recorded() {
    let stage = stage();
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let other = stage.repository("other");
    let noted = |record: &Value| -> Vec<String> {
        let messages = record["events"].as_array().expect("a list").iter();
        let messages = messages.filter_map(|event| event["message"].as_str()).map(str::to_owned);
        messages.filter(|text| text.starts_with("also committed ")).collect()
    };
    let commands = ["git -C ../other commit --allow-empty -qm One", "cd ../other && git commit --allow-empty -m Two"];
    for (n, command) in (0..).zip(commands) {
        super::run_bash(&stage, 100 + n * 100, command);
        // Reported twice.
        super::send_silently(&stage, 101 + n * 100, UUID, "PostToolUse", super::bash(command, ""));
    }
    let mut inside = super::bash("git commit --allow-empty -qm Three", "");
    inside["cwd"] = json!(other);
    super::in_repository(&stage, 400, "cd ../other && git commit --allow-empty -qm Three");
    super::send_silently(&stage, 400, UUID, "PostToolUse", inside);
    super::run_hourly_job(&stage, 500);
    let record = stage.record_of(UUID).expect("a session");
    assert_eq!(record["commits"], json!([]), "{record}");
    assert_eq!(record["also_in"], json!([other]), "{record}");
    let reported = noted(&record);
    let subjects: Vec<_> =
        reported.iter().filter_map(|text| text.rsplit_once(": ")).map(|(_, subject)| subject).collect();
    assert_eq!(subjects, ["One", "Two", "Three"], "{reported:?}");
    assert!(reported.iter().all(|text| text.contains(&format!(" in {}: ", other.display()))), "{reported:?}");
    let project = stage.sandbox.json("projects/repo.json");
    assert_eq!(project["recent_commits"], json!([]));
    // Commits in a submodule are its own, and are noted once.
    super::run_bash(&stage, 510, "git -c protocol.file.allow=always submodule --quiet add ../other lib");
    super::run_bash(&stage, 600, "cd lib && git commit --allow-empty -qm Four");
    super::run_hourly_job(&stage, 700);
    let record = stage.record_of(UUID).expect("a session");
    assert_eq!((&record["commits"][0]["message"], noted(&record).len()), (&json!("Four"), 3), "{record}");
    // Capturing them by hand gives the same.
    let session = record["session_id"].as_str().expect("an id");
    let captured = stage.sandbox.cs("cs-session", &["capture-commits", session, "--repo", &other.to_string_lossy()]);
    assert_eq!(status(&captured), 0, "{captured:?}");
    let record = stage.record_of(UUID).expect("a session");
    assert_eq!((record["commits"].as_array().map(Vec::len), noted(&record).len()), (Some(1), 3), "{record}");
}
