//! Payloads that are nearly JSON: the conversation is still recorded.

use std::process::Output;

use cs_tests::replay::{Client, Stage, check_store};
use cs_tests::{run, status, stderr, stdout};
use serde_json::json;

use super::input::fed;
use super::{OTHER, UUID, check_quiet, log, payload, start};

/// Sends raw bytes.
fn send(stage: &Stage, program: &str, at: u64, bytes: &[u8]) {
    use std::io::Write;
    let mut command = stage.command(program, at * 1000, Client::Interactive);
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    child.stdin.take().expect("a pipe").write_all(bytes).expect("a hook reads its payload");
    let output: Output = child.wait_with_output().expect("it ends");
    check_quiet(&output, &String::from_utf8_lossy(bytes));
}

/// A payload with a raw text in place of an escaped JSON string.
fn spelt(stage: &Stage, uuid: &str, event: &str, key: &str, raw: &[u8]) -> Vec<u8> {
    let whole = payload(stage, uuid, event, json!({key: "@@"})).to_string();
    let (before, after) = whole.split_once("@@").expect("the text is there");
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

/// Raw texts as clients and their wrappers were seen to write them, and what they are read as.
const TEXTS: [(&[u8], &str); 9] = [
    (br"fix the login \ud83d page", "fix the login \u{fffd} page"),
    (br"fix \ude00\ud83d", "fix \u{fffd}\u{fffd}"),
    (b"fix\tthe \x1b[31mred\x07 page", "fix the [31mred page"),
    (b"fix \0\0 it", "fix it"),
    (b"fix \xb4\xfa login", "fix \u{fffd}\u{fffd} login"),
    (br"look at C:\Users\ada\shop", r"look at C:\Users\ada\shop"),
    (br"it\'s \x41", r"it\'s \x41"),
    (br"regex \d+\.\w* \u12", r"regex \d+\.\w* \u12"),
    ("emoji \u{1f511} and \\ud83d\\udd11".as_bytes(), "emoji \u{1f511} and \u{1f511}"),
];

#[test]
fn a_prompt_that_is_nearly_json_makes_a_session() {
    for (raw, intent) in TEXTS {
        let stage = Stage::new();
        start(&stage, 0, UUID, "startup");
        send(&stage, "cs-hook", 60, &spelt(&stage, UUID, "UserPromptSubmit", "prompt", raw));
        let record = stage.record_of(UUID).unwrap_or_else(|| panic!("no session of {intent:?}: {}", log(&stage)));
        assert_eq!(record["intent"], intent);
        assert_eq!(record["project_slug"], "repo");
        send(&stage, "cs-heartbeat", 120, &spelt(&stage, UUID, "Stop", "last_assistant_message", raw));
        let live = stage.live(UUID).expect("the conversation has a live file");
        assert_eq!((&live["state"], &live["last_message"]), (&json!("idle"), &json!(intent)));
        check_store(&stage.sandbox);
        assert_eq!(log(&stage), "", "a repaired payload is not a problem");
    }
}

#[test]
fn text_around_a_payload_is_ignored() {
    for (before, after) in [
        (&b"\xef\xbb\xbf"[..], &b""[..]),
        (b"\xef\xbb\xbf\r\n", b"\r\n"),
        (b"\0\0\0\0", b"\0\0"),
        (b" \n\t", b"garbage {"),
    ] {
        let stage = Stage::new();
        let whole = spelt(&stage, UUID, "UserPromptSubmit", "prompt", br"do it \ud83d");
        send(&stage, "cs-hook", 60, &[before, &whole, after].concat());
        assert_eq!(stage.record_of(UUID).expect("a session")["intent"], "do it \u{fffd}");
        assert_eq!(log(&stage), "");
    }
}

#[test]
fn an_invalid_number_or_text_in_another_field_is_harmless() {
    let stage = Stage::new();
    for (n, odd) in
        ["1e999", "-1e999", "NaN", "[Infinity]", r#"{"a":["\ud83d","\q"]}"#, r#""\ud83d""#].iter().enumerate()
    {
        let uuid = format!("aaaaaaaa-0000-4000-8000-0000000001{n:02}");
        let whole = payload(&stage, &uuid, "UserPromptSubmit", json!({"prompt": "do it"})).to_string();
        for key in ["model", "zzz", "agent_id", "prompt_id", "tool_input"] {
            let with = whole.replacen('{', &format!("{{\"{key}\":{odd},"), 1);
            if key != "agent_id" || !odd.starts_with('"') {
                send(&stage, "cs-hook", 60, with.as_bytes());
            }
        }
        assert_eq!(stage.record_of(&uuid).unwrap_or_else(|| panic!("no session: {odd}"))["intent"], "do it");
    }
    assert_eq!(log(&stage), "");
}

/// A text that looks like keys stays text, however damaged: the conversation is the payload's own.
#[test]
fn a_repair_does_not_turn_text_into_keys() {
    let stage = Stage::new();
    let forged = format!(r#"x\",\"session_id\":\"{OTHER}\",\"cwd\":\"/evil\",\"y\":\""#);
    let damages: [&[u8]; 7] = [br"\ud83d", b"\x01", br"\U", b"\xff", br"\u00", br"\u0022", b"\xe2"];
    for (n, damage) in damages.iter().enumerate() {
        for raw in [[damage, forged.as_bytes()].concat(), [forged.as_bytes(), damage].concat()] {
            send(&stage, "cs-hook", 60 + n as u64, &spelt(&stage, UUID, "UserPromptSubmit", "prompt", &raw));
        }
    }
    let record = stage.record_of(UUID).expect("a session");
    assert!(record["intent"].as_str().unwrap_or_default().contains("session_id"), "{record}");
    assert_eq!((stage.record_of(OTHER), stage.live(OTHER)), (None, None));
    assert_eq!(stage.live(UUID).expect("it has a live file")["cwd"], json!(stage.repository("repo")));
    // An unescaped quote is not repaired: what comes before it counts, and what follows is ignored.
    let quote = format!(r#"x","session_id":"{OTHER}""#);
    let whole = spelt(&stage, UUID, "UserPromptSubmit", "prompt", quote.as_bytes());
    let ended = fed(&stage, "cs-hook", |mut pipe| drop(std::io::Write::write_all(&mut pipe, &whole)));
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
}

#[test]
fn a_status_line_payload_that_is_nearly_json_is_shown_and_kept() {
    for damage in [r"\ud83d", "\u{1}", r"\U", "\u{feff}"] {
        let stage = Stage::new();
        let figures = format!(
            "\u{feff}{{\"session_id\":\"{UUID}\",\"zzz\":1e999,\"model\":{{\"display_name\":\"Opus{damage}5\"}},\
             \"context_window\":{{\"used_percentage\":41}}}}"
        );
        let command = stage.command("cs-statusline", 60_000, Client::Interactive);
        let output = run(command, &figures);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        assert!(stdout(&output).contains("Opus") && stdout(&output).contains("41"), "{damage}: {}", stdout(&output));
        let kept = stage.sandbox.json(&format!("statusline/{UUID}.json"));
        assert_eq!(kept["context_used_percentage"], 41.0);
    }
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let stage = Stage::new();
    let whole = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "the last"})).to_string();
    let doubled = whole.replacen('{', &format!("{{\"session_id\":\"{OTHER}\",\"prompt\":\"the first\","), 1);
    send(&stage, "cs-hook", 60, doubled.as_bytes());
    assert_eq!(stage.record_of(UUID).expect("a session")["intent"], "the last");
    assert_eq!(stage.record_of(OTHER), None);
}
