//! Caches may be lost or damaged at any moment: no data is lost with them, and no hook rebuilds them while somebody
//! waits.

use std::fs;
use std::path::Path;

use bench::measure::Bench;
use bench::trace;
use cs_tests::Sandbox;
use cs_tests::replay::{Delivery, Recording, Stage, files, program};
use serde_json::{Value, json};

use super::{UUID, hold};

/// Damages a cache: returns what is left of its bytes.
type Damage = fn(&[u8]) -> Option<Vec<u8>>;

const DAMAGES: [(&str, Damage); 4] = [
    ("lost", |_| None),
    ("empty", |_| Some(Vec::new())),
    ("torn", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("zeroed", |bytes| Some(vec![0; bytes.len()])),
];

/// Whether a path is a cache by FORMAT.md, which may be deleted.
fn is_cache(path: &Path) -> bool {
    let text = path.to_string_lossy();
    ["/live/", "/ended/", "/context/", "/statusline/", "/_index."].iter().any(|part| text.contains(part))
}

fn damage(stage: &Stage, damage: Damage) {
    for path in files(&stage.sandbox.data()).into_iter().filter(|path| is_cache(path)) {
        let bytes = fs::read(&path).unwrap_or_default();
        match damage(&bytes) {
            None => fs::remove_file(&path).expect("it can be removed"),
            Some(rest) => fs::write(&path, rest).expect("it can be written"),
        }
    }
}

#[test]
fn damaged_caches_between_events_do_not_change_the_record() {
    for name in ["claude-code/print-tour", "claude-code/interactive", "codex/resume"] {
        let recording = Recording::load(name);
        let whole = Stage::new();
        whole.play(&recording, Delivery::Once, |_, _| {});
        for (what, how) in DAMAGES {
            let stage = Stage::new();
            stage.play(&recording, Delivery::Once, |stage, _| damage(stage, how));
            assert_eq!(stage.comparable(), whole.comparable(), "{name}, caches {what}");
        }
    }
}

/// The files below the data directory that a hook opens, and how many system calls it makes.
fn opened(sandbox: &Sandbox, event: &str, more: Value) -> (Vec<String>, usize) {
    let mut payload = json!({"session_id": UUID, "cwd": sandbox.work(), "hook_event_name": event});
    more.as_object().expect("an object").iter().for_each(|(field, value)| payload[field] = value.clone());
    let file = sandbox.root().join("payload.json");
    fs::write(&file, payload.to_string()).expect("it can be written");
    let command = sandbox.command(program(event).expect("it is registered"));
    let (_, log) = trace::trace(sandbox, &command, &file);
    let data = sandbox.data().to_string_lossy().into_owned();
    let opens = log.lines().filter(|line| line.contains("open") && line.contains(&data) && !line.contains("ENOENT"));
    (opens.map(str::to_owned).collect(), log.lines().count())
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn the_cost_of_a_hook_does_not_depend_on_the_index() {
    if !cs_tests::has(cs_tests::strace::is_possible()) {
        return;
    }
    let torn = |index: &Path| {
        let text = fs::read(index).expect("it is there");
        fs::write(index, &text[..text.len() / 2]).expect("it can be written");
    };
    type Make<'a> = &'a dyn Fn(&Path);
    let states: [(&str, Make); 7] = [
        ("whole", &|_| {}),
        ("missing", &|index| fs::remove_file(index).expect("it is there")),
        ("empty", &|index| fs::write(index, "").expect("it can be written")),
        ("torn", &torn),
        ("foreign", &|index| fs::write(index, "{}").expect("it can be written")),
        ("stale", &|index| fs::write(index.with_extension("stale"), "").expect("it can be written")),
        ("pending, unreadably", &|index| fs::write(index.with_extension("pending"), "sess_2026").expect("it can be")),
    ];
    for (what, make) in states {
        let bench = Bench::new(1000);
        let sandbox = &bench.sandbox;
        let index = sandbox.data().join("sessions/_index.json");
        make(&index);
        let _held = hold(&index.with_extension("lock"));
        let events = [
            ("SessionStart", json!({"source": "startup"})),
            ("UserPromptSubmit", json!({"prompt": "go", "prompt_id": "a"})),
            ("PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}})),
            ("PostToolUse", json!({"tool_name": "Edit", "tool_input": {"file_path": "a"}, "tool_response": {}})),
            ("Stop", json!({"last_assistant_message": "So."})),
            ("UserPromptSubmit", json!({"prompt": "on", "prompt_id": "b"})),
            ("PreCompact", json!({"trigger": "auto"})),
            ("SessionEnd", json!({"reason": "other"})),
            ("SessionStart", json!({"source": "resume"})),
        ];
        for (event, more) in events {
            let (opened, calls) = opened(sandbox, event, more);
            println!("{event}, the index {what}: {calls} calls, {} files", opened.len());
            assert!(opened.len() <= 45 && calls <= 330, "{event}, the index {what}: {calls} calls, {opened:#?}");
        }
        let listed = cs_tests::stdout(&sandbox.cs("cs-session", &["list", "-q"]));
        assert_eq!(listed.lines().count(), 1001, "the index {what}: readers do not see everything");
    }
}
