//! The real programs with files and payloads that nobody writes by accident: huge ones of the worst shapes, and mutated
//! ones. Hooks stay silent; commands give a documented exit code and one line; what a program cannot parse it leaves as
//! it is; and none uses more than 64 MiB.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use bench::native::{self, Native};
use cs_core::record::Session;
use cs_tests::{Sandbox, run, status, stderr, stdout};
use fuzz::mutate::Mutator;
use fuzz::worst;
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
/// The maximum memory of any program, whatever it reads.
const MEMORY: u64 = 64 << 20;
const FILE: usize = 10 << 20;
const PAYLOAD: usize = 1 << 20;
/// The documented exit codes.
const CODES: [i32; 6] = [0, 1, 64, 65, 74, 75];
/// The number of mutated files and payloads.
const MUTATIONS: usize = 150;

fn payload(event: &str, more: Value) -> Value {
    let mut payload = json!({"session_id": UUID, "hook_event_name": event, "cwd": "/w"});
    payload.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    payload
}

/// A data directory with one session whose conversation runs and has a task.
struct Place {
    sandbox: Sandbox,
    id: String,
}

impl Place {
    fn new() -> Place {
        let sandbox = Sandbox::new().with("CLAUDE_PID", std::process::id().to_string());
        for sent in [
            payload("SessionStart", json!({"source": "startup"})),
            payload("UserPromptSubmit", json!({"prompt": "fix the login page", "prompt_id": "p1"})),
        ] {
            check_quiet(&sandbox.hook("cs-hook", &sent.to_string()), "the beginning");
        }
        let id = sandbox.records()[0]["session_id"].as_str().expect("it has an id").to_owned();
        assert_eq!(status(&sandbox.cs("cs-task", &["add", &id, "--subject", "write tests", "-q"])), 0);
        assert_eq!(status(&sandbox.cs("cs-project", &["update", "w", "--current-phase", "beta", "-q"])), 0);
        Place { sandbox, id }
    }

    /// The files that programs read, each with the names of fields that can be large, and an example.
    fn files(&self) -> Vec<(PathBuf, &'static [&'static str], Value)> {
        let of = |path: String, names: &'static [&'static str]| {
            let text = fs::read_to_string(self.sandbox.data().join(&path)).unwrap_or_else(|_| "{}".into());
            (PathBuf::from(path), names, serde_json::from_str(&text).expect("JSON"))
        };
        vec![
            of(format!("sessions/{}.json", self.id), &["later", "events", "decisions"]),
            of("sessions/_index.json".into(), &["later"]),
            of("config.json".into(), &["later"]),
            of("projects/w.json".into(), &["later"]),
            of("context/w.json".into(), &["later"]),
            of(format!("live/{UUID}.json"), &["later"]),
        ]
    }

    /// Calls that together read all of these files: a program, its arguments, its input.
    fn calls(&self) -> Vec<(&'static str, Vec<String>, String)> {
        let words = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
        let prompt = payload("UserPromptSubmit", json!({"prompt": "and the logout page", "prompt_id": "p2"}));
        vec![
            ("cs-session", words(&["show", &self.id, "--json"]), String::new()),
            ("cs-session", words(&["list", "--full", "--json"]), String::new()),
            ("cs-session", words(&["complete", &self.id, "--file", "a"]), String::new()),
            ("cs-project", words(&["overview", "--json"]), String::new()),
            ("cs-project", words(&["update", "w", "--current-phase", "gamma"]), String::new()),
            ("cs-heartbeat", vec![], payload("Stop", json!({})).to_string()),
            ("cs-heartbeat", vec![], String::new()),
            ("cs-hook", vec![], prompt.to_string()),
            ("cs-hook", vec![], payload("SessionEnd", json!({"reason": "other"})).to_string()),
            ("cs-hook", vec![], payload("SessionStart", json!({"source": "resume"})).to_string()),
        ]
    }

    /// Restores the bytes of every file.
    fn restore(&self, files: &[(PathBuf, Vec<u8>)]) {
        for (path, bytes) in files {
            let path = self.sandbox.data().join(path);
            if fs::read(&path).ok().as_ref() != Some(bytes) {
                fs::create_dir_all(path.parent().expect("it is in a folder")).expect("ours");
                fs::write(&path, bytes).expect("our file can be written");
            }
        }
        let ended = self.sandbox.data().join(format!("ended/{UUID}.json"));
        let _ = fs::remove_file(ended);
    }

    /// All files with their bytes.
    fn saved(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let read = |path: PathBuf| fs::read(self.sandbox.data().join(&path)).ok().map(|bytes| (path, bytes));
        self.files().into_iter().filter_map(|(path, ..)| read(path)).collect()
    }
}

fn check_quiet(output: &Output, what: &str) {
    let said = (status(output), stdout(output), stderr(output));
    assert_eq!(said, (0, String::new(), String::new()), "{what}");
}

/// Checks the exit code and the lines of the output; a hook prints nothing, or context.
fn check(program: &str, output: &Output, what: &str) {
    let (code, sent) = (output.status.code(), stderr(output));
    if matches!(program, "cs-hook" | "cs-heartbeat") {
        let context = stdout(output);
        assert!(context.is_empty() || context.starts_with("claude-sessions:\n"), "{what}: {context}");
        return assert_eq!((code, sent), (Some(0), String::new()), "{what}");
    }
    assert!(code.is_some_and(|code| CODES.contains(&code)), "{what}: {}: {sent}", output.status);
    let is_told = |line: &str| ["error: ", "hint: "].iter().any(|kind| line.starts_with(&format!("{program}: {kind}")));
    assert!(sent.lines().all(is_told), "{what}: {sent}");
    assert!(code == Some(0) || !sent.is_empty(), "{what}: {code:?} without a message");
}

fn peak() -> &'static Native {
    static PEAK: OnceLock<Native> = OnceLock::new();
    PEAK.get_or_init(|| native::build("peak"))
}

/// The peak memory of a call; panics if it ends in an undocumented way.
fn memory(sandbox: &Sandbox, program: &str, args: &[String], input: &str, what: &str) -> u64 {
    let file = sandbox.root().join("input");
    fs::write(&file, input).expect("the sandbox can be written");
    let mut command: Command = sandbox.command(peak().path.to_str().expect("our path is text"));
    command.arg(cs_tests::programs().join(program)).args(args).stdin(File::open(&file).expect("it was just written"));
    let output = command.output().expect("peak can be run");
    let code = status(&output);
    let is_hook = matches!(program, "cs-hook" | "cs-heartbeat");
    assert!(if is_hook { code == 0 } else { CODES.contains(&code) }, "{what}: exit {code}: {}", stderr(&output));
    let bytes: u64 = stdout(&output).trim().parse().unwrap_or_else(|_| panic!("{what}: {}", stderr(&output)));
    bytes
}

#[test]
fn huge_files_of_the_worst_shapes_take_no_more_than_64_mib_and_an_index_256() {
    let place = Place::new();
    let saved = place.saved();
    let mut most = (0, String::new());
    for (n, (path, names, example)) in place.files().into_iter().enumerate() {
        let mut files = worst::all(&example, names, FILE);
        if n == 1 {
            files.push(("entries without end".into(), entries(FILE)));
            files.push(("entries in our layout".into(), entries(32 << 20)));
        }
        for (m, (shape, text)) in files.iter().enumerate() {
            place.restore(&saved);
            let file = place.sandbox.data().join(&path);
            fs::write(&file, text).expect("our file can be written");
            // Each shape is tried with three calls, and each call with many shapes; the most expensive shape with all
            // calls.
            let calls = if shape.starts_with("one text") { place.calls().len() } else { 3 };
            for (program, args, input) in place.calls().into_iter().cycle().skip((n + m) * 3).take(calls) {
                let what = format!("{} with {shape}: {program} {args:?} <{input:.60}", path.display());
                let took = memory(&place.sandbox, program, &args, &input, &what);
                if took > most.0 {
                    most = (took, what.clone());
                }
                // An index may be that of some 500,000 sessions, which are shown.
                let limit = if n == 1 { 4 * MEMORY } else { MEMORY };
                assert!(took <= limit, "{} KiB: {what}", took >> 10);
            }
        }
    }
    println!("at most {} KiB: {}", most.0 >> 10, most.1);
    check_log(&place.sandbox);
}

/// An index with as many entries as fit.
fn entries(bytes: usize) -> String {
    const ENTRY: &str = "{\"project_slug\":\"w\",\"status\":\"active\",\"intent\":\"\"}";
    let id = |n: usize| format!("sess_{:04}{:02}{:02}T0000_{:04x}", n >> 24, n >> 20 & 15, n >> 16 & 15, n & 0xffff);
    let lines: Vec<String> = (0..bytes / (ENTRY.len() + 27)).map(|n| format!("\"{}\":{ENTRY}", id(n))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

#[test]
fn huge_payloads_of_the_worst_shapes_take_no_more_than_64_mib() {
    let place = Place::new();
    let saved = place.saved();
    let tool = |name: &str| payload("PostToolUse", json!({"tool_name": name, "tool_input": {}}));
    let sent: [(&str, Value, &[&str]); 6] = [
        ("cs-hook", tool("TodoWrite"), &["todos"]),
        ("cs-hook", tool("update_plan"), &["plan"]),
        (
            "cs-hook",
            payload("PermissionRequest", json!({"tool_name": "AskUserQuestion", "tool_input": {}})),
            &["questions"],
        ),
        ("cs-hook", payload("UserPromptSubmit", json!({"prompt_id": "p3"})), &["prompt", "session_title"]),
        ("cs-heartbeat", payload("Stop", json!({})), &["background_tasks", "last_assistant_message"]),
        ("cs-heartbeat", payload("StopFailure", json!({})), &["error"]),
    ];
    for (program, base, names) in sent {
        for (shape, text) in worst::all(&base, names, PAYLOAD) {
            let what = format!("{program} {} with {shape}", base["hook_event_name"]);
            let took = memory(&place.sandbox, program, &[], &text, &what);
            assert!(took <= MEMORY, "{} KiB: {what}", took >> 10);
            let record = fs::metadata(place.sandbox.data().join(format!("sessions/{}.json", place.id)));
            assert!(record.is_ok_and(|meta| meta.len() < PAYLOAD as u64), "{what}: the record grows with the payload");
            let live = fs::metadata(place.sandbox.data().join(format!("live/{UUID}.json")));
            assert!(live.is_ok_and(|meta| meta.len() < 64 << 10), "{what}: the live file grows with the payload");
            place.restore(&saved);
        }
    }
    check_log(&place.sandbox);
}

#[test]
fn endless_lines_are_refused() {
    let place = Place::new();
    let record =
        fs::read_to_string(place.sandbox.data().join(format!("sessions/{}.json", place.id))).expect("it is there");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let mut inputs = worst::all(&record, &["later"], FILE);
    inputs.push(("one long line".into(), "x".repeat(FILE + 100)));
    inputs.push(("many lines".into(), "sess_20261121T1000_0000\n".repeat(200_000)));
    inputs.push(("a flood of zeros".into(), "\0".repeat(FILE * 2)));
    for (shape, input) in inputs {
        let took = memory(&place.sandbox, "cs-session", &["show".into(), "\u{2d}".into()], &input, &shape);
        assert!(took <= MEMORY, "{} KiB: {shape}", took >> 10);
    }
}

#[test]
fn a_full_record_can_still_be_read_and_completed() {
    let place = Place::new();
    let file = place.sandbox.data().join(format!("sessions/{}.json", place.id));
    let mut record: Value = serde_json::from_slice(&fs::read(&file).expect("it is there")).expect("JSON");
    let event = json!({"timestamp": "2026-11-21T10:00:00.000000+00:00", "message": "x"});
    record["events"] = Value::Array(vec![event; 33_310]);
    fs::write(&file, record.to_string()).expect("our file can be written");
    let args = ["event", &place.id, "--message", "one more", "-q"];
    let full = (0..60).find_map(|_| Some(place.sandbox.cs("cs-session", &args)).filter(|output| status(output) != 0));
    let output = full.expect("it becomes full at some point");
    assert!(status(&output) == 1 && stderr(&output).contains("is full"), "{}", stderr(&output));
    let shown = place.sandbox.cs("cs-session", &["show", &place.id, "-q"]);
    assert_eq!((status(&shown), stderr(&shown)), (0, String::new()), "written data can be read");
    assert_eq!(status(&place.sandbox.cs("cs-session", &["complete", &place.id, "-q"])), 0, "and be completed");
}

#[test]
fn mutated_files_are_understood_or_left_alone() {
    let place = Place::new();
    let saved = place.saved();
    let mut mutator =
        Mutator::new(20_261_121, &["\"status\":", "\"active\"", "\"schema_version\":", "5", "null"], FILE);
    for n in 0..MUTATIONS {
        let (path, bytes) = &saved[mutator.below(saved.len())];
        let damaged = mutator.mutate(bytes, b"{\"later\":[1,2]}");
        place.restore(&saved);
        let file = place.sandbox.data().join(path);
        fs::write(&file, &damaged).expect("our file can be written");
        let calls = place.calls();
        for _ in 0..3 {
            let (program, args, input) = &calls[mutator.below(calls.len())];
            let mut command = place.sandbox.command(program);
            command.args(args);
            let what = format!(
                "mutation {n} of {}: {program} {args:?} {:?}",
                path.display(),
                String::from_utf8_lossy(&damaged)
            );
            check(program, &run(command, input), &what);
            let is_record = path.starts_with("sessions") && !path.ends_with("_index.json");
            let is_known =
                Session::read(&damaged).is_ok_and(|record| record.session_id == place.id && record.schema_version <= 4);
            if is_record && !is_known {
                assert!(is_kept(&place, &file, &damaged), "{what}: it was changed");
            }
            let is_settings = path.ends_with("config.json") && serde_json::from_slice::<Value>(&damaged).is_err();
            assert!(!is_settings || fs::read(&file).ok().as_ref() == Some(&damaged), "{what}: it was changed");
        }
    }
    check_log(&place.sandbox);
}

/// Whether a damaged record is unchanged in its place or in quarantine.
fn is_kept(place: &Place, file: &Path, damaged: &[u8]) -> bool {
    let aside = fuzz::files(&place.sandbox.data().join("quarantine"));
    fs::read(file).is_ok_and(|bytes| bytes == damaged) || aside.iter().any(|(_, bytes)| bytes == damaged)
}

#[test]
fn hooks_are_silent_on_mutated_payloads() {
    let place = Place::new();
    let samples: Vec<(PathBuf, Vec<u8>)> = ["claude-code", "codex"]
        .iter()
        .flat_map(|agent| fuzz::files(&cs_tests::replay::fixtures().join(agent).join("hooks")))
        .collect();
    let mut mutator = Mutator::new(20_261_122, &["\"session_id\":", UUID, "\"Stop\"", "\"prompt\":"], PAYLOAD);
    for n in 0..MUTATIONS {
        let (path, bytes) = &samples[mutator.below(samples.len())];
        let (_, other) = &samples[mutator.below(samples.len())];
        let damaged = mutator.mutate(bytes, other);
        let what = format!("mutation {n} of {}: {:?}", path.display(), String::from_utf8_lossy(&damaged));
        let program = ["cs-hook", "cs-heartbeat"][n % 2];
        let file = place.sandbox.root().join("input");
        fs::write(&file, &damaged).expect("the sandbox can be written");
        let mut command = place.sandbox.command(program);
        let output = command.stdin(File::open(&file).expect("it was just written")).output().expect("it can be run");
        check(program, &output, &what);
    }
    for record in place.sandbox.records() {
        let bytes = serde_json::to_vec(&record).expect("a value can be serialised");
        Session::read(&bytes).unwrap_or_else(|e| panic!("{e}: {record}"));
    }
    check_log(&place.sandbox);
}

/// Panics if the log shows a defect of a program; other problems may be logged.
fn check_log(sandbox: &Sandbox) {
    let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default();
    assert!(!log.contains("defect"), "{log}");
}
