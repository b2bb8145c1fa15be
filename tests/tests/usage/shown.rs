//! The contents of reports: days, windows, columns, terminals.

use super::*;

#[test]
fn the_clients_statistics_cache_is_never_added() {
    let sandbox = home(&[ANSWER]);
    let stats = r#"{"version":5,"dailyModelTokens":[{"date":"2026-11-19","tokensByModel":{"claude-opus-5":7}},{"date":"2026-11-20","tokensByModel":{"claude-opus-5-5":9}}]}"#;
    put(&sandbox, ".claude/stats-cache.json", stats);
    let days = usage(&sandbox, &["daily"]);
    assert_eq!(days.len(), 2, "a day covered by transcripts is not shown twice");
    assert_eq!(
        (&days[1]["source"], &days[1]["date"], &days[1]["total_tokens"]),
        (&"stats-cache".into(), &"2026-11-19".into(), &7.into())
    );
    assert_eq!(days[1]["cost_usd"], Value::Null);
    assert_eq!(kinds(&days[0]), ANSWER.kinds);
    assert_eq!(total(&sandbox), ANSWER.kinds);
    let table = stdout(&sandbox.cs("cs-usage", &["daily", "--table"]));
    assert!(table.contains("\nOnly in Claude Code's stats-cache.json"), "{table}");
    assert_eq!(usage(&sandbox, &["daily", "--agent", "claude", "--since", "2026-11-20"]).len(), 1);
}

#[test]
fn the_clients_statistics_cache_is_shown_even_alone() {
    let sandbox = Sandbox::new();
    let stats = r#"{"dailyModelTokens":[{"date":"2026-11-19","tokensByModel":{"claude-opus-5":7}}]}"#;
    put(&sandbox, ".claude/stats-cache.json", stats);
    for args in [vec!["daily"], vec!["daily", "--since", "2026-11-19", "--until", "2026-11-19", "--timezone", "CET-1"]]
    {
        let days = usage(&sandbox, &args);
        assert_eq!((days.len(), &days[0]["source"], &days[0]["total_tokens"]), (1, &"stats-cache".into(), &7.into()));
    }
    let output = sandbox.cs("cs-usage", &["daily", "--csv"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, ""));
    let note =
        "cs-usage: note: days that only Claude Code's stats-cache.json knows are left out (1); --json has them\n";
    assert_eq!(stderr(&output), note);
}

#[test]
fn until_a_day_includes_that_day() {
    let day = |message, at| Answer { message, at, ..ANSWER };
    let sandbox = home(&[
        day("msg_1", "2026-11-19T22:59:59Z"),
        day("msg_2", "2026-11-19T23:00:00Z"),
        day("msg_3", "2026-11-20T22:59:59Z"),
        day("msg_4", "2026-11-20T23:00:00Z"),
    ]);
    let of = |since: &str, until: &str| -> Vec<(String, u64)> {
        let lines = usage(&sandbox, &["daily", "--timezone", "CET-1", "--since", since, "--until", until]);
        lines.iter().map(|line| (line["date"].as_str().unwrap().into(), line["messages"].as_u64().unwrap())).collect()
    };
    assert_eq!(of("2026-11-20", "2026-11-20"), [("2026-11-20".to_string(), 2)]);
    assert_eq!(of("2026-11-20", "2026-11-21").len(), 2);
    assert_eq!(of("2026-11-20", "2026-11-20T23:00:00Z"), [("2026-11-20".to_string(), 2)], "the end time is exclusive");
}

#[test]
fn each_agent_has_its_own_windows() {
    let at = |message, at| Answer { message, at, ..ANSWER };
    let sandbox = home(&[
        at("msg_1", "2026-11-20T08:30:00Z"),
        at("msg_2", "2026-11-20T12:59:59Z"),
        at("msg_3", "2026-11-20T13:00:00Z"),
    ]);
    let counts = [("09:10", 1000), ("13:59", 3000), ("14:05", 3500)].map(|(time, total)| {
        format!(
            "{{\"timestamp\":\"2026-11-20T{time}:00Z\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"info\":{{\"total_token_usage\":{{\"input_tokens\":{total},\"total_tokens\":{total}}}}}}}}}\n"
        )
    });
    let meta = format!(
        "{{\"timestamp\":\"2026-11-20T09:00:00Z\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{}\",\"cwd\":\"/p\"}}}}\n",
        id(9)
    );
    put(&sandbox, &format!(".codex/sessions/rollout-2026-11-20T09-00-00-{}.jsonl", id(9)), &(meta + &counts.concat()));
    let blocks: Vec<(String, String, u64)> = usage(&sandbox, &["blocks"])
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("start_at")[11..13].to_owned(), text("agent"), line["total_tokens"].as_u64().unwrap())
        })
        .collect();
    let of = |hour: &str, agent: &str, tokens| (hour.to_owned(), agent.to_owned(), tokens);
    // Claude Code: 08:00 to 13:00, then from 13:00. Codex: 09:00 to 14:00, then from 14:00.
    let expected =
        [of("08", "claude-code", 220), of("09", "codex", 3000), of("13", "claude-code", 110), of("14", "codex", 500)];
    assert_eq!(blocks, expected);
    let table = |args: &[&str]| stdout(&sandbox.cs("cs-usage", &[&["blocks", "--table"], args].concat()));
    assert!(table(&[]).starts_with("START             AGENT "), "{}", table(&[]));
    assert!(table(&["--agent", "codex"]).starts_with("START             INPUT"), "it need not be said");
    assert!(!table(&["--agent", "claude"]).contains("$0.00"), "a small amount is not zero: {}", table(&[]));
}

#[test]
fn all_rows_have_the_same_columns() {
    let title = format!("{{\"type\":\"ai-title\",\"aiTitle\":\"A, \\\"b\\\"\",\"sessionId\":\"{}\"}}\n", id(2));
    for titled in [1, 2] {
        let sandbox = home(&[ANSWER]);
        let other =
            Answer { session: 2, message: "msg_2", model: "claude-next-9", at: "2026-11-20T11:00:00Z", ..ANSWER };
        put(&sandbox, &transcript(2), &(other.line() + &title.replace(&id(2), &id(titled))));
        for report in ["daily", "weekly", "monthly", "session", "project", "model", "blocks", "session --join"] {
            for more in ["--csv", "--csv --breakdown"] {
                let args: Vec<&str> = report.split(' ').chain(more.split(' ')).collect();
                let text = stdout(&sandbox.cs("cs-usage", &args));
                let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
                let columns = rows.headers().unwrap().len();
                let lengths: Vec<usize> = rows.records().map(|row| row.unwrap().len()).collect();
                assert!(!lengths.is_empty() && lengths.iter().all(|length| *length == columns), "{args:?}: {text}");
            }
        }
    }
}

/// Texts that a spreadsheet executes or misreads as numbers.
const FORMULAS: [&str; 12] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1",
    " =2+2",
    "\n=3",
    "＝SUM(A1)",
    "－1",
    "\u{a0}=1",
    "=cmd|' /C calc'!A0",
];

#[test]
fn text_is_never_a_formula_and_numbers_stay_numbers() {
    for formula in FORMULAS {
        let model = serde_json::to_string(formula).unwrap();
        let sandbox = home(&[]);
        put(&sandbox, &transcript(1), &ANSWER.line().replace("\"claude-opus-5-5\"", &model));
        for args in
            [["model", "--csv"].as_slice(), &["daily", "--csv", "--breakdown"], &["blocks", "--csv", "--breakdown"]]
        {
            let text = stdout(&sandbox.cs("cs-usage", args));
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let titles = rows.headers().unwrap().clone();
            let row = rows.records().next().unwrap().unwrap();
            let cell = |name| row.get(titles.iter().position(|title| title == name).unwrap()).unwrap();
            assert!(cell("model").starts_with('\''), "{args:?} {formula:?}: {text:?}");
            assert_eq!((cell("messages"), cell("cost_usd")), ("1", ""), "{text:?}");
        }
    }
}

#[test]
fn each_report_has_its_own_help() {
    let sandbox = Sandbox::new();
    for report in ["daily", "weekly", "monthly", "session", "project", "repo", "model", "blocks", "explain", "keep"] {
        let help = stdout(&sandbox.cs("cs-usage", &[report, "--help"]));
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let about = one_line(help.split("\n\n").nth(1).unwrap());
        let all = one_line(&stdout(&sandbox.cs("cs-usage", &["--help"])));
        assert!(all.contains(&format!("{report} {about}")), "{report}: {about}");
        let examples: Vec<&str> = help.lines().skip_while(|line| *line != "Examples:").skip(1).collect();
        assert_eq!(examples.len(), 2, "{help}");
        assert!(examples.iter().all(|line| line.trim().starts_with(&format!("cs-usage {report}"))), "{help}");
        assert_eq!(help.contains("--join"), report == "session", "{help}");
        for example in examples {
            let words: Vec<&str> = example.split_whitespace().skip(1).collect();
            let code = status(&sandbox.cs("cs-usage", &words));
            assert!(code != 64, "{example}: {code}");
        }
    }
}

#[test]
fn text_from_a_log_cannot_control_a_terminal() {
    let sandbox = home(&[]);
    let line = ANSWER.line().replace("/home/dev/repo", "/p\\u001b[2J");
    put(&sandbox, &transcript(1), &line);
    for (args, in_pipe) in [(["project", "-q"], "/p\u{1b}[2J"), (["project", "--csv"], "/p␛[2J")] {
        let piped = stdout(&sandbox.cs("cs-usage", &args));
        assert!(piped.contains(in_pipe), "{args:?}: {piped:?}");
        let mut command = sandbox.command("cs-usage");
        command.args(args);
        let shown = on_a_terminal(command);
        assert!(shown.contains("/p") && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

/// Runs a program on a terminal; returns its output.
fn on_a_terminal(mut command: std::process::Command) -> String {
    use std::io::Read;
    use std::os::fd::FromRawFd;
    let (mut screen, mut terminal) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: both pointers are valid for the call.
    let made = unsafe { libc::openpty(&raw mut screen, &raw mut terminal, null, null.cast(), null.cast()) };
    assert_eq!(made, 0, "a terminal can be created");
    // SAFETY: the call just opened both.
    let (mut screen, terminal) = unsafe { (fs::File::from_raw_fd(screen), fs::File::from_raw_fd(terminal)) };
    let mut child = command.stdout(terminal).spawn().expect("it starts");
    drop(command);
    let mut shown = Vec::new();
    // Reading at the end of a terminal is an error.
    let _ = screen.read_to_end(&mut shown);
    assert!(child.wait().expect("it ends").success());
    String::from_utf8_lossy(&shown).into_owned()
}
