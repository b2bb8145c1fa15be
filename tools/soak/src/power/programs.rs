//! Operations of programs that store something other than sessions: usage, notifications, status line figures, exports,
//! the client's settings; and manual calls of `cs-cleanup` and `cs-heartbeat`.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use cs_tests::{made, programs, workspace};
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::scene::{Scene, WAITING, WORKING, uuid};

/// All of these operations.
pub fn all(scene: &Scene) -> Vec<Operation> {
    [cleanup(scene), usage(), notices(scene), exports(scene), settings(scene)].concat()
}

fn person(name: &'static str, words: &[&str]) -> Operation {
    Operation::of_person(name, words)
}

/// Writes a file below HOME.
fn put(scene: &Scene, path: &str, text: &str) {
    let path = scene.sandbox.home().join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(path, text).expect("it can be written");
}

/// Changes a JSON file of the data directory.
fn edit(scene: &Scene, file: &str, change: impl FnOnce(&mut Value)) {
    let mut value = scene.sandbox.json(file);
    change(&mut value);
    fs::write(scene.sandbox.data().join(file), value.to_string()).expect("it can be written");
}

fn cleanup(scene: &Scene) -> Vec<Operation> {
    let repair = |name| person(name, &["cs-cleanup", "check", "--repair"]);
    vec![
        person("gone", &["cs-cleanup", "gone"]).after(process_is_gone),
        person("tmp", &["cs-cleanup", "tmp"]).after(litter_lies_about),
        repair("check --repair").after(record_is_damaged).then(vec![repair("cs-cleanup check --repair")]),
        Operation::of_client("cs-heartbeat by hand", "cs-heartbeat", String::new()),
        person("capture-commits", &["cs-session", "capture-commits", &scene.by_hand, "--repo", "repository"])
            .after(repository_has_a_commit),
    ]
}

fn process_is_gone(scene: &Scene) {
    edit(scene, &format!("live/{}.json", uuid(WORKING)), |live| live["pid_started"] = "1".into());
}

fn litter_lies_about(scene: &Scene) {
    let path = scene.sandbox.data().join("sessions/.tmp-left");
    fs::write(&path, "{").expect("it can be written");
    let file = fs::File::options().write(true).open(&path).expect("it is there");
    file.set_modified(SystemTime::now() - Duration::from_secs(7200)).expect("it is ours");
}

fn record_is_damaged(scene: &Scene) {
    put(scene, ".claude/dashboard/sessions/sess_20261120T1000_dead.json", "{\"session_id\": \"sess_20261120T10");
}

fn repository_has_a_commit(scene: &Scene) {
    let script = "git init -q repository && cd repository && echo 1 >file && git add file && git commit -q -m token";
    assert!(scene.sandbox.sh(script).status.success());
}

const FIRST: &str = "2026-11-20T10:00:00.000Z";
const SECOND: &str = "2026-11-20T10:05:00.000Z";

/// Writes a transcript with answers of a model at these times.
fn transcript(scene: &Scene, at: &[&str]) {
    let answer = |(n, at): (usize, &&str)| {
        let usage = json!({"input_tokens": 100, "output_tokens": 10, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0});
        let message = json!({"id": format!("msg_{n}"), "model": "claude-opus-5-5", "usage": usage});
        json!({"type": "assistant", "requestId": format!("req_{n}"), "sessionId": uuid(WORKING), "timestamp": at,
            "cwd": "/home/dev/repo", "message": message})
    };
    let lines: Vec<String> = at.iter().enumerate().map(answer).map(|line| format!("{line}\n")).collect();
    put(scene, &format!(".claude/projects/-home-dev-repo/{}.jsonl", uuid(WORKING)), &lines.concat());
}

fn usage() -> Vec<Operation> {
    let keep = |name| person(name, &["cs-usage", "keep"]);
    let show = || person("cs-usage session", &["cs-usage", "session"]);
    vec![
        keep("usage keep").after(|scene| transcript(scene, &[FIRST])).then(vec![keep("usage keep, again"), show()]),
        keep("usage keep, more").after(more_was_used).then(vec![keep("usage keep, again"), show()]),
        person("usage daily", &["cs-usage", "daily"]).after(|scene| transcript(scene, &[FIRST])).then(vec![show()]),
    ]
}

fn more_was_used(scene: &Scene) {
    transcript(scene, &[FIRST]);
    let kept = scene.sandbox.cs("cs-usage", &["keep"]);
    assert!(kept.status.success(), "{}", cs_tests::stderr(&kept));
    transcript(scene, &[FIRST, SECOND]);
}

fn notices(scene: &Scene) -> Vec<Operation> {
    let notify = || person("cs-notify", &["cs-notify"]);
    let figures = |name, cost: f64, now: &str| {
        let figures = json!({"session_id": uuid(WAITING), "cwd": scene.sandbox.work(), "model": {"id": "m"},
            "cost": {"total_cost_usd": cost}, "context_window": {"used_percentage": 12, "context_window_size": 200_000}});
        Operation::of_client(name, "cs-statusline", figures.to_string()).with("CS_NOW", now)
    };
    let first = || figures("cs-statusline", 0.5, "2026-11-21T10:30:00Z");
    let later = || figures("cs-statusline, later", 0.75, "2026-11-21T10:31:00Z");
    vec![
        notify().after(notices_are_on).then(vec![notify()]),
        first().then(vec![later()]),
        later().after(figures_are_kept).then(vec![later()]),
    ]
}

fn notices_are_on(scene: &Scene) {
    edit(scene, "config.json", |config| {
        config["settings"]["notifications_enabled"] = true.into();
        config["notify"] = json!({"command": ["true"]});
    });
}

fn figures_are_kept(scene: &Scene) {
    let first = notices(scene).swap_remove(1);
    assert!(first.run(scene).status.success());
}

fn exports(scene: &Scene) -> Vec<Operation> {
    let id = scene.ended.as_str();
    let file = |name| person(name, &["cs-export", id, "-o", "out.md"]);
    let folder = |name| person(name, &["cs-export", "--all", "--output-dir", "out"]);
    vec![
        file("export to a file").then(vec![person("again", &["cs-export", id, "-o", "out.md", "--force"])]),
        folder("export to a folder").after(key_is_made).then(vec![folder("again")]),
        folder("export to a folder, again").after(export_is_old).then(vec![folder("again")]),
    ]
}

/// Placeholders depend on the key, which is random.
fn key_is_made(scene: &Scene) {
    let redacted = scene.sandbox.sh("echo anna@example.org | cs-redact");
    assert!(redacted.status.success(), "{}", cs_tests::stderr(&redacted));
}

fn export_is_old(scene: &Scene) {
    let exported = scene.sandbox.cs("cs-export", &["--all", "--output-dir", "out", "-q"]);
    assert!(exported.status.success(), "{}", cs_tests::stderr(&exported));
    let changed = scene.sandbox.cs("cs-session", &["decision", &scene.ended, "--text", "token", "-q"]);
    assert!(changed.status.success(), "{}", cs_tests::stderr(&changed));
}

/// Settings of the client, with entries of its own.
const SETTINGS: &str = "{\n  \"model\": \"opus\",\n  \"hooks\": {\n    \"Stop\": []\n  }\n}\n";

fn settings(scene: &Scene) -> Vec<Operation> {
    let program = installed(scene);
    let setup = |name, words: &[&str]| person(name, &[&[program.as_str()], words].concat());
    let install = |name| setup(name, &["install", "--settings", "--yes"]);
    let uninstall = |name| setup(name, &["uninstall", "--yes"]);
    vec![
        install("setup install")
            .after(|scene| put(scene, ".claude/settings.json", SETTINGS))
            .then(vec![uninstall("uninstall")]),
        install("setup install, no settings").then(vec![uninstall("uninstall")]),
        uninstall("setup uninstall").after(hooks_are_registered).then(vec![uninstall("uninstall")]),
        setup("setup statusline", &["statusline", "install", "--yes"])
            .after(|scene| put(scene, ".claude/settings.json", SETTINGS))
            .then(vec![uninstall("uninstall")]),
    ]
}

fn hooks_are_registered(scene: &Scene) {
    put(scene, ".claude/settings.json", SETTINGS);
    let done = scene.sandbox.cs(&installed(scene), &["install", "--settings", "--yes"]);
    assert!(done.status.success(), "{}", cs_tests::stderr(&done));
}

/// `cs-setup` as it is installed, outside the watched folder.
fn installed(scene: &Scene) -> String {
    let share = scene.sandbox.root().join("share");
    let program = share.join("bin/cs-setup");
    if !program.exists() {
        fs::create_dir_all(share.join("bin")).expect("it can be created");
        for folder in [".claude-plugin", "hooks", "skills"] {
            symlink(workspace().join(folder), share.join(folder)).expect("it can be linked");
        }
        for name in cs_tests::program_names().iter().filter(|name| *name != "cs-setup") {
            symlink(programs().join(name), share.join("bin").join(name)).expect("it can be linked");
        }
        made::copy(&programs().join("cs-setup"), program.as_ref());
    }
    program.to_str().expect("UTF-8").to_owned()
}
