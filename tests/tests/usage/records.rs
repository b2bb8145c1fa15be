//! Each record shows its share of the usage of its conversation.

use super::*;

#[test]
fn records_show_the_usage_of_their_conversation() {
    let sandbox = Sandbox::new();
    put(&sandbox, &transcript(1), &ANSWER.line());
    let create = ["create", "--project", "api", "--intent", "x", "--claude-session", &id(1), "-q"];
    let session = stdout(&sandbox.cs("cs-session", &create)).trim().to_owned();
    let show = |args: &[&str]| stdout(&sandbox.cs("cs-session", &[&["show", &session], args].concat()));
    assert!(!show(&[]).contains("usage"), "not yet");
    usage(&sandbox, &["keep"]);
    let shown: Value = serde_json::from_str(&show(&[])).unwrap();
    let used = &shown["usage"];
    assert_eq!((kinds(used), &used["turns"], &used["messages"]), ([100, 10, 0, 0], &0.into(), &1.into()));
    assert_eq!((&used["cost_usd"], &used["models"]["claude-opus-5-5"]["total_tokens"]), (&0.0006.into(), &110.into()));
    assert!(
        show(&["--table"]).contains("usage        <$0.01 at list prices, 110 tokens, 0 turns, 1 message\n"),
        "{}",
        show(&["--table"])
    );
    assert!(used.get("rows").is_none() && used.get("keys").is_none());
    fs::write(sandbox.data().join(format!("usage/{}.json", id(1))), "{").unwrap();
    let output = sandbox.cs("cs-session", &["show", &session]);
    assert_eq!((status(&output), stdout(&output).contains(&session)), (65, true), "the record is still shown");
}

#[test]
fn intents_and_outcomes_are_shown_beside_the_cost() {
    let sandbox = Sandbox::new();
    let late = Answer { message: "msg_2", request: "req_2", at: "2026-11-20T15:00:00Z", ..ANSWER }.line();
    put(&sandbox, &transcript(1), &(ANSWER.line() + &late));
    let alone = Answer { session: 2, message: "msg_3", request: "req_3", ..ANSWER };
    put(&sandbox, &transcript(2), &alone.line());
    let script = format!(
        "CS_NOW=2026-11-20T09:00:00Z cs-session create --project api --intent first --claude-session {0} -q >one
         cs-task add - --subject a -q <one; cs-task add - --subject b -q <one
         cs-session commit $(cat one) --sha abcd123 -q; cs-session complete - --outcome done -q <one
         CS_NOW=2026-11-20T14:00:00Z cs-session create --project api --intent second --claude-session {0} -q",
        id(1)
    );
    assert_eq!(status(&sandbox.sh(&script)), 0);
    let lines = usage(&sandbox, &["session", "--join"]);
    let of = |intent: &str| lines.iter().find(|line| line["intent"] == intent).unwrap_or_else(|| panic!("{lines:?}"));
    let first = of("first");
    assert_eq!((kinds(first), &first["outcome"], &first["commits"]), ([100, 10, 0, 0], &"done".into(), &1.into()));
    assert_eq!((&first["tasks_done"], &first["tasks"], &first["project_slug"]), (&0.into(), &2.into(), &"api".into()));
    assert_eq!((kinds(of("second")), &of("second")["outcome"]), ([100, 10, 0, 0], &Value::Null));
    let without = lines.iter().find(|line| line["session_id"].is_null()).unwrap();
    assert_eq!((&without["claude_session_id"], &without["intent"]), (&id(2).into(), &Value::Null));
    assert_eq!(lines.len(), 3);
}

#[test]
fn records_of_one_conversation_share_its_usage_by_time() {
    let sandbox = Sandbox::new();
    let prompt = |n: u8, at: &str| {
        format!(
            "{{\"type\":\"user\",\"uuid\":\"u{n}\",\"sessionId\":\"{}\",\"timestamp\":\"{at}\",\"message\":{{\"role\":\"user\",\"content\":\"x\"}}}}\n",
            id(1)
        )
    };
    let late = Answer { message: "msg_2", request: "req_2", at: "2026-11-20T15:00:00Z", kinds: [7, 0, 0, 0], ..ANSWER };
    let text =
        [prompt(1, "2026-11-20T08:00:00Z"), prompt(2, "2026-11-20T14:30:00Z"), prompt(3, "2026-11-20T14:31:00Z")];
    put(&sandbox, &transcript(1), &(text.concat() + &ANSWER.line() + &late.line()));
    let create = |at: &str| {
        // The conversation continued after its session ended.
        let create = format!(
            "cs-session list --status active -q | cs-session complete - --outcome done -q >/dev/null
             CS_NOW={at} cs-session create --project api --intent x --claude-session {} -q",
            id(1)
        );
        stdout(&sandbox.sh(&create)).trim().to_owned()
    };
    let used = |session: &str| -> Value {
        let shown: Value = serde_json::from_str(&stdout(&sandbox.cs("cs-session", &["show", session]))).unwrap();
        shown["usage"].clone()
    };
    let says = |session: &str| {
        let used = used(session);
        (kinds(&used), used["turns"].as_u64().unwrap(), used["messages"].as_u64().unwrap())
    };
    let first = create("2026-11-20T09:00:00Z");
    usage(&sandbox, &["keep"]);
    assert_eq!(says(&first), ([107, 10, 0, 0], 3, 2), "one has everything");
    let second = create("2026-11-20T14:00:00Z");
    let third = create("2026-11-20T16:00:00Z");
    assert_eq!(says(&second), ([107, 10, 0, 0], 3, 2), "not divided yet");
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 1, "only the shares are new");
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0);
    let divided = || {
        assert_eq!([says(&first), says(&second)], [([100, 10, 0, 0], 1, 1), ([7, 0, 0, 0], 2, 1)]);
        assert_eq!((says(&third), used(&third)["first_at"].clone()), (([0; 4], 0, 0), Value::Null));
    };
    divided();
    assert!(used(&first)["kept_at"].is_string() && used(&first).get("records").is_none());
    for line in usage(&sandbox, &["session", "--join"]) {
        assert_eq!(kinds(&line), says(line["session_id"].as_str().unwrap()).0, "as in the report");
    }
    let whole = sandbox.json(&format!("usage/{}.json", id(1)));
    assert_eq!((&whole["turns"], kinds(&whole)), (&3.into(), [107, 10, 0, 0]));
    let exported = stdout(&sandbox.cs("cs-export", &[&first, "--format", "json"]));
    assert!(!exported.contains("107"), "{exported}");
    let fourth = create("2026-11-20T17:00:00Z");
    assert_eq!(used(&fourth), Value::Null, "nothing is known about it yet");
    fs::remove_dir_all(sandbox.home().join(".claude/projects")).unwrap();
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 1, "also without the log");
    divided();
    assert_eq!(says(&fourth), ([0; 4], 0, 0));
}
