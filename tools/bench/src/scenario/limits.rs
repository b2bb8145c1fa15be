//! What a status line says about limits, and the readings that are there before.

use std::path::PathBuf;

use cs_core::clock::{self, TimeDelta};
use cs_tests::sandbox::NOW;
use serde_json::{Value, json};

/// What is used of each limit, percent.
pub const USED: f64 = 40.0;
/// The limits, and in how many hours they end.
const LIMITS: [(&str, i64); 2] = [("five_hour", 3), ("seven_day", 90)];
/// Readings of a day.
const A_DAY: i64 = 100;

/// The same figures with limits.
pub fn said(mut figures: Value) -> Value {
    let limit = |(name, hours)| {
        let end = ends_at(hours).timestamp();
        (String::from(name), json!({"used_percentage": USED, "resets_at": end}))
    };
    figures["rate_limits"] = Value::Object(LIMITS.map(limit).into_iter().collect());
    figures
}

/// The files in which so much is used, after a history of so many days.
pub fn files(used: f64, days: i64) -> Vec<(PathBuf, String)> {
    let of = |(name, hours)| {
        let end = ends_at(hours);
        let past = (0..days * A_DAY).map(|n| {
            let ago = TimeDelta::seconds((days * A_DAY - n) * 86_400 / A_DAY) + TimeDelta::days(8);
            line(end - ago, (n % A_DAY) as f64, end - ago + TimeDelta::hours(5))
        });
        let last = line(end - TimeDelta::hours(hours), used, end);
        let text: String = past.chain([last]).collect();
        (PathBuf::from(format!("limits/claude-{name}.jsonl")), text)
    };
    LIMITS.map(of).into()
}

fn line(at: clock::Instant, used: f64, resets_at: clock::Instant) -> String {
    let line = json!({"at": clock::stamp(at), "used": used, "resets_at": clock::stamp(resets_at)});
    format!("{line}\n")
}

/// The end of a limit, by the clock of the sandbox.
fn ends_at(hours: i64) -> clock::Instant {
    clock::parse(NOW).expect("it is an instant") + TimeDelta::hours(hours)
}
