//! Delivery of messages by hooks, with the built programs: each event of each client, what is printed, what moves in the
//! inbox, what the conversation's file and the seat say then, and what the parent is told. The client of the seat is this
//! test's process.

use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use cs_core::clock;
use cs_core::id::SeatId;
use cs_core::paths::Home;
use cs_tests::replay::{Client, Stage, program};
use cs_tests::seat::{self, PARENT, SEAT};
use cs_tests::{has, run, status, stderr, stdout, strace};
use seats::{Draft, Inbox, Message, Mode, Sender, State};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const OTHER: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
const NEW_CLAUDE: &str = "claude-code_2-1-332_harness";

struct Desk {
    stage: Stage,
    client: Client,
}

impl Desk {
    /// A running seat with a parent, whose conversation has begun with a prompt.
    fn new(client: Client) -> Desk {
        let desk = Desk::bare(client);
        desk.event(0, "SessionStart", json!({"source": "startup"}));
        desk.event(1, "UserPromptSubmit", json!({"prompt": "build it"}));
        desk
    }

    /// The same before the conversation begins.
    fn bare(client: Client) -> Desk {
        let desk = Desk { stage: Stage::new(), client };
        let agent = if client == Client::Codex { "codex" } else { "claude-code" };
        let own = std::process::id();
        seat::write(&desk.stage.sandbox, PARENT, own, json!({"name": "boss"}));
        seat::write(
            &desk.stage.sandbox,
            SEAT,
            own,
            json!({"name": "builder", "agent": agent, "parent": {"agent_id": PARENT}}),
        );
        desk
    }

    fn payload(&self, event: &str, more: Value) -> String {
        let id = if self.client == Client::Codex { "turn_id" } else { "prompt_id" };
        let log = match self.client {
            Client::Codex => format!("/home/dev/.codex/sessions/2026/11/21/rollout-2026-11-21T10-00-00-{UUID}.jsonl"),
            _ => format!("/home/dev/.claude/projects/-home-dev-repo/{UUID}.jsonl"),
        };
        let mut payload = json!({"session_id": UUID, "cwd": self.stage.repository("repo"), "hook_event_name": event,
            "transcript_path": log, id: "p1"});
        for (field, value) in more.as_object().expect("more is an object") {
            payload[field] = value.clone();
        }
        payload.to_string()
    }

    fn command(&self, program: &str, at: u64) -> Command {
        let mut command = self.stage.command(program, at * 1000, self.client);
        command.env("CS_AGENT", SEAT);
        if self.client != Client::Codex {
            command.env("CLAUDE_PID", std::process::id().to_string()).env("AI_AGENT", NEW_CLAUDE);
        }
        command
    }

    /// Runs the program that records an event, and then the one that delivers; returns what the latter printed.
    fn event(&self, at: u64, event: &str, more: Value) -> Value {
        let payload = self.payload(event, more);
        check(&run(self.command(program(event).expect("it is registered"), at), &payload));
        self.deliver(at, &payload)
    }

    fn deliver(&self, at: u64, payload: &str) -> Value {
        printed(&run(self.command("cs-deliver", at), payload))
    }

    fn inbox(&self, of: &str) -> Inbox {
        Inbox::of(&Home::at(self.stage.sandbox.data()), &SeatId::parse(of).unwrap(), Duration::from_secs(5))
    }

    fn send(&self, text: &str, mode: Mode) -> String {
        self.send_from(Sender::user(), text, mode)
    }

    fn send_from(&self, from: Sender, text: &str, mode: Mode) -> String {
        let mut draft = Draft::new(from, text).unwrap();
        draft.mode = mode;
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        self.inbox(SEAT).send(draft, now).unwrap().message.message_id
    }

    fn states(&self) -> Vec<State> {
        self.inbox(SEAT).all().unwrap().iter().map(|message| message.state).collect()
    }

    fn told(&self) -> Vec<String> {
        self.inbox(PARENT).all().unwrap().into_iter().map(|message: Message| message.text).collect()
    }

    fn live(&self) -> Value {
        self.stage.live(UUID).expect("it runs")
    }

    fn seat(&self) -> Value {
        seat::read(&self.stage.sandbox, SEAT)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.stage.sandbox.data().join("logs/hook.log")).unwrap_or_default()
    }
}

fn check(output: &Output) {
    assert_eq!((status(output), stderr(output)), (0, String::new()));
}

/// The answer for the client; null if there is none.
fn printed(output: &Output) -> Value {
    check(output);
    let text = stdout(output);
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")) }
}

/// The text that the agent reads, and whether it blocks.
fn read(answer: &Value) -> (String, bool) {
    let context = &answer["hookSpecificOutput"]["additionalContext"];
    let text = context.as_str().or(answer["reason"].as_str()).unwrap_or_default();
    (text.to_string(), answer["decision"] == "block")
}

#[test]
fn the_end_of_a_turn_continues_with_what_waits() {
    for (client, blocks) in [(Client::Interactive, false), (Client::Codex, true)] {
        let desk = Desk::new(client);
        desk.send("first", Mode::Sequential);
        desk.send("second", Mode::Sequential);
        let answer = desk.event(5, "Stop", json!({"last_assistant_message": "Done."}));
        let text = "[message m000001 from the user, by cs-message]\nfirst\n\n[message m000002 from the user, by \
                    cs-message]\nsecond";
        assert_eq!(read(&answer), (text.to_string(), blocks), "{client:?}");
        assert_eq!(
            answer["systemMessage"],
            "messages m000001 from the user, by cs-message, m000002 from the user, by cs-message"
        );
        assert_eq!(desk.states(), [State::Delivered, State::Delivered]);
        let live = desk.live();
        assert_eq!((&live["state"], &live["continued_by"]["message"]), (&json!("working"), &json!("m000002")));
        assert!(desk.told().is_empty(), "the turn goes on");
        assert_eq!(desk.event(6, "Stop", json!({"last_assistant_message": "Done, too."})), Value::Null);
        assert_eq!(desk.states(), [State::Read, State::Read]);
        assert_eq!((&desk.live()["state"], &desk.live()["continued_by"]), (&json!("idle"), &Value::Null));
        assert_eq!(desk.told(), ["builder ended its turn.\n\nDone, too."]);
        assert_eq!(desk.log(), "");
    }
}

#[test]
fn a_client_that_knows_no_context_at_the_end_of_a_turn_is_blocked() {
    for (name, blocks) in
        [("claude-code_2-1-163_harness", false), ("claude-code_2-1-139_harness", true), ("other", true)]
    {
        let desk = Desk::new(Client::Interactive);
        desk.send("hello", Mode::Sequential);
        let mut command = desk.command("cs-deliver", 5);
        command.env("AI_AGENT", name);
        let answer = printed(&run(command, &desk.payload("Stop", json!({}))));
        assert_eq!(read(&answer), ("[message m000001 from the user, by cs-message]\nhello".into(), blocks), "{name}");
    }
}

#[test]
fn a_tools_end_brings_important_messages_only() {
    for client in [Client::Interactive, Client::Codex] {
        let desk = Desk::new(client);
        desk.send("later", Mode::Sequential);
        assert_eq!(desk.event(3, "PostToolUse", json!({"tool_name": "Bash"})), Value::Null);
        desk.send_from(Sender::conversation(OTHER, None), "look", Mode::Important);
        let (text, blocks) = read(&desk.event(4, "PostToolUse", json!({"tool_name": "Bash"})));
        assert!(text.ends_with("not from your user and no approval]\nlook") && !blocks, "{text}");
        assert_eq!(desk.states(), [State::Queued, State::Delivered]);
        desk.event(5, "PostToolUse", json!({"tool_name": "Bash"}));
        assert_eq!(desk.states(), [State::Queued, State::Read]);
    }
}

#[test]
fn a_subagent_takes_nothing() {
    for event in ["PostToolUse", "UserPromptSubmit", "Stop", "SessionStart", "SessionEnd"] {
        let desk = Desk::new(Client::Interactive);
        desk.send("look", Mode::Important);
        let before = desk.seat();
        assert_eq!(desk.deliver(3, &desk.payload(event, json!({"agent_id": "a1", "reason": "other"}))), Value::Null);
        assert_eq!((desk.states(), desk.seat()), (vec![State::Queued], before), "{event}");
    }
}

#[test]
fn a_prompt_brings_what_waits_and_once_again_what_was_not_read() {
    for client in [Client::Interactive, Client::Codex] {
        let desk = Desk::new(client);
        desk.send("hello", Mode::Sequential);
        let prompt = |at: u64, id: &str| {
            let id = json!({"prompt_id": id, "turn_id": id, "prompt": "go"});
            read(&desk.event(at, "UserPromptSubmit", id)).0
        };
        let text = "[message m000001 from the user, by cs-message]\nhello";
        assert_eq!(prompt(5, "p2"), text);
        assert_eq!(prompt(6, "p2"), "", "it was typed during the turn");
        assert_eq!(prompt(7, "p3"), text.replace("m000001", "m000001 again"));
        assert_eq!(prompt(8, "p4"), "", "once only");
        desk.event(9, "Stop", json!({}));
        assert_eq!(desk.states(), [State::Read]);
    }
}

#[test]
fn a_prompt_that_is_the_message_proves_that_it_was_read() {
    let desk = Desk::new(Client::Interactive);
    desk.send("hello", Mode::Sequential);
    let now = clock::parse("2026-11-21T10:00:05Z").unwrap();
    let taken = desk.inbox(SEAT).take(seats::Want::Any, seats::Channel::Wake, UUID, None, now).unwrap();
    let prompt = format!("[SYSTEM NOTIFICATION - NOT USER INPUT]\n{}", seats::frame(&taken));
    assert_eq!(desk.event(6, "UserPromptSubmit", json!({"prompt": prompt, "prompt_id": "p2"})), Value::Null);
    assert_eq!(desk.states(), [State::Read]);
}

#[test]
fn what_waits_in_the_queue_of_codex_is_read_when_it_comes_as_a_prompt() {
    let desk = Desk::new(Client::Codex);
    desk.send("hello", Mode::Sequential);
    let now = clock::parse("2026-11-21T10:00:05Z").unwrap();
    let taken = desk.inbox(SEAT).take(seats::Want::Any, seats::Channel::Queue, UUID, None, now).unwrap();
    let prompt = |at: u64, text: &str| {
        let more = json!({"prompt": text, "turn_id": format!("p{at}")});
        desk.event(at, "UserPromptSubmit", more)
    };
    assert_eq!(prompt(6, "something else"), Value::Null, "it is not handed over twice");
    desk.event(7, "Stop", json!({}));
    assert_eq!(desk.states(), [State::Delivered], "nothing proves that it was read");
    assert_eq!(prompt(8, &seats::frame(&taken)), Value::Null);
    assert_eq!(desk.states(), [State::Read]);
}

#[test]
fn four_times_in_a_row_messages_continue_a_turn_then_the_waiter_takes_over() {
    for (client, most) in [(Client::Interactive, 4), (Client::Codex, 9)] {
        let desk = Desk::new(client);
        let mut continued = 0;
        for at in 0..9 {
            desk.send(&format!("message {at}"), Mode::Sequential);
            let stop = json!({"last_assistant_message": "The same words."});
            if desk.event(10 + at, "Stop", stop) == Value::Null {
                break;
            }
            continued += 1;
        }
        assert_eq!(continued, most, "{client:?}");
        if client == Client::Interactive {
            assert_eq!((desk.live()["state"].as_str(), desk.told().len()), (Some("idle"), 1));
            let prompt = json!({"prompt": "go on", "prompt_id": "p2"});
            assert_ne!(desk.event(30, "UserPromptSubmit", prompt), Value::Null);
        }
        assert!(desk.states().iter().all(|state| *state != State::Queued), "none is lost");
    }
}

/// Runs the heartbeat and the delivery of one end of a turn, in this order or at the same time.
fn end_turn(desk: &Desk, at: u64, order: &str, payload: &str) -> Value {
    let beat = || check(&run(desk.command("cs-heartbeat", at), payload));
    match order {
        "heartbeat first" => {
            beat();
            desk.deliver(at, payload)
        }
        "delivery first" => {
            let answer = desk.deliver(at, payload);
            beat();
            answer
        }
        _ => thread::scope(|scope| {
            let other = scope.spawn(beat);
            let answer = desk.deliver(at, payload);
            other.join().unwrap();
            answer
        }),
    }
}

/// The state that all programs derive, and the conversation's file.
fn outcome(desk: &Desk) -> (String, Value) {
    let list = desk.stage.sandbox.cs("cs-session", &["list", "--json"]);
    let row: Value = serde_json::from_str(stdout(&list).lines().next().unwrap_or("null")).unwrap();
    let mut live = desk.live();
    for place in ["cwd", "worktree_root", "pid", "pid_started", "place", "session_id", "transcript_path", "head_mark"] {
        live[place] = Value::Null;
    }
    (row["state"].as_str().unwrap_or_default().to_string(), live)
}

#[test]
fn the_end_of_a_turn_and_its_continuation_give_one_state_in_both_orders() {
    for client in [Client::Interactive, Client::Codex] {
        let after = |order: &str, continues: bool| {
            let desk = Desk::new(client);
            for at in 5..7 {
                if continues || at == 5 {
                    desk.send("more", Mode::Sequential);
                }
                end_turn(&desk, at, order, &desk.payload("Stop", json!({"last_assistant_message": "Done."})));
            }
            outcome(&desk)
        };
        for (continues, state) in [(true, "working"), (false, "idle")] {
            let first = after("heartbeat first", continues);
            assert_eq!(first, after("delivery first", continues), "{client:?} {continues}");
            assert_eq!((first.0.as_str(), first.1["state"].as_str()), (state, Some(state)));
        }
    }
}

#[test]
fn at_the_same_time_the_continuation_always_wins() {
    let desk = Desk::new(Client::Interactive);
    for at in 0..200u64 {
        desk.event(10 + at, "UserPromptSubmit", json!({"prompt": "go", "prompt_id": format!("p{at}")}));
        // No sender may send so many.
        desk.send_from(Sender::conversation(&format!("sender {at}"), None), "more", Mode::Sequential);
        let stop = json!({"last_assistant_message": "Done.", "prompt_id": format!("p{at}")});
        let answer = end_turn(&desk, 10 + at, "at once", &desk.payload("Stop", stop));
        assert_ne!(answer, Value::Null);
        let live = desk.live();
        assert_eq!((&live["state"], &live["last_event"]), (&json!("working"), &json!("Stop")), "{at}");
    }
    assert_eq!(desk.log(), "");
}

#[test]
fn a_start_takes_the_seat_and_clear_keeps_it() {
    let desk = Desk::bare(Client::Interactive);
    seat::write(
        &desk.stage.sandbox,
        SEAT,
        std::process::id(),
        json!({"status": "starting", "parent": {"agent_id": PARENT},
        "pid": null, "pid_started": null, "tmux": tmux()}),
    );
    desk.event(0, "SessionStart", json!({"source": "startup"}));
    let seat = desk.seat();
    assert_eq!((&seat["status"], &seat["claude_session_id"]), (&json!("running"), &json!(UUID)));
    assert_eq!(seat["pid"], std::process::id());
    desk.event(1, "UserPromptSubmit", json!({"prompt": "build it"}));
    desk.event(2, "Stop", json!({}));
    assert_eq!(desk.seat()["session_id"], desk.live()["session_id"]);
    desk.send("hello", Mode::Sequential);
    desk.event(3, "SessionEnd", json!({"reason": "clear"}));
    assert_eq!(desk.seat()["status"], "running");
    desk.event(4, "SessionStart", json!({"source": "clear", "session_id": OTHER}));
    let seat = desk.seat();
    assert_eq!((&seat["claude_session_id"], &seat["session_id"]), (&json!(OTHER), &Value::Null));
    assert_eq!(seat["conversations"], json!([UUID, OTHER]));
    // A late event of the conversation before takes nothing.
    assert_eq!(desk.deliver(5, &desk.payload("Stop", json!({}))), Value::Null);
    assert_eq!((desk.states(), desk.seat()["claude_session_id"].as_str()), (vec![State::Queued], Some(OTHER)));
    assert_ne!(desk.event(6, "UserPromptSubmit", json!({"prompt": "go", "session_id": OTHER})), Value::Null);
    assert_eq!(desk.log(), "");
}

#[test]
fn a_client_that_was_not_replaced_after_all_takes_its_seat_back() {
    for status in ["starting", "ended"] {
        let desk = Desk::new(Client::Interactive);
        desk.send("hello", Mode::Sequential);
        let before = desk.seat();
        let mut seat = before.clone();
        // As `cs-agent clear` leaves it if it is killed before tmux starts the next client.
        seat["status"] = json!(status);
        seat["claude_session_id"] = json!(OTHER);
        seat["conversations"] = json!([UUID, OTHER]);
        seat["tmux"] = tmux();
        seat["tmux"]["replaced"] = json!(status == "starting");
        (seat["pid"], seat["pid_started"]) = (Value::Null, Value::Null);
        seat::write(&desk.stage.sandbox, SEAT, std::process::id(), seat);
        let lock = Home::at(desk.stage.sandbox.data()).launch_lock(&SeatId::parse(SEAT).unwrap());
        let held = cs_core::lock::acquire(&lock, Duration::ZERO).unwrap();
        let prompt = json!({"prompt": "go", "prompt_id": "p2"});
        assert_eq!(desk.event(5, "UserPromptSubmit", prompt.clone()), Value::Null);
        assert_eq!(desk.seat()["claude_session_id"], OTHER, "it is being replaced");
        drop(held);
        assert_eq!(desk.event(6, "SessionEnd", json!({"reason": "clear"})), Value::Null);
        assert_eq!(desk.seat()["claude_session_id"], OTHER, "it ends");
        assert_ne!(desk.event(7, "UserPromptSubmit", prompt), Value::Null, "{status}");
        let after = desk.seat();
        for field in ["status", "claude_session_id", "pid", "pid_started"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        assert_eq!(after["tmux"], tmux());
        assert_eq!((desk.states(), desk.log()), (vec![State::Delivered], String::new()));
    }
}

/// A pane in which this test's process runs.
fn tmux() -> Value {
    let own = cs_core::process::find(std::process::id()).unwrap();
    json!({"socket": "/tmp/tmux-0/cs", "session": SEAT, "pane": "%1", "pane_pid": own.pid, "pane_started": own.started})
}

#[test]
fn the_end_is_told_once_and_undelivered_messages_fail() {
    for client in [Client::Interactive, Client::Codex] {
        let desk = Desk::new(client);
        let boss = Sender { agent_id: Some(PARENT.into()), kind: seats::SenderKind::Agent, ..Sender::user() };
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        desk.inbox(SEAT).send(Draft::new(boss, "too late").unwrap(), now).unwrap();
        desk.event(5, "SessionEnd", json!({"reason": "other"}));
        desk.deliver(6, &desk.payload("SessionEnd", json!({"reason": "other"})));
        let seat = desk.seat();
        assert_eq!((&seat["status"], &seat["ended_by"]), (&json!("ended"), &json!("client")));
        assert_eq!(desk.states(), [State::Failed]);
        let lost = format!("builder ({SEAT}) ended and did not get your messages m000001.");
        assert_eq!(desk.told(), ["builder ended.".to_string(), lost], "{client:?}");
    }
}

#[test]
fn failures_and_questions_are_told_unless_the_seat_tells_nothing() {
    for tells in [true, false] {
        let desk = Desk::new(Client::Interactive);
        let mut seat = desk.seat();
        seat["tells"] = json!(tells);
        seat::write(&desk.stage.sandbox, SEAT, std::process::id(), seat);
        let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
        let bash = json!({"tool_name": "Bash", "tool_input": {"command": format!("mkdir x\nrm {secret}")}});
        desk.event(2, "PermissionRequest", bash.clone());
        desk.event(2, "PermissionRequest", bash);
        desk.event(3, "Notification", json!({"notification_type": "permission_prompt", "message": "Claude needs you"}));
        desk.event(4, "Notification", json!({"notification_type": "agent_needs_input", "message": "Which one?"}));
        desk.event(5, "StopFailure", json!({"error": "rate_limit"}));
        desk.event(6, "Stop", json!({"last_assistant_message": format!("Key {secret}\n{}", "x".repeat(2000))}));
        let told = desk.told();
        if !tells {
            assert!(told.is_empty(), "{told:?}");
            continue;
        }
        assert_eq!(told[0], "builder waits for the user: Bash: mkdir x. Only the user can answer.");
        assert_eq!(told[1], "builder waits for the user: Which one?");
        assert_eq!(told[2], "builder: the turn failed: rate_limit");
        assert!(told[3].starts_with("builder ended its turn.\n\nKey [masked]\nxxx") && !told[3].contains(&secret));
        assert!(told[3].len() < 1100 && told.len() == 4, "{told:?}");
    }
}

#[test]
fn a_report_has_tasks_commits_and_cost() {
    let desk = Desk::new(Client::Interactive);
    let id = desk.live()["session_id"].as_str().unwrap().to_string();
    for (command, more) in [
        ("cs-task", &["add", &id, "--subject", "write it"][..]),
        ("cs-session", &["commit", &id, "--sha", "abc1234", "--message", "fix"][..]),
    ] {
        let done = desk.stage.sandbox.cs(command, more);
        assert_eq!((status(&done), stderr(&done)), (0, String::new()));
    }
    let data = desk.stage.sandbox.data();
    std::fs::create_dir_all(data.join("usage")).unwrap();
    std::fs::write(data.join(format!("usage/{UUID}.json")), r#"{"total_tokens": 12345, "cost_usd": 0.5}"#).unwrap();
    desk.event(6, "Stop", json!({"last_assistant_message": "Done."}));
    let told = desk.told().remove(0);
    assert!(told.contains("tasks: 0 done, 1 open\n1 commit: abc1234 fix"), "{told}");
    assert!(told.ends_with("12k tokens, $0.50"), "{told}");
}

#[test]
fn a_forged_or_inherited_claim_gets_nothing() {
    let foreign = |more: Value| {
        let desk = Desk::new(Client::Interactive);
        desk.send("hello", Mode::Sequential);
        let mut other = desk.stage.sandbox.command("sleep");
        let mut other = other.arg("60").spawn().unwrap();
        seat::write(&desk.stage.sandbox, SEAT, other.id(), more);
        let answer = desk.event(5, "Stop", json!({}));
        other.kill().unwrap();
        other.wait().unwrap();
        (answer, desk.states())
    };
    // The seat's client is no ancestor; or its pane is, in which another client runs.
    assert_eq!(foreign(json!({})), (Value::Null, vec![State::Queued]));
    assert_eq!(foreign(json!({"tmux": tmux()})), (Value::Null, vec![State::Queued]));
    for claim in ["", "agent_20261121T1000_ffff", "../agents/x", PARENT] {
        let desk = Desk::new(Client::Interactive);
        desk.send("hello", Mode::Sequential);
        let mut command = desk.command("cs-deliver", 5);
        command.env("CS_AGENT", claim);
        run(command, &desk.payload("Stop", json!({})));
        assert_eq!(desk.states(), [State::Queued], "{claim:?}");
    }
    let desk = Desk::new(Client::Interactive);
    desk.send("hello", Mode::Sequential);
    let mut command = desk.command("cs-deliver", 5);
    command.env("CS_AGENTS", "off");
    assert_eq!(printed(&run(command, &desk.payload("Stop", json!({})))), Value::Null);
}

#[test]
fn a_batch_is_limited_and_the_rest_follows() {
    let desk = Desk::new(Client::Interactive);
    for n in 0..3 {
        desk.send(&format!("{n}{}", "a".repeat(3500)), Mode::Sequential);
    }
    let (text, _) = read(&desk.event(5, "Stop", json!({})));
    assert!(text.chars().count() <= 8000 && text.matches("[message ").count() == 2, "{}", text.chars().count());
    let (text, _) = read(&desk.event(6, "Stop", json!({})));
    assert_eq!(text.matches("[message ").count(), 1);
    assert_eq!(desk.states(), [State::Read, State::Read, State::Delivered]);
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn outside_a_seat_nothing_is_read_and_no_file_is_opened() {
    if !has(strace::is_possible()) {
        return;
    }
    let desk = Desk::new(Client::Codex);
    let input = desk.stage.sandbox.root().join("payload");
    std::fs::write(&input, desk.payload("Stop", json!({}))).unwrap();
    for program in ["cs-deliver", "cs-wake"] {
        let command = desk.stage.command(program, 5, Client::Codex);
        let (output, log) = strace::run(&command, &input, &[], &desk.stage.sandbox.root().join("log"));
        check(&output);
        let calls = strace::calls(&log);
        // The loader opens its cache and libraries, and reads them.
        let is_ours = |call: &String| {
            let opens = call.starts_with("open") && !call.contains("/etc/ld.so") && !call.contains("/lib");
            opens || call.starts_with("read(0,") || call.starts_with("poll") || call.starts_with("clone")
        };
        let ours: Vec<_> = calls.iter().filter(|call| is_ours(&call.to_string())).collect();
        assert!(ours.is_empty() && calls.len() > 5, "{program}: {ours:?}");
    }
}

#[test]
fn the_leases_of_an_agent_that_works_are_renewed() {
    const MINUTE: u64 = 60;
    for (client, event) in
        [(Client::Interactive, "PostToolUse"), (Client::Interactive, "Stop"), (Client::Codex, "Stop")]
    {
        let desk = Desk::new(client);
        let mut acquire = desk.command("cs-lease", 5);
        acquire.args(["acquire", "src", "--for", "1h", "-q"]).current_dir(desk.stage.repository("repo"));
        check(&run(acquire, ""));
        let expires = || {
            let leases = desk.stage.sandbox.json("leases/repo.json")["leases"].clone();
            (leases[0]["owner"]["agent_id"].clone(), leases[0]["expires_at"].as_str().map(|at| at[11..16].to_string()))
        };
        let at = |text: &str| (json!(SEAT), Some(text.to_string()));
        assert_eq!(expires(), at("11:00"), "{client:?}");
        // Most of the hour is left.
        desk.event(30 * MINUTE, event, json!({"tool_name": "Bash"}));
        assert_eq!(expires(), at("11:00"), "{client:?} {event}");
        // A subagent's hooks change nothing.
        desk.deliver(50 * MINUTE, &desk.payload(event, json!({"tool_name": "Bash", "agent_id": "a1"})));
        assert_eq!(expires(), at("11:00"), "{client:?} {event}");
        desk.event(50 * MINUTE, event, json!({"tool_name": "Bash"}));
        assert_eq!(expires(), at("11:50"), "{client:?} {event}");
        assert_eq!(desk.log(), "");
    }
}
