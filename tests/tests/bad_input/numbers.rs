//! Absurd numbers on the command line, in a client's figures and in files: they are refused or bounded, no program
//! aborts, and none are stored or shown.

use serde_json::json;

use super::*;

/// As text, because JSON text can contain them and parsed values cannot.
const ABSURD: [&str; 12] = [
    "1e308",
    "-1e308",
    "1e999",
    "-1",
    "-0",
    "99999999999",
    "1000000000",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "1e-400",
    "NaN",
];

#[test]
fn absurd_numbers_on_the_command_line_are_refused_or_bounded() {
    let sandbox = furnished();
    let days = [
        "+99999-01-01",
        "262143-12-31",
        "-262143-01-01",
        "9999-12-31",
        "0000-01-01",
        "9999999999999999999d",
        "99999999w",
    ];
    for word in ABSURD.iter().chain(&days) {
        for words in [
            &["cs-session", "list", "--limit", word][..],
            &["cs-session", "list", "--since", word],
            &["cs-session", "list", "--until", word, "--include-archived"],
            &["cs-export", "--all", "--since", word],
            &["cs-export", "--all", "--output-dir", "out", "--highlight-words", word],
            &["cs-cleanup", "archive", "--older-than", word, "--dry-run"],
            &["cs-cleanup", "archive", "--days", word, "--dry-run"],
            &["cs-usage", "daily", "--since", word],
            &["cs-usage", "monthly", "--until", word],
            &["cs-usage", "blocks", "--since", word],
            &["cs-statusline", "--padding", word],
            &["cs-serve", "--port", word, "--host", "203.0.113.1"],
        ] {
            let output = sandbox.cs(words[0], &words[1..]);
            assert!([0, NOT, USAGE, INVALID, DISK].contains(&status(&output)), "{words:?}: {output:?}");
            assert!(!stderr(&output).contains("panicked"), "{words:?}: {}", stderr(&output));
        }
    }
}

#[test]
fn absurd_figures_from_a_client_are_ignored() {
    for number in ABSURD.iter().filter(|number| !["-0", "1e-400"].contains(number)) {
        let sandbox = furnished();
        let figures = |number: &str| {
            format!(
                "{{\"session_id\":\"{CA5D}\",\"model\":{{\"display_name\":\"M\"}},\"cost\":{{\"total_cost_usd\":{number},\
                 \"total_duration_ms\":{number},\"total_lines_added\":{number}}},\"context_window\":{{\"used_percentage\":\
                 {number},\"total_input_tokens\":{number},\"context_window_size\":{number}}},\"rate_limits\":{{\"five_hour\":\
                 {{\"used_percentage\":{number},\"resets_at\":{number}}},\"seven_day\":{{\"used_percentage\":50,\
                 \"resets_at\":{number}}}}}}}"
            )
        };
        let output = sandbox.feed("cs-statusline", &[], &figures(number));
        let shown = stdout(&output);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{number}");
        assert!(shown.chars().count() < 200 && !shown.contains("inf") && !shown.contains("NaN"), "{number}: {shown}");
        let kept = fs::read_to_string(sandbox.data().join(format!("statusline/{CA5D}.json"))).unwrap_or("{}".into());
        let kept: Value = serde_json::from_str(&kept).expect("JSON");
        // A count may be as large as 10⁹; money and percentages may not.
        for field in ["cost_usd", "context_used_percentage", "five_hour"] {
            assert!(kept[field].is_null(), "{number}: {kept}");
        }
        // This one is an instant of the year 2001.
        let is_instant = *number == "1000000000";
        assert!(is_instant || kept["seven_day"]["resets_at"].is_null(), "{number}: {kept}");
        let mut later = sandbox.command("cs-statusline");
        later.env("CS_NOW", "2026-11-21T10:01:00Z");
        assert_eq!(status(&run(later, &figures("1"))), 0);
        assert_eq!(sandbox.json(&format!("statusline/{CA5D}.json"))["cost_usd"], 1.0, "valid figures are kept");
    }
}

#[test]
fn absurd_figures_in_files_are_not_shown() {
    let sandbox = furnished();
    for folder in ["usage", "statusline"] {
        fs::create_dir_all(sandbox.data().join(folder)).expect("it can be created");
    }
    for number in ["1e308", "-1e308", "1e7000", "-5", "18446744073709551615"] {
        let reading = format!(
            "{{\"claude_session_id\":\"{CA5D}\",\"at\":\"2026-11-21T09:59:00Z\",\"day\":\"2026-11-21\",\"cost_usd\":{number},\
             \"cost_before_day_usd\":{number},\"context_used_percentage\":{number}}}"
        );
        put(&sandbox, &format!("statusline/{CA5D}.json"), &reading);
        put(&sandbox, "statusline/2026-11-21.json", format!("{{\"{BEEF}\":{number},\"{CA5D}\":{number}}}"));
        let count = if number.starts_with("1844") { number } else { "1" };
        let usage = format!("{{\"claude_session_id\":\"{CA5D}\",\"cost_usd\":{number},\"total_tokens\":{count}}}");
        put(&sandbox, &format!("usage/{CA5D}.json"), &usage);
        let shown = stdout(&sandbox.cs("cs-statusline", &["--format", "{cost} {today} {context}"]));
        assert!(shown.len() < 60 && !shown.contains("inf"), "{number}: {shown}");
        for words in [
            &["cs-session", "show", "ca5d", "--table"][..],
            &["cs-session", "list", "--table"],
            &["cs-export", "ca5d", "--format", "markdown"],
            &["cs-export", "ca5d", "--format", "csv"],
        ] {
            let output = sandbox.cs(words[0], &words[1..]);
            let numbers = stdout(&output);
            assert!(
                !numbers.contains("$inf") && !numbers.contains("000000000000000000"),
                "{words:?} {number}: {numbers}"
            );
            assert!([0, INVALID].contains(&status(&output)), "{words:?} {number}: {output:?}");
        }
    }
    put(
        &sandbox,
        &format!("statusline/{CA5D}.json"),
        json!({"claude_session_id": CA5D, "at": "2999-01-01T00:00:00Z", "cost_usd": 5.0}).to_string(),
    );
    let figures =
        json!({"session_id": CA5D, "cost": {"total_cost_usd": 1.5}, "context_window": {"used_percentage": 10}});
    sandbox.feed("cs-statusline", &[], &figures.to_string());
    assert_eq!(
        sandbox.json(&format!("statusline/{CA5D}.json"))["cost_usd"],
        1.5,
        "the future date does not count forever"
    );
}
