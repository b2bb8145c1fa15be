//! What was used, as rows.

use super::*;
use crate::memory::Memory;
use crate::sources::sandbox::Sandbox;

fn day(date: Option<&str>, project: &str, model: &str, input: u64, cost: Option<f64>) -> DayRow {
    let amount = Amount::new([input, 2, 3, 4], cost, if cost.is_none() { input } else { 0 });
    DayRow { date: date.map(str::to_string), project: project.into(), model: model.into(), amount }
}

fn write(sandbox: &Sandbox, from: &str, rows: Vec<DayRow>) {
    let days = Days { kept_at: "now".into(), from: Some(from.into()), rows, ..Days::default() };
    sandbox.write("usage/days.json", &serde_json::to_string(&days).unwrap());
}

fn tokens(to: &Memory) -> u64 {
    let rows = to.sources().into_iter().filter(|name| name.starts_with("usage/")).flat_map(|name| to.of(&name));
    let total = |row: Row| serde_json::from_str::<serde_json::Value>(row.body.get()).unwrap()["total_tokens"].as_u64();
    rows.filter_map(total).sum()
}

#[test]
fn a_day_has_a_row_for_each_model_and_project() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let rows = vec![
        day(None, "api", "opus", 5, None),
        day(Some("2026-11-29"), "/home/ann/notes", "opus", 1, Some(0.5)),
        day(Some("2026-11-29"), "api", "opus", 7, Some(1.25)),
        day(Some("2026-11-30"), "api", "haiku", 9, Some(0.0)),
    ];
    write(&sandbox, "2026-11-29", rows.clone());
    assert_eq!(sandbox.push(&mut to, &Request::default()).rows[&Table::UsageDay], 4);
    assert_eq!(to.sources(), ["usage/2026-11-29", "usage/2026-11-30", "usage/before"]);
    let row = &to.of("usage/2026-11-29")[1];
    let body = r#"{"date":"2026-11-29","project":"api","model":"opus","input_tokens":7,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"total_tokens":16,"cost_usd":1.25,"unpriced_tokens":0}"#;
    assert_eq!((row.body.get(), row.id.as_str(), row.project.as_deref()), (body, "opus", Some("api")));
    assert_eq!(row.at.as_deref(), Some("2026-11-29T00:00:00.000000+00:00"));
    assert!(!to.text().contains("/home/ann/"), "{}", to.text());
    let before = &to.of("usage/before")[0];
    assert!(before.body.get().starts_with(r#"{"before":"2026-11-29","project":"api""#) && before.at.is_none());
    to.news();
    write(&sandbox, "2026-11-29", rows.into_iter().chain([day(Some("2026-11-30"), "api", "opus", 1, None)]).collect());
    sandbox.push(&mut to, &Request::default());
    assert_eq!(to.news().0, 1, "only the day that changed, and of it what is new");
    let request = Request { projects: Some(["api".to_string()].into()), ..Request::default() };
    assert!(sandbox.push(&mut Memory::default(), &request).rows.is_empty(), "a day has rows of all projects");
}

#[test]
fn the_sum_stays_when_days_become_part_of_what_was_before() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let days = ["2026-11-27", "2026-11-28", "2026-11-29"];
    write(&sandbox, days[0], days.map(|date| day(Some(date), "api", "opus", 10, None)).to_vec());
    sandbox.push(&mut to, &Request::default());
    let sum = tokens(&to);
    let mut folded = day(None, "api", "opus", 20, None);
    folded.amount = Amount::new([20, 4, 6, 8], None, 20);
    write(&sandbox, days[2], vec![folded, day(Some(days[2]), "api", "opus", 10, None)]);
    let mut blind = Memory { known: crate::Known::default(), ..to.clone() };
    sandbox.push(&mut to, &Request::default());
    assert_eq!((to.sources(), tokens(&to)), (vec!["usage/2026-11-29".into(), "usage/before".into()], sum));
    to.news();
    sandbox.push(&mut to, &Request::default());
    assert_eq!(to.news(), (0, 1), "once");
    sandbox.push(&mut blind, &Request { is_blind: true, ..Request::default() });
    assert_eq!(tokens(&blind), sum, "also of a target that cannot be asked");
    let mut asked = Memory::default();
    sandbox.push(&mut asked, &Request::default());
    assert!(asked.taken < 50, "it was asked, and has no such day: {}", asked.taken);
}

#[test]
fn a_damaged_file_is_told_and_the_rest_is_sent() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    sandbox.write("usage/days.json", "{\"rows\":[");
    sandbox.write("limits/claude-five_hour.jsonl", "");
    assert_eq!(sandbox.push(&mut to, &Request::default()).failures.len(), 1);
}
