//! The waiter of a seat, with the built program: when it wakes its client, and with what; that there is one; that no
//! message falls between; what ends it. The client of the seat is this test's process, or a shell that can be killed.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cs_core::clock::{self, TimeDelta};
use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_tests::process::filled;
use cs_tests::seat::{self, PARENT, SEAT};
use cs_tests::{Sandbox, eventually, status, stderr};
use seats::{Draft, Inbox, Mode, Sender, State};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const OTHER: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
/// Long enough for a program on a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// The time after which it looks at its client and children, twice: once, and then again before it believes it.
const NOTICED: Duration = Duration::from_secs(35);

struct Desk {
    sandbox: Sandbox,
}

impl Desk {
    /// A running seat with an idle conversation, whose client is this process.
    fn new() -> Desk {
        let desk = Desk { sandbox: Sandbox::new().without("CS_NOW") };
        desk.seat(std::process::id(), json!({}));
        desk.live("idle");
        desk
    }

    fn seat(&self, pid: u32, more: Value) {
        let mut fields = json!({"name": "builder", "claude_session_id": UUID, "conversations": [UUID],
            "parent": {"agent_id": PARENT}});
        for (field, value) in more.as_object().expect("more is an object") {
            fields[field] = value.clone();
        }
        seat::write(&self.sandbox, PARENT, std::process::id(), json!({"name": "boss", "claude_session_id": OTHER}));
        seat::write(&self.sandbox, SEAT, pid, fields);
    }

    /// The conversation's file.
    fn live(&self, state: &str) {
        let now = clock::stamp(clock::now());
        let own = seat::read(&self.sandbox, SEAT);
        let live = json!({"claude_session_id": UUID, "state": state, "since": now, "last_event": "Stop",
            "last_event_at": now, "started_at": now, "cwd": self.sandbox.work(), "pid": own["pid"],
            "pid_started": own["pid_started"], "host": own["host"], "capture": true, "prompt_id": "p1",
            "waiting_for": if state == "waiting" { json!("permission for Bash") } else { Value::Null }});
        let folder = self.sandbox.data().join("live");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("new"), live.to_string()).unwrap();
        fs::rename(folder.join("new"), folder.join(format!("{UUID}.json"))).unwrap();
    }

    fn command(&self, event: &str, uuid: &str) -> (Command, String) {
        let mut command = self.sandbox.command("cs-wake");
        command.env("CS_AGENT", SEAT).env("CLAUDE_PID", std::process::id().to_string());
        let payload = json!({"session_id": uuid, "hook_event_name": event, "cwd": self.sandbox.work(),
            "transcript_path": format!("/home/dev/.claude/projects/-home-dev-repo/{uuid}.jsonl")});
        (command, payload.to_string())
    }

    /// Starts a waiter as the client does.
    fn wait(&self, event: &str, uuid: &str) -> Waiter {
        let (mut command, payload) = self.command(event, uuid);
        let (input, _) = filled(&payload);
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        Waiter(command.spawn().unwrap())
    }

    fn inbox(&self) -> Inbox {
        self.inbox_of(SEAT)
    }

    fn inbox_of(&self, id: &str) -> Inbox {
        Inbox::of(&Home::at(self.sandbox.data()), &SeatId::parse(id).unwrap(), Duration::from_secs(10))
    }

    fn send(&self, text: &str, mode: Mode) {
        let mut draft = Draft::new(Sender::user(), text).unwrap();
        draft.mode = mode;
        self.inbox().send(draft, clock::now()).unwrap();
    }

    /// Waits until a process waits for messages.
    fn is_awaited(&self) -> bool {
        // To look takes the lock for a moment: a waiter that begins just then would find that another one waits.
        std::thread::sleep(Duration::from_millis(200));
        eventually(SOON, || self.inbox().waiter_lock().is_ok_and(|lock| lock.is_none()))
    }

    fn told(&self) -> Vec<String> {
        self.inbox_of(PARENT).all().unwrap().into_iter().map(|message| message.text).collect()
    }
}

/// A running waiter; it is killed when it is dropped.
struct Waiter(Child);

impl Waiter {
    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Its exit code and what it told its client; panics if it still runs after `limit`.
    fn end(&mut self, limit: Duration) -> (i32, String) {
        assert!(eventually(limit, || !self.runs()), "it still waits after {limit:?}");
        let (mut text, mut out) = (String::new(), String::new());
        self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "");
        (self.0.wait().unwrap().code().unwrap_or(-1), text)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_message_wakes_an_idle_agent() {
    let desk = Desk::new();
    for (n, event) in ["SessionStart", "UserPromptSubmit", "Stop"].iter().enumerate() {
        let mut waiter = desk.wait(event, UUID);
        assert!(desk.is_awaited() && waiter.runs());
        desk.send("hello", Mode::Sequential);
        let text = format!("[message m00000{} from the user, by cs-message]\nhello\n", n + 1);
        assert_eq!(waiter.end(SOON), (2, text));
    }
    assert_eq!(desk.inbox().all().unwrap().last().unwrap().state, State::Delivered);
    // What waits already is found before it sleeps.
    desk.send("before", Mode::Sequential);
    assert_eq!(desk.wait("Stop", UUID).end(SOON).0, 2);
    assert!(!desk.sandbox.data().join("logs/hook.log").exists());
}

#[test]
fn the_state_of_the_conversation_decides_what_may_wake_it() {
    let desk = Desk::new();
    desk.live("working");
    let mut waiter = desk.wait("Stop", UUID);
    assert!(desk.is_awaited());
    desk.send("sequential", Mode::Sequential);
    sleep(Duration::from_millis(1200));
    assert!(waiter.runs(), "a turn runs");
    // No event tells the waiter that the turn is over.
    desk.live("idle");
    assert_eq!(waiter.end(SOON).0, 2);
    desk.live("working");
    let mut waiter = desk.wait("Stop", UUID);
    let mut draft = Draft::new(Sender::conversation(OTHER, None), "important").unwrap();
    draft.mode = Mode::Important;
    desk.send("sequential", Mode::Sequential);
    desk.inbox().send(draft, clock::now()).unwrap();
    let (code, text) = waiter.end(SOON);
    assert!(code == 2 && text.ends_with("important\n") && !text.contains("sequential"), "{text}");
    desk.live("waiting");
    let mut waiter = desk.wait("Stop", UUID);
    for mode in [Mode::Important, Mode::Urgent] {
        desk.send("not now", mode);
    }
    sleep(Duration::from_millis(1200));
    assert!(waiter.runs(), "a person is asked something");
    desk.live("idle");
    assert_eq!(waiter.end(SOON).0, 2);
    assert_eq!(desk.inbox().count_waiting().unwrap(), 0);
}

#[test]
fn one_of_twenty_waits() {
    let desk = Desk::new();
    let mut waiters: Vec<Waiter> = (0..20).map(|_| desk.wait("Stop", UUID)).collect();
    let left = |waiters: &mut Vec<Waiter>| waiters.iter_mut().map(|waiter| usize::from(waiter.runs())).sum::<usize>();
    assert!(eventually(SOON, || left(&mut waiters) == 1), "{} wait", left(&mut waiters));
    desk.send("hello", Mode::Sequential);
    assert!(eventually(SOON, || left(&mut waiters) == 0));
    let woke = waiters.iter_mut().map(|waiter| waiter.0.wait().unwrap().code()).filter(|code| *code == Some(2)).count();
    assert_eq!(woke, 1);
}

#[test]
fn of_a_thousand_messages_none_is_lost() {
    let desk = Desk::new();
    let inbox = desk.inbox();
    let sender = std::thread::spawn(move || {
        let begun = clock::now();
        for n in 0..1000i64 {
            let draft = Draft::new(Sender::user(), &format!("number {n}.")).unwrap();
            // A minute for each twenty, which one sender may send.
            let at = begun + TimeDelta::minutes(n / 20 + n / 100);
            while inbox.send(draft.clone(), at).is_err() {
                sleep(Duration::from_millis(5));
            }
        }
    });
    let mut text = String::new();
    let mut wakes = 0;
    while text.matches("number ").count() < 1000 {
        let (code, told) = desk.wait("Stop", UUID).end(Duration::from_secs(60));
        assert_eq!(code, 2);
        text += &told;
        wakes += 1;
    }
    sender.join().unwrap();
    let numbers: Vec<usize> =
        text.lines().filter_map(|line| line.strip_prefix("number ")?.strip_suffix('.')?.parse().ok()).collect();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>(), "each once, in order");
    assert!(wakes >= 10, "{wakes}");
}

#[test]
fn clear_ends_the_waiter_and_the_new_conversation_gets_its_own() {
    let desk = Desk::new();
    let mut old = desk.wait("Stop", UUID);
    assert!(desk.is_awaited());
    // The new one may be started before the seat's file names the new conversation.
    let mut new = desk.wait("SessionStart", OTHER);
    sleep(Duration::from_millis(300));
    assert!(old.runs() && new.runs());
    desk.seat(std::process::id(), json!({"claude_session_id": OTHER}));
    desk.inbox().wake();
    assert_eq!(old.end(SOON), (0, String::new()));
    assert!(desk.is_awaited() && new.runs());
    desk.send("hello", Mode::Sequential);
    assert_eq!(new.end(SOON).0, 2);
    // A conversation that is not the seat's has no waiter.
    assert_eq!(desk.wait("Stop", UUID).end(SOON), (0, String::new()));
}

#[test]
fn a_message_with_a_time_comes_at_its_time() {
    let desk = Desk::new();
    let mut waiter = desk.wait("Stop", UUID);
    assert!(desk.is_awaited());
    let mut draft = Draft::new(Sender::user(), "later").unwrap();
    let begun = Instant::now();
    draft.not_before = Some(clock::now() + TimeDelta::seconds(3));
    desk.inbox().send(draft, clock::now()).unwrap();
    assert_eq!(waiter.end(SOON).0, 2);
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn outside_a_seat_and_unattended_it_ends_at_once() {
    let desk = Desk::new();
    desk.send("hello", Mode::Sequential);
    let without: [(&str, &str); 6] = [
        ("CS_AGENT", ""),
        ("CS_AGENT", PARENT),
        ("CS_AGENT", "agent_20261121T1000_ffff"),
        ("CS_AGENTS", "off"),
        ("CLAUDE_CODE_SESSION_ATTENDED", "0"),
        ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli"),
    ];
    for (name, value) in without {
        let (mut command, payload) = desk.command("Stop", UUID);
        command.env(name, value);
        let done = cs_tests::run(command, &payload);
        assert_eq!((status(&done), stderr(&done)), (0, String::new()), "{name}={value}");
    }
    // A client in the agent's own shell: it is not the seat's client.
    let mut other = desk.sandbox.command("sleep").arg("60").spawn().unwrap();
    let (mut command, payload) = desk.command("Stop", UUID);
    command.env("CLAUDE_PID", other.id().to_string());
    assert_eq!(status(&cs_tests::run(command, &payload)), 0);
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(desk.inbox().count_waiting().unwrap(), 1);
}

/// A shell that stands in for a client, with a waiter of its own.
fn client_with_waiter(desk: &Desk) -> Child {
    let payload = desk.command("Stop", UUID).1;
    fs::write(desk.sandbox.work().join("payload"), payload).unwrap();
    let mut shell = desk.sandbox.command("sh");
    shell.args(["-c", "read go; export CLAUDE_PID=$$; cs-wake <payload & echo $! >waiter; wait"]);
    let mut client = shell.env("CS_AGENT", SEAT).stdin(Stdio::piped()).spawn().unwrap();
    desk.seat(client.id(), json!({}));
    desk.live("idle");
    drop(client.stdin.take());
    assert!(desk.is_awaited());
    client
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "looks into /proc")]
fn a_waiter_needs_little_and_ends_when_its_client_is_killed() {
    let desk = Desk::new();
    let mut client = client_with_waiter(&desk);
    let waiter = fs::read_to_string(desk.sandbox.work().join("waiter")).unwrap().trim().to_string();
    let read = |file: &str| fs::read_to_string(format!("/proc/{waiter}/{file}")).unwrap_or_default();
    let ticks = || {
        let stat = read("stat");
        let fields: Vec<u64> =
            stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
        fields.iter().sum::<u64>()
    };
    let before = ticks();
    sleep(Duration::from_secs(3));
    assert_eq!(ticks() - before, 0, "it sleeps");
    let smaps = read("smaps_rollup");
    let kilobytes = |name: &str| -> u64 {
        let line = smaps.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let own = kilobytes("Private_Clean:") + kilobytes("Private_Dirty:");
    eprintln!("own {own} kB, rss {} kB", kilobytes("Rss:"));
    assert!(own <= 1536, "{own} kB of its own: {smaps}");
    client.kill().unwrap();
    client.wait().unwrap();
    assert!(eventually(NOTICED, || read("stat").is_empty()), "the waiter is left");
    assert_eq!(seat::read(&desk.sandbox, SEAT)["status"], "ended");
    assert_eq!(desk.told(), ["builder ended without a word: its process is gone."]);
}

#[test]
fn a_parent_is_told_that_a_child_was_killed_or_is_silent() {
    let desk = Desk::new();
    let mut child = desk.sandbox.command("sleep").arg("600").spawn().unwrap();
    desk.seat(child.id(), json!({"silent_after_seconds": 1}));
    desk.live("working");
    sleep(Duration::from_millis(1100));
    // The parent's waiter looks at the children before it sleeps for the first time.
    let parent = |desk: &Desk| {
        let (mut command, payload) = desk.command("Stop", OTHER);
        command.env("CS_AGENT", PARENT);
        let (input, _) = filled(&payload);
        Waiter(command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let (code, text) = parent(&desk).end(SOON);
    assert!(code == 2 && text.contains("builder has worked for"), "{text}");
    let mut waiter = parent(&desk);
    sleep(Duration::from_millis(500));
    assert!(waiter.runs(), "told once");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(waiter);
    let (code, text) = parent(&desk).end(SOON);
    assert!(code == 2 && text.ends_with("builder ended without a word: its process is gone.\n"), "{text}");
    assert_eq!(seat::read(&desk.sandbox, SEAT)["status"], "ended");
}
