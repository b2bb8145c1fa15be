//! Payloads of an unexpected form: keys after megabytes of text, prompts that are not text, fields that are missing or
//! of another type. If the conversation can be identified, the event is recorded.

use std::io::Write;

use cs_tests::replay::{Stage, check_store};
use serde_json::{Value, json};

use super::input::{Ended, fed};
use super::{TIMEOUT, UUID, contents, log, payload, prompt, send_silently, stage};

const MIB: usize = 1 << 20;

/// A text that is generated while it is sent, because a program's measured memory includes that of the test that starts
/// it.
struct Long<'a>(&'a str, String, usize, &'a str);

/// Sends a payload in this order: a large value, `more`, then the common fields.
fn send_last(stage: &Stage, program: &str, event: &str, key: &str, value: &Long, more: &Value) -> Ended {
    let (more, common) = (more.to_string(), payload(stage, UUID, event, json!({})).to_string());
    let Long(head, piece, times, tail) = value;
    let ended = fed(stage, program, |mut pipe| {
        let mut written = pipe.write_all(format!("{{\"{key}\":{head}").as_bytes());
        for _ in 0..*times {
            written = written.and_then(|()| pipe.write_all(piece.as_bytes()));
        }
        let rest = format!("{tail},{},{}", more.trim_matches(['{', '}']), common.trim_start_matches('{'));
        let _ = written.and_then(|()| pipe.write_all(rest.as_bytes()));
    });
    let place = format!("{head}{}…", piece.chars().take(20).collect::<String>());
    assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""), "{place}");
    assert!(ended.peak < 64 * 1024, "{place}: {} KiB", ended.peak);
    assert!(ended.took < TIMEOUT, "{place}: {:?}", ended.took);
    ended
}

#[test]
fn keys_after_megabytes_of_text_are_found() {
    let edit = json!({"tool_name": "Edit", "tool_input": {"old_string": "y".repeat(MIB / 4), "file_path": "a.txt"}});
    for answer in [
        Long("{\"stdout\":\"", "line\\n".repeat(10_000), 50, "\"}"),
        Long("\"", "é\\\"\\\\\\u0001\u{1f511}".repeat(5_000), 40, "\""),
        Long("{\"lines\":[", "{\"lines\":[\"+a\",\"-b\"],\"n\":1},".repeat(1_000), 200, "0]}"),
        Long("[", "0,".repeat(10_000), 200, "[]]"),
        Long("[", "[".repeat(10_000), 0, "]"),
        Long("\"", "\\ud83d".repeat(10_000), 60, "\""),
        Long("{\"file\":{\"content\":\"", "x".repeat(100_000), 400, "\"}}"),
    ] {
        let stage = stage();
        send_last(&stage, "cs-hook", "PostToolUse", "tool_response", &answer, &edit);
        assert_eq!(log(&stage), "", "{}", answer.0);
        assert_eq!(stage.record_of(UUID).expect("it is there")["files_changed"], json!(["a.txt"]), "{}", answer.0);
        check_store(&stage.sandbox);
    }
    // The same in the call itself: the file's name comes after its content.
    let stage = stage();
    let content = Long("{\"content\":\"", "x\\n".repeat(10_000), 100, "\",\"file_path\":\"b.txt\"}");
    send_last(&stage, "cs-hook", "PostToolUse", "tool_input", &content, &json!({"tool_name": "Write"}));
    assert_eq!(stage.record_of(UUID).expect("it is there")["files_changed"], json!(["b.txt"]));
}

#[test]
fn lists_nested_to_any_depth_are_read() {
    let stage = stage();
    let depth = 2 * MIB;
    let answer = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}});
    let answer = Long("", answer, 1, "");
    send_last(&stage, "cs-hook", "PostToolUse", "tool_response", &answer, &edit);
    assert_eq!(
        (stage.record_of(UUID).expect("it is there")["files_changed"].clone(), log(&stage)),
        (json!(["a.txt"]), String::new())
    );
}

#[test]
fn a_prompt_and_an_answer_of_megabytes_come_before_their_keys() {
    let stage = Stage::new();
    for (n, text) in [
        Long("\"", "do it ".repeat(1_000), 1_000, "\""),
        Long("\"do it\\n", "\\ud83d\u{1f511}".repeat(1_000), 500, "\""),
        Long("[{\"text\":\"do it", " and that".repeat(1_000), 1_000, "\"}]"),
    ]
    .iter()
    .enumerate()
    {
        let id = json!({"prompt_id": n.to_string()});
        send_last(&stage, "cs-hook", "UserPromptSubmit", "prompt", text, &id);
        let record = stage.record_of(UUID).expect("a session");
        assert!(record["current_activity"].as_str().is_some_and(|text| text.starts_with("do it")), "{record}");
        send_last(&stage, "cs-heartbeat", "Stop", "last_assistant_message", text, &json!({"stop_hook_active": false}));
        let live = stage.live(UUID).expect("it has a live file");
        assert!(live["state"] == "idle" && live["last_message"].as_str().is_some_and(|text| text.starts_with("do it")));
        assert_eq!(log(&stage), "");
    }
}

#[test]
fn an_event_that_is_too_large_is_logged() {
    let stage = stage();
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}});
    let before = contents(&stage);
    let endless = Long("\"", "x".repeat(MIB), 70, "\"");
    send_last(&stage, "cs-hook", "PostToolUse", "tool_response", &endless, &edit);
    assert!(log(&stage).contains("too large") && log(&stage).contains("lost"), "{}", log(&stage));
    assert!(contents(&stage) == before);
}

#[test]
fn a_prompt_that_is_not_text_still_makes_a_session() {
    let nothing = "conversation in repo";
    let blocks = json!([{"type": "image", "source": {"data": "x"}}, {"type": "text", "text": "fix the login"}]);
    for (value, intent) in [
        (Some(json!("")), nothing),
        (Some(json!(" \n\t ")), nothing),
        (Some(json!("\u{0}\u{1b}\u{200b}")), "\u{200b}"),
        (Some(json!(null)), nothing),
        (Some(json!(true)), nothing),
        (Some(json!([])), nothing),
        (Some(json!({})), nothing),
        (Some(json!([{"type": "image"}])), nothing),
        (Some(json!(42)), "42"),
        (Some(blocks), "fix the login"),
        (Some(json!(["fix", "the login"])), "fix"),
        (Some(json!({"type": "text", "text": "fix the login"})), "fix the login"),
        (None, nothing),
    ] {
        let stage = Stage::new();
        let shown = format!("{value:?}");
        let more = value.map_or(json!({}), |value| json!({"prompt": value}));
        send_silently(&stage, 60, UUID, "UserPromptSubmit", more);
        let record = stage.record_of(UUID).unwrap_or_else(|| panic!("no session: {shown}"));
        assert_eq!((&record["intent"], &record["status"]), (&json!(intent), &json!("active")), "{shown}");
        assert_eq!(record["worktree_root"], json!(stage.repository("repo")), "{shown}");
        assert_eq!(log(&stage), "", "{shown}");
        prompt(&stage, 120, UUID, "and now?");
        assert_eq!(stage.record_of(UUID).expect("one session")["current_activity"], "and now?", "{shown}");
        check_store(&stage.sandbox);
    }
}

/// Tries payloads without one of the keys, or with something else in its place.
#[test]
fn a_payload_is_recorded_if_its_conversation_can_be_identified() {
    let log_of = |uuid: &str| json!(format!("/home/dev/.claude/projects/-home-dev-repo/{uuid}.jsonl"));
    let odd =
        [json!(null), json!(7), json!(""), json!([]), json!({"a": 1}), json!(true), json!("unknown"), json!(1e300)];
    let absent = [None].into_iter().chain(odd.into_iter().map(Some));
    for value in absent {
        for key in ["session_id", "cwd", "transcript_path", "model", "prompt_id", "permission_mode"] {
            let stage = Stage::new();
            let mut payload = payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "do it"}));
            payload["transcript_path"] = log_of(UUID);
            match &value {
                Some(value) => payload[key] = value.clone(),
                None => drop(payload.as_object_mut().expect("an object").remove(key)),
            }
            super::check_quiet(&super::send(&stage, 60, &payload), key);
            let record = stage.record_of(UUID).unwrap_or_else(|| panic!("no session: {payload}"));
            // Hooks start in the directory of the conversation.
            let here = key != "cwd" || record["worktree_root"].as_str().is_some_and(|root| root.starts_with('/'));
            assert!(record["intent"] == "do it" && here, "{payload}: {record}");
            assert_eq!(log(&stage), "");
        }
    }
}

#[test]
fn an_event_that_cannot_be_identified_is_logged() {
    let stage = stage();
    let before = contents(&stage);
    for (key, value) in [
        ("hook_event_name", json!(null)),
        ("hook_event_name", json!(["Stop"])),
        ("hook_event_name", json!("x".repeat(300))),
        ("session_id", json!(null)),
        ("session_id", json!("../../etc/passwd")),
    ] {
        let mut payload =
            payload(&stage, UUID, "UserPromptSubmit", json!({"prompt": "do it", "transcript_path": null}));
        payload[key] = value;
        let noted = log(&stage).lines().count();
        let ended = fed(&stage, "cs-hook", |mut pipe| drop(pipe.write_all(payload.to_string().as_bytes())));
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        let log = log(&stage);
        assert_eq!(log.lines().count(), noted + 1, "{log}");
        assert!(log.lines().last().is_some_and(|line| line.contains(key) && line.contains("lost")), "{key}: {log}");
        assert!(contents(&stage) == before);
    }
}

#[test]
fn a_truncated_payload_does_not_change_the_directory() {
    let stage = stage();
    let cwd = stage.live(UUID).expect("it has a live file")["cwd"].clone();
    let whole = format!("{{\"session_id\":\"{UUID}\",\"hook_event_name\":\"Stop\",\"cwd\":{cwd}}}");
    for cut in [whole.len() - 3, whole.len() - 12] {
        let ended = fed(&stage, "cs-heartbeat", |mut pipe| drop(pipe.write_all(&whole.as_bytes()[..cut])));
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        let live = stage.live(UUID).expect("it has a live file");
        assert_eq!((&live["cwd"], &live["state"]), (&cwd, &json!("idle")));
    }
    assert_eq!(log(&stage).matches("ended early").count(), 2, "{}", log(&stage));
}

#[test]
fn an_empty_agent_id_is_not_a_subagent() {
    let stage = stage();
    for (n, value) in [json!(""), json!(" "), json!(null), json!([])].into_iter().enumerate() {
        let text = format!("prompt {n}");
        send_silently(&stage, 120 + n as u64, UUID, "UserPromptSubmit", json!({"prompt": text, "agent_id": value}));
        assert_eq!(stage.record_of(UUID).expect("it is there")["current_activity"], text.as_str());
    }
}
