//! cs-notify with programs that only record what they are given: text from records stays text, nothing is notified
//! twice, and no program can block it.

#[path = "notify/agents.rs"]
mod agents;
#[cfg(target_os = "linux")]
#[path = "notify/click.rs"]
mod click;
#[path = "notify/destructive.rs"]
mod destructive;
#[path = "notify/handlers.rs"]
mod handlers;
#[path = "notify/hostile.rs"]
mod hostile;
#[path = "notify/limits.rs"]
mod limits;
#[path = "notify/recipes.rs"]
mod recipes;
#[path = "notify/runs.rs"]
mod runs;
#[path = "notify/soon.rs"]
#[cfg(target_os = "linux")]
mod soon;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use cs_tests::{Running, Sandbox, entries, made, run, status, stderr, stdout};
use serde_json::{Value, json};

const CA5D: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const SESSION: &str = "sess_20261121T1000_ca5d";

/// Writes its arguments, each followed by NUL, and its input to separate files in ~/told.
const RECORDER: &str = "#!/bin/sh\nmkdir -p ~/told\nname=~/told/$(basename \"$0\").$$\n\
    cat >$name.in\nprintf '%s\\0' \"$@\" >$name.tmp\nmv $name.tmp $name.args\n";

/// Creates a program that comes first on PATH.
fn program(sandbox: &Sandbox, name: &str, script: &str) {
    let path = sandbox.home().join("bin").join(name);
    fs::create_dir_all(path.parent().expect("it is in bin")).expect("it can be created");
    made::script(&path, script);
}

/// A sandbox with recorders and notifications switched on; `notify` is the group in config.json.
fn sandbox(notify: Value) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let path = format!("{}:{}:/usr/bin:/bin", sandbox.home().join("bin").display(), cs_tests::programs().display());
    sandbox = sandbox.with("PATH", path);
    for name in ["notify-send", "osascript", "terminal-notifier", "tell"] {
        program(&sandbox, name, RECORDER);
    }
    settings(&sandbox, json!({"notifications_enabled": true}), notify);
    sandbox
}

fn settings(sandbox: &Sandbox, settings: Value, notify: Value) {
    put(sandbox, "config.json", &json!({"settings": settings, "notify": notify}).to_string());
}

/// Writes a file of the data directory.
fn put(sandbox: &Sandbox, file: &str, text: &str) {
    let path = sandbox.data().join(file);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(path, text).expect("it can be written");
}

/// Writes a session that has been parked for three days, as another program might; returns its id.
fn parked(sandbox: &Sandbox, number: usize, intent: &str, reason: &str) -> String {
    let id = format!("sess_20261118T1000_{number:04x}");
    let at = "2026-11-18T10:00:00.000000+00:00";
    let record = json!({"session_id": id, "project_slug": "api", "status": "parked", "intent": intent,
        "started_at": at, "last_heartbeat": at, "ended_at": at, "parked_reason": reason, "schema_version": 4});
    put(sandbox, &format!("sessions/{id}.json"), &record.to_string());
    id
}

fn at(sandbox: &Sandbox, now: &str, program: &str, args: &[&str], input: &str) -> Output {
    let mut command = sandbox.command(program);
    command.args(args).env("CS_NOW", format!("2026-11-{now}Z"));
    run(command, input)
}

/// Sends a hook of the conversation, at a given time.
fn hook(sandbox: &Sandbox, now: &str, program: &str, event: &str, more: Value) {
    let mut payload = json!({"session_id": CA5D, "cwd": sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    assert_eq!(status(&at(sandbox, now, program, &[], &payload.to_string())), 0);
}

fn ids(output: &Output) -> Vec<String> {
    assert_eq!((status(output), stderr(output)), (0, String::new()));
    stdout(output).lines().map(str::to_owned).collect()
}

/// The calls of the recorders: program name, arguments, input.
fn received(sandbox: &Sandbox) -> Vec<(String, Vec<String>, String)> {
    let folder = sandbox.home().join("told");
    let files = if folder.exists() { entries(&folder) } else { Vec::new() };
    let mut all = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "args")) {
        let text = fs::read_to_string(file).expect("a recorder writes UTF-8");
        let args = text.split_terminator('\0').map(str::to_owned).collect();
        let input = fs::read_to_string(file.with_extension("in")).expect("a recorder writes both");
        let name = file.file_name().expect("a file").to_string_lossy().split('.').next().map(str::to_owned);
        all.push((name.expect("it has a name"), args, input));
    }
    all
}

fn forget(sandbox: &Sandbox) {
    let _ = fs::remove_dir_all(sandbox.home().join("told"));
}

fn listing(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            all.extend(listing(&path));
        } else {
            all.push(format!("{} {:?}", path.display(), fs::read(&path)));
        }
    }
    all
}

#[test]
fn a_configured_command_replaces_the_system_notifier() {
    let sandbox = sandbox(json!({"command": ["tell", "x"]}));
    parked(&sandbox, 1, "some work", "later");
    ids(&sandbox.cs("cs-notify", &["-q"]));
    let all = received(&sandbox);
    assert_eq!((all.len(), all[0].0.as_str(), all[0].1.as_slice()), (1, "tell", &["x".to_owned()][..]));
    let event: Value = serde_json::from_str(&all[0].2).expect("one object");
    assert_eq!((&event["version"], &event["reason"]), (&json!(1), &json!("parked")));
    forget(&sandbox);
    settings(&sandbox, json!({"notifications_enabled": true}), json!({}));
    ids(&sandbox.cs("cs-notify", &["--test", "-q"]));
    let name = if cfg!(target_os = "macos") { "terminal-notifier" } else { "notify-send" };
    assert_eq!(received(&sandbox)[0].0, name);
}

#[test]
fn a_session_appears_once_per_run_for_its_most_urgent_reason() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    let config = json!({"settings": {"notifications_enabled": true, "parked_notify_hours": 0.5},
        "notify": {"command": ["tell"]}, "hooks": {"session_end": "park"}});
    put(&sandbox, "config.json", &config.to_string());
    hook(&sandbox, "21T10:00:00", "cs-hook", "UserPromptSubmit", json!({"prompt": "fix login"}));
    hook(&sandbox, "21T10:01:00", "cs-heartbeat", "StopFailure", json!({"error": "overloaded"}));
    hook(&sandbox, "21T10:02:00", "cs-hook", "SessionEnd", json!({"reason": "other"}));
    let reason = |now: &str| {
        let output = at(&sandbox, now, "cs-notify", &["--json"], "");
        let line = stdout(&output);
        (!line.is_empty()).then(|| serde_json::from_str::<Value>(&line).expect("one line")["reason"].clone())
    };
    assert_eq!(reason("21T11:00:00"), Some(json!("error")));
    assert_eq!(reason("21T11:00:01"), Some(json!("parked")), "the other one is next in the next run");
    assert_eq!(reason("21T11:00:02"), None);
    assert_eq!(reason("21T23:00:01"), Some(json!("parked")), "ended sessions are not reported again");
}

#[test]
fn the_most_urgent_sessions_come_first() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    let parked = parked(&sandbox, 1, "some work", "later");
    let stale = "sess_20261118T1000_beef";
    let record = json!({"session_id": stale, "project_slug": "api", "status": "active", "intent": "x",
        "started_at": "2026-11-18T10:00:00Z", "last_heartbeat": "2026-11-18T10:00:00Z", "schema_version": 4});
    put(&sandbox, &format!("sessions/{stale}.json"), &record.to_string());
    let client = sandbox.start("sleep", &["60"]);
    let sandbox = sandbox.with("CLAUDE_PID", client.pid().to_string());
    hook(&sandbox, "21T10:00:00", "cs-hook", "UserPromptSubmit", json!({"prompt": "fix login"}));
    hook(&sandbox, "21T10:00:30", "cs-hook", "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {}}));
    assert_eq!(ids(&at(&sandbox, "21T10:05:00", "cs-notify", &["-q"], "")), [SESSION, stale, parked.as_str()]);
}

/// The client's registry reports an open dialog that no hook reported.
#[test]
fn waiting_reported_only_by_the_client_is_one_period() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    let client: Running = sandbox.start("sleep", &["60"]);
    let sandbox = sandbox.with("CLAUDE_PID", client.pid().to_string());
    hook(&sandbox, "21T10:00:00", "cs-hook", "UserPromptSubmit", json!({"prompt": "fix login"}));
    let says = |minute: i64| {
        let millis = 1_795_255_200_000_i64 + minute * 60_000;
        let entry = json!({"pid": client.pid(), "sessionId": CA5D, "status": "waiting",
            "waitingFor": "permission prompt", "updatedAt": millis});
        let path = sandbox.home().join(format!(".claude/sessions/{}.json", client.pid()));
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be created");
        fs::write(path, entry.to_string()).expect("it can be written");
    };
    says(5);
    assert_eq!(ids(&at(&sandbox, "21T10:10:00", "cs-notify", &["-q"], "")), [SESSION]);
    says(20);
    assert!(ids(&at(&sandbox, "21T10:30:00", "cs-notify", &["-q"], "")).is_empty());
    let edit = json!({"tool_name": "Edit", "tool_use_id": "1", "tool_input": {"file_path": "a"}});
    hook(&sandbox, "21T10:40:00", "cs-hook", "PostToolUse", edit);
    says(41);
    assert_eq!(ids(&at(&sandbox, "21T10:45:00", "cs-notify", &["-q"], "")), [SESSION], "another question");
}

#[test]
fn without_notifications_nothing_is_written() {
    let sandbox = Sandbox::new();
    for args in [&[][..], &["--dry-run"], &["--table"]] {
        sandbox.cs("cs-notify", args);
    }
    assert!(!sandbox.data().exists(), "not even a directory");
    let sandbox = self::sandbox(json!({"command": ["tell"], "quiet_hours": {"from": "09:00", "to": "11:00"}}));
    let before = listing(&sandbox.data());
    ids(&sandbox.cs("cs-notify", &[]));
    parked(&sandbox, 1, "some work", "later");
    let with_session = listing(&sandbox.data());
    for args in [&[][..], &["--dry-run"], &["--table"], &["-q"], &["--test"]] {
        ids(&sandbox.cs("cs-notify", args));
    }
    assert_eq!((before.len(), listing(&sandbox.data())), (1, with_session));
    assert_eq!(received(&sandbox).len(), 1, "only the test was sent");
}

#[test]
fn an_unreadable_notification_state_suppresses_notifications() {
    let torn = |path: &Path| fs::write(path, "{\"sess_").expect("it can be written");
    let list = |path: &Path| fs::write(path, "[]").expect("it can be written");
    let linked = |path: &Path| symlink("/dev/null", path).expect("it can be linked");
    let folder = |path: &Path| fs::create_dir(path).expect("it can be created");
    for damage in [torn as fn(&Path), list, linked, folder] {
        let sandbox = sandbox(json!({"command": ["tell"]}));
        parked(&sandbox, 1, "some work", "later");
        let path = sandbox.data().join("notify_state.json");
        damage(&path);
        let before = fs::read(&path).ok();
        for args in [&[][..], &["--dry-run"]] {
            let output = sandbox.cs("cs-notify", args);
            assert_eq!((status(&output), stdout(&output)), (65, String::new()));
            assert!(stderr(&output).contains("notify_state.json"), "{}", stderr(&output));
        }
        assert_eq!(fs::read(&path).ok(), before);
        assert!(received(&sandbox).is_empty());
    }
}

#[test]
fn unknown_entries_and_settings_stay() {
    let sandbox = sandbox(json!({"command": ["tell"], "later": {"a": 1}}));
    let id = parked(&sandbox, 1, "some work", "later");
    let gone = "sess_20261101T1000_0001";
    let state = json!({"theirs": [1], gone: {"reason": "stale", "notified_at": "2026-11-01T10:00:00+00:00"},
        &id: {"reason": "stale", "notified_at": "2026-11-01T10:00:00+00:00", "more": true}});
    put(&sandbox, "notify_state.json", &state.to_string());
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])), [id.as_str()]);
    let after = sandbox.json("notify_state.json");
    assert_eq!((&after["theirs"], &after[&id]["more"], after.get(gone)), (&json!([1]), &json!(true), None));
    assert_eq!(after[&id]["reason"], "parked");
    let output = sandbox.cs("cs-project", &["register", "-q"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(sandbox.json("config.json")["notify"], json!({"command": ["tell"], "later": {"a": 1}}));
}

#[test]
fn a_damaged_record_does_not_hide_others() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    let (bad, good) = (parked(&sandbox, 1, "x", "y"), parked(&sandbox, 2, "x", "y"));
    put(&sandbox, &format!("sessions/{bad}.json"), "{");
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])), [good]);
}

#[test]
fn invalid_arguments_and_settings_never_exit_with_two() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    for args in [&["-"][..], &["x"], &["--nonsense"], &["--test=1"], &["--dry-run", "--dry-run"], &["--", "-q"], &["é"]]
    {
        let output = sandbox.cs("cs-notify", args);
        assert!([0, 64].contains(&status(&output)), "{args:?}: {}", stderr(&output));
    }
    for settings in ["{\"settings\":{\"notifications_enabled\":\"yes\"}}", "{", "[]", "{\"notify\":[]}"] {
        put(&sandbox, "config.json", settings);
        let output = sandbox.cs("cs-notify", &[]);
        assert_eq!(status(&output), 65, "{settings}");
        assert!(stderr(&output).contains("config.json"), "{}", stderr(&output));
    }
    for hours in ["-1", "0", "1e300", "0.001"] {
        let settings = format!(
            "{{\"settings\":{{\"notifications_enabled\":true,\"parked_notify_hours\":{hours},\
             \"notify_cooldown_hours\":{hours},\"stale_threshold_hours\":{hours}}}}}"
        );
        put(&sandbox, "config.json", &settings);
        let (output, is_wrong) = (sandbox.cs("cs-notify", &[]), hours != "0.001");
        assert_eq!(status(&output), if is_wrong { 65 } else { 0 }, "{hours}");
        assert_eq!(stderr(&output).contains("settings.stale_threshold_hours is "), is_wrong, "{}", stderr(&output));
    }
}

#[test]
fn a_reason_is_switched_off_let_through_quiet_hours_or_has_a_sound() {
    let quiet = json!({"from": "09:00", "to": "11:00"});
    for (rule, is_sent) in [
        (json!({}), false),
        (json!({"quiet": "through"}), true),
        (json!({"quiet": "through", "on": false}), false),
        (json!({"quiet": "through", "sound": "Ping"}), true),
    ] {
        for (via, sound) in [
            ("notify-send", "--hint=string:sound-name:Ping"),
            (
                "osascript",
                "display notification (item 3 of argv) with title (item 2 of argv) sound name (item 4 of argv)",
            ),
            ("terminal-notifier", "-sound"),
        ] {
            let sandbox = sandbox(json!({"via": via, "quiet_hours": quiet, "reasons": {"parked": rule}}));
            parked(&sandbox, 1, "some work", "later");
            assert_eq!(status(&sandbox.cs("cs-notify", &["-q"])), 0);
            let all = received(&sandbox);
            assert_eq!(all.len(), usize::from(is_sent), "{rule}");
            let has_sound = all.iter().any(|(_, args, _)| args.iter().any(|word| word == sound));
            assert_eq!(has_sound, rule.get("sound").is_some(), "{rule}: {all:?}");
        }
    }
}

#[test]
fn notices_that_nobody_gets_are_switched_on_with_a_remark() {
    let sandbox = Sandbox::new();
    put(&sandbox, "config.json", "{\"notify\": {\"command\": [\"/nowhere/tell\"]}}");
    let output = sandbox.cs("cs-notify", &["on", "--table"]);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).contains("cannot run notify.command \"/nowhere/tell\""), "{}", stderr(&output));
    assert_eq!(sandbox.json("config.json")["settings"]["notifications_enabled"], true);
    assert_eq!(stderr(&sandbox.cs("cs-notify", &["off"])), "");
    put(&sandbox, "config.json", "[]");
    let output = sandbox.cs("cs-notify", &["on"]);
    assert_eq!(status(&output), 65, "{}", stderr(&output));
    assert_eq!(fs::read_to_string(sandbox.data().join("config.json")).expect("it is there"), "[]");
}
