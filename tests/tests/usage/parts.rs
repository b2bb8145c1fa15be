//! Calls inside an answer: `usage.iterations` contains what the sums at the top leave out. The expected totals are
//! computed by hand.

use super::*;

/// A line of an answer with these iterations in its usage.
fn with(answer: &Answer, iterations: &str) -> String {
    let line = answer.line();
    assert!(line.ends_with("}}}\n"), "{line}");
    format!("{},\"iterations\":[{iterations}]}}}}}}\n", line.trim_end_matches("}}}\n"))
}

/// An iteration: kind, model, input, output, cache written, cache read.
fn iteration(kind: &str, model: &str, [input, output, written, read]: [u64; 4]) -> String {
    let model = if model.is_empty() { String::new() } else { format!("\"model\":\"{model}\",") };
    format!(
        "{{\"type\":\"{kind}\",{model}\"input_tokens\":{input},\"output_tokens\":{output},\"cache_creation_input_tokens\":{written},\"cache_read_input_tokens\":{read}}}"
    )
}

fn list(iterations: &[String]) -> String {
    iterations.join(",")
}

/// A sandbox with a conversation of these lines.
fn of(lines: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    put(&sandbox, &transcript(1), lines);
    sandbox
}

/// The tokens by kind and the dollars of each model.
fn models(sandbox: &Sandbox) -> Vec<(String, [u64; 4], f64)> {
    let lines = usage(sandbox, &["model"]);
    let one = |line: &Value| (line["model"].as_str().unwrap().into(), kinds(line), line["cost_usd"].as_f64().unwrap());
    lines.iter().map(one).collect()
}

const SONNET: Answer<'static> =
    Answer { model: "claude-sonnet-5", at: "2026-11-20T10:00:00.000Z", kinds: [2, 400, 8000, 200_000], ..ANSWER };

/// Two calls of the model itself with one of the advisor between them.
fn advised() -> String {
    list(&[
        iteration("message", "", [1, 40, 7000, 100_000]),
        iteration("advisor_message", "claude-opus-5", [150_000, 7000, 0, 0]),
        iteration("message", "", [1, 360, 1000, 100_000]),
    ])
}

#[test]
fn the_advisor_is_a_separate_call() {
    // Two lines of one answer; the first was written before its end.
    let early = Answer { kinds: [2, 41, 8000, 200_000], ..SONNET };
    let sandbox = of(&(with(&early, &advised()) + &with(&SONNET, &advised())));
    // 150,000 × $5 + 7,000 × $25; 2 × $2 + 400 × $10 + 8,000 × $2.50 + 200,000 × $0.20, a million.
    let expected =
        [("claude-opus-5", [150_000, 7000, 0, 0], 0.925), ("claude-sonnet-5", [2, 400, 8000, 200_000], 0.064004)];
    let expected: Vec<_> = expected.map(|(model, kinds, cost)| (model.to_string(), kinds, cost)).into();
    assert_eq!(models(&sandbox), expected);
    assert_eq!(usage(&sandbox, &["daily"])[0]["messages"], 2);
    let reported = usage(&sandbox, &["explain", &id(1)]);
    let calls: Vec<(&Value, &Value, &Value)> = reported
        .iter()
        .filter(|line| line["kind"] == "call")
        .map(|line| (&line["message_id"], &line["part"], &line["lines"]))
        .collect();
    assert_eq!(
        calls,
        [(&"msg_1".into(), &"advisor_message 1".into(), &0.into()), (&"msg_1".into(), &Value::Null, &2.into())]
    );
    assert_eq!((&reported[0]["usage_lines"], &reported[0]["calls"]), (&2.into(), &2.into()));
    let page = stdout(&sandbox.cs("cs-usage", &["explain", &id(1), "--table"]));
    assert!(page.contains("msg_1 (advisor_message 1)"), "{page}");
}

#[test]
fn an_advisor_asked_twice_is_two_calls() {
    let twice = list(&[
        iteration("advisor_message", "claude-opus-5", [1000, 10, 0, 0]),
        iteration("message", "", [2, 400, 8000, 200_000]),
        iteration("advisor_message", "claude-opus-5", [2000, 20, 0, 0]),
    ]);
    // The first line contains only the first call.
    let once = list(&[iteration("advisor_message", "claude-opus-5", [1000, 10, 0, 0])]);
    let sandbox = of(&(with(&SONNET, &once) + &with(&SONNET, &twice)));
    assert_eq!(models(&sandbox)[0].1, [3000, 30, 0, 0]);
}

#[test]
fn an_unnamed_advisor_is_the_one_of_the_line() {
    let iterations = iteration("advisor_message", "", [150_000, 7000, 0, 0]);
    let answer = Answer { more: "\"advisorModel\":\"claude-opus-5\",", ..SONNET };
    assert_eq!(models(&of(&with(&answer, &iterations)))[0], ("claude-opus-5".into(), [150_000, 7000, 0, 0], 0.925));
}

#[test]
fn a_compaction_is_a_call_of_the_same_model() {
    let iterations =
        list(&[iteration("compaction", "", [180_000, 3500, 0, 0]), iteration("message", "", [23_000, 1000, 0, 0])]);
    let answer = Answer { model: "claude-opus-4-8", kinds: [23_000, 1000, 0, 0], ..ANSWER };
    // 203,000 × $5 + 4,500 × $25.
    let sandbox = of(&with(&answer, &iterations));
    assert_eq!(models(&sandbox), [("claude-opus-4-8".into(), [203_000, 4500, 0, 0], 1.1275)]);
    let parts: Vec<Value> = usage(&sandbox, &["explain", &id(1)])
        .iter()
        .map(|line| line["part"].clone())
        .filter(|p| !p.is_null())
        .collect();
    assert_eq!(parts, ["compaction 1"]);
}

#[test]
fn a_declined_attempt_costs_what_its_output_says() {
    let served = Answer { model: "claude-opus-4-8", kinds: [2, 1000, 0, 79_214], ..ANSWER };
    let fallback = iteration("fallback_message", "claude-opus-4-8", [2, 1000, 0, 79_214]);
    let tried = iteration("message", "claude-fable-5", [2, 500, 10_000, 70_000]);
    let sandbox = of(&with(&served, &list(&[tried, fallback.clone()])));
    // 2 × $10 + 500 × $50 + 10,000 × $12.50 + 70,000 × $1; 2 × $5 + 1,000 × $25 + 79,214 × $0.50.
    let expected =
        [("claude-fable-5", [2, 500, 10_000, 70_000], 0.22002), ("claude-opus-4-8", [2, 1000, 0, 79_214], 0.064617)];
    let expected: Vec<_> = expected.map(|(model, kinds, cost)| (model.to_string(), kinds, cost)).into();
    assert_eq!(models(&sandbox), expected);
    let silent = iteration("message", "claude-fable-5", [5000, 0, 0, 0]);
    let sandbox = of(&with(&served, &list(&[silent, fallback])));
    assert_eq!(models(&sandbox), expected[1..]);
}

#[test]
fn an_iteration_that_mirrors_the_answer_counts_once() {
    let served = Answer { model: "claude-opus-4-8", kinds: [2, 1000, 0, 79_214], ..ANSWER };
    for (kind, model) in [
        ("message", ""),
        ("message", "claude-opus-4-8"),
        ("message", "claude-opus-4-8-20260528"),
        ("message", "us.anthropic.claude-opus-4-8"),
        ("something_new", ""),
        ("fallback_message", "claude-opus-4-8"),
        // This model answered, although the line names the requested one.
        ("fallback_message", "claude-sonnet-5"),
    ] {
        let sandbox = of(&with(&served, &iteration(kind, model, served.kinds)));
        assert_eq!(total(&sandbox), served.kinds, "{kind} {model}");
    }
    for odd in [
        "",
        "null",
        "7,\"x\",[],{}",
        "{\"type\":7,\"model\":[],\"output_tokens\":5}",
        "{\"type\":\"message\",\"model\":\"\"}",
    ] {
        assert_eq!(total(&of(&with(&served, odd))), served.kinds, "{odd}");
    }
}

#[test]
fn copies_forks_and_summaries_count_inner_calls_once() {
    let mark = format!("\"forkedFrom\":{{\"sessionId\":\"{}\"}},", id(1));
    let sandbox = of(&with(&SONNET, &advised()));
    let copy = with(&Answer { session: 2, more: &mark, ..SONNET }, &advised());
    put(&sandbox, &transcript(2), &(copy + &Answer { session: 2, message: "msg_2", more: &mark, ..SONNET }.line()));
    let side = Answer { request: "req_9", more: "\"isSidechain\":true,", ..SONNET };
    put(
        &sandbox,
        &format!(".claude/projects/-home-dev-repo/{}/subagents/agent-a1.jsonl", id(1)),
        &with(&side, &advised()),
    );
    let all = [150_004, 7800, 16_000, 400_000];
    assert_eq!(total(&sandbox), all);
    let sessions = usage(&sandbox, &["session"]);
    let of_original = sessions.iter().find(|line| line["session_id"] == id(1)).unwrap();
    assert_eq!(kinds(of_original), [150_002, 7400, 8000, 200_000], "it belongs to the original");
    usage(&sandbox, &["keep"]);
    assert_eq!(total(&sandbox), all, "kept");
    fs::remove_file(sandbox.home().join(transcript(1))).unwrap();
    assert_eq!(total(&sandbox), all, "the fork has a copy");
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0, "nothing to do");
    fs::remove_dir_all(sandbox.home().join(".claude/projects")).unwrap();
    assert_eq!(total(&sandbox), all, "no logs");
    assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["messages"], 2);
}

#[test]
fn a_summary_without_inner_calls_is_corrected() {
    let sandbox = of(&SONNET.line());
    usage(&sandbox, &["keep"]);
    // The same line, which was there all the time.
    put(&sandbox, &transcript(1), &with(&SONNET, &advised()));
    assert_eq!(total(&sandbox), [150_002, 7400, 8000, 200_000]);
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 1);
    fs::remove_dir_all(sandbox.home().join(".claude/projects")).unwrap();
    assert_eq!(total(&sandbox), [150_002, 7400, 8000, 200_000]);
}

#[test]
fn the_cost_in_a_line_covers_all_its_calls() {
    let answer = Answer { more: "\"costUSD\":0.25,", ..SONNET };
    let sandbox = of(&with(&answer, &advised()));
    let costs: Vec<f64> = models(&sandbox).into_iter().map(|(_, _, cost)| cost).collect();
    assert!((costs.iter().sum::<f64>() - 0.25).abs() < 1e-12 && costs.iter().all(|cost| *cost > 0.0), "{costs:?}");
}

#[test]
fn prices_by_prompt_length_apply_to_each_call() {
    // Haiku 5.5 costs five times as much where a prompt has more than 100,000 tokens. None has here.
    let answer = Answer { model: "claude-haiku-5-5", kinds: [0, 0, 0, 160_000], ..ANSWER };
    let two = list(&[iteration("message", "", [0, 0, 0, 80_000]), iteration("message", "", [0, 0, 0, 80_000])]);
    assert_eq!(models(&of(&with(&answer, &two)))[0].2, 0.0016);
    let one = iteration("message", "", [0, 0, 0, 160_000]);
    assert_eq!(models(&of(&with(&answer, &one)))[0].2, 0.008);
    assert_eq!(models(&of(&answer.line()))[0].2, 0.008);
}

#[test]
fn the_last_of_two_lines_with_the_same_sum_counts() {
    let one = Answer { kinds: [100, 10, 0, 0], ..ANSWER };
    let other = Answer { kinds: [10, 100, 0, 0], ..ANSWER };
    assert_eq!(total(&of(&(one.line() + &other.line()))), [10, 100, 0, 0]);
    assert_eq!(total(&of(&(other.line() + &one.line()))), [100, 10, 0, 0]);
    // It is the same call and belongs to the conversation, not to its side chain.
    let side = Answer { more: "\"isSidechain\":true,", ..other };
    assert_eq!(total(&of(&(one.line() + &side.line()))), [100, 10, 0, 0]);
}
