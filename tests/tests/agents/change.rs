//! `cs-agent clear`, `fork`, `interrupt` and `attach`.

use std::fs;

use cs_tests::{status, stderr, stdout};
use serde_json::{Value, json};

use crate::team::{Team, text};

#[test]
fn clear_begins_a_conversation_in_the_same_seat() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "sh cs-agent spawn --name kid hello");
    team.wait_for("shell", |seen| seen["code"] == 0);
    team.wait_until("kid", "idle");
    let before = team.seat("kid");
    let cleared = team.line(&["clear", "kid", "now the logout page"]);
    for kept in ["agent_id", "name", "parent", "depth", "spawned_at"] {
        assert_eq!(cleared[kept], before[kept], "{kept}");
    }
    assert_eq!(
        (text(&cleared, "status"), cleared["tmux"]["pane"].clone()),
        ("running", before["tmux"]["pane"].clone())
    );
    assert!(cleared["claude_session_id"] != before["claude_session_id"] && cleared["pid"] != before["pid"]);
    assert_eq!(cleared["conversations"], json!([before["claude_session_id"], cleared["claude_session_id"]]));
    let session = team.sandbox.json(&format!("sessions/{}.json", text(&cleared, "session_id")));
    assert_eq!((text(&session, "intent"), &session["agent_id"]), ("now the logout page", &before["agent_id"]));
    let start = team.seen("start").pop().unwrap();
    assert_eq!(
        (&start["agent"], &start["environment"]["CS_PARENT"]),
        (&before["agent_id"], &before["parent"]["agent_id"])
    );
    team.wait_until("kid", "idle");
    assert_eq!(text(&team.seat("kid"), "status"), "running", "the end of the old conversation ends no seat");
}

#[test]
fn a_turn_and_a_question_are_not_cleared_by_the_way() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "sleep 60");
    team.wait_until("builder", "busy");
    team.fails(&["clear", "builder"], 1, "works; nothing was changed");
    team.line(&["clear", "builder", "ask", "--now"]);
    team.wait_until("builder", "waiting");
    team.fails(&["clear", "builder"], 1, "waits for an answer; nothing was changed");
    team.line(&["clear", "builder", "--now"]);
    team.wait_until("builder", "idle");
    let seat_now = team.seat("builder");
    assert_eq!(seat_now["conversations"].as_array().unwrap().len(), 3);
    assert_ne!(seat_now["claude_session_id"], seat["claude_session_id"]);
    let asked = team.seen("key");
    assert_eq!(asked, [Value::Null; 0], "nothing was typed");
}

#[test]
fn one_esc_stops_a_turn_and_nothing_else_gets_one() {
    let Some(team) = Team::new() else { return };
    team.spawn("builder", "sleep 60");
    team.wait_until("builder", "busy");
    team.line(&["interrupt", "builder"]);
    team.wait_until("builder", "idle");
    let esc = || team.seen("key").iter().filter(|seen| seen["key"] == "\u{1b}").count();
    assert_eq!(esc(), 1);
    team.line(&["interrupt", "builder"]);
    assert_eq!(esc(), 1, "an idle agent gets nothing");
    team.line(&["clear", "builder", "ask"]);
    team.wait_until("builder", "waiting");
    team.fails(&["interrupt", "builder"], 1, "Esc would answer no");
    assert_eq!((esc(), team.seen("key").len()), (1, 1), "a question gets nothing");
    team.line(&["kill", "builder"]);
    team.fails(&["interrupt", "builder"], 1, "has ended");
}

#[test]
fn fork_continues_a_copy_in_a_new_seat() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    let copy = team.line(&["fork", "builder"]);
    assert_eq!((text(&copy, "name"), &copy["forked_from"]), ("fork of builder", &seat["agent_id"]));
    let start = team.wait_for("start", |seen| seen["agent"] == copy["agent_id"]);
    let args = start["args"].as_array().unwrap();
    assert!(args.contains(&json!("--fork-session")) && args.contains(&seat["claude_session_id"]), "{args:?}");
    assert_eq!(start["session"], copy["claude_session_id"]);
    assert_eq!(text(&team.seat("builder"), "status"), "running");
    let none = team.sandbox.data().join("agents/agent_20261121T1000_00aa.json");
    let mut odd = seat;
    odd["agent_id"] = "agent_20261121T1000_00aa".into();
    odd["claude_session_id"] = Value::Null;
    fs::write(none, odd.to_string()).unwrap();
    team.fails(&["fork", "00aa"], 1, "no conversation");
}

#[test]
fn attach_shows_a_seat_only_on_a_terminal() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    team.fails(&["attach", "builder"], 64, "no terminal");
    let printed = stdout(&team.agent(&["attach", "builder", "--print"]));
    assert!(
        printed.starts_with("tmux -u -S /")
            && printed.trim_end().ends_with(&format!("-t '={}'", text(&seat, "agent_id"))),
        "{printed}"
    );
    let words = printed.replace("attach-session", "has-session");
    assert_eq!(status(&team.sandbox.sh(&words)), 0);
    team.line(&["kill", "builder"]);
    team.fails(&["attach", "builder"], 1, "cs-agent restore");
}

#[test]
fn a_name_changes_no_window_of_another_agent() {
    let Some(team) = Team::new() else { return };
    let (mut seat, other) = (team.spawn("builder", "hello"), team.spawn("tester", "hello"));
    seat["tmux"]["pane"] = other["tmux"]["pane"].clone();
    let path = team.sandbox.data().join(format!("agents/{}.json", text(&seat, "agent_id")));
    fs::write(path, seat.to_string()).unwrap();
    let output = team.agent(&["name", "builder", "mine"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("its window keeps the old name"), "{}", stderr(&output));
    assert_eq!(team.seat("mine")["agent_id"], seat["agent_id"]);
    let windows = team.tmux(&["list-windows", "-a", "-F", "#{window_name}"]).stdout;
    let mut windows: Vec<String> = String::from_utf8(windows).unwrap().lines().map(str::to_string).collect();
    windows.sort();
    assert_eq!(windows, ["builder", "tester"]);
}

#[test]
fn what_a_person_chose_at_spawn_stays_in_the_seat() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "hello");
    let chosen = ["--permission-mode", "plan", "hello", "--", "--add-dir", "/x"];
    let seat = team.line(&[&["spawn", "--name", "builder"], &chosen[..]].concat());
    let starts = |id: &Value| -> Vec<String> {
        let starts = team.seen("start").into_iter().filter(|seen| seen["agent"] == *id);
        starts.map(|seen| seen["args"].to_string()).collect()
    };
    assert_eq!((text(&seat, "permission_mode"), &seat["args"]), ("plan", &json!(["--add-dir", "/x"])));
    team.line(&["clear", "builder", "--now", "again"]);
    team.line(&["kill", "builder"]);
    team.line(&["restore", "builder"]);
    let copy = team.line(&["fork", "builder"]);
    let all = [starts(&seat["agent_id"]), starts(&copy["agent_id"])].concat();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|line| line.contains("plan") && line.contains("\"--add-dir\",\"/x\"")), "{all:#?}");
    // An agent gives its children nothing of it.
    let (code, told) = team.in_shell("boss", "cs-agent spawn --name kid hello");
    assert_eq!((code, &team.seat("kid")["args"]), (0, &Value::Null), "{told}");
    let (code, told) = team.in_shell("boss", "cs-agent clear kid --now again");
    assert_eq!(code, 0, "{told}");
    let kid = starts(&team.seat("kid")["agent_id"]);
    assert!(kid.len() == 2 && kid.iter().all(|line| !line.contains("plan") && !line.contains("/x")), "{kid:?}");
}
