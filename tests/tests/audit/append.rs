//! Appending, killed at each system call, with each system call failing, and by several processes at once.

use crate::place::{Place, TODAY, TOMORROW};
use audit::Finding;
use cs_tests::has;
use soak::call::Kind;
use soak::trace::{self, Act};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const OURS: &str = "touch ours";
const WAITING: [&str; 3] = ["touch waiting-1", "touch waiting-2", "touch waiting-3"];

/// A state in which a line is appended, the time of that, and the lines that must be there afterwards.
struct Case {
    name: &'static str,
    place: Place,
    now: &'static str,
    before: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let (empty, some, waiting, damaged) = (Place::new(), Place::new(), Place::new(), Place::new());
    for place in [&some, &waiting, &damaged] {
        place.append("touch a", TODAY);
        place.append("touch b", TODAY);
    }
    waiting.wait_for_lock(&WAITING);
    damaged.wait_for_lock(&WAITING[..1]);
    std::fs::write(damaged.home.audit_pending().join("20261122-1-0a.json"), "{\"v\":1,").expect("it can be written");
    let next = some.copy();
    let late = waiting.copy();
    let waiting_lines = [vec!["touch a", "touch b"], WAITING.to_vec()].concat();
    let case = |name, place, now, before| Case { name, place, now, before };
    vec![
        case("an empty log", empty, TODAY, Vec::new()),
        case("a log", some, TODAY, vec!["touch a", "touch b"]),
        case("a new day", next, TOMORROW, vec!["touch a", "touch b"]),
        case("lines that wait", waiting, TODAY, waiting_lines.clone()),
        case("lines that wait, on a new day", late, TOMORROW, waiting_lines),
        case("a damaged line that waits", damaged, TODAY, vec!["touch a", "touch b", WAITING[0]]),
    ]
}

/// What is wrong after a line was perhaps appended, and surely another one after it.
fn check(case: &Case, place: &Place, must_have: bool, trouble: &str) {
    place.append("touch after", TOMORROW);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    place.commands().into_iter().for_each(|command| *counts.entry(command).or_default() += 1);
    let ours = counts.remove(OURS).unwrap_or_default();
    assert!(ours <= 1 && (ours == 1 || !must_have), "{} {trouble}: our line is there {ours} times", case.name);
    assert_eq!(counts.remove("touch after"), Some(1), "{} {trouble}", case.name);
    for line in &case.before {
        assert_eq!(counts.remove(*line), Some(1), "{} {trouble}: {line}", case.name);
    }
    assert!(counts.is_empty(), "{} {trouble}: {counts:?}", case.name);
    let mut findings = place.findings();
    findings.retain(|finding| !matches!(finding, Finding::Damaged(_)) || !case.name.contains("damaged"));
    // Who may not read the head cannot know that it is as it was.
    let is_hidden = trouble.starts_with(&format!("error {} ", libc::EACCES)) && trouble.contains("head.json");
    findings.retain(|finding| !is_hidden || !matches!(finding, Finding::Headless { .. }));
    assert_eq!(findings, [], "{} {trouble}", case.name);
    let is_kept = !case.name.contains("damaged")
        || std::fs::read_dir(place.home.audit_pending()).expect("it is there").flatten().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.ends_with(".damaged") && std::fs::read(entry.path()).expect("it can be read") == b"{\"v\":1,"
        });
    assert!(is_kept, "{} {trouble}: the damaged file is gone", case.name);
}

#[test]
fn an_append_that_is_killed_at_any_call_loses_and_doubles_nothing() {
    if !has(trace::is_possible()) {
        return;
    }
    for case in cases() {
        for n in 0.. {
            let place = case.place.copy();
            let output =
                trace::run(place.worker(case.now, &[OURS]), "", trace::kill_at(n, place.home.root().to_path_buf()));
            let survived = output.expect("it can be traced").status.signal().is_none();
            check(&case, &place, survived, &format!("killed at call {n}"));
            if survived {
                assert!(n > 15, "{}: only {n} calls", case.name);
                break;
            }
        }
    }
}

/// Errors, and the calls that can return them.
const ERRORS: [(i32, &[Kind]); 6] = [
    (libc::ENOSPC, &[Kind::Create, Kind::Write, Kind::Rename, Kind::MakeDir]),
    (
        libc::EIO,
        &[Kind::Write, Kind::Rename, Kind::Unlink, Kind::Read, Kind::Open, Kind::Stat, Kind::StatOpened, Kind::List],
    ),
    (libc::EIO, &[Kind::Lock]),
    (libc::EMFILE, &[Kind::Open, Kind::Create]),
    (libc::EROFS, &[Kind::Create, Kind::Rename, Kind::Unlink, Kind::MakeDir]),
    (libc::EACCES, &[Kind::Open, Kind::Create, Kind::Rename, Kind::Unlink, Kind::MakeDir]),
];

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn an_append_of_which_any_call_fails_loses_and_doubles_nothing() {
    if !has(trace::is_possible()) {
        return;
    }
    for case in cases() {
        for ((error, kinds), is_once) in ERRORS.into_iter().flat_map(|error| [(error, true), (error, false)]) {
            for n in 0.. {
                let place = case.place.copy();
                let data = place.home.root().to_path_buf();
                let (mut seen, mut hit) = (0, String::new());
                let output = trace::run(place.worker(case.now, &[OURS]), "", |call| {
                    if !kinds.contains(&call.kind()) || !call.path().is_some_and(|path| path.starts_with(&data)) {
                        return Act::Go;
                    }
                    seen += 1;
                    if seen - 1 < n || (is_once && seen - 1 > n) {
                        return Act::Go;
                    }
                    hit = format!("{hit} {:?} {:?}", call.kind(), call.path().unwrap_or_default());
                    Act::Fail(error)
                });
                let output = output.expect("it can be traced");
                let trouble = format!("error {error} (once: {is_once}) at {n}:{hit}, {output:?}");
                assert!(matches!(output.status.code(), Some(0 | 74)), "{trouble}");
                check(&case, &place, output.status.code() == Some(0), &trouble);
                if hit.is_empty() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_line_for_which_there_is_no_room_leaves_nothing_behind() {
    let place = Place::new();
    place.append("touch a", TODAY);
    place.append("touch b", TODAY);
    let size = std::fs::metadata(&place.files()[0]).expect("it is there").len();
    assert!((513..1024).contains(&size), "{size}");
    let whole = std::fs::read(&place.files()[0]).expect("it can be read");
    // The file may grow to 1,024 bytes only: the write is cut short, and its rest fails.
    let worker = place.worker(TODAY, &[&format!("{OURS} {}", "x".repeat(1500))]);
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"]).arg(worker.get_program());
    let output = shell.args(worker.get_args()).output().expect("bash can be run");
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert_eq!(std::fs::read(&place.files()[0]).expect("it can be read"), whole);
    place.append("touch after", TODAY);
    assert_eq!(place.commands(), ["touch a", "touch b", "touch after"]);
    assert_eq!(place.findings(), []);
}

#[test]
fn eight_processes_that_are_killed_at_any_call_keep_the_chain() {
    if !has(trace::is_possible()) {
        return;
    }
    let place = Place::new();
    place.append("touch first", TODAY);
    let mut done: Vec<String> = Vec::new();
    let mut tried: Vec<String> = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                scope.spawn({
                    let place = &place;
                    move || storm(place, worker)
                })
            })
            .collect();
        for worker in workers {
            let (its_done, its_tried) = worker.join().expect("it does not panic");
            done.extend(its_done);
            tried.extend(its_tried);
        }
    });
    for _ in 0..20 {
        place.append("touch after", TODAY);
    }
    let commands = place.commands();
    let count = |command: &String| commands.iter().filter(|other| *other == command).count();
    for command in &done {
        assert_eq!(count(command), 1, "{command}");
    }
    let killed = tried.iter().filter(|command| !done.contains(command));
    assert!(killed.clone().all(|command| count(command) <= 1));
    assert!(killed.count() > 200 && done.len() >= 16, "{} of {}", done.len(), tried.len());
    assert_eq!(place.findings(), []);
    assert_eq!(place.report().lines as usize, commands.len());
}

/// Appends pairs of lines, killed after its first call, its second and so on. Returns the lines of those that survived, and
/// all.
fn storm(place: &Place, worker: u32) -> (Vec<String>, Vec<String>) {
    let (mut done, mut tried, mut n) = (Vec::new(), Vec::new(), worker);
    for round in 0..70 {
        let commands = [0, 1].map(|part| format!("touch {worker}-{round}-{part}"));
        let (data, mut left) = (place.home.root(), n);
        let output = trace::run(place.worker(TODAY, &[&commands[0], &commands[1]]), "", |call| {
            if !call.path().is_some_and(|path| path.starts_with(data)) {
                return Act::Go;
            }
            match left {
                0 => Act::Kill,
                _ => {
                    left -= 1;
                    Act::Go
                }
            }
        });
        tried.extend(commands.clone());
        match output.expect("it can be traced").status.code() {
            Some(0) => {
                done.extend(commands);
                n = 0;
            }
            // The calls of eight workers differ in which of them is next, so each is reached.
            _ => n += 1 + (round + worker) % 3,
        }
    }
    (done, tried)
}
