//! Nothing leaves that a rule finds or a person hid, wherever it stands.

use super::ground::{Ground, ID, Target, answer, call, call_with, entry, prompt, result};
use super::mark;
use crate::sources::Request;
use marks::{Extent, NewMark, Op};
use serde_json::json;

/// A key, put together so that the sources contain none.
fn key() -> String {
    format!("ghp_{}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4")
}

#[test]
fn a_secret_leaves_in_no_field() {
    let ground = Ground::new();
    let (key, long) = (key(), "x ".repeat(400));
    let renamed = format!(r#"{{"type":"custom-title","customTitle":"use {key}","sessionId":"SESSION"}}"#);
    let lines = [
        prompt(1, &format!("my token is {key}")).replace("\"main\"", &format!("\"fix-{key}\"")),
        call(2, "t1", &format!("curl -H 'Authorization: {key}' x")),
        result(3, "t1", &format!("{long}{key}")),
        call_with(4, "t2", &json!({"command": "ls", "env": {"TOKEN": key}, "description": key})),
        result(5, "t2", &key),
        answer(6, &format!("it is {key}")),
        renamed,
    ];
    ground.log(ID, &lines);
    ground.mark(ID, mark(Op::Note, Some(&format!("see {key}"))));
    let target = &mut Target::default();
    let plain = ground.run(target, false);
    assert!(plain.iter().any(|row| row.contains("\"kind\":\"result\"")) && !target.all().contains(&long));
    ground.run(target, true);
    let all = target.all();
    assert!(!all.contains(&key), "{all}");
    assert!(all.contains("[github-pat:") && all.contains(long.trim_end()), "{all}");
    let head = &target.values(&format!("head/{ID}"))[0]["body"];
    assert!(head["secrets"]["github-pat"].as_u64().unwrap() >= 6, "{head}");
    assert_eq!(head["title"], "use [masked]", "readers of logs mask titles");
}

#[test]
fn a_secret_that_cannot_be_replaced_keeps_its_thread_back() {
    let ground = Ground::new();
    let key = key();
    let input = json!({"command": "ls", "env": {key.clone(): 1}});
    let lines = [prompt(1, "first"), call_with(2, "t1", &input), prompt(3, "second")];
    ground.log(ID, &lines[..2]);
    let mut target = Target::default();
    let push = |target: &mut Target| {
        let unsent = ground.run_with(target, &Request::default()).unsent;
        unsent.iter().map(|one| format!("{} {}", one.source, one.rule)).collect::<Vec<_>>()
    };
    assert_eq!(push(&mut target), Vec::<String>::new());
    assert!(!target.all().contains(&key), "in the names of an input");
    let before = target.values(&format!("talk/{ID}/main"));
    // A number is no text: it cannot be replaced.
    let rule = r#"
        [[rules]]
        id = "turns"
        regex = "\"turn\":2"
        [rules.cs]
        tier = "definite"
    "#;
    std::fs::write(ground.store.home.redact_rules(), rule).unwrap();
    ground.log(ID, &lines);
    assert_eq!(push(&mut target), [format!("talk/{ID}/main turns")]);
    assert_eq!(target.values(&format!("talk/{ID}/main")), before);
    let mut other = Target::default();
    assert_eq!(push(&mut other), [format!("talk/{ID}/main turns")]);
    assert_eq!(other.names(), [format!("head/{ID}")]);
}

#[test]
fn what_a_person_keeps_is_sent() {
    let ground = Ground::new();
    let (key, said) = (key(), format!("an example: {}", key()));
    ground.log(ID, &[prompt(1, &said)]);
    let fields = [("text", said.as_str().into())];
    let own = redaction::Key::of_store(&ground.store.home).unwrap();
    for target in marks::targets(&own, &entry(1), &fields, Some("text"), &Extent::Whole).unwrap() {
        let reason = Some("an example".to_string());
        ground.mark(ID, NewMark { op: Op::Keep, target, with: None, reason, of: None });
    }
    let mut target = Target::default();
    let scanned = ground.run_with(&mut target, &Request::default());
    assert!(scanned.unsent.is_empty(), "{scanned:?}");
    let talk = target.values(&format!("talk/{ID}/main"));
    let prompt = talk.iter().find(|row| row["kind"] == "prompt").unwrap();
    assert!(prompt["body"]["text"].as_str().unwrap().contains(&key), "{talk:?}");
}

#[test]
fn where_a_prompt_was_said_stays_unless_it_repeats_what_was_redacted_in_it() {
    let ground = Ground::new();
    let of_jane = prompt(3, "then to another").replace("\"main\"", "\"for-jane-roe\"");
    ground.log(ID, &[prompt(1, "write to Jane Roe"), answer(2, "done"), of_jane]);
    ground.redact(ID, &entry(1), "write to Jane Roe", "Jane Roe");
    let mut target = Target::default();
    ground.run_with(&mut target, &Request::default());
    let talk = target.values(&format!("talk/{ID}/main"));
    let places: Vec<_> = talk.iter().filter(|row| row["kind"] == "context").map(|row| &row["body"]).collect();
    let is_shown = places[0]["cwd"].as_str().unwrap().starts_with("/home/[user:") && places[0]["branch"] == "main";
    assert!(is_shown, "as in the head: {places:?}");
    assert!(!target.all().contains("jane-roe") && !target.all().contains("Jane Roe"), "{}", target.all());
}

#[test]
fn what_was_redacted_in_a_part_is_in_no_field_of_it() {
    let ground = Ground::new();
    let input = json!({"command": "mail Jane", "description": "write to Jane", "file_path": "/home/dev/Jane.txt"});
    ground.log(ID, &[prompt(1, "go"), call_with(2, "t1", &input)]);
    ground.redact(ID, &entry(2), "mail Jane", "Jane");
    let mut target = Target::default();
    ground.run_with(&mut target, &Request::default());
    let talk = target.values(&format!("talk/{ID}/main"));
    let call = talk.iter().find(|row| row["kind"] == "call").unwrap();
    assert!(!call.to_string().contains("Jane"), "{call}");
    assert!(call["body"]["command"].as_str().unwrap().starts_with("mail ["), "{call}");
    assert_eq!((&call["body"]["input"], &call["body"]["purpose"]), (&json!("[withheld]"), &json!("[withheld]")));
}
