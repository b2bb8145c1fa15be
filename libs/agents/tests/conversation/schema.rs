//! Holds every line that any recording gives against `docs/conversation.schema.json`, and the examples of
//! `docs/CONVERSATION.md`.

use crate::checker::wrong;
use crate::support::{parsed, recordings, shown};
use agents::part::{End, Head, PartKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn docs(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&docs("conversation.schema.json")).unwrap()
}

#[test]
fn every_line_of_every_recording_fits_the_schema() {
    let schema = schema();
    for recording in recordings() {
        for part in parsed(&shown(recording.agent, &recording.bytes, &recording.thread, "c")) {
            assert_eq!(wrong(&schema, &schema, &part), None, "{}: {part}", recording.name);
        }
    }
}

#[test]
fn the_first_and_the_last_line_fit_the_schema() {
    let (schema, mut out) = (schema(), Vec::new());
    let ids = ["sess_1".to_string()];
    let bare = Head { conversation: "c", agent: "codex", source: "live", ..Head::default() };
    bare.write_json(false, &mut out);
    let text = Some("x");
    let head = Head {
        client: text,
        project: text,
        cwd: text,
        branch: text,
        title: text,
        started_at: text,
        forked_from: text,
        parent: text,
        session_ids: &ids,
        ..bare
    };
    head.write_json(true, &mut out);
    End { ends: "killed", ..End::default() }.write_json("c", &mut out);
    for line in parsed(&out) {
        assert_eq!(wrong(&schema, &schema, &line), None, "{line}");
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = schema();
    let good =
        json!({"v":1,"kind":"answer","conversation":"c","entry":"a#0","seq":0,"turn":1,"thread":"main","text":"x"});
    let with = |name: &str, value: Value| {
        let mut bad = good.clone();
        bad[name] = value;
        wrong(&schema, &schema, &bad)
    };
    assert_eq!(wrong(&schema, &schema, &good), None);
    assert_eq!(with("v", json!(2)).as_deref(), Some("answer: v: 2 is not 1"));
    assert_eq!(with("new", json!(1)).as_deref(), Some("answer: new is not known"));
    assert_eq!(with("kind", json!("call")).unwrap(), "call: text is not known");
    assert!(with("seq", json!(-1)).is_some() && with("text", json!(null)).is_some());
}

#[test]
fn the_schema_the_contract_and_the_program_know_the_same_kinds() {
    let kinds: BTreeSet<&str> = PartKind::ALL.into_iter().map(PartKind::word).collect();
    let schema = schema();
    assert_eq!(schema["$defs"].as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), kinds);
    let contract = docs("CONVERSATION.md");
    let examples: Vec<Value> =
        contract.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: BTreeSet<&str> = examples.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(shown, kinds, "each kind has an example");
    for example in &examples {
        assert_eq!(wrong(&schema, &schema, example), None, "{example}");
    }
    // Each field of the schema is explained.
    for (kind, rule) in schema["$defs"].as_object().unwrap() {
        for field in rule["properties"].as_object().unwrap().keys() {
            assert!(contract.contains(&format!("`{field}`")), "{kind}: {field} is not in the contract");
        }
    }
}
