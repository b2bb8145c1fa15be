//! `cs-agent spawn`: what the client gets, and what is recorded.

use std::fs;
use std::thread;

use cs_tests::tmux::Terminal;
use cs_tests::{status, stderr};
use serde_json::json;

use crate::team::{PATIENCE, Team, text};

#[test]
fn a_seat_its_client_and_its_session_agree() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "build the login page\nwith tests");
    assert_eq!((text(&seat, "status"), text(&seat, "spawned_by")), ("running", "user"));
    let start = team.wait_for("start", |_| true);
    assert_eq!((&start["agent"], &start["session"]), (&seat["agent_id"], &seat["claude_session_id"]));
    let words: Vec<&str> = start["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(words.windows(2).any(|pair| pair == ["--name", "builder"]), "{words:?}");
    let settings = words.iter().position(|word| *word == "--settings").map(|at| words[at + 1]).unwrap();
    assert!(
        settings.ends_with("agents/claude-settings.json")
            && fs::read_to_string(settings).unwrap().contains("cs-deliver")
    );
    assert_eq!(seat["pid"], seat["tmux"]["pane_pid"], "no shell is in between");
    let session = team.sandbox.json(&format!("sessions/{}.json", text(&seat, "session_id")));
    assert_eq!((text(&session, "intent"), &session["agent_id"]), ("build the login page", &seat["agent_id"]));
    team.wait_until("builder", "idle");
    let sessions = fs::read_dir(team.sandbox.data().join("sessions")).unwrap();
    let records = sessions.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("sess_"));
    let records = records.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".json"));
    assert_eq!(records.count(), 1, "the hooks continue the session that was stored before");
    assert!(!team.sandbox.data().join(format!("agents/{}.launch", text(&seat, "agent_id"))).exists());
}

#[test]
fn a_prompt_arrives_byte_for_byte_and_runs_nothing() {
    let Some(team) = Team::new() else { return };
    let long = "0123456789".repeat(10_000);
    let prompts = [
        "it's \"quoted\" `touch x` $(touch x) \\ %s #{pane_id} #(touch x)",
        "!touch x",
        "--dangerously-skip-permissions",
        "two\nlines\n\n\ttab; touch x & | >x",
        "\u{1b}[201~ \u{1b}[31m </system-reminder> 🦀 日本語",
        &long,
    ];
    for prompt in prompts {
        team.line(&["spawn", "--", prompt]);
        let start = team.seen("start").pop().unwrap();
        let args = start["args"].as_array().unwrap();
        assert_eq!((&args[args.len() - 2], &args[args.len() - 1]), (&json!("--"), &json!(prompt)));
    }
    for prompt in ["/quit", " \n/x", "exit"] {
        let output = team.agent(&["spawn", "-q", "--", prompt]);
        assert!(stderr(&output).contains("a line was put before it"), "{}", stderr(&output));
        let start = team.seen("start").pop().unwrap();
        let got = start["args"].as_array().unwrap().last().unwrap().as_str().unwrap();
        assert!(got.ends_with(&format!(":\n{prompt}")) && got.starts_with("The following text"), "{got:?}");
    }
    assert_eq!(fs::read_dir(team.sandbox.work()).unwrap().count(), 0, "something ran");
}

#[test]
fn a_name_and_a_folder_run_nothing_in_tmux() {
    let Some(team) = Team::new() else { return };
    let folder = team.sandbox.work().join("#(touch x)");
    fs::create_dir(&folder).unwrap();
    let seat = team.line(&["spawn", "--name", "#(touch x)", "--cwd", folder.to_str().unwrap(), "hello"]);
    assert_eq!(team.seen("start")[0]["cwd"], json!(folder.canonicalize().unwrap()));
    let shown = || String::from_utf8(team.tmux(&["list-windows", "-a", "-F", "#{window_name}"]).stdout).unwrap();
    assert_eq!(shown(), "#(touch x)\n");
    team.line(&["name", text(&seat, "agent_id"), "#(touch y) #{pane_id}"]);
    assert_eq!(shown(), "#(touch y) #{pane_id}\n");
    team.line(&["clear", text(&seat, "agent_id"), "--now", "again"]);
    assert_eq!(team.seen("start")[1]["cwd"], json!(folder.canonicalize().unwrap()));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "something ran");
}

#[test]
fn the_caller_decides_about_the_environment_and_not_the_server() {
    let Some(mut team) = Team::new() else { return };
    team = team.with("MARK", "old").with("CS_PARENT", "x").with("KITTY_WINDOW_ID", "7");
    team.spawn("first", "one");
    team = team.with("MARK", "new").with("CLAUDE_CODE_CHILD_SESSION", "1").with("CLAUDECODE", "1");
    team = team.with("CLAUDE_CODE_LATER", "mine");
    let seat = team.spawn("second", "two");
    let found = team.wait_for("start", |seen| seen["agent"] == seat["agent_id"])["environment"].clone();
    assert_eq!((&found["MARK"], &found["CLAUDE_CODE_LATER"]), (&json!("new"), &json!("mine")));
    for name in ["CLAUDE_CODE_CHILD_SESSION", "CLAUDECODE", "CS_PARENT", "KITTY_WINDOW_ID"] {
        assert!(found[name].is_null(), "{name}");
    }
    assert!(found["TMUX_PANE"] == seat["tmux"]["pane"] && found["CS_AGENT"] == seat["agent_id"]);
}

#[test]
fn a_child_of_an_agent_is_no_child_for_its_client() {
    let Some(team) = Team::new() else { return };
    let boss = team.spawn("boss", "sh cs-agent spawn --name kid hello");
    let start = team.wait_for("start", |seen| seen["agent"] != boss["agent_id"]);
    let found = &start["environment"];
    for name in ["CLAUDE_CODE_CHILD_SESSION", "CLAUDECODE", "CLAUDE_PID", "CLAUDE_CODE_SESSION_ID"] {
        assert!(found[name].is_null(), "{name}");
    }
    assert_eq!(found["CS_PARENT"], boss["agent_id"]);
    team.wait_until("kid", "idle");
    let kid = team.seat("kid");
    assert_eq!((&kid["parent"]["agent_id"], &kid["depth"]), (&boss["agent_id"], &json!(1)));
    let session = team.sandbox.json(&format!("sessions/{}.json", text(&kid, "session_id")));
    assert_eq!(session["parent_session_id"], boss["session_id"]);
}

#[test]
fn a_key_starts_one_agent_however_often_it_is_given() {
    let Some(team) = Team::new() else { return };
    let call = || team.line(&["spawn", "--key", "tests of login", "hello"]);
    let ids: Vec<String> = thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| text(&call.join().unwrap(), "agent_id").to_string()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    team.line(&["kill", &ids[0]]);
    assert_eq!(text(&call(), "status"), "killed", "also if it has ended");
    assert_eq!((team.seats().len(), team.seen("start").len()), (1, 1));
}

#[test]
fn settings_and_templates_of_a_person_are_used() {
    let Some(team) = Team::new() else { return };
    let folder = team.sandbox.work().join("sub");
    fs::create_dir(&folder).unwrap();
    let agents = json!({
        "claude": {"args": ["--debug"], "model": "opus"},
        "templates": {"tester": {"cwd": folder, "model": "haiku", "args": ["--add-dir", "/x"], "prompt": "Test it."}},
    });
    fs::create_dir_all(team.sandbox.data()).unwrap();
    fs::write(team.sandbox.data().join("config.json"), json!({"version": 1, "agents": agents}).to_string()).unwrap();
    team.line(&["spawn", "--template", "tester", "the login page"]);
    let start = team.seen("start").pop().unwrap();
    let line =
        start["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ");
    assert!(line.ends_with("--model haiku --debug --add-dir /x -- Test it.\n\nthe login page"), "{line}");
    assert_eq!(start["cwd"], json!(folder.canonicalize().unwrap()));
    team.line(&["spawn", "--effort", "low", "x", "--", "--verbose"]);
    let start = team.seen("start").pop().unwrap();
    let line =
        start["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ");
    assert!(line.ends_with("--model opus --effort low --debug --verbose -- x"), "{line}");
    team.fails(&["spawn", "--template", "none", "x"], 1, "known: tester");
}

#[test]
fn spawn_waits_for_the_end_of_the_first_turn() {
    let Some(team) = Team::new() else { return };
    let reached = team.line(&["spawn", "--name", "quick", "--wait", "idle", "--timeout", "20", "sleep 1"]);
    assert_eq!((text(&reached, "name"), text(&reached, "reached")), ("quick", "idle"));
    let output = team.agent(&["spawn", "--name", "slow", "--wait", "end", "--timeout", "1", "sleep 60"]);
    assert!(
        status(&output) == 75 && stderr(&output).contains(text(&team.seat("slow"), "agent_id")),
        "{}",
        stderr(&output)
    );
    team.fails(&["spawn", "--timeout", "1", "x"], 64, "--timeout needs --wait");
    team.fails(&["spawn", "--wait", "soon", "x"], 64, "soon");
}

#[test]
fn new_shows_an_agent_without_a_prompt_in_this_terminal() {
    let Some(team) = Team::new() else { return };
    assert_eq!(status(&team.agent(&["new"])), 64, "there is no terminal to show it in");
    assert!(team.seats().is_empty());
    let terminal = Terminal::start(&team.sandbox, 100, 20, "cs-agent new --name desk");
    terminal.wait_for("stand-in desk", PATIENCE);
    terminal.type_text("hello");
    terminal.press(&["Enter"]);
    team.wait_for("prompt", |seen| seen["text"] == "hello");
    let seat = team.seat("desk");
    assert_eq!(
        (text(&seat, "status"), &seat["parent"], &seat["prompt_sha256"]),
        ("running", &json!(null), &json!(null))
    );
}

#[test]
fn an_agent_makes_no_seat_without_a_parent() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "hello");
    let (code, told) = team.in_shell("boss", "cs-agent new --name desk");
    assert!(code == 1 && told.contains("no agent above it") && told.contains("cs-agent spawn"), "{told}");
    assert_eq!(team.seats().len(), 1);
}
