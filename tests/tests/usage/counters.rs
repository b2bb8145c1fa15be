//! Codex's running totals, which do not always grow. The expected totals are computed by hand.

use super::*;

/// Writes the lines of a rollout one second after the other.
struct Rollout {
    thread: u8,
    at: u32,
    text: String,
}

impl Rollout {
    fn new(thread: u8) -> Self {
        let mut rollout = Rollout { thread, at: 0, text: String::new() };
        rollout.line("session_meta", &format!("\"id\":\"{}\",\"cwd\":\"/p\"", id(thread)));
        rollout.line("turn_context", "\"model\":\"gpt-5.5\"");
        rollout
    }

    fn line(&mut self, kind: &str, payload: &str) {
        let (minute, second) = (self.at / 60, self.at % 60);
        self.at += 1;
        self.text += &format!(
            "{{\"timestamp\":\"2026-11-20T10:{minute:02}:{second:02}Z\",\"type\":\"{kind}\",\"payload\":{{{payload}}}}}\n"
        );
    }

    /// Adds a counter line: the total, the last response if given, and the limit unless it is empty.
    fn count(mut self, limit: &str, total: [u64; 3], last: Option<[u64; 3]>) -> Self {
        let last = last.map(|last| format!(",\"last_token_usage\":{}", counter(last))).unwrap_or_default();
        let limit = match limit {
            "" => String::new(),
            limit => format!(",\"rate_limits\":{{\"limit_id\":\"{limit}\"}}"),
        };
        let info = format!("\"info\":{{\"total_token_usage\":{}{last}}}", counter(total));
        self.line("event_msg", &format!("\"type\":\"token_count\",{info}{limit}"));
        self
    }

    fn record(mut self, response: &str, used: [u64; 3], thread: Option<[u64; 3]>) -> Self {
        let thread = thread.map(|total| format!(",\"thread_token_usage\":{}", counter(total))).unwrap_or_default();
        let names = format!("\"thread_id\":\"{}\",\"response_id\":\"{response}\"", id(self.thread));
        self.line("token_usage_record", &format!("{names},\"usage\":{}{thread}", counter(used)));
        self
    }

    fn put(&self, sandbox: &Sandbox) {
        put(sandbox, &format!(".codex/sessions/rollout-2026-11-20T10-00-00-{}.jsonl", id(self.thread)), &self.text);
    }

    /// Panics unless input, output and cache read, as we count them, and the number of calls are as expected.
    #[track_caller]
    fn check_totals(&self, expected: [u64; 3], calls: u64) {
        let sandbox = Sandbox::new();
        self.put(&sandbox);
        let lines = usage(&sandbox, &["model"]);
        let [input, output, written, read] = kinds(&lines[0]);
        assert_eq!(([input, output, read], written), (expected, 0), "{}", self.text);
        assert_eq!(lines[0]["messages"], calls, "{}", self.text);
    }
}

/// Input (including cached input), cached input, output.
fn counter([input, cached, output]: [u64; 3]) -> String {
    let total = input + output;
    format!(
        "{{\"input_tokens\":{input},\"cached_input_tokens\":{cached},\"output_tokens\":{output},\"total_tokens\":{total}}}"
    )
}

#[test]
fn a_total_that_decreases_does_not_count_the_thread_twice() {
    let rollout = Rollout::new(1)
        .count("", [100_000, 0, 1000], Some([100_000, 0, 1000]))
        .count("", [80_000, 0, 900], Some([5000, 0, 100]))
        .count("", [86_000, 0, 950], Some([6000, 0, 50]));
    rollout.check_totals([111_000, 1150, 0], 3);
    let silent = Rollout::new(1).count("", [100_000, 0, 0], None).count("", [80_000, 0, 0], None);
    silent.count("", [86_000, 0, 0], None).check_totals([106_000, 0, 0], 2);
}

#[test]
fn a_restarted_counter_equals_its_last_response() {
    let rollout = Rollout::new(1)
        .count("", [100_000, 0, 1000], Some([100_000, 0, 1000]))
        .count("", [3000, 0, 30], Some([3000, 0, 30]))
        .count("", [5000, 0, 50], Some([2000, 0, 20]));
    rollout.check_totals([105_000, 1050, 0], 3);
}

#[test]
fn an_older_snapshot_adds_nothing() {
    let first = [1000, 200, 100];
    let rollout = Rollout::new(1)
        .count("", first, Some(first))
        .count("", first, Some(first))
        .count("", [3000, 1200, 150], Some([2000, 1000, 50]))
        .count("", first, Some(first))
        .count("", [3000, 1200, 150], Some([2000, 1000, 50]))
        .count("", [3500, 1200, 160], Some([500, 0, 10]));
    rollout.check_totals([2300, 160, 1200], 3);
}

#[test]
fn each_limit_has_a_baseline() {
    let rollout = Rollout::new(1)
        .count("codex", [1000, 0, 10], Some([1000, 0, 10]))
        .count("codex_other", [300, 0, 3], Some([300, 0, 3]))
        .count("codex", [2500, 0, 25], Some([1500, 0, 15]))
        .count("codex_other", [700, 0, 7], Some([400, 0, 4]));
    rollout.check_totals([3200, 32, 0], 4);
    let silent = Rollout::new(1).count("codex", [1000, 0, 0], None).count("codex_other", [300, 0, 0], None);
    silent.count("codex", [2500, 0, 0], None).count("codex_other", [700, 0, 0], None).check_totals([3200, 0, 0], 4);
    // The client reports the same responses for each limit.
    let reported = Rollout::new(1)
        .count("codex", [1000, 0, 10], Some([1000, 0, 10]))
        .count("codex_other", [1000, 0, 10], Some([1000, 0, 10]))
        .count("codex_other", [2500, 0, 25], Some([1500, 0, 15]))
        .count("codex", [2500, 0, 25], Some([1500, 0, 15]));
    reported.check_totals([2500, 25, 0], 2);
}

#[test]
fn a_missing_total_is_input_plus_output() {
    let whole = Rollout::new(1).count("", [1000, 200, 100], Some([1000, 200, 100])).count(
        "",
        [3000, 1200, 150],
        Some([2000, 1000, 50]),
    );
    for by in ["", ",\"total_tokens\":0", ",\"total_tokens\":null", ",\"total_tokens\":\"?\""] {
        let mut text = whole.text.clone();
        for total in [1100, 3150, 2050] {
            text = text.replace(&format!(",\"total_tokens\":{total}"), by);
        }
        assert_ne!(text, whole.text);
        Rollout { thread: 1, at: 0, text }.check_totals([1800, 150, 1200], 2);
    }
    whole.check_totals([1800, 150, 1200], 2);
}

#[test]
fn the_last_response_counts_where_the_difference_disagrees() {
    let rollout = Rollout::new(1).count("", [50_000, 0, 500], Some([3000, 0, 30])).count(
        "",
        [60_000, 0, 600],
        Some([4000, 0, 40]),
    );
    rollout.check_totals([7000, 70, 0], 2);
    // An empty value says nothing, but a zero does.
    let empty = Rollout::new(1).count("", [1000, 0, 10], Some([1000, 0, 10])).count("", [1500, 0, 15], Some([7, 0, 8]));
    let text = empty.text.replace(&counter([7, 0, 8]), "{}");
    Rollout { thread: 1, at: 0, text }.check_totals([1500, 15, 0], 2);
    let text = empty.text.replace(&counter([7, 0, 8]), &counter([0, 0, 0]));
    Rollout { thread: 1, at: 0, text }.check_totals([1000, 10, 0], 1);
}

#[test]
fn responses_count_where_there_is_no_total() {
    let (one, two) = ([1000, 200, 10], [500, 100, 5]);
    let reported = Rollout::new(1).count("", [1, 1, 1], Some(one)).count("", [1, 1, 1], Some(one));
    let reported = reported.count("", [1, 1, 1], Some(two)).count("", [1, 1, 1], Some(one));
    for total in ["null", "{}", "7"] {
        let text = reported.text.replace(&counter([1, 1, 1]), total);
        assert_ne!(text, reported.text);
        Rollout { thread: 1, at: 0, text }.check_totals([2000, 25, 500], 3);
    }
}

#[test]
fn counters_add_nothing_where_there_are_records() {
    let (first, second) = ([1000, 0, 10], [2000, 0, 20]);
    let both = Rollout::new(1)
        .record("resp_1", first, Some(first))
        .count("", first, Some(first))
        .record("resp_2", second, Some([3000, 0, 30]))
        .count("", [3000, 0, 30], Some(second))
        .count("", [9000, 0, 90], Some([6000, 0, 60]));
    both.check_totals([3000, 30, 0], 2);
    // Without the thread's total, with another one, and in the other order.
    for thread in [None, Some([70_000, 0, 0])] {
        let before = Rollout::new(1).count("", first, Some(first)).record("resp_1", first, thread);
        before.count("", [3000, 0, 30], Some(second)).record("resp_2", second, thread).check_totals([3000, 30, 0], 2);
    }
    // A thread that was started by an older client.
    let older = Rollout::new(1).count("", first, Some(first)).count("", [3000, 0, 30], Some(second));
    older.record("resp_3", [500, 0, 5], Some([3500, 0, 35])).check_totals([3500, 35, 0], 3);
}

#[test]
fn a_fork_counts_only_what_exceeds_its_parent() {
    let first = [1000, 0, 0];
    let counts = |rollout: Rollout| {
        let rollout = rollout.count("", first, Some(first)).count("", [2500, 0, 0], Some([1500, 0, 0]));
        rollout.count("", [900, 0, 0], Some([900, 0, 0]))
    };
    let parent = counts(Rollout::new(1));
    let sandbox = Sandbox::new();
    parent.put(&sandbox);
    let used = |n: u8| {
        let lines = usage(&sandbox, &["session"]);
        let line = lines.iter().find(|line| line["session_id"] == id(n)).unwrap().clone();
        (line["messages"].as_u64().unwrap(), line["total_tokens"].as_u64().unwrap())
    };
    assert_eq!(used(1), (3, 3400));
    // The same file in another folder, and a fork, which begins with its parent's lines written all at once.
    let path = format!(".codex/archived_sessions/rollout-2026-11-20T10-00-00-{}.jsonl", id(1));
    put(&sandbox, &path, &parent.text);
    let meta = |n: u8, more: &str| {
        format!(
            "{{\"timestamp\":\"2026-11-20T11:00:00Z\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{}\"{more}}}}}\n",
            id(n)
        )
    };
    let copied = parent.text.lines().map(|line| {
        let (_, rest) = line.split_once("Z\"").unwrap();
        format!("{{\"timestamp\":\"2026-11-20T11:00:00.5Z\"{rest}\n")
    });
    let mut fork = Rollout { thread: 2, at: 0, text: String::new() };
    fork.text = meta(2, &format!(",\"forked_from_id\":\"{}\"", id(1))) + &copied.collect::<String>();
    let own = Rollout { thread: 2, at: 0, text: String::new() }.count("", [1100, 0, 0], Some([200, 0, 0]));
    fork.text += &own.text.replace("T10:", "T12:");
    fork.put(&sandbox);
    assert_eq!((used(1), used(2)), ((3, 3400), (1, 200)));
}

#[test]
fn counting_continues_from_the_cache() {
    let sandbox = Sandbox::new();
    let first = [1000, 0, 10];
    let rollout = Rollout::new(1).count("a", first, Some(first));
    rollout.put(&sandbox);
    assert_eq!(total(&sandbox)[0], 1000);
    let rollout = rollout.count("b", first, Some(first)).count("a", [900, 0, 9], Some([100, 0, 1]));
    rollout.put(&sandbox);
    assert_eq!(total(&sandbox)[0], 1100);
    rollout.count("a", first, Some(first)).put(&sandbox);
    assert_eq!(total(&sandbox)[0], 1100);
}

#[test]
fn the_service_tier_of_a_thread_has_its_price() {
    let cost = |tier: &str| {
        let mut rollout = Rollout::new(1);
        rollout.line(
            "event_msg",
            &format!("\"type\":\"thread_settings_applied\",\"thread_settings\":{{\"model\":\"gpt-5.5\",\"service_tier\":{tier}}}"),
        );
        let sandbox = Sandbox::new();
        rollout.count("", [100_000, 0, 0], Some([100_000, 0, 0])).put(&sandbox);
        usage(&sandbox, &["model"])[0]["cost_usd"].clone()
    };
    for (tier, dollars) in [
        ("null", Some(0.5)),
        ("\"default\"", Some(0.5)),
        ("\"priority\"", Some(1.25)),
        ("\"fast\"", Some(1.25)),
        ("\"flex\"", Some(0.25)),
        ("\"something\"", None),
    ] {
        assert_eq!(cost(tier), serde_json::json!(dollars), "{tier}");
    }
}
