//! The power fails at any moment while a message moves, on a disk that keeps only what was synced: no message is lost,
//! each is there once, and what a person was told is true. Moves by hooks are not synced, so a message may come again.

use super::worker::command as worker;
use super::{UUID, furnished, inbox};
use cs_core::clock;
use cs_tests::{Sandbox, has, stderr, strace};
use seats::{Channel, Draft, Inbox, Sender, State, Want};
use serde_json::json;
use soak::power::call::Call;
use soak::power::disk::Disk;
use soak::power::step::{CALLS, Step};
use soak::power::tree::Tree;
use soak::power::{in_memory, loss};
use std::collections::HashSet;
use std::process::Command;

/// The messages that are there before.
const TEXTS: [&str; 3] = ["one", "two", "three"];

/// What runs, on messages that wait or were delivered, and what must hold once it has ended.
struct Move {
    name: &'static str,
    are_taken: bool,
    command: fn(&Sandbox) -> Command,
    promised: fn(&Inbox) -> bool,
}

const MOVES: [Move; 6] = [
    Move { name: "take", are_taken: false, command: |sandbox| worker(sandbox, "take"), promised: |_| true },
    Move { name: "read", are_taken: true, command: |sandbox| worker(sandbox, "read"), promised: |_| true },
    Move { name: "again", are_taken: true, command: |sandbox| worker(sandbox, "again"), promised: |_| true },
    Move {
        name: "send",
        are_taken: false,
        command: |sandbox| person(sandbox, &["send", "builder", "four", "-q"]),
        promised: |inbox| inbox.find("m000004").is_ok_and(|message| message.text == "four"),
    },
    Move {
        name: "ack",
        are_taken: true,
        command: |sandbox| person(sandbox, &["ack", "builder/m000001", "-q"]),
        promised: |inbox| {
            inbox.find("m000001").is_ok_and(|message| message.state == State::Acked && message.acked_at.is_some())
        },
    },
    Move {
        name: "cancel",
        are_taken: false,
        command: |sandbox| person(sandbox, &["cancel", "builder/m000001", "-q"]),
        promised: |inbox| {
            inbox.find("m000001").is_ok_and(|message| message.reason.as_deref() == Some("cancelled by user"))
        },
    },
];

fn person(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = sandbox.command("cs-message");
    command.args(words);
    command
}

/// Everything that the command does to the files, on messages that are durable.
fn recorded(one: &Move) -> (Disk, Vec<Step>) {
    let sandbox = furnished(json!({}));
    let inbox = inbox(&sandbox.data());
    for text in TEXTS {
        inbox.send(Draft::new(Sender::user(), text).expect("a text"), clock::now()).expect("it is stored");
    }
    if one.are_taken {
        let taken = inbox.take(Want::Any, Channel::Prompt, UUID, None, clock::now()).expect("it can be taken");
        inbox.handed_over(&taken).expect("it can be noted");
    }
    let (disk, input) = (Disk::new(&Tree::read(&sandbox.home())), sandbox.root().join("input"));
    std::fs::write(&input, "").expect("the sandbox can be written");
    let options = ["--seccomp-bpf", "-y", "-xx", "-s", "40000000", "-e", CALLS];
    let (output, log) = strace::run(&(one.command)(&sandbox), &input, &options, &sandbox.root().join("strace"));
    assert!(output.status.success(), "{}: {}", one.name, stderr(&output));
    let calls = strace::calls(&log);
    let steps = calls.iter().filter_map(|line| Step::of(&Call::parse(line)?, &sandbox.home(), &sandbox.work()));
    (disk, steps.collect())
}

/// What is wrong after a power failure. The next conversation of the seat begins.
fn fault(one: &Move, inbox: &Inbox, has_ended: bool) -> Option<String> {
    let (all, errors) = inbox.all_and_errors().expect("it can be listed");
    let count = |text: &str| all.iter().filter(|message| message.text == text).count();
    if !errors.is_empty() || TEXTS.iter().any(|text| count(text) != 1) {
        return Some(format!("{errors:?}; there are {all:?}"));
    }
    if has_ended && !(one.promised)(inbox) {
        return Some(format!("not as it was told: {all:?}"));
    }
    inbox.redeliver_others("next", clock::now()).expect("it can be done");
    let taken = inbox.take(Want::Any, Channel::Prompt, "next", None, clock::now()).expect("it can be taken");
    let is_over = |state: State| matches!(state, State::Read | State::Acked | State::Failed);
    // One that came again already comes no third time.
    let lost = all.iter().find(|message| {
        !is_over(message.state) && !message.again && !taken.iter().any(|taken| taken.message_id == message.message_id)
    });
    lost.map(|message| format!("it never comes: {message:?}"))
}

#[test]
fn a_power_failure_during_a_move_loses_no_message() {
    if !has(strace::is_possible()) {
        return;
    }
    let found = Sandbox::within(&in_memory());
    for one in &MOVES {
        let ((mut disk, steps), mut tried) = (recorded(one), HashSet::new());
        assert!(steps.len() > 3, "{}: {steps:?}", one.name);
        for n in 0..=steps.len() {
            let has_ended = n == steps.len();
            loss::each(&disk, |lost, tree| {
                if !tried.insert((tree.clone(), has_ended)) {
                    return;
                }
                tree.put(&found.home());
                let fault = fault(one, &inbox(&found.data()), has_ended);
                assert!(fault.is_none(), "{} before step {n}; {}: {fault:?}", one.name, lost.describe(&disk));
            });
            if let Some(step) = steps.get(n) {
                disk.apply(n, step);
            }
        }
        println!("{}: {} steps, {} states", one.name, steps.len(), tried.len());
    }
}
