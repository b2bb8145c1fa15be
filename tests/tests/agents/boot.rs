//! Agents whose client ran before this machine was started again, or runs on another machine.

use std::fs;

use cs_tests::{status, stdout};

use crate::team::{Team, text};

/// Another boot, on which the same process ids mean other processes.
const ANOTHER_BOOT: &str = "00000000-0000-4000-8000-000000000000:4026531836";

/// An agent whose files are those of another boot. Its client runs on: a signal to it would be one to a stranger.
fn moved(team: &Team, name: &str, machine: Option<&str>) -> Option<()> {
    let seat = team.spawn(name, "hello");
    team.wait_until(name, "idle");
    let known = seat["machine"].as_str()?;
    for file in [format!("agents/{}", text(&seat, "agent_id")), format!("live/{}", text(&seat, "claude_session_id"))] {
        let path = team.sandbox.data().join(format!("{file}.json"));
        let before = fs::read_to_string(&path).unwrap();
        let after = before.replace(text(&seat, "host"), ANOTHER_BOOT);
        assert_ne!(before, after);
        fs::write(&path, after.replace(known, machine.unwrap_or(known))).unwrap();
    }
    Some(())
}

fn state(team: &Team, name: &str) -> String {
    text(&team.line(&["what", name]), "state").to_string()
}

/// `kill` said that it ran on another machine, and `cs-cleanup gone` left its seat open.
#[test]
fn an_agent_from_before_the_last_boot_is_gone() {
    let Some(team) = Team::new() else { return };
    for name in ["killed", "cleaned", "restored"] {
        let Some(()) = moved(&team, name, None) else { return };
        assert_eq!(state(&team, name), "gone");
        assert_eq!(status(&team.agent(&["alone"])), 0, "a client of an earlier boot is nobody");
        match name {
            "killed" => assert_eq!(text(&team.line(&["kill", name]), "status"), "killed"),
            "cleaned" => {
                let cleaned = team.sandbox.cs("cs-cleanup", &["gone"]);
                assert_eq!((status(&cleaned), text(&team.seat(name), "status")), (0, "ended"), "{}", stdout(&cleaned));
            }
            _ => assert_eq!(text(&team.line(&["restore", name]), "status"), "running"),
        }
    }
}

#[test]
fn an_agent_on_another_machine_is_not_judged() {
    let Some(team) = Team::new() else { return };
    let Some(()) = moved(&team, "builder", Some("0123456789abcdef")) else { return };
    assert_eq!(state(&team, "builder"), "idle");
    assert_eq!(status(&team.agent(&["alone"])), 75);
    team.fails(&["kill", "builder"], 1, "runs on another machine");
    assert_eq!(status(&team.sandbox.cs("cs-cleanup", &["gone"])), 0);
    assert_eq!(text(&team.seat("builder"), "status"), "running");
}
