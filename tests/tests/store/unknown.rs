//! Unknown fields at every level survive all changes of their file.

use std::fs;

use cs_tests::{Sandbox, status};
use serde_json::{Value, json};

use super::*;

/// Adds an unknown field to an object.
fn strange(mut object: Value) -> Value {
    object["x_theirs"] = json!({"kept": [1, 2.5, null, "é"]});
    object
}

/// How many objects inside `value`, itself included, have the field of [`strange`].
fn strange_fields(value: &Value) -> usize {
    match value {
        Value::Object(fields) if fields.contains_key("x_theirs") => {
            assert_eq!(fields["x_theirs"], strange(json!({}))["x_theirs"]);
            1 + fields.iter().filter(|(name, _)| *name != "x_theirs").map(|(_, v)| strange_fields(v)).sum::<usize>()
        }
        Value::Object(fields) => fields.values().map(strange_fields).sum(),
        Value::Array(items) => items.iter().map(strange_fields).sum(),
        _ => 0,
    }
}

#[test]
fn unknown_fields_survive_every_changing_command() {
    let sandbox = Sandbox::new();
    let work = sandbox.work().to_string_lossy().into_owned();
    ok(&sandbox, "cs-project", &["register", "--name", "api", "-q"]);
    let id = create(&sandbox, &["--claude-session", CA5D]);
    ok(&sandbox, "cs-project", &["update", "api", "--current-phase", "beta", "-q"]);
    ok(&sandbox, "cs-session", &["event", &id, "--message", "one", "-q"]);
    ok(&sandbox, "cs-session", &["commit", &id, "--sha", "1a2b3c4", "-q"]);
    ok(&sandbox, "cs-task", &["add", &id, "--subject", "write tests", "-q"]);
    edit(&sandbox, &id, |record| {
        *record = strange(record.take());
        for list in ["events", "commits", "tasks"] {
            record[list][0] = strange(record[list][0].take());
        }
    });
    let rewrite = |file: &str, change: &dyn Fn(&mut Value)| {
        let mut value = sandbox.json(file);
        change(&mut value);
        fs::write(sandbox.data().join(file), value.to_string()).expect("it can be written");
    };
    rewrite("config.json", &|config| {
        *config = strange(config.take());
        config["hooks"] = strange(json!({"context": true}));
        config["settings"] = strange(config["settings"].take());
        config["projects"]["api"] = strange(config["projects"]["api"].take());
    });
    rewrite("projects/api.json", &|project| {
        *project = strange(project.take());
        project["roadmap_summary"] = strange(project["roadmap_summary"].take());
        project["recent_commits"][0] = strange(project["recent_commits"][0].take());
    });
    let task = sandbox.record(&id)["tasks"][0]["id"].as_str().expect("a task has an id").to_owned();
    let new_folder = format!("{work}/another");
    fs::create_dir(&new_folder).expect("it can be created");
    let commands: [(&str, &[&str]); 18] = [
        ("cs-session", &["update", &id, "--intent", "other work", "--activity", "typing", "--branch", "b"]),
        ("cs-session", &["event", &id, "--message", "two"]),
        ("cs-session", &["commit", &id, "--sha", "5d6e7f8"]),
        ("cs-session", &["decision", &id, "--text", "yes"]),
        ("cs-session", &["question", &id, "--text", "why?"]),
        ("cs-session", &["request-action", &id, "--reason", "look"]),
        ("cs-session", &["clear-action", &id]),
        ("cs-session", &["heartbeat", &id]),
        ("cs-task", &["add", &id, "--subject", "write more tests"]),
        ("cs-task", &["update", &id, "--task", &task, "--status", "in_progress", "--subject", "test"]),
        ("cs-project", &["register", "--name", "The API"]),
        ("cs-project", &["register", "--path", &new_folder]),
        ("cs-project", &["update", "api", "--current-phase", "x", "--completed", "a", "--next-up", "b"]),
        ("cs-session", &["park", &id, "--reason", "later"]),
        ("cs-session", &["complete", &id, "--outcome", "done", "--file", "a.rs", "--commits", r#"[{"sha":"abcd"}]"#]),
        ("cs-session", &["resume", &id, "-q"]),
        ("cs-session", &["event", &id, "--message", "after the end"]),
        ("cs-session", &["create", "--project", "api", "--intent", "next"]),
    ];
    for (program, args) in commands {
        ok(&sandbox, program, args);
        assert_eq!(strange_fields(&sandbox.record(&id)), 4, "{program} {args:?}");
        assert_eq!(strange_fields(&sandbox.json("config.json")), 4, "{program} {args:?}");
        assert_eq!(strange_fields(&sandbox.json("projects/api.json")), 3, "{program} {args:?}");
    }
}

#[test]
fn unknown_fields_survive_the_hooks() {
    let sandbox = Sandbox::new();
    let work = sandbox.work();
    let tell = |program: &str, event: &str, more: &str| {
        let payload = format!(r#"{{"session_id":"{CA5D}","cwd":{work:?},"hook_event_name":"{event}"{more}}}"#);
        assert_eq!(status(&sandbox.hook(program, &payload)), 0);
    };
    tell("cs-hook", "UserPromptSubmit", r#","prompt":"fix login""#);
    let id = ok(&sandbox, "cs-session", &["list", "-q"]).trim().to_owned();
    ok(&sandbox, "cs-session", &["event", &id, "--message", "one", "-q"]);
    edit(&sandbox, &id, |record| {
        *record = strange(record.take());
        record["events"][0] = strange(record["events"][0].take());
    });
    let bash = r#","tool_name":"Bash","tool_use_id":"1","tool_input":{"command":"make"}"#;
    let events = [
        ("cs-hook", "PermissionRequest", bash),
        ("cs-hook", "PostToolUse", bash),
        ("cs-hook", "PostToolUse", r#","tool_name":"Edit","tool_use_id":"2","tool_input":{"file_path":"a.rs"}"#),
        ("cs-hook", "PreCompact", r#","trigger":"auto""#),
        ("cs-heartbeat", "Stop", ""),
        ("cs-hook", "UserPromptSubmit", r#","prompt":"go on""#),
        ("cs-hook", "SessionEnd", r#","reason":"other""#),
        ("cs-hook", "SessionStart", r#","source":"resume""#),
    ];
    for (program, event, more) in events {
        tell(program, event, more);
        assert_eq!(strange_fields(&sandbox.record(&id)), 2, "{event}");
    }
    assert_eq!(sandbox.record(&id)["status"], "active", "they were all about this session");
}
