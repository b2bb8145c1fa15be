//! Several machines of one role; the arguments of `psql`; who sees what; what a rule finds later.

use crate::content::server;
use cs_tests::postgres::Postgres;
use cs_tests::{Sandbox, replay, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

const TALK: &str = "cbd44839-d656-4cb8-bd0f-273f967001f6";

/// A machine with a recorded conversation.
fn machine() -> Sandbox {
    let sandbox = Sandbox::new().with("CS_NOW", "2026-11-21T10:00:00Z");
    let folder = sandbox.home().join(".claude/projects/-home-dev-repo");
    fs::create_dir_all(&folder).unwrap();
    let recorded = replay::fixtures().join("claude-code/transcripts/interrupt.jsonl");
    fs::copy(recorded, folder.join(format!("{TALK}.jsonl"))).unwrap();
    let args = ["create", "--project", "api", "--intent", "x", "--claude-session", TALK, "-q"];
    assert_eq!(status(&sandbox.cs("cs-session", &args)), 0);
    sandbox
}

fn run(sandbox: &Sandbox, server: &Postgres, role: &str, words: &[&str]) -> std::process::Output {
    let (command, rest) = words.split_first().unwrap();
    sandbox.cs("cs-sync", &[&[*command, "--psql", &server.arguments(role)], rest].concat())
}

#[track_caller]
fn told(output: &std::process::Output) -> Value {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

#[test]
fn a_machine_that_is_gone_is_removed_by_its_owner_only() {
    let Some(server) = server() else { return };
    let (old, new, other) = (machine(), machine(), machine());
    told(&old.cs("cs-sync", &["label", "old"]));
    told(&run(&old, &server, "ada", &["push", "--visibility", "team"]));
    told(&run(&other, &server, "bob", &["push", "--visibility", "team"]));
    let first = run(&new, &server, "ada", &["push"]);
    let id = old.json("machine.json")["id"].as_str().unwrap().to_string();
    let words = format!("1 conversation of this machine also came from old ({id}), so sums count them twice");
    assert!(stderr(&first).contains(&words), "{}", stderr(&first));
    let shown = told(&run(&new, &server, "ada", &["status"]));
    let machines = shown["machines"].as_array().unwrap();
    assert_eq!(machines.len(), 2, "{shown}");
    let of_old = machines.iter().find(|one| one["id"] == *id).unwrap();
    assert_eq!((&of_old["conversations"], &of_old["shared"]), (&json!(1), &json!(1)));
    let count = |role: &str, machine: &str| {
        server
            .ask(role, &format!("select count(*) from cs.outgoing where machine = '{machine}'"))
            .parse::<u64>()
            .unwrap()
    };
    let rows = count("admin", &id);
    let refused = run(&other, &server, "bob", &["forget", "--machine", &id, "--yes"]);
    assert!(status(&refused) == 1 && stderr(&refused).contains("of yours is there"), "{}", stderr(&refused));
    let removed = told(&run(&new, &server, "ada", &["forget", "--machine", "old", "--yes"]));
    assert_eq!((&removed["rows"], &removed["label"]), (&json!(rows), &json!("old")), "{removed}");
    assert_eq!((count("admin", &id), of_old["rows"].as_u64()), (0, Some(rows)));
    let left = "select count(*), count(distinct owner) from cs.machine";
    assert_eq!(server.ask("admin", left), "2|2");
    assert_eq!(server.ask("admin", &format!("select count(*) from cs.cursor where machine = '{id}'")), "0");
    assert_eq!(told(&run(&new, &server, "ada", &["push"]))["changes"], 0);
}

#[test]
fn a_part_of_an_id_means_what_another_machine_sent() {
    let Some(server) = server() else { return };
    let (old, new) = (machine(), Sandbox::new());
    told(&run(&old, &server, "ada", &["push"]));
    let of_others = run(&new, &server, "bob", &["forget", "cbd4", "--yes"]);
    assert!(
        status(&of_others) == 1 && stderr(&of_others).contains("neither here nor in psql"),
        "{}",
        stderr(&of_others)
    );
    let rows = server.ask("ada", "select count(*) from cs.outgoing").parse::<u64>().unwrap();
    let forgotten = told(&run(&new, &server, "ada", &["forget", "cbd4", "--yes"]));
    assert_eq!((&forgotten["id"], &forgotten["rows"]), (&json!(TALK), &json!(rows)), "{forgotten}");
    assert_eq!(server.ask("ada", "select count(*) from cs.outgoing"), "0");
    let down = new.cs("cs-sync", &["forget", "cbd4", "--yes", "--psql", "-h /nowhere"]);
    assert!(status(&down) == 1 && stderr(&down).contains("cannot be asked"), "{}", stderr(&down));
    let later = new.cs("cs-sync", &["forget", TALK, "--yes", "--psql", "-h /nowhere"]);
    assert!(
        status(&later) == 74 && stderr(&later).contains("the next push removes it from psql"),
        "{}",
        stderr(&later)
    );
    let shown = new.cs("cs-sync", &["status", "--psql", "-h /nowhere", "--quick"]);
    assert_eq!((status(&shown), stdout(&shown).contains("\"reachable\":false")), (74, true), "{}", stdout(&shown));
}

#[test]
fn every_way_to_name_a_database_reaches_it() {
    let Some(server) = server() else { return };
    let sandbox = machine();
    let options = server.arguments("ada");
    let folder = options.split(' ').nth(1).unwrap();
    let service = sandbox.home().join(".pg_service.conf");
    fs::write(&service, format!("[team]\nhost={folder}\ndbname=postgres\nuser=ada\n")).unwrap();
    let sandbox = sandbox.with("PGSERVICEFILE", &service);
    let encoded = folder.replace('/', "%2F");
    for arguments in [
        options.clone(),
        format!("host={folder} user=ada dbname=postgres"),
        format!("host = '{folder}'  user = ada dbname = postgres"),
        format!("\"host={folder}\" \"user=ada\" \"dbname=postgres\""),
        format!("-d 'host={folder} user=ada dbname=postgres'"),
        format!("-d host={folder} user=ada dbname=postgres"),
        format!("postgresql://ada@{encoded}/postgres"),
        format!("-h '{folder}' -U ada -d \"postgres\""),
        "service=team".into(),
        "service=team connect_timeout=3".into(),
        "service=team -v a=b".into(),
    ] {
        let shown = sandbox.cs("cs-sync", &["status", "--quick", "--psql", &arguments]);
        assert_eq!(status(&shown), 0, "{arguments}: {}", stderr(&shown));
    }
}

#[test]
fn every_run_says_what_the_team_sees() {
    let Some(server) = server() else { return };
    let sandbox = machine();
    let push = |more: &[&str]| {
        let output = run(&sandbox, &server, "ada", &[&["push", "--table"], more].concat());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let only = "only you, reviewers and the administrator";
    assert!(push(&["--dry-run"]).contains(&format!("{only} would see: 1 conversation, 1 session")));
    assert!(push(&[]).contains(&format!("{only} see: 1 conversation, 1 session")));
    let dry = push(&["--dry-run", "--visibility", "team"]);
    assert!(dry.contains("would become visible to the team: project api (1 conversation, 1 session)"), "{dry}");
    let shared = push(&["--visibility", "team"]);
    assert!(shared.contains("the team now sees: project api (1 conversation, 1 session)"), "{shared}");
    assert_eq!(server.ask("bob", "select count(*) from cs.conversation"), "1");
    assert_eq!(push(&["--dry-run"]).lines().count(), 1, "nothing is new, and nobody sees anything else");
    let back = push(&["--visibility", "private", "--dry-run"]);
    assert!(back.contains("the team would no longer see: project api (1 conversation, 1 session)"), "{back}");
    assert!(push(&["--visibility", "private"]).contains("the team no longer sees: project api"));
    assert_eq!(server.ask("bob", "select count(*) from cs.conversation"), "0");
}

#[test]
fn what_a_sure_rule_finds_in_what_was_sent_is_removed_until_it_finds_nothing() {
    let Some(server) = server() else { return };
    let sandbox = machine();
    told(&run(&sandbox, &server, "ada", &["push"]));
    let count = || server.ask("ada", &format!("select count(*) from cs.entry where source = 'talk/{TALK}/main'"));
    let before = count();
    assert_ne!(before, "0");
    let rules = sandbox.data().join("redact.toml");
    // A number is no text: it cannot be replaced.
    let rule = "[[rules]]\nid = \"turns\"\nregex = '\"turn\":1'\n[rules.cs]\ntier = \"definite\"\n";
    fs::write(&rules, rule).unwrap();
    let dry = run(&sandbox, &server, "ada", &["push", "--dry-run"]);
    assert!(
        stderr(&dry).contains(&format!("{before} rows of it that had been sent before would be removed")),
        "{}",
        stderr(&dry)
    );
    assert_eq!(count(), before);
    let push = run(&sandbox, &server, "ada", &["push"]);
    assert_eq!(status(&push), 1, "{}", stderr(&push));
    assert!(stderr(&push).contains("were removed, and come again when nothing matches"), "{}", stderr(&push));
    assert_eq!(count(), "0");
    let again = run(&sandbox, &server, "ada", &["push"]);
    assert!(status(&again) == 1 && stderr(&again).contains("the rule turns still matches"), "{}", stderr(&again));
    fs::write(&rules, "").unwrap();
    told(&run(&sandbox, &server, "ada", &["push"]));
    assert_eq!(count(), before);
}

#[test]
fn a_label_that_somebody_changed_is_set_again_by_a_push_with_nothing_new() {
    let Some(server) = server() else { return };
    let sandbox = machine();
    told(&sandbox.cs("cs-sync", &["label", "laptop"]));
    told(&run(&sandbox, &server, "ada", &["push"]));
    server.ask("ada", "update cs.machine set label = 'x'");
    assert_eq!(told(&run(&sandbox, &server, "ada", &["push"]))["changes"], 0);
    assert_eq!(server.ask("ada", "select label from cs.machine"), "laptop");
}

#[test]
fn what_was_redacted_on_one_machine_does_not_come_from_another_one() {
    let Some(server) = server() else { return };
    let (one, two) = (machine(), machine());
    let prompts = stdout(&one.cs("cs-transcript", &["show", TALK, "--json"]));
    let prompt = prompts.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let prompt = prompt.into_iter().find(|line| line["kind"] == "prompt").unwrap();
    let (entry, said) = (prompt["entry"].as_str().unwrap(), prompt["text"].as_str().unwrap());
    assert_eq!(status(&one.cs("cs-mark", &["redact", TALK, entry, "--whole", "--reason", "x"])), 0);
    told(&run(&one, &server, "ada", &["push", "--visibility", "team"]));
    let there = || server.ask("bob", "select string_agg(body::text, ' ') from cs.outgoing");
    assert!(there().contains(entry) && !there().contains(said), "{said}");
    let left_out = run(&two, &server, "ada", &["push", "--visibility", "team"]);
    let id = one.json("machine.json")["id"].as_str().unwrap().to_string();
    assert!(status(&left_out) == 1 && stderr(&left_out).contains(&id), "{}", stderr(&left_out));
    assert!(!there().contains(said));
    // Another person's conversation with this id is theirs.
    told(&run(&two, &server, "bob", &["push"]));
    assert!(there().contains(said));
    let removed = told(&run(&two, &server, "ada", &["forget", "--machine", &id, "--yes"]));
    assert_eq!(removed["forgotten"], json!([TALK]));
    told(&run(&two, &server, "ada", &["push", "--visibility", "team"]));
    let of_ada = server.ask("admin", "select string_agg(body::text, ' ') from cs.outgoing where owner = 'ada'");
    assert!(!of_ada.contains(said), "{of_ada}");
}

#[test]
fn a_reviewer_is_told_that_nothing_can_be_sent_before_trying() {
    let Some(server) = server() else { return };
    let sandbox = machine();
    for words in [&["status"][..], &["push", "--dry-run"], &["push"]] {
        let refused = run(&sandbox, &server, "rex", words);
        assert!(status(&refused) == 1 && stderr(&refused).contains("rex is a reviewer"), "{}", stderr(&refused));
    }
    // The doctor only asks whether it answers.
    told(&run(&sandbox, &server, "rex", &["status", "--quick"]));
    assert_eq!(status(&run(&sandbox, &server, "rex", &["pull"])), 0);
}
