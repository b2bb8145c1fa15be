//! The ways in which a message reaches a client, and the answer its sender.

use super::{BUILDER, UUID, furnished, inbox, put_seat};
use cs_core::clock;
use cs_core::process;
use cs_core::stdin::is_readable_within;
use cs_tests::seat_files::{seat, with};
use cs_tests::tmux::Terminal;
use cs_tests::{Running, Sandbox, has, made, status, stderr, stdout};
use seats::{Channel, State, Want};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// A client that only sleeps.
fn client() -> Running {
    let mut sleep = Command::new("sleep");
    sleep.arg("600");
    Running::start(sleep).expect("it starts")
}

/// The live file of the recipient's conversation, as hooks leave it.
fn put_live(sandbox: &Sandbox, agent: &str, state: &str, pid: u32) {
    let process = process::find(pid).expect("it runs");
    let at = "2026-11-21T10:00:00.000000+00:00";
    let live = json!({
        "claude_session_id": UUID, "agent": agent, "state": state, "since": at, "last_event": "Stop",
        "last_event_at": at, "started_at": at, "pid": pid, "pid_started": process.started, "host": process.host,
        "schema_version": 1,
    });
    let folder = sandbox.data().join("live");
    fs::create_dir_all(&folder).expect("it can be made");
    fs::write(folder.join(format!("{UUID}.json")), live.to_string()).expect("it can be written");
}

/// A Codex that records its arguments, and fails if it is told to.
fn put_codex(sandbox: &Sandbox) {
    let log = sandbox.root().join("codex.log");
    let text = format!(
        "#!/bin/sh\n[ -e {0}.fails ] && {{ echo 'no rollout found' >&2; exit 1; }}\nprintf '%s|' \"$@\" >> {0}\n",
        log.display()
    );
    fs::create_dir_all(sandbox.home().join("bin")).expect("it can be made");
    made::script(&sandbox.home().join("bin/codex"), &text);
}

fn codex_scene(state: &str) -> (Sandbox, Running) {
    let client = client();
    let process = process::find(client.pid()).expect("it runs");
    let fields = json!({"agent": "codex", "pid": client.pid(), "pid_started": process.started});
    let bin = |sandbox: &Sandbox| sandbox.home().join("bin");
    let sandbox = furnished(fields);
    let folder = bin(&sandbox);
    let sandbox = sandbox.with_program_folder(&folder);
    put_codex(&sandbox);
    put_live(&sandbox, "codex", state, client.pid());
    (sandbox, client)
}

fn log(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.root().join("codex.log")).unwrap_or_default()
}

fn states(sandbox: &Sandbox) -> Vec<State> {
    inbox(&sandbox.data()).all().expect("it can be listed").iter().map(|message| message.state).collect()
}

#[test]
fn an_idle_codex_gets_messages_by_its_queue_as_one_word() {
    let (sandbox, _client) = codex_scene("idle");
    let output = sandbox.cs("cs-message", &["send", "builder", "-q", "--", "--help\n!touch x"]);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let head = "[message m000001 from the user, by cs-message]";
    assert_eq!(log(&sandbox), format!("queue|--thread|{UUID}|--message={head}\n--help\n!touch x|"));
    let message = inbox(&sandbox.data()).find("m000001").expect("it is there");
    assert_eq!((message.state, message.channel), (State::Delivered, Some(Channel::Queue)));
}

#[test]
fn a_message_that_cannot_be_queued_waits_and_the_next_call_takes_it_along() {
    let (sandbox, _client) = codex_scene("idle");
    let fails = sandbox.root().join("codex.log.fails");
    fs::write(&fails, "").expect("it can be written");
    let output = sandbox.cs("cs-message", &["send", "builder", "one", "-q"]);
    assert_eq!(status(&output), 0, "it is stored");
    assert!(stderr(&output).contains("note:") && stderr(&output).contains("no rollout found"), "{output:?}");
    assert_eq!(states(&sandbox), [State::Queued]);
    fs::remove_file(&fails).expect("it is there");
    assert_eq!(status(&sandbox.cs("cs-message", &["send", "builder", "two", "-q"])), 0);
    assert_eq!(states(&sandbox), [State::Delivered; 2]);
    assert!(log(&sandbox).find("one").unwrap() < log(&sandbox).find("two").unwrap());
    assert!(!log(&sandbox).contains("again"), "it was never handed over");
}

#[test]
fn a_codex_that_works_or_asks_is_left_alone() {
    for state in ["working", "waiting"] {
        let (sandbox, _client) = codex_scene(state);
        assert_eq!(status(&sandbox.cs("cs-message", &["send", "builder", "one", "--important", "-q"])), 0);
        assert_eq!((log(&sandbox), states(&sandbox)), (String::new(), vec![State::Queued]), "{state}");
    }
    let (sandbox, _client) = codex_scene("waiting");
    let output = sandbox.cs("cs-message", &["send", "builder", "one", "--urgent", "-q"]);
    assert_eq!((status(&output), log(&sandbox)), (0, String::new()));
    assert!(stderr(&output).contains("waits for an answer"), "{output:?}");
    let off = codex_scene("idle");
    let sandbox = off.0.with("CS_AGENTS", "off");
    assert_eq!(status(&sandbox.cs("cs-message", &["send", "builder", "one", "-q"])), 0);
    assert_eq!((log(&sandbox), states(&sandbox)), (String::new(), vec![State::Queued]));
}

/// A Codex that says in the live file that it runs, as its hooks do.
fn put_client_of_codex(sandbox: &Sandbox) {
    let live = sandbox.data().join(format!("live/{UUID}.json"));
    let text = format!(
        "#!/bin/sh\nstarted=$(cut -d ' ' -f 22 /proc/$$/stat)\n\
         sed -i \"s/\\\"pid\\\":[0-9]*/\\\"pid\\\":$$/; s/\\\"pid_started\\\":\\\"[0-9]*/\\\"pid_started\\\":\\\"$started/\" {}\n\
         printf '%s|' \"$@\" > {}\nexec sleep 600\n",
        live.display(),
        sandbox.root().join("codex.log").display(),
    );
    made::script(&sandbox.home().join("bin/codex"), &text);
}

#[test]
fn a_codex_that_works_gets_an_urgent_message_by_a_new_client_in_its_pane() {
    if !has(Terminal::is_available()) {
        return;
    }
    let (sandbox, _client) = codex_scene("working");
    let terminal = Terminal::start(&sandbox, 200, 50, "exec sleep 600");
    let pane = || terminal.tmux(&["display-message", "-p", "#{socket_path} #{pane_id} #{pane_pid}"]);
    let told = pane();
    let [socket, id, pid] = told.trim_end().split(' ').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let process = process::find(pid.parse().unwrap()).expect("it runs");
    let own = json!({"agent": "codex", "claude_session_id": UUID, "pid": process.pid, "pid_started": process.started,
        "tmux": {"socket": socket, "session": BUILDER, "pane": id, "pane_pid": process.pid, "pane_started": process.started}});
    put_seat(&sandbox, &with(seat(BUILDER, "builder"), own));
    put_live(&sandbox, "codex", "working", process.pid);
    put_client_of_codex(&sandbox);
    let output = sandbox.cs("cs-message", &["send", "builder", "stop", "--urgent", "-q"]);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let text = "[message m000001 from the user, by cs-message]\nstop";
    assert_eq!(log(&sandbox), format!("resume|{UUID}|--|{text}|"));
    assert_eq!(inbox(&sandbox.data()).find("m000001").unwrap().channel, Some(Channel::Respawn));
    let seat = sandbox.json(&format!("agents/{BUILDER}.json"));
    assert_eq!((&seat["status"], seat["pid"] == json!(process.pid)), (&json!("running"), false));
    assert!(!pane().contains(pid), "another process is in the pane");
}

#[test]
fn an_urgent_message_is_stored_and_a_client_without_terminal_is_not_touched() {
    let client = client();
    let sandbox = furnished(json!({"pid": client.pid()}));
    put_live(&sandbox, "claude-code", "waiting", client.pid());
    let output = sandbox.cs("cs-message", &["send", "builder", "stop", "--urgent", "-q"]);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).contains("not interrupted and gets the message after that"), "{output:?}");
    put_live(&sandbox, "claude-code", "working", client.pid());
    let output = sandbox.cs("cs-message", &["send", "builder", "stop", "--urgent", "-q"]);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).contains("gets the message later"), "{output:?}");
    assert_eq!(states(&sandbox), [State::Queued; 2]);
}

#[test]
fn a_sender_learns_that_nothing_wakes_an_idle_agent() {
    let client = client();
    let sandbox = furnished(json!({"pid": client.pid()}));
    let note = |state: &str| {
        put_live(&sandbox, "claude-code", state, client.pid());
        let output = sandbox.cs("cs-message", &["send", "builder", "hello", "-q"]);
        assert_eq!(status(&output), 0);
        stderr(&output)
    };
    assert!(note("idle").contains("gets this one with its next prompt"));
    assert_eq!(note("working"), "", "it comes at the end of the turn");
    let mut waiter = inbox(sandbox.data().as_ref()).open_wake().expect("it can be made");
    assert!(note("idle").contains("does not react"), "it was stopped");
    thread::spawn(move || {
        while is_readable_within(&waiter, Duration::from_secs(20)) {
            let _ = waiter.read(&mut [0; 64]);
        }
    });
    assert_eq!(note("idle"), "");
}

#[test]
fn two_words_for_one_recipient_are_one_message_and_who_is_gone_gets_none() {
    let client = client();
    let sandbox = furnished(json!({"pid": client.pid()}));
    put_live(&sandbox, "claude-code", "working", client.pid());
    let send = || sandbox.cs("cs-message", &["send", "builder", BUILDER, "hello", "-q"]);
    assert_eq!((status(&send()), states(&sandbox).len()), (0, 1));
    drop(client);
    let output = send();
    assert_eq!((status(&output), states(&sandbox).len()), (1, 1));
    assert!(stderr(&output).contains("is gone") && stderr(&output).contains("cs-agent restore"), "{output:?}");
}

#[test]
fn waiting_ends_when_the_message_was_read_answered_or_failed() {
    let sandbox = furnished(json!({}));
    let inbox = inbox(&sandbox.data());
    let wait = |for_what: &str, text: &str, happens: &(dyn Fn(&str) + Sync)| -> (i32, Value) {
        let words = ["send", "builder", text, "--wait", for_what, "--timeout", "60"];
        thread::scope(|scope| {
            let sent = scope.spawn(|| sandbox.cs("cs-message", &words));
            let is_there = || inbox.waiting().unwrap().into_iter().find(|message| message.text == text);
            assert!(cs_tests::eventually(Duration::from_secs(30), || is_there().is_some()));
            happens(&is_there().unwrap().message_id);
            let output = sent.join().unwrap();
            (status(&output), serde_json::from_str(&stdout(&output)).unwrap())
        })
    };
    let now = clock::now();
    let read = |_: &str| {
        let taken = inbox.take(Want::Any, Channel::Stop, UUID, None, now).unwrap();
        inbox.handed_over(&taken).unwrap();
        inbox.mark_read(UUID, now).unwrap();
    };
    let (code, message) = wait("read", "one", &read);
    assert_eq!((code, &message["state"]), (0, &json!("read")));
    let answer = |id: &str| drop(inbox.answer(id, "on main", now).unwrap());
    let (code, message) = wait("reply", "two", &answer);
    assert_eq!((code, &message["answer"], &message["state"]), (0, &json!("on main"), &json!("acked")));
    let (code, message) = wait("reply", "three", &|id| drop(inbox.cancel(id, "user", now).unwrap()));
    assert_eq!((code, &message["reason"]), (1, &json!("cancelled by user")));
    let end = |_: &str| put_seat(&sandbox, &with(seat(BUILDER, "builder"), json!({"status": "ended"})));
    let (code, message) = wait("read", "four", &end);
    assert_eq!((code, &message["state"]), (1, &json!("queued")));
}
