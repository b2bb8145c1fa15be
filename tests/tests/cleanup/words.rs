//! A timer never deletes or falsifies what a person wrote.

use super::*;

const LATER: &str = "2026-11-23T11:00:00Z";

/// Lets a hook create a session about which nothing else is known; returns its id.
fn made_by_hook(sandbox: &Sandbox) -> String {
    put(sandbox, "config.json", r#"{"hooks": {"capture_prompts": false}}"#);
    send_hook(sandbox, std::process::id(), CA5D, "UserPromptSubmit", r#","prompt":"a secret","prompt_id":"p1""#);
    // Its client was killed before the next event, and its live file, a cache, was deleted.
    fs::remove_file(sandbox.data().join(format!("live/{CA5D}.json"))).expect("it is there");
    "sess_20261121T1000_ca5d".to_owned()
}

/// All text in the data directory except logs.
fn all_text(sandbox: &Sandbox) -> String {
    sandbox.records().iter().map(Value::to_string).collect()
}

#[test]
fn a_plan_is_parked_and_an_empty_session_made_by_a_hook_is_removed() {
    let sandbox = Sandbox::new();
    let empty = made_by_hook(&sandbox);
    assert_eq!(sandbox.record(&empty)["written_by"], "hook");
    let args = ["create", "--project", "api", "--intent", "Plan the spring campaign", "-q"];
    let plan = stdout(&sandbox.cs("cs-session", &args)).trim().to_owned();
    assert_eq!(sandbox.record(&plan)["written_by"], Value::Null);
    let mut expected = vec![format!("forgotten {empty}"), format!("parked {plan}")];
    expected.sort_by_key(|line| line.split(' ').nth(1).map(str::to_owned));
    for command in ["stale", "all"] {
        let reported = done(&at(&sandbox, LATER, "cs-cleanup", &[command, "--dry-run"]));
        assert_eq!(reported, expected, "{command}");
    }
    assert_eq!(done(&at(&sandbox, LATER, "cs-cleanup", &["all"])), expected);
    assert!(!sandbox.data().join(format!("sessions/{empty}.json")).exists());
    assert!(!sandbox.data().join(format!("sessions/{empty}.lock")).exists());
    assert!(!sandbox.data().join(format!("live/{CA5D}.lock")).exists());
    let record = sandbox.record(&plan);
    assert_eq!((&record["status"], &record["parked_reason"]), (&json!("parked"), &json!("no sign of life for 2 d")));
    for arguments in [&["list", "--status", "parked", "-q"][..], &["list", "--search", "spring", "-q"]] {
        assert_eq!(ok(&sandbox, "cs-session", arguments), format!("{plan}\n"));
    }
    check_in_order(&sandbox);
    assert_eq!(at(&sandbox, "2029-01-01T00:00:00Z", "cs-cleanup", &["all"]), "", "nor later");
    assert_eq!(sandbox.record(&plan), record);
}

#[test]
fn every_command_of_a_person_keeps_a_session_from_being_removed() {
    let id = "sess_20261121T1000_ca5d";
    let same = "conversation in work";
    let commands: [(&str, &[&str]); 10] = [
        ("cs-session", &["update", id, "--intent", same]),
        ("cs-session", &["update", id, "--branch", "main"]),
        ("cs-session", &["event", id, "--message", "a note"]),
        ("cs-session", &["decision", id, "--text", "use sqlite"]),
        ("cs-session", &["question", id, "--text", "who signs off?"]),
        ("cs-session", &["commit", id, "--sha", "abcd123"]),
        ("cs-session", &["request-action", id, "--reason", "the deploy needs a key"]),
        ("cs-session", &["clear-action", id]),
        ("cs-session", &["heartbeat", id]),
        ("cs-task", &["add", id, "--subject", "write tests"]),
    ];
    for (program, args) in commands {
        let sandbox = Sandbox::new();
        made_by_hook(&sandbox);
        assert_eq!(sandbox.record(id)["intent"], same);
        ok(&sandbox, program, &[args, &["-q"]].concat());
        assert_eq!(sandbox.record(id)["written_by"], Value::Null, "{args:?}");
        assert_eq!(done(&at(&sandbox, LATER, "cs-cleanup", &["all"])), [format!("parked {id}")], "{args:?}");
    }
}

/// Other programs do not know the mark of such a session and may leave it in place; so may an editor.
#[test]
fn a_change_by_another_program_keeps_a_session_from_being_removed() {
    let edits: [(&str, Value); 6] = [
        ("intent", json!("Plan the spring campaign")),
        ("outcome", json!("half of it")),
        ("decisions", json!(["use sqlite"])),
        ("open_questions", json!(["who signs off?"])),
        ("their_notes", json!("call Anna")),
        ("last_heartbeat", json!("2026-11-21T10:00:01.000000+00:00")),
    ];
    for (field, value) in edits {
        let sandbox = Sandbox::new();
        let id = made_by_hook(&sandbox);
        let mut record = sandbox.record(&id);
        record[field] = value.clone();
        put(&sandbox, &format!("sessions/{id}.json"), &record.to_string());
        at(&sandbox, LATER, "cs-cleanup", &["all"]);
        assert_eq!(sandbox.record(&id)[field], value, "{field}");
    }
    // A record of an older version or of the Python tool.
    let sandbox = Sandbox::new();
    let id = made_by_hook(&sandbox);
    let mut record = sandbox.record(&id);
    record.as_object_mut().expect("an object").remove("written_by");
    put(&sandbox, &format!("sessions/{id}.json"), &record.to_string());
    assert_eq!(done(&at(&sandbox, LATER, "cs-cleanup", &["all"])), [format!("parked {id}")]);
}

#[test]
fn no_text_is_lost_when_a_timer_closes_a_session() {
    let sandbox = Sandbox::new();
    let old = create(&sandbox, &[]);
    let steps = ["--next-step", "ask Anna", "--next-step", "ask Ben", "-q"];
    ok(&sandbox, "cs-session", &[&["park", &old, "--reason", "lunch"], &steps[..]].concat());
    let id = ok(&sandbox, "cs-session", &["resume", &old, "-q"]).trim().to_owned();
    let words = [
        ("cs-session", &["update", &id, "--activity", "waiting for review", "--roadmap-ref", "v2"][..]),
        ("cs-session", &["request-action", &id, "--reason", "the deploy needs a key"]),
        ("cs-task", &["add", &id, "--subject", "write tests"]),
        ("cs-task", &["add", &id, "--subject", "merge"]),
    ];
    for (program, args) in words {
        ok(&sandbox, program, &[args, &["-q"]].concat());
    }
    assert_eq!(done(&at(&sandbox, LATER, "cs-cleanup", &["all"])), [format!("parked {id}")]);
    assert_eq!(sandbox.record(&id)["next_steps"], json!(["ask Anna", "ask Ben", "write tests"]));
    let text = all_text(&sandbox);
    for word in ["some work", "lunch", "waiting for review", "v2", "the deploy needs a key", "write tests", "merge"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_killed_conversation_in_which_a_person_wrote_is_parked() {
    for (setting, expected) in [("auto", "parked"), ("complete", "completed"), ("park", "parked")] {
        let sandbox = Sandbox::new();
        let mut client = sandbox.start("sleep", &["600"]);
        send_hook(&sandbox, client.pid(), CA5D, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
        put(&sandbox, "config.json", &format!(r#"{{"hooks": {{"session_end": "{setting}"}}}}"#));
        ok(&sandbox, "cs-session", &["decision", "ca5d", "--text", "use sqlite", "-q"]);
        client.0.kill().and_then(|()| client.0.wait()).expect("it is ours");
        let reported = done(&at(&sandbox, LATER, "cs-cleanup", &["all"]));
        assert_eq!(reported, [format!("{expected} sess_20261121T1000_ca5d")], "{setting}");
    }
}

/// Its conversation ended, or its client was killed, before the first prompt.
#[test]
fn a_plan_in_a_conversation_without_a_prompt_is_not_completed() {
    for way in ["SessionEnd", "gone"] {
        let sandbox = Sandbox::new();
        let mut client = sandbox.start("sleep", &["600"]);
        send_hook(&sandbox, client.pid(), CA5D, "SessionStart", r#","source":"startup""#);
        let id = create(&sandbox, &["--claude-session", CA5D]);
        match way {
            "gone" => {
                client.0.kill().and_then(|()| client.0.wait()).expect("it is ours");
                assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["all"])), [format!("parked {id}")]);
            }
            _ => send_hook(&sandbox, client.pid(), CA5D, "SessionEnd", r#","reason":"clear""#),
        }
        let record = sandbox.record(&id);
        assert_eq!((&record["status"], &record["intent"]), (&json!("parked"), &json!("some work")), "{way}");
    }
}

#[test]
fn a_session_ended_by_a_person_stays_as_it_was_ended() {
    for (command, option) in [("park", "--reason"), ("complete", "--outcome")] {
        let sandbox = Sandbox::new();
        let mut client = sandbox.start("sleep", &["600"]);
        let pid = client.pid();
        send_hook(&sandbox, pid, CA5D, "SessionStart", r#","source":"startup""#);
        send_hook(&sandbox, pid, CA5D, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
        let id = "sess_20261121T1000_ca5d";
        ok(&sandbox, "cs-session", &[command, id, option, "as I say", "--next-step", "ask Anna", "-q"]);
        let record = sandbox.record(id);
        send_hook(&sandbox, pid, CA5D, "Stop", r#","last_assistant_message":"All done.""#);
        at(&sandbox, LATER, "cs-cleanup", &["stale"]);
        client.0.kill().and_then(|()| client.0.wait()).expect("it is ours");
        at(&sandbox, LATER, "cs-cleanup", &["all"]);
        send_hook(&sandbox, std::process::id(), CA5D, "SessionStart", r#","source":"resume""#);
        send_hook(&sandbox, std::process::id(), CA5D, "SessionEnd", r#","reason":"other""#);
        assert_eq!(sandbox.record(id), record, "{command}");
    }
}

#[test]
fn an_absurd_threshold_closes_no_young_session() {
    for threshold in ["0", "-1", "-1e308", "1e308", "\"2\"", "null"] {
        let sandbox = Sandbox::new();
        let id = create(&sandbox, &[]);
        put(&sandbox, "config.json", &format!(r#"{{"settings": {{"stale_threshold_hours": {threshold}}}}}"#));
        for command in ["stale", "all"] {
            let mut run_it = sandbox.command("cs-cleanup");
            run_it.arg(command).env("CS_NOW", "2026-11-22T09:00:00Z");
            let output = run(run_it, "");
            assert_eq!((status(&output), stdout(&output)), (65, String::new()), "{threshold}: {}", stderr(&output));
            let reported = stderr(&output).lines().filter(|line| line.contains("stale_threshold_hours")).count();
            assert_eq!(reported, 1, "{threshold}, reported once: {}", stderr(&output));
        }
        assert_eq!(sandbox.record(&id)["status"], "active", "{threshold}");
        let mut command = sandbox.command("cs-cleanup");
        command.args(["stale", "-q"]).env("CS_NOW", LATER);
        assert_eq!(stdout(&run(command, "")).trim(), id, "{threshold}: the default holds");
    }
}

#[test]
fn the_total_counts_each_action_separately() {
    let sandbox = Sandbox::new();
    made_by_hook(&sandbox);
    create(&sandbox, &[]);
    create(&sandbox, &[]);
    let reported = at(&sandbox, LATER, "cs-cleanup", &["all", "--table"]);
    assert_eq!(reported.lines().last(), Some("total: 1 forgotten, 2 parked"), "{reported}");
}

#[test]
fn hooks_do_not_overwrite_what_a_person_wrote() {
    let sandbox = Sandbox::new();
    let pid = std::process::id();
    let id = "sess_20261121T1000_ca5d";
    let prompt = |text: &str| format!(r#","prompt":"{text}","prompt_id":"{text}""#);
    send_hook(&sandbox, pid, CA5D, "SessionStart", r#","source":"startup""#);
    send_hook(&sandbox, pid, CA5D, "UserPromptSubmit", &prompt("/session-start"));
    send_hook(&sandbox, pid, CA5D, "UserPromptSubmit", &prompt("/sessions again"));
    assert_eq!(sandbox.record(id)["intent"], "/session-start", "our own commands are not an intent");
    ok(&sandbox, "cs-session", &["update", id, "--intent", "/sessions: a new layout", "-q"]);
    send_hook(&sandbox, pid, CA5D, "UserPromptSubmit", &prompt("go on"));
    assert_eq!(sandbox.record(id)["intent"], "/sessions: a new layout");

    let list = |status: &str| {
        format!(
            r#","tool_name":"TodoWrite","tool_input":{{"todos":[{{"content":"write tests","status":"{status}"}}]}}"#
        )
    };
    send_hook(&sandbox, pid, CA5D, "PostToolUse", &list("in_progress"));
    let task = sandbox.record(id)["tasks"][0]["id"].as_str().expect("it is mirrored").to_owned();
    let done = ["update", id, "--task", &task, "--status", "completed", "--subject", "write good tests", "-q"];
    ok(&sandbox, "cs-task", &done);
    send_hook(&sandbox, pid, CA5D, "PostToolUse", &list("pending"));
    let record = sandbox.record(id);
    let task = &record["tasks"][0];
    assert_eq!((&task["status"], &task["subject"]), (&json!("completed"), &json!("write good tests")), "{task}");

    // The live file is a cache: a person's request outlives a dialog that only the record knows about.
    ok(&sandbox, "cs-session", &["request-action", id, "--reason", "the deploy needs a key", "-q"]);
    let mut live = sandbox.json(&format!("live/{CA5D}.json"));
    assert!(live.as_object_mut().expect("an object").remove("requested").is_some());
    put(&sandbox, &format!("live/{CA5D}.json"), &live.to_string());
    let call = r#","tool_name":"Bash","tool_input":{"command":"make"}"#;
    send_hook(&sandbox, pid, CA5D, "PermissionRequest", call);
    assert_eq!(sandbox.record(id)["awaiting_action"], "permission for Bash: make");
    send_hook(&sandbox, pid, CA5D, "PostToolUse", call);
    assert_eq!(sandbox.record(id)["awaiting_action"], "the deploy needs a key");
}

/// A successor that is in use is not undone because its predecessor cannot be closed.
#[test]
fn a_failed_resume_undoes_only_its_own_changes() {
    for is_begun in [true, false] {
        let sandbox = Sandbox::new();
        let old = create(&sandbox, &[]);
        ok(&sandbox, "cs-session", &["park", &old, "--reason", "lunch", "-q"]);
        let mut record = sandbox.record(&old);
        // So large that nothing can be added.
        record["theirs"] = json!("x".repeat(10 * 1024 * 1024 - format!("{record:#}").len() - 60));
        put(&sandbox, &format!("sessions/{old}.json"), &record.to_string());
        let mut expected = vec![old.clone()];
        if is_begun {
            let heir = create(&sandbox, &[]);
            ok(&sandbox, "cs-session", &["event", &heir, "--message", "found the cause", "-q"]);
            let mut begun = sandbox.record(&heir);
            begun["resumed_from"] = json!(old);
            put(&sandbox, &format!("sessions/{heir}.json"), &begun.to_string());
            expected.push(heir);
        }
        let output = sandbox.cs("cs-session", &["resume", &old]);
        assert_eq!(status(&output), 1, "{}", stderr(&output));
        assert!(stderr(&output).contains("is full"), "{}", stderr(&output));
        let mut there: Vec<String> =
            sandbox.records().iter().filter_map(|record| Some(record["session_id"].as_str()?.to_owned())).collect();
        there.sort();
        expected.sort();
        assert_eq!(there, expected, "{is_begun}");
        if is_begun {
            assert!(all_text(&sandbox).contains("found the cause"));
        }
    }
}
