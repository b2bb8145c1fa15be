//! The Python tool and ours change the index in turn: each finds what the other wrote.

use cs_tests::{Sandbox, can_run, has, run, status, stderr};

use super::{CHANGED, Random, check_counts, check_index, create, ok};

/// Changes a session as the Python tool does: the record, then the index, which it parses and writes in its own layout.
const PYTHON: &str = r#"
session, action = sys.argv[2:4]

def park(entry):
    entry["status"], entry["ended_at"] = "parked", "2026-11-21T10:00:00+00:00"

def rename(entry):
    entry["intent"] = entry["intent"] + " \u00e9 " + action[7:]

change = park if action == "park" else rename
changed(session, change)
changed("_index", lambda index: change(index[session]))
"#;

/// How many steps both sides make together; `ROUNDS=2000` tries a thousand of each.
const ROUNDS: usize = 24;

#[test]
fn the_index_is_changed_in_turn() {
    if !has(can_run("python3", &["--version"], "python3")) {
        return;
    }
    let rounds = std::env::var("ROUNDS").ok().and_then(|word| word.parse().ok()).unwrap_or(ROUNDS);
    let sandbox = Sandbox::new();
    let mut draw = Random::new(19);
    let mut ids = vec![create(&sandbox, &[]), create(&sandbox, &[])];
    for round in 0..rounds {
        let chosen = draw.below(ids.len() as u64) as usize;
        let id = ids[chosen].clone();
        if round % 2 == 0 {
            let action = if draw.below(2) == 0 { "park".to_owned() } else { format!("rename {round}") };
            let mut python = sandbox.command("python3");
            python.args(["-c", &format!("{CHANGED}{PYTHON}")]).arg(sandbox.data()).args([&id, &action]);
            let output = run(python, "");
            assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{action} {id}");
        } else {
            // What is refused because of the session's status changes nothing.
            let words: &[&str] = match draw.below(5) {
                0 => &["park", &id, "--reason", "later", "-q"],
                1 => &["update", &id, "--intent", "a longer text that says what the work is about", "-q"],
                2 => &["update", &id, "--intent", "short", "-q"],
                3 if ids.len() > 3 => &["delete", &id, "--yes", "-q"],
                _ => &["create", "--project", "api", "--intent", "x", "-q"],
            };
            let output = sandbox.cs("cs-session", words);
            match (status(&output), words[0]) {
                (0, "create") => ids.push(cs_tests::stdout(&output).trim().to_owned()),
                (0, "delete") => drop(ids.remove(chosen)),
                (0 | 1, _) => {}
                (code, _) => panic!("{words:?}: {code}: {}", stderr(&output)),
            }
            // That tool's change told nobody: the first change of the index after it counts anew.
            if status(&output) == 0 && words.contains(&"create") {
                check_counts(&sandbox);
            }
        }
        check_index(&sandbox);
    }
    ids.push(create(&sandbox, &[]));
    check_index(&sandbox);
    check_counts(&sandbox);
    ok(&sandbox, "cs-cleanup", &["all", "-q"]);
    check_index(&sandbox);
    check_counts(&sandbox);
}
