//! The store under load, under kill -9, with its caches gone, and beside the Python tool.
//!
//! Invariants: no event is lost, no record is ever torn, and the index agrees with the records.

#[path = "store/crash.rs"]
mod crash;
#[path = "store/delete.rs"]
mod delete;
#[path = "store/in_place.rs"]
mod in_place;
#[path = "store/in_turn.rs"]
mod in_turn;
#[path = "store/unknown.rs"]
mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;

use cs_tests::{Held, Sandbox, can_run, has, run, status, stderr, stdout};
use serde_json::{Value, json};

/// Conversations whose sessions' ids end in ca5d, beef and cafe.
const CA5D: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const BEEF: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";

const WORKERS: usize = 8;

/// Runs a program that must succeed; returns its output.
fn ok(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {args:?}");
    stdout(&output)
}

/// Creates a session in the project `api`; returns its id.
fn create(sandbox: &Sandbox, more: &[&str]) -> String {
    let args = [&["create", "--project", "api", "--intent", "some work", "-q"], more].concat();
    ok(sandbox, "cs-session", &args).trim().to_owned()
}

/// Runs `work` in `WORKERS` threads, each with its number; returns their results.
fn parallel<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..WORKERS).map(|n| scope.spawn(move || work(n))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    })
}

/// Pseudo-random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn new(seed: usize) -> Random {
        Random((seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// The expected index entry of a record, without the heartbeat, which may be out of date there.
fn entry(record: &Value) -> Value {
    let fields = ["project_slug", "status", "intent", "started_at", "ended_at"];
    fields.iter().map(|field| (field.to_string(), record[*field].clone())).collect()
}

/// The index entries that follow from the records, by id.
fn truth(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let id = |record: &Value| record["session_id"].as_str().expect("a record has an id").to_owned();
    sandbox.records().iter().map(|record| (id(record), entry(record))).collect()
}

/// Panics unless `cs-session list` agrees with the records. As a reader, it repairs nothing on disk.
fn check_list(sandbox: &Sandbox) {
    let shown = ok(sandbox, "cs-session", &["list"]);
    let rows = shown.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is an object"));
    let shown: BTreeMap<String, Value> =
        rows.map(|row| (row["session_id"].as_str().unwrap_or_default().to_owned(), entry(&row))).collect();
    assert_eq!(shown, truth(sandbox));
}

/// Panics unless `_index.json` agrees with the records and no repair is pending.
fn check_index(sandbox: &Sandbox) {
    let index = sandbox.json("sessions/_index.json");
    let index: BTreeMap<String, Value> =
        index.as_object().expect("an object").iter().map(|(id, found)| (id.clone(), entry(found))).collect();
    assert_eq!(index, truth(sandbox));
    for name in ["_index.pending", "_index.stale"] {
        assert!(!sandbox.data().join("sessions").join(name).exists(), "{name} remains");
    }
    check_list(sandbox);
}

/// Panics unless the counts in the project's file are those of the records.
fn check_counts(sandbox: &Sandbox) {
    let records = sandbox.records();
    let count = |status: &str| records.iter().filter(|record| record["status"] == status).count();
    let project = sandbox.json("projects/api.json");
    let counts = json!([project["active_sessions"], project["parked_sessions"], project["total_sessions"]]);
    assert_eq!(counts, json!([count("active"), count("parked"), records.len()]));
}

/// Unfinished temporary files.
fn litter(sandbox: &Sandbox) -> Vec<String> {
    let names = fs::read_dir(sandbox.data().join("sessions")).expect("it is there").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".tmp-")).collect()
}

/// Changes a record without the index, like a program that is killed right after its rename.
fn edit(sandbox: &Sandbox, id: &str, change: impl FnOnce(&mut Value)) {
    let mut record = sandbox.record(id);
    change(&mut record);
    fs::write(sandbox.data().join(format!("sessions/{id}.json")), record.to_string()).expect("it can be written");
}

#[test]
fn sixteen_hundred_events_from_eight_writers_are_all_kept() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    parallel(|worker| {
        for n in 0..200 {
            ok(&sandbox, "cs-session", &["event", &id, "--message", &format!("{worker} {n}"), "-q"]);
        }
    });
    let record = sandbox.record(&id);
    let messages = record["events"].as_array().expect("a list").iter().map(|event| event["message"].as_str());
    let mut of_worker = vec![Vec::new(); WORKERS];
    for (worker, n) in messages.flatten().filter_map(|message| message.split_once(' ')) {
        of_worker[worker.parse::<usize>().expect("a number")].push(n.parse::<usize>().expect("a number"));
    }
    assert_eq!(of_worker, vec![Vec::from_iter(0..200); WORKERS], "each once, in the order of its writer");
    assert_eq!(litter(&sandbox), Vec::<String>::new());
    check_index(&sandbox);
}

#[test]
fn five_hundred_sessions_in_one_minute_are_five_hundred_files() {
    let sandbox = Sandbox::new();
    let made = parallel(|worker| {
        let count = 500 / WORKERS + usize::from(worker < 500 % WORKERS);
        (0..count).map(|_| create(&sandbox, &[])).collect::<Vec<_>>()
    });
    let ids: BTreeSet<String> = made.into_iter().flatten().collect();
    assert_eq!(ids.len(), 500, "each session has its own id");
    assert_eq!(BTreeSet::from_iter(truth(&sandbox).into_keys()), ids);
    check_index(&sandbox);
    check_counts(&sandbox);
    let listed = ok(&sandbox, "cs-session", &["list", "--full"]);
    let index = fs::read(sandbox.data().join("sessions/_index.json")).expect("it is there");
    fs::remove_file(sandbox.data().join("sessions/_index.json")).expect("it is there");
    assert_eq!(ok(&sandbox, "cs-session", &["list", "--full"]), listed, "a rebuilt index is the same");
    let last = ids.last().expect("there are some");
    ok(&sandbox, "cs-session", &["park", last, "--reason", "later", "-q"]);
    ok(&sandbox, "cs-session", &["update", last, "--intent", "some work", "-q"]);
    edit(&sandbox, last, |record| {
        (record["status"], record["ended_at"]) = (json!("active"), Value::Null);
    });
    fs::write(sandbox.data().join("sessions/_index.stale"), "").expect("it can be written");
    create(&sandbox, &["--claude-session", CA5D]);
    let rebuilt = sandbox.json("sessions/_index.json");
    for (id, entry) in serde_json::from_slice::<Value>(&index).expect("JSON").as_object().expect("an object") {
        assert_eq!(rebuilt[id], *entry);
    }
}

/// A data directory with every kind of file.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let work = sandbox.work();
    ok(&sandbox, "cs-project", &["register", "--name", "api", "-q"]);
    for (uuid, end) in [(CA5D, true), (BEEF, false)] {
        let tell = |program: &str, event: &str, more: &str| {
            let payload = format!(r#"{{"session_id":"{uuid}","cwd":{work:?},"hook_event_name":"{event}"{more}}}"#);
            assert_eq!(status(&sandbox.hook(program, &payload)), 0);
        };
        tell("cs-hook", "SessionStart", r#","source":"startup""#);
        tell("cs-hook", "UserPromptSubmit", r#","prompt":"fix login""#);
        tell("cs-heartbeat", "Stop", "");
        if end {
            tell("cs-hook", "SessionEnd", r#","reason":"other""#);
        }
    }
    ok(&sandbox, "cs-session", &["park", "beef", "--reason", "later", "-q"]);
    create(&sandbox, &[]);
    sandbox
}

#[test]
fn deleting_any_cache_loses_no_session() {
    let caches: [&[&str]; 7] = [
        &["sessions/_index.json"],
        &["sessions/_index.json", "sessions/_index.lock"],
        &["context"],
        &["live"],
        &["ended"],
        &["projects"],
        &["sessions/_index.json", "context", "live", "ended", "projects", "logs"],
    ];
    for paths in caches {
        let sandbox = furnished();
        let records = sandbox.records();
        assert_eq!(records.len(), 3);
        for path in paths {
            let path = sandbox.data().join(path);
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        check_list(&sandbox);
        for uuid in [CA5D, BEEF] {
            let found = ok(&sandbox, "cs-session", &["show", &format!("claude:{uuid}"), "-q"]);
            assert!(records.iter().any(|record| record["session_id"] == found.trim()), "without {paths:?}");
        }
        let overview: Value = serde_json::from_str(&ok(&sandbox, "cs-project", &["overview"])).expect("JSON");
        assert_eq!(overview["counts"], json!({"active": 1, "parked": 1, "completed": 1}), "without {paths:?}");
        assert_eq!(sandbox.records(), records, "readers write nothing");
        create(&sandbox, &[]);
        check_index(&sandbox);
        check_counts(&sandbox);
        assert_eq!(&sandbox.records().len(), &4);
    }
}

/// How the Python tool reads, changes and replaces a file in `sessions`: it holds a lock with the same name, and removes
/// the lock's file after releasing it.
const CHANGED: &str = r#"
import fcntl, json, os, sys

def changed(name, change):
    path, lock = (os.path.join(sys.argv[1], "sessions", name + end) for end in (".json", ".lock"))
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with open(path) as file:
            data = json.load(file)
        change(data)
        with open(path + ".tmp", "w") as file:
            json.dump(data, file, indent=2)
        os.replace(path + ".tmp", path)
        fcntl.flock(held, fcntl.LOCK_UN)
    try:
        os.unlink(lock)
    except FileNotFoundError:
        pass
"#;

/// Adds events to a record as that tool does.
const PYTHON: &str = r#"
session, count = sys.argv[2], int(sys.argv[3])
for n in range(count):
    event = {"timestamp": "2026-11-21T10:00:00.000000+00:00", "message": "python %d" % n}
    changed(session, lambda record: record["events"].append(event))
"#;

#[test]
fn events_of_the_python_tool_and_ours_are_all_kept() {
    if !has(can_run("python3", &["--version"], "python3")) {
        return;
    }
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    let (script, data) = (sandbox.root().join("script.py"), sandbox.data());
    fs::write(&script, format!("{CHANGED}{PYTHON}")).expect("it can be written");
    thread::scope(|scope| {
        scope.spawn(|| {
            let arguments = [script.as_os_str(), data.as_os_str(), id.as_ref(), "150".as_ref()];
            let mut python = sandbox.command("python3");
            python.args(arguments);
            let output = run(python, "");
            assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        });
        for n in 0..150 {
            // 75 is the correct result if the other program removed the file of the lock that we had just acquired.
            let message = format!("ours {n}");
            let say = || status(&sandbox.cs("cs-session", &["event", &id, "--message", &message, "-q"]));
            while {
                let code = say();
                assert!([0, 75].contains(&code));
                code == 75
            } {}
        }
    });
    let record = sandbox.record(&id);
    let mut kept: Vec<&str> =
        record["events"].as_array().expect("a list").iter().filter_map(|event| event["message"].as_str()).collect();
    kept.sort();
    let mut said: Vec<String> = (0..150).flat_map(|n| [format!("ours {n}"), format!("python {n}")]).collect();
    said.sort();
    assert_eq!(kept, said, "each once");
}
