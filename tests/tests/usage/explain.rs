//! `cs-usage explain` reads each log of a conversation once, whatever the cache contains.

use super::*;
use cs_tests::{has, strace};

/// How often `cs-usage explain` opens each of these logs; panics unless its output is complete.
fn opens(sandbox: &Sandbox, logs: &[PathBuf]) -> Vec<usize> {
    let mut command = sandbox.command("cs-usage");
    command.args(["explain", &id(1), "--json"]);
    let log = sandbox.work().join("strace");
    let trace = ["-s", "4096", "-e", "trace=open,openat,openat2"];
    let (output, log) = strace::run(&command, Path::new("/dev/null"), &trace, &log);
    assert_eq!((status(&output), trouble(&output)), (0, String::new()));
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let calls: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "call").collect();
    assert!(calls.len() > 1 && calls.iter().all(|call| call["message_id"].is_string()), "{calls:?}");
    let calls = strace::calls(&log);
    let opened = |path: &PathBuf| calls.iter().filter(|call| call.contains(&format!("{}\"", path.display()))).count();
    logs.iter().map(opened).collect()
}

#[test]
fn each_log_is_read_once() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = Sandbox::new();
    let (own, copy, other) = (transcript(1), transcript(2), transcript(3));
    let again = Answer { message: "msg_2", ..ANSWER };
    let logs = [
        put(&sandbox, &own, &(ANSWER.line() + &again.line())),
        put(&sandbox, &copy, &(ANSWER.line() + &Answer { session: 2, message: "msg_3", ..ANSWER }.line())),
        put(&sandbox, &other, &Answer { session: 3, message: "msg_4", ..ANSWER }.line()),
    ];
    assert_eq!(opens(&sandbox, &logs), [1, 1, 1], "nothing is known yet");
    assert_eq!(opens(&sandbox, &logs), [1, 1, 0], "the cache is complete, so only the explained log is read");
    put(&sandbox, &own, &(ANSWER.line() + &again.line() + &Answer { message: "msg_5", ..ANSWER }.line()));
    assert_eq!(opens(&sandbox, &logs), [1, 1, 0], "one has grown");
    fs::remove_dir_all(sandbox.data().join("usage/cache")).expect("there is a cache");
    usage(&sandbox, &["daily"]);
    assert_eq!(opens(&sandbox, &logs), [1, 1, 0], "a report filled the cache");
}
