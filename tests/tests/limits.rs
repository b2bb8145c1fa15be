//! `cs-limits` in real bars, with hostile settings, and with little to read.

use std::fs;
use std::time::Duration;

use cs_tests::tmux::Terminal;
use cs_tests::{Sandbox, has, status, stderr, stdout, strace};
use serde_json::Value;

/// A name of an account with everything that means something to a bar.
const HOSTILE: &str = r#"a#[fg=red]#{pid}#(touch ran)%H|c<i>& --d"#;

/// A sandbox with a window of a named account, of which so many readings are stored, two minutes apart, the last one now.
fn furnished(readings: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.data().join("limits");
    fs::create_dir_all(&folder).expect("it can be created");
    let config = format!(r#"{{"version":1,"projects":{{}},"accounts":{{"{HOSTILE}":"~/.claude-work"}}}}"#);
    fs::write(sandbox.data().join("config.json"), config).expect("it can be written");
    let figures = r#"{"rate_limits":{"five_hour":{"used_percentage":57,"resets_at":1795260600}}}"#;
    let mut command = sandbox.command("cs-statusline");
    command.env("CLAUDE_CONFIG_DIR", sandbox.home().join(".claude-work"));
    let figures = figures.replacen(
        '{',
        r#"{"session_id":"e998145e-4e5d-40c9-a3a6-681ad5bd51c9","cost":{"total_cost_usd":1},"#,
        1,
    );
    assert_eq!(status(&cs_tests::run(command, &figures)), 0);
    let [file] = &cs_tests::entries(&folder)[..] else { panic!("one limit is recorded") };
    // A history of old windows before it.
    let old = |n: usize| {
        let day = 1 + n / 720 % 28;
        let (hour, minute) = (n / 30 % 24, n % 30 * 2);
        let reset = hour / 5 * 5;
        format!(
            "{{\"at\":\"2026-{:02}-{day:02}T{hour:02}:{minute:02}:00.000000+00:00\",\"used\":{},\"resets_at\":\"2026-{:02}-{day:02}T{reset:02}:59:00.000000+00:00\"}}\n",
            1 + n / 20_160 % 10,
            n % 90,
            1 + n / 20_160 % 10
        )
    };
    let last = fs::read_to_string(file).expect("it can be read");
    fs::write(file, (0..readings).map(old).collect::<String>() + &last).expect("it can be written");
    sandbox
}

#[test]
fn tmux_shows_the_line_as_it_is_and_obeys_nothing_in_it() {
    if !has(Terminal::is_available()) {
        return;
    }
    let sandbox = furnished(0);
    let recipe = recipe("tmux.conf").replace("status-interval 15", "status-interval 1");
    let inner = sandbox.root().join("inner");
    fs::write(
        sandbox.work().join("tmux.conf"),
        recipe + "set -g status-left ''\nset -g window-status-current-format ''\n",
    )
    .expect("it can be written");
    let command = format!("exec tmux -u -S {} -f tmux.conf new-session 'exec sleep 60'", inner.display());
    let terminal = Terminal::start(&sandbox, 140, 8, &command);
    terminal.wait_for(&format!("5 h {HOSTILE} 57% →11:30"), Duration::from_secs(20));
    sandbox.sh(&format!("tmux -S {} kill-server", inner.display()));
    assert!(!sandbox.work().join("ran").exists(), "a command in the name of an account ran");
}

/// The example of a file in docs/LIMITS.md: what follows its name.
fn recipe(file: &str) -> String {
    let page = fs::read_to_string(cs_tests::workspace().join("docs/LIMITS.md")).expect("the page can be read");
    let (_, rest) = page.split_once(&format!("`{file}`")).unwrap_or_else(|| panic!("docs/LIMITS.md has no {file}"));
    let block = rest.split("```").nth(1).expect("a block follows");
    block.split_once('\n').expect("a language is named").1.to_string()
}

#[test]
fn the_other_bars_get_what_they_read() {
    let sandbox = furnished(0);
    let bar = |args: &[&str]| {
        let output = sandbox.cs("cs-limits", &[&["bar"], args].concat());
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        stdout(&output)
    };
    let module: Value = serde_json::from_str(&recipe("waybar.jsonc")).expect("the recipe is JSON");
    let exec = module["custom/limits"]["exec"].as_str().expect("a command");
    let shown: Value = serde_json::from_str(&stdout(&sandbox.sh(exec))).expect("Waybar reads JSON");
    assert_eq!(module["custom/limits"]["return-type"], "json");
    let text = shown["text"].as_str().expect("a text");
    assert!(text.contains("c&lt;i&gt;&amp; --d 57% →11:30"), "{text}");
    assert_eq!((shown["percentage"].as_u64(), shown["class"].to_string()), (Some(57), r#"["unknown"]"#.to_string()));
    assert!(!shown["tooltip"].as_str().expect("a text").contains('<'), "{shown}");

    let script = recipe("limits.1m.sh");
    fs::write(sandbox.work().join("plugin"), &script).expect("it can be written");
    let menu = stdout(&sandbox.sh("sh plugin"));
    assert_eq!(menu, bar(&["--format", "swiftbar"]));
    let lines: Vec<&str> = menu.lines().collect();
    assert!(lines.len() == 3 && lines[1] == "---", "{menu}");
    assert!(lines.iter().all(|line| *line == "---" || line.matches('|').count() == 1), "{menu}");

    let prompt = recipe("starship.toml");
    let command = prompt.lines().find_map(|line| line.strip_prefix("command = \"")?.strip_suffix('"'));
    let command = command.expect("the recipe has a command");
    assert_eq!(stdout(&sandbox.sh(command)), bar(&[]));
}

#[test]
fn a_bar_never_fails() {
    let sandbox = furnished(0);
    let other = sandbox.data().join("limits/codex-five_hour.jsonl");
    fs::create_dir_all(&other).expect("it can be created");
    let shown = stdout(&sandbox.cs("cs-limits", &["bar"]));
    assert!(shown.contains("57% →11:30"), "a bad file beside it: {shown}");
    fs::remove_dir(other).expect("it is there");
    let is_silent = |what: &str| {
        for args in [&["bar"][..], &["bar", "--format", "waybar"], &["bar", "--format", "{nothing}[{waiting}"]] {
            let output = sandbox.cs("cs-limits", args);
            assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{what}: {args:?}");
        }
    };
    let file = |name: &str| sandbox.data().join(name);
    fs::write(file("config.json"), r#"{"limits": {"alerts": 7}, "accounts": []"#).expect("it can be written");
    is_silent("damaged settings");
    for path in cs_tests::entries(&file("limits")) {
        fs::write(path, "\u{0}\n{}\nnull\n{\"at\":1}").expect("it can be written");
    }
    is_silent("damaged readings");
    fs::remove_dir_all(file("limits")).expect("it is there");
    fs::write(file("limits"), "").expect("it can be written");
    is_silent("no folder");
    fs::remove_dir_all(sandbox.data()).expect("it is there");
    is_silent("no data directory");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn a_bar_reads_only_what_its_format_names() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = furnished(0);
    fs::create_dir_all(sandbox.data().join("live")).expect("it can be created");
    let opened = |format: &str| {
        let mut command = sandbox.command("cs-limits");
        command.args(["bar", "--format", format]);
        let (input, log) = (sandbox.root().join("input"), sandbox.root().join("log"));
        fs::write(&input, "").expect("it can be written");
        let (_, log) = strace::run(&command, &input, &[], &log);
        let is_opened =
            |part: &str| strace::calls(&log).iter().any(|call| call.starts_with("open") && call.contains(part));
        (is_opened("/limits"), is_opened("/live"))
    };
    assert_eq!(opened("{waiting}"), (false, true));
    assert_eq!(opened("{limit:five_hour} {runs_out}"), (true, false));
    assert_eq!(opened("{limits} {working}"), (true, true));
    assert_eq!(opened("only text"), (false, false));
}

#[test]
fn a_format_of_ones_own_is_safe_in_the_bar_that_it_is_for() {
    let sandbox = furnished(0);
    let bar = |kind: &str| stdout(&sandbox.cs("cs-limits", &["bar", "--for", kind, "--format", "{limit:five_hour}"]));
    assert!(bar("tmux").contains("##(touch ran)"), "{}", bar("tmux"));
    assert!(bar("waybar").contains("c&lt;i&gt;"), "{}", bar("waybar"));
    assert_eq!(bar("swiftbar").lines().next().map(|line| line.matches('|').count()), Some(1));
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn the_bar_reads_little_whatever_the_history_is_and_opens_no_socket() {
    if !has(strace::is_possible()) {
        return;
    }
    let calls = |readings: usize| {
        let sandbox = furnished(readings);
        let mut command = sandbox.command("cs-limits");
        command.arg("bar");
        let (input, log) = (sandbox.root().join("input"), sandbox.root().join("log"));
        fs::write(&input, "").expect("it can be written");
        let (output, log) = strace::run(&command, &input, &[], &log);
        assert!(stdout(&output).contains("57% →11:30"), "{}", stdout(&output));
        let calls = strace::calls(&log);
        let is = |name: &str| calls.iter().filter(|call| call.starts_with(name)).count();
        assert_eq!((is("socket("), is("connect("), is("clone")), (0, 0, 0));
        assert!(!log.contains("credentials"), "{log}");
        assert!(!calls.iter().any(|call| call.contains("O_CREAT") || call.contains("O_WRONLY")), "it writes");
        let bytes = calls.iter().filter(|call| call.starts_with("pread64(") || call.starts_with("read("));
        let read: usize = bytes.filter_map(|call| call.rsplit(" = ").next()?.parse::<usize>().ok()).sum();
        (calls.len(), read)
    };
    let (few, many) = (calls(100), calls(100_000));
    assert!(many.0 <= few.0 + 20, "{many:?} calls and bytes instead of {few:?}");
    assert!(many.1 <= few.1 + 600_000, "{many:?} calls and bytes instead of {few:?}");
}
