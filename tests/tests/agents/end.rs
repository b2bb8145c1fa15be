//! `cs-agent kill` and `restore`.

use std::fs;
use std::time::{Duration, Instant};

use cs_core::process;
use cs_tests::{eventually, status, stderr};
use serde_json::Value;

use crate::team::{PATIENCE, Team, text};

fn runs(seat: &Value) -> bool {
    process::find(seat["pid"].as_u64().unwrap() as u32).is_some_and(|found| found.started == text(seat, "pid_started"))
}

#[test]
fn kill_ends_the_client_and_its_terminal() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "sleep 60");
    let killed = team.line(&["kill", "builder"]);
    assert_eq!((text(&killed, "status"), text(&killed, "ended_by")), ("killed", "user"));
    assert!(!runs(&seat) && !team.tmux(&["has-session"]).status.success());
    assert_eq!(text(&team.wait_for("end", |_| true), "reason"), "other", "the client could end by itself");
    team.fails(&["kill", "builder"], 1, "has ended already");
    team.fails(&["kill", "nobody"], 1, "no agent");
    team.fails(&["kill"], 64, "no agent is named");
}

#[test]
fn a_client_that_does_not_end_is_killed() {
    let Some(team) = Team::new() else { return };
    fs::write(team.sandbox.home().join("stubborn"), "").unwrap();
    let seat = team.spawn("builder", "sleep 60");
    let began = Instant::now();
    assert_eq!(text(&team.line(&["kill", "builder"]), "status"), "killed");
    assert!(!runs(&seat) && began.elapsed() >= Duration::from_secs(5));
}

#[test]
fn children_stay_unless_the_tree_is_killed() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "sh cs-agent spawn --name kid \"sh cs-agent spawn --name grandkid hello\"");
    assert!(eventually(PATIENCE, || team.seats().len() == 3), "{:?}", team.seen("shell"));
    team.wait_until("grandkid", "idle");
    team.line(&["kill", "boss"]);
    assert!(runs(&team.seat("kid")) && runs(&team.seat("grandkid")));
    let output = team.agent(&["kill", "kid", "--tree", "-q"]);
    assert_eq!(
        (status(&output), output.stdout.iter().filter(|byte| **byte == b'\n').count()),
        (0, 2),
        "{}",
        stderr(&output)
    );
    assert!(!runs(&team.seat("kid")) && !runs(&team.seat("grandkid")));
    assert!(team.seats().iter().all(|seat| seat["status"] == "killed"));
}

#[test]
fn restore_continues_the_conversation_in_its_seat() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    team.fails(&["restore", "builder"], 1, "runs");
    team.line(&["kill", "builder"]);
    let again = team.line(&["restore", "builder"]);
    assert_eq!((&again["agent_id"], text(&again, "status")), (&seat["agent_id"], "running"));
    assert_eq!((&again["claude_session_id"], &again["ended_at"]), (&seat["claude_session_id"], &Value::Null));
    let start = team.seen("start").pop().unwrap();
    let uuid = text(&seat, "claude_session_id");
    assert!(
        start["args"].as_array().unwrap().windows(2).any(|pair| pair[0] == "--resume" && pair[1] == uuid),
        "{start}"
    );
    assert!(runs(&again) && again["pid"] != seat["pid"]);
}

#[test]
fn an_agent_to_which_nothing_was_said_is_restored_with_a_new_conversation() {
    let Some(team) = Team::new() else { return };
    team.spawn("builder", "hello");
    let cleared = team.line(&["clear", "builder", "--now"]);
    team.fails(&["fork", "builder"], 1, "nothing was said to builder");
    team.line(&["kill", "builder"]);
    let output = team.agent(&["restore", "builder"]);
    assert!(status(&output) == 0 && stderr(&output).contains("so a new one begins"), "{}", stderr(&output));
    let again = team.seat("builder");
    assert_eq!((text(&again, "status"), &again["agent_id"]), ("running", &cleared["agent_id"]));
    assert_ne!(again["claude_session_id"], cleared["claude_session_id"]);
    assert_eq!(again["conversations"].as_array().unwrap().len(), 3);
    assert!(runs(&again));
}

#[test]
fn a_client_that_cannot_continue_is_not_called_restored() {
    let Some(team) = Team::new() else { return };
    team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    team.line(&["kill", "builder"]);
    // Its registry folder is another one, where it finds no log.
    let config = team.sandbox.home().join("elsewhere");
    let team = team.shadow(
        "claude",
        &format!(
            "#!/bin/sh\nCLAUDE_CONFIG_DIR={} exec python3 {}/tests/stand-in/claude \"$@\"\n",
            config.display(),
            cs_tests::workspace().display()
        ),
    );
    team.fails(&["restore", "builder"], 1, "ended at once");
    assert_eq!(text(&team.seat("builder"), "status"), "ended");
}

#[test]
fn a_conversation_that_was_opened_elsewhere_is_not_restored() {
    let Some(team) = Team::new() else { return };
    team.spawn("other", "hello");
    let seat = team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    team.line(&["kill", "builder"]);
    let (uuid, work) = (text(&seat, "claude_session_id"), team.sandbox.work());
    let client = cs_tests::workspace().join("tests/stand-in/claude");
    let start = format!("PATH='{}' '{}' --resume {uuid}", team.path(), client.display());
    let opened = team.tmux(&["new-session", "-d", "-c", work.to_str().unwrap(), &start]);
    assert!(opened.status.success(), "{opened:?}");
    team.wait_for("start", |seen| seen["agent"].is_null() && seen["session"] == uuid);
    let live = team.sandbox.data().join(format!("live/{uuid}.json"));
    assert!(eventually(PATIENCE, || live.exists()));
    team.fails(&["restore", "builder"], 1, "runs outside its seat");
    let output = team.agent(&["restore", "builder"]);
    assert!(stderr(&output).contains("cs-session jump sess_"), "{}", stderr(&output));
    assert_eq!(text(&team.seat("builder"), "status"), "killed");
}

#[test]
fn a_name_in_use_is_refused_and_free_again_when_its_agent_ended() {
    let Some(team) = Team::new() else { return };
    let first = team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    team.fails(&["spawn", "--name", "builder", "again"], 1, text(&first, "agent_id"));
    let copy = team.line(&["fork", "builder"]);
    assert_eq!(text(&copy, "name"), "fork of builder");
    assert_eq!(text(&team.line(&["fork", "builder"]), "name"), "fork of builder 2");
    team.fails(&["fork", "builder", "--name", "builder"], 1, "is in use");
    team.fails(&["name", "fork of builder", "builder"], 1, "is in use");
    assert_eq!(text(&team.line(&["name", "builder", "builder"]), "name"), "builder", "it has that name itself");
    team.line(&["kill", "builder"]);
    team.line(&["name", "fork of builder", "builder"]);
    team.fails(&["restore", text(&first, "agent_id")], 1, "is in use");
    assert_eq!(team.seats().len(), 3);
}

#[test]
fn an_agent_that_spawns_again_learns_of_the_key() {
    let Some(team) = Team::new() else { return };
    team.spawn("boss", "hello");
    let (code, told) = team.in_shell("boss", "cs-agent spawn --name kid hello -q && cs-agent spawn --name kid hello");
    assert!(code == 1 && told.contains("is in use") && told.contains("spawn --key"), "{code} {told}");
}

#[test]
fn what_an_agent_held_does_not_come_back_when_it_is_restored() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    let (code, told) = team.in_shell("builder", "cs-lease acquire src");
    assert_eq!(code, 0, "{told}");
    let held = || cs_tests::stdout(&team.sandbox.cs("cs-lease", &["list"]));
    assert!(held().contains(text(&seat, "agent_id")), "{}", held());
    team.line(&["kill", "builder"]);
    assert!(!held().contains(text(&seat, "agent_id")));
    team.line(&["restore", "builder"]);
    assert!(!held().contains(text(&seat, "agent_id")), "{}", held());
}

#[test]
fn the_name_of_a_seat_is_no_name_of_its_session() {
    let Some(team) = Team::new() else { return };
    team.spawn("builder", "fix the login");
    team.wait_until("builder", "idle");
    team.sandbox.cs("cs-session", &["list"]);
    team.line(&["name", "builder", "painter"]);
    team.line(&["kill", "painter"]);
    let again = team.line(&["restore", "painter"]);
    team.sandbox.cs("cs-session", &["list"]);
    let session = || team.sandbox.cs("cs-session", &["show", text(&again, "session_id"), "--json"]);
    let session: Value = serde_json::from_slice(&session().stdout).unwrap();
    assert_eq!(text(&session, "intent"), "fix the login", "{session:#}");
}

#[test]
fn a_process_that_only_has_the_same_id_gets_no_signal() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "sleep 60");
    team.wait_until("builder", "busy");
    let path = team.sandbox.data().join(format!("agents/{}.json", text(&seat, "agent_id")));
    let mut reused = team.seat("builder");
    reused["pid_started"] = "1".into();
    reused["tmux"]["pane_started"] = "1".into();
    reused["tmux"]["session"] = "agent_20000101T0000_0000".into();
    fs::write(path, reused.to_string()).unwrap();
    team.fails(&["interrupt", "builder"], 1, "the terminal of builder");
    assert_eq!(team.seen("key"), [Value::Null; 0]);
    assert_eq!(text(&team.line(&["kill", "builder"]), "status"), "killed");
    assert!(runs(&seat), "another process was killed");
}

/// Spawns `boss`, which spawns `kid` and sends it a message that is not delivered, because `kid` works. Returns how many
/// messages of `kid` are in a folder of its inbox.
fn with_message_that_waits(team: &Team) -> impl Fn(&str) -> usize + use<> {
    team.spawn("boss", "hello");
    let kid = "cs-agent spawn --name kid \"$(printf 'sh true\\nsleep 60')\"";
    let (code, told) = team.in_shell("boss", kid);
    assert_eq!(code, 0, "{told}");
    // Its prompt would bring the message; it works when that is over.
    team.wait_for("shell", |seen| seen["command"] == "true");
    let (code, told) = team.in_shell("boss", "cs-message send kid 'are you done?'");
    assert_eq!(code, 0, "{told}");
    let inbox = team.sandbox.data().join(format!("inbox/{}", text(&team.seat("kid"), "agent_id")));
    let count = move |state: &str| fs::read_dir(inbox.join(state)).map_or(0, Iterator::count);
    assert_eq!(count("new"), 1);
    count
}

/// Waits until `boss` is told this, and that its message was not delivered: by the waiter, or at the end of its turn.
#[track_caller]
fn is_told(team: &Team, words: &str) {
    let told = || [team.seen("wake"), team.seen("context")].concat();
    let is_told = |words: &str| told().iter().any(|seen| text(seen, "text").contains(words));
    let met = eventually(PATIENCE, || is_told("did not get your messages m000001") && is_told(words));
    assert!(met, "{:#?}", told());
}

#[test]
fn who_wrote_to_an_agent_that_is_killed_is_told() {
    let Some(team) = Team::new() else { return };
    let count = with_message_that_waits(&team);
    team.line(&["kill", "kid"]);
    // A hook of the client may outlive it for a moment.
    assert!(eventually(PATIENCE, || (count("new"), count("failed")) == (0, 1)));
    is_told(&team, "kid was killed by the user");
}

#[test]
fn a_client_that_ends_at_once_ends_its_seat_wholly() {
    let Some(team) = Team::new() else { return };
    let count = with_message_that_waits(&team);
    let team = team.shadow("claude", "#!/bin/sh\nexit 3\n");
    team.fails(&["clear", "kid", "--now", "again"], 1, "ended at once");
    let fails = || (count("new"), count("failed")) == (0, 1);
    assert!(eventually(PATIENCE, fails), "nobody reads it any more: {:#}", team.seat("kid"));
    assert_eq!(text(&team.seat("kid"), "status"), "ended");
    is_told(&team, "kid ended at once");
    team.fails(&["kill", "kid"], 1, "has ended already");
}

/// `output` told to restore it, and `restore` that it runs and that `attach` shows it.
#[test]
fn each_hint_about_an_agent_that_was_never_started_leads_on() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    team.line(&["kill", "builder"]);
    let id = text(&seat, "agent_id");
    let path = team.sandbox.data().join(format!("agents/{id}.json"));
    let mut seat: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for field in ["tmux", "pid", "pid_started", "ended_at", "ended_by"] {
        seat.as_object_mut().unwrap().remove(field);
    }
    seat["status"] = "starting".into();
    fs::write(&path, seat.to_string()).unwrap();
    let kill = format!("cs-agent kill {id} ends");
    for command in ["output", "attach", "restore"] {
        team.fails(&[command, "builder"], 1, &kill);
    }
    team.line(&["kill", id]);
    let restore = format!("cs-agent restore {id} continues its conversation");
    team.fails(&["output", "builder"], 1, &restore);
    assert_eq!(text(&team.line(&["restore", id]), "status"), "running");
}
