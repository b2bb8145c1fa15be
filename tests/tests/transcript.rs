//! `cs-transcript show --follow` with the built program: what a running conversation says is shown as it comes, once, whatever
//! its client does to the log. The client of the conversation is this test's process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use cs_core::clock;
use cs_core::process;
use cs_tests::pty::run_on_terminal;
use cs_tests::{Sandbox, eventually};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const NEXT: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
/// Long enough for a program on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A conversation that this process may go on with.
struct Talk {
    sandbox: Sandbox,
}

impl Talk {
    fn new() -> Talk {
        let talk = Talk { sandbox: Sandbox::new().without("CS_NOW") };
        talk.live(UUID, "startup");
        fs::create_dir_all(talk.log(UUID).with_extension("").join("subagents")).unwrap();
        talk
    }

    fn log(&self, uuid: &str) -> PathBuf {
        self.sandbox.home().join(format!(".claude/projects/-home-dev-api/{uuid}.jsonl"))
    }

    /// Says that the conversation runs in this process.
    fn live(&self, uuid: &str, source: &str) {
        let (now, own) = (clock::stamp(clock::now()), process::find(std::process::id()).expect("this process runs"));
        let live = json!({"claude_session_id": uuid, "state": "idle", "since": now, "last_event": "Stop",
            "last_event_at": now, "started_at": now, "cwd": self.sandbox.work(), "pid": own.pid, "source": source,
            "pid_started": own.started, "host": own.host, "capture": true, "transcript_path": self.log(uuid)});
        self.write(&format!("live/{uuid}.json"), &live);
    }

    fn write(&self, path: &str, value: &Value) {
        let path = self.sandbox.data().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path.with_extension("new"), value.to_string()).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    }

    /// Says that the conversation ended.
    fn end(&self, uuid: &str) {
        let path = self.sandbox.data().join(format!("live/{uuid}.json"));
        let mut live: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        live["ended_at"] = json!(clock::stamp(clock::now()));
        self.write(&format!("ended/{uuid}.json"), &live);
        fs::remove_file(path).unwrap();
    }

    fn append(&self, uuid: &str, text: &str) {
        let mut file = File::options().append(true).create(true).open(self.log(uuid)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn say(&self, uuid: &str, id: &str, text: &str) {
        self.append(uuid, &line(uuid, id, text));
    }

    fn follow(&self, options: &[&str]) -> Followed {
        let mut command = self.sandbox.command("cs-transcript");
        command.args(["show", UUID, "--follow", "--kinds", "prompt,gap,end"]).args(options);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).expect("a line is JSON"));
            }
        });
        Followed { child, lines }
    }
}

/// A line of a transcript: a prompt.
fn line(uuid: &str, id: &str, text: &str) -> String {
    let line = json!({"type": "user", "uuid": id, "sessionId": uuid, "timestamp": "2026-11-21T09:00:00Z",
        "cwd": "/home/dev/api", "message": {"role": "user", "content": text}});
    format!("{line}\n")
}

struct Followed {
    child: Child,
    lines: Receiver<Value>,
}

impl Followed {
    /// The next line, as kind and text.
    #[track_caller]
    fn next(&self) -> (String, String) {
        let line = self.lines.recv_timeout(SOON).expect("there is one more line");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_string();
        (text("kind"), text("text"))
    }

    #[track_caller]
    fn is_said(&self, text: &str) {
        assert_eq!(self.next(), ("prompt".to_string(), text.to_string()));
    }

    /// Nothing more was printed, and the program ends.
    #[track_caller]
    fn ends(mut self, how: &str) {
        let line = self.lines.recv_timeout(SOON).expect("the last line");
        assert_eq!((line["kind"].as_str(), line["ends"].as_str()), (Some("end"), Some(how)), "{line}");
        assert!(eventually(SOON, || self.child.try_wait().unwrap().is_some()), "it goes on");
        assert!(self.lines.recv().is_err(), "something comes after the end");
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_said_is_shown_once_and_the_end_comes_last() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    let shown = talk.follow(&[]);
    shown.is_said("one");
    talk.say(UUID, "u2", "two");
    shown.is_said("two");
    // A line in pieces.
    let three = line(UUID, "u3", "three");
    let (first, rest) = three.split_at(40);
    talk.append(UUID, first);
    thread::sleep(Duration::from_millis(300));
    assert!(shown.lines.try_recv().is_err(), "half a line is nothing yet");
    talk.append(UUID, rest);
    shown.is_said("three");
    talk.end(UUID);
    shown.ends("exit");
}

#[test]
fn a_log_that_is_replaced_or_cut_goes_on() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    talk.say(UUID, "u2", "two");
    let shown = talk.follow(&[]);
    shown.is_said("one");
    shown.is_said("two");
    let log = talk.log(UUID);
    let again = [line(UUID, "u1", "one"), line(UUID, "u2", "two"), line(UUID, "u3", "three")].concat();
    fs::write(log.with_extension("new"), again).unwrap();
    fs::rename(log.with_extension("new"), &log).unwrap();
    shown.is_said("three");
    fs::write(&log, line(UUID, "u4", "four")).unwrap();
    shown.is_said("four");
    // The system may give the new file the number of the old one.
    fs::remove_file(&log).unwrap();
    thread::sleep(Duration::from_millis(300));
    talk.say(UUID, "u5", "five");
    shown.is_said("five");
    fs::remove_file(&log).unwrap();
    talk.say(UUID, "u6", "six, a longer one");
    shown.is_said("six, a longer one");
    talk.end(UUID);
    shown.ends("exit");
}

#[test]
fn a_new_subagent_is_seen() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    let mut command = talk.sandbox.command("cs-transcript");
    command.args(["show", UUID, "--follow", "--kinds", "answer,end"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    thread::sleep(Duration::from_millis(700));
    let said = json!({"type": "assistant", "uuid": "a1", "isSidechain": true, "agentId": "a3b1", "sessionId": UUID,
        "timestamp": "2026-11-21T09:00:00Z", "message": {"id": "m", "role": "assistant",
        "content": [{"type": "text", "text": "I looked."}]}});
    fs::write(talk.log(UUID).with_extension("").join("subagents/agent-a3b1.jsonl"), format!("{said}\n")).unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["text"].as_str(), line["thread"].as_str()), (Some("I looked."), Some("agent-a3b1")));
    talk.end(UUID);
    assert!(child.wait().unwrap().success());
}

#[test]
fn nothing_of_what_was_before_is_shown_with_since_now_and_turns_are_counted() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    let shown = talk.follow(&["--since-now"]);
    thread::sleep(Duration::from_millis(700));
    talk.say(UUID, "u2", "two");
    let line = shown.lines.recv_timeout(SOON).unwrap();
    assert_eq!((line["text"].as_str(), line["turn"].as_u64()), (Some("two"), Some(2)), "{line}");
    talk.end(UUID);
    shown.ends("exit");
}

#[test]
fn after_clear_the_next_conversation_of_the_client_is_followed() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    let shown = talk.follow(&[]);
    shown.is_said("one");
    talk.live(NEXT, "clear");
    talk.end(UUID);
    thread::sleep(Duration::from_millis(800));
    // The client makes the log only now.
    talk.say(NEXT, "v1", "another matter");
    shown.is_said("another matter");
    talk.end(NEXT);
    shown.ends("exit");
}

#[test]
fn a_client_that_was_killed_ends_it() {
    let talk = Talk::new();
    talk.say(UUID, "u1", "one");
    let shown = talk.follow(&[]);
    shown.is_said("one");
    let path = talk.sandbox.data().join(format!("live/{UUID}.json"));
    let mut live: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    live["pid_started"] = json!("1");
    talk.append(UUID, "{\"type\":\"user\",");
    talk.write(&format!("live/{UUID}.json"), &live);
    assert_eq!(shown.next().0, "gap", "the torn line will not become whole");
    shown.ends("killed");
}

#[test]
fn on_a_terminal_a_conversation_is_read_through_the_pager() {
    let talk = Talk::new();
    talk.say(UUID, "u1", &"one two three ".repeat(12));
    let shown = |pager: &str, options: &[&str]| {
        let mut command = talk.sandbox.command("cs-transcript");
        command.args(["show", UUID]).args(options).env("PAGER", pager).env("NO_COLOR", "1");
        run_on_terminal(command, 60, 24)
    };
    let text = shown("sed s/^/:/", &[]);
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    assert!(lines.len() > 5 && lines.iter().all(|line| line.starts_with(':')), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with(":> one two")), "{lines:#?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 61), "{lines:#?}");
    for none in ["", "cat", "no-such-program"] {
        assert!(shown(none, &[]).contains("> one two"), "without a pager it is printed: {none:?}");
    }
    assert!(shown("sed s/^/:/", &["--json"]).starts_with("{\"v\":1,"), "JSON is for programs");
}
