//! tmux: three sessions, four windows and five panes, seen from outside, from inside and from another server.

use std::time::Duration;

use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, eventually, status, stderr, stdout};

use crate::server::Server;
use crate::{TIMEOUT, cs_session, session};

/// Sessions `work` (windows 0, 1 with two panes), `my own` (window 0) and `größe` (window 0). Clients 1 and 2 are in the
/// panes of window 1, client 3 in `my own`, client 4 in `größe`; window 0 of `work` has a shell.
fn three_sessions<'s>(sandbox: &'s Sandbox, name: &str) -> Option<Server<'s>> {
    let server = Server::new(sandbox, name)?;
    server.tmux(&["new-session", "-d", "-s", "work", "-x", "120", "-y", "30", "sh"]);
    server.client(&["new-window", "-t", "work"], 1);
    server.client(&["split-window", "-t", "work:1"], 2);
    server.client(&["new-session", "-d", "-s", "my own"], 3);
    server.client(&["new-session", "-d", "-s", "größe"], 4);
    server.tmux(&["select-window", "-t", "work:0"]);
    Some(server)
}

#[test]
fn a_pane_is_named_by_its_position() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    for (n, wanted) in [(1, "tmux work:1.0"), (2, "tmux work:1.1"), (3, "tmux my own:0.0"), (4, "tmux größe:0.0")] {
        let shown = cs_session(&sandbox, &["show", &session(&sandbox, n), "--table"]);
        assert!(shown.contains(&format!("\n  terminal     {wanted}\n")), "{shown}");
    }
    // Moved panes are found, because their numbers stay.
    server.tmux(&["break-pane", "-d", "-s", "work:1.1", "-t", "work:7"]);
    assert!(cs_session(&sandbox, &["show", &session(&sandbox, 2), "--table"]).contains("tmux work:7.0\n"));
    assert!(cs_session(&sandbox, &["list", "--search", "job 2", "--json"]).contains("\"place\":\"tmux %"));
}

/// A terminal that was started from a pane of tmux inherits its variables.
#[test]
fn a_window_that_was_started_from_a_pane_is_not_the_pane() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let pane = server.tmux(&["display-message", "-p", "-t", "work:1.0", "#{pane_id}"]);
    let tmux = format!("{},1,0", server.socket.display());
    let started = |n: usize, variable: (&str, &str)| {
        let mut command = sandbox.command("sh");
        command.arg(sandbox.home().join("client")).args([&crate::uuid(n), "job"]);
        command.env("TERM_PROGRAM", "tmux").env("TMUX", &tmux).env("TMUX_PANE", &pane).env(variable.0, variable.1);
        let terminal = OnTerminal::start(command);
        (session(&sandbox, n), terminal)
    };
    let (kitty, _kitty) = started(5, ("KITTY_WINDOW_ID", "3"));
    let (code, screen) = started(6, ("TERM_PROGRAM", "vscode"));
    let named = |id: &str| cs_session(&sandbox, &["show", id, "--table"]);
    assert!(named(&kitty).contains("\n  terminal     kitty window 3\n"), "{}", named(&kitty));
    let wanted = format!("vscode {}", screen.tty.trim_start_matches("/dev/"));
    assert!(named(&code).contains(&wanted), "{}", named(&code));
    // Also from inside the server.
    for inside in [tmux.as_str(), ""] {
        let mut jump = sandbox.command("cs-session");
        jump.args(["jump", &kitty, "--print"]).env("TMUX", inside).env("TMUX_PANE", &pane);
        assert_eq!(stdout(&cs_tests::run(jump, "")), "kitty @ focus-window --match id:3\n", "{inside}");
    }
    assert_eq!(status(&sandbox.cs("cs-session", &["jump", &code, "--print"])), 1, "it takes no commands");
}

#[test]
fn without_a_terminal_the_pane_is_selected_where_it_is_shown() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let second = session(&sandbox, 2);
    let screen = server.attached("work");
    assert!(eventually(TIMEOUT, || server.shown() == [format!("{} work:0.0", screen.tty)]), "{:?}", server.shown());
    let output = sandbox.cs("cs-session", &["jump", &second]);
    assert_eq!((status(&output), stdout(&output)), (0, String::new()), "{}", stderr(&output));
    assert_eq!(stderr(&output), "cs-session: note: it is shown where tmux shows the session work\n");
    assert_eq!(server.shown(), [format!("{} work:1.1", screen.tty)]);
}

#[test]
fn a_session_that_no_terminal_shows_is_selected_and_its_command_is_named() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let (second, third) = (session(&sandbox, 2), session(&sandbox, 3));
    let output = sandbox.cs("cs-session", &["jump", &second]);
    assert_eq!(status(&output), 1);
    let attach = format!("tmux -S {} attach-session -t '=work'", server.socket.display());
    let said = format!("cs-session: error: no terminal shows it; to show it in one: {attach}\n");
    assert_eq!(stderr(&output), said);
    assert_eq!(server.current("work"), "1.1");
    // What is printed can be run.
    let printed = cs_session(&sandbox, &["jump", &third, "--print"]);
    assert_eq!(printed.lines().last().unwrap(), attach.replace("=work", "=my own"));
    server.tmux(&["select-window", "-t", "work:0"]);
    let printed = cs_session(&sandbox, &["jump", &second, "--print"]);
    assert_eq!(server.current("work"), "0.0", "--print runs nothing");
    let run = sandbox.sh(&printed.lines().take(2).collect::<Vec<_>>().join(" && "));
    assert_eq!((status(&run), server.current("work")), (0, "1.1".into()), "{}", stderr(&run));
}

#[test]
fn on_a_terminal_outside_tmux_the_session_is_attached() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    for (n, position) in [(4, "größe:0.0"), (2, "work:1.1"), (3, "my own:0.0")] {
        let mut command = sandbox.command("cs-session");
        command.env("TERM", "xterm").args(["jump", &session(&sandbox, n)]);
        let screen = OnTerminal::start(command);
        let wanted = format!("{} {position}", screen.tty);
        assert!(eventually(TIMEOUT, || server.shown().contains(&wanted)), "{wanted}: {:?}", server.shown());
    }
}

#[test]
fn inside_the_same_server_the_terminal_switches() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let (second, third) = (session(&sandbox, 2), session(&sandbox, 3));
    let screen = server.attached("work");
    let shows = |position: &str| server.shown() == [format!("{} {position}", screen.tty)];
    assert!(eventually(TIMEOUT, || shows("work:0.0")), "{:?}", server.shown());
    for (id, position) in [(&second, "work:1.1"), (&third, "my own:0.0")] {
        // The shell in window 0 of `work` calls it, as a person would.
        server.tmux(&["send-keys", "-t", "work:0", &format!("cs-session jump {id}"), "Enter"]);
        assert!(eventually(TIMEOUT, || shows(position)), "{position}: {:?}", server.shown());
        server.tmux(&["switch-client", "-c", &screen.tty, "-t", "work:0"]);
    }
}

#[test]
fn inside_another_server_nothing_is_nested() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let second = session(&sandbox, 2);
    let Some(other) = Server::new(&sandbox, "other") else { return };
    other.tmux(&["new-session", "-d", "-s", "here", "-x", "150", "-y", "30", "sh"]);
    let said = sandbox.home().join("said");
    let jump = format!("cs-session jump {second} 2>{}; touch {0}.done", said.display());
    other.tmux(&["send-keys", "-t", "here:0", &jump, "Enter"]);
    assert!(eventually(TIMEOUT, || sandbox.home().join("said.done").exists()));
    let said = std::fs::read_to_string(said).unwrap();
    assert!(said.contains("no terminal shows it; to show it in one: tmux -S "), "{said}");
    assert_eq!((server.current("work"), server.shown()), ("1.1".into(), Vec::new()));
}

#[test]
fn a_pane_or_a_server_that_is_gone_is_reported() {
    let sandbox = Sandbox::new();
    let Some(server) = three_sessions(&sandbox, "s") else { return };
    let first = session(&sandbox, 1);
    let live = format!("live/{}.json", crate::uuid(1));
    let mut changed = sandbox.json(&live);
    changed["place"]["tmux_pane"] = "%77".into();
    std::fs::write(sandbox.data().join(&live), changed.to_string()).unwrap();
    let jump = || {
        let output = sandbox.cs("cs-session", &["jump", &first]);
        (status(&output), stderr(&output))
    };
    let socket = server.socket.display();
    assert_eq!(jump(), (1, format!("cs-session: error: tmux ({socket}) has no pane %77 any more\n")));
    assert!(cs_session(&sandbox, &["show", &first, "--table"]).contains("terminal     tmux %77\n"));
    changed["place"]["tmux_socket"] = sandbox.root().join("none").to_string_lossy().as_ref().into();
    std::fs::write(sandbox.data().join(&live), changed.to_string()).unwrap();
    let (code, said) = jump();
    assert!(code == 1 && said.starts_with("cs-session: error: tmux failed: "), "{said}");
    // The clients end with their server.
    drop(server);
    let has_ended = || jump().1.contains(" does not run (gone: ");
    assert!(eventually(Duration::from_secs(10), has_ended), "{:?}", jump());
}
