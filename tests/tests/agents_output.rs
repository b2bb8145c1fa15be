//! `cs-agent output` of a real terminal, in which a client printed what should act on the reader's terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use cs_core::process::find;
use cs_tests::tmux::Terminal;
use cs_tests::{Sandbox, has, status, stderr, stdout};
use serde_json::{Value, json};

const ID: &str = "agent_20261121T0930_1f0c";

/// Prints an escape sequence that is no text, marks that reorder text, a secret, and the last line.
const HOSTILE: &str = r"printf 'first\n\033]0;title\007\033[31mred\033[0m \342\200\256evil \001\n'; \
    printf 'key gh'; printf 'p_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\nlast\n'; exec sleep 600";

fn seat(sandbox: &Sandbox, terminal: &Terminal, pane_started: Option<&str>) {
    let told = terminal.tmux(&["display-message", "-p", "#{pane_id} #{pane_pid} #{session_name} #{socket_path}"]);
    let mut words = told.trim().splitn(4, ' ');
    let (pane, pid) = (words.next().expect("a pane"), words.next().expect("a process"));
    let (session, socket) = (words.next().expect("a session"), words.next().expect("a socket"));
    let started = find(pid.parse().expect("a number")).expect("it runs").started;
    let seat = json!({
        "agent_id": ID, "name": "builder", "agent": "claude-code", "cwd": "/", "status": "running",
        "tmux": {"socket": socket, "session": session, "pane": pane, "pane_pid": pid.parse::<u32>().expect("a number"),
            "pane_started": pane_started.unwrap_or(&started)},
        "spawned_at": "2026-11-21T09:30:00Z", "spawned_by": "user", "schema_version": 1,
    });
    let folder = sandbox.data().join("agents");
    fs::create_dir_all(&folder).expect("it can be made");
    for part in [&folder, &sandbox.data()] {
        fs::set_permissions(part, fs::Permissions::from_mode(0o700)).expect("it is ours");
    }
    fs::write(folder.join(format!("{ID}.json")), seat.to_string()).expect("it can be written");
}

#[test]
fn what_a_client_printed_is_harmless_and_masked() {
    if !has(Terminal::is_available()) {
        return;
    }
    let sandbox = Sandbox::new();
    let terminal = Terminal::start(&sandbox, 80, 20, HOSTILE);
    terminal.wait_for("last", Duration::from_secs(10));
    seat(&sandbox, &terminal, None);
    let shown = sandbox.cs("cs-agent", &["output", "builder", "--table", "--lines", "3"]);
    let lines: Vec<String> = stdout(&shown).lines().map(str::to_string).collect();
    assert_eq!((status(&shown), lines.len()), (0, 3), "{lines:?} {}", stderr(&shown));
    assert!(lines[0].starts_with("red ") && lines[0].contains("evil"), "{lines:?}");
    assert_eq!(lines[1..], ["key [masked]", "last"]);
    let is_bad = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!stdout(&shown).contains(is_bad), "{lines:?}");
    let row: Value = serde_json::from_str(&stdout(&sandbox.cs("cs-agent", &["output", ID]))).expect("it is JSON");
    assert_eq!(
        (&row["agent_id"], &row["lines"][0], row["lines"].as_array().map(Vec::len)),
        (&json!(ID), &json!("first"), Some(4))
    );
}

#[test]
fn the_terminal_of_another_program_is_not_shown() {
    if !has(Terminal::is_available()) {
        return;
    }
    let sandbox = Sandbox::new();
    let terminal = Terminal::start(&sandbox, 80, 20, "echo private; exec sleep 600");
    terminal.wait_for("private", Duration::from_secs(10));
    seat(&sandbox, &terminal, Some("1"));
    let refused = sandbox.cs("cs-agent", &["output", "builder"]);
    assert_eq!((status(&refused), stdout(&refused)), (1, String::new()));
    assert!(
        stderr(&refused).contains("the terminal of builder (agent_20261121T0930_1f0c) is gone"),
        "{}",
        stderr(&refused)
    );
    let wrong = sandbox.cs("cs-agent", &["output", "builder", "--lines", "0"]);
    assert_eq!(status(&wrong), 64, "{}", stderr(&wrong));
}
