//! Recordings of the real clients, with totals computed by hand.
//!
//! Every answer of the scripted server to Claude Code has 120 tokens of input, 2000 written to the cache for five
//! minutes, 8000 read from it and 40 of output, so a call costs 12,880 millionths of a dollar with Opus 5.5 and
//! 6,440 with Sonnet 5.5. To Codex, answer r has 6000 + 700 r tokens of input and 40 + 7 r of output.

use super::*;
use cs_tests::entries;

/// A home with the recorded transcripts where the client writes them.
fn home(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in names {
        let text = fs::read_to_string(fixture(&format!("claude-code/transcripts/{name}.jsonl"))).unwrap();
        let session = session_of(&text);
        let folder = format!(".claude/projects/-home-dev-repo/{session}");
        put(&sandbox, &format!("{folder}.jsonl"), &text);
        let agents = fixture(&format!("claude-code/transcripts/{name}.subagents"));
        for agent in agents.is_dir().then(|| entries(&agents)).into_iter().flatten() {
            let file = agent.file_name().unwrap().to_str().unwrap();
            put(&sandbox, &format!("{folder}/subagents/{file}"), &fs::read_to_string(&agent).unwrap());
        }
    }
    sandbox
}

fn session_of(text: &str) -> String {
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    first["sessionId"].as_str().unwrap().to_owned()
}

/// A home with the recorded rollouts where Codex writes them.
fn codex_home(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (n, name) in names.iter().enumerate() {
        let text = fs::read_to_string(fixture(&format!("codex/rollouts/{name}.jsonl"))).unwrap();
        let meta: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let thread = meta["payload"]["id"].as_str().unwrap();
        let day = if n % 2 == 0 { "sessions/2026/11/21" } else { "archived_sessions" };
        put(&sandbox, &format!(".codex/{day}/rollout-2026-11-21T05-00-00-{thread}.jsonl"), &text);
    }
    sandbox
}

fn calls(n: u64) -> [u64; 4] {
    [120 * n, 40 * n, 2000 * n, 8000 * n]
}

#[test]
fn a_printed_session_with_a_subagent_has_the_known_totals() {
    // 12 calls of its own (16 lines, three of which repeat), 2 of the subagent (3 lines).
    let sandbox = home(&["print-tour"]);
    let sessions = usage(&sandbox, &["session"]);
    assert_eq!(sessions.len(), 1);
    assert_eq!((kinds(&sessions[0]), &sessions[0]["messages"]), (calls(14), &14.into()));
    assert_eq!(sessions[0]["turns"], 1);
    // The figures that the client itself printed.
    let reported: Value = serde_json::from_slice(&fs::read(fixture("claude-code/print-result.json")).unwrap()).unwrap();
    assert_eq!(sessions[0]["cost_usd"], reported["total_cost_usd"]);
    assert_eq!(sessions[0]["cost_usd"], 0.18032);
    let explained = usage(&sandbox, &["explain", "1efc27bb"]);
    assert_eq!(explained[0]["usage_lines"], 19);
    let side = explained.iter().filter(|line| line["side_chain"] == true).count();
    assert_eq!(side, 2);
    let check = explained.iter().find(|line| line["kind"] == "check").unwrap();
    assert_eq!((&check["model"], &check["difference"]), (&"claude-opus-5-5".into(), &0.into()));
    assert_eq!(check["counted_usd"], check["client_usd"]);
}

#[test]
fn a_printed_session_of_an_older_client_has_the_known_totals() {
    let lines = usage(&home(&["print-tour.2.1.197"]), &["model"]);
    assert_eq!((lines.len(), &lines[0]["model"]), (1, &"claude-opus-4-8".into()));
    assert_eq!(kinds(&lines[0]), calls(14));
    // 14 × (120 × $5 + 40 × $25 + 2000 × $6.25 + 8000 × $0.50) / 1,000,000
    assert_eq!(lines[0]["cost_usd"], 0.2534);
}

#[test]
fn a_long_session_with_interrupts_a_resume_and_two_models_has_the_known_totals() {
    // 34 calls of its own with Opus, 4 of two subagents, 9 with Sonnet; in one of these an interrupt came after the
    // first token of output. The scripted server restarted its numbers during the session, so ids repeat: only
    // `requestRef`, the client's own name for a request, distinguishes those calls.
    let sandbox = home(&["interactive"]);
    let models = usage(&sandbox, &["model"]);
    let [input, output, written, read] = calls(9);
    assert_eq!(kinds(&models[0]), calls(38));
    assert_eq!(kinds(&models[1]), [input, output - 39, written, read]);
    let session = &usage(&sandbox, &["session"])[0];
    assert_eq!((&session["turns"], &session["title"]), (&17.into(), &"my-session".into()));
    // Two calls and the rest of the interrupted answer are in no line.
    let explained = usage(&sandbox, &["explain", "3c93296d"]);
    let checks: Vec<_> = explained.iter().filter(|line| line["kind"] == "check").collect();
    assert_eq!(checks.iter().map(|line| line["difference"].as_i64().unwrap()).collect::<Vec<_>>(), [20_320, 199]);
}

#[test]
fn cleared_interrupted_and_killed_sessions_have_the_known_totals() {
    let sandbox = home(&["after-clear", "interrupt", "sigkill"]);
    let sessions = usage(&sandbox, &["session"]);
    assert_eq!(sessions.len(), 3);
    for session in &sessions {
        assert_eq!((kinds(session), &session["turns"]), (calls(1), &1.into()), "{session}");
    }
    let cost = |id: &str| {
        sessions.iter().find(|s| s["session_id"].as_str().unwrap().starts_with(id)).unwrap()["cost_usd"].clone()
    };
    assert_eq!(
        (cost("fb4fdde9"), cost("cbd44839"), cost("4a05118b")),
        (0.00644.into(), 0.01288.into(), 0.01288.into())
    );
}

#[test]
fn a_fork_does_not_cost_twice() {
    let sandbox = home(&["print-tour"]);
    let parent = fs::read_to_string(fixture("claude-code/transcripts/print-tour.jsonl")).unwrap();
    let old = session_of(&parent);
    let mark = format!("{{\"forkedFrom\":{{\"sessionId\":\"{old}\",\"messageUuid\":\"x\"}},");
    let copied: String = parent
        .lines()
        .take(40)
        .map(|line| format!("{}\n", line.replace(&old, &id(9)).replacen('{', &mark, 1)))
        .collect();
    let own = Answer { session: 9, message: "msg_own", request: "req_own", at: "2026-11-21T05:00:00Z", ..ANSWER };
    put(&sandbox, &transcript(9), &(copied + &own.line()));
    let sessions = usage(&sandbox, &["session"]);
    let of = |id: &str| kinds(sessions.iter().find(|session| session["session_id"] == id).unwrap());
    assert_eq!((of(&old), of(&id(9))), (calls(14), [100, 10, 0, 0]));
    let explained = usage(&sandbox, &["explain", &id(9)]);
    let repeats = explained.iter().filter(|line| line["fate"] == format!("repeats {old}").as_str()).count();
    assert_eq!((repeats, &explained[0]["dropped"]), (4, &4.into()), "{}", explained[0]);
}

#[test]
fn days_are_local() {
    if !knows_zones() {
        return;
    }
    // At 03:54 UTC it is still the day before in New York.
    let sandbox = home(&["print-tour"]);
    assert_eq!(usage(&sandbox, &["daily"])[0]["date"], "2026-11-21");
    assert_eq!(usage(&sandbox, &["daily", "--timezone", "America/New_York"])[0]["date"], "2026-11-20");
    let sandbox = sandbox.with("TZ", "America/New_York");
    assert_eq!(usage(&sandbox, &["daily"])[0]["date"], "2026-11-20");
    assert_eq!(usage(&sandbox, &["weekly"])[0]["week"], "2026-11-16");
    assert_eq!(usage(&sandbox, &["monthly"])[0]["month"], "2026-11");
    assert_eq!(usage(&sandbox, &["daily", "--since", "2026-11-20", "--until", "2026-11-21"]).len(), 1);
    let nothing = sandbox.cs("cs-usage", &["daily", "--since", "2026-11-21"]);
    assert_eq!(status(&nothing), 1, "{}", stderr(&nothing));
}

#[test]
fn days_with_a_clock_change_have_23_or_25_hours() {
    // Central Europe, by its rule: forward on 29 March, back on 25 October 2026.
    let moments = [
        ("2026-03-28T22:59:59Z", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T21:59:59Z", "2026-10-24"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),
        ("2026-10-25T00:30:00Z", "2026-10-25"),
        ("2026-10-25T01:30:00Z", "2026-10-25"),
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
    ];
    let answer = |n: usize| Answer { message: &format!("msg_{n}"), request: "", at: moments[n].0, ..ANSWER }.line();
    let sandbox = Sandbox::new();
    put(&sandbox, &transcript(1), &(0..moments.len()).map(answer).collect::<String>());
    let daily = |more: &[&str]| -> Vec<(String, u64)> {
        let lines = usage(&sandbox, &[&["daily", "--timezone", "CET-1CEST,M3.5.0,M10.5.0/3"], more].concat());
        lines.iter().map(|line| (line["date"].as_str().unwrap().into(), line["messages"].as_u64().unwrap())).collect()
    };
    let mut expected: Vec<(String, u64)> = Vec::new();
    for (_, day) in moments {
        match expected.last_mut().filter(|(last, _)| last == day) {
            Some((_, count)) => *count += 1,
            None => expected.push((day.to_string(), 1)),
        }
    }
    assert_eq!(daily(&[]), expected);
    assert_eq!(daily(&["--since", "2026-10-25", "--until", "2026-10-25"]), [("2026-10-25".into(), 4)]);
    assert_eq!(daily(&["--since", "2026-03-29", "--until", "2026-03-29"]), [("2026-03-29".into(), 2)]);
}

/// Totals with cached input counted separately, as Codex does: input, output, total.
fn codex(names: &[&str]) -> Vec<(String, [u64; 3])> {
    let sandbox = codex_home(names);
    let sum = |line: &Value| {
        let [input, output, written, read] = kinds(line);
        [input + written + read, output, line["total_tokens"].as_u64().unwrap()]
    };
    let lines = usage(&sandbox, &["session"]);
    lines.iter().map(|line| (line["session_id"].as_str().unwrap()[..13].to_owned(), sum(line))).collect()
}

/// Answers 0 to `n` - 1 of one thread.
fn answers(n: u64) -> [u64; 3] {
    let (input, output) = (0..n).fold((0, 0), |(input, output), r| (input + 6000 + 700 * r, output + 40 + 7 * r));
    [input, output, input + output]
}

#[test]
fn plain_tool_and_resumed_rollouts_have_the_known_totals() {
    assert_eq!(codex(&["plain"])[0].1, answers(1));
    assert_eq!(codex(&["tools"])[0].1, answers(17));
    assert_eq!(answers(17)[2], 198_832);
    assert_eq!(codex(&["resume"])[0].1, answers(2));
    // 0.42 writes every count twice; the sum of `last_token_usage` would be 380,312.
    assert_eq!(codex(&["0.42.0/tools"])[0].1, answers(17));
    assert_eq!(codex(&["0.117.0/resume"])[0].1, answers(2));
}

#[test]
fn interrupted_and_compacted_rollouts_have_the_known_totals() {
    let sandbox = codex_home(&["interrupt-text"]);
    let nothing = sandbox.cs("cs-usage", &["session"]);
    assert_eq!((status(&nothing), stdout(&nothing)), (1, String::new()), "it had no effect");
    assert_eq!(codex(&["interrupt-tool"])[0].1, answers(1));
    // "grow please" has 90000 and 30; the compaction is answer 1, what comes after it 0 again.
    assert_eq!(codex(&["compact"])[0].1, [90_000 + 6_700 + 6_000, 30 + 47 + 40, 102_817]);
}

#[test]
fn forked_rollouts_begin_where_their_parents_end() {
    // The child's counter ends at 12,787; 6,040 of it are its parent's.
    let both = codex(&["fork-parent", "fork-child"]);
    assert_eq!(both, [("01a1fc80-3c11".to_owned(), answers(1)), ("01a1fc80-3d51".to_owned(), [6700, 47, 6747])]);
    assert_eq!(codex(&["fork-child"])[0].1, [6700, 47, 6747], "also without its parent");
    // Older clients copy the parent's lines with new timestamps.
    let both = codex(&["0.145.0/tui.2", "0.145.0/tui-fork"]);
    assert_eq!(both, [("01a1fc81-bf2b".to_owned(), answers(1)), ("01a1fc81-fb24".to_owned(), [6700, 47, 6747])]);
    assert_eq!(codex(&["0.145.0/tui-fork"])[0].1, [6700, 47, 6747]);
}

#[test]
fn subagents_belong_to_the_conversation_that_started_them() {
    // The parent answers three or more times; its subagent, which has its history, 0 and 1.
    for version in ["", "0.145.0/"] {
        let names = [format!("{version}subagent-v1-history"), format!("{version}subagent-v1-history.2")];
        let both = codex(&[&names[0], &names[1]]);
        let parent = codex(&[&names[0]]);
        assert_eq!((both.len(), &both[0].0), (1, &parent[0].0), "{version}");
        let child: Vec<u64> = (0..3).map(|n| both[0].1[n] - parent[0].1[n]).collect();
        assert_eq!(child, answers(2), "{version}");
    }
}

#[test]
fn a_model_without_a_price_has_an_unknown_cost_and_known_tokens() {
    let sandbox = Sandbox::new();
    let known = ANSWER.line();
    let unknown = Answer { message: "msg_2", request: "req_2", model: "claude-next", ..ANSWER }.line();
    put(&sandbox, &transcript(1), &(known + &unknown));
    let models = usage(&sandbox, &["model"]);
    assert_eq!((&models[0]["model"], &models[0]["cost_usd"]), (&"claude-next".into(), &Value::Null));
    assert_eq!(kinds(&models[0]), [100, 10, 0, 0]);
    let day = &usage(&sandbox, &["daily"])[0];
    assert_eq!((&day["cost_usd"], &day["unpriced_tokens"]), (&0.0006.into(), &110.into()), "{day}");
    let table = stdout(&sandbox.cs("cs-usage", &["daily", "--table"]));
    assert!(table.contains("$0.00 + unknown"), "{table}");
    put(
        &sandbox,
        ".claude/dashboard/config.json",
        r#"{"usage":{"prices":[{"model":"claude-next","input":1000,"output":0}]}}"#,
    );
    assert_eq!(usage(&sandbox, &["daily"])[0]["cost_usd"], 0.1006);
}
