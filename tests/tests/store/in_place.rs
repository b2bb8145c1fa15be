//! What a change costs does not depend on the number of sessions.

use std::fs;

use bench::store::{Agent, Store, id};
use cs_tests::{Sandbox, has, status, stderr, strace};

use super::ok;

/// A data directory with this many sessions.
fn filled(sessions: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let store = Store::new(sessions, &sandbox.root().join("checkouts"), Agent { pid: 1, started: None });
    let records = (0..sessions).map(|number| store.record(number));
    for (path, text) in store.caches().into_iter().chain(records).filter(|(path, _)| !path.starts_with("live")) {
        let path = sandbox.data().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
    sandbox
}

/// The bytes that a change reads and writes in the data directory.
fn moved(sandbox: &Sandbox, words: &[&str]) -> usize {
    let mut command = sandbox.command("cs-session");
    command.args(words);
    let log = sandbox.root().join("strace");
    let options = ["-y", "-e", "trace=read,pread64,write,pwrite64,writev,getdents64"];
    let (output, log) = strace::run(&command, "/dev/null".as_ref(), &options, &log);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{words:?}");
    let data = sandbox.data().to_string_lossy().into_owned();
    let calls = strace::calls(&log);
    // A session that is deleted may share its conversation with any other, which the names in the folders tell.
    let is_counted = |call: &&String| words[0] != "delete" || !call.starts_with("getdents64");
    let own = calls.iter().filter(|call| call.contains(&data)).filter(is_counted);
    own.filter_map(|call| call.rsplit_once("= ")?.1.trim().parse::<usize>().ok()).sum()
}

#[test]
fn changes_of_a_large_store_move_no_more_bytes() {
    if !has(strace::is_possible()) {
        return;
    }
    let (few, many) = (filled(10), filled(2_000));
    let last = id(0);
    let changes: [&[&str]; 5] = [
        &["create", "--project", "project-00", "--intent", "one more", "-q"],
        &["update", &last, "--intent", "something else", "-q"],
        &["update", &last, "--intent", &"a text that needs more room than its line has ".repeat(8), "-q"],
        &["park", &last, "--reason", "later", "-q"],
        &["complete", &id(1), "-q"],
    ];
    // The first change counts the project, whose context is of an older version.
    for sandbox in [&few, &many] {
        for number in [0, 1, 2] {
            moved(sandbox, &["update", &id(number), "--intent", "begin", "-q"]);
        }
    }
    for words in changes {
        let (least, most) = (moved(&few, words), moved(&many, words));
        assert!(most * 10 <= least * 13, "{words:?}: {least} bytes with 10 sessions, {most} with 2,000");
    }
    // The records of a project are read if its state names a commit or a question of the deleted session: not here.
    let deleted = |sandbox: &Sandbox| {
        let id = ok(sandbox, "cs-session", &["create", "--project", "project-00", "--intent", "short", "-q"]);
        moved(sandbox, &["delete", id.trim(), "--yes", "-q"])
    };
    let (least, most) = (deleted(&few), deleted(&many));
    assert!(most * 10 <= least * 13, "delete: {least} bytes with 10 sessions, {most} with 2,000");
}
