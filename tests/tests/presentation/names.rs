//! The name of a session: its prompt, until its client, a person in the client or a person here gives a better one.

use crate::*;

/// The registry of running clients as Claude Code 2.1.332 writes it.
fn registry(stage: &Stage, pid: u32, at: u64, name: Value, source: &str) {
    let folder = stage.sandbox.home().join(".claude/sessions");
    fs::create_dir_all(&folder).expect("the folder can be created");
    let started = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let started = started.and_then(|stat| Some(stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.to_owned()));
    // START is 2026-11-21T10:00:00Z.
    let millis = 1_795_255_200_000 + at * 1000;
    let entry = json!({
        "pid": pid, "sessionId": UUID, "cwd": stage.repository("repo"), "procStart": started, "version": "2.1.332",
        "name": name, "nameSource": source, "status": "busy", "updatedAt": millis, "statusUpdatedAt": millis,
    });
    fs::write(folder.join(format!("{pid}.json")), entry.to_string()).expect("it can be written");
}

fn renamed(stage: &Stage, at: u64, name: &str) {
    registry(stage, stage.client(), at, json!(name), "user");
}

/// The name in `list`, which must be the same in every other output.
#[track_caller]
fn listed(stage: &Stage, at: u64) -> String {
    let id = id(stage);
    let row = parsed(&run_command(stage, at, &["cs-session", "list", "--json"]));
    let shown = parsed(&run_command(stage, at, &["cs-session", "show", &id, "--json"]));
    let overview = run_command(stage, at, &["cs-project", "overview", "--json"]);
    let served = served(stage, at);
    let api = served.json(&format!("/api/session/{id}"));
    let name = row["intent"].as_str().expect("a text").to_owned();
    assert_eq!((&shown["intent"], &api["intent"]), (&row["intent"], &row["intent"]));
    assert!(overview.contains(&row["intent"].to_string()), "{overview}");
    name
}

#[test]
fn a_rename_is_shown_at_once_and_kept() {
    let stage = stage();
    assert_eq!(listed(&stage, 65), "build the login page");
    registry(&stage, stage.client(), 66, json!("build-login-3f"), "derived");
    assert_eq!(listed(&stage, 67), "build the login page", "the client made that name up");
    renamed(&stage, 70, "auth");
    assert_eq!(listed(&stage, 75), "auth");
    assert_eq!((&record(&stage)["intent"], &record(&stage)["intent_by"]), (&json!("auth"), &json!("rename")));
    renamed(&stage, 80, "auth, again");
    assert_eq!(listed(&stage, 85), "auth, again");
    prompt(&stage, 90, "and now the footer");
    assert_eq!(listed(&stage, 95), "auth, again");
    // The client no longer reports a name, so the last one is kept.
    registry(&stage, stage.client(), 100, json!(null), "derived");
    assert_eq!(listed(&stage, 105), "auth, again");
    fs::remove_dir_all(stage.sandbox.home().join(".claude/sessions")).expect("it is there");
    send_event(&stage, 110, "SessionEnd", json!({"reason": "other"}));
    assert_eq!(listed(&stage, 115), "auth, again");
}

#[test]
fn a_known_name_is_written_once() {
    let stage = stage();
    for name in ["auth", &format!("key {SECRET} {}", "x".repeat(3_000)), "  a\tb "] {
        renamed(&stage, 70, name);
        listed(&stage, 75);
        let live = || fs::metadata(stage.sandbox.data().join(format!("live/{UUID}.json"))).expect("it is there");
        let before = live().modified().expect("a time");
        listed(&stage, 76);
        assert_eq!(live().modified().expect("a time"), before, "{name}");
    }
}

#[test]
fn a_name_that_nobody_read_is_kept_at_the_end() {
    let stage = stage();
    renamed(&stage, 70, "auth");
    stop(&stage, 75, "Done.");
    send_event(&stage, 80, "SessionEnd", json!({"reason": "other"}));
    fs::remove_dir_all(stage.sandbox.home().join(".claude/sessions")).expect("it is there");
    assert_eq!(listed(&stage, 85), "auth");
    assert_eq!(record(&stage)["status"], "completed");
}

#[test]
fn hooks_record_names() {
    for event in ["UserPromptSubmit", "SessionStart"] {
        let stage = stage();
        stop(&stage, 70, "Done.");
        let more = match event {
            "SessionStart" => json!({"source": "resume", "session_title": "auth"}),
            _ => json!({"prompt": "go on with it", "prompt_id": "p2", "session_title": "auth"}),
        };
        send_event(&stage, 80, event, more);
        assert_eq!(listed(&stage, 85), "auth", "{event}");
        assert_eq!(record(&stage)["intent_by"], "rename");
        prompt(&stage, 90, "another thing");
        assert_eq!(listed(&stage, 95), "auth", "{event}");
    }
}

#[test]
fn an_intent_set_by_a_person_here_wins() {
    let stage = stage();
    renamed(&stage, 70, "auth");
    assert_eq!(listed(&stage, 75), "auth");
    run_command(&stage, 80, &["cs-session", "update", &id(&stage), "--intent", "Ship it"]);
    for (at, name) in [(85, "auth"), (90, "auth 2")] {
        renamed(&stage, at, name);
        send_event(
            &stage,
            at + 1,
            "UserPromptSubmit",
            json!({"prompt": "more", "prompt_id": format!("q{at}"), "session_title": name}),
        );
        assert_eq!(listed(&stage, at + 2), "Ship it");
    }
    send_event(&stage, 100, "SessionEnd", json!({"reason": "other"}));
    assert_eq!((&record(&stage)["intent"], &record(&stage)["intent_by"]), (&json!("Ship it"), &json!("person")));
}

#[test]
fn empty_and_oversized_names_are_harmless() {
    let long = "long ".repeat(2_000);
    let secret = format!("use {SECRET} there");
    for (name, shown) in [
        ("", "build the login page"),
        (" \n\t ", "build the login page"),
        ("\u{1b}\u{7}\u{0}", "build the login page"),
        ("<system-reminder>be nice</system-reminder>", "build the login page"),
        ("<ide_selection>torn", "build the login page"),
        ("<ide_opened_file>a.rs</ide_opened_file>\nauth", "auth"),
        ("auth\u{1b}[2J\u{7}\nand more", "auth [2J and more"),
        (&secret, "use [masked] there"),
        ("\u{202e}htua", "\u{202e}htua"),
    ] {
        let stage = stage();
        renamed(&stage, 70, name);
        assert_eq!(listed(&stage, 75), shown, "{name:?}");
        let reported = begun();
        let more = json!({"prompt": "build the login page", "prompt_id": "p", "session_title": name});
        send_event(&reported, 60, "UserPromptSubmit", more);
        assert_eq!(listed(&reported, 75), shown, "recorded by a hook: {name:?}");
        for stage in [stage, reported] {
            let files = replay::files(&stage.sandbox.data());
            let all: String = files.iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect();
            assert!(!all.contains(SECRET), "{name:?} was stored");
        }
    }
    let stage = stage();
    renamed(&stage, 70, &long);
    assert_eq!(listed(&stage, 75).chars().count(), 500);
    // An invalid registry.
    for text in ["", "{", "[]", "{\"name\": 7}", "\u{0}"] {
        let path = stage.sandbox.home().join(format!(".claude/sessions/{}.json", stage.client()));
        fs::write(path, text).expect("it can be written");
        assert_eq!(listed(&stage, 80).chars().count(), 500, "{text}");
    }
}

#[test]
fn without_stored_prompts_names_are_not_stored() {
    let stage = begun_with(&json!({"hooks": {"capture_prompts": false}}));
    renamed(&stage, 50, "auth of Jane");
    let more = json!({"prompt": "build it", "prompt_id": "p", "session_title": "auth of Jane"});
    send_event(&stage, 60, "UserPromptSubmit", more);
    assert_eq!(listed(&stage, 65), "conversation in repo");
    send_event(&stage, 70, "SessionEnd", json!({"reason": "other"}));
    assert_eq!(listed(&stage, 75), "conversation in repo");
}

#[test]
fn the_most_recent_of_two_windows_gives_the_name() {
    let stage = stage();
    let other = stage.sandbox.start("sleep", &["600"]);
    send_event_from(&stage, other.pid(), 65, "SessionStart", json!({"source": "resume"}));
    renamed(&stage, 70, "first window");
    registry(&stage, other.pid(), 71, json!("second window"), "user");
    assert_eq!(listed(&stage, 72), "first window");
    assert_eq!(listed(&stage, 73), "first window", "it does not change on every request");
    send_event_from(
        &stage,
        other.pid(),
        80,
        "UserPromptSubmit",
        json!({"prompt": "more", "prompt_id": "w", "session_title": "second window"}),
    );
    assert_eq!(listed(&stage, 85), "second window");
    // The registry entry of a process id that was reused does not count.
    drop(other);
    assert_eq!(listed(&stage, 90), "second window");
}

#[test]
fn a_meaningful_prompt_replaces_a_meaningless_one_as_intent() {
    for (prompts, intent) in [
        (&["hi", "continue", "fix the login"][..], "fix the login"),
        (&["ok", "/sessions", "fix the login", "fix the footer"], "fix the login"),
        (&["hi", "ok"], "hi"),
        (&["fix the login", "continue"], "fix the login"),
    ] {
        let stage = begun();
        prompts.iter().zip(1..).for_each(|(text, n)| prompt(&stage, n * 60, text));
        assert_eq!(listed(&stage, 600), intent, "{prompts:?}");
    }
    let stage = begun();
    prompt(&stage, 60, "hi");
    renamed(&stage, 65, "ok");
    listed(&stage, 66);
    prompt(&stage, 70, "fix the login");
    assert_eq!(listed(&stage, 75), "ok", "a person gave it this name");
}
