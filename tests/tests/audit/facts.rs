//! Messages and leases in the log of tools: who, to whom, which paths; never a text. Nothing that goes wrong there changes
//! what a command does.

use audit::{Entry, Kind};
use cs_core::lock::{self, HOOK_WAIT};
use cs_core::paths::Home;
use cs_tests::seat::{self, SEAT};
use cs_tests::{Sandbox, entries, status, stderr};
use serde_json::json;
use std::fs;
use std::ops::Deref;
use std::process::{Child, Command};

/// What nobody may find in the log.
const TEXT: &str = "the plan is secret";

/// A sandbox with a seat, whose client is not above this test.
struct Place {
    sandbox: Sandbox,
    client: Child,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

impl Deref for Place {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

fn sandbox() -> Place {
    let sandbox = Sandbox::new();
    let client = Command::new("sleep").arg("600").spawn().expect("sleep can be run");
    seat::write(&sandbox, SEAT, client.id(), json!({"name": "builder"}));
    assert!(sandbox.cs("git", &["init", "-q", "."]).status.success());
    Place { sandbox, client }
}

fn log(sandbox: &Sandbox) -> String {
    let files = entries(&sandbox.data().join("audit")).into_iter();
    let days = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    days.map(|path| fs::read_to_string(path).expect("it can be read")).collect()
}

fn lines(sandbox: &Sandbox) -> Vec<Entry> {
    log(sandbox).lines().map(|line| serde_json::from_str(line).expect("a line of the log")).collect()
}

/// A message, a lease that is taken, and its end.
fn work(sandbox: &Sandbox) {
    for words in [
        ["cs-message", "send", SEAT, TEXT, "-q"].as_slice(),
        &["cs-lease", "acquire", "src", "docs/a.md", "--reason", TEXT, "-q"],
        &["cs-lease", "release", "--all", "-q"],
        &["cs-lease", "run", "db", "--reason", TEXT, "-q", "--", "true"],
    ] {
        let output = sandbox.cs(words[0], &words[1..]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{words:?}");
    }
}

#[test]
fn messages_and_leases_are_logged_without_their_texts() {
    let sandbox = sandbox();
    work(&sandbox);
    let all = lines(&sandbox);
    let message = all[0].message.clone().expect("a message");
    assert_eq!((all[0].kind, message.id), (Kind::Message, format!("{SEAT}/m000001")));
    assert_eq!((message.from.as_str(), message.to.as_str()), ("user", SEAT));
    let leases: Vec<_> = all[1..].iter().map(|line| line.lease.clone().expect("a lease")).collect();
    let facts: Vec<_> = leases.iter().map(|lease| (lease.what.as_str(), lease.paths.join(" "))).collect();
    let (two, one) = ("docs/a.md src".to_string(), "db".to_string());
    let sorted = |(what, paths): &(&str, String)| {
        let mut paths: Vec<&str> = paths.split(' ').collect();
        paths.sort_unstable();
        (what.to_string(), paths.join(" "))
    };
    let expected = [("acquired", two.clone()), ("released", two), ("acquired", one.clone()), ("released", one)];
    let expected: Vec<_> = expected.iter().map(|(what, paths)| (what.to_string(), paths.clone())).collect();
    assert_eq!(facts.iter().map(sorted).collect::<Vec<_>>(), expected);
    assert!(leases.iter().all(|lease| lease.owner == "user") && all[1].project.is_some());
    assert!(!log(&sandbox).contains("secret"), "{}", log(&sandbox));
    assert_eq!(audit::verify(&Home::at(sandbox.data()), Vec::new()).expect("it can be read").findings, []);
}

#[test]
fn a_log_that_is_locked_or_cannot_be_written_stops_no_command() {
    let locked = sandbox();
    let home = Home::at(locked.data());
    let lock = lock::acquire(&home.audit_lock(), HOOK_WAIT).expect("nobody has it");
    work(&locked);
    drop(lock);
    assert_eq!(entries(&home.audit_pending()).len(), 5);
    work(&locked);
    assert_eq!(lines(&locked).len(), 10);
    for broken in ["a file", "a directory in place of the day"] {
        let sandbox = sandbox();
        let audit = sandbox.data().join("audit");
        match broken {
            "a file" => fs::write(&audit, "mine").expect("it can be written"),
            _ => fs::create_dir_all(audit.join("2026-11-21.jsonl")).expect("it can be made"),
        }
        work(&sandbox);
        let told = fs::read_to_string(sandbox.data().join("logs/hook.log")).expect("the failures are told");
        assert!(told.contains("not in the log of tools"), "{broken}: {told}");
    }
}

#[test]
fn nothing_is_logged_if_the_log_is_off() {
    let sandbox = sandbox();
    fs::create_dir_all(sandbox.data()).expect("it can be made");
    fs::write(sandbox.data().join("config.json"), r#"{"audit":{"enabled":false}}"#).expect("it can be written");
    work(&sandbox);
    assert!(!sandbox.data().join("audit").exists());
}
