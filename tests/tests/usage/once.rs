//! Summaries, logs, forks and copies together: every message counts once, whichever of them are left.

use super::*;
use nanorand::{Rng, WyRand};
use std::collections::BTreeSet;

/// A conversation of four messages and one of a subagent, and a conversation that begins with a copy of the four.
fn forked(mark: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let (mut original, mut fork) = (String::new(), String::new());
    for message in ["msg_1", "msg_2", "msg_3", "msg_4"] {
        original += &Answer { message, ..ANSWER }.line();
        fork += &Answer { session: 2, message, more: mark, ..ANSWER }.line();
    }
    put(&sandbox, &transcript(1), &original);
    put(&sandbox, &subagent(1), &Answer { message: "msg_s", more: "\"isSidechain\":true,", ..ANSWER }.line());
    put(&sandbox, &transcript(2), &(fork + &Answer { session: 2, message: "msg_5", more: mark, ..ANSWER }.line()));
    sandbox
}

fn subagent(session: u8) -> String {
    format!(".claude/projects/-home-dev-repo/{}/subagents/agent-a1.jsonl", id(session))
}

/// Panics unless the reports stay the same after another `keep` and after all logs are deleted.
#[track_caller]
fn check_reports_stay(sandbox: &Sandbox, messages: u64) {
    let all = [100 * messages, 10 * messages, 0, 0];
    assert_eq!(total(sandbox), all);
    usage(sandbox, &["keep"]);
    assert_eq!(total(sandbox), all, "kept");
    assert_eq!(usage(sandbox, &["keep"])[0]["written"], 0, "nothing to do");
    fs::remove_dir_all(sandbox.home().join(".claude/projects")).unwrap();
    assert_eq!(total(sandbox), all, "no logs");
}

#[test]
fn usage_in_a_summary_is_not_counted_from_another_log() {
    let mark = format!("\"forkedFrom\":{{\"sessionId\":\"{}\"}},", id(1));
    let changes: [fn(&Sandbox); 5] = [
        |_| {},
        |sandbox| fs::remove_file(sandbox.home().join(transcript(1))).unwrap(),
        |sandbox| drop(put(sandbox, &transcript(1), &ANSWER.line())),
        |sandbox| {
            // One line of the original remains in the fork's file.
            fs::remove_dir_all(sandbox.home().join(subagent(1)).parent().unwrap()).unwrap();
            let text = fs::read_to_string(sandbox.home().join(transcript(2))).unwrap();
            put(sandbox, &transcript(2), &text.replacen(&id(2), &id(1), 1));
            fs::remove_file(sandbox.home().join(transcript(1))).unwrap();
        },
        |sandbox| {
            let path = sandbox.home().join(transcript(1));
            let text = fs::read_to_string(&path).unwrap();
            fs::remove_file(&path).unwrap();
            put(sandbox, &transcript(1), &text);
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for mark in [mark.as_str(), ""] {
            let sandbox = forked(mark);
            usage(&sandbox, &["keep"]);
            change(&sandbox);
            eprintln!("change {n}, {mark:?}");
            check_reports_stay(&sandbox, 6);
        }
    }
}

#[test]
fn a_log_that_lost_and_gained_lines_is_counted_correctly() {
    let sandbox = forked("");
    usage(&sandbox, &["keep"]);
    put(&sandbox, &transcript(1), &(ANSWER.line() + &Answer { message: "msg_6", ..ANSWER }.line()));
    check_reports_stay(&sandbox, 7);
    assert_eq!(sandbox.json(&format!("usage/{}.json", id(1)))["messages"], 6);
}

#[test]
fn usage_in_two_summaries_is_corrected_while_the_logs_exist() {
    let sandbox = forked("");
    let original = sandbox.home().join(transcript(1));
    let text = fs::read_to_string(&original).unwrap();
    fs::remove_file(&original).unwrap();
    usage(&sandbox, &["keep"]);
    let path = sandbox.data().join(format!("usage/{}.json", id(2)));
    let of_fork = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&original, text).unwrap();
    put(&sandbox, &transcript(2), "");
    usage(&sandbox, &["keep"]);
    fs::write(&path, of_fork).unwrap();
    fs::remove_file(&original).unwrap();
    let fork = Answer { session: 2, ..ANSWER };
    put(&sandbox, &transcript(2), &(fork.line() + &Answer { message: "msg_5", ..fork }.line()));
    check_reports_stay(&sandbox, 6);
}

#[test]
fn turns_count_once_when_the_original_is_gone() {
    let sandbox = Sandbox::new();
    let prompt = |session: u8| {
        format!(
            "{{\"type\":\"user\",\"uuid\":\"u1\",\"sessionId\":\"{}\",\"timestamp\":\"2026-11-20T08:00:00Z\",\"message\":{{\"role\":\"user\",\"content\":\"x\"}}}}\n",
            id(session)
        )
    };
    let fork = Answer { session: 2, message: "msg_2", request: "req_2", ..ANSWER };
    let original = put(&sandbox, &transcript(1), &(prompt(1) + &ANSWER.line()));
    put(&sandbox, &transcript(2), &(prompt(2) + &Answer { session: 2, ..ANSWER }.line() + &fork.line()));
    usage(&sandbox, &["keep"]);
    fs::remove_file(original).unwrap();
    let turns: Vec<_> = usage(&sandbox, &["session"]).iter().map(|line| line["turns"].as_u64().unwrap()).collect();
    assert_eq!((turns.len(), turns.iter().sum::<u64>()), (2, 1));
}

/// Random changes to a few logs that copy from each other, with `keep` in between.
#[test]
fn any_mixture_of_summaries_and_logs_counts_every_message_once() {
    for seed in 0..12 {
        let mut random = WyRand::new_seed(seed);
        let sandbox = Sandbox::new();
        // The sessions and messages of the lines of each log.
        let mut logs: Vec<Vec<(u8, u32)>> = vec![Vec::new(); 4];
        let mut earlier = logs.clone();
        let (mut next, mut kept) = (0, BTreeSet::new());
        for step in 0..30 {
            let (one, other) = (random.generate_range(0..logs.len()), random.generate_range(0..logs.len()));
            let session = one as u8 + 1;
            match random.generate_range(0..8u8) {
                0..=2 => {
                    next += 1;
                    logs[one].push((session, next));
                }
                3 => {
                    // Sometimes a line keeps its original session id.
                    let copied = logs[other].iter().map(|(of, message)| {
                        (if random.generate_range(0..8u8) == 0 { *of } else { session }, *message)
                    });
                    logs[one] = copied.collect();
                }
                4 => logs[one].clear(),
                5 => {
                    let length = random.generate_range(0..=logs[one].len());
                    logs[one].truncate(length);
                }
                6 => std::mem::swap(&mut logs[one], &mut earlier[one]),
                _ => {
                    usage(&sandbox, &["keep"]);
                    kept.extend(logs.iter().flatten().map(|(_, message)| *message));
                    earlier.clone_from(&logs);
                }
            }
            for (n, log) in logs.iter().enumerate() {
                write_log(&sandbox, n as u8 + 1, log);
            }
            let there: BTreeSet<u32> = logs.iter().flatten().map(|(_, message)| *message).collect();
            let lines = stdout(&sandbox.cs("cs-usage", &["daily", "--csv"]));
            let messages = lines.lines().nth(1).map_or(0, |line| line.split(',').nth(1).unwrap().parse().unwrap());
            assert_eq!(kept.union(&there).count(), messages, "seed {seed}, step {step}: {logs:?}");
        }
    }
}

/// Writes a log, or removes it if it has no lines. An unchanged log is not rewritten, because its age counts.
fn write_log(sandbox: &Sandbox, n: u8, lines: &[(u8, u32)]) {
    let line = |(session, message): &(u8, u32)| {
        Answer { session: *session, message: &format!("msg_{message}"), ..ANSWER }.line()
    };
    let (path, text) = (sandbox.home().join(transcript(n)), lines.iter().map(line).collect::<String>());
    if text.is_empty() {
        let _ = fs::remove_file(path);
    } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
        put(sandbox, &transcript(n), &text);
    }
}
