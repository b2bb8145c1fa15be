//! Files in the data directory that are damaged or of a newer version.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use cs_tests::{status, stdout};
use serde_json::{Value, json};

use super::*;

/// Damages the record at a path.
type Damage = fn(&Path);

/// Ways to damage a record: how to do it to a good one, and a word that the error contains.
fn damages() -> Vec<(Damage, &'static str)> {
    let torn = |path: &Path| {
        let text = fs::read(path).expect("it is there");
        fs::write(path, &text[..text.len() / 2]).expect("it can be written");
    };
    let symlinked = |path: &Path| {
        let aside = path.with_extension("aside");
        fs::rename(path, &aside).expect("it can be moved");
        symlink(aside, path).expect("it can be linked");
    };
    let folder = |path: &Path| {
        fs::remove_file(path).expect("it is there");
        fs::create_dir(path).expect("it can be created");
    };
    let oversized = |path: &Path| {
        let file = File::options().append(true).open(path).expect("it is there");
        file.set_len(10 * 1024 * 1024 + 1).expect("it can grow");
    };
    let fifo = |path: &Path| {
        fs::remove_file(path).expect("it is there");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo can be run").success());
    };
    let renamed = |path: &Path| {
        let text = fs::read_to_string(path).expect("it is there");
        fs::write(path, text.replace(ACTIVE, NONE)).expect("it can be written");
    };
    vec![
        (torn, "cannot understand"),
        (|path| fs::write(path, "").expect("it can be written"), "it is empty"),
        (|path| fs::write(path, "[]").expect("it can be written"), "cannot understand"),
        (|path| fs::write(path, "{\"session_id\": 1}").expect("it can be written"), "cannot understand"),
        (|path| fs::write(path, [0xff, 0xfe, 0]).expect("it can be written"), "cannot understand"),
        (oversized, "at most 10485760 are read"),
        (symlinked, "symbolic link"),
        (folder, "not a regular file"),
        (fifo, "not a regular file"),
        (renamed, "it contains the session"),
    ]
}

#[test]
fn damaged_records_are_reported_and_left_alone() {
    for (damage, word) in damages() {
        let sandbox = furnished();
        damage(&sandbox.data().join(format!("sessions/{ACTIVE}.json")));
        for command in ON_A_SESSION.iter().filter(|command| !command.contains(&"capture-commits")) {
            let (program, args) = with_id(command, ACTIVE);
            refused(&sandbox, program, &args, "", INVALID, word);
        }
        let before = tree(&sandbox.data());
        assert_eq!(ok(&sandbox, "cs-session", &["show", "beef", "-q"]).trim(), PARKED);
        let listed = sandbox.cs("cs-session", &["list", "-q"]);
        assert_eq!((status(&listed), stdout(&listed).contains(PARKED)), (INVALID, true), "{word}: lists report it");
        let full = sandbox.cs("cs-session", &["list", "--full"]);
        assert_eq!((status(&full), stdout(&full).lines().count()), (INVALID, 1), "{word}: the other one is shown");
        let overview: Value = serde_json::from_str(&ok(&sandbox, "cs-project", &["overview"])).expect("JSON");
        assert_eq!(overview["damaged"][0]["session_id"], ACTIVE, "{word}");
        assert!(tree(&sandbox.data()) == before, "{word}: readers write nothing");
    }
}

#[test]
fn readers_see_through_a_torn_index() {
    let sandbox = furnished();
    let whole = fs::read_to_string(sandbox.data().join("sessions/_index.json")).expect("it is there");
    let listed = ok(&sandbox, "cs-session", &["list"]);
    let overview = ok(&sandbox, "cs-project", &["overview"]);
    let cuts = (0..whole.len()).step_by(37).map(|end| whole[..end].to_owned());
    let nonsense = ["null", "[]", "{\"sess_1\": 7}", "\0\0\0\0", "{\n}\n}\n"].map(str::to_owned);
    for text in cuts.chain(nonsense) {
        put(&sandbox, "sessions/_index.json", &text);
        let before = tree(&sandbox.data());
        assert_eq!(ok(&sandbox, "cs-session", &["list"]), listed, "{text:?}");
        assert_eq!(ok(&sandbox, "cs-project", &["overview"]), overview, "{text:?}");
        ok(&sandbox, "cs-session", &["show", "ca5d"]);
        assert!(tree(&sandbox.data()) == before, "readers write nothing");
    }
    put(&sandbox, "sessions/_index.json", &whole[..whole.len() - 3]);
    ok(&sandbox, "cs-session", &["complete", "beef", "-q"]);
    let index = sandbox.json("sessions/_index.json");
    let statuses = (&index[ACTIVE]["status"], &index[PARKED]["status"]);
    assert_eq!(statuses, (&json!("active"), &json!("completed")), "it was rebuilt, not replaced by a smaller one");
}

#[test]
fn a_newer_record_is_read_but_never_written() {
    let sandbox = furnished();
    let mut record = sandbox.record(ACTIVE);
    record["schema_version"] = json!(5);
    record["of_tomorrow"] = json!({"x": 1});
    put(&sandbox, &format!("sessions/{ACTIVE}.json"), record.to_string());
    let shown = ok(&sandbox, "cs-session", &["show", "ca5d"]);
    assert!(shown.contains("\"schema_version\":5") && shown.contains("\"of_tomorrow\":{\"x\":1}"), "{shown}");
    ok(&sandbox, "cs-task", &["list", "ca5d"]);
    ok(&sandbox, "cs-session", &["list", "--full"]);
    let readers = ["show", "list", "resume"];
    for command in ON_A_SESSION.iter().filter(|command| !readers.contains(&command[1])) {
        let (program, args) = with_id(command, ACTIVE);
        let git = Command::new("git").args(["init", "-q"]).current_dir(sandbox.work()).status();
        assert!(git.expect("git can be run").success());
        if command[1] != "capture-commits" {
            refused(&sandbox, program, &args, "", NOT, "update claude-sessions");
        }
    }
}

#[test]
fn a_torn_config_is_reported_and_left_alone() {
    let sandbox = furnished();
    for text in ["", "{\"version\": 1, \"projects\": {", "[]"] {
        put(&sandbox, "config.json", text);
        refused(&sandbox, "cs-project", &["register", "--name", "x"], "", INVALID, "config.json");
        refused(&sandbox, "cs-session", &["create", "--intent", "x"], "", INVALID, "config.json");
        let shown = sandbox.cs("cs-session", &["show", "ca5d", "-q"]);
        assert_eq!((status(&shown), stdout(&shown).trim()), (INVALID, ACTIVE));
    }
}
