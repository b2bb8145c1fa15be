//! Every kind of damage to a file is reported, and repairing loses nothing.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use super::*;

/// A data directory with every kind of file.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    // Each has its own running process.
    let clients = [std::process::id(), std::os::unix::process::parent_id()];
    ok(&sandbox, "cs-project", &["register", "--name", "api", "-q"]);
    for (uuid, client) in [CA5D, BEEF].into_iter().zip(clients) {
        send_hook(&sandbox, client, uuid, "SessionStart", r#","source":"startup""#);
        send_hook(&sandbox, client, uuid, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
    }
    send_hook(&sandbox, clients[1], BEEF, "SessionEnd", r#","reason":"other""#);
    let old = "sess_20260901T0800_0001";
    put(&sandbox, &format!("sessions/archive/{old}.json"), &completed(old, "2026-09-01T09:00:00.000000+00:00"));
    put(&sandbox, "notify_state.json", "{}");
    let figures = format!(r#"{{"session_id":"{CA5D}","cost":{{"total_cost_usd":1}}}}"#);
    assert_eq!(status(&sandbox.feed("cs-statusline", &[], &figures)), 0);
    put(&sandbox, &format!("usage/{CA5D}.json"), r#"{"input_tokens":1,"rows":[]}"#);
    put(&sandbox, "usage/days.json", r#"{"kept_at":"2026-11-21T10:00:00.000000+00:00","rows":[]}"#);
    put(&sandbox, "usage/keep.json", "{}");
    put(&sandbox, "usage/cache/2a.json", "whatever");
    put(&sandbox, "logs/hook.log", "trouble\n");
    put(&sandbox, &format!("agents/{SEAT}.json"), &cs_tests::seat_files::seat(SEAT, "builder").to_string());
    put(&sandbox, &format!("agents/{SEAT}.lock"), "");
    put(&sandbox, &format!("agents/{SEAT}.launch"), "{}");
    put(&sandbox, "agents/claude-settings.json", "{}");
    for file in ["new/m000003.json", "cur/m000002.json", "read/m000001.json", "files/m000003-a.txt", "seq", ".lock"] {
        put(&sandbox, &format!("inbox/{SEAT}/{file}"), "{}");
    }
    put(&sandbox, "leases/api.json", "{}");
    put(&sandbox, "leases/api.lock", "");
    ok(&sandbox, "cs-cleanup", &["index", "-q"]);
    // A conversation left work to do: a context is only created then.
    put(&sandbox, "context/api.json", "{}");
    ok(&sandbox, "cs-project", &["update", "api", "--current-phase", "one"]);
    check_in_order(&sandbox);
    sandbox
}

fn found(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let output = sandbox.cs("cs-cleanup", &[&["check"], args].concat());
    let lines = stdout(&output);
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    assert!([0, 1].contains(&status(&output)), "{}", stderr(&output));
    lines
}

/// Damages the file at a path.
type Damage = fn(&Path);

#[test]
fn every_kind_of_damage_is_found_in_every_kind_of_file() {
    let files = [
        "sessions/sess_20261121T1000_ca5d.json".to_owned(),
        "sessions/archive/sess_20260901T0800_0001.json".to_owned(),
        "projects/api.json".to_owned(),
        "context/api.json".to_owned(),
        format!("live/{CA5D}.json"),
        format!("ended/{BEEF}.json"),
        format!("statusline/{CA5D}.json"),
        "statusline/2026-11-21.json".to_owned(),
        "notify_state.json".to_owned(),
        format!("usage/{CA5D}.json"),
        "usage/days.json".to_owned(),
        "usage/keep.json".to_owned(),
        format!("agents/{SEAT}.json"),
        format!("inbox/{SEAT}/new/m000003.json"),
        format!("inbox/{SEAT}/read/m000001.json"),
        "leases/api.json".to_owned(),
    ];
    let torn = |path: &Path| {
        let text = fs::read(path).expect("it is there");
        fs::write(path, &text[..text.len() / 2]).expect("it can be written");
    };
    let fifo = |path: &Path| {
        fs::remove_file(path).expect("it is there");
        assert!(Command::new("mkfifo").args(["-m", "600"]).arg(path).status().expect("mkfifo can be run").success());
    };
    let damages: [(Damage, &str); 5] = [
        (torn, "damaged"),
        (|path| fs::write(path, "").expect("it can be written"), "damaged"),
        (
            |path| {
                File::options()
                    .append(true)
                    .open(path)
                    .and_then(|file| file.set_len(10 * 1024 * 1024 + 1))
                    .expect("it can grow")
            },
            "oversized",
        ),
        (
            |path| {
                fs::rename(path, path.with_extension("aside")).expect("it can be moved");
                symlink(path.with_extension("aside"), path).expect("it can be linked");
            },
            "link",
        ),
        (fifo, "damaged"),
    ];
    for file in &files {
        for (damage, kind) in damages {
            let sandbox = furnished();
            let path = sandbox.data().join(file);
            damage(&path);
            let before: Vec<PathBuf> = cs_tests::replay::files(&sandbox.data());
            let seen = found(&sandbox, &[]);
            let named = |line: &&Value| line["path"].as_str() == path.to_str();
            let kinds: Vec<&Value> = seen.iter().filter(named).map(|line| &line["found"]).collect();
            assert_eq!(kinds, [kind], "{file}: {seen:?}");
            assert_eq!(cs_tests::replay::files(&sandbox.data()), before, "a check moves nothing");
            let bytes = path.is_file().then(|| fs::read(&path).expect("it is there"));
            let repaired = found(&sandbox, &["--repair"]);
            let moved: Vec<&Value> = repaired.iter().filter(|line| line["action"] == "quarantined").collect();
            assert_eq!(moved.len(), 1, "{file}: {repaired:?}");
            let to = Path::new(moved[0]["to"].as_str().expect("it says where"));
            assert!(path.symlink_metadata().is_err() && to.symlink_metadata().is_ok(), "{file}");
            if let (Some(bytes), true) = (bytes, kind != "link") {
                assert_eq!(fs::read(to).expect("it is there"), bytes, "{file}: byte for byte");
            }
            let note: Value =
                serde_json::from_slice(&fs::read(format!("{}.note", to.display())).expect("a note")).expect("JSON");
            assert_eq!(note["from"], *file);
            let modes = [sandbox.data().join("quarantine"), PathBuf::from(format!("{}.note", to.display()))]
                .map(|path| path.metadata().expect("it is there").permissions().mode() & 0o777);
            assert_eq!(modes, [0o700, 0o600]);
            fs::remove_file(path.with_extension("aside")).ok();
            check_in_order(&sandbox);
        }
    }
}

#[test]
fn a_record_with_an_invalid_time_is_damaged() {
    for field in ["started_at", "last_heartbeat", "ended_at"] {
        let sandbox = furnished();
        let id = "sess_20260902T0800_0002";
        let mut record: Value =
            serde_json::from_str(&completed(id, "2026-09-02T09:00:00.000000+00:00")).expect("an object");
        record[field] = "last tuesday".into();
        put(&sandbox, &format!("sessions/archive/{id}.json"), &record.to_string());
        let seen = found(&sandbox, &[]);
        assert_eq!((seen.len(), &seen[0]["found"]), (1, &json!("damaged")), "{seen:?}");
        assert_eq!(seen[0]["reason"], format!("its {field} is not a time: \"last tuesday\""));
    }
}

#[test]
fn nothing_is_moved_through_a_link() {
    let sandbox = furnished();
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).expect("it can be created");
    let id = "sess_20260902T0800_0002";
    put(&sandbox, &format!("sessions/{id}.json"), &completed(id, "2026-09-02T09:00:00.000000+00:00"));
    put(&sandbox, &format!("ended/{BEEF}.json"), "torn");
    fs::remove_dir_all(sandbox.data().join("sessions/archive")).expect("it is ours");
    for folder in ["quarantine", "sessions/archive"] {
        symlink(&outside, sandbox.data().join(folder)).expect("it can be linked");
    }
    for args in [["check", "--repair"], ["archive", id]] {
        let output = sandbox.cs("cs-cleanup", &args);
        assert_eq!(status(&output), 1, "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("make it a directory"), "{args:?}: {}", stderr(&output));
    }
    assert!(cs_tests::entries(&outside).is_empty());
    assert!(sandbox.data().join(format!("sessions/{id}.json")).exists());
    assert!(sandbox.data().join(format!("ended/{BEEF}.json")).exists());
}

#[test]
fn damaged_settings_are_reported_once() {
    let sandbox = furnished();
    put(&sandbox, "config.json", "{");
    let output = sandbox.cs("cs-cleanup", &["all"]);
    assert_eq!((status(&output), stderr(&output).matches("error: ").count()), (65, 1), "{}", stderr(&output));
}

#[test]
fn a_newer_record_is_never_damaged() {
    let sandbox = furnished();
    for (file, text) in [
        ("sessions/sess_20261121T1000_0005.json", r#"{"schema_version": 5, "everything": "is different"}"#),
        ("sessions/archive/sess_20261121T1000_0006.json", r#"{"schema_version": 70}"#),
        ("config.json", r#"{"version": 2, "projects": "elsewhere"}"#),
    ] {
        put(&sandbox, file, text);
    }
    let seen = found(&sandbox, &["--repair"]);
    let kinds: Vec<(&Value, &Value)> = seen.iter().map(|line| (&line["found"], &line["action"])).collect();
    assert_eq!(kinds, [(&json!("newer"), &Value::Null); 3], "{seen:?}");
    assert!(sandbox.data().join("sessions/sess_20261121T1000_0005.json").exists());
}

#[test]
fn damaged_settings_are_not_moved_away() {
    let sandbox = furnished();
    put(&sandbox, "config.json", r#"{"hooks": {"capture_prompts": false"#);
    let seen = found(&sandbox, &["--repair"]);
    assert_eq!((seen.len(), &seen[0]["found"]), (1, &json!("damaged")));
    assert!(sandbox.data().join("config.json").exists(), "without it the hooks would store what was forbidden");
}

#[test]
fn a_wrong_index_is_found_and_rebuilt() {
    let lies: [fn(&mut Value); 4] = [
        |index| drop(index.as_object_mut().expect("an object").remove("sess_20261121T1000_ca5d")),
        |index| index["sess_20261121T1000_ca5d"]["status"] = json!("parked"),
        |index| index["sess_20261121T1000_ffff"] = index["sess_20261121T1000_ca5d"].clone(),
        |index| *index = json!([]),
    ];
    for (n, lie) in lies.iter().enumerate() {
        let sandbox = furnished();
        let mut index = sandbox.json("sessions/_index.json");
        let truth = index.clone();
        lie(&mut index);
        put(&sandbox, "sessions/_index.json", &index.to_string());
        let seen = found(&sandbox, &[]);
        assert_eq!(seen.len(), 1, "{n}: {seen:?}");
        assert!(seen[0]["path"].as_str().is_some_and(|path| path.ends_with("sessions/_index.json")), "{n}");
        found(&sandbox, &["--repair"]);
        assert_eq!(sandbox.json("sessions/_index.json"), truth, "{n}");
        check_in_order(&sandbox);
    }
    // The heartbeat in the index may be out of date.
    let sandbox = furnished();
    at(&sandbox, "2026-11-21T10:30:00Z", "cs-session", &["heartbeat", "ca5d", "-q"]);
    check_in_order(&sandbox);
}

#[test]
fn readers_without_an_index_report_a_damaged_record() {
    let sandbox = furnished();
    fs::write(sandbox.data().join("sessions/sess_20261121T1000_ca5d.json"), "{").expect("it can be written");
    fs::remove_file(sandbox.data().join("sessions/_index.json")).expect("it is there");
    let listed = sandbox.cs("cs-session", &["list", "-q"]);
    assert_eq!((status(&listed), stdout(&listed).lines().count()), (65, 1));
    assert!(stderr(&listed).contains("sess_20261121T1000_ca5d.json"), "{}", stderr(&listed));
    let overview: Value = serde_json::from_str(&ok(&sandbox, "cs-project", &["overview"])).expect("JSON");
    assert_eq!(overview["damaged"][0]["session_id"], "sess_20261121T1000_ca5d");
    ok(&sandbox, "cs-session", &["create", "--project", "api", "--intent", "x", "-q"]);
    assert_eq!(status(&sandbox.cs("cs-session", &["list", "-q"])), 65, "lists keep reporting it");
    let seen = found(&sandbox, &[]);
    assert_eq!((seen.len(), &seen[0]["found"]), (1, &json!("damaged")), "the check does not depend on it: {seen:?}");
}

#[test]
fn a_missing_data_directory_is_in_order() {
    let sandbox = Sandbox::new();
    for args in [&["check"][..], &["check", "--repair"], &["all"], &["index"], &["archive", "--days", "0"]] {
        assert_eq!(ok(&sandbox, "cs-cleanup", args), "", "{args:?}");
    }
    assert!(!sandbox.data().exists(), "and is not created");
}
