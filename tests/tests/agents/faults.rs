//! `cs-agent spawn` that is killed before each of its system calls on the data directory, or for which one of them fails.
//! tmux is a program that only notes that it was called, and what it found on the disk then.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use cs_tests::{has, status, stderr};
use serde_json::Value;
use soak::call::{Call, Kind};
use soak::trace::{self, Act};

use crate::team::{Team, text};

/// Names what is on the disk when tmux is called to start something. Its pane has a process that is gone.
const TMUX: &str = "#!/bin/sh\ncase \"$*\" in *new-session*) ls $CS_HOME/agents $CS_HOME/sessions >>$HOME/called ;; *) exit 1 ;; esac\n\
                    echo '%0 99999999 /nowhere/cs'\n";

fn reset(team: &Team) {
    let _ = fs::remove_dir_all(team.sandbox.data());
    let _ = fs::remove_file(team.sandbox.home().join("called"));
}

/// Runs `spawn` and lets `decide` see each call on a file of the data directory.
fn spawn(team: &Team, mut decide: impl FnMut(&Call) -> Act) -> Output {
    let mut command = team.sandbox.command("cs-agent");
    command.args(["spawn", "--name", "builder", "--key", "one", "-q", "build the login page"]);
    let data = team.sandbox.data();
    let is_ours = |call: &Call| call.path().is_some_and(|path| path.starts_with(&data));
    trace::run(command, "", |call| if is_ours(call) { decide(call) } else { Act::Go }).expect("it can be traced")
}

fn called(team: &Team) -> Option<String> {
    fs::read_to_string(team.sandbox.home().join("called")).ok()
}

/// What must hold whatever happened.
fn check(team: &Team, place: &str) {
    let checked = team.sandbox.cs("cs-cleanup", &["check"]);
    assert_eq!(status(&checked), 0, "{place}: {}{}", stderr(&checked), String::from_utf8_lossy(&checked.stdout));
    let seats = team.seats();
    assert!(seats.len() <= 1, "{place}: {seats:?}");
    if let Some(found) = called(team) {
        for part in [".json", ".launch", "sess_"] {
            assert!(found.contains(part), "{place}: tmux was called before {part} was there: {found}");
        }
        assert_eq!(seats.len(), 1, "{place}: tmux was called for a seat that is not there");
    }
    let sessions = fs::read_dir(team.sandbox.data().join("sessions")).into_iter().flatten().flatten();
    for session in sessions.map(|entry| entry.path()).filter(|path| is_record(path)) {
        let session: Value = serde_json::from_slice(&fs::read(session).unwrap()).unwrap();
        assert_eq!(
            Some(&session["agent_id"]),
            seats.first().map(|seat| &seat["agent_id"]),
            "{place}: a session of nobody"
        );
    }
}

fn is_record(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.starts_with("sess_") && name.ends_with(".json")
}

#[test]
fn a_spawn_that_is_killed_starts_nothing_that_is_not_recorded() {
    let Some(team) = Team::new().filter(|_| has(trace::is_possible())) else { return };
    let team = team.shadow("tmux", TMUX);
    for n in 0.. {
        reset(&team);
        let mut left = n;
        let output = spawn(&team, |call| {
            left -= i32::from(matches!(
                call.kind(),
                Kind::Create | Kind::Write | Kind::Rename | Kind::Link | Kind::Unlink | Kind::Sync
            ));
            if left < 0 { Act::Kill } else { Act::Go }
        });
        check(&team, &format!("killed at {n}"));
        if output.status.signal().is_none() {
            assert!(n > 20, "only {n} calls were seen");
            assert!(stderr(&output).contains("ended at once") && called(&team).is_some());
            let seat = team.seat("builder");
            assert_eq!(text(&seat, "status"), "ended");
            assert!(!team.sandbox.data().join(format!("agents/{}.launch", text(&seat, "agent_id"))).exists());
            return;
        }
        if team.seats().iter().any(|seat| seat["status"] == "ended" && seat["key"].is_null()) {
            // It had told already that the start failed; the key is free for another one.
            continue;
        }
        // The same call again: with its key there is one seat, and tmux is called once at most.
        spawn(&team, |_| Act::Go);
        check(&team, &format!("killed at {n}, and called again"));
        let calls = called(&team).map_or(0, |found| found.matches("agents:").count());
        assert!(calls <= 1, "killed at {n}: tmux was called {calls} times");
    }
}

#[test]
fn a_spawn_whose_disk_fails_says_so_and_leaves_no_session() {
    let Some(team) = Team::new().filter(|_| has(trace::is_possible()) && trace::CAN_FAIL) else { return };
    let team = team.shadow("tmux", TMUX);
    let kinds = [Kind::Create, Kind::Write, Kind::Rename, Kind::Link, Kind::Sync, Kind::MakeDir];
    for n in 0.. {
        reset(&team);
        let (mut left, mut hit) = (n, false);
        let output = spawn(&team, |call| {
            if !kinds.contains(&call.kind()) {
                return Act::Go;
            }
            left -= 1;
            hit |= left < 0;
            if left < 0 { Act::Fail(libc::ENOSPC) } else { Act::Go }
        });
        check(&team, &format!("full from {n} on"));
        if !hit {
            assert!(n > 15, "only {n} calls were seen");
            return;
        }
        assert!(status(&output) != 0 && !stderr(&output).is_empty(), "full from {n} on: {}", stderr(&output));
    }
}
