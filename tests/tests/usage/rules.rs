//! "Counted once" in `docs/USAGE.md`: a test for every rule, in its order.

use super::*;

const ONCE: [u64; 4] = [100, 10, 0, 0];

#[test]
fn the_lines_of_a_message_are_one_call_and_the_most_complete_counts() {
    let first = Answer { kinds: [100, 1, 5, 0], ..ANSWER };
    let last = Answer { kinds: [100, 10, 5, 0], ..ANSWER };
    assert_eq!(total(&home(&[first.clone(), first.clone(), last.clone()])), [100, 10, 5, 0]);
    assert_eq!(total(&home(&[last, first])), [100, 10, 5, 0], "in any order");
}

#[test]
fn a_message_in_two_sessions_is_one_call() {
    let copy = Answer { session: 2, ..ANSWER };
    let sandbox = home(&[ANSWER, copy]);
    assert_eq!(total(&sandbox), ONCE);
    assert_eq!(usage(&sandbox, &["session"]).len(), 1);
}

#[test]
fn a_marked_copy_does_not_count_and_its_original_does() {
    for (original, copy) in [(1, 2), (2, 1)] {
        let mark = format!("\"forkedFrom\":{{\"sessionId\":\"{}\"}},", id(original));
        let copied = Answer { session: copy, more: &mark, ..ANSWER };
        let sandbox = home(&[Answer { session: original, ..ANSWER }, copied]);
        let sessions = usage(&sandbox, &["session"]);
        assert_eq!((sessions.len(), &sessions[0]["session_id"]), (1, &id(original).into()));
    }
}

#[test]
fn a_replay_in_a_side_chain_is_not_a_call() {
    let replay = Answer { request: "req_2", more: "\"isSidechain\":true,", kinds: [100, 12, 0, 0], ..ANSWER };
    let sandbox = home(&[replay.clone(), ANSWER]);
    assert_eq!(total(&sandbox), [100, 12, 0, 0], "the most complete counts");
    let sandbox = home(&[ANSWER, replay]);
    assert_eq!(total(&sandbox), [100, 12, 0, 0]);
    let call = usage(&sandbox, &["explain", &id(1)]).into_iter().find(|line| line["kind"] == "call").unwrap();
    assert_eq!(call["side_chain"], false, "the conversation takes precedence over its side chain");
    // In a separate file, too.
    let sandbox = home(&[ANSWER]);
    let replay = Answer { request: "req_2", more: "\"isSidechain\":true,", ..ANSWER }.line();
    put(&sandbox, &format!(".claude/projects/-home-dev-repo/{}/subagents/agent-a1.jsonl", id(1)), &replay);
    assert_eq!(total(&sandbox), ONCE);
}

#[test]
fn a_message_with_two_requests_is_two_calls() {
    assert_eq!(total(&home(&[ANSWER, Answer { request: "req_2", ..ANSWER }])), [200, 20, 0, 0]);
}

#[test]
fn without_a_request_id_the_message_id_decides() {
    assert_eq!(total(&home(&[ANSWER, Answer { request: "", ..ANSWER }])), ONCE);
    assert_eq!(total(&home(&[Answer { request: "", ..ANSWER }, ANSWER])), ONCE);
}

#[test]
fn the_clients_own_request_name_precedes_all_other_ids() {
    let named = |name: &'static str| Answer { more: name, ..ANSWER };
    let (one, two) = (named("\"requestRef\":\"r1\","), named("\"requestRef\":\"r2\","));
    assert_eq!(total(&home(&[one.clone(), two.clone()])), [200, 20, 0, 0]);
    assert_eq!(total(&home(&[one.clone(), one.clone()])), ONCE);
    let elsewhere = Answer { session: 2, ..two };
    assert_eq!(total(&home(&[one, elsewhere])), [200, 20, 0, 0]);
}

#[test]
fn without_a_message_id_the_lines_own_id_decides() {
    let line = Answer { message: "", request: "", more: "\"uuid\":\"u1\",", ..ANSWER };
    assert_eq!(total(&home(&[line.clone(), Answer { session: 2, ..line.clone() }])), ONCE);
    assert_eq!(total(&home(&[line.clone(), Answer { more: "\"uuid\":\"u2\",", ..line }])), [200, 20, 0, 0]);
}

#[test]
fn without_any_id_every_line_counts() {
    let line = Answer { message: "", request: "", ..ANSWER };
    assert_eq!(total(&home(&[line.clone(), line.clone()])), [200, 20, 0, 0]);
    assert_eq!(total(&home(&[line.clone(), Answer { session: 2, ..line }])), [200, 20, 0, 0]);
}

#[test]
fn lines_not_written_by_a_model_are_not_counted() {
    let made_up = Answer { message: "msg_2", model: "<synthetic>", ..ANSWER };
    let sandbox = home(&[ANSWER, made_up]);
    assert_eq!(total(&sandbox), ONCE);
    let reported = usage(&sandbox, &["explain", &id(1)]);
    let line = reported.iter().find(|line| line["kind"] == "line").unwrap();
    assert_eq!((&line["fate"], &line["message_id"], &line["line"]), (&"synthetic".into(), &"msg_2".into(), &2.into()));
    assert_eq!((&reported[0]["calls"], &reported[0]["synthetic"]), (&1.into(), &1.into()));
    let page = stdout(&sandbox.cs("cs-usage", &["explain", &id(1), "--table"]));
    assert!(page.contains("<synthetic>") && page.contains(" 0 dropped; 1 that no model gave\n"), "{page}");
    // The client notes an agent's usage with its result; the agent's own transcript has it, too.
    let sandbox = home(&[ANSWER]);
    let result = "{\"type\":\"user\",\"sessionId\":\"x\",\"toolUseResult\":{\"usage\":{\"input_tokens\":7}},\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}}\n";
    put(&sandbox, &transcript(2), result);
    assert_eq!(total(&sandbox), ONCE);
}

#[test]
fn a_file_in_two_places_counts_once() {
    let sandbox = home(&[ANSWER]);
    let other = put(&sandbox, ".config/claude/projects/-home-dev-repo/copy.jsonl", &ANSWER.line());
    assert_eq!(total(&sandbox), ONCE, "a copy");
    fs::remove_file(&other).unwrap();
    fs::hard_link(sandbox.home().join(transcript(1)), &other).unwrap();
    assert_eq!(total(&sandbox), ONCE, "another name");
}

#[test]
fn folders_can_be_named_by_several_variables() {
    let sandbox = home(&[ANSWER]);
    let second = Answer { session: 2, message: "msg_2", request: "req_2", ..ANSWER }.line();
    put(&sandbox, ".config/claude/projects/p/x.jsonl", &second);
    assert_eq!(total(&sandbox), [200, 20, 0, 0], "both of the client's own folders");
    let third = Answer { session: 3, message: "msg_3", request: "req_3", ..ANSWER }.line();
    put(&sandbox, "elsewhere/projects/p/y.jsonl", &third);
    let dirs = format!("{0}/elsewhere, {0}/.claude,", sandbox.home().display());
    let sandbox = sandbox.with("CLAUDE_CONFIG_DIR", dirs);
    assert_eq!(total(&sandbox), [200, 20, 0, 0], "a list replaces them");
}

#[test]
fn broken_lines_are_counted_and_skipped() {
    let sandbox = Sandbox::new();
    let huge = format!("{{\"type\":\"user\",\"x\":\"{}\"}}\n", "y".repeat(9 << 20));
    let text = format!(
        "not json \"usage\"\n{}\n\n{huge}{{\"type\":\"assistant\",\"message\":{{\"usage\":{{\"input_tokens\":-5}}}}}}\n{}{}",
        "\u{0}\u{1}",
        ANSWER.line(),
        "{\"type\":\"assistant\",\"message\":{\"usage\":{\"inp"
    );
    put(&sandbox, &transcript(1), &text);
    assert_eq!(total(&sandbox), ONCE);
    let note = "cs-usage: note: 2 lines cannot be understood; cs-usage explain shows where they are\n";
    assert_eq!(stderr(&sandbox.cs("cs-usage", &["daily"])), note);
    assert_eq!(stderr(&sandbox.cs("cs-usage", &["keep"])), "", "not every hour");
    let log = usage(&sandbox, &["explain", &id(1)]).into_iter().find(|line| line["kind"] == "log").unwrap();
    assert_eq!((&log["broken"], &log["too_long"], &log["lines"]), (&2.into(), &1.into(), &6.into()), "{log}");
    assert_eq!((&log["broken_lines"], &log["too_long_lines"]), (&vec![1, 5].into(), &vec![4].into()), "{log}");
    let page = stdout(&sandbox.cs("cs-usage", &["explain", &id(1), "--table"]));
    assert!(page.contains(": 6 lines, 2 broken (lines 1, 5), 1 too long (lines 4)\n"), "{page}");
}

#[test]
fn an_odd_field_affects_only_itself() {
    let line = ANSWER.line();
    for (of, odd) in [
        ("\"requestId\":\"req_1\"", "\"requestId\":7"),
        ("\"id\":\"msg_1\"", "\"id\":71"),
        ("\"input_tokens\":100", "\"input_tokens\":100.0"),
        ("\"input_tokens\":100", "\"input_tokens\":\"100\""),
        ("\"2026-11-20T10:00:00.000Z\"", "1795168800"),
        ("\"2026-11-20T10:00:00.000Z\"", "1795168800000"),
        ("\"usage\":{", "\"usage\":{\"server_tool_use\":{\"web_search_requests\":-1},"),
        ("\"usage\":{", "\"usage\":{\"server_tool_use\":[],\"cache_creation\":\"no\",\"speed\":{\"a\":1},"),
        ("\"cache_read_input_tokens\":0", "\"cache_read_input_tokens\":-5"),
        ("{\"type\"", "{\"isSidechain\":\"no\",\"costUSD\":\"?\",\"uuid\":[1,{}],\"origin\":7,\"aiTitle\":{},\"type\""),
        ("\"cwd\":\"/home/dev/repo\"", "\"cwd\":null"),
    ] {
        assert!(line.contains(of), "{of}");
        let sandbox = Sandbox::new();
        let odd = line.replacen(of, odd, 1);
        put(&sandbox, &transcript(1), &(odd.clone() + &odd));
        let output = sandbox.cs("cs-usage", &["daily"]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{odd}");
        let day: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((kinds(&day), &day["date"], &day["messages"]), (ONCE, &"2026-11-20".into(), &1.into()), "{odd}");
        assert_eq!(day["cost_usd"], 0.0006, "{odd}");
    }
    let count = |total: &str| {
        format!(
            "{{\"timestamp\":1795168800.5,\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"turn_id\":7,\"item\":[],\"info\":{{\"total_token_usage\":{{\"input_tokens\":{total},\"total_tokens\":{total}}}}}}}}}\n"
        )
    };
    let sandbox = Sandbox::new();
    put(&sandbox, ".codex/sessions/rollout-1.jsonl", &(count("1000.0") + &count("\"1500\"")));
    assert_eq!(total(&sandbox), [1500, 0, 0, 0]);
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let line = ANSWER.line();
    let sandbox = Sandbox::new();
    let path = put(&sandbox, &transcript(1), line.trim_end());
    assert_eq!(total(&sandbox), ONCE);
    fs::write(&path, &line).unwrap();
    assert_eq!(total(&sandbox), ONCE, "and gets it later");
    let nameless = Answer { message: "", request: "", ..ANSWER }.line();
    fs::write(&path, nameless.trim_end()).unwrap();
    assert_eq!(total(&sandbox), ONCE);
    fs::write(&path, &nameless).unwrap();
    assert_eq!(total(&sandbox), ONCE, "also if nothing names it");
}

#[test]
fn the_cost_in_an_old_line_is_used() {
    let sandbox = home(&[Answer { more: "\"costUSD\":1.5,", ..ANSWER }]);
    assert_eq!(usage(&sandbox, &["daily"])[0]["cost_usd"], 1.5);
}

#[test]
fn junk_before_a_record_is_not_part_of_it() {
    let (one, two) = (ANSWER.line(), Answer { message: "msg_2", ..ANSWER }.line());
    let hole = "\0".repeat(5_000_000);
    for before in ["\u{feff}", "\0\0\0", "\0\u{feff}\0", " \t\u{feff} ", &hole] {
        for (end, last) in [("\n", "\n"), ("\r\n", "\r\n"), ("\n", ""), ("\0\0\n", "\0\0")] {
            let sandbox = Sandbox::new();
            let text = format!("{before}{}{end}{before}{}{last}", one.trim_end(), two.trim_end());
            put(&sandbox, &transcript(1), &text);
            let what = (before.len(), end, last);
            assert_eq!(total(&sandbox), [200, 20, 0, 0], "{what:?}");
            let reported = usage(&sandbox, &["explain", &id(1)]);
            let log = reported.iter().find(|line| line["kind"] == "log").unwrap();
            assert_eq!(
                (&log["broken"], &log["repaired"], &log["too_long"]),
                (&0.into(), &0.into(), &0.into()),
                "{what:?}"
            );
        }
    }
    let count = "{\"timestamp\":\"2026-11-20T10:00:00Z\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"input_tokens\":7}}}}\n";
    let sandbox = Sandbox::new();
    put(&sandbox, ".codex/sessions/rollout-1.jsonl", &format!("{}{count}", "\0".repeat(900)));
    assert_eq!(total(&sandbox)[0], 7);
}

#[test]
fn a_line_torn_by_a_power_failure_affects_only_itself() {
    let (one, two) = (ANSWER.line(), Answer { message: "msg_2", ..ANSWER }.line());
    let zeros = "\0".repeat(700);
    for (text, sum, counts) in [
        // The end of the file was lost, and the client continued after it.
        (format!("{}{zeros}{two}", &one[..90]), ONCE, [1, 1, 0]),
        (format!("{}{zeros}{two}", one.trim_end()), [200, 20, 0, 0], [1, 0, 1]),
        (format!("{one}{zeros}{two}"), [200, 20, 0, 0], [2, 0, 0]),
        // Inside a text.
        (one.replace("/home/dev", "/home/\0\0dev"), ONCE, [1, 0, 1]),
        (one.replace("/home/dev", "/home/\\ud83d"), ONCE, [1, 0, 1]),
    ] {
        let sandbox = Sandbox::new();
        put(&sandbox, &transcript(1), &text);
        assert_eq!(total(&sandbox), sum, "{text:?}");
        let reported = usage(&sandbox, &["explain", &id(1)]);
        let log = reported.iter().find(|line| line["kind"] == "log").unwrap();
        let counted = ["lines", "broken", "repaired"].map(|name| log[name].as_u64().unwrap());
        assert_eq!(counted, counts, "{text:?}");
        let lines = if counts[2] == 1 { serde_json::json!([1]) } else { serde_json::json!([]) };
        assert_eq!(log["repaired_lines"], lines, "{text:?}");
        let page = stdout(&sandbox.cs("cs-usage", &["explain", &id(1), "--table"]));
        assert_eq!(page.contains("1 repaired (lines 1)"), counts[2] == 1, "{page}");
    }
}

#[test]
fn a_cost_of_zero_is_unknown() {
    let cost = |said: &str| {
        let sandbox = home(&[Answer { kinds: [1_000_000, 0, 0, 0], model: "claude-opus-5", more: said, ..ANSWER }]);
        let before = usage(&sandbox, &["daily"])[0]["cost_usd"].clone();
        usage(&sandbox, &["keep"]);
        fs::remove_dir_all(sandbox.home().join(".claude/projects")).unwrap();
        assert_eq!(usage(&sandbox, &["daily"])[0]["cost_usd"], before, "kept");
        before
    };
    for (said, dollars) in [
        ("", 5.0),
        ("\"costUSD\":null,", 5.0),
        ("\"costUSD\":0,", 5.0),
        ("\"costUSD\":0.0,", 5.0),
        ("\"costUSD\":\"0\",", 5.0),
        ("\"costUSD\":-1,", 5.0),
        ("\"costUSD\":0.25,", 0.25),
        ("\"costUSD\":\"0.25\",", 0.25),
    ] {
        assert_eq!(cost(said), dollars, "{said}");
    }
}

/// A summary of an older version, which believed a cost of zero and did not know calls inside an answer.
#[test]
fn summaries_of_older_versions_still_count() {
    let sandbox = Sandbox::new();
    let key = format!("{:016x}", cs_core::id::fnv1a(b"msg_1"));
    let summary = |class: u8| {
        let id = id(1);
        format!(
            "{{\"claude_session_id\":\"{id}\",\"agent\":\"claude-code\",\"dir\":\"/home/dev/shop/.claude/worktrees/a\",\"rows\":[[1795168800000,1795168800000,\"claude-opus-5\",{class},1,0,[1000000,0,0,0,0],0]],\"keys\":\"{key}\",\"messages\":1,\"total_tokens\":1000000}}"
        )
    };
    for class in [0, 4, 8, 16, 48] {
        put(&sandbox, &format!(".claude/dashboard/usage/{}.json", id(1)), &summary(class));
        let day = usage(&sandbox, &["daily"])[0].clone();
        assert_eq!((&day["input_tokens"], &day["cost_usd"]), (&1_000_000.into(), &5.0.into()), "{class}");
        assert_eq!(usage(&sandbox, &["project"])[0]["project"], "/home/dev/shop");
    }
}

#[test]
fn unconfirmed_prices_are_marked() {
    let long =
        |read: u64| Answer { model: "claude-opus-4-6", at: "2026-03-01T10:00:00Z", kinds: [0, 0, 0, read], ..ANSWER };
    let sandbox = home(&[long(300_000), Answer { message: "msg_2", at: "2026-03-01T11:00:00Z", ..long(100_000) }]);
    let day = usage(&sandbox, &["daily"])[0].clone();
    // 300,000 × $1 and 100,000 × $0.50, a million.
    assert_eq!((&day["cost_usd"], &day["unconfirmed_tokens"]), (&0.35.into(), &300_000.into()));
    let page = stdout(&sandbox.cs("cs-usage", &["daily", "--table"]));
    assert!(page.contains("~$0.35"), "{page}");
    let reported = usage(&sandbox, &["explain", &id(1)]);
    let confirmed: Vec<&Value> =
        reported.iter().filter(|l| l["kind"] == "call").map(|l| &l["cost_confirmed"]).collect();
    assert_eq!(confirmed, [false, true]);
    let csv = sandbox.cs("cs-usage", &["daily", "--csv"]);
    assert!(stderr(&csv).contains("confirms the price of 300,000 tokens"), "{}", stderr(&csv));
    usage(&sandbox, &["keep"]);
    assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["unconfirmed_tokens"], 300_000);
    let sandbox = home(&[ANSWER]);
    assert_eq!(usage(&sandbox, &["daily"])[0].get("unconfirmed_tokens"), None);
}

#[test]
fn a_service_tier_has_its_price_or_none() {
    for (word, tier, dollars) in [
        ("\"standard\"", "standard", Some(5.0)),
        ("null", "standard", Some(5.0)),
        ("7", "other", None),
        ("\"batch\"", "batch", Some(2.5)),
        ("\"priority\"", "priority", None),
        ("\"flex\"", "other", None),
    ] {
        let answer = Answer { kinds: [1_000_000, 0, 0, 0], model: "claude-opus-5", ..ANSWER };
        let line = answer.line().replace("\"usage\":{", &format!("\"usage\":{{\"service_tier\":{word},"));
        let sandbox = Sandbox::new();
        put(&sandbox, &transcript(1), &line);
        let day = usage(&sandbox, &["daily"])[0].clone();
        assert_eq!(day["cost_usd"], serde_json::json!(dollars), "{word}");
        let unpriced = if dollars.is_none() { serde_json::json!(1_000_000) } else { Value::Null };
        assert_eq!(day["unpriced_tokens"], unpriced, "{word}");
        let reported = usage(&sandbox, &["explain", &id(1)]);
        assert_eq!(reported.iter().find(|line| line["kind"] == "call").unwrap()["service_tier"], tier, "{word}");
    }
}
