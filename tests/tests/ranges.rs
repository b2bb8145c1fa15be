//! Ranges of time: a day is the same day in all programs, the API and the pages; all help texts list the accepted
//! forms; local time is the machine's.

use std::collections::BTreeSet;
use std::fs;

use cs_tests::http::Served;
use cs_tests::{Sandbox, status, stderr, stdout};

/// A zone, a day on which its clocks change, and the first instants of that day and of the next.
const CHANGES: [(&str, &str, [&str; 2]); 5] = [
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]),
    ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25", ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08", ["2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"]),
    ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01", ["2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"]),
    ("UTC", "2026-10-25", ["2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"]),
];

/// The id of the conversation of session `n`.
fn uuid(n: usize) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

fn out(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert!(status(&output) <= 1, "{program} {args:?}: {}", stderr(&output));
    stdout(&output)
}

/// Creates a session that began at `at`, with its transcript. Its number is its intent.
fn begin(sandbox: &Sandbox, n: usize, at: &str) {
    let mut create = sandbox.command("cs-session");
    create.args(["create", "--project", "api", "--intent", &format!("number {n}"), "-q"]).env("CS_NOW", at);
    assert_eq!(status(&cs_tests::run(create, "")), 0);
    let folder = sandbox.home().join(".claude/projects/-home-dev-repo");
    let usage = r#"{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}"#;
    let message = format!(r#"{{"id":"msg_{n}","model":"claude-opus-5-5","usage":{usage}}}"#);
    let id = uuid(n);
    let line = format!(
        r#"{{"type":"assistant","sessionId":"{id}","timestamp":"{at}","cwd":"/home/dev/repo","message":{message}}}"#
    );
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{id}.jsonl")), line + "\n").unwrap();
}

/// The sessions that a text names.
fn numbers(text: &str, name: impl Fn(usize) -> String) -> BTreeSet<usize> {
    (0..4).filter(|n| text.contains(&name(*n))).collect()
}

/// The sessions in a range according to each program, the API and the page.
fn selected(sandbox: &Sandbox, served: &Served, range: &[&str]) -> Vec<(&'static str, BTreeSet<usize>)> {
    let args = |first: &[&'static str]| [first, range].concat();
    let query: Vec<String> = range.chunks(2).map(|pair| format!("{}={}", &pair[0][2..], pair[1])).collect();
    let query = query.join("&");
    let intent = |n| format!("number {n}");
    vec![
        ("cs-session", numbers(&out(sandbox, "cs-session", &args(&["list"])), intent)),
        ("cs-session --full", numbers(&out(sandbox, "cs-session", &args(&["list", "--full"])), intent)),
        ("cs-export", numbers(&out(sandbox, "cs-export", &args(&["--all"])), intent)),
        ("cs-export --project", numbers(&out(sandbox, "cs-export", &args(&["--project", "api"])), intent)),
        ("cs-usage", numbers(&out(sandbox, "cs-usage", &args(&["session", "--json"])), uuid)),
        ("API", numbers(&served.get(&format!("/api/sessions?{query}")).text(), intent)),
        (
            "API of the project",
            numbers(&served.json(&format!("/api/project/api?{query}"))["listing"].to_string(), intent),
        ),
        ("page", numbers(&served.get(&format!("/?{query}")).text(), intent)),
    ]
}

#[test]
fn a_day_is_the_same_day_everywhere() {
    for (zone, day, [begins, ends]) in CHANGES {
        let sandbox = Sandbox::new().with("TZ", zone);
        let just_before = |at: &str| {
            let before = cs_core::clock::parse(at).unwrap() - cs_core::clock::TimeDelta::seconds(1);
            cs_core::clock::stamp(before)
        };
        begin(&sandbox, 0, &just_before(begins));
        begin(&sandbox, 1, begins);
        begin(&sandbox, 2, &just_before(ends));
        begin(&sandbox, 3, ends);
        let served = Served::start(&sandbox, &[]);
        let ranges: [(&[&str], &[usize]); 3] = [
            (&["--until", day], &[0, 1, 2]),
            (&["--since", day], &[1, 2, 3]),
            (&["--since", day, "--until", day], &[1, 2]),
        ];
        for (range, expected) in ranges {
            for (program, found) in selected(&sandbox, &served, range) {
                assert!(found.iter().eq(expected), "{program} {range:?} in {zone}: {found:?}");
            }
        }
    }
}

#[test]
fn all_help_texts_describe_ranges_alike() {
    let sandbox = Sandbox::new();
    let helps =
        [("cs-session", &["list", "--help"][..]), ("cs-export", &["--help"]), ("cs-usage", &["daily", "--help"])];
    for (program, args) in helps {
        let help = out(&sandbox, program, args).split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [cs_core::range::FORMS, "before TIME; if TIME is a day, up to the end of that day"] {
            assert!(help.contains(text), "{program}: {text}");
        }
    }
    let served = Served::start(&sandbox, &[]);
    let refusal = format!("\"soon\" is not a time; write {}", cs_core::range::FORMS);
    let answer = served.get("/api/sessions?since=soon");
    assert_eq!(answer.status, 400);
    assert!(answer.json().to_string().contains(&refusal.replace('"', "\\\"")), "{}", answer.text());
    for (program, args) in [("cs-session", &["list"][..]), ("cs-export", &["--all"]), ("cs-usage", &["daily"])] {
        let output = sandbox.cs(program, &[args, &["--since", "soon"]].concat());
        assert_eq!((status(&output), stderr(&output)), (65, format!("{program}: error: {refusal}\n")));
    }
}

#[test]
fn local_time_is_the_time_zone_of_the_machine() {
    for tz in [Some("Europe/Berlin"), Some("America/New_York"), Some(":Asia/Kolkata"), Some(""), Some("No/Where"), None]
    {
        for now in [1_782_900_000, 1_795_255_200] {
            let at = format!("{}", now + 3600);
            let stamp = cs_core::clock::stamp(cs_core::clock::from_millis(now * 1000).unwrap());
            let mut sandbox = Sandbox::new().with("CS_NOW", stamp).without("TZ");
            if let Some(tz) = tz {
                sandbox = sandbox.with("TZ", tz);
            }
            let date = stdout(&sandbox.sh(&format!("date -d @{at} +%H:%M 2>/dev/null || date -r {at} +%H:%M")));
            let figures = format!(r#"{{"rate_limits":{{"five_hour":{{"used_percentage":41,"resets_at":{at}}}}}}}"#);
            let line = stdout(&sandbox.feed("cs-statusline", &["--format", "{five_hour}"], &figures));
            assert!(line.contains(date.trim()), "TZ {tz:?}: {line} is not {date}");
        }
    }
}
