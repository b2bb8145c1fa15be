//! The way to the server, and how the job that reads goes on and ends.

use super::*;
use cs_tests::telegram::Instead;
use cs_tests::{LIMIT, Running, eventually};
use std::time::Duration;

fn terminate(pid: u32) {
    // SAFETY: kill only takes numbers; the process is a child of ours that was not waited for.
    assert_eq!(unsafe { libc::kill(pid as libc::pid_t, libc::SIGTERM) }, 0);
}

#[test]
fn without_a_connection_it_says_so_and_tries_again() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"api": "http://127.0.0.1:1"}));
    let output = poll(&sandbox);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("cannot be reached"), "{}", stderr(&output));
    assert!(!stderr(&output).contains(&TOKEN[7..]), "{}", stderr(&output));
    let sandbox = super::sandbox(&api, json!({}));
    for _ in 0..2 {
        api.script("getUpdates", Instead::Raw(502, "<html>Bad Gateway</html>".into()));
    }
    let _running = sandbox.start("cs-chat", &["run"]);
    assert!(eventually(LIMIT, || api.of("getUpdates").len() > 2));
    api.say("/help");
    assert!(eventually(LIMIT, || !api.sent().is_empty()));
}

#[test]
fn curl_that_is_missing_or_strange_is_said() {
    let api = Telegram::new();
    let programs = cs_tests::programs();
    let sandbox = sandbox(&api, json!({})).with("PATH", programs);
    let output = poll(&sandbox);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("curl is not on PATH"), "{}", stderr(&output));
    let folder = sandbox.root().join("bin");
    fs::create_dir(&folder).expect("it is new");
    let strange = |script: &str| {
        fs::write(folder.join("curl"), format!("#!/bin/sh\n{script}\n")).expect("it can be written");
        fs::set_permissions(folder.join("curl"), fs::Permissions::from_mode(0o755)).expect("it is ours");
    };
    strange("echo hello");
    let sandbox = sandbox.with("PATH", format!("{}:{}:/usr/bin:/bin", folder.display(), programs.display()));
    let output = poll(&sandbox);
    assert!(status(&output) == 1 && stderr(&output).contains("printed no status"), "{}", stderr(&output));
    // One that does not know the server's time, as before 7.84, and one that repeats its input in a complaint.
    strange("exec /usr/bin/curl \"$@\" | sed 's/ [^ ]*, .* GMT$/ %header{date}/'");
    assert!(answer(&sandbox, &api, "/help").contains("/list"));
    strange("cat >&2; exit 3");
    let output = poll(&sandbox);
    assert!(status(&output) == 1 && !stderr(&output).contains(&TOKEN[7..]), "{}", stderr(&output));
}

#[test]
fn a_signal_ends_it_after_what_it_is_doing() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let mut running = sandbox.start("cs-chat", &["run"]);
    // A stranger's message is taken, too, and keeps nobody waiting.
    api.write(7, CHAT, "/list", json!({}));
    assert!(eventually(LIMIT, || api.of("getUpdates").len() > 1));
    terminate(running.pid());
    assert!(eventually(LIMIT, || running.0.try_wait().expect("it is our child").is_some()));
    assert_eq!(running.0.wait().expect("it is our child").code(), Some(0));
    // While something is carried out it is finished.
    api.script("sendMessage", Instead::After(Duration::from_secs(1)));
    api.say("/quiet 2h");
    let mut running = sandbox.start("cs-chat", &["run"]);
    assert!(eventually(LIMIT, || !api.of("sendMessage").is_empty()));
    terminate(running.pid());
    assert!(eventually(LIMIT, || running.0.try_wait().expect("it is our child").is_some()));
    assert_eq!(running.0.wait().expect("it is our child").code(), Some(0));
    assert!(sandbox.json("chat/offset.json").get("taken").is_none(), "it was finished");
}

#[test]
fn a_job_outlives_failures_between_polls_and_other_pollers() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let id = session(&sandbox, "Fix login");
    let asked = json!({"reason": "failed", "title": "login failed", "body": "x", "session_id": id,
        "since": "2026-12-01T02:00:00Z"});
    let output = sandbox.feed("cs-chat", &["notify"], &asked.to_string());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let message = api.last_message();
    // Somebody polls by hand: the job waits for its turn.
    let _poll = sandbox.start("cs-chat", &["poll", "--wait", "50"]);
    assert!(eventually(LIMIT, || !api.of("getUpdates").is_empty()));
    api.script("editMessageText", Instead::Raw(502, "<html>Bad Gateway</html>".into()));
    let mut command = sandbox.command("cs-chat");
    let log = fs::File::create(sandbox.root().join("log")).expect("it can be written");
    command.arg("run").stderr(log);
    let mut running = Running::start(command).expect("it starts");
    let log = || fs::read_to_string(sandbox.root().join("log")).expect("it can be read");
    assert!(eventually(LIMIT, || log().contains("another process of this machine")), "{}", log());
    let output = sandbox.cs("cs-session", &["complete", &id, "--outcome", "done"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    api.say("/quiet");
    assert!(eventually(LIMIT, || api.text(message).is_some_and(|text| text.contains("\n— "))), "{}", log());
    assert!(api.of("editMessageText").len() > 1, "the first edit failed");
    assert!(running.0.try_wait().expect("it is our child").is_none(), "{}", log());
}
