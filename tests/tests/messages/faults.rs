//! Each operation on an inbox is killed before each of its steps, and each of its system calls fails: nothing that was
//! acknowledged is lost, and nothing is handed over twice without saying so.

use super::worker::{command as worker, did};
use super::{UUID, furnished, inbox};
use cs_core::clock;
use cs_tests::{Sandbox, has, stderr, stdout};
use seats::{Channel, Draft, Inbox, Message, Sender, State, Want};
use serde_json::json;
use soak::call::{Call, Kind};
use soak::trace::{self, Act};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

/// The messages that are there before.
const TEXTS: [&str; 3] = ["one", "two", "three"];

/// An operation: what happens before, its command, and what must hold afterwards.
struct Operation {
    name: &'static str,
    are_taken: bool,
    command: fn(&Sandbox) -> Command,
    check: fn(&Sandbox, &Inbox, &Output) -> Vec<String>,
}

const OPERATIONS: [Operation; 7] = [
    Operation { name: "send", are_taken: false, command: send, check: check_sent },
    Operation {
        name: "ack",
        are_taken: true,
        command: |sandbox| message(sandbox, &["ack", "builder/m000001", "-q"]),
        check: |sandbox, inbox, output| check_one(sandbox, inbox, output, "ack", State::Delivered, State::Acked),
    },
    Operation {
        name: "cancel",
        are_taken: false,
        command: |sandbox| message(sandbox, &["cancel", "builder/m000001", "-q"]),
        check: |sandbox, inbox, output| check_one(sandbox, inbox, output, "cancel", State::Queued, State::Failed),
    },
    Operation { name: "take", are_taken: false, command: |sandbox| worker(sandbox, "take"), check: check_taken },
    Operation {
        name: "read",
        are_taken: true,
        command: |sandbox| worker(sandbox, "read"),
        check: |sandbox, inbox, output| check_all(sandbox, inbox, output, "read", State::Delivered, State::Read),
    },
    Operation {
        name: "fail",
        are_taken: false,
        command: |sandbox| worker(sandbox, "fail"),
        check: |sandbox, inbox, output| check_all(sandbox, inbox, output, "fail", State::Queued, State::Failed),
    },
    Operation { name: "again", are_taken: true, command: |sandbox| worker(sandbox, "again"), check: check_again },
];

fn message(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = sandbox.command("cs-message");
    command.args(words);
    command
}

fn send(sandbox: &Sandbox) -> Command {
    message(sandbox, &["send", "builder", "token", "--key", "k", "-q"])
}

fn set(operation: &Operation) -> (Sandbox, Inbox) {
    let sandbox = furnished(json!({}));
    let inbox = inbox(&sandbox.data());
    for text in TEXTS {
        inbox.send(Draft::new(Sender::user(), text).expect("a text"), clock::now()).expect("it is stored");
    }
    if operation.are_taken {
        take(&inbox);
    }
    (sandbox, inbox)
}

fn take(inbox: &Inbox) -> Vec<Message> {
    let taken = inbox.take(Want::Any, Channel::Prompt, UUID, None, clock::now()).expect("it can be taken");
    inbox.handed_over(&taken).expect("it can be noted");
    taken
}

/// Checks what holds whatever the operation was: all messages are there once, whole, and no program fell over.
fn check(operation: &Operation, sandbox: &Sandbox, inbox: &Inbox, output: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    let code = output.status.code();
    if output.status.signal().is_none() && ![Some(0), Some(1), Some(65), Some(74), Some(75)].contains(&code) {
        faults.push(format!("it ended with {code:?}: {}", stderr(output)));
    }
    faults.extend((operation.check)(sandbox, inbox, output));
    let (all, errors) = inbox.all_and_errors().expect("it can be listed");
    faults.extend(errors.iter().map(|error| format!("damaged: {error}")));
    for text in TEXTS {
        let count = all.iter().filter(|message| message.text == text).count();
        faults.extend((count != 1).then(|| format!("{text} is there {count} times")));
    }
    // A new message gets a number that was never used.
    let numbers: BTreeSet<u64> = all.iter().map(Message::seq).collect();
    let next = inbox.send(Draft::new(Sender::system(), "next").expect("a text"), clock::now());
    match next {
        Ok(sent) if numbers.iter().all(|number| *number < sent.message.seq()) => {}
        other => faults.push(format!("the next one: {other:?}")),
    }
    faults
}

fn check_sent(sandbox: &Sandbox, inbox: &Inbox, output: &Output) -> Vec<String> {
    let stored =
        || inbox.all().expect("it can be listed").into_iter().filter(|message| message.text == "token").count();
    let is_acknowledged = !stdout(output).is_empty();
    let mut faults = Vec::new();
    faults.extend((stored() > 1 || is_acknowledged && stored() != 1).then(|| format!("stored {} times", stored())));
    let repeated = cs_tests::run(send(sandbox), "");
    if repeated.status.code() != Some(0) || stored() != 1 {
        faults.push(format!("repeated, it is stored {} times: {}", stored(), stderr(&repeated)));
    }
    faults
}

/// One of the messages changes its state.
fn check_one(sandbox: &Sandbox, inbox: &Inbox, output: &Output, verb: &str, from: State, to: State) -> Vec<String> {
    let state = || inbox.find("m000001").map(|message| message.state).ok();
    let is_fine =
        if stdout(output).is_empty() { [Some(from), Some(to)].contains(&state()) } else { state() == Some(to) };
    let mut faults: Vec<String> = (!is_fine).then(|| format!("it is {:?}", state())).into_iter().collect();
    if state() == Some(from) {
        cs_tests::run(message(sandbox, &[verb, "builder/m000001", "-q"]), "");
        faults.extend((state() != Some(to)).then(|| format!("repeated, it is {:?}", state())));
    }
    faults
}

/// All messages change their state.
fn check_all(sandbox: &Sandbox, inbox: &Inbox, output: &Output, verb: &str, from: State, to: State) -> Vec<String> {
    let states = || inbox.all().expect("it can be listed").iter().map(|message| message.state).collect::<Vec<_>>();
    let is_done = did(&stdout(output)) == ["3"];
    let is_fine = states().iter().all(|state| *state == to || !is_done && *state == from);
    let mut faults: Vec<String> = (!is_fine).then(|| format!("they are {:?}", states())).into_iter().collect();
    cs_tests::run(worker(sandbox, verb), "");
    faults.extend(states().iter().any(|state| *state != to).then(|| format!("repeated, they are {:?}", states())));
    faults
}

/// What was handed over is not handed over again, and all the rest is, in order.
fn check_taken(_: &Sandbox, inbox: &Inbox, output: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    let handed = did(&stdout(output));
    let rest: Vec<String> = take(inbox).into_iter().map(|message| message.message_id).collect();
    faults.extend(rest.iter().find(|id| handed.contains(id)).map(|id| format!("{id} came twice")));
    faults.extend((!rest.is_sorted() || !handed.is_sorted()).then(|| format!("in disorder: {handed:?} {rest:?}")));
    inbox.redeliver(UUID, clock::now()).expect("it can be done");
    let again = take(inbox);
    faults.extend(again.iter().find(|message| !message.again).map(|message| format!("{message:?} does not say so")));
    let all: BTreeSet<&str> = again.iter().map(|message| &*message.text).collect();
    faults.extend((all.len() != TEXTS.len()).then(|| format!("of the messages came only {all:?}")));
    faults
}

/// What comes again says so, and comes at most once more.
fn check_again(sandbox: &Sandbox, inbox: &Inbox, _: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    let waits = inbox.waiting().expect("it can be listed");
    faults.extend(waits.iter().find(|message| !message.again).map(|message| format!("{message:?} does not say so")));
    cs_tests::run(worker(sandbox, "again"), "");
    let taken = take(inbox);
    faults.extend((taken.len() != TEXTS.len()).then(|| format!("came again: {taken:?}")));
    let third = inbox.redeliver(UUID, clock::now()).expect("it can be done");
    faults.extend((third != 0).then(|| format!("{third} would come a third time")));
    faults
}

/// Runs an operation, in which `decide` disturbs something.
fn disturb(operation: &Operation, mut decide: impl FnMut(&Call, &Path) -> Act) -> (bool, Vec<String>) {
    let (sandbox, inbox) = set(operation);
    let data = sandbox.data();
    let mut is_hit = false;
    let output = trace::run((operation.command)(&sandbox), "", |call| {
        let act = decide(call, &data);
        is_hit |= act != Act::Go;
        act
    });
    let output = output.expect("it can be stepped through");
    (is_hit, check(operation, &sandbox, &inbox, &output))
}

#[test]
fn a_killed_program_loses_and_repeats_no_message() {
    if !has(trace::is_possible()) {
        return;
    }
    for operation in &OPERATIONS {
        let mut steps = 0;
        loop {
            let mut left = steps;
            let (is_hit, faults) = disturb(operation, |call, data| match left {
                0 => Act::Kill,
                _ => {
                    left -= usize::from(call.is_a_step_in(data));
                    Act::Go
                }
            });
            assert!(faults.is_empty(), "{} killed after {steps} steps: {faults:#?}", operation.name);
            if !is_hit {
                break;
            }
            steps += 1;
        }
        println!("{}: killed in {steps} places", operation.name);
        assert!(steps > 3, "{} has steps", operation.name);
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_failed_system_call_loses_and_repeats_no_message() {
    if !has(trace::is_possible()) {
        return;
    }
    // `STRIDE=1` tries all.
    let stride: usize = std::env::var("STRIDE").ok().and_then(|word| word.parse().ok()).unwrap_or(12);
    for (first, operation) in OPERATIONS.iter().enumerate() {
        for error in [libc::EIO, libc::ENOSPC, libc::EACCES] {
            let mut hits = 0;
            for n in (first % stride..).step_by(stride) {
                let (mut left, mut place) = (n, String::new());
                let (is_hit, faults) = disturb(operation, |call, data| {
                    let Some(path) = call.path().filter(|path| path.starts_with(data.join("inbox"))) else {
                        return Act::Go;
                    };
                    // Closing a directory does not involve the disk, and the standard library relies on that.
                    if call.kind() == Kind::Close && path.is_dir() {
                        return Act::Go;
                    }
                    left = left.wrapping_sub(1);
                    // One call fails, and all others do as they do.
                    if left != usize::MAX {
                        return Act::Go;
                    }
                    place = format!("{:?} {}", call.kind(), path.display());
                    Act::Fail(error)
                });
                assert!(faults.is_empty(), "{}, error {error} in call {n}, {place}: {faults:#?}", operation.name);
                if !is_hit {
                    break;
                }
                hits += 1;
            }
            println!("{}: error {error} in {hits} calls", operation.name);
            assert!(hits > 2, "{} makes calls", operation.name);
        }
    }
}
