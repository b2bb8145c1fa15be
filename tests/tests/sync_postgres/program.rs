//! The program: from recorded conversations to another person's folder, through a real `psql`.

use crate::content::server;
use cs_tests::postgres::Postgres;
use cs_tests::{Sandbox, replay, status, stderr, stdout, workspace};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

const TOUR: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const SHORT: &str = "cbd44839-d656-4cb8-bd0f-273f967001f6";
/// A key that a rule knows for sure.
const KEY: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

/// Somebody at a machine, who logs in as this role.
struct Person<'s> {
    sandbox: Sandbox,
    server: &'s Postgres,
    role: &'static str,
}

impl<'s> Person<'s> {
    fn new(server: &'s Postgres, role: &'static str, now: &str) -> Person<'s> {
        Person { sandbox: Sandbox::new().with("CS_NOW", now), server, role }
    }

    fn log(&self, uuid: &str) -> PathBuf {
        self.sandbox.home().join(format!(".claude/projects/-home-dev-repo/{uuid}.jsonl"))
    }

    /// Has a recorded conversation.
    fn with(self, uuid: &str, recorded: &str) -> Self {
        let recorded = replay::fixtures().join(format!("claude-code/transcripts/{recorded}.jsonl"));
        fs::create_dir_all(self.log(uuid).parent().unwrap()).unwrap();
        fs::copy(recorded, self.log(uuid)).unwrap();
        self
    }

    /// Says something in a conversation.
    fn says(&self, uuid: &str, text: &str) {
        let line = format!(
            r#"{{"parentUuid":null,"isSidechain":false,"userType":"external","cwd":"/home/dev/repo","sessionId":"{uuid}","version":"2.1.329","type":"user","message":{{"role":"user","content":"{text}"}},"uuid":"{:08x}-0000-4000-8000-000000000000","timestamp":"2026-11-21T09:00:00.000Z"}}"#,
            text.len()
        );
        let mut log = fs::OpenOptions::new().append(true).open(self.log(uuid)).unwrap();
        writeln!(log, "{line}").unwrap();
    }

    fn run(&self, words: &[&str]) -> std::process::Output {
        let (command, rest) = words.split_first().unwrap();
        let arguments = self.server.arguments(self.role);
        self.sandbox.cs("cs-sync", &[&[*command, "--psql", &arguments], rest].concat())
    }

    /// Pushes; returns the number of changes.
    fn push(&self, more: &[&str]) -> u64 {
        let output = self.run(&[&["push"], more].concat());
        assert_eq!(status(&output), 0, "{}{}", stdout(&output), stderr(&output));
        let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
        told["changes"].as_u64().unwrap()
    }

    fn pull(&self, folder: &Path) {
        let output = self.run(&["pull", "--into", folder.to_str().unwrap()]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{}", stdout(&output));
    }
}

/// The rows in a machine's folder that still count, by the names of their files.
fn rows(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for path in cs_tests::entries(folder) {
        match path.is_dir() {
            true => all.extend(rows(&path)),
            false if path.ends_with("machine.json") || path.ends_with("held.jsonl") => {}
            false => {
                let text = fs::read_to_string(&path).unwrap();
                all.extend(text.lines().filter(|line| line.contains("\"seq\":")).map(str::to_string));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn what_one_person_recorded_another_one_reads() {
    let Some(server) = server() else { return };
    assert!(workspace().join("bins/cs-sync").is_dir());
    let ada = Person::new(&server, "ada", "2026-11-21T10:00:00Z").with(TOUR, "print-tour").with(SHORT, "interrupt");
    ada.says(SHORT, &format!("use the key {KEY} for it"));
    let sent = ada.push(&["--visibility", "team"]);
    assert!(sent > 50, "{sent}");
    assert_eq!(ada.push(&[]), 0);
    let piped = ada.sandbox.sh(&format!("cs-sync push --sql postgres | psql -q {}", server.arguments("ada")));
    assert_eq!((status(&piped), stdout(&piped)), (0, "0 rows changed\n".into()), "{}", stderr(&piped));
    assert_eq!(server.ask("admin", &format!("select count(*) from cs.outgoing where body like '%{KEY}%'")), "0");
    assert_eq!(server.ask("bob", "select count(*) from cs.find('key for it')"), "1");
    ada.says(SHORT, "one more");
    assert!((1..5).contains(&ada.push(&[])), "only what is new");
    // What Bob pulls is what Ada herself would write into a folder.
    let bob = Person::new(&server, "bob", "1999-01-01T00:00:00Z");
    let (own, theirs) = (ada.sandbox.root().join("own"), bob.sandbox.root().join("theirs"));
    let written = ada.sandbox.cs("cs-sync", &["push", "--into", own.to_str().unwrap()]);
    assert_eq!(status(&written), 0, "{}", stderr(&written));
    bob.pull(&theirs);
    assert_eq!(rows(&theirs), rows(&own));
    assert!(rows(&own).len() as u64 > sent, "{}", rows(&own).len());
    // What is forgotten goes there, here, and at Bob.
    let forgotten = ada.run(&["forget", SHORT, "--yes"]);
    assert_eq!(status(&forgotten), 0, "{}", stderr(&forgotten));
    let left = format!("select count(*) from cs.outgoing where source like '%{SHORT}%'");
    assert_eq!(server.ask("admin", &left), "0");
    assert_eq!(ada.push(&["--full"]), 0, "it is not sent again");
    bob.pull(&theirs);
    let found = bob.sandbox.cs("cs-session", &["list", "--also", theirs.to_str().unwrap()]);
    assert!(!stdout(&found).contains(SHORT), "{}", stdout(&found));
    assert!(rows(&theirs.join(entry(&theirs)).join("talk").join(SHORT)).is_empty());
    assert!(!rows(&theirs.join(entry(&theirs)).join("talk").join(TOUR)).is_empty());
}

/// The only folder in a folder.
fn entry(folder: &Path) -> PathBuf {
    let all = cs_tests::entries(folder);
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

#[test]
fn a_program_that_is_killed_leaves_the_database_as_it_was_or_as_it_will_be() {
    let Some(server) = server() else { return };
    let ada = Person::new(&server, "ada", "2026-11-21T10:00:00Z").with(TOUR, "print-tour");
    ada.push(&[]);
    let count = || server.ask("admin", "select count(*) from cs.entry where kind = 'prompt'").parse::<u64>().unwrap();
    for (n, wait) in [0, 20, 40, 60, 80, 120, 160].into_iter().enumerate() {
        let before = count();
        (0..5).for_each(|one| ada.says(TOUR, &format!("{}{one}", "a".repeat(n * 10 + one))));
        let mut command = ada.sandbox.command("cs-sync");
        command.args(["push", "--psql", &server.arguments("ada")]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let is_gone = || server.ask("admin", "select count(*) from pg_stat_activity where usename = 'ada'") == "0";
        assert!(cs_tests::eventually(Duration::from_secs(20), is_gone), "a connection is left");
        let after = count();
        assert!(after == before || after == before + 5, "{before} prompts, then {after}");
        ada.push(&[]);
        assert_eq!(count(), before + 5, "after {wait} ms");
    }
    ada.pull(&ada.sandbox.root().join("all"));
}

#[test]
fn machines_whose_clocks_differ_do_not_mix() {
    let Some(server) = server() else { return };
    for now in ["1999-01-01T00:00:00Z", "2026-11-21T10:00:00Z", "2051-06-01T12:00:00Z"] {
        let ada = Person::new(&server, "ada", now).with(SHORT, "interrupt");
        let first = ada.push(&[]);
        assert!(first > 3, "{first}");
        assert_eq!(ada.push(&[]), 0, "{now}");
    }
    let machines = server.ask("ada", "select count(*), count(distinct machine) from cs.machine");
    assert_eq!(machines, "3|3");
    let same = "select count(*) from (select array_agg(body::text order by seq) from cs.entry group by machine) as a";
    assert_eq!(server.ask("ada", same), "3");
}

#[test]
fn what_goes_wrong_is_told_in_a_line() {
    let Some(server) = Postgres::start(&[]) else { return };
    let ada = Person::new(&server, "admin", "2026-11-21T10:00:00Z").with(SHORT, "interrupt");
    let missing = ada.run(&["push"]);
    assert_eq!(status(&missing), 1);
    assert!(stderr(&missing).contains("cs-sync schema postgres | psql"), "{}", stderr(&missing));
    let made = ada.sandbox.sh(&format!("cs-sync schema postgres | psql {}", server.arguments("admin")));
    assert_eq!(
        (status(&made), stdout(&made).lines().last()),
        (0, Some("the schema cs has version 2 now")),
        "{}",
        stderr(&made)
    );
    assert!(ada.push(&[]) > 3);
    let nowhere = ada.sandbox.cs("cs-sync", &["push", "--psql", "-h /nowhere -U ada"]);
    assert_eq!(status(&nowhere), 74);
    assert!(stderr(&nowhere).contains("/nowhere") && stderr(&nowhere).lines().count() == 1, "{}", stderr(&nowhere));
    let secret = ada.sandbox.cs("cs-sync", &["push", "--psql", "postgresql://ada:hunter2@db/x"]);
    assert_eq!(status(&secret), 65);
    assert!(stderr(&secret).contains("~/.pgpass") && !stderr(&secret).contains("hunter2"), "{}", stderr(&secret));
}

#[test]
fn who_claims_the_id_of_anothers_machine_takes_no_folder() {
    let Some(server) = server() else { return };
    let bob = Person::new(&server, "bob", "2026-11-21T10:00:00Z").with(SHORT, "interrupt");
    bob.push(&["--visibility", "team"]);
    let id = server.ask("bob", "select machine from cs.machine");
    // Ada claims it, and the id of the folder that would be beside it, and comes first in every order.
    for id in [id.clone(), sync::Machine::id_beside("bob", &id)] {
        server.ask("ada", &format!("insert into cs.machine (owner, machine, label) values ('ada', '{id}', 'x')"));
    }
    let rex = Person::new(&server, "rex", "2026-11-21T11:00:00Z");
    let (own, theirs) = (bob.sandbox.root().join("own"), rex.sandbox.root().join("theirs"));
    let write = || {
        let written = bob.sandbox.cs("cs-sync", &["push", "--into", own.to_str().unwrap()]);
        assert_eq!(status(&written), 0, "{}", stderr(&written));
    };
    write();
    rex.pull(&theirs);
    assert_eq!(rows(&theirs), rows(&own), "Bob's are all there");
    bob.says(SHORT, "one more");
    bob.push(&[]);
    write();
    rex.pull(&theirs);
    assert_eq!(rows(&theirs), rows(&own), "and so is what is new");
    assert_eq!(cs_tests::entries(&theirs).len(), 3, "a folder for each");
    server.ask("bob", "delete from cs.cursor; delete from cs.machine");
    rex.pull(&theirs);
    assert_eq!(rows(&theirs), [""; 0], "what is gone goes");
}
