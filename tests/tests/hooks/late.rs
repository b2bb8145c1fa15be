//! Payloads that come late, piece by piece or not at all. A late payload is not a call by hand.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::replay::{Client, Stage, check_store};
use cs_tests::{run, status};
use serde_json::json;

use super::input::{Ended, ended};
use super::{OTHER, TIMEOUT, UUID, check_quiet, contents, log, payload, prompt, stage};

fn begun(mut command: Command) -> (Child, ChildStdin) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let input = child.stdin.take().expect("its input is a pipe");
    (child, input)
}

/// Starts a program as the client does and lets `feed` write its input at any pace.
fn fed(stage: &Stage, program: &str, feed: impl FnOnce(ChildStdin) + Send) -> Ended {
    let started = Instant::now();
    let (child, input) = begun(stage.command(program, 1_200_000, Client::Interactive));
    thread::scope(|scope| {
        scope.spawn(move || feed(input));
        ended(child, started)
    })
}

#[track_caller]
fn check_silent(ended: &Ended) {
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
    assert!(ended.took < TIMEOUT, "{:?}", ended.took);
}

#[test]
fn a_first_prompt_that_comes_late_makes_a_session() {
    for (before, between) in [(700, 0), (1500, 0), (0, 700), (600, 600)] {
        let stage = Stage::new();
        let whole = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "do it"})).to_string();
        let (one, other) = whole.split_at(whole.len() / 2);
        let ended = fed(&stage, "cs-hook", |mut pipe| {
            thread::sleep(Duration::from_millis(before));
            pipe.write_all(one.as_bytes()).expect("it is waited for");
            thread::sleep(Duration::from_millis(between));
            pipe.write_all(other.as_bytes()).expect("it is waited for");
        });
        check_silent(&ended);
        assert_eq!(stage.record_of(UUID).expect("a session")["intent"], "do it", "{before} {between}");
        assert_eq!(log(&stage), "");
    }
}

#[test]
fn a_slow_payload_is_read_to_its_end() {
    let stage = Stage::new();
    let whole = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "do it"})).to_string();
    let ended = fed(&stage, "cs-hook", |mut pipe| {
        for byte in whole.bytes() {
            pipe.write_all(&[byte]).expect("it is waited for");
            thread::sleep(Duration::from_millis(3));
        }
    });
    check_silent(&ended);
    assert_eq!(stage.record_of(UUID).expect("a session")["intent"], "do it");
    assert_eq!(log(&stage), "");
}

/// A heartbeat with a late payload counts for its own conversation, and one without a payload for none: in particular
/// not for the newest session of the project in whose directory it runs.
#[test]
fn a_late_heartbeat_never_counts_for_another_session() {
    let stage = stage();
    prompt(&stage, 120, OTHER, "newer");
    let beat = |stage: &Stage, uuid| stage.record_of(uuid).expect("it is there")["last_heartbeat"].clone();
    let (own, others) = (beat(&stage, UUID), beat(&stage, OTHER));
    let stop = payload(&stage, UUID, "Stop", json!({"last_assistant_message": "So."})).to_string();
    let late = |text: &str, wait: u64| {
        fed(&stage, "cs-heartbeat", |mut pipe| {
            thread::sleep(Duration::from_millis(wait));
            let _ = pipe.write_all(text.as_bytes());
        })
    };
    check_silent(&late(&stop, 1000));
    assert_ne!(beat(&stage, UUID), own, "twenty minutes later it is due");
    assert_eq!((beat(&stage, OTHER), log(&stage).as_str()), (others.clone(), ""));
    let before = contents(&stage);
    for (text, wait) in [(stop.as_str(), 4500), (" ", 0), ("{", 0), ("x", 0), ("null", 500), (&stop[..20], 0)] {
        let ended = late(text, wait);
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        assert!(contents(&stage) == before, "{text}");
    }
    let log = log(&stage);
    assert_eq!(log.lines().count(), 6, "{log}");
    assert!(log.contains("cs-heartbeat: no payload came within 2 s"), "{log}");
}

#[test]
fn a_hook_gives_up_in_time_and_logs_it() {
    let stage = stage();
    let next = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "go on", "prompt_id": "p"})).to_string();
    let (torn, _) = next.split_at(next.find("go on").expect("the prompt is there") + 2);
    let (hold, held) = std::sync::mpsc::channel::<ChildStdin>();
    let never_closed = |text: &'static str| {
        let hold = hold.clone();
        move |mut pipe: ChildStdin| {
            pipe.write_all(text.as_bytes()).expect("a pipe takes a few bytes");
            hold.send(pipe).expect("the test keeps it open");
        }
    };
    let before = contents(&stage);
    for text in ["", "  ", "{\"session_id\":\"x\""] {
        let ended = fed(&stage, "cs-hook", never_closed(text));
        check_silent(&ended);
        assert!(ended.took >= Duration::from_secs(2), "{text:?}: {:?}", ended.took);
    }
    // One byte at a time, for longer than a hook may take.
    let ended = fed(&stage, "cs-hook", |mut pipe| {
        while pipe.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(300));
        }
    });
    check_silent(&ended);
    assert!(contents(&stage) == before);
    let noted = log(&stage);
    assert_eq!(noted.lines().count(), 4, "{noted}");
    assert!(noted.contains("no payload came within 2 s") && noted.contains("stopped after 2 bytes"), "{noted}");
    // A prompt that is cut off is used as far as it came.
    let torn = torn.to_owned();
    let hold = hold.clone();
    let ended = fed(&stage, "cs-hook", move |mut pipe| {
        pipe.write_all(torn.as_bytes()).expect("a pipe takes a few bytes");
        hold.send(pipe).expect("the test keeps it open");
    });
    check_silent(&ended);
    let record = stage.record_of(UUID).expect("it is there");
    assert!(["go", "do it"].contains(&record["current_activity"].as_str().unwrap_or_default()), "{record}");
    assert_eq!(log(&stage).lines().count(), 5, "{}", log(&stage));
    drop(held);
}

#[test]
fn a_heartbeat_by_hand_has_an_argument_no_input_or_a_terminal() {
    let stage = stage();
    let beat = |stage: &Stage| stage.record_of(UUID).expect("it is there")["last_heartbeat"].clone();
    let command = |minute: u64| stage.command("cs-heartbeat", minute * 60_000, Client::Interactive);
    let minute = |minute: u64| json!(format!("2026-11-21T10:{minute:02}:00.000000+00:00"));
    check_quiet(&run(command(2), ""), "an end without a byte");
    assert_eq!(beat(&stage), minute(2));
    let mut argument = command(3);
    argument.arg("now");
    let (child, input) = begun(argument);
    let took = ended(child, Instant::now());
    check_silent(&took);
    drop(input);
    assert!(took.took < Duration::from_millis(1500), "waited despite an argument: {:?}", took.took);
    assert_eq!(beat(&stage), minute(3));
    let closed = "exec <&-; exec cs-heartbeat";
    let mut shell = stage.command("sh", 4 * 60_000, Client::Interactive);
    check_quiet(&run(std::mem::replace(shell.args(["-c", closed]), Command::new("true")), ""), "no input at all");
    assert_eq!(beat(&stage), minute(4));
    if status(&run(command_of_script(), "")) == 0 {
        let mut terminal = stage.command("script", 5 * 60_000, Client::Interactive);
        terminal.args(["-qec", "cs-heartbeat", "/dev/null"]);
        let (child, input) = begun(terminal);
        let took = ended(child, Instant::now());
        drop(input);
        assert_eq!(took.code, Some(0));
        assert!(took.took < Duration::from_millis(1500), "waited for a terminal: {:?}", took.took);
        assert_eq!(beat(&stage), minute(5));
    }
    assert_eq!(log(&stage), "");
    check_store(&stage.sandbox);
}

/// `script` of util-linux, which runs a command on its own terminal.
fn command_of_script() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "script --version | grep -q util-linux"]);
    command
}

#[test]
fn a_payload_may_come_through_a_socket_a_fifo_or_a_file() {
    let stage = Stage::new();
    let whole = |uuid: &str| payload(&stage, uuid, "UserPromptSubmit", json!({"prompt": "do it"})).to_string();
    let uuid = |n: u8| format!("aaaaaaaa-0000-4000-8000-0000000002{n:02}");
    let command = || stage.command("cs-hook", 60_000, Client::Interactive);
    let (ours, theirs) = UnixStream::pair().expect("sockets can be made");
    let mut child = command().stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs))).spawn().expect("it starts");
    thread::sleep(Duration::from_millis(300));
    (&ours).write_all(whole(&uuid(1)).as_bytes()).expect("a socket takes it");
    assert!(child.wait().expect("it ends").success());
    let file = stage.sandbox.work().join("payload.json");
    fs::write(&file, whole(&uuid(2))).expect("a file can be written");
    let read = fs::File::open(&file).expect("it is there");
    assert!(command().stdin(read).status().expect("it runs").success());
    let fifo = stage.sandbox.work().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let text = whole(&uuid(3));
    thread::scope(|scope| {
        scope.spawn(|| fs::write(&fifo, &text).expect("a fifo can be written"));
        let read = fs::File::open(&fifo).expect("it is there");
        assert!(command().stdin(read).status().expect("it runs").success());
    });
    for n in 1..=3 {
        assert!(stage.record_of(&uuid(n)).is_some(), "{n}: {}", log(&stage));
    }
    let folder = fs::File::open("/").expect("it is there");
    assert!(command().stdin(folder).status().expect("it runs").success());
    assert!(log(&stage).contains("cannot be read"), "{}", log(&stage));
}
