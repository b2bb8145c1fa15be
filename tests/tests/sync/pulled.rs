//! A folder that a pull fills: one that cannot be used stops no other, that of a machine that is gone goes, and what is
//! damaged in the database is told.

use super::{OTHER, PROGRAM, TALK, log, ok, with_tables};
use cs_tests::{Sandbox, status, stderr, stdout};
use std::fs;

fn push_as(sandbox: &Sandbox, label: &str) -> String {
    let _ = fs::remove_file(sandbox.data().join("machine.json"));
    ok(&sandbox.cs(PROGRAM, &["label", label, "-q"]));
    ok(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    sandbox.json("machine.json")["id"].as_str().expect("an id").to_string()
}

#[test]
fn one_folder_stops_no_other_and_a_machine_that_is_gone_takes_its_folder_with_it() {
    let Some(sandbox) = with_tables() else { return };
    let pull = |form: &str| sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team", form]);
    let ids = ["one", "two", "three"].map(|label| push_as(&sandbox, label));
    ok(&pull("--table"));
    let folder = |id: &str| sandbox.work().join("team").join(id);
    let head = |id: &str| fs::read_to_string(folder(id).join("head.jsonl")).expect("it is there");
    log(&sandbox, OTHER, &["something else", "and more"]);
    for id in &ids {
        let path = sandbox.data().join("machine.json");
        fs::write(&path, format!("{{\"id\":\"{id}\",\"label\":\"x\"}}\n")).expect("it can be written");
        ok(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db"]));
    }
    // As a program leaves it that carries files and was interrupted.
    let card = folder(&ids[1]).join("machine.json");
    let whole = fs::read(&card).expect("it is there");
    fs::write(&card, &whole[..whole.len() / 2]).expect("it can be written");
    let told = pull("--table");
    assert!(status(&told) == 65 && stderr(&told).contains(&ids[1]), "{}", stderr(&told));
    assert!([0, 2].iter().all(|n| head(&ids[*n]).contains("something else")), "{}", stdout(&told));
    assert!(!head(&ids[1]).contains("something else"));
    fs::write(&card, &whole).expect("it can be written");
    ok(&pull("--table"));
    assert!(head(&ids[1]).contains("something else"));

    ok(&sandbox.cs(PROGRAM, &["forget", "--machine", &ids[0], "--yes", "--sqlite", "all.db"]));
    fs::write(folder(&ids[0]).join("notes.txt"), "of somebody else").expect("it can be written");
    let said = ok(&pull("--table"));
    assert!(said.contains("is gone there, so its folder was removed") && !folder(&ids[0]).exists(), "{said}");
    assert!(folder(&ids[1]).exists() && ok(&pull("--table")) == "nothing is new\n");
}

#[test]
fn what_is_damaged_in_the_database_is_told_and_the_rest_comes() {
    let Some(sandbox) = with_tables() else { return };
    push_as(&sandbox, "one");
    let damage = format!("update entry set body = '{{}}' where source like 'talk/{TALK}%' and seq = 0;");
    ok(&sandbox.feed("sqlite3", &["-batch", "all.db"], &damage));
    for _ in 0..2 {
        let told = sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team"]);
        assert!(status(&told) == 0 && stderr(&told).contains(TALK), "{}", stderr(&told));
        assert!(stderr(&told).contains("on one") && stderr(&told).contains("push --full"), "{}", stderr(&told));
    }
    assert!(ok(&sandbox.sh("cat team/*/talk/*/*.jsonl")).contains(OTHER));
    // Who reads rows is told by the exit code, too.
    assert_eq!(status(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db"])), 65);
    ok(&sandbox.cs(PROGRAM, &["push", "--sqlite", "all.db", "--full"]));
    assert_eq!(stderr(&sandbox.cs(PROGRAM, &["pull", "--sqlite", "all.db", "--into", "team"])), "");
}
