//! Readings of limits, as rows.

use super::*;
use crate::memory::Memory;
use crate::sources::sandbox::Sandbox;

fn write(sandbox: &Sandbox, stem: &str, days_ago: &[i64]) {
    let reading = |days: &i64| {
        let at = clock::now() - TimeDelta::days(*days);
        Reading { at, used: 41.5, resets_at: at + TimeDelta::hours(2) }.line()
    };
    sandbox.write(&format!("limits/{stem}.jsonl"), &days_ago.iter().map(reading).collect::<String>());
}

#[test]
fn readings_are_rows_of_their_month() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let line = |at: &str, used: &str| {
        format!("{{\"at\":\"{at}\",\"used\":{used},\"resets_at\":\"2026-12-01T14:30:00.000000+00:00\"}}\n")
    };
    let (old, new) =
        (line("2026-11-30T10:05:00.000000+00:00", "41.5"), line("2026-12-01T10:00:00.000000+00:00", "3.0"));
    sandbox.write("limits/codex@0a0b0c0d-five_hour.jsonl", &format!("{old}torn\n{new}"));
    assert_eq!(sandbox.push(&mut to, &Request::default()).rows[&Table::LimitReading], 2);
    let name = "limit/codex@0a0b0c0d-five_hour/2026-11";
    assert_eq!(to.sources(), [name, "limit/codex@0a0b0c0d-five_hour/2026-12"]);
    let row = &to.of(name)[0];
    let body = r#"{"agent":"codex","account":"0a0b0c0d","window":"five_hour","at":"2026-11-30T10:05:00.000000+00:00","used":41.5,"resets_at":"2026-12-01T14:30:00.000000+00:00"}"#;
    assert_eq!((row.body.get(), row.id.as_str()), (body, "codex@0a0b0c0d-five_hour"));
    to.news();
    let more = line("2026-12-01T11:00:00.000000+00:00", "7.0");
    sandbox.write("limits/codex@0a0b0c0d-five_hour.jsonl", &format!("{old}{new}{more}"));
    sandbox.push(&mut to, &Request::default());
    assert_eq!(to.news().0, 1);
}

#[test]
fn what_is_removed_here_because_it_is_old_stays_there() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let days: Vec<i64> = (0..=400).rev().collect();
    write(&sandbox, "claude-five_hour", &days);
    sandbox.push(&mut to, &Request::default());
    let all = to.text().lines().count();
    to.news();
    write(&sandbox, "claude-five_hour", &days[20..]);
    sandbox.push(&mut to, &Request::default());
    assert_eq!((to.text().lines().count(), all), (401, 401));
}
