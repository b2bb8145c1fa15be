//! Hostile values in a client's environment, and in a live file that another program wrote: none reaches a shell, an
//! option, or the first word of a command.

use std::fs;

use cs_tests::pty::OnTerminal;
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::json;

use crate::{CLIENT, session, uuid, write_program};

/// A program that stands in for those of terminals: it records its words, one on each line.
const RECORDER: &str = "#!/bin/sh\nfor word in \"$0\" \"$@\"; do printf '%s\\n' \"$word\"; done >>\"$HOME/calls\"\n";
const PROGRAMS: [&str; 5] = ["tmux", "kitty", "wezterm", "zellij", "osascript"];

fn with_recorders() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join("bin");
    for program in PROGRAMS {
        write_program(&folder.join(program), RECORDER);
    }
    write_program(&sandbox.home().join("client"), CLIENT);
    let sandbox = sandbox.with_program_folder(&folder);
    let path = sandbox.command("sh").get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
    let path = format!("{}:{}", folder.display(), path.to_string_lossy());
    sandbox.with("PATH", path)
}

fn calls(sandbox: &Sandbox) -> Vec<String> {
    let calls = fs::read_to_string(sandbox.home().join("calls")).unwrap_or_default();
    calls.lines().map(|word| word.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

/// Starts client 1 with these variables, on a terminal of its own.
fn client(sandbox: &Sandbox, variables: &[(&str, &str)]) -> OnTerminal {
    let mut command = sandbox.command("sh");
    command.arg(sandbox.home().join("client")).args([&uuid(1), "job"]).envs(variables.iter().copied());
    OnTerminal::start(command)
}

const HOSTILE: [&str; 12] = [
    "$(touch hit)",
    "`touch hit`",
    "%5;kill-server",
    "%5 ; run-shell 'touch hit'",
    "#(touch hit)",
    "--listen-on",
    "-t",
    "a\nb",
    "\u{1b}]0;title\u{7}",
    "\" & do shell script \"touch hit\" & \"",
    "id:1 or all",
    "{tty}",
];

#[test]
fn a_hostile_environment_leads_nowhere() {
    let names = [
        "TMUX_PANE",
        "ZELLIJ_PANE_ID",
        "KITTY_WINDOW_ID",
        "KITTY_LISTEN_ON",
        "KITTY_PID",
        "WEZTERM_PANE",
        "WEZTERM_UNIX_SOCKET",
        "SSH_TTY",
    ];
    for value in HOSTILE {
        for program in ["iTerm.app", "Apple_Terminal", "WezTerm", "kitty", value] {
            let sandbox = with_recorders();
            let socket = format!("{value},1,2");
            let mut variables = names.map(|name| (name, value)).to_vec();
            variables.extend([("TMUX", socket.as_str()), ("ITERM_SESSION_ID", value), ("TERM_PROGRAM", program)]);
            let client = client(&sandbox, &variables);
            let output = sandbox.cs("cs-session", &["jump", &session(&sandbox, 1)]);
            let (said, called) = (stderr(&output), calls(&sandbox));
            assert!(!sandbox.work().join("hit").exists() && !said.contains('\u{1b}'), "{value:?}: {said:?}");
            match program {
                // Their scripts get the terminal of the process, which no variable names.
                "iTerm.app" | "Apple_Terminal" => {
                    assert_eq!((status(&output), &called[0][..], &called[1][..]), (0, "osascript", "-e"), "{value:?}");
                    let tty = client.tty.rsplit('/').next();
                    assert_eq!(called.last().map(String::as_str), tty);
                    assert!(!called.iter().any(|word| word.contains("hit")), "{called:?}");
                }
                _ => assert_eq!((status(&output), called), (1, Vec::new()), "{value:?}: {said}"),
            }
        }
    }
}

#[test]
fn a_session_of_zellij_is_one_word_and_no_option() {
    for value in HOSTILE {
        let sandbox = with_recorders();
        let _client = client(&sandbox, &[("ZELLIJ_SESSION_NAME", value), ("ZELLIJ_PANE_ID", "3")]);
        let id = session(&sandbox, 1);
        sandbox.cs("cs-session", &["jump", &id]);
        let is_taken = !value.starts_with('-') && !value.contains(char::is_control);
        let wanted = ["zellij", "--session", value, "action", "focus-pane-id", "terminal_3"].map(str::to_owned);
        assert_eq!(calls(&sandbox), if is_taken { wanted.to_vec() } else { Vec::new() }, "{value:?}");
        // What is printed is as harmless in a shell.
        let printed = stdout(&sandbox.cs("cs-session", &["jump", &id, "--print"]));
        sandbox.sh(&printed);
        assert!(!sandbox.work().join("hit").exists(), "{printed}");
    }
}

#[test]
fn a_hostile_live_file_leads_nowhere() {
    let sandbox = with_recorders();
    let _client = client(&sandbox, &[]);
    let id = session(&sandbox, 1);
    let path = sandbox.data().join(format!("live/{}.json", uuid(1)));
    for value in HOSTILE.into_iter().chain(["/tmp/x\n-S", "/dev/../etc/passwd"]) {
        let mut live = sandbox.json(&format!("live/{}.json", uuid(1)));
        let names = ["tty", "tmux_socket", "tmux_pane", "kitty_window", "kitty_socket", "wezterm_pane", "zellij_pane"];
        live["place"] = names.iter().map(|name| ((*name).to_owned(), json!(value))).collect();
        live["place"]["program"] = "Apple_Terminal".into();
        fs::write(&path, live.to_string()).unwrap();
        let output = sandbox.cs("cs-session", &["jump", &id]);
        assert_eq!((status(&output), calls(&sandbox)), (1, Vec::new()), "{value:?}");
        assert_eq!(stdout(&sandbox.cs("cs-session", &["show", &id, "--table"])).matches('\u{1b}').count(), 0);
    }
}

#[test]
fn the_users_command_gets_words_and_never_new_options() {
    let sandbox = with_recorders();
    let _client = client(&sandbox, &[("TERM_PROGRAM", "alacritty")]);
    let id = session(&sandbox, 1);
    let path = sandbox.data().join(format!("live/{}.json", uuid(1)));
    let set = |command: serde_json::Value| {
        let mut config = sandbox.json("config.json");
        config["jump"] = json!({"command": command});
        fs::write(sandbox.data().join("config.json"), config.to_string()).unwrap();
        let output = sandbox.cs("cs-session", &["jump", &id]);
        (status(&output), stderr(&output))
    };
    let mut live = sandbox.json(&format!("live/{}.json", uuid(1)));
    live["place"] = json!({"tty": "/dev/pts/6"});
    fs::write(&path, live.to_string()).unwrap();
    assert_eq!(set(json!(["kitty", "{tty}", "a {session} {tty}", "$(touch hit)"])).0, 0);
    assert_eq!(calls(&sandbox), ["kitty", "6", "6", "$(touch hit)"], "each is one word");
    assert_eq!(set(json!(["kitty", "{host}"])), (1, "cs-session: error: {host} in jump.command is not known\n".into()));
    for wrong in [json!("kitty"), json!([]), json!([""]), json!([7]), json!({"x": 1})] {
        let (code, said) = set(wrong.clone());
        assert!(code == 65 && said.contains("jump.command is not a list of texts"), "{wrong}: {said}");
    }
    let (code, said) = set(json!(["no-such-program"]));
    assert_eq!((code, said.as_str()), (1, "cs-session: error: no-such-program is not on PATH\n"));
    assert!(!sandbox.work().join("hit").exists());
}

#[test]
fn another_machine_is_named_and_nothing_is_run() {
    let sandbox = with_recorders();
    let _client = client(&sandbox, &[("KITTY_WINDOW_ID", "3")]);
    let id = session(&sandbox, 1);
    let name = format!("live/{}.json", uuid(1));
    let mut live = sandbox.json(&name);
    live["place"]["host"] = "another-box".into();
    live["host"] = "another-boot:4026531836".into();
    fs::write(sandbox.data().join(&name), live.to_string()).unwrap();
    let output = sandbox.cs("cs-session", &["jump", &id]);
    let said = format!("cs-session: error: {id} runs on another-box (kitty window 3); nothing was run here\n");
    assert_eq!((status(&output), stderr(&output)), (1, said));
    assert_eq!(calls(&sandbox), Vec::<String>::new());
    let shown = stdout(&sandbox.cs("cs-session", &["show", &id, "--table"]));
    assert!(shown.contains("terminal     kitty window 3 on another-box\n"), "{shown}");
    // It may run there, so it is not opened here, whatever a person has made of the session.
    for word in ["", "park", "complete"] {
        if !word.is_empty() {
            let words: &[&str] = if word == "park" { &["--reason", "lunch"] } else { &[] };
            assert_eq!(status(&sandbox.cs("cs-session", &[&[word, &id], words].concat())), 0);
        }
        let output = sandbox.cs("cs-session", &["open", &id, "--print"]);
        assert_eq!((status(&output), stdout(&output)), (1, String::new()), "{word}");
    }
    assert!(stderr(&sandbox.cs("cs-session", &["open", &id])).contains("it is not known whether"));
}
