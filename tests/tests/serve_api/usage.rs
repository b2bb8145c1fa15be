//! Usage: the same numbers as in the reports of `cs-usage`, for the right days, with unknown figures marked as unknown.

use super::*;
use cs_tests::corpus::{Kinds, conversation};
use serde_json::json;

const OPUS: &str = "claude-opus-4-8";
const HAIKU: &str = "claude-haiku-4-5-20251001";
const UNKNOWN: &str = "claude-next-9";

fn uuid(n: u32) -> String {
    format!("e998145e-4e5d-40c9-a3a6-681ad5bd5{n:03}")
}

/// Records conversation `n` in project `slug` as the hooks and the client do; returns the id of its session.
pub fn record_conversation(sandbox: &Sandbox, n: u32, slug: &str, answers: &[(&str, &str, Kinds)]) -> String {
    let dir = sandbox.home().join(slug);
    fs::create_dir_all(dir.join(".git")).unwrap();
    fs::write(dir.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let prompt = json!({"session_id": uuid(n), "cwd": dir, "hook_event_name": "UserPromptSubmit", "prompt": format!("work {n}")});
    assert_eq!(status(&sandbox.hook("cs-hook", &prompt.to_string())), 0);
    conversation(&sandbox.home().join(".claude"), &uuid(n), &dir, answers);
    let listed = sandbox.records();
    let own = listed.iter().find(|record| record["claude_session_id"] == uuid(n).as_str()).expect("a record");
    own["session_id"].as_str().unwrap().to_owned()
}

/// Records three conversations in two projects, with usage today, this week, this month, earlier, and more than a year
/// ago.
fn work(sandbox: &Sandbox) -> [String; 3] {
    let today = [("2026-11-21T09:00:00Z", OPUS, [1000, 100, 0, 0]), ("2026-11-21T09:05:00Z", UNKNOWN, [10, 1, 0, 0])];
    let week = [("2026-11-16T00:00:00Z", HAIKU, [2000, 200, 30, 4])];
    let older = [
        ("2024-02-29T10:00:00Z", OPUS, [64_000, 0, 0, 0]),
        ("2026-10-31T23:59:00Z", OPUS, [32_000, 0, 0, 0]),
        ("2026-11-01T00:00:00Z", OPUS, [4000, 0, 0, 0]),
    ];
    [
        record_conversation(sandbox, 1, "api", &today),
        record_conversation(sandbox, 2, "api", &week),
        record_conversation(sandbox, 3, "shop", &older),
    ]
}

/// The total of `cs-usage` for a range: tokens, dollars.
fn reported_usage(sandbox: &Sandbox, args: &[&str]) -> (u64, f64) {
    let text = run(sandbox, "cs-usage", &[&["model"], args].concat());
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.fold((0, 0.0), |(tokens, usd), line| {
        (tokens + line["total_tokens"].as_u64().unwrap(), usd + line["cost_usd"].as_f64().unwrap_or_default())
    })
}

#[track_caller]
fn check_same(amount: &Value, (tokens, usd): (u64, f64)) {
    assert_eq!(amount["total_tokens"], tokens, "{amount}");
    let cost = amount["cost_usd"].as_f64().unwrap_or_else(|| panic!("no cost: {amount}"));
    assert!((cost - usd).abs() < 1e-9, "{cost}, not {usd}");
}

#[test]
fn usage_numbers_equal_those_of_the_reports() {
    let sandbox = Sandbox::new();
    let [first, second, _] = work(&sandbox);
    let served = Served::start(&sandbox, &[]);
    assert_eq!(served.json("/api/project/api")["usage"], Value::Null, "not counted yet");
    assert_eq!(served.json("/api/activity")["usage"], Value::Null);
    for path in ["/", "/activity", "/project/api", &format!("/session/{first}")] {
        let page = served.get(path);
        assert!(
            page.status == 200 && page.text().contains("cs-usage keep"),
            "{path} explains how to count: {}",
            page.text()
        );
    }
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let lately = &served.json("/api/overview")["usage"];
    check_same(&lately["today"], reported_usage(&sandbox, &["--since", "2026-11-21"]));
    check_same(&lately["week"], reported_usage(&sandbox, &["--since", "2026-11-16"]));
    check_same(&lately["month"], reported_usage(&sandbox, &["--since", "2026-11-01"]));
    assert_eq!((&lately["today"]["total_tokens"], &lately["today"]["unpriced_tokens"]), (&1111.into(), &11.into()));
    assert_eq!(lately["today"]["models"][UNKNOWN]["cost_usd"], Value::Null, "unknown is not zero");
    assert_eq!((&lately["week"]["from"], &lately["month"]["total_tokens"]), (&"2026-11-16".into(), &7345.into()));

    let api = &served.json("/api/project/api")["usage"];
    check_same(api, reported_usage(&sandbox, &["--project", "api"]));
    let days: Vec<&Value> = api["days"].as_array().unwrap().iter().map(|day| &day["date"]).collect();
    assert_eq!(days, ["2026-11-16", "2026-11-21"]);
    assert_eq!(api["days"][0]["models"][HAIKU]["cache_creation_input_tokens"], 30);
    let shop = &served.json("/api/project/shop")["usage"];
    assert_eq!(
        (&shop["total_tokens"], &shop["days"].as_array().unwrap().len()),
        (&100_000.into(), &2),
        "the total includes old days"
    );

    let one = &served.json(&format!("/api/session/{first}"))["usage"];
    assert_eq!((&one["total_tokens"], &one["turns"], &one["messages"]), (&1111.into(), &1.into(), &2.into()));
    assert_eq!((&one["models"][UNKNOWN]["cost_usd"], one.get("rows")), (&Value::Null, None));
    assert_eq!(served.json(&format!("/api/session/{second}"))["usage"]["models"][HAIKU]["total_tokens"], 2234);

    let month = &served.json("/api/activity")["usage"];
    assert_eq!((&month["from"], &month["until"]), (&"2026-10-23".into(), &"2026-11-21".into()));
    check_same(month, reported_usage(&sandbox, &["--since", "2026-10-23"]));
    let some = &served.json("/api/activity?since=2026-10-31&until=2026-11-15")["usage"];
    check_same(some, reported_usage(&sandbox, &["--since", "2026-10-31", "--until", "2026-11-15"]));
    assert_eq!(some["days"][0]["date"], "2026-10-31");
    assert_eq!(served.get("/api/activity?since=soon").status, 400);
    let none = &served.json("/api/activity?since=2026-11-19&until=2026-11-18")["usage"];
    assert_eq!((&none["total_tokens"], &none["days"]), (&0.into(), &json!([])), "a range that ends before it starts");
}

#[test]
fn days_are_local() {
    let sandbox = Sandbox::new().with("TZ", "XXX-5:45");
    let at = [("2026-11-20T18:14:00Z", OPUS, [1, 0, 0, 0]), ("2026-11-20T18:16:00Z", OPUS, [2, 0, 0, 0])];
    record_conversation(&sandbox, 1, "api", &at);
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let served = Served::start(&sandbox, &[]);
    assert_eq!(served.json("/api/overview")["usage"]["today"]["total_tokens"], 2, "midnight is at 18:15 UTC");
    let days = &served.json("/api/activity?since=2026-11-20&until=2026-11-20")["usage"];
    assert_eq!(days["total_tokens"], 1);
}

#[test]
fn figures_of_clients_are_shown_at_once_and_separately() {
    let sandbox = Sandbox::new();
    let id = record_conversation(&sandbox, 1, "api", &[("2026-11-21T09:00:00Z", OPUS, [1000, 0, 0, 0])]);
    let served = Served::start(&sandbox, &[]);
    assert_eq!(served.json(&format!("/api/session/{id}"))["status_line"], Value::Null);
    let reported =
        json!({"session_id": uuid(1), "cost": {"total_cost_usd": 3.5}, "context_window": {"used_percentage": 62}});
    assert_eq!(status(&sandbox.feed("cs-statusline", &[], &reported.to_string())), 0);
    let lately = &served.json("/api/overview")["usage"];
    assert_eq!(
        (&lately["told_today_usd"], &lately["today"], &lately["kept_at"]),
        (&3.5.into(), &Value::Null, &Value::Null)
    );
    let shown = served.json(&format!("/api/session/{id}"));
    assert_eq!((&shown["status_line"]["cost_usd"], &shown["usage"]), (&3.5.into(), &Value::Null));
    run(&sandbox, "cs-session", &["complete", &id, "--outcome", "done"]);
    assert_eq!(served.json(&format!("/api/session/{id}"))["status_line"], Value::Null, "only while it runs");
}

#[test]
fn damaged_usage_files_do_not_hide_sessions() {
    let sandbox = Sandbox::new();
    let [first, ..] = work(&sandbox);
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let served = Served::start(&sandbox, &[]);
    put(&sandbox, &format!("usage/{}.json", uuid(1)), "{");
    put(&sandbox, "usage/days.json", "{\"rows\": [[");
    let shown = served.json(&format!("/api/session/{first}"));
    assert_eq!((&shown["usage"], &shown["intent"]), (&Value::Null, &"work 1".into()));
    assert!(shown["usage_error"].as_str().unwrap().contains("cannot understand"), "{}", shown["usage_error"]);
    assert_eq!(served.json("/api/overview")["usage"]["kept_at"], Value::Null);
    for path in ["/", "/activity", "/project/api", &format!("/session/{first}")] {
        assert_eq!(served.get(path).status, 200, "{path}");
    }
}

#[test]
fn absurd_numbers_are_refused_or_bounded_on_every_page() {
    let sandbox = Sandbox::new();
    let [first, ..] = work(&sandbox);
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let most = u64::MAX;
    let row = |day: &str, cost: &str| format!("[{day},\"api\",\"m\",{most},{most},{most},{most},{cost},{most}]");
    let rows =
        [row("\"2026-11-21\"", "1e308"), row("\"2026-11-20\"", "-5"), row("null", "1e308"), row("\"9999-12-31\"", "1")];
    let days = format!(
        "{{\"kept_at\":\"2026-11-21T10:00:00Z\",\"from\":\"2026-11-01\",\"rows\":[{}],\"stats_cache\":{{\"2026-11-20\":\
         {{\"a\":{most},\"b\":{most}}}}}}}",
        rows.join(",")
    );
    put(&sandbox, "usage/days.json", &days);
    let usage =
        format!("{{\"cost_usd\":1e308,\"total_tokens\":{most},\"models\":{{\"m\":{{\"total_tokens\":{most}}}}}}}");
    put(&sandbox, &format!("usage/{}.json", uuid(1)), &usage);
    let served = Served::start(&sandbox, &[]);
    let session = format!("/session/{first}");
    for path in ["/", "/activity", "/project/api", &session, "/api/overview", "/api/activity"] {
        for query in [
            "",
            "year=99999999999",
            "days=1e308",
            "page=-1",
            "since=%2B99999-01-01",
            "until=262143-12-31",
            "since=99999999999999d",
            "limit=18446744073709551616",
            "limit=1e308",
            "since=0000-01-01&until=9999-12-31",
        ] {
            let answer = served.get(&format!("{path}?{query}"));
            let body = String::from_utf8_lossy(&answer.body);
            assert!([200, 400].contains(&answer.status), "{path}?{query}: {} {body}", answer.status);
            assert!(
                !body.contains("$inf") && !body.contains("NaN") && !body.contains("00000000000000000000"),
                "{path}?{query}"
            );
        }
    }
}

#[test]
fn usage_changes_only_when_files_change() {
    let sandbox = Sandbox::new();
    work(&sandbox);
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let served = Served::start(&sandbox, &[]);
    for path in ["/", "/activity?since=6d", "/project/api", "/api/overview", "/api/project/api"] {
        let tag = served.get(path).field("etag").unwrap().to_owned();
        assert_eq!(served.get_with(path, &format!("If-None-Match: {tag}\r\n")).status, 304, "{path}");
    }
    let before = served.get("/").text();
    record_conversation(&sandbox, 4, "api", &[("2026-11-21T09:00:00Z", OPUS, [5000, 0, 0, 0])]);
    run(&sandbox, "cs-usage", &["keep", "-q"]);
    let after = served.get("/").text();
    assert!(before.contains("1.1k tokens") && after.contains("6.1k tokens"), "{after}");
}
