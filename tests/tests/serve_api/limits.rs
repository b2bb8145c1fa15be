//! `/api/limits`: what each limit is now, which windows it had, and that a line makes a new answer.

use std::fs;
use std::io::Write;

use cs_tests::Sandbox;
use cs_tests::http::Served;
use serde_json::{Value, json};

use super::put;

/// Appends readings of a window that ends at 13:00 on this day of November: minutes after 08:00, and percent.
fn report(sandbox: &Sandbox, name: &str, day: u32, readings: &[(u32, u32)]) {
    let folder = sandbox.data().join("limits");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.jsonl"));
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    for (minutes, used) in readings {
        let at = format!("2026-11-{day:02}T{:02}:{:02}:00.000000+00:00", 8 + minutes / 60, minutes % 60);
        let resets_at = format!("2026-11-{day:02}T13:00:00.000000+00:00");
        writeln!(file, "{}", json!({"at": at, "used": used, "resets_at": resets_at})).unwrap();
    }
}

#[test]
fn limits_are_as_the_clients_reported_them() {
    let sandbox = Sandbox::new();
    let rising: Vec<(u32, u32)> = (1..=24).map(|n| (5 * n, 2 * n)).collect();
    report(&sandbox, "claude-five_hour", 20, &[(10, 60), (70, 100)]);
    report(&sandbox, "claude-five_hour", 21, &rising);
    let plan = json!([{"at": "07:00", "days": "mon-fri", "command": ["secret"]}]);
    let limits = json!({"budgets": [{"usd": 20, "per": "day"}], "plan": plan, "pace": "often"});
    put(&sandbox, "config.json", &json!({"version": 1, "limits": limits}).to_string());
    let served = Served::start(&sandbox, &[]);
    let shown = served.json("/api/limits");
    let limit = &shown["limits"][0];
    // A point in 2.5 minutes: 48 at 10:00, 100 at 12:10.
    assert_eq!(
        (&limit["limit"], &limit["used"], &limit["outlook"]),
        (&json!("claude-five_hour"), &json!(48.0), &json!("short"))
    );
    assert!(limit["full_at"].as_str().is_some_and(|at| at.starts_with("2026-11-21T12:")), "{limit}");
    assert!(limit["says"].as_str().is_some_and(|says| says.contains("before the reset at 13:00")), "{limit}");
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1]["passed"]["100"], "2026-11-20T09:10:00.000000+00:00", "{history:?}");
    assert_eq!(history[1]["locked_out_minutes"], 230);
    assert_eq!((&history[0]["passed"]["50"], &history[0]["highest"]), (&Value::Null, &json!(48.0)));
    assert_eq!((&shown["plan"][0]["at"], &shown["plan"][0]["has_command"]), (&json!("07:00"), &json!(true)));
    assert_eq!((&shown["budgets"][0]["usd"], &shown["budgets"][0]["spent_usd"]), (&json!(20.0), &Value::Null));
    assert!(shown["troubles"][0].as_str().is_some_and(|text| text.contains("limits.pace")), "{shown}");
    assert!(!shown.to_string().contains("secret"), "{shown}");
    let days = |query: &str| served.json(&format!("/api/limits?{query}"))["history"].as_array().map(Vec::len);
    assert_eq!([days("since=2026-11-21"), days("until=2026-11-20"), days("since=1h")], [Some(1); 3]);
    assert_eq!(served.get("/api/limits?limit=1").status, 400);
}

#[test]
fn a_line_makes_a_new_answer_and_a_damaged_file_hides_no_other() {
    let sandbox = Sandbox::new();
    report(&sandbox, "claude-five_hour", 21, &[(5, 10)]);
    let served = Served::start(&sandbox, &[]);
    for path in ["/limits", "/api/limits"] {
        let tag = served.get(path).field("etag").unwrap().to_owned();
        let same = |tag: &str| served.get_with(path, &format!("If-None-Match: {tag}\r\n")).status;
        assert_eq!(same(&tag), 304, "{path}");
        report(
            &sandbox,
            "claude-five_hour",
            21,
            &[(if path == "/limits" { 9 } else { 20 }, if path == "/limits" { 11 } else { 12 })],
        );
        assert_eq!(same(&tag), 200, "{path}");
    }
    // Lines that are none, a file that cannot be read, a name that is none.
    let folder = sandbox.data().join("limits");
    fs::write(folder.join("codex-five_hour.jsonl"), "{\"at\": 7}\nx\n\0\n{\"used\": 1e999}\n").unwrap();
    fs::create_dir(folder.join("claude-seven_day.jsonl")).unwrap();
    fs::write(folder.join("..jsonl"), "{}").unwrap();
    let shown = served.json("/api/limits");
    assert_eq!(shown["limits"].as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(shown["limits"][0]["used"], 12.0);
    assert!(shown["troubles"][0].as_str().is_some_and(|text| text.contains("claude-seven_day")), "{shown}");
    assert_eq!(served.get("/limits").status, 200);
}
