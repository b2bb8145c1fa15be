//! The record of a session names the last line of the log of tools when its conversation ended, so that record and log
//! vouch for each other.

use std::fs;

use cs_tests::replay::{Stage, check_store};
use serde_json::{Value, json};

use super::{UUID, end, prompt, send_silently, stage, start};

fn head(seq: u64) -> Value {
    json!({"file": "2026-11-21.jsonl", "seq": seq, "hash": format!("{seq:064x}")})
}

fn write(stage: &Stage, text: &str) {
    let folder = stage.sandbox.data().join("audit");
    fs::create_dir_all(&folder).expect("the data directory can be written");
    fs::write(folder.join("head.json"), text).expect("the data directory can be written");
}

fn named(stage: &Stage) -> Value {
    stage.record_of(UUID).expect("the session is there")["audit_head"].clone()
}

#[test]
fn the_end_of_a_conversation_names_the_last_line_of_the_log() {
    let stage = stage();
    assert_eq!(named(&stage), Value::Null);
    // How many lines were left out since is not the record's.
    let mut full = head(7);
    full["dropped"] = json!(3);
    write(&stage, &full.to_string());
    end(&stage, 60, UUID);
    assert_eq!(named(&stage), head(7));
    // It goes on, and ends once more.
    write(&stage, &head(12).to_string());
    start(&stage, 70, UUID, "resume");
    prompt(&stage, 71, UUID, "one more thing");
    assert_eq!(named(&stage), head(7));
    end(&stage, 80, UUID);
    assert_eq!(named(&stage), head(12));
    check_store(&stage.sandbox);
}

#[test]
fn a_session_that_a_person_ended_names_the_line_as_well() {
    let stage = stage();
    write(&stage, &head(7).to_string());
    let id = stage.record_of(UUID).expect("it is there")["session_id"].as_str().expect("an id").to_owned();
    assert!(stage.sandbox.cs("cs-session", &["complete", &id, "-q"]).status.success());
    end(&stage, 60, UUID);
    assert_eq!(named(&stage), head(7));
}

#[test]
fn a_head_that_names_no_line_is_not_believed() {
    for text in ["", "{", "null", "[]", r#"{"file":"a","seq":0,"hash":""}"#, r#"{"file":"../x","seq":1,"hash":"00"}"#] {
        let stage = stage();
        write(&stage, text);
        end(&stage, 60, UUID);
        assert_eq!(named(&stage), Value::Null, "{text}");
    }
    let stage = stage();
    let mut foreign = head(3);
    foreign["file"] = json!("/etc/passwd \u{1b}[2J");
    write(&stage, &foreign.to_string());
    send_silently(&stage, 50, UUID, "Stop", json!({}));
    end(&stage, 60, UUID);
    assert_eq!(named(&stage), Value::Null);
}
