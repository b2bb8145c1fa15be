//! The place of a conversation: what hooks record of the terminal in which its client runs.

use std::process::Command;

use cs_core::process::host_name;
use cs_tests::pty::OnTerminal;
use cs_tests::replay::{Client, Stage, program};
use cs_tests::run;
use serde_json::{Value, json};

use super::{UUID, check_quiet, contents, payload};

/// A client on a terminal of its own.
fn client_on_terminal(stage: &Stage) -> OnTerminal {
    let mut sleep = stage.sandbox.command("sleep");
    sleep.arg("600");
    OnTerminal::start(sleep)
}

/// Sends an event of a client with these variables.
fn send(stage: &Stage, client: u32, at: u64, event: &str, more: Value, variables: &[(&str, &str)]) {
    let mut command: Command = stage.command(program(event).unwrap(), at * 1000, Client::Interactive);
    command.env("CLAUDE_PID", client.to_string()).envs(variables.iter().copied());
    let output = run(command, &payload(stage, UUID, event, more).to_string());
    check_quiet(&output, event);
}

fn begin(stage: &Stage, client: u32, variables: &[(&str, &str)]) -> Value {
    send(stage, client, 0, "SessionStart", json!({"source": "startup"}), variables);
    place(stage)
}

fn place(stage: &Stage) -> Value {
    stage.live(UUID).expect("it runs")["place"].clone()
}

const TMUX: [(&str, &str); 2] = [("TMUX", "/tmp/tmux-0/my,own,4711,2"), ("TMUX_PANE", "%5")];

#[test]
fn a_start_records_the_terminal_and_its_variables() {
    let stage = Stage::new();
    let client = client_on_terminal(&stage);
    let variables = [
        ("TERM_PROGRAM", "tmux"),
        ("ZELLIJ_SESSION_NAME", "brave tiger"),
        ("ZELLIJ_PANE_ID", "3"),
        ("KITTY_WINDOW_ID", "17"),
        ("KITTY_LISTEN_ON", "unix:@mykitty"),
        ("KITTY_PID", "4711"),
        ("WEZTERM_PANE", "4"),
        ("WEZTERM_UNIX_SOCKET", "/run/wezterm/gui-sock-1"),
        ("ITERM_SESSION_ID", "w0t1p0:4A1E3C5B-9C1D-4E55-8D6C-0A6B3C1D2E3F"),
        ("SSH_TTY", "/dev/pts/900"),
    ];
    let wanted = json!({
        "host": host_name(), "tty": client.tty, "program": "tmux", "tmux_socket": "/tmp/tmux-0/my,own",
        "tmux_pane": "%5", "zellij_session": "brave tiger", "zellij_pane": "3", "kitty_window": "17",
        "kitty_socket": "unix:@mykitty", "wezterm_pane": "4", "kitty_pid": "4711",
        "wezterm_socket": "/run/wezterm/gui-sock-1",
        "iterm_session": "w0t1p0:4A1E3C5B-9C1D-4E55-8D6C-0A6B3C1D2E3F", "ssh_tty": "/dev/pts/900",
    });
    assert_eq!(begin(&stage, client.pid(), &[&TMUX[..], &variables].concat()), wanted);
}

#[test]
fn variables_that_gnu_screen_inherited_are_not_recorded() {
    let stage = Stage::new();
    let client = client_on_terminal(&stage);
    let variables = [("STY", "4711.pts-1.box"), ("KITTY_WINDOW_ID", "17"), ("TERM_PROGRAM", "iTerm.app")];
    let in_screen = begin(&stage, client.pid(), &[&variables[..], &[("TERM", "screen.xterm-256color")]].concat());
    assert_eq!(in_screen, json!({"host": host_name(), "tty": client.tty, "program": "screen"}));
    // A window that was started from screen.
    let stage = Stage::new();
    let client = client_on_terminal(&stage);
    let outside = begin(&stage, client.pid(), &[&variables[..], &[("TERM", "xterm-kitty")]].concat());
    assert_eq!(outside["kitty_window"], "17");
}

#[test]
fn later_events_keep_the_place_and_record_a_missing_one() {
    let stage = Stage::new();
    let client = client_on_terminal(&stage);
    let first = begin(&stage, client.pid(), &TMUX);
    for (at, event) in [(1, "UserPromptSubmit"), (2, "Stop")] {
        send(&stage, client.pid(), at, event, json!({"prompt": "do it", "prompt_id": "p"}), &[("TMUX_PANE", "%9")]);
        assert_eq!(place(&stage), first, "{event}");
    }
    for event in ["UserPromptSubmit", "Stop", "Notification"] {
        super::edit(&super::live_path(&stage, UUID), |live| {
            live.as_object_mut().unwrap().remove("place");
        });
        send(&stage, client.pid(), 3, event, json!({"prompt": event, "prompt_id": event}), &TMUX);
        assert_eq!(place(&stage), first, "{event}");
    }
}

#[test]
fn a_resumed_conversation_is_where_it_was_resumed() {
    let stage = Stage::new();
    let first = client_on_terminal(&stage);
    begin(&stage, first.pid(), &TMUX);
    send(&stage, first.pid(), 1, "SessionEnd", json!({"reason": "other"}), &TMUX);
    let second = client_on_terminal(&stage);
    send(&stage, second.pid(), 20, "SessionStart", json!({"source": "resume"}), &[("KITTY_WINDOW_ID", "2")]);
    assert_eq!(place(&stage), json!({"host": host_name(), "tty": second.tty, "kitty_window": "2"}));
    // Another client takes over without a start.
    send(&stage, first.pid(), 30, "UserPromptSubmit", json!({"prompt": "and?", "prompt_id": "q"}), &TMUX);
    assert_eq!(place(&stage)["tty"], first.tty);
    assert_eq!(place(&stage)["kitty_window"], Value::Null);
}

#[test]
fn a_client_without_a_terminal_is_in_none_whatever_it_inherited() {
    let stage = Stage::new();
    let place = begin(&stage, stage.client(), &[&TMUX[..], &[("TERM_PROGRAM", "vscode")]].concat());
    assert_eq!(place, json!({"host": host_name(), "program": "vscode"}));
}

#[test]
fn hostile_and_secret_values_are_not_recorded() {
    let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
    let long = "7".repeat(100_000);
    let names = [
        "TMUX",
        "TMUX_PANE",
        "ZELLIJ_SESSION_NAME",
        "ZELLIJ_PANE_ID",
        "KITTY_WINDOW_ID",
        "KITTY_LISTEN_ON",
        "WEZTERM_PANE",
        "ITERM_SESSION_ID",
        "KITTY_PID",
        "WEZTERM_UNIX_SOCKET",
        "SSH_TTY",
        "TERM_PROGRAM",
    ];
    let socket = format!("/tmp/{secret}/default,1,2");
    for value in ["", "-x", "a\nb", "\u{1b}]0;x\u{7}", "%", &long, &secret, &socket] {
        let stage = Stage::new();
        let client = client_on_terminal(&stage);
        let variables: Vec<(&str, &str)> = names.iter().map(|name| (*name, value)).collect();
        let mut place = begin(&stage, client.pid(), &variables);
        place.as_object_mut().unwrap().remove("program");
        let mut wanted = json!({"host": host_name(), "tty": client.tty});
        if value == "%" {
            wanted["zellij_session"] = value.into();
        }
        assert_eq!(place, wanted, "{value:.40?}");
        for (path, bytes) in contents(&stage) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains(&secret) && text.len() < 10_000, "{}", path.display());
        }
    }
}
