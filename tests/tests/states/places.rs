//! Which process a process id means: on which machine, in which namespace, and for which conversation.

use crate::*;
#[cfg(target_os = "linux")]
use cs_tests::{contained::Container, skip};

/// Another boot, on which the same process ids mean other processes.
const ELSEWHERE: &str = "00000000-0000-4000-8000-000000000000:4026531836";

fn edit(stage: &Stage, uuid: &str, change: impl Fn(&mut Value)) {
    let path = stage.sandbox.data().join(format!("live/{uuid}.json"));
    let mut live = read(&path);
    change(&mut live);
    fs::write(&path, live.to_string()).expect("the file can be written");
}

fn ask_at(stage: &Stage, at: u64, program: &str, args: &[&str]) -> (i32, String) {
    let mut command = stage.command(program, at * 1000, Client::Interactive);
    command.args(args);
    let answer = run(command, "");
    (status(&answer), stdout(&answer))
}

/// Makes sessions stale after two hours.
fn lower_stale_threshold(stage: &Stage) {
    notify_everything_at_once(stage);
    let mut config = stage.sandbox.json("config.json");
    config["settings"]["stale_threshold_hours"] = json!(2);
    fs::write(stage.sandbox.data().join("config.json"), config.to_string()).expect("the settings can be written");
}

/// State and reason according to `cs-session show`.
fn shown_state(stage: &Stage, at: u64, uuid: &str) -> (String, String) {
    let shown = ask_at(stage, at, "cs-session", &["show", &format!("claude:{uuid}"), "--json"]).1;
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let word = |key: &str| shown[key].as_str().expect("a text").to_string();
    (word("state"), word("state_reason"))
}

#[test]
fn a_process_on_another_machine_is_not_judged() {
    let mut stage = stage();
    ask(&stage, 70, UUID);
    edit(&stage, UUID, |live| live["host"] = json!(ELSEWHERE));
    // On this machine that id is unused or another process.
    stage.kill_client();
    let (state, why) = shown_state(&stage, 75, UUID);
    assert_eq!(state, "waiting", "{why}");
    assert!(
        why.contains("elsewhere") && why.contains("permission for Bash: make (PermissionRequest 5 s ago)"),
        "{why}"
    );
    lower_stale_threshold(&stage);
    let (state, why) = shown_state(&stage, 10 * HOUR, UUID);
    assert_eq!(state, "stale", "at most stale: {why}");
    assert!(why.contains("elsewhere"), "{why}");
    for at in [80, 10 * HOUR] {
        assert_eq!(ask_at(&stage, at, "cs-notify", &["--dry-run", "--json"]).1, "", "no one here can act");
        for command in ["gone", "stale", "all"] {
            let (code, done) = ask_at(&stage, at, "cs-cleanup", &[command, "-q"]);
            assert_eq!((code, done.contains("sess_")), (0, false), "{done}");
        }
    }
    assert_eq!(stage.record_of(UUID).expect("it is recorded")["status"], "active");
    let (code, row) = ask_at(&stage, 80, "cs-session", &["occupants"]);
    assert!(code == 0 && row.contains("\"perhaps\":true"), "{row}");
}

#[test]
fn a_conversation_that_returns_to_this_machine_is_judged_here_again() {
    let stage = stage();
    edit(&stage, UUID, |live| live["host"] = json!(ELSEWHERE));
    assert!(shown_state(&stage, 65, UUID).1.contains("elsewhere"));
    send_event(&stage, 70, UUID, "Stop", json!({}));
    assert_state(&stage, 75, UUID, "idle", "your turn (Stop 5 s ago)");
    assert_ne!(stage.live(UUID).expect("it runs")["host"], ELSEWHERE);
}

#[test]
fn a_live_file_without_a_machine_is_judged_as_before() {
    let mut stage = stage();
    edit(&stage, UUID, |live| drop(live.as_object_mut().expect("an object").remove("host")));
    assert_state(&stage, 65, UUID, "working", "UserPromptSubmit");
    stage.kill_client();
    assert_state(&stage, 70, UUID, "gone", "ended without SessionEnd");
}

/// A resumed Codex has another process, which does not report its id, and the noted one is dead.
#[test]
fn the_process_is_updated_at_a_start_or_when_the_noted_one_is_dead() {
    for (event, more) in [
        ("SessionStart", json!({"source": "resume"})),
        ("UserPromptSubmit", json!({"prompt": "more", "turn_id": "t2"})),
        ("PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}})),
        ("Stop", json!({"turn_id": "t2"})),
    ] {
        let stage = Stage::new();
        let rollout = json!(format!("/home/dev/.codex/sessions/rollout-x-{UUID}.jsonl"));
        let with = |mut more: Value| {
            more["transcript_path"] = rollout.clone();
            more
        };
        let first = json!({"prompt": "do it", "turn_id": "t1"});
        send_event_as(&stage, 60, UUID, "UserPromptSubmit", with(first), Client::Codex, &[]);
        edit(&stage, UUID, |live| live["pid_started"] = json!("1"));
        assert_eq!(shown_state(&stage, 65, UUID).0, "gone", "that process has ended");
        send_event_as(&stage, 70, UUID, event, with(more), Client::Codex, &[]);
        let (state, why) = shown_state(&stage, 75, UUID);
        assert_ne!(state, "gone", "{event}: {why}");
        assert_eq!(stage.live(UUID).expect("it runs")["pid"], std::process::id(), "{event}");
    }
}

/// Two PID namespaces share a data directory: neither judges the processes of the other.
#[cfg(target_os = "linux")]
#[test]
fn a_conversation_in_another_namespace_is_elsewhere_in_both_directions() {
    let container = match Container::find() {
        Ok(container) => container,
        Err(missing) => return skip(missing),
    };
    let stage = stage();
    let bin = cs_tests::programs().display();
    let inside = |script: &str| {
        let answer = container.sh(&stage.sandbox, script);
        assert_eq!((status(&answer), stderr(&answer)), (0, String::new()), "{script}");
        stdout(&answer)
    };
    // Our process, seen from a container.
    let seen = inside(&format!("{bin}/cs-session show claude:{UUID} --json"));
    assert!(seen.contains("elsewhere") && !seen.contains("\"state\":\"gone\""), "{seen}");
    inside(&format!("{bin}/cs-cleanup gone -q"));
    assert_eq!(stage.record_of(UUID).expect("it is recorded")["status"], "active");
    // A container's process, seen from here, while it runs and after it has ended.
    let payload = json!({"session_id": OTHER, "cwd": stage.repository("repo"), "hook_event_name": "UserPromptSubmit",
        "prompt": "inside", "prompt_id": "i1"});
    fs::write(stage.sandbox.home().join("payload"), payload.to_string()).expect("it can be written");
    let tell = format!("sleep 60 & CLAUDE_PID=$! {bin}/cs-hook < ~/payload; {bin}/cs-session list --json; kill $!");
    let rows = inside(&tell);
    let own = rows.lines().find(|row| row.contains("inside")).expect("it is listed");
    assert!(own.contains("\"state\":\"working\"") && !own.contains("elsewhere"), "{own}");
    let (state, why) = shown_state(&stage, 0, OTHER);
    assert!(why.contains("elsewhere") && state != "gone", "{state}: {why}");
    assert_eq!(ask_at(&stage, 0, "cs-cleanup", &["gone", "-q"]), (0, String::new()));
    assert_eq!(stage.record_of(OTHER).expect("it is recorded")["status"], "active");
}

#[test]
fn two_accounts_with_one_data_directory_have_separate_registries() {
    let stage = Stage::new();
    let work = stage.sandbox.home().join(".claude-work");
    let log = work.join(format!("projects/x/{UUID}.jsonl"));
    send_event(&stage, 0, UUID, "SessionStart", json!({"source": "startup", "transcript_path": log}));
    prompt(&stage, 60, UUID);
    // The registry of the reader's own account is about another process with this id.
    write_registry(&stage, 70, UUID, "waiting");
    assert_state(&stage, 75, UUID, "working", "UserPromptSubmit");
    write_registry_at(&stage, &work, 70, UUID, ("idle", None), "");
    assert_state(&stage, 75, UUID, "idle", "the client says idle");
}

#[test]
fn a_checkout_is_not_free_while_its_process_cannot_be_judged() {
    let stage = Stage::new();
    let repo = stage.repository("repo");
    let path = repo.to_string_lossy().into_owned();
    let occupants = |at: u64| ask_at(&stage, at, "cs-session", &["occupants", "--path", &path]);
    assert_eq!(occupants(0).0, 1);
    assert_eq!(ask_at(&stage, 0, "cs-session", &["create", "--intent", "by hand", "-q"]).0, 0);
    let (code, row) = occupants(60);
    assert!(code == 0 && row.contains("\"perhaps\":true") && row.contains("\"state\":\"unknown\""), "{row}");
    let table = ask_at(&stage, 60, "cs-session", &["occupants", "--path", &path, "--table"]).1;
    assert!(table.contains("perhaps: no running conversation is known"), "{table}");
    // A record of the Python tool has no folder, but its project has one.
    let id = stage.sandbox.records()[0]["session_id"].as_str().expect("an id").to_string();
    let record = stage.sandbox.data().join(format!("sessions/{id}.json"));
    let mut theirs = read(&record);
    theirs["worktree_root"] = Value::Null;
    fs::write(&record, theirs.to_string()).expect("it can be written");
    assert_eq!(occupants(60).0, 0);
    let elsewhere = stage.repository("project").to_string_lossy().into_owned();
    assert_eq!(ask_at(&stage, 60, "cs-session", &["occupants", "--path", &elsewhere]).0, 1);
    lower_stale_threshold(&stage);
    assert_eq!(occupants(10 * HOUR).0, 1, "its last event is too long ago");
    // A conversation without a session is judged by its live file.
    send_event(&stage, 70, OTHER, "SessionStart", json!({"source": "startup"}));
    let (_, rows) = occupants(75);
    let own = rows.lines().find(|row| row.contains(OTHER)).expect("it is named");
    assert!(own.contains("\"state\":\"idle\"") && !own.contains("perhaps"), "{own}");
}
