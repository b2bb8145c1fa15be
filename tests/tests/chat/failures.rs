//! What goes wrong between here and the server: nothing is done twice, and nothing is lost in silence.

use super::*;
use cs_tests::telegram::Instead;
use cs_tests::{Running, eventually, seat, stdout};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn what_comes_twice_or_out_of_order_is_done_once() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let message = |id: i64, text: &str| {
        json!({"update_id": id, "message": {"message_id": id, "date": 4_000_000_000_i64, "chat": {"id": CHAT},
            "from": {"id": USER, "is_bot": false}, "text": text}})
    };
    for id in [202, 201, 202] {
        api.update(message(id, "/quiet"));
    }
    polled(&sandbox);
    assert_eq!(api.sent().len(), 2);
    api.update(message(201, "/quiet"));
    polled(&sandbox);
    assert_eq!(api.sent().len(), 2, "an old one comes again");
    api.update(json!({"update_id": 203, "poll": {}}));
    api.update(message(204, "/quiet"));
    polled(&sandbox);
    assert_eq!(api.sent().len(), 3, "one that is not understood hinders nothing");
}

#[test]
fn a_server_that_fails_is_named_and_asked_again() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    for (instead, code, words) in [
        (Instead::Refuse(409, "Conflict: terminated by other getUpdates request"), 75, "another program reads"),
        (Instead::Refuse(409, "Conflict: can't use getUpdates method while webhook is active"), 75, "go to a webhook"),
        (Instead::Refuse(502, "Bad Gateway"), 1, "cannot be reached: Bad Gateway"),
        (Instead::TooMany(7), 75, "asks to wait for 7 s"),
        (Instead::Refuse(401, "Unauthorized"), 65, "does not know the token"),
        (Instead::Raw(200, "<html>Sign in to this network</html>".into()), 1, "is no Bot API"),
        (Instead::Raw(302, String::new()), 1, "is no Bot API"),
        (Instead::Raw(500, "x".repeat(3_000_000)), 1, "the Bot API"),
        (Instead::Cut, 1, "cannot be reached"),
    ] {
        api.script("getUpdates", instead.clone());
        let output = poll(&sandbox);
        assert_eq!(status(&output), code, "{instead:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{instead:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains(&TOKEN[7..]));
    }
    api.say("/quiet");
    polled(&sandbox);
    assert_eq!(api.sent().len(), 1);
    put(
        &sandbox,
        "config.json",
        &json!({"chat": {"telegram": {"api": "http://127.0.0.1:1", "allow": {"chats": [CHAT], "users": [USER]}}}})
            .to_string(),
    );
    let output = poll(&sandbox);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    let shown = stdout(&sandbox.cs("cs-chat", &["status", "--json"]));
    assert!(shown.contains("cannot be reached"), "{shown}");
}

#[test]
fn a_pause_that_the_server_asks_for_is_made() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.script("sendMessage", Instead::TooMany(1));
    assert!(answer(&sandbox, &api, "/quiet").starts_with("Everything is told."));
    assert_eq!(api.of("sendMessage").len(), 2);
}

#[test]
fn killed_while_it_acts_nothing_is_done_twice_and_the_chat_is_told() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"kill": true}));
    let mut client = std::process::Command::new("sleep").arg("60").spawn().expect("sleep runs");
    seat::write(&sandbox, seat::SEAT, client.id(), json!({"name": "builder"}));
    answer(&sandbox, &api, "/kill builder");
    let (message, asked) = (api.last_message(), api.of("sendMessage").pop().unwrap_or_default());
    let data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"].as_str().unwrap_or_default();
    api.script("answerCallbackQuery", Instead::After(Duration::from_secs(60)));
    api.press(USER, message, data);
    let mut running = Running::start(with(sandbox.command("cs-chat"), &["poll"])).expect("it starts");
    assert!(eventually(LIMIT, || !api.of("answerCallbackQuery").is_empty()));
    running.0.kill().expect("it runs");
    let _ = running.0.wait();
    let before = api.sent().len();
    // What could not be told is told at the next time.
    api.script("sendMessage", Instead::Raw(502, String::new()));
    assert_eq!(status(&poll(&sandbox)), 1);
    polled(&sandbox);
    assert_eq!(api.sent().len(), before + 2);
    assert!(api.last().starts_with("This was perhaps not carried out"), "{}", api.last());
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["reply_parameters"]["message_id"], message);
    polled(&sandbox);
    assert_eq!(api.sent().len(), before + 2, "it is told once");
    assert!(client.try_wait().expect("it can be asked").is_none(), "it was not done, and is not done later");
    let _ = client.kill();
    let _ = client.wait();
}

#[test]
fn killed_before_it_answers_it_is_not_done_again() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.script("sendMessage", Instead::After(Duration::from_secs(60)));
    let id = session(&sandbox, "a session");
    api.say(&format!("/park {} lunch", &id[id.len() - 4..]));
    let mut running = Running::start(with(sandbox.command("cs-chat"), &["poll"])).expect("it starts");
    assert!(eventually(LIMIT, || !api.of("sendMessage").is_empty()));
    running.0.kill().expect("it runs");
    let _ = running.0.wait();
    let before = sandbox.json(&format!("sessions/{id}.json"));
    assert_eq!(before["status"], "parked");
    polled(&sandbox);
    assert_eq!(sandbox.json(&format!("sessions/{id}.json")), before);
}

#[test]
fn only_one_process_reads_and_a_job_ends_when_it_is_told_to() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let mut running = Running::start(with(sandbox.command("cs-chat"), &["run"])).expect("it starts");
    assert!(eventually(LIMIT, || !api.of("getUpdates").is_empty()));
    let output = poll(&sandbox);
    assert_eq!(status(&output), 75, "{}", stderr(&output));
    api.say("/quiet");
    assert!(eventually(LIMIT, || api.sent().len() == 1), "it reads without being called");
    let pid = i32::try_from(running.0.id()).expect("it is a process id");
    // SAFETY: the call takes numbers only, and the process is ours.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGTERM) }, 0);
    let mut ended = None;
    assert!(eventually(LIMIT, || {
        ended = running.0.try_wait().ok().flatten();
        ended.is_some()
    }));
    assert_eq!(ended.and_then(|ended| ended.code()), Some(0));
    // Nor does curl go on waiting for the server, which would answer the next program that another one reads.
    #[cfg(target_os = "linux")]
    assert!(eventually(LIMIT, || open_connections(&api).is_empty()), "{:?}", open_connections(&api));
}

/// The connections with the stand-in's port that are open.
#[cfg(target_os = "linux")]
fn open_connections(api: &Telegram) -> Vec<String> {
    let port = api.address.rsplit(':').next().expect("a port").parse::<u16>().expect("a number");
    let connected = format!(":{port:04X} ");
    let tcp = fs::read_to_string("/proc/net/tcp").expect("it can be read");
    // The remote address, and the state that it is open.
    tcp.lines()
        .filter(|line| line.contains(&connected) && line.split_whitespace().nth(3) == Some("01"))
        .map(str::to_string)
        .collect()
}

#[test]
fn a_job_without_a_valid_token_ends() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    api.script("getMe", Instead::Refuse(401, "Unauthorized"));
    let output = sandbox.cs("cs-chat", &["run"]);
    assert_eq!(status(&output), 65, "{}", stderr(&output));
    assert_eq!(api.asked().len(), 1, "it does not ask again and again");
}

#[test]
fn what_comes_late_is_told_and_not_done() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let id = session(&sandbox, "a session");
    api.write(USER, CHAT, &format!("/park {} lunch", &id[id.len() - 4..]), json!({"date": 1_700_000_000}));
    polled(&sandbox);
    assert!(api.last().starts_with("This came too late"), "{}", api.last());
    assert_eq!(sandbox.json(&format!("sessions/{id}.json"))["status"], "active");
}

fn with(mut command: std::process::Command, args: &[&str]) -> std::process::Command {
    command.args(args);
    command
}

#[test]
fn one_damaged_record_hides_nothing_and_undoes_nothing() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let id = session(&sandbox, "a session");
    put(&sandbox, "sessions/sess_20261121T0337_beef.json", "{");
    api.say("/list");
    polled(&sandbox);
    assert!(api.last().contains("a session"), "{}", api.last());
    api.say(&format!("/park {} lunch", &id[id.len() - 4..]));
    polled(&sandbox);
    assert!(api.last().ends_with("is parked"), "{}", api.last());
    assert_eq!(sandbox.json(&format!("sessions/{id}.json"))["status"], "parked");
}

#[test]
fn a_fault_of_editing_does_not_slow_the_hearing() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false}));
    let id = session(&sandbox, "a session");
    let event =
        json!({"reason": "parked", "session_id": id, "title": "t", "body": "b", "since": "2026-12-01T10:00:00Z"});
    sandbox.cs("cs-session", &["park", "--reason", "lunch", &id]);
    assert_eq!(status(&sandbox.feed("cs-chat", &["notify"], &event.to_string())), 0);
    sandbox.cs("cs-session", &["complete", "--outcome", "done", &id]);
    for _ in 0..50 {
        api.script("editMessageText", Instead::Refuse(502, "Bad Gateway"));
    }
    let mut running = Running::start(with(sandbox.command("cs-chat"), &["run"])).expect("it starts");
    for n in 1..20 {
        api.say("/quiet");
        assert!(eventually(LIMIT, || api.sent().len() == 1 + n), "{n}");
    }
    assert_eq!(api.of("editMessageText").len(), 1, "that is tried again later");
    running.0.kill().expect("it runs");
    let _ = running.0.wait();
}

#[test]
fn a_mistake_in_the_settings_does_not_end_a_job() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({}));
    let mut running = Running::start(with(sandbox.command("cs-chat"), &["run"])).expect("it starts");
    assert!(eventually(LIMIT, || !api.of("getUpdates").is_empty()));
    put(&sandbox, "config.json", "{");
    let asked = api.of("getUpdates").len();
    api.say("/quiet");
    assert!(eventually(LIMIT, || api.sent().len() == 1), "what it asked for before is carried out");
    std::thread::sleep(Duration::from_secs(2));
    assert!(running.0.try_wait().expect("it can be asked").is_none(), "it waits for a person");
    assert!(api.of("getUpdates").len() <= asked + 1, "nothing is read meanwhile");
    let pid = i32::try_from(running.0.id()).expect("it is a process id");
    // SAFETY: the call takes numbers only, and the process is ours.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGTERM) }, 0);
    assert!(eventually(LIMIT, || running.0.try_wait().is_ok_and(|ended| ended.is_some())));
}
