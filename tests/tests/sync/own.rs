//! Several machines of one person, in a file of SQLite and in a folder: which there are, what is there twice, and how one
//! that is gone is removed.

use super::{OTHER, PROGRAM, TALK, furnished, json, log, ok, with_tables};
use cs_tests::pty::run_on_terminal;
use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

/// Makes another machine of this one, as a restored home folder without `machine.json` is.
fn become_another(sandbox: &Sandbox, label: &str) -> String {
    let _ = fs::remove_file(sandbox.data().join("machine.json"));
    let made = json(&sandbox.cs(PROGRAM, &["label", label]));
    made["id"].as_str().expect("an id").to_string()
}

fn machines(sandbox: &Sandbox, to: [&str; 2]) -> Vec<(String, u64, u64)> {
    // It may also say that a push would be refused.
    let shown = stdout(&sandbox.cs(PROGRAM, &["status", to[0], to[1]]));
    let shown: Value = serde_json::from_str(&shown).expect("it is printed");
    let one = |one: &Value| {
        let count = |name: &str| one[name].as_u64().expect("a number");
        assert!(one["seen_at"].as_str().is_some_and(|at| at.starts_with("20")), "{one}");
        (one["label"].as_str().expect("a label").to_string(), count("conversations"), count("shared"))
    };
    let mut all: Vec<_> = shown["machines"].as_array().expect("machines").iter().map(one).collect();
    all.sort();
    all
}

/// What holds of every target that several machines of one person use.
fn a_machine_that_is_gone_is_found_and_removed(sandbox: &Sandbox, to: [&str; 2], left: &dyn Fn(&str) -> bool) {
    let run = |words: &[&str]| sandbox.cs(PROGRAM, &[words, &to].concat());
    let old = become_another(sandbox, "old");
    assert_eq!(stderr(&run(&["push"])), "", "nobody else is there");
    let new = become_another(sandbox, "new");
    log(sandbox, "f00d0d10-1111-4222-8333-123456789abc", &["only on the new one"]);
    let dry = run(&["push", "--dry-run"]);
    let told = format!("2 conversations of this machine also came from old ({old}), so sums count them twice");
    assert!(stderr(&dry).contains(&told), "{}", stderr(&dry));
    let first = run(&["push"]);
    assert!(stderr(&first).contains(&told) && stderr(&first).contains(&format!("forget --machine {old}")));
    assert_eq!(stderr(&run(&["push"])), "", "it is said once");
    assert_eq!(machines(sandbox, to), [("new".into(), 3, 3), ("old".into(), 2, 2)]);
    let shown = ok(&run(&["status", "--table"]));
    assert!(shown.contains("your machines there") && shown.contains("(2 also from this machine)"), "{shown}");
    for (word, code, text) in [
        ("nope", 1, "no machine \"nope\" of yours is there; there are: "),
        ("new", 1, "--machine this removes"),
        (&new[..], 1, "--machine this removes"),
    ] {
        let refused = run(&["forget", "--machine", word, "--yes"]);
        assert!(status(&refused) == code && stderr(&refused).contains(text), "{word}: {}", stderr(&refused));
    }
    let unasked = run(&["forget", "--machine", "old"]);
    assert!(status(&unasked) == 64 && left(&old), "{}", stderr(&unasked));
    let both = run(&["forget", TALK, "--machine", "old", "--yes"]);
    assert!(status(&both) == 64 && left(&old), "{}", stderr(&both));
    let removed = json(&run(&["forget", "--machine", &old[..6], "--yes"]));
    assert!(removed["machine"] == *old && removed["rows"].as_u64().is_some_and(|rows| rows > 4), "{removed}");
    assert!(!left(&old) && left(&new));
    assert_eq!(machines(sandbox, to), [("new".into(), 3, 3)]);
    assert_eq!(json(&run(&["push"]))["changes"], 0, "what is of this machine stayed as it was");
    let own = json(&run(&["forget", "--machine", "this", "--yes"]));
    assert!(own["machine"] == *new && !left(&new), "{own}");
    assert!(json(&run(&["push"]))["changes"].as_u64().is_some_and(|changes| changes > 4), "it comes again");
    assert!(left(&new));
}

#[test]
fn a_machine_that_is_gone_is_removed_from_a_file() {
    let Some(sandbox) = with_tables() else { return };
    let left = |id: &str| {
        let tables =
            ["conversation", "entry", "record", "mark", "usage_day", "limit_reading", "audit", "cursor", "machine"];
        let count = |table: &&str| {
            let sql = format!("select count(*) from {table} where machine = '{id}'");
            ok(&sandbox.feed("sqlite3", &["-batch", "all.db"], &sql)).trim() != "0"
        };
        tables.iter().any(count)
    };
    a_machine_that_is_gone_is_found_and_removed(&sandbox, ["--sqlite", "all.db"], &left);
}

#[test]
fn a_machine_that_is_gone_is_removed_from_a_folder() {
    let sandbox = furnished();
    super::set(&sandbox, "{\"owner\": \"ada\"}");
    let left = |id: &str| sandbox.work().join("shared").join(id).exists();
    a_machine_that_is_gone_is_found_and_removed(&sandbox, ["--into", "shared"], &left);
}

#[test]
fn machines_of_others_are_neither_found_nor_removed() {
    let Some(sandbox) = with_tables() else { return };
    let own = |name: &str| super::set(&sandbox, &format!("{{\"owner\": \"{name}\"}}"));
    for to in [["--sqlite", "all.db"], ["--into", "shared"]] {
        own("bob");
        let of_bob = become_another(&sandbox, "bobs");
        ok(&sandbox.cs(PROGRAM, &["push", to[0], to[1]]));
        own("ada");
        become_another(&sandbox, "adas");
        ok(&sandbox.cs(PROGRAM, &["push", to[0], to[1]]));
        assert_eq!(machines(&sandbox, to).len(), 1, "{to:?}");
        let refused = sandbox.cs(PROGRAM, &["forget", "--machine", &of_bob, "--yes", to[0], to[1]]);
        assert!(status(&refused) == 1 && stderr(&refused).contains("of yours is there"), "{}", stderr(&refused));
        own("bob");
        assert!(machines(&sandbox, to).iter().any(|(label, ..)| label == "bobs"), "{to:?}");
    }
    // Somebody who has chosen no name is told that there are other names.
    super::set(&sandbox, "{}");
    become_another(&sandbox, "third");
    let first = sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--dry-run"]);
    let told = stderr(&first);
    assert!(told.contains("also has machines of ada, bob") && told.contains("set sync.owner"), "{told}");
}

#[test]
fn a_machine_that_names_nobody_is_only_removed_by_its_whole_id() {
    let sandbox = furnished();
    let run = |words: &[&str]| sandbox.cs(PROGRAM, &[words, &["--into", "shared"]].concat());
    let push = |label: &str, group: &str| {
        super::set(&sandbox, group);
        let id = become_another(&sandbox, label);
        ok(&run(&["push"]));
        id
    };
    let of_bob = push("bobs", "{}");
    let is_there = || sandbox.work().join("shared").join(&of_bob).join("machine.json").exists();
    // Somebody with a name does not find it.
    push("adas", "{\"owner\": \"ada\"}");
    assert_eq!(machines(&sandbox, ["--into", "shared"]).len(), 1);
    for word in ["bobs", &of_bob[..6], &of_bob[..]] {
        let refused = run(&["forget", "--machine", word, "--yes"]);
        assert!(status(&refused) == 1 && is_there(), "{word}: {}", stderr(&refused));
    }
    // Somebody without one finds it, but may be another person.
    push("noors", "{}");
    let shown = ok(&run(&["status", "--table"]));
    assert!(shown.contains(&format!("bobs ({of_bob}), which does not say whose it is")), "{shown}");
    assert!(!shown.contains("your machines there") && !shown.contains("adas"), "{shown}");
    for word in ["bobs", &of_bob[..6]] {
        let refused = run(&["forget", "--machine", word, "--yes"]);
        assert!(status(&refused) == 1 && stderr(&refused).contains("give its whole id"), "{}", stderr(&refused));
    }
    assert!(is_there());
    assert_eq!(json(&run(&["forget", "--machine", &of_bob, "--yes"]))["machine"], *of_bob);
    assert!(!is_there());
}

#[test]
fn a_part_of_an_id_is_looked_up_in_the_target_too() {
    let Some(sandbox) = with_tables() else { return };
    for to in [["--sqlite", "all.db"], ["--into", "shared"]] {
        become_another(&sandbox, "old");
        ok(&sandbox.cs(PROGRAM, &["push", to[0], to[1]]));
    }
    // On another machine, that has none of it.
    let names = ["ca5e0d10-1111-4222-8333-123456789abc", TALK, OTHER];
    fs::remove_dir_all(sandbox.home().join(".claude/projects")).expect("it is there");
    fs::remove_dir_all(sandbox.data().join("sessions")).expect("it is there");
    become_another(&sandbox, "new");
    for to in [["--sqlite", "all.db"], ["--into", "shared"]] {
        let run = |words: &[&str]| sandbox.cs(PROGRAM, &[words, &to].concat());
        let missing = run(&["forget", "0000", "--yes"]);
        assert!(status(&missing) == 1 && stderr(&missing).contains("neither here nor in"), "{}", stderr(&missing));
        let several = run(&["forget", "123456789abc", "--yes"]);
        let told = stderr(&several);
        assert!(status(&several) == 1 && told.contains("is ambiguous in"), "{told}");
        assert!(told.contains(TALK) && told.contains(OTHER) && !told.contains(names[0]), "{told}");
        let forgotten = json(&run(&["forget", "beef", "--yes"]));
        // In a folder, only the machine that wrote it removes it.
        assert_eq!(
            (&forgotten["id"], &forgotten["removed"]),
            (&json!(OTHER), &json!(to[0] == "--sqlite")),
            "{forgotten}"
        );
    }
    let told = stderr(&sandbox.cs(PROGRAM, &["forget", OTHER, "--yes", "--into", "shared"]));
    assert!(told.contains("only that machine removes it") && told.contains("forget --machine"), "{told}");
    let rows =
        |to: [&str; 2], id: &str| json(&sandbox.cs(PROGRAM, &["forget", id, "--yes", to[0], to[1]]))["rows"].clone();
    assert!(rows(["--sqlite", "all.db"], "ca5d").as_u64().is_some_and(|rows| rows >= 4));
    assert_eq!(rows(["--sqlite", "all.db"], TALK), 0, "it is gone already");
    let table = ok(&sandbox.cs(PROGRAM, &["forget", TALK, "--yes", "--table", "--sqlite", "all.db"]));
    assert!(table.ends_with("is forgotten\nremoved from sqlite all.db: 0 rows\n"), "{table}");
}

#[test]
fn a_target_that_is_down_is_told_by_the_exit_code_too() {
    let Some(sandbox) = with_tables() else { return };
    let up = sandbox.cs(PROGRAM, &["status", "--quick", "--sqlite", "all.db"]);
    assert_eq!(status(&up), 0, "{}", stderr(&up));
    for more in [&["--quick"][..], &[]] {
        let down = sandbox.cs(PROGRAM, &[&["status", "--sqlite", "none.db"], more].concat());
        assert_eq!(status(&down), 1, "{}", stderr(&down));
        let shown: Value = serde_json::from_str(&stdout(&down)).expect("JSON all the same");
        assert_eq!(shown["reachable"], false, "{shown}");
        assert!(stderr(&down).contains("none.db does not exist") && shown["error"].is_string(), "{}", stderr(&down));
    }
}

#[test]
fn every_run_says_who_sees_what() {
    let Some(sandbox) = with_tables() else { return };
    let run = |words: &[&str]| sandbox.cs(PROGRAM, &[words, &["--sqlite", "all.db"]].concat());
    let dry = json(&run(&["push", "--dry-run", "--project", "api", "--visibility", "team"]));
    let opened = json!([{"project": "api", "conversations": 2, "sessions": 1}]);
    assert_eq!((&dry["visibility"]["opened"], &dry["visibility"]["roles"]), (&opened, &json!(false)), "{dry}");
    let shared = run(&["push", "--project", "api", "--visibility", "team", "--table"]);
    let told = ok(&shared);
    assert!(told.contains("everybody who can read it sees all of it"), "{told}");
    let marked = "marked for the team, for when it comes into PostgreSQL: project api (2 conversations, 1 session)";
    assert!(told.contains(marked), "{told}");
    assert!(
        stderr(&shared).contains("later conversations of api are not marked for the team, unless sync.team"),
        "{}",
        stderr(&shared)
    );
    log(&sandbox, OTHER, &["a secret plan", "and more of it"]);
    let more = json(&run(&["push"]));
    assert!(more["visibility"]["opened"].is_null() && more["visibility"]["added"].is_array(), "{more}");
    let nothing = json(&run(&["push", "--dry-run"]));
    assert!(nothing["visibility"].is_null(), "{nothing}");
    super::set(&sandbox, "{\"team\": [\"api\"]}");
    let once = run(&["push", "--visibility", "private"]);
    assert!(stderr(&once).contains("sync.team in config.json names api"), "{}{}", stdout(&once), stderr(&once));
    ok(&run(&["push"]));
    super::set(&sandbox, "{\"team\": []}");
    let back = ok(&run(&["push", "--table"]));
    assert!(back.contains("no longer marked for the team: project api (2 conversations, 1 session)"), "{back}");
    let piped = sandbox.sh("cs-sync push --sql postgres --visibility team >/dev/null");
    let told = stderr(&piped);
    assert!(told.contains("note: the team sees: project api (2 conversations, 1 session)"), "{told}");
    // A pipe cannot ask what the team saw before.
    for (group, words) in [("{\"team\": []}", "see: 2 conversations"), ("{}", "see, unless it was shared before: 2")] {
        super::set(&sandbox, group);
        let piped = sandbox.sh("cs-sync push --sql postgres >/dev/null");
        let told = stderr(&piped);
        assert!(told.contains(&format!("only you, reviewers and the administrator {words}")), "{told}");
    }
}

#[test]
fn what_is_said_on_a_terminal_fits_it() {
    let sandbox = furnished();
    let mut command = sandbox.command(PROGRAM);
    command.args(["push", "--into", &"long-name-of-a-folder/".repeat(4), "--dry-run", "--visibility", "team"]);
    let shown = run_on_terminal(command, 80, 24);
    assert!(shown.lines().count() > 3, "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}

#[test]
fn marks_that_are_lost_stop_a_text_too() {
    let sandbox = furnished();
    ok(&sandbox.cs("cs-mark", &["tag", TALK, "urgent"]));
    let print = || sandbox.cs(PROGRAM, &["push", "--sql", "sqlite"]);
    let first = print();
    assert!(!stderr(&first).contains("nothing here says"), "there was nothing before: {}", stderr(&first));
    ok(&first);
    let marks = sandbox.data().join("marks");
    fs::rename(&marks, sandbox.data().join("elsewhere")).expect("they are there");
    let stopped = print();
    assert_eq!((status(&stopped), stdout(&stopped).contains("commit;")), (65, false), "{}", stdout(&stopped));
    assert!(stderr(&stopped).contains(TALK) && stderr(&stopped).contains("marks/"), "{}", stderr(&stopped));
    fs::remove_file(sandbox.data().join("sync/marked.json")).expect("it is there");
    for _ in 0..2 {
        let lost = print();
        assert_eq!((status(&lost), stdout(&lost)), (65, String::new()), "it is lost, too: {}", stderr(&lost));
        assert!(stderr(&lost).contains("--restored"), "{}", stderr(&lost));
    }
    ok(&sandbox.cs(PROGRAM, &["push", "--sql", "sqlite", "--dry-run"]));
    assert_eq!(status(&print()), 65, "looking changes nothing");
    fs::rename(sandbox.data().join("elsewhere"), &marks).expect("they are back");
    ok(&sandbox.cs(PROGRAM, &["push", "--sql", "sqlite", "--restored"]));
    ok(&print());
    assert_eq!(sandbox.json("sync/marked.json"), json!({"marks": {TALK: 1}}));
}

#[test]
fn a_machine_that_lost_its_state_sends_nothing_new_without_a_word() {
    let Some(sandbox) = with_tables() else { return };
    for to in [["--sqlite", "all.db"], ["--into", "shared"]] {
        let push = |more: &[&str]| sandbox.cs(PROGRAM, &[&["push", to[0], to[1]], more].concat());
        log(&sandbox, OTHER, &["a secret plan"]);
        ok(&push(&[]));
        fs::remove_dir_all(sandbox.data().join("sync")).expect("it is there");
        for _ in 0..2 {
            let same = push(&[]);
            assert!(json(&same)["changes"] == 0 && stderr(&same).contains("sync/ is lost"), "nothing is new");
        }
        log(&sandbox, OTHER, &["a secret plan", "and more"]);
        for _ in 0..2 {
            let stopped = push(&[]);
            let told = stderr(&stopped);
            assert!(status(&stopped) == 65 && told.contains("sync/ is lost") && told.contains("--restored"), "{told}");
        }
        assert!(json(&push(&["--dry-run"]))["rows"]["entry"].as_u64().is_some_and(|rows| rows >= 1));
        let sent = json(&push(&["--restored"]));
        assert!(sent["changes"].as_u64().is_some_and(|changes| changes >= 1), "{sent}");
        assert_eq!(json(&push(&[]))["changes"], 0);
    }
}
