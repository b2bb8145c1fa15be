//! Zellij: versions before 0.44.1 cannot focus a pane by its number, and then the session is shown in this terminal.

use std::fs;

use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, eventually, status, stderr};

use crate::{CLIENT, TIMEOUT, session, uuid, write_program};

/// A Zellij that knows no `focus-pane-id`, and records how it was called.
const OLD: &str = r#"#!/bin/sh
echo "$*" >>"$HOME/calls"
if [ "$3" = action ]; then echo "error: unrecognized subcommand 'focus-pane-id'" >&2; exit 2; fi
"#;

#[test]
fn an_old_version_shows_the_session_in_this_terminal() {
    let sandbox = Sandbox::new();
    let folder = sandbox.root().join("old");
    write_program(&folder.join("zellij"), OLD);
    write_program(&sandbox.home().join("client"), CLIENT);
    let sandbox = sandbox.with_program_folder(&folder);
    let mut client = sandbox.command("sh");
    client.arg(sandbox.home().join("client")).args([&uuid(1), "job"]);
    client.env("ZELLIJ_SESSION_NAME", "brave tiger").env("ZELLIJ_PANE_ID", "3");
    let _client = OnTerminal::start(client);
    let id = session(&sandbox, 1);
    let output = sandbox.cs("cs-session", &["jump", &id]);
    let said = "zellij failed: error: unrecognized subcommand 'focus-pane-id'; to show it in a terminal: zellij attach 'brave tiger'";
    assert_eq!((status(&output), stderr(&output)), (1, format!("cs-session: error: {said}\n")));
    let mut jump = sandbox.command("cs-session");
    jump.args(["jump", &id]);
    assert!(OnTerminal::start(jump).wait().success());
    let calls = || fs::read_to_string(sandbox.home().join("calls")).unwrap_or_default();
    assert!(eventually(TIMEOUT, || calls().ends_with("\nattach brave tiger\n")), "{}", calls());
}
