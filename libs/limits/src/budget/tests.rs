//! Tests of periods and of what was spent in them.

use super::*;
use cs_core::paths::Home;
use serde_json::{Value, json};
use std::path::Path;

fn at(text: &str) -> Instant {
    clock::parse(text).unwrap()
}

fn around(period: Period, now: &str, zone: &Zone) -> [String; 2] {
    let (start, end) = period.around(at(now), zone);
    [start, end].map(|at| clock::stamp(at)[..16].to_string())
}

#[test]
fn periods_begin_and_end_at_local_midnights() {
    let utc = Zone::utc();
    let now = "2026-11-21T10:00:00Z";
    assert_eq!(around(Period::Day, now, &utc), ["2026-11-21T00:00", "2026-11-22T00:00"]);
    assert_eq!(around(Period::Week, now, &utc), ["2026-11-16T00:00", "2026-11-23T00:00"], "from Monday");
    assert_eq!(around(Period::Week, "2026-11-16T00:00:00Z", &utc), ["2026-11-16T00:00", "2026-11-23T00:00"]);
    assert_eq!(around(Period::Month, "2026-12-31T23:59:59Z", &utc), ["2026-12-01T00:00", "2027-01-01T00:00"]);
    assert_eq!(around(Period::Month, "2028-02-29T12:00:00Z", &utc), ["2028-02-01T00:00", "2028-03-01T00:00"]);
}

#[test]
fn a_period_with_a_change_of_clocks_is_an_hour_longer_or_shorter() {
    let berlin = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let around = |period, now| around(period, now, &berlin);
    assert_eq!(around(Period::Day, "2026-10-25T10:00:00Z"), ["2026-10-24T22:00", "2026-10-25T23:00"], "25 hours");
    assert_eq!(around(Period::Day, "2026-03-29T10:00:00Z"), ["2026-03-28T23:00", "2026-03-29T22:00"], "23 hours");
    assert_eq!(around(Period::Week, "2026-10-25T22:59:00Z"), ["2026-10-18T22:00", "2026-10-25T23:00"]);
    assert_eq!(around(Period::Month, "2026-03-31T21:59:00Z"), ["2026-02-28T23:00", "2026-03-31T22:00"]);
    let midnight = Zone::named("EET-2EEST,M3.5.0/0,M10.5.0/0").unwrap();
    let (start, end) = Period::Day.around(at("2026-03-29T10:00:00Z"), &midnight);
    assert_eq!((end - start).num_hours(), 23, "even if there is no midnight");
}

fn budget(usd: f64, per: Period, project: Option<&str>, model: Option<&str>) -> Budget {
    let [project, model] = [project, model].map(|name| name.map(str::to_string));
    Budget { usd, per, project, model, at: vec![80, 100] }
}

const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// A data directory with these files.
fn store(dir: &Path, files: &[(&str, Value)]) -> Store {
    for (name, value) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    }
    Store::for_people(Home::at(dir), agents::WITNESS)
}

fn spent(files: &[(&str, Value)], budget: Budget, now: &str) -> Spent {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path(), files);
    all_in(&store, &[budget], at(now), &Zone::utc()).remove(0)
}

const DAYS: &str = "usage/days.json";

/// Rows of Friday, November 20th, and of the day of the count, Saturday.
fn days(told: Value) -> Value {
    json!({"kept_at": "2026-11-21T10:00:00.000000+00:00", "from": "2026-11-15", "rows": [
        ["2026-11-15", "api", "claude-opus-5", 1, 0, 0, 0, 64.0, 0],
        ["2026-11-20", "api", "claude-opus-5", 1, 0, 0, 0, 4.0, 0],
        ["2026-11-20", "api", "claude-haiku-5", 1, 0, 0, 0, 0.5, 0],
        ["2026-11-21", "api", "claude-opus-5", 1, 0, 0, 0, 2.0, 0],
        ["2026-11-21", "shop", "gpt-9", 1, 0, 0, 0, null, 1],
        ["2026-11-21", "shop", "claude-opus-5", 1, 0, 0, 0, 1.0, 0],
    ], "stats_cache": {}, "told": told})
}

fn live(project: &str) -> Value {
    json!({"claude_session_id": A, "project_slug": project, "state": "working", "since": "2026-11-21T10:00:00Z",
        "last_event": "Stop", "last_event_at": "2026-11-21T10:00:00Z"})
}

/// What is spent of a budget right after the count, if nothing else happens, in cents; and whether it is at least that.
fn kept(budget: Budget) -> (i64, bool) {
    let told = json!({"day": "2026-11-21", "usd": {A: 1.5, B: 0.25}});
    let files = [(DAYS, days(told)), ("statusline/2026-11-21.json", json!({A: 1.5, B: 0.25}))];
    let spent = spent(&files, budget, "2026-11-21T12:00:00Z");
    ((spent.usd.unwrap() * 100.0).round() as i64, spent.at_least)
}

#[test]
fn right_after_the_count_a_budget_is_the_sum_of_its_rows() {
    assert_eq!(kept(budget(20.0, Period::Day, None, None)), (300, true), "gpt-9 has no price");
    assert_eq!(kept(budget(20.0, Period::Day, Some("api"), None)), (200, false));
    assert_eq!(kept(budget(20.0, Period::Week, Some("api"), None)), (650, false), "not Sunday");
    assert_eq!(kept(budget(20.0, Period::Week, None, Some("claude-haiku"))), (50, false));
    assert_eq!(kept(budget(20.0, Period::Day, None, Some("gpt"))), (0, true));
    assert_eq!(kept(budget(20.0, Period::Month, Some("api"), None)), (7050, false), "the whole month");
}

const TODAY: &str = "2026-11-21T12:00:00Z";

fn all() -> Budget {
    budget(20.0, Period::Day, None, None)
}

#[test]
fn what_is_not_known_is_not_zero() {
    let nothing = spent(&[], all(), TODAY);
    assert_eq!((nothing.usd, nothing.percent(), nothing.projected_usd, nothing.kept_at), (None, None, None, None));
    assert_eq!(nothing.unknown, Some(NEVER));
    let figures = ("statusline/2026-11-21.json", json!({A: 1.5}));
    let only = spent(std::slice::from_ref(&figures), all(), TODAY);
    assert_eq!((only.usd, only.at_least, only.unknown), (Some(1.5), true, None), "nothing was counted yet");
    for damaged in [json!({"rows": 7}), json!([]), json!({"rows": [["2026-11-21", 1]]})] {
        let spent = spent(&[(DAYS, damaged), figures.clone()], all(), TODAY);
        assert_eq!((spent.usd, spent.unknown), (None, Some(DAMAGED)));
    }
}

#[test]
fn a_running_conversation_belongs_to_its_project_and_its_model() {
    let told = json!({"day": "2026-11-21", "usd": {A: 1.5}});
    let reading = json!({"claude_session_id": A, "at": "2026-11-21T11:00:00Z", "model_id": "claude-opus-5"});
    let figures = ("statusline/2026-11-21.json", json!({A: 4.0, B: 0.125}));
    let name = format!("live/{A}.json");
    let reading_name = format!("statusline/{A}.json");
    let files = [(DAYS, days(told)), figures, (name.as_str(), live("api")), (reading_name.as_str(), reading)];
    let of = |project, model| {
        let spent = spent(&files, budget(20.0, Period::Day, project, model), TODAY);
        (spent.usd.unwrap(), spent.at_least)
    };
    assert_eq!(of(Some("api"), None), (4.5, true), "2.5 more, and it is not known whose the other one is");
    assert_eq!(of(None, Some("claude-opus")), (5.5, true));
    assert_eq!(of(Some("elsewhere"), None), (0.0, true));
    assert_eq!(of(None, None), (5.625, true), "one model has no price");
}

#[test]
fn days_after_the_count_and_a_call_at_midnight() {
    let told = json!({"day": "2026-11-21", "usd": {A: 1.5}, "after": {A: 0.25}});
    let yesterday = ("statusline/2026-11-21.json", json!({A: 1.25}));
    let today = ("statusline/2026-11-22.json", json!({A: 1.0}));
    let files = [(DAYS, days(told)), yesterday, today];
    let on = |per| spent(&files, budget(20.0, per, None, None), "2026-11-22T12:00:00Z").usd;
    assert_eq!(on(Period::Day), Some(0.75), "a quarter was counted on the day before");
    assert_eq!(on(Period::Week), Some(7.5 + 0.75));
}

#[test]
fn a_figure_that_begins_anew_after_the_count_is_spent_beyond_it() {
    let told = json!({"day": "2026-11-21", "usd": {A: 1.5}, "after": {A: 0.25}});
    let on = |day: &str, figures: &[(&str, Value)], per| {
        let files = [&[(DAYS, days(told.clone()))], figures].concat();
        spent(&files, budget(20.0, per, None, None), &format!("{day}T12:00:00Z")).usd
    };
    let (lower, next) =
        (("statusline/2026-11-21.json", json!({A: 1.0})), ("statusline/2026-11-22.json", json!({A: 2.0})));
    assert_eq!(on("2026-11-21", std::slice::from_ref(&lower), Period::Day), Some(3.0 + 0.75), "a call was counted");
    assert_eq!(on("2026-11-22", &[lower, next.clone()], Period::Day), Some(2.0));
    assert_eq!(on("2026-11-22", &[next], Period::Day), Some(1.75), "the figures of yesterday were lost");
}

#[test]
fn with_a_clock_that_went_back_it_is_at_least_that() {
    let told = json!({"day": "2026-11-21", "usd": {A: 1.5}});
    let files = [(DAYS, days(told)), ("statusline/2026-11-20.json", json!({A: 9.0}))];
    let spent = spent(&files, budget(20.0, Period::Day, Some("api"), None), "2026-11-20T12:00:00Z");
    assert_eq!((spent.usd, spent.at_least), (Some(4.5), true));
}

#[test]
fn it_goes_on_as_fast_until_the_end_of_the_budgets_own_period() {
    let files = [(DAYS, days(json!({"day": "2026-11-21", "usd": {}})))];
    let at = |per, now: &str| spent(&files, budget(20.0, per, Some("api"), None), now).projected_usd;
    assert_eq!(at(Period::Day, "2026-11-21T12:00:00Z"), Some(4.0));
    assert_eq!(at(Period::Day, "2026-11-21T01:00:00Z"), None, "too early");
    assert_eq!(at(Period::Week, "2026-11-21T12:00:00Z").map(f64::round), Some((6.5_f64 / 5.5 * 7.0).round()));
}
