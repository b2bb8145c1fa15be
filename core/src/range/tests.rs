//! What the texts of ranges mean, also where clocks change.

use super::*;

const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

fn at(text: &str) -> Instant {
    clock::parse(text).unwrap()
}

/// Both ends of the range that begins and ends with a text, seen on a Saturday at noon in Berlin.
fn ends(text: &str) -> Option<(Instant, Instant)> {
    ends_in(BERLIN, "2026-11-21T11:00:00Z", text)
}

/// The same, seen in a zone at an instant.
fn ends_in(zone: &str, now: &str, text: &str) -> Option<(Instant, Instant)> {
    let (zone, now) = (Zone::named(zone).unwrap(), at(now));
    Some((start(text, &zone, now).ok()?, end(text, &zone, now).ok()?))
}

fn both(since: &str, until: &str) -> Option<(Instant, Instant)> {
    Some((at(since), at(until)))
}

#[test]
fn a_day_is_local_and_included() {
    assert_eq!(ends("2026-11-20"), both("2026-11-19T23:00:00Z", "2026-11-20T23:00:00Z"));
    assert_eq!(ends("today"), both("2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"));
    assert_eq!(ends("yesterday"), ends("2026-11-20"));
    assert!(ends("9999-12-31").is_some(), "the last day that can be written");
    assert_eq!(ends("2026-03-29"), both("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), "a day of 23 hours");
    assert_eq!(ends("2026-10-25"), both("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), "a day of 25 hours");
}

#[test]
fn a_time_is_local_unless_it_names_a_zone() {
    let nine = both("2026-11-21T08:30:00Z", "2026-11-21T08:30:00Z");
    for text in ["2026-11-21T09:30", "2026-11-21 09:30", "09:30", "2026-11-21T09:30:00", "2026-11-21T10:30:00+02:00"] {
        assert_eq!(ends(text), nine, "{text}");
    }
    assert_eq!(ends("2026-10-25T02:30"), both("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), "it was twice");
}

#[test]
fn an_age_counts_back_from_now() {
    for (text, since) in [("90m", "09:30"), ("3h", "08:00"), ("0d", "11:00")] {
        let since = format!("2026-11-21T{since}:00Z");
        assert_eq!(ends(text), both(&since, &since), "{text}");
    }
    assert_eq!(ends("2w"), both("2026-11-07T11:00:00Z", "2026-11-07T11:00:00Z"));
}

#[test]
fn other_texts_are_refused() {
    let (ages, days) =
        (["-3h", "3M", "99999999999999999d", "99999999h", "3000000d", "99999y"], ["+99999-01-01", "-0001-01-01"]);
    for bad in [
        "",
        "h",
        "ago",
        "2 ago",
        "soon",
        "last",
        "last fortnight",
        "moon",
        "24:00",
        "9:3:0",
        "2026-11-31",
        "2026-11-21T25:00",
    ]
    .into_iter()
    .chain(ages)
    .chain(days)
    {
        assert_eq!(ends(bad), None, "{bad}");
    }
}

#[test]
fn a_range_without_an_end_ends_a_day_ahead() {
    let now = at("2026-11-21T11:00:00Z");
    let range = |since, until| Range::parse(since, until, &Zone::utc(), now).unwrap();
    let week = range(Some("7d"), None);
    assert!(week.contains(now) && !week.contains(at("2030-01-01T00:00:00Z")) && !week.contains_text("x"));
    assert!(range(None, None).contains_text("x") && range(None, Some("today")).contains(now));
    assert_eq!(range(Some("2026-11-20"), Some("2026-11-21")).days(&Zone::utc()).1, "2026-11-21".parse().ok());
}

const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
/// Lord Howe Island: half an hour of summer time, in the south.
const LORD_HOWE: &str = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";

#[test]
fn words_for_days_are_local_days() {
    // Thursday, after the night in which the clocks changed on Sunday; in Lord Howe on Sunday itself.
    let cases = [
        (BERLIN, "2026-10-29T11:00:00Z", "sunday", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (BERLIN, "2026-10-29T11:00:00Z", "last week", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),
        (BERLIN, "2026-10-29T11:00:00Z", "this week", "2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z"),
        (BERLIN, "2026-10-29T11:00:00Z", "this month", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
        (BERLIN, "2026-10-29T11:00:00Z", "last month", "2026-08-31T22:00:00Z", "2026-09-30T22:00:00Z"),
        (BERLIN, "2026-10-29T11:00:00Z", "last year", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "today", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "Sun", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "last sunday", "2026-10-25T04:00:00Z", "2026-10-26T04:00:00Z"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "monday", "2026-10-26T04:00:00Z", "2026-10-27T04:00:00Z"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "Yesterday", "2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"),
        (LORD_HOWE, "2026-10-04T12:00:00Z", "today", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"),
        (LORD_HOWE, "2026-10-04T12:00:00Z", "saturday", "2026-10-02T13:30:00Z", "2026-10-03T13:30:00Z"),
        (LORD_HOWE, "2026-10-04T12:00:00Z", "last month", "2026-08-31T13:30:00Z", "2026-09-30T13:30:00Z"),
    ];
    for (zone, now, text, since, until) in cases {
        assert_eq!(ends_in(zone, now, text), both(since, until), "{text} in {zone}");
    }
    assert_eq!(ends("last  week"), ends("last week"));
    assert_eq!(ends("today"), ends("saturday"), "today is the latest Saturday");
    assert_eq!(ends("year"), None);
}

#[test]
fn months_and_years_go_back_to_the_same_local_time() {
    let cases = [
        // A month before, the clock was an hour ahead.
        (BERLIN, "2026-11-21T11:00:00Z", "1mo", "2026-10-21T10:00:00Z"),
        (BERLIN, "2026-11-21T11:00:00Z", "1y", "2025-11-21T11:00:00Z"),
        (BERLIN, "2026-05-31T10:00:00Z", "3mo", "2026-02-28T11:00:00Z"),
        // 02:30 was skipped a month before, and was there twice.
        (BERLIN, "2026-04-29T00:30:00Z", "1 month ago", "2026-03-29T01:30:00Z"),
        (BERLIN, "2026-11-25T01:30:00Z", "1 month ago", "2026-10-25T00:30:00Z"),
        (NEW_YORK, "2026-11-08T12:00:00Z", "2 months ago", "2026-09-08T11:00:00Z"),
        (LORD_HOWE, "2026-10-10T00:00:00Z", "1mo", "2026-09-10T00:30:00Z"),
        (LORD_HOWE, "2028-02-29T00:00:00Z", "1 year ago", "2027-02-28T00:00:00Z"),
        // Days and hours are exact, whatever the clocks do.
        (BERLIN, "2026-10-26T11:00:00Z", "2 days ago", "2026-10-24T11:00:00Z"),
        (NEW_YORK, "2026-11-01T12:00:00Z", "2h ago", "2026-11-01T10:00:00Z"),
        (NEW_YORK, "2026-11-01T12:00:00Z", "1 week", "2026-10-25T12:00:00Z"),
        (LORD_HOWE, "2026-10-10T00:00:00Z", "30 min ago", "2026-10-09T23:30:00Z"),
        (LORD_HOWE, "2026-10-10T00:00:00Z", "now", "2026-10-10T00:00:00Z"),
    ];
    for (zone, now, text, expected) in cases {
        assert_eq!(ends_in(zone, now, text), both(expected, expected), "{text} in {zone}");
    }
}

#[test]
fn a_length_of_time_is_a_number_and_a_unit() {
    for (text, seconds) in
        [("90", 90), ("90s", 90), ("0", 0), ("5m", 300), ("1h", 3600), ("2 days", 172_800), ("1w", 604_800)]
    {
        assert_eq!(span(text).unwrap(), TimeDelta::seconds(seconds), "{text}");
    }
    for bad in ["", "s", "-1", "+1", "1.5h", "now", "1mo", "1y", "soon", "99999999999999", "1h ago", "h"] {
        assert!(span(bad).is_err(), "{bad:?}");
    }
}
