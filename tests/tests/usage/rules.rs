//! "Counted once" in `docs/USAGE.md`: a test for every rule, in its order.

use super::*;

const ONCE: [u64; 4] = [100, 10, 0, 0];

/// A home with these answers in the transcripts of their sessions.
fn home(answers: &[Answer]) -> Sandbox {
    let sandbox = Sandbox::new();
    for session in 0..=9 {
        let text: String = answers.iter().filter(|answer| answer.session == session).map(Answer::line).collect();
        if !text.is_empty() {
            put(&sandbox, &transcript(session), &text);
        }
    }
    sandbox
}

#[test]
fn the_lines_of_a_message_are_one_call_and_the_fullest_counts() {
    let first = Answer { kinds: [100, 1, 5, 0], ..ANSWER };
    let last = Answer { kinds: [100, 10, 5, 0], ..ANSWER };
    assert_eq!(total(&home(&[first.clone(), first.clone(), last.clone()])), [100, 10, 5, 0]);
    assert_eq!(total(&home(&[last, first])), [100, 10, 5, 0], "whatever their order");
}

#[test]
fn a_message_in_two_sessions_is_one_call() {
    let copy = Answer { session: 2, ..ANSWER };
    let sandbox = home(&[ANSWER, copy]);
    assert_eq!(total(&sandbox), ONCE);
    assert_eq!(usage(&sandbox, &["session"]).len(), 1);
}

#[test]
fn a_copy_says_so_and_its_original_counts() {
    for (original, copy) in [(1, 2), (2, 1)] {
        let mark = format!("\"forkedFrom\":{{\"sessionId\":\"{}\"}},", id(original));
        let copied = Answer { session: copy, more: &mark, ..ANSWER };
        let sandbox = home(&[Answer { session: original, ..ANSWER }, copied]);
        let sessions = usage(&sandbox, &["session"]);
        assert_eq!((sessions.len(), &sessions[0]["session_id"]), (1, &id(original).into()));
    }
}

#[test]
fn a_replay_in_a_side_chain_is_no_call_whatever_its_request() {
    let replay = Answer { request: "req_2", more: "\"isSidechain\":true,", kinds: [100, 12, 0, 0], ..ANSWER };
    let sandbox = home(&[replay.clone(), ANSWER]);
    assert_eq!(total(&sandbox), [100, 12, 0, 0], "the fullest counts");
    let sandbox = home(&[ANSWER, replay]);
    assert_eq!(total(&sandbox), [100, 12, 0, 0]);
    let call = usage(&sandbox, &["explain", &id(1)]).into_iter().find(|line| line["kind"] == "call").unwrap();
    assert_eq!(call["side_chain"], false, "the conversation goes before its side chain");
    // In a file of its own, too.
    let sandbox = home(&[ANSWER]);
    let replay = Answer { request: "req_2", more: "\"isSidechain\":true,", ..ANSWER }.line();
    put(&sandbox, &format!(".claude/projects/-home-dev-repo/{}/subagents/agent-a1.jsonl", id(1)), &replay);
    assert_eq!(total(&sandbox), ONCE);
}

#[test]
fn a_message_with_two_requests_is_two_calls() {
    assert_eq!(total(&home(&[ANSWER, Answer { request: "req_2", ..ANSWER }])), [200, 20, 0, 0]);
}

#[test]
fn without_a_request_the_message_decides() {
    assert_eq!(total(&home(&[ANSWER, Answer { request: "", ..ANSWER }])), ONCE);
    assert_eq!(total(&home(&[Answer { request: "", ..ANSWER }, ANSWER])), ONCE);
}

#[test]
fn the_clients_own_name_for_a_request_goes_before_all_other_ids() {
    let named = |name: &'static str| Answer { more: name, ..ANSWER };
    let (one, two) = (named("\"requestRef\":\"r1\","), named("\"requestRef\":\"r2\","));
    assert_eq!(total(&home(&[one.clone(), two.clone()])), [200, 20, 0, 0]);
    assert_eq!(total(&home(&[one.clone(), one.clone()])), ONCE);
    let elsewhere = Answer { session: 2, ..two };
    assert_eq!(total(&home(&[one, elsewhere])), [200, 20, 0, 0]);
}

#[test]
fn without_a_message_id_the_lines_own_id_decides() {
    let line = Answer { message: "", request: "", more: "\"uuid\":\"u1\",", ..ANSWER };
    assert_eq!(total(&home(&[line.clone(), Answer { session: 2, ..line.clone() }])), ONCE);
    assert_eq!(total(&home(&[line.clone(), Answer { more: "\"uuid\":\"u2\",", ..line }])), [200, 20, 0, 0]);
}

#[test]
fn without_any_id_every_line_counts() {
    let line = Answer { message: "", request: "", ..ANSWER };
    assert_eq!(total(&home(&[line.clone(), line.clone()])), [200, 20, 0, 0]);
    assert_eq!(total(&home(&[line.clone(), Answer { session: 2, ..line }])), [200, 20, 0, 0]);
}

#[test]
fn what_no_model_said_is_not_counted() {
    let made_up = Answer { message: "msg_2", model: "<synthetic>", ..ANSWER };
    assert_eq!(total(&home(&[ANSWER, made_up])), ONCE);
    // The client notes an agent's usage with its result; its own transcript has it, too.
    let sandbox = home(&[ANSWER]);
    let result = "{\"type\":\"user\",\"sessionId\":\"x\",\"toolUseResult\":{\"usage\":{\"input_tokens\":7}},\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}}\n";
    put(&sandbox, &transcript(2), result);
    assert_eq!(total(&sandbox), ONCE);
}

#[test]
fn a_file_in_two_places_is_one() {
    let sandbox = home(&[ANSWER]);
    let other = put(&sandbox, ".config/claude/projects/-home-dev-repo/copy.jsonl", &ANSWER.line());
    assert_eq!(total(&sandbox), ONCE, "a copy");
    fs::remove_file(&other).unwrap();
    fs::hard_link(sandbox.home().join(transcript(1)), &other).unwrap();
    assert_eq!(total(&sandbox), ONCE, "another name");
}

#[test]
fn several_folders_and_the_variables_that_name_them() {
    let sandbox = home(&[ANSWER]);
    let second = Answer { session: 2, message: "msg_2", request: "req_2", ..ANSWER }.line();
    put(&sandbox, ".config/claude/projects/p/x.jsonl", &second);
    assert_eq!(total(&sandbox), [200, 20, 0, 0], "both of the client's own");
    let third = Answer { session: 3, message: "msg_3", request: "req_3", ..ANSWER }.line();
    put(&sandbox, "elsewhere/projects/p/y.jsonl", &third);
    let dirs = format!("{0}/elsewhere, {0}/.claude,", sandbox.home().display());
    let sandbox = sandbox.with("CLAUDE_CONFIG_DIR", dirs);
    assert_eq!(total(&sandbox), [200, 20, 0, 0], "a list in place of them");
}

#[test]
fn broken_lines_are_counted_and_stop_nothing() {
    let sandbox = Sandbox::new();
    let huge = format!("{{\"type\":\"user\",\"x\":\"{}\"}}\n", "y".repeat(9 << 20));
    let text = format!(
        "not json \"usage\"\n{}\n\n{huge}{{\"type\":\"assistant\",\"message\":{{\"usage\":{{\"input_tokens\":-5}}}}}}\n{}{}",
        "\u{0}\u{1}",
        ANSWER.line(),
        "{\"type\":\"assistant\",\"message\":{\"usage\":{\"inp"
    );
    put(&sandbox, &transcript(1), &text);
    assert_eq!(total(&sandbox), ONCE);
    let note = "cs-usage: note: 2 lines cannot be understood; cs-usage explain tells where they are\n";
    assert_eq!(stderr(&sandbox.cs("cs-usage", &["daily"])), note);
    assert_eq!(stderr(&sandbox.cs("cs-usage", &["keep"])), "", "not every hour");
    let log = usage(&sandbox, &["explain", &id(1)]).into_iter().find(|line| line["kind"] == "log").unwrap();
    assert_eq!((&log["broken"], &log["too_long"], &log["lines"]), (&2.into(), &1.into(), &6.into()), "{log}");
}

#[test]
fn an_odd_field_costs_nothing_but_itself() {
    let line = ANSWER.line();
    for (of, odd) in [
        ("\"requestId\":\"req_1\"", "\"requestId\":7"),
        ("\"id\":\"msg_1\"", "\"id\":71"),
        ("\"input_tokens\":100", "\"input_tokens\":100.0"),
        ("\"input_tokens\":100", "\"input_tokens\":\"100\""),
        ("\"2026-11-20T10:00:00.000Z\"", "1795168800"),
        ("\"2026-11-20T10:00:00.000Z\"", "1795168800000"),
        ("\"usage\":{", "\"usage\":{\"server_tool_use\":{\"web_search_requests\":-1},"),
        ("\"usage\":{", "\"usage\":{\"server_tool_use\":[],\"cache_creation\":\"no\",\"speed\":{\"a\":1},"),
        ("\"cache_read_input_tokens\":0", "\"cache_read_input_tokens\":-5"),
        ("{\"type\"", "{\"isSidechain\":\"no\",\"costUSD\":\"?\",\"uuid\":[1,{}],\"origin\":7,\"aiTitle\":{},\"type\""),
        ("\"cwd\":\"/home/dev/repo\"", "\"cwd\":null"),
    ] {
        assert!(line.contains(of), "{of}");
        let sandbox = Sandbox::new();
        let odd = line.replacen(of, odd, 1);
        put(&sandbox, &transcript(1), &(odd.clone() + &odd));
        let output = sandbox.cs("cs-usage", &["daily"]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{odd}");
        let day: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((kinds(&day), &day["date"], &day["messages"]), (ONCE, &"2026-11-20".into(), &1.into()), "{odd}");
        assert_eq!(day["cost_usd"], 0.0006, "{odd}");
    }
    let count = |total: &str| {
        format!(
            "{{\"timestamp\":1795168800.5,\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"turn_id\":7,\"item\":[],\"info\":{{\"total_token_usage\":{{\"input_tokens\":{total},\"total_tokens\":{total}}}}}}}}}\n"
        )
    };
    let sandbox = Sandbox::new();
    put(&sandbox, ".codex/sessions/rollout-1.jsonl", &(count("1000.0") + &count("\"1500\"")));
    assert_eq!(total(&sandbox), [1500, 0, 0, 0]);
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let line = ANSWER.line();
    let sandbox = Sandbox::new();
    let path = put(&sandbox, &transcript(1), line.trim_end());
    assert_eq!(total(&sandbox), ONCE);
    fs::write(&path, &line).unwrap();
    assert_eq!(total(&sandbox), ONCE, "and get it later");
    let nameless = Answer { message: "", request: "", ..ANSWER }.line();
    fs::write(&path, nameless.trim_end()).unwrap();
    assert_eq!(total(&sandbox), ONCE);
    fs::write(&path, &nameless).unwrap();
    assert_eq!(total(&sandbox), ONCE, "also where nothing names it");
}

#[test]
fn what_an_old_line_says_that_it_cost_is_believed() {
    let sandbox = home(&[Answer { more: "\"costUSD\":1.5,", ..ANSWER }]);
    assert_eq!(usage(&sandbox, &["daily"])[0]["cost_usd"], 1.5);
}

#[test]
fn the_clients_cache_of_statistics_is_never_mixed_in() {
    let sandbox = home(&[ANSWER]);
    let stats = r#"{"version":5,"dailyModelTokens":[{"date":"2026-11-19","tokensByModel":{"claude-opus-5":7}},{"date":"2026-11-20","tokensByModel":{"claude-opus-5-5":9}}]}"#;
    put(&sandbox, ".claude/stats-cache.json", stats);
    let days = usage(&sandbox, &["daily"]);
    assert_eq!(days.len(), 2, "a day that transcripts cover is not shown twice");
    assert_eq!(
        (&days[1]["source"], &days[1]["date"], &days[1]["total_tokens"]),
        (&"stats-cache".into(), &"2026-11-19".into(), &7.into())
    );
    assert_eq!(days[1]["cost_usd"], Value::Null);
    assert_eq!(kinds(&days[0]), ONCE);
    assert_eq!(total(&sandbox), ONCE);
    let table = stdout(&sandbox.cs("cs-usage", &["daily", "--table"]));
    assert!(table.contains("\nOnly in Claude Code's stats-cache.json"), "{table}");
    assert_eq!(usage(&sandbox, &["daily", "--agent", "claude", "--since", "2026-11-20"]).len(), 1);
}

#[test]
fn the_clients_cache_of_statistics_may_be_all_that_there_is() {
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
fn until_a_day_is_until_its_end() {
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
    assert_eq!(of("2026-11-20", "2026-11-20T23:00:00Z"), [("2026-11-20".to_string(), 2)], "a time is exclusive");
}

#[test]
fn each_agent_has_windows_of_its_own() {
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
    assert!(table(&["--agent", "codex"]).starts_with("START             INPUT"), "no need to say it");
    assert!(!table(&["--agent", "claude"]).contains("$0.00"), "little is not nothing: {}", table(&[]));
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

#[test]
fn nothing_in_a_log_steers_a_terminal() {
    let sandbox = home(&[]);
    let line = ANSWER.line().replace("/home/dev/repo", "/p\\u001b[2J");
    put(&sandbox, &transcript(1), &line);
    for args in [["project", "-q"], ["project", "--csv"]] {
        let piped = stdout(&sandbox.cs("cs-usage", &args));
        assert!(piped.contains("/p\u{1b}[2J"), "a pipe gets it as it is: {piped:?}");
        let mut command = sandbox.command("cs-usage");
        command.args(args);
        let shown = on_a_terminal(command);
        assert!(shown.contains("/p") && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

/// What a program prints on a terminal.
fn on_a_terminal(mut command: std::process::Command) -> String {
    use std::io::Read;
    use std::os::fd::FromRawFd;
    let (mut screen, mut terminal) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: both places are valid for the call; nothing else is asked for.
    let made = unsafe { libc::openpty(&raw mut screen, &raw mut terminal, null, null.cast(), null.cast()) };
    assert_eq!(made, 0, "a terminal can be made");
    // SAFETY: the call gave us both.
    let (mut screen, terminal) = unsafe { (fs::File::from_raw_fd(screen), fs::File::from_raw_fd(terminal)) };
    let mut child = command.stdout(terminal).spawn().expect("it starts");
    drop(command);
    let mut shown = Vec::new();
    // The end of a terminal is an error.
    let _ = screen.read_to_end(&mut shown);
    assert!(child.wait().expect("it ends").success());
    String::from_utf8_lossy(&shown).into_owned()
}
