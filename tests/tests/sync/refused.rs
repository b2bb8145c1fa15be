//! What a push refuses, and what `status` says of that before it.

use super::{OTHER, PROGRAM, TALK, furnished, json, log, ok, secret, set, with_tables};
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::Value;
use std::fs;

/// What `status` prints, and the code with which it ends.
fn shown(sandbox: &Sandbox, to: [&str; 2]) -> (i32, Value) {
    let output = sandbox.cs(PROGRAM, &["status", to[0], to[1]]);
    (status(&output), serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output))))
}

#[test]
fn status_says_what_a_push_would_refuse_and_ends_as_it_would() {
    let Some(sandbox) = with_tables() else { return };
    for to in [["--sqlite", "all.db"], ["--into", "shared"]] {
        let push = || sandbox.cs(PROGRAM, &["push", to[0], to[1]]);
        ok(&sandbox.cs("cs-mark", &["tag", TALK, "urgent"]));
        log(&sandbox, OTHER, &["a plan"]);
        ok(&push());
        let same = |expected: i32, text: &str| {
            let (code, said) = shown(&sandbox, to);
            let refused = push();
            assert_eq!((code, status(&refused)), (expected, expected), "{said} {}", stderr(&refused));
            assert!(said["error"].as_str().is_some_and(|error| error.contains(text)), "{said}");
            assert!(stderr(&refused).contains(text) && said["reachable"] == true, "{said} {}", stderr(&refused));
            let table = sandbox.cs(PROGRAM, &["status", "--table", to[0], to[1]]);
            assert!(stdout(&table).contains("machine") && stdout(&table).contains("target"), "{}", stdout(&table));
        };
        let (marks, sync, aside) = ["marks", "sync", "aside"].map(|name| sandbox.data().join(name)).into();
        fs::rename(&marks, &aside).expect("there are some");
        same(65, "marks that there were");
        fs::rename(&aside, &marks).expect("they are back");
        fs::rename(&sync, &aside).expect("it is there");
        assert_eq!(shown(&sandbox, to).0, 0, "nothing is new");
        log(&sandbox, OTHER, &["a plan", "and more"]);
        same(65, "sync/ is lost");
        fs::remove_dir_all(&sync).expect("it was made again");
        fs::rename(&aside, &sync).expect("it is back");
        set(&sandbox, "{\"not_projects\": [\"nope\"]}");
        same(1, "names nope, which is no project");
        fs::remove_file(sandbox.data().join("config.json")).expect("it is there");
        ok(&push());
    }
}

#[test]
fn what_is_to_be_forgotten_is_waiting() {
    let sandbox = furnished();
    let to = ["--into", "shared"];
    ok(&sandbox.cs(PROGRAM, &["push", to[0], to[1]]));
    ok(&sandbox.cs(PROGRAM, &["forget", OTHER, "--yes"]));
    assert_eq!(shown(&sandbox, to).1["forgetting"], 1);
    let table = ok(&sandbox.cs(PROGRAM, &["status", "--table", to[0], to[1]]));
    assert!(table.contains("to be forgotten there: 1 conversation"), "{table}");
    let dry = ok(&sandbox.cs(PROGRAM, &["push", "--dry-run", "--table", to[0], to[1]]));
    assert!(dry.contains("would be forgotten there: 1 conversation"), "{dry}");
    ok(&sandbox.cs(PROGRAM, &["push", to[0], to[1]]));
    assert_eq!(shown(&sandbox, to).1["forgetting"], Value::Null);
}

#[test]
fn another_name_for_the_same_person_does_not_double_what_is_there() {
    let Some(sandbox) = with_tables() else { return };
    let push = || sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]);
    set(&sandbox, "{\"owner\": \"ada\"}");
    ok(&push());
    set(&sandbox, "{\"owner\": \"countess\"}");
    let refused = push();
    assert!(status(&refused) == 65 && stderr(&refused).contains("belongs to ada"), "{}", stderr(&refused));
    set(&sandbox, "{\"owner\": \"ada\"}");
    assert_eq!(json(&push())["changes"], 0);
    ok(&sandbox.cs(PROGRAM, &["forget", "--machine", "this", "--yes", "--sqlite", "all.db"]));
    set(&sandbox, "{\"owner\": \"countess\"}");
    assert!(json(&push())["changes"].as_u64().is_some_and(|changes| changes > 0));
}

#[test]
fn a_name_of_a_machine_is_looked_at_as_what_is_sent() {
    let sandbox = furnished();
    let refused = sandbox.cs(PROGRAM, &["label", &format!("with {}", secret())]);
    assert!(status(&refused) == 65 && stderr(&refused).contains("finds something in it"), "{}", stderr(&refused));
    assert!(!sandbox.data().join("machine.json").exists());
    ok(&sandbox.cs(PROGRAM, &["label", "laptop"]));
    // It was given a name, and has sent nothing: that is not a loss.
    ok(&sandbox.cs(PROGRAM, &["push", "--sql", "sqlite"]));
    let path = sandbox.data().join("machine.json");
    let edited = fs::read_to_string(&path).expect("it is there").replace("laptop", &secret());
    fs::write(&path, edited).expect("it can be written");
    ok(&sandbox.cs(PROGRAM, &["push", "--into", "shared"]));
    let cards = ok(&sandbox.sh("cat shared/*/machine.json"));
    assert!(cards.contains("masked") && !cards.contains(&secret()), "{cards}");
}
