//! A damaged `config.json`: readers use defaults for what they cannot parse, say so in one line, do their work and exit
//! with 65; writers lose nothing of it.

use super::*;

use std::time::Duration;

use cs_tests::eventually;
use cs_tests::http::Served;

/// How long the dashboard may take to see a change.
const LIMIT: Duration = Duration::from_secs(30);

/// All commands that read the settings, each with a word of its output.
const READERS: [(&[&str], &str); 35] = [
    (&["cs-session", "list"], ACTIVE),
    (&["cs-session", "list", "-q"], ACTIVE),
    (&["cs-session", "list", "--table"], "ca5d  "),
    (&["cs-session", "list", "--full", "--project", "api"], ACTIVE),
    (&["cs-session", "show", "ca5d"], ACTIVE),
    (&["cs-session", "show", "ca5d", "-q"], ACTIVE),
    (&["cs-session", "show", "ca5d", "beef", "--table"], ACTIVE),
    (&["cs-session", "occupants"], ""),
    (&["cs-session", "occupants", "-q"], ""),
    (&["cs-project", "list"], "api"),
    (&["cs-project", "list", "-q"], "api"),
    (&["cs-project", "show", "api"], "\"slug\":\"api\""),
    (&["cs-project", "show", "api", "-q"], "api"),
    (&["cs-project", "overview"], ACTIVE),
    (&["cs-project", "overview", "--table"], "some work"),
    (&["cs-project", "overview", "--project", "api"], ACTIVE),
    (&["cs-export", "ca5d"], ACTIVE),
    (&["cs-export", "--all"], ACTIVE),
    (&["cs-export", "--project", "api", "--format", "csv"], ACTIVE),
    (&["cs-notify", "--dry-run"], ""),
    (&["cs-cleanup", "all", "--dry-run"], ""),
    (&["cs-cleanup", "stale", "--dry-run"], ""),
    (&["cs-cleanup", "gone", "--dry-run"], ""),
    (&["cs-cleanup", "archive", "--dry-run"], ""),
    (&["cs-usage", "daily"], "2026-11-20"),
    (&["cs-usage", "daily", "--csv"], "2026-11-20"),
    (&["cs-usage", "session", "-q"], CA5D),
    (&["cs-usage", "session", "--join"], ACTIVE),
    (&["cs-usage", "project", "--table"], "/home/dev/repo"),
    (&["cs-usage", "repo"], "/home/dev/repo"),
    (&["cs-usage", "model"], "claude-opus-5-5"),
    (&["cs-usage", "blocks"], "2026-11-20"),
    (&["cs-usage", "explain", CA5D], CA5D),
    (&["cs-usage", "keep", "--check"], ""),
    (&["cs-sync", "status"], "\"forgotten\":[]"),
];

/// Damaged files, each with what is reported about it.
const DAMAGED: [(&[u8], &str); 12] = [
    (b"", "it is empty"),
    (b"{\"version\": 1, \"projects\": {", "EOF while parsing"),
    (b"[]", "expected an object"),
    (b"{\"settings\": {\"later\": \"\xff\"}}", "invalid unicode code point"),
    (b"{\"version\": 2}", "its version is 2"),
    (b"{\"version\": \"x\"}", "version is \"x\""),
    (b"{\"projects\": 7}", "projects is 7"),
    (b"{\"projects\": {\"x\": []}}", "projects.x is []"),
    (b"{\"settings\": {\"stale_threshold_hours\": 0}}", "settings.stale_threshold_hours is 0"),
    (b"{\"settings\": {\"stale_threshold_hours\": 1e308}}", "settings.stale_threshold_hours is 1e308"),
    (b"{\"settings\": {\"dashboard_port\": \"9000\"}}", "settings.dashboard_port is \"9000\""),
    (b"{\"hooks\": {\"session_end\": \"never\"}}", "hooks.session_end is \"never\""),
];

/// A furnished sandbox with a transcript of the active session's conversation.
fn used() -> Sandbox {
    let sandbox = furnished();
    let folder = sandbox.home().join(".claude/projects/-home-dev-repo");
    fs::create_dir_all(&folder).expect("a fresh folder");
    let usage = r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}"#;
    let message = format!(r#"{{"id":"msg_1","model":"claude-opus-5-5","usage":{usage}}}"#);
    let line = format!(
        r#"{{"type":"assistant","sessionId":"{CA5D}","timestamp":"2026-11-20T10:00:00Z","cwd":"/home/dev/repo","message":{message}}}"#
    );
    fs::write(folder.join(format!("{CA5D}.jsonl")), line + "\n").expect("a fresh folder");
    sandbox
}

fn config(sandbox: &Sandbox) -> Vec<u8> {
    fs::read(sandbox.data().join("config.json")).expect("there")
}

#[test]
fn readers_work_with_defaults_and_say_so_once() {
    let sandbox = used();
    for (text, reported) in DAMAGED {
        for (words, printed) in READERS {
            put(&sandbox, "config.json", text);
            let output = sandbox.cs(words[0], &words[1..]);
            let errors = stderr(&output);
            let what = format!("{words:?} {:?}", String::from_utf8_lossy(text));
            assert_eq!(status(&output), INVALID, "{what}: {errors}");
            assert!(stdout(&output).contains(printed), "{what}: {}", stdout(&output));
            assert!(
                errors.contains(reported) && errors.matches("error: cannot understand").count() == 1,
                "{what}: {errors}"
            );
            assert_eq!(config(&sandbox), text, "{what}");
        }
    }
}

#[test]
fn hooks_and_the_dashboard_work_with_damaged_settings() {
    let sandbox = furnished();
    let served = Served::start(&sandbox, &[]);
    for (n, (text, reported)) in DAMAGED.into_iter().enumerate() {
        put(&sandbox, "config.json", text);
        let what = format!("{:?}", String::from_utf8_lossy(text));
        let uuid = format!("{n:08x}-0000-4000-8000-000000000000");
        let cwd = sandbox.work();
        for (program, event) in [("cs-hook", "UserPromptSubmit"), ("cs-heartbeat", "Stop"), ("cs-hook", "SessionEnd")] {
            let payload =
                serde_json::json!({"session_id": uuid, "cwd": cwd, "hook_event_name": event, "prompt": "some work"});
            let output = sandbox.hook(program, &payload.to_string());
            assert_eq!(
                (status(&output), stdout(&output), stderr(&output)),
                (0, String::new(), String::new()),
                "{what}"
            );
        }
        let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).expect("a log");
        assert!(log.contains(reported), "{what}: {log}");
        let named = || served.json("/api/overview")["damaged"].to_string().replace("\\\"", "\"").contains(reported);
        assert!(eventually(LIMIT, named), "{what}: {}", served.json("/api/overview")["damaged"]);
        let page = served.get("/");
        assert!(page.status == 200 && page.text().contains("config.json"), "{what}");
    }
}

#[test]
fn sessions_can_be_changed_with_damaged_settings() {
    let sandbox = furnished();
    for (text, _) in DAMAGED {
        put(&sandbox, "config.json", text);
        for words in [
            &["cs-session", "event", "ca5d", "--message", "x"][..],
            &["cs-session", "update", "ca5d", "--intent", "y"],
            &["cs-task", "add", "ca5d", "--subject", "z"],
            &["cs-session", "create", "--project", "api", "--intent", "x"],
        ] {
            let output = sandbox.cs(words[0], &words[1..]);
            assert_eq!(
                (status(&output), stderr(&output)),
                (0, String::new()),
                "{words:?} {:?}",
                String::from_utf8_lossy(text)
            );
        }
        assert_eq!(config(&sandbox), text);
    }
}

#[test]
fn a_project_is_registered_only_if_no_setting_is_lost() {
    let sandbox = furnished();
    for (text, _) in DAMAGED {
        put(&sandbox, "config.json", text);
        let output = sandbox.cs("cs-project", &["register", "--name", "new"]);
        let after = config(&sandbox);
        let code = |is_registered| if is_registered { 0 } else { INVALID };
        let Ok(Value::Object(before)) = serde_json::from_slice::<Value>(text) else {
            assert_eq!((status(&output), after.as_slice()), (code(false), text), "{}", stderr(&output));
            continue;
        };
        let is_newer = before.get("version").and_then(Value::as_u64).is_some_and(|version| version > 1);
        if is_newer || before.get("projects").is_some_and(|projects| !projects.is_object()) {
            assert_eq!((status(&output), after.as_slice()), (code(false), text), "{}", stderr(&output));
            continue;
        }
        assert_eq!(status(&output), code(true), "{:?}: {}", String::from_utf8_lossy(text), stderr(&output));
        let after: Value = serde_json::from_slice(&after).expect("JSON");
        assert_eq!(after["projects"]["new"]["name"], "new", "{:?}", String::from_utf8_lossy(text));
        for (name, value) in before.iter().filter(|(name, _)| *name != "projects") {
            assert_eq!(&after[name], value);
        }
        let projects = before.get("projects").and_then(Value::as_object);
        for (slug, value) in projects.into_iter().flatten() {
            assert_eq!(&after["projects"][slug], value);
        }
    }
}
