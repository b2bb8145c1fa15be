use super::*;

#[test]
fn a_torn_payload_yields_the_values_before_the_tear() {
    let whole = r#"{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Write","tool_input":{"file_path":"/w/a","content":"long \u00e9\n text"},"tool_use_id":"x"}"#;
    for cut in whole.find("content").unwrap()..whole.len() {
        let payload = Payload::decode(&whole.as_bytes()[..cut]);
        assert_eq!(payload.files_changed(), ["/w/a"], "{cut}");
        assert_eq!(payload.session_id.as_deref(), Some("s"));
    }
    let prompt = r#"{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"fix the \"login\" page"#;
    assert!(Payload::decode(prompt.as_bytes()).prompt.unwrap().starts_with("fix the \"login\""));
}

#[test]
fn only_texts_for_people_are_taken_from_a_torn_value() {
    let whole = r#"{"transcript_path":"/l/x.jsonl","session_id":"s","cwd":"/home/dev/repo","tool_name":"Bash","tool_input":{"command":"git commit -m x","description":"y"},"error":"it broke"}"#;
    for cut in 1..whole.len() {
        let payload = Payload::decode(&whole.as_bytes()[..cut]);
        assert!(payload.is_torn, "{cut}");
        let input = &payload.input;
        for (value, expected) in [
            (&payload.cwd, "/home/dev/repo"),
            (&payload.transcript_path, "/l/x.jsonl"),
            (&payload.tool_name, "Bash"),
            (&input.command, "git commit -m x"),
        ] {
            assert!(value.as_deref().is_none_or(|value| value == expected), "{cut}: {value:?}");
        }
    }
    let cut = whole.find(" broke").unwrap();
    assert_eq!(Payload::decode(&whole.as_bytes()[..cut]).error.as_deref(), Some("it"));
}

#[test]
fn nearly_valid_json_is_repaired() {
    let told = |text: &[u8]| {
        let payload = Payload::decode(text);
        assert!(!payload.is_torn, "{}", String::from_utf8_lossy(text));
        (payload.prompt.unwrap_or_default(), payload.session_id.unwrap_or_default())
    };
    for (text, prompt) in [
        (&br#"{"prompt":"a \ud83d b","session_id":"s"}"#[..], "a \u{fffd} b"),
        (b"\xef\xbb\xbf{\"prompt\":\"a\tb\nc\0\",\"session_id\":\"s\"}", "a\tb\nc\0"),
        (br#"{"prompt":"C:\Users","session_id":"s"}"#, "C:\\Users"),
        (b"{\"prompt\":\"\xb4\xfa\",\"session_id\":\"s\"}", "\u{fffd}\u{fffd}"),
        (br#"{"cwd":1e999,"prompt":"x","session_id":"s"}"#, "x"),
        (br#"{"x":[1e999,"\ud83d"],"y":NaN,"prompt":"x","session_id":"s"}"#, "x"),
        (br#"{"session_id":"r","prompt":"w","prompt":"x","session_id":"s"}"#, "x"),
    ] {
        assert_eq!(told(text), (prompt.to_string(), "s".to_string()), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn texts_may_be_in_blocks() {
    let prompt = |value: &str| Payload::decode(format!("{{\"prompt\":{value}}}").as_bytes()).prompt;
    let blocks = r#"[{"type":"text","text":"fix"},{"type":"image","source":{"text":"no"}},"it",7,null,{"text":[1]}]"#;
    assert_eq!(prompt(blocks).as_deref(), Some("fix\nit"));
    assert_eq!(prompt(r#"{"type":"text","text":"fix"}"#).as_deref(), Some("fix"));
    assert_eq!(prompt("7").as_deref(), Some("7"));
    for nothing in ["null", "[]", "{}", "true", "[[\"x\"]]", "[{\"type\":\"image\"}]"] {
        assert_eq!(prompt(nothing), None, "{nothing}");
    }
}

#[test]
fn a_conversation_is_identified_by_its_log_too() {
    let uuid = |text: &str| Payload::decode(text.as_bytes()).uuid().map(|uuid| uuid.to_string());
    let id = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
    let known = Some(id.to_string());
    assert_eq!(uuid(&format!(r#"{{"session_id":"{}"}}"#, id.to_uppercase())), known);
    for session_id in ["", "\"session_id\":null,", "\"session_id\":7,", "\"session_id\":\"unknown\","] {
        assert_eq!(uuid(&format!(r#"{{{session_id}"transcript_path":"/p/-w/{id}.jsonl"}}"#)), known, "{session_id}");
    }
    assert_eq!(uuid(&format!(r#"{{"transcript_path":"/r/rollout-2026-11-21T10-00-00-{id}.jsonl"}}"#)), known);
    for path in ["", ".jsonl", "/p/agent-1234.jsonl", "/é/-f68f-47d0-bb52-fc872cee82d8.jsonl", id] {
        assert_eq!(uuid(&format!(r#"{{"transcript_path":"{path}"}}"#)), None, "{path}");
    }
}

#[test]
fn wrong_types_are_ignored() {
    let odd = r#"{"session_id":7,"cwd":null,"hook_event_name":"Stop","tool_input":["x"],"tool_response":"text","background_tasks":{"a":1},"prompt":{"a":[1,{"b":2}]},"zzz":1}"#;
    let payload = Payload::decode(odd.as_bytes());
    assert_eq!(
        (payload.event_name.as_deref(), payload.prompt, payload.background_tasks),
        (Some("Stop"), None, Some(0))
    );
    for junk in ["", "x", "[]", "{", "null", "{\"a\"", "\u{0}"] {
        assert_eq!(Payload::decode(junk.as_bytes()).uuid(), None);
    }
}

#[test]
fn patches_name_their_files() {
    let patch =
        "*** Begin Patch\n*** Add File: a.txt\n+x\n*** Update File: b c.txt\n*** Move to: d.txt\n*** End Patch\n";
    assert_eq!(patch_files(patch), ["a.txt", "b c.txt", "d.txt"]);
}

#[test]
fn a_failure_is_described_in_words() {
    let nested = r#"{"error": {"message": "scripted failure", "param": null}}"#;
    let wrapped = serde_json::json!({"message": nested, "codex_error_info": "other"}).to_string();
    for (told, words) in [
        ("usage limit", "usage limit"),
        (nested, "scripted failure"),
        (&wrapped, "scripted failure"),
        (r#"{"error":"down"}"#, "down"),
        (r#"{"code":7}"#, r#"{"code":7}"#),
        ("{", "{"),
        ("", ""),
    ] {
        assert_eq!(failure(told), words);
    }
    let deep = format!("{}1{}", "{\"error\":".repeat(100), "}".repeat(100));
    assert!(!failure(&deep).is_empty());
}

#[test]
fn scheduled_prompts_are_decoded() {
    let stop = br#"{"hook_event_name":"Stop","session_crons":[{"id":"x","schedule":"* * * * *","recurring":true,"prompt":"again"}]}"#;
    let payload = Payload::decode(stop);
    assert_eq!(payload.crons, [Cron { schedule: "* * * * *".into(), prompt: "again".into() }]);
    assert_eq!(payload.background_tasks, None);
    assert_eq!(Payload::decode(br#"{"session_crons":7}"#).crons, []);
}

#[test]
fn a_command_is_a_text_or_a_list_of_words() {
    for (input, line) in [
        (r#"{"command":"git reset --hard"}"#, Some("git reset --hard")),
        (r#"{"command":["git","reset","--hard"]}"#, Some("git reset --hard")),
        (r#"{"command":["bash","-lc","rm -rf x | wc"]}"#, Some("rm -rf x | wc")),
        (r#"{"command":["rm","a b"]}"#, Some("rm 'a b'")),
        (r#"{"cmd":"ls"}"#, Some("ls")),
        (r#"{"cmd":"x","command":"ls"}"#, Some("ls")),
        (r#"{"command":"ls","cmd":["x"]}"#, Some("ls")),
        (r#"{"command":["rm",{"a":[1]},"x"]}"#, None),
        (r#"{"command":[]}"#, None),
        (r#"{"command":{"a":"b"}}"#, None),
        (r#"{"command":["rm","x"#, None),
    ] {
        let payload = Payload::decode(format!(r#"{{"tool_name":"shell","tool_input":{input}}}"#).as_bytes());
        assert_eq!(payload.command_line(), line, "{input}");
    }
}
