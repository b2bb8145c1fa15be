//! A data directory with something damaged, foreign or newer: it is left as it is, and the rest works.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use cs_tests::replay::check::unstored;
use cs_tests::replay::{Client, Stage, check_store};
use cs_tests::{entries, run, status};
use serde_json::{Value, json};

use super::{
    OTHER, UUID, check_quiet, create_task, edit, end, every_event, live_path, log, payload, prompt, record_path,
    run_bash, run_hourly_job, send, send_silently, stage, start,
};

#[test]
fn a_damaged_record_is_quarantined_and_its_conversation_continues() {
    let whole = fs::read(record_path(&stage())).expect("a record can be read");
    let other_id = String::from_utf8_lossy(&whole).replace("_20261121T1001_", "_20261121T1002_");
    for (what, bytes) in [
        ("torn", &whole[..whole.len() / 2]),
        ("empty", b""),
        ("zeroed", &[0; 4096]),
        ("of another id", other_id.as_bytes()),
        ("a list", b"[]"),
    ] {
        for first in ["UserPromptSubmit", "SessionEnd"] {
            let stage = stage();
            let path = record_path(&stage);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            fs::write(&path, bytes).expect("can be written");
            let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}, "tool_response": {}});
            send_silently(&stage, 1200, UUID, "PostToolUse", edit);
            let more = json!({"prompt": "still there?", "prompt_id": "p", "reason": "other"});
            send_silently(&stage, 1300, UUID, first, more);
            let kept = stage.sandbox.data().join(format!("quarantine/sessions-{name}"));
            assert_eq!(fs::read(&kept).expect("it is in quarantine"), bytes, "{what}");
            assert!(fs::read_to_string(kept.with_extension("json.note")).expect("with a note").contains("cs-hook"));
            let record = stage.record_of(UUID).expect("it continues in another session");
            let old = name.trim_end_matches(".json");
            assert_eq!((&record["resumed_from"], &record["files_changed"]), (&json!(old), &json!(["a.txt"])), "{what}");
            assert!(record["events"].to_string().contains("damaged"), "{what}: {record}");
            assert!(log(&stage).contains(&name), "{what}: the problem is logged with the file");
            assert!(!log(&stage).contains("defect"), "{what}: {}", log(&stage));
            prompt(&stage, 1400, OTHER, "something else");
            assert_eq!(stage.sandbox.records().len(), 2, "{what}: another conversation is not affected");
            check_store(&stage.sandbox);
        }
    }
}

#[test]
fn a_list_shows_a_damaged_active_record_with_its_intent_from_the_index() {
    let stage = stage();
    run_hourly_job(&stage, 100);
    fs::write(record_path(&stage), "").expect("can be written");
    let listed = stage.sandbox.cs("cs-session", &["list", "--json"]);
    let row: Value = serde_json::from_slice(&listed.stdout).expect("one row");
    assert_eq!((status(&listed), &row["state"], &row["intent"]), (65, &json!("damaged"), &json!("do it")));
}

#[test]
fn a_record_of_a_newer_version_is_left_alone() {
    let stage = stage();
    let path = record_path(&stage);
    let whole = fs::read_to_string(&path).expect("a record can be read");
    let newer = whole.replace("\"schema_version\": 4", "\"schema_version\": 5, \"new\": [1]");
    assert!(newer.contains("\"new\""));
    fs::write(&path, &newer).expect("can be written");
    every_event(&stage, 1200, UUID);
    start(&stage, 1300, UUID, "resume");
    prompt(&stage, 1301, UUID, "still there?");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), newer);
    let live: Value =
        serde_json::from_slice(&fs::read(live_path(&stage, UUID)).expect("it has a live file")).expect("JSON");
    assert_eq!(live["state"], "working", "the state needs no record");
    assert!(log(&stage).contains("newer"), "{}", log(&stage));
}

#[test]
fn symbolic_links_are_not_followed() {
    let stage = stage();
    let outside = stage.sandbox.root().join("outside.json");
    let record = record_path(&stage);
    fs::rename(&record, &outside).expect("can be moved");
    symlink(&outside, &record).expect("can be linked");
    let before = fs::read(&outside).expect("it is there");
    every_event(&stage, 1200, UUID);
    assert_eq!(fs::read(&outside).expect("it is there"), before);
    assert!(!record.is_symlink(), "the link is in quarantine");
    let name = record.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(stage.sandbox.data().join(format!("quarantine/sessions-{name}")).is_symlink());

    let stage = super::stage();
    let (outside, live) = (stage.sandbox.root().join("outside.json"), live_path(&stage, UUID));
    fs::rename(&live, &outside).expect("can be moved");
    symlink(&outside, &live).expect("can be linked");
    let before = fs::read(&outside).expect("it is there");
    every_event(&stage, 1200, UUID);
    assert_eq!(fs::read(&outside).expect("it is there"), before);
    assert_eq!(stage.sandbox.records().len(), 1, "the session is found without its live file");

    for lock in ["live", "sessions", "config", "_index"] {
        let stage = super::stage();
        let outside = stage.sandbox.root().join("outside");
        let data = stage.sandbox.data();
        let path = match lock {
            "live" => live_path(&stage, UUID).with_extension("lock"),
            "sessions" => record_path(&stage).with_extension("lock"),
            "config" => data.join("config.lock"),
            _ => data.join("sessions/_index.lock"),
        };
        let _ = fs::remove_file(&path);
        symlink(&outside, &path).expect("can be linked");
        every_event(&stage, 1200, UUID);
        prompt(&stage, 1300, OTHER, "go");
        assert!(!outside.exists(), "{lock}: created through the link");
        assert!(path.is_symlink() || lock == "live", "{lock}");
    }
}

#[test]
fn hooks_are_silent_when_the_data_directory_is_not_writable() {
    let stage = Stage::new();
    let file = stage.sandbox.root().join("file");
    fs::write(&file, "text").expect("can be written");
    let home = file.join("dashboard");
    for event in ["SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "Stop", "SessionEnd"] {
        let more = json!({"prompt": "x", "source": "startup", "tool_name": "Edit", "tool_input": {"file_path": "a"}});
        let program = cs_tests::replay::program(event).expect("it is registered");
        let mut command = stage.command(program, 0, Client::Interactive);
        command.env("CS_HOME", &home);
        check_quiet(&run(command, &payload(&stage, UUID, event, more).to_string()), event);
    }
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "text");
    assert!(!stage.sandbox.data().exists());
}

#[test]
fn hooks_are_silent_without_a_home() {
    let stage = Stage::new();
    for program in ["cs-hook", "cs-heartbeat"] {
        let mut command = stage.command(program, 0, Client::Interactive);
        command.env_clear();
        let prompt = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "x"}));
        check_quiet(&run(command, &prompt.to_string()), program);
    }
}

#[test]
fn a_torn_or_missing_index_is_rebuilt_from_the_records() {
    let stage = stage();
    for n in 2..6 {
        let uuid = format!("aaaaaaaa-0000-4000-8000-00000000000{n}");
        prompt(&stage, n * 60, &uuid, "more");
        create_task(&stage, n * 60, &uuid, "1", "open");
        if n % 2 == 0 {
            end(&stage, n * 60 + 1, &uuid);
        }
    }
    let index = stage.sandbox.data().join("sessions/_index.json");
    run_hourly_job(&stage, 1500);
    let cut = |end: fn(usize) -> usize| move |whole: Vec<u8>| whole[..end(whole.len())].to_vec();
    let damages: [&dyn Fn(Vec<u8>) -> Vec<u8>; 9] = [
        &cut(|_| 0),
        &cut(|_| 1),
        &cut(|_| 2),
        &cut(|length| length / 3),
        &cut(|length| length / 2),
        &cut(|length| length - 1),
        &cut(|length| length - 2),
        &|_| b"[]".to_vec(),
        &|whole| vec![0; whole.len()],
    ];
    for (n, damage) in (0..).zip(damages) {
        let whole = fs::read(&index).expect("it is there");
        fs::write(&index, damage(whole)).expect("can be written");
        let (at, uuid) = (1000 + n * 100, format!("aaaaaaaa-0000-4000-8000-0000000001{n:02}"));
        prompt(&stage, at, &uuid, "go");
        check_store(&stage.sandbox);
        // A change by a person stores the index.
        let id = stage.record_of(&uuid).expect("it is there")["session_id"].as_str().expect("a text").to_owned();
        assert_eq!(status(&stage.sandbox.cs("cs-session", &["event", &id, "--message", "x"])), 0);
        assert!(unstored(&stage.sandbox.data()).is_empty(), "{:#?}", unstored(&stage.sandbox.data()));
        fs::remove_file(&index).expect("it was recreated");
        end(&stage, at + 1, &uuid);
        check_store(&stage.sandbox);
        run_hourly_job(&stage, 1500);
    }
    assert_eq!(stage.sandbox.records().len(), 5 + 9);
}

#[test]
fn broken_settings_are_never_overwritten() {
    for broken in
        ["", "{", "[]", "{\"projects\": 7}", "{\"projects\": [], \"hooks\": {\"session_end\": \"never\"}}", "\0"]
    {
        let stage = Stage::new();
        let config = stage.sandbox.data().join("config.json");
        fs::create_dir_all(stage.sandbox.data()).expect("can be created");
        fs::write(&config, broken).expect("can be written");
        start(&stage, 0, UUID, "startup");
        prompt(&stage, 1, UUID, "do it");
        end(&stage, 2, UUID);
        start(&stage, 60, UUID, "resume");
        assert_eq!(fs::read_to_string(&config).expect("it is there"), broken);
        let record = stage.record_of(UUID).expect("the session is still there");
        assert_eq!((&record["project_slug"], &record["status"]), (&json!("repo"), &json!("active")), "{broken}");
        let log = fs::read_to_string(stage.sandbox.data().join("logs/hook.log")).expect("it is there");
        assert!(log.contains("config.json: "), "{broken}: {log}");
        check_records(&stage);
    }
}

#[test]
fn partly_wrong_settings_are_kept_and_get_the_new_project() {
    let stage = Stage::new();
    let config = stage.sandbox.data().join("config.json");
    fs::create_dir_all(stage.sandbox.data()).expect("can be created");
    let wrong =
        r#"{"hooks": {"session_end": "never", "capture_prompts": "no"}, "settings": {"stale_threshold_hours": 0}}"#;
    fs::write(&config, wrong).expect("can be written");
    start(&stage, 0, UUID, "startup");
    prompt(&stage, 1, UUID, "tell nobody");
    send_silently(&stage, 1, UUID, "Stop", json!({}));
    end(&stage, 2, UUID);
    let text = fs::read_to_string(&config).expect("it is there");
    assert!(text.contains(r#"{"session_end": "never", "capture_prompts": "no"}"#), "{text}");
    let value = read(&config);
    assert_eq!(value["settings"], json!({"stale_threshold_hours": 0}));
    assert!(value["projects"]["repo"]["path"].is_string(), "{value}");
    let record = stage.record_of(UUID).expect("it is there");
    assert_eq!(record["intent"], "conversation in repo", "text of the conversation must not be stored");
    assert_eq!(record["status"], "completed");
}

fn check_records(stage: &Stage) {
    for path in entries(&stage.sandbox.data().join("sessions")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(!name.starts_with(".tmp-"), "{name}");
    }
}

#[test]
fn unknown_fields_survive_at_every_level() {
    let stage = stage();
    create_task(&stage, 61, UUID, "1", "a task");
    send_silently(&stage, 62, UUID, "PreCompact", json!({"trigger": "auto"}));
    run_bash(&stage, 62, "git commit --allow-empty -m x");
    let (data, record, live) = (stage.sandbox.data(), record_path(&stage), live_path(&stage, UUID));
    run_hourly_job(&stage, 100);
    let places: BTreeMap<_, &[&str]> = [
        (record, &["", "/tasks/0", "/events/0", "/commits/0"] as &[&str]),
        (data.join("config.json"), &["", "/projects/repo", "/hooks"]),
        (data.join("projects/repo.json"), &["", "/roadmap_summary", "/recent_commits/0"]),
        (live, &[""]),
    ]
    .into_iter()
    .collect();
    for (path, pointers) in &places {
        edit(path, |value| {
            if path.ends_with("config.json") {
                value["hooks"] = json!({});
            }
            for pointer in *pointers {
                let inner = value.pointer_mut(pointer).unwrap_or_else(|| panic!("{}{pointer}", path.display()));
                inner["from_the_future"] = json!({"a": [1.50, "é", null]});
            }
        });
    }
    let before: Vec<Value> = places.keys().map(|path| read(path)).collect();
    every_event(&stage, 1200, UUID);
    start(&stage, 1300, UUID, "resume");
    // A new project, which makes the hook write the settings.
    let mut elsewhere = payload(&stage, OTHER, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"}));
    elsewhere["cwd"] = json!(stage.repository("project"));
    check_quiet(&send(&stage, 1301, &elsewhere), "elsewhere");
    run_hourly_job(&stage, 1500);
    for ((path, pointers), before) in places.iter().zip(before) {
        let after = read(path);
        assert_ne!(after, before, "{}: it was written", path.display());
        for pointer in *pointers {
            let kept = &after.pointer(pointer).unwrap_or(&Value::Null)["from_the_future"];
            assert_eq!(kept, &json!({"a": [1.5, "é", null]}), "{}{pointer}", path.display());
        }
    }
    check_store(&stage.sandbox);
}

fn read(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn an_older_record_is_written_as_version_four_and_keeps_its_data() {
    let stage = stage();
    let path = record_path(&stage);
    edit(&path, |record| {
        let fields = record.as_object_mut().expect("a record is an object");
        for younger in ["tasks", "worktree_root", "awaiting_action", "commits", "next_steps"] {
            fields.remove(younger);
        }
        fields.insert("schema_version".into(), json!(1));
        fields.insert("events".into(), json!(null));
    });
    create_task(&stage, 70, UUID, "1", "a task");
    run_hourly_job(&stage, 1500);
    let record = read(&path);
    assert_eq!((&record["schema_version"], &record["intent"]), (&json!(4), &json!("do it")));
    assert_eq!(record["tasks"][0]["subject"], "a task");
}

#[test]
fn files_left_by_killed_programs_do_not_matter() {
    let stage = stage();
    let data = stage.sandbox.data();
    fs::write(data.join("sessions/.tmp-dead"), "{\"half\":").expect("can be written");
    fs::write(data.join("sessions/_index.pending"), "sess_20261121T1001_0000").expect("can be written");
    fs::write(data.join("live/.tmp-dead"), "").expect("can be written");
    fs::write(data.join("live/nonsense.json"), "{").expect("can be written");
    fs::write(data.join("sessions/notes.json"), "{}").expect("can be written");
    end(&stage, 100, UUID);
    prompt(&stage, 200, OTHER, "next");
    for litter in ["sessions/.tmp-dead", "live/.tmp-dead", "live/nonsense.json", "sessions/notes.json"] {
        fs::remove_file(data.join(litter)).expect("a hook removes only files that it made");
    }
    check_store(&stage.sandbox);
    assert_eq!(stage.sandbox.records().len(), 2);
}
