//! Which sessions are closed, with fake clocks and killed processes.

use std::os::unix::fs::MetadataExt;

use audit::Entry;
use cs_tests::Running;
use cs_tests::called::{Called, End};

use super::*;

/// A process that stands in for the agent.
fn client(sandbox: &Sandbox) -> Running {
    sandbox.start("sleep", &["600"])
}

fn kill(mut client: Running) {
    client.0.kill().expect("it can be killed");
    client.0.wait().expect("it can be waited for");
}

const PROMPT: &str = r#","prompt":"fix login","prompt_id":"p1""#;
const TASK: &str =
    r#","tool_name":"TaskCreate","tool_input":{"subject":"write tests"},"tool_response":{"task":{"id":"1"}}"#;
const NEXT_WEEK: &str = "2026-11-28T10:00:00Z";

#[test]
fn a_killed_conversation_is_closed_as_its_end_would_have_closed_it() {
    for task in [false, true] {
        let endings = [true, false].map(|is_killed| {
            let sandbox = Sandbox::new();
            let client = client(&sandbox);
            let pid = client.pid();
            send_hook(&sandbox, pid, CA5D, "SessionStart", r#","source":"startup""#);
            send_hook(&sandbox, pid, CA5D, "UserPromptSubmit", PROMPT);
            if task {
                send_hook(&sandbox, pid, CA5D, "PostToolUse", TASK);
            }
            send_hook(&sandbox, pid, CA5D, "Stop", r#","last_assistant_message":"Here it is.""#);
            assert_eq!(ok(&sandbox, "cs-cleanup", &["gone"]), "", "its process is running");
            if is_killed {
                kill(client);
                let closed = if task { "parked" } else { "completed" };
                let done = done(&ok(&sandbox, "cs-cleanup", &["gone"]));
                assert_eq!(done, [format!("{closed} sess_20261121T1000_ca5d")]);
            } else {
                send_hook(&sandbox, pid, CA5D, "SessionEnd", r#","reason":"other""#);
            }
            assert_eq!(ok(&sandbox, "cs-cleanup", &["gone"]), "", "once is enough");
            assert!(!sandbox.data().join(format!("live/{CA5D}.json")).exists());
            assert!(!sandbox.data().join(format!("live/{CA5D}.lock")).exists());
            let ended = sandbox.json(&format!("ended/{CA5D}.json"));
            check_in_order(&sandbox);
            (sandbox.record("sess_20261121T1000_ca5d"), ended)
        });
        let [(killed, killed_live), (ended, ended_live)] = endings;
        for field in ["status", "outcome", "next_steps", "last_heartbeat", "ended_at", "current_activity"] {
            assert_eq!(killed[field], ended[field], "{field}");
        }
        assert_eq!((&killed["ended_by"], &ended["ended_by"]), (&json!("cleanup"), &json!("hook")));
        for field in ["session_id", "ended_at", "last_message"] {
            assert_eq!(killed_live[field], ended_live[field], "{field}");
        }
        let reported = killed["events"][0]["message"].as_str().unwrap_or_default();
        assert!(
            reported.starts_with("closed by cs-cleanup: process ") && reported.contains("ended without SessionEnd"),
            "{reported}"
        );
    }
}

#[test]
fn a_killed_unattended_conversation_is_completed() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    for (event, more) in
        [("SessionStart", r#","source":"startup""#), ("UserPromptSubmit", PROMPT), ("PostToolUse", TASK)]
    {
        let payload =
            format!(r#"{{"session_id":"{CA5D}","cwd":{:?},"hook_event_name":"{event}"{more}}}"#, sandbox.work());
        let mut command = sandbox.command("cs-hook");
        // As the client reports it for `claude -p`.
        command.env("CLAUDE_PID", client.pid().to_string()).env("CLAUDE_CODE_ENTRYPOINT", "sdk-cli");
        assert_eq!(status(&run(command, &payload)), 0);
    }
    kill(client);
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["gone"])), ["completed sess_20261121T1000_ca5d"]);
    assert_eq!(sandbox.record("sess_20261121T1000_ca5d")["next_steps"], json!(["write tests"]));
}

#[test]
fn the_setting_for_ended_sessions_applies_to_killed_ones() {
    for (setting, expected) in [("keep", "active"), ("park", "parked"), ("complete", "completed")] {
        let sandbox = Sandbox::new();
        let client = client(&sandbox);
        send_hook(&sandbox, client.pid(), CA5D, "UserPromptSubmit", PROMPT);
        put(&sandbox, "config.json", &format!(r#"{{"hooks": {{"session_end": "{setting}"}}}}"#));
        kill(client);
        let action = if setting == "keep" { "ended" } else { expected };
        assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["gone"])), [format!("{action} sess_20261121T1000_ca5d")]);
        assert_eq!(sandbox.record("sess_20261121T1000_ca5d")["status"], expected);
    }
}

#[test]
fn a_conversation_without_a_prompt_only_loses_its_file() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    send_hook(&sandbox, client.pid(), CA5D, "SessionStart", r#","source":"startup""#);
    kill(client);
    let reported = ok(&sandbox, "cs-cleanup", &["all"]);
    assert_eq!(done(&reported), ["ended "]);
    assert!(reported.contains(CA5D), "{reported}");
    assert!(sandbox.records().is_empty() && !sandbox.data().join(format!("live/{CA5D}.json")).exists());
}

#[test]
fn a_session_closed_by_cleanup_is_reopened_by_its_conversation() {
    for way in ["resume", "prompt"] {
        let sandbox = Sandbox::new();
        let first = client(&sandbox);
        send_hook(&sandbox, first.pid(), CA5D, "SessionStart", r#","source":"startup""#);
        send_hook(&sandbox, first.pid(), CA5D, "UserPromptSubmit", PROMPT);
        kill(first);
        ok(&sandbox, "cs-cleanup", &["gone"]);
        let second = client(&sandbox);
        match way {
            "resume" => send_hook(&sandbox, second.pid(), CA5D, "SessionStart", r#","source":"resume""#),
            _ => send_hook(&sandbox, second.pid(), CA5D, "UserPromptSubmit", r#","prompt":"go on","prompt_id":"p2""#),
        }
        let records = sandbox.records();
        assert_eq!((records.len(), &records[0]["status"]), (1, &json!("active")), "{way}");
        assert_eq!(ok(&sandbox, "cs-cleanup", &["all"]), "", "{way}");
    }
}

#[test]
fn a_session_is_stale_only_after_the_threshold() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    ok(&sandbox, "cs-session", &["event", &id, "--message", "a note", "-q"]);
    put(&sandbox, "config.json", r#"{"settings": {"stale_threshold_hours": 2.5}}"#);
    assert_eq!(at(&sandbox, "2026-11-21T12:30:00Z", "cs-cleanup", &["stale"]), "");
    let dry = at(&sandbox, "2026-11-21T12:30:01Z", "cs-cleanup", &["stale", "--dry-run"]);
    assert_eq!((done(&dry), sandbox.record(&id)["status"].as_str()), (vec![format!("parked {id}")], Some("active")));
    assert_eq!(done(&at(&sandbox, "2026-11-21T12:30:01Z", "cs-cleanup", &["stale"])), [format!("parked {id}")]);
    let record = sandbox.record(&id);
    assert_eq!(record["last_heartbeat"], "2026-11-21T10:00:00.000000+00:00", "the last sign of life");
    assert_eq!(record["ended_at"], "2026-11-21T12:30:01.000000+00:00");
    assert_eq!(record["events"][1]["message"], "closed by cs-cleanup: no sign of life for 2 h");
    check_in_order(&sandbox);
}

#[test]
fn a_silent_conversation_stays_open_while_its_process_runs() {
    let sandbox = Sandbox::new();
    let alive = client(&sandbox);
    send_hook(&sandbox, alive.pid(), CA5D, "UserPromptSubmit", PROMPT);
    let other = client(&sandbox);
    send_hook(&sandbox, other.pid(), BEEF, "UserPromptSubmit", PROMPT);
    send_hook(&sandbox, other.pid(), BEEF, "Stop", "");
    for command in ["stale", "gone", "all"] {
        assert_eq!(
            at(&sandbox, NEXT_WEEK, "cs-cleanup", &[command]),
            "",
            "{command}: working, or at the prompt, for a week"
        );
    }
    kill(alive);
    kill(other);
    assert_eq!(at(&sandbox, NEXT_WEEK, "cs-cleanup", &["stale"]), "", "`gone` decides that");
    assert_eq!(done(&at(&sandbox, NEXT_WEEK, "cs-cleanup", &["gone"])).len(), 2);
}

/// Without its process, a conversation is judged by its last event.
#[test]
fn a_conversation_without_a_known_process_is_judged_by_its_last_event() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    send_hook(&sandbox, client.pid(), CA5D, "UserPromptSubmit", PROMPT);
    send_hook(&sandbox, client.pid(), CA5D, "Stop", "");
    let mut live = sandbox.json(&format!("live/{CA5D}.json"));
    (live["pid"], live["pid_started"], live["last_event_at"]) =
        (Value::Null, Value::Null, json!("2026-11-23T10:00:00Z"));
    put(&sandbox, &format!("live/{CA5D}.json"), &live.to_string());
    assert_eq!(at(&sandbox, "2026-11-24T09:00:00Z", "cs-cleanup", &["all"]), "", "last event 23 h ago");
    let reported = at(&sandbox, "2026-11-24T11:00:00Z", "cs-cleanup", &["stale"]);
    assert_eq!(done(&reported), ["completed sess_20261121T1000_ca5d"]);
    let record = sandbox.record("sess_20261121T1000_ca5d");
    assert_eq!(record["last_heartbeat"], "2026-11-23T10:00:00.000000+00:00");
    assert!(!sandbox.data().join(format!("live/{CA5D}.json")).exists());
    assert!(!sandbox.data().join(format!("live/{CA5D}.lock")).exists());
}

#[test]
fn a_newer_record_is_left_to_a_newer_program() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &["--claude-session", CA5D]);
    let mut record = sandbox.record(&id);
    record["schema_version"] = json!(5);
    put(&sandbox, &format!("sessions/{id}.json"), &record.to_string());
    assert_eq!(at(&sandbox, NEXT_WEEK, "cs-cleanup", &["all"]), "");
    assert_eq!(sandbox.record(&id), record);
}

/// So that the first question to a large log need not read all of it.
#[test]
fn all_makes_the_indexes_of_the_log_of_tools() {
    let sandbox = Sandbox::new();
    let mut called = Called::of(&sandbox);
    let of = Entry { claude_session_id: Some("1efc27bb-f68f-47d0-bb52-fc872cee82d8".into()), ..Entry::default() };
    for day in ["2026-11-20", "2026-11-21", "2026-11-22"] {
        called.call(&format!("{day}T10:00:00Z"), &of, "Bash", "rm -rf build", End::Failed(3));
    }
    let index = |day: &str| sandbox.data().join(format!("audit/{day}.index"));
    ok(&sandbox, "cs-cleanup", &["all", "--dry-run"]);
    assert!(!index("2026-11-20").exists());
    assert_eq!(ok(&sandbox, "cs-cleanup", &["all"]), "");
    let made = ["2026-11-20", "2026-11-21", "2026-11-22"].map(|day| index(day).exists());
    assert_eq!(made, [true, true, false], "the newest one may still grow");
    let inode = || index("2026-11-20").metadata().expect("it is there").ino();
    let first = inode();
    assert_eq!(ok(&sandbox, "cs-cleanup", &["all"]), "");
    assert_eq!(inode(), first, "it is made once");
    assert_eq!(ok(&sandbox, "cs-audit", &["list", "--failed", "-q"]).lines().count(), 3);
    assert_eq!(inode(), first, "and used");
}
