//! Made-up corpora with known totals, and files that change while they are read.

use super::*;
use bench::native;
use cs_tests::corpus::{Shape, Truth, noise, write};
use cs_tests::{run, strace};
use std::io::Write;
use std::process::Command;

fn made_up(shape: &Shape) -> (Sandbox, Truth) {
    let sandbox = Sandbox::new();
    let truth = write(&sandbox.home().join(".claude"), shape);
    (sandbox, truth)
}

/// All reports, for comparison.
fn all_reports(sandbox: &Sandbox) -> String {
    let script = "for r in daily weekly monthly session project model blocks; do cs-usage $r --breakdown || exit; done";
    let output = sandbox.sh(script);
    assert_eq!((status(&output), trouble(&output)), (0, String::new()));
    stdout(&output)
}

/// All reports without a cache.
fn reports_without_cache(sandbox: &Sandbox) -> String {
    fs::remove_dir_all(sandbox.data().join("usage/cache")).expect("there is a cache");
    all_reports(sandbox)
}

#[test]
fn reports_equal_the_true_totals() {
    let (sandbox, truth) = made_up(&Shape::default());
    assert_eq!(total(&sandbox), truth.all);
    for line in usage(&sandbox, &["daily", "--breakdown"]) {
        for model in line["models"].as_array().unwrap() {
            let key = (line["date"].as_str().unwrap().to_owned(), model["model"].as_str().unwrap().to_owned());
            assert_eq!(kinds(model), truth.days[&key], "{key:?}");
        }
    }
    let sessions = usage(&sandbox, &["session"]);
    assert_eq!(sessions.len(), truth.sessions.len(), "forks have no usage of their own");
    for line in &sessions {
        assert_eq!(kinds(line), truth.sessions[line["session_id"].as_str().unwrap()], "{line}");
    }
    let messages: u64 = sessions.iter().map(|line| line["messages"].as_u64().unwrap()).sum();
    assert_eq!(messages, truth.messages);
}

#[test]
fn all_reports_have_the_same_total() {
    let (sandbox, truth) = made_up(&Shape::default());
    for report in ["daily", "weekly", "monthly", "session", "project", "model", "blocks"] {
        let mut sum = [0; 4];
        for line in usage(&sandbox, &[report, "--timezone", "<+0545>-5:45"]) {
            sum.iter_mut().zip(kinds(&line)).for_each(|(sum, of)| *sum += of);
        }
        assert_eq!(sum, truth.all, "{report}");
    }
    let of = |project: &str| usage(&sandbox, &["model", "--project", project]);
    let one = of("/home/dev/project/3");
    assert_eq!(one, of("/home/dev/project/3/"));
    assert!(!one.is_empty() && kinds(&one[0]) < truth.all);
}

#[test]
fn the_cache_changes_nothing() {
    let (sandbox, _) = made_up(&Shape::default());
    let first = all_reports(&sandbox);
    assert!(sandbox.data().join("usage/cache").is_dir());
    assert_eq!(all_reports(&sandbox), first, "warm");
    assert_eq!(reports_without_cache(&sandbox), first, "without");
    let damages: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes.truncate(bytes.len() / 2), |bytes| *bytes.last_mut().unwrap() ^= 1, Vec::clear];
    for (n, damage) in damages.iter().enumerate() {
        for part in cs_tests::entries(&sandbox.data().join("usage/cache")) {
            let mut bytes = fs::read(&part).unwrap();
            damage(&mut bytes);
            fs::write(part, bytes).unwrap();
        }
        assert_eq!(all_reports(&sandbox), first, "damage {n}");
    }
    let none = sandbox.with("CS_HOME", "/dev/null/nowhere");
    assert_eq!(all_reports(&none), first, "if it cannot be written");
}

/// The files that a report opens after the first one, without folders.
fn opened(sandbox: &Sandbox, report: &str) -> Vec<String> {
    let command = || {
        let mut command = sandbox.command("cs-usage");
        command.arg(report);
        command
    };
    let (input, log) = (put(sandbox, "input", ""), sandbox.root().join("strace"));
    run(command(), "");
    let (output, log) = strace::run(&command(), &input, &["-e", "trace=openat"], &log);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let is_file = |call: &String| !call.contains("O_DIRECTORY") && !call.contains("= -1");
    strace::calls(&log).into_iter().filter(is_file).collect()
}

#[test]
fn a_report_of_logs_without_changes_opens_six_files_however_many_there_are() {
    if !cs_tests::has(strace::is_possible()) {
        return;
    }
    let (few, many) = (Shape { sessions: 3, ..Shape::default() }, Shape { sessions: 60, ..Shape::default() });
    for report in ["daily", "session", "blocks"] {
        let [few, many] = [&few, &many].map(|shape| {
            let (sandbox, _) = made_up(shape);
            assert!(sandbox.cs("cs-usage", &["keep"]).status.success());
            opened(&sandbox, report)
        });
        assert!(few.len() == many.len() && many.len() <= 6, "{report}: {few:#?} {many:#?}");
        assert!(many.iter().any(|call| call.contains("usage/cache/answer-")), "{many:#?}");
    }
}

#[test]
fn files_that_grow_shrink_or_are_replaced_are_counted_correctly() {
    let sandbox = Sandbox::new();
    let answer = |n: u64| Answer { message: &format!("msg_{n}"), request: "", kinds: [n, 0, 0, 0], ..ANSWER }.line();
    let path = put(&sandbox, &transcript(1), &(answer(1) + &answer(2)));
    assert_eq!(total(&sandbox)[0], 3);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all((answer(4) + &answer(8)[..50]).as_bytes()).unwrap();
    assert_eq!(total(&sandbox)[0], 7, "half a line is not counted");
    file.write_all(&answer(8).as_bytes()[50..]).unwrap();
    assert_eq!(total(&sandbox)[0], 15, "and it is complete");
    file.set_len((answer(1) + &answer(2)).len() as u64).unwrap();
    assert_eq!(total(&sandbox)[0], 3, "shorter");
    fs::write(&path, answer(16) + &answer(32) + &answer(64)).unwrap();
    assert_eq!(total(&sandbox)[0], 112, "longer, different text");
    fs::write(&path, answer(17) + &answer(33) + &answer(65)).unwrap();
    assert_eq!(total(&sandbox)[0], 115, "same length, different text");
    let other = put(&sandbox, "other", &(answer(1) + &answer(2) + &answer(4)));
    fs::rename(&other, &path).unwrap();
    assert_eq!(total(&sandbox)[0], 7, "another file");
    fs::remove_file(&path).unwrap();
    put(&sandbox, &transcript(2), &Answer { session: 2, ..ANSWER }.line());
    assert_eq!(total(&sandbox), [100, 10, 0, 0], "gone");
}

#[test]
fn a_file_whose_lines_change_while_it_grows_is_counted_correctly() {
    let sandbox = Sandbox::new();
    let lines = |kinds| -> Vec<String> {
        (0..2_000).map(|n| Answer { message: &format!("msg_{n}"), kinds, ..ANSWER }.line()).collect()
    };
    let (old, new) = (lines([100, 0, 0, 0]), lines([900, 0, 0, 0]));
    let path = put(&sandbox, &transcript(1), &old.concat());
    assert_eq!(total(&sandbox)[0], 200_000);
    let mut text = old.clone();
    text[7] = new[7].clone();
    fs::write(&path, text.concat()).unwrap();
    assert_eq!(total(&sandbox)[0], 200_800, "one line in the same position");
    for range in [0..1, 1_900..2_000, 200..500] {
        let before = total(&sandbox)[0];
        let lines = range.len() as u64;
        text[range.clone()].clone_from_slice(&new[range.clone()]);
        text.push(Answer { message: &format!("msg_more_{lines}"), kinds: [1, 0, 0, 0], ..ANSWER }.line());
        fs::write(&path, text.concat()).unwrap();
        let rewritten = if range.contains(&7) { lines - 1 } else { lines };
        assert_eq!(total(&sandbox)[0], before + rewritten * 800 + 1, "{range:?}");
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_counted_correctly() {
    let (sandbox, mut truth) = made_up(&Shape { sessions: 3, ..Shape::default() });
    let answer = |n: u64| Answer { message: &format!("msg_{n}"), request: "", kinds: [1, 0, 0, 0], ..ANSWER }.line();
    let path = put(&sandbox, &transcript(1), "");
    const LINES: u64 = 3_000;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            for n in 0..LINES {
                // In two pieces, so that readers see half lines.
                let line = answer(n);
                file.write_all(&line.as_bytes()[..30]).unwrap();
                file.write_all(&line.as_bytes()[30..]).unwrap();
            }
        });
        let mut last = 0;
        for _ in 0..200 {
            let now = total(&sandbox)[0];
            assert!(last <= now && now <= truth.all[0] + LINES, "{last} {now}");
            last = now;
            if writer.is_finished() {
                break;
            }
        }
    });
    truth.all[0] += LINES;
    assert_eq!(total(&sandbox), truth.all);
    fs::remove_dir_all(sandbox.data().join("usage/cache")).unwrap();
    assert_eq!(total(&sandbox), truth.all);
}

#[test]
fn simultaneous_runs_report_the_true_totals() {
    let (sandbox, truth) = made_up(&Shape { sessions: 20, ..Shape::default() });
    for round in 0..3 {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| total(&sandbox))).collect();
            all.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), truth.all, "{round}"));
        });
        let path = sandbox.home().join(format!(".claude/projects/-home-dev-project-{round}"));
        let file = cs_tests::entries(&path).into_iter().find(|path| path.is_file()).unwrap();
        let text = fs::read(&file).unwrap();
        fs::write(&file, text).unwrap();
    }
    let litter = cs_tests::entries(&sandbox.data().join("usage/cache"));
    let is_cache = |path: &&PathBuf| path.extension().is_some_and(|e| e == "calls") || path.ends_with("summaries");
    let is_answer = |path: &PathBuf| path.to_string_lossy().contains("/answer-");
    assert!(litter.iter().all(|path| is_cache(&path) || is_answer(path)), "{litter:?}");
}

/// The peak memory of a report, in bytes.
fn peak(sandbox: &Sandbox, report: &str) -> u64 {
    let peak = native::build("peak");
    let mut command = Command::new(&peak.path);
    let program = cs_tests::programs().join("cs-usage");
    command
        .env_clear()
        .env("HOME", sandbox.home())
        .env("CS_HOME", sandbox.data())
        .env("CS_NOW", "2026-11-21T10:00:00Z");
    command.arg(program).arg(report);
    let output = run(command, "");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    stdout(&output).trim().parse().unwrap()
}

/// `CS_NOISE_MB` megabytes (30) of noise, a line of 40 MB, and ordinary transcripts.
#[test]
fn memory_is_bounded_for_any_files() {
    let megabytes = std::env::var("CS_NOISE_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let (sandbox, truth) = made_up(&Shape { sessions: 30, filler: 2_000, ..Shape::default() });
    noise(&sandbox.home().join(".claude/projects/noise/noise.jsonl"), megabytes << 20);
    let long = format!("{}{{\"type\":\"user\",\"text\":\"{}\"}}\n", ANSWER.line(), "x".repeat(40 << 20));
    put(&sandbox, &transcript(1), &long);
    let (cold, warm) = (peak(&sandbox, "daily"), peak(&sandbox, "daily"));
    assert!(cold < 64 << 20 && warm < 64 << 20, "{cold} cold, {warm} warm");
    let all: [u64; 4] = std::array::from_fn(|n| truth.all[n] + ANSWER.kinds[n]);
    assert_eq!(total(&sandbox), all);
}
