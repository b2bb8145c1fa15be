//! What a status line says about limits, and the readings that are there before.

use std::path::PathBuf;

use cs_core::clock::{self, TimeDelta};
use cs_tests::sandbox::NOW;
use serde_json::{Value, json};

/// What is used of each limit, percent.
pub const USED: f64 = 40.0;
/// The limits, and in how many hours they end.
const LIMITS: [(&str, i64); 2] = [("five_hour", 3), ("seven_day", 90)];
/// A window has a reading for each percent.
const READINGS: i64 = 100;
/// So many windows are different ones.
const WINDOWS: i64 = 10;

/// The same figures with limits.
pub fn said(mut figures: Value) -> Value {
    let limit = |(name, hours)| {
        let end = ends_at(hours).timestamp();
        (String::from(name), json!({"used_percentage": USED, "resets_at": end}))
    };
    figures["rate_limits"] = Value::Object(LIMITS.map(limit).into_iter().collect());
    figures
}

/// The files in which so much is used, after a history of so many days at the highest rate: all of each window was used.
pub fn files(used: f64, days: i64) -> Vec<(PathBuf, String)> {
    let of = |(name, hours)| {
        let end = ends_at(hours);
        let length = if name == "five_hour" { TimeDelta::hours(5) } else { TimeDelta::days(7) };
        let windows = days * 24 * 3600 / length.num_seconds();
        let past = (1..=windows.min(WINDOWS)).rev().flat_map(|ago| {
            let end = end - length * ago as i32;
            (1..=READINGS).map(move |n| line(end - length / 101 * (101 - n) as i32, n as f64, end))
        });
        let past: String = past.collect();
        // Older ones are never read, so they are the same windows again.
        let times = windows.checked_div(windows.min(WINDOWS)).unwrap_or_default();
        let last = line(end - TimeDelta::hours(hours), used, end);
        let text = past.repeat(times as usize) + &last;
        (PathBuf::from(format!("limits/claude-{name}.jsonl")), text)
    };
    LIMITS.map(of).into()
}

/// A budget a month, and so many rows of days, 100 a day.
pub fn spent(rows: i64) -> Vec<(PathBuf, String)> {
    let today = clock::parse(NOW).expect("it is an instant").date_naive();
    let row = |n: i64| {
        let date = today - TimeDelta::days((rows - 1 - n) / 100);
        let (project, counts) = (n % 100, "123456,23456,345678,4567890,1.25,0");
        format!(r#"["{date}","/home/you/projects/{project:02}","claude-sonnet-5-5",{counts}]"#)
    };
    let from = today - TimeDelta::days((rows - 1) / 100);
    let rows: Vec<String> = (0..rows).map(row).collect();
    let days = format!(
        r#"{{"kept_at":"{NOW}","from":"{from}","rows":[{}],"stats_cache":{{}},"told":{{"day":"{today}","usd":{{}}}}}}"#,
        rows.join(",")
    );
    let config = json!({"version": 1, "projects": {}, "limits": {"budgets": [{"usd": 20, "per": "month"}]}});
    vec![("usage/days.json".into(), days), ("config.json".into(), config.to_string())]
}

fn line(at: clock::Instant, used: f64, resets_at: clock::Instant) -> String {
    // As cs-statusline writes it: that is read faster than other JSON.
    format!("{{\"at\":\"{}\",\"used\":{used:?},\"resets_at\":\"{}\"}}\n", clock::stamp(at), clock::stamp(resets_at))
}

/// The end of a limit, by the clock of the sandbox.
fn ends_at(hours: i64) -> clock::Instant {
    clock::parse(NOW).expect("it is an instant") + TimeDelta::hours(hours)
}
