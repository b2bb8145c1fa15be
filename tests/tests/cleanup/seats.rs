//! The files of agents' seats: what is not ours is reported, locks of seats stay, what is over is removed when it is old.

use std::os::unix::fs::{PermissionsExt, symlink};

use cs_tests::seat_files::{seat, with};

use super::*;

const DAY: u64 = 24 * HOUR;

fn put_seat(sandbox: &Sandbox, seat: &Value) {
    put(sandbox, &format!("agents/{}.json", seat["agent_id"].as_str().expect("it has an id")), &seat.to_string());
}

/// What a check finds, as `kind path`.
fn found(sandbox: &Sandbox) -> Vec<String> {
    let root = format!("{}/", sandbox.data().display());
    let line = |line: &str| {
        let finding: Value = serde_json::from_str(line).expect("a line is an object");
        let path = finding["path"].as_str().expect("it has a path").replace(&root, "");
        format!("{} {path}", finding["found"].as_str().expect("it has a kind"))
    };
    stdout(&sandbox.cs("cs-cleanup", &["check"])).lines().map(line).collect()
}

#[test]
fn foreign_files_links_and_open_files_of_seats_are_reported() {
    let sandbox = Sandbox::new();
    put_seat(&sandbox, &seat(SEAT, "builder"));
    for file in ["agents/notes.json", "agents/x.launch", "leases/No.json", "inbox/elsewhere/x", "inbox/notes.txt"] {
        put(&sandbox, file, "{}");
    }
    for file in [
        "new/m000001.txt",
        "new/m000001.json",
        "way/m000001.jsonl",
        "way/x.json",
        "waiter.lock",
        "else/x.json",
        "mail.json",
    ] {
        put(&sandbox, &format!("inbox/{SEAT}/{file}"), "{}");
    }
    let inbox = sandbox.data().join(format!("inbox/{SEAT}"));
    fs::set_permissions(inbox.join("new/m000001.json"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    symlink("/etc", inbox.join("cur")).expect("it can be linked");
    put_seat(&sandbox, &with(seat("agent_20261121T1000_2f0c", "newer"), json!({"schema_version": 2, "name": 5})));
    put(&sandbox, "agents/agent_20261121T1000_3f0c.json", &seat(SEAT, "under another name").to_string());
    let id = |line: &str| line.replace("SEAT", SEAT);
    let mut expected = [
        "newer agents/agent_20261121T1000_2f0c.json",
        "damaged agents/agent_20261121T1000_3f0c.json",
        "foreign agents/notes.json",
        "foreign agents/x.launch",
        "foreign inbox/elsewhere",
        "foreign inbox/notes.txt",
        "link inbox/SEAT/cur",
        "foreign inbox/SEAT/else",
        "foreign inbox/SEAT/mail.json",
        "open inbox/SEAT/new/m000001.json",
        "foreign inbox/SEAT/new/m000001.txt",
        "foreign inbox/SEAT/way/x.json",
        "foreign leases/No.json",
    ]
    .map(id);
    let mut seen = found(&sandbox);
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn the_waiters_pipe_is_in_order_and_is_never_opened() {
    let sandbox = Sandbox::new();
    put_seat(&sandbox, &seat(SEAT, "builder"));
    put(&sandbox, &format!("inbox/{SEAT}/seq"), "3\n");
    let pipe = sandbox.data().join(format!("inbox/{SEAT}/wake"));
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(pipe).status();
    assert!(made.expect("mkfifo can be run").success());
    check_in_order(&sandbox);
}

#[test]
fn the_lock_of_a_seat_stays_and_that_of_a_project_without_leases_goes() {
    let sandbox = Sandbox::new();
    for file in [&format!("agents/{SEAT}.lock"), &format!("inbox/{SEAT}/.lock"), "leases/api.lock"] {
        put(&sandbox, file, "");
        age(&sandbox.data().join(file), 2 * HOUR);
    }
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["locks"])), ["removed api.lock"]);
    put(&sandbox, &format!("agents/{SEAT}.json"), "{");
    ok_or_one(&sandbox, &["check", "--repair"]);
    assert!(!sandbox.data().join(format!("agents/{SEAT}.json")).exists());
    assert!(sandbox.data().join(format!("agents/{SEAT}.lock")).exists(), "its id is never given again");
}

#[track_caller]
fn ok_or_one(sandbox: &Sandbox, args: &[&str]) {
    let output = sandbox.cs("cs-cleanup", args);
    assert!([0, 1].contains(&status(&output)), "{}", stderr(&output));
}

#[test]
fn only_what_is_over_and_old_is_removed_from_inboxes() {
    let sandbox = Sandbox::new();
    put_seat(&sandbox, &seat(SEAT, "builder"));
    let old =
        ["read/m000001.json", "way/m000001.jsonl", "way/m000099.jsonl", "failed/m000002.json", "failed/m000002.note"];
    let waiting = ["new/m000003.json", "way/m000003.jsonl", "cur/m000004.json", "files/m000003-a", "seq"];
    // It was stored long ago and confirmed only now.
    let kept = [&waiting[..], &["read/m000006.json", "files/m000006-a"]].concat();
    for file in old.iter().chain(&kept) {
        put(&sandbox, &format!("inbox/{SEAT}/{file}"), "{}");
        age(&sandbox.data().join(format!("inbox/{SEAT}/{file}")), 31 * DAY);
    }
    put(&sandbox, &format!("inbox/{SEAT}/read/m000005.json"), "{}");
    put(&sandbox, &format!("inbox/{SEAT}/way/m000006.jsonl"), "{}");
    put(&sandbox, &format!("inbox/{SEAT}/new/.tmp-1"), "torn");
    age(&sandbox.data().join(format!("inbox/{SEAT}/new/.tmp-1")), 2 * HOUR);
    for (launch, hours) in [("1f0c", 2), ("2f0c", 0)] {
        let file = format!("agents/agent_20261121T1000_{launch}.launch");
        put(&sandbox, &file, "{}");
        age(&sandbox.data().join(file), hours * HOUR);
    }
    let mut removed = done(&ok(&sandbox, "cs-cleanup", &["all"]));
    removed.sort();
    let messages = ["m000001.json", "m000001.jsonl", "m000002.json", "m000002.note", "m000099.jsonl"];
    let launch = format!("{SEAT}.launch");
    let expected = [".tmp-1", &launch].into_iter().chain(messages);
    assert_eq!(removed, expected.map(|file| format!("removed {file}")).collect::<Vec<_>>());
    for file in kept.iter().chain(&["read/m000005.json", "way/m000006.jsonl"]) {
        assert!(sandbox.data().join(format!("inbox/{SEAT}/{file}")).exists(), "{file}");
    }
    assert!(sandbox.data().join("agents/agent_20261121T1000_2f0c.launch").exists());
}

#[test]
fn a_file_that_was_sent_goes_with_its_message() {
    let sandbox = Sandbox::new();
    put_seat(&sandbox, &seat(SEAT, "builder"));
    let place = |file: &str| sandbox.data().join(format!("inbox/{SEAT}/{file}"));
    let put_old = |file: &str| {
        put(&sandbox, &format!("inbox/{SEAT}/{file}"), "{}");
        age(&place(file), 40 * DAY);
    };
    // Message 7 is gone without its file; 8 was read only now; 9 is about to be stored.
    let messages = ["failed/m000002.json", "read/m000003.json", "new/m000004.json", "cur/m000005.json"];
    let kept = ["files/m000004-f.txt", "files/m000005-f.txt", "files/m000008-f.txt", "files/notes.txt"];
    let gone = ["files/m000002-f.txt", "files/m000003-f-g.txt", "files/m000007-f.txt"];
    messages.into_iter().chain(kept).chain(gone).for_each(put_old);
    for file in ["read/m000008.json", "files/m000009-f.txt"] {
        put(&sandbox, &format!("inbox/{SEAT}/{file}"), "{}");
    }
    let expected = ["m000002-f.txt", "m000003-f-g.txt", "m000007-f.txt", "m000002.json", "m000003.json"];
    let dry = done(&ok(&sandbox, "cs-cleanup", &["all", "--dry-run"]));
    assert_eq!(dry, expected.map(|file| format!("removed {file}")));
    assert!(gone.iter().all(|file| place(file).exists()), "a dry run removes nothing");
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["all"])), dry);
    assert!(gone.iter().all(|file| !place(file).exists()));
    for file in kept.iter().chain(&["files/m000009-f.txt", "read/m000008.json"]) {
        assert!(place(file).exists(), "{file}");
    }
    assert_eq!(ok(&sandbox, "cs-cleanup", &["all"]), "", "once");
}

/// A process of the seat that has ended: this one's id with another start.
fn ended_process() -> Value {
    json!({"pid": std::process::id(), "pid_started": "1"})
}

#[test]
fn a_seat_whose_client_died_is_ended_and_those_who_must_know_are_told() {
    let sandbox = Sandbox::new();
    let (parent, sender) = ("agent_20261121T1000_2f0c", "agent_20261121T1000_3f0c");
    put_seat(&sandbox, &seat(parent, "planner"));
    put_seat(&sandbox, &seat(sender, "writer"));
    let child = with(seat(SEAT, "builder"), json!({"parent": {"agent_id": parent}}));
    put_seat(&sandbox, &with(child, ended_process()));
    put_seat(&sandbox, &with(seat("agent_20261121T1000_4f0c", "unknown"), json!({"pid": null})));
    let message = json!({"message_id": "m000001", "to": SEAT, "from": {"kind": "agent", "agent_id": sender}, "text": "x",
        "sent_at": "2026-11-21T10:00:00.000000+00:00", "schema_version": 1});
    put(&sandbox, &format!("inbox/{SEAT}/new/m000001.json"), &message.to_string());
    let dry = done(&ok(&sandbox, "cs-cleanup", &["gone", "--dry-run"]));
    assert_eq!(dry, [format!("ended {SEAT}.json")]);
    assert_eq!(sandbox.json(&format!("agents/{SEAT}.json"))["status"], "running");
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["gone"])), dry);
    let seat = sandbox.json(&format!("agents/{SEAT}.json"));
    assert_eq!(json!([seat["status"], seat["ended_by"]]), json!(["ended", "client"]));
    assert!(sandbox.data().join(format!("inbox/{SEAT}/failed/m000001.json")).exists());
    let told = |id: &str| sandbox.json(&format!("inbox/{id}/new/m000001.json"))["text"].to_string();
    assert!(told(parent).contains("builder ended without a word"), "{}", told(parent));
    assert!(told(sender).contains("did not get your messages m000001"), "{}", told(sender));
    assert_eq!(ok(&sandbox, "cs-cleanup", &["gone"]), "", "once");
    assert!(!sandbox.data().join(format!("inbox/{parent}/new/m000002.json")).exists());
    check_in_order(&sandbox);
}
