//! Usage is kept forever: summaries, what they contain once the logs are gone, and who shows them.

use super::*;
use cs_tests::corpus::{Shape, write};
use std::time::{Duration, SystemTime};

#[test]
fn reports_are_the_same_without_the_logs() {
    let sandbox = Sandbox::new();
    let truth = write(&sandbox.home().join(".claude"), &Shape::default());
    let reports = ["daily", "session", "project", "model", "blocks"];
    let say = |sandbox: &Sandbox| -> Vec<Value> {
        let mut all: Vec<Value> = reports.iter().flat_map(|report| usage(sandbox, &[report, "--breakdown"])).collect();
        all.iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("source")));
        all
    };
    let before = say(&sandbox);
    let kept = usage(&sandbox, &["keep"]);
    assert_eq!((&kept[0]["written"], &kept[0]["unchanged"]), (&truth.sessions.len().into(), &0.into()));
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0, "nothing to do");
    assert_eq!(say(&sandbox), before, "summaries beside their logs");
    // Every second log is deleted, and the copies in forks stay.
    let projects = sandbox.home().join(".claude/projects");
    for session in truth.sessions.keys().step_by(2) {
        for project in cs_tests::entries(&projects) {
            let _ = fs::remove_file(project.join(format!("{session}.jsonl")));
            let _ = fs::remove_dir_all(project.join(session));
        }
    }
    assert_eq!(say(&sandbox), before, "half of the logs are deleted");
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0, "a fork does not show the usage of its original");
    fs::remove_dir_all(&projects).unwrap();
    assert_eq!(say(&sandbox), before, "no logs");
    let sources: Vec<_> = usage(&sandbox, &["session"]).iter().map(|line| line["source"].clone()).collect();
    assert!(sources.iter().all(|source| source == "summary"));
}

#[test]
fn a_summary_never_decreases() {
    let sandbox = Sandbox::new();
    let second = Answer { message: "msg_2", request: "req_2", ..ANSWER }.line();
    let path = put(&sandbox, &transcript(1), &(ANSWER.line() + &second));
    usage(&sandbox, &["keep"]);
    fs::write(&path, ANSWER.line()).unwrap();
    assert_eq!(total(&sandbox), [200, 20, 0, 0], "it was still used");
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0);
    let third = Answer { message: "msg_3", request: "req_3", ..ANSWER }.line();
    fs::write(&path, ANSWER.line() + &second + &third).unwrap();
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 1);
    assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["messages"], 3);
}

#[test]
fn a_foreign_summary_is_left_alone() {
    let sandbox = Sandbox::new();
    put(&sandbox, &transcript(1), &ANSWER.line());
    usage(&sandbox, &["keep"]);
    let path = sandbox.data().join(format!("usage/{}.json", id(1)));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen('{', "{\"note\":\"mine\",", 1)).unwrap();
    let second = Answer { message: "msg_2", request: "req_2", ..ANSWER }.line();
    put(&sandbox, &transcript(1), &(ANSWER.line() + &second));
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 1);
    assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["note"], "mine", "unknown fields survive");
    fs::write(&path, "{\"claude_session_id\": ").unwrap();
    let output = sandbox.cs("cs-usage", &["keep"]);
    assert_eq!(status(&output), 65);
    assert!(stderr(&output).contains("cannot understand"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"claude_session_id\": ", "it is unchanged");
}

/// Makes a file look as if it had been written this many days before the tests' clock.
pub fn age(path: &Path, days: u64) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_255_200);
    let then = now - Duration::from_secs(days * 86_400);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn logs_that_will_soon_be_deleted_are_reported() {
    let sandbox = Sandbox::new();
    let path = put(&sandbox, &transcript(1), &ANSWER.line());
    let second = Answer { session: 2, message: "msg_2", request: "req_2", ..ANSWER };
    age(&put(&sandbox, &transcript(2), &second.line()), 3);
    let check = || sandbox.cs("cs-usage", &["keep", "--check", "-q"]);
    for (days, reported) in [(24, false), (26, true), (40, true)] {
        age(&path, days);
        let output = check();
        assert_eq!(stdout(&output), if reported { format!("{}\n", id(1)) } else { String::new() }, "{days} days");
        assert_eq!(status(&output), i32::from(reported));
    }
    // Clients ignore a longer retention time, so it does not help.
    for days in ["99", "30", "99999", "\"x\"", "1e300"] {
        put(&sandbox, ".claude/settings.json", &format!("{{\"cleanupPeriodDays\": {days}}}"));
        assert_eq!((status(&check()), stdout(&check())), (1, format!("{}\n", id(1))), "{days}");
    }
    put(&sandbox, ".claude/settings.json", "{\"cleanupPeriodDays\": 7}");
    assert_eq!(stdout(&check()).lines().count(), 2);
    usage(&sandbox, &["keep"]);
    assert_eq!((status(&check()), stderr(&check())), (0, String::new()), "kept");
}

#[test]
fn the_day_of_a_deletion_is_local_for_people() {
    // Changed at 10:00 UTC, 26 days before the clock of the tests.
    for (zone, day) in [("UTC", "2026-11-25"), ("SST11", "2026-11-24"), ("LINT-14", "2026-11-26")] {
        let sandbox = Sandbox::new().with("TZ", zone);
        age(&put(&sandbox, &transcript(1), &ANSWER.line()), 26);
        let shown = stdout(&sandbox.cs("cs-usage", &["keep", "--check", "--table"]));
        assert!(shown.ends_with(&format!("will be deleted about {day}\n")), "{zone}: {shown}");
        let json = stdout(&sandbox.cs("cs-usage", &["keep", "--check", "--json"]));
        assert!(json.contains(r#""deleted_at":"2026-11-25T10:00:00.000000+00:00""#), "{zone}: {json}");
    }
}

#[test]
fn wrong_settings_are_reported_and_lose_nothing() {
    for (config, reported) in [
        (
            r#"{"usage":{"prices":[{"model":"x","input":1},{"model":"claude-opus-5-5","input":1,"output":0}]}}"#,
            "the price of x: ",
        ),
        (r#"{"usage":{"prices":7}}"#, "the price list"),
        ("{", "config.json"),
    ] {
        let sandbox = Sandbox::new();
        age(&put(&sandbox, &transcript(1), &ANSWER.line()), 27);
        fs::create_dir_all(sandbox.data()).unwrap();
        fs::write(sandbox.data().join("config.json"), config).unwrap();
        let run = |args: &[&str], say: &str| {
            let output = sandbox.cs("cs-usage", args);
            assert_eq!(status(&output), 65, "{config} {args:?}");
            assert!(
                stderr(&output).starts_with("cs-usage: error: ") && stderr(&output).contains(reported),
                "{output:?}"
            );
            assert!(stdout(&output).contains(say), "{config} {args:?}: {}", stdout(&output));
        };
        run(&["keep", "--check", "-q"], &id(1));
        run(&["daily"], "\"total_tokens\":110");
        run(&["keep"], "\"written\":1");
        let cost = if config.len() > 50 { 0.0001 } else { 0.0006 };
        assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["cost_usd"], cost, "{config}");
        let output = sandbox.cs("cs-usage", &["keep", "--check", "-q"]);
        assert_eq!((status(&output), stdout(&output).as_str()), (65, ""));
    }
}

#[test]
fn keeping_succeeds_where_there_is_nothing() {
    let sandbox = Sandbox::new();
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 0);
    assert!(usage(&sandbox, &["keep", "--check"]).is_empty());
    let output = sandbox.cs("cs-usage", &["daily"]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("no logs in"), "{}", stderr(&output));
}

#[test]
fn simultaneous_keep_runs_write_each_summary_once() {
    let sandbox = Sandbox::new();
    put(&sandbox, &transcript(1), &ANSWER.line());
    std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..4).map(|_| scope.spawn(|| usage(&sandbox, &["keep"])[0]["written"].as_u64().unwrap())).collect();
        let written: u64 = all.into_iter().map(|one| one.join().unwrap()).sum();
        assert_eq!(written, 1);
    });
}

#[test]
fn keeping_stores_the_sum_of_each_day() {
    let sandbox = Sandbox::new();
    write(&sandbox.home().join(".claude"), &Shape::default());
    let old = Answer { message: "msg_old", at: "2024-02-29T10:00:00.000Z", session: 9, ..ANSWER };
    let unknown = Answer { message: "msg_new", model: "claude-next-9", session: 9, ..ANSWER };
    put(&sandbox, &transcript(9), &(old.line() + &unknown.line()));
    put(
        &sandbox,
        ".claude/stats-cache.json",
        r#"{"dailyModelTokens":[{"date":"2025-01-02","tokensByModel":{"claude-opus-4-1":7}},
            {"date":"2026-11-20","tokensByModel":{"claude-opus-5-5":9}}]}"#,
    );
    usage(&sandbox, &["keep"]);
    let days = sandbox.json("usage/days.json");
    assert_eq!(days["stats_cache"], serde_json::json!({"2025-01-02": {"claude-opus-4-1": 7}}), "only unknown fields");
    let from = days["from"].as_str().unwrap();
    let rows = days["rows"].as_array().unwrap();
    let tokens = |row: &Value| (3..7).map(|n| row[n].as_u64().unwrap()).sum::<u64>();
    assert_eq!((&rows[0][0], tokens(&rows[0])), (&Value::Null, 110), "days older than a year are one sum");
    assert!(rows[1..].iter().all(|row| row[0].as_str() >= Some(from)));
    for line in usage(&sandbox, &["daily", "--since", from]).iter().filter(|line| line.get("source").is_none()) {
        let of_day: Vec<&Value> = rows.iter().filter(|row| row[0] == line["date"]).collect();
        assert_eq!(of_day.iter().map(|row| tokens(row)).sum::<u64>(), line["total_tokens"], "{line}");
        let cost: f64 = of_day.iter().filter_map(|row| row[7].as_f64()).sum();
        assert!((cost - line["cost_usd"].as_f64().unwrap_or_default()).abs() < 1e-9, "{line}");
    }
    let unknown = rows.iter().find(|row| row[2] == "claude-next-9").unwrap();
    assert_eq!((&unknown[7], &unknown[8]), (&Value::Null, &110.into()), "an unknown price is not a cost of zero");
    assert_eq!(rows.iter().map(tokens).sum::<u64>(), total(&sandbox).iter().sum::<u64>());
}
