//! The programs of earlier releases and those of today on one data directory, in turns and at once, as while an update is
//! installed and conversations go on. Each archive in `tests/fixtures/` has the programs of a release that record:
//! `cs-hook`, `cs-heartbeat` and `cs-session`. What those programs do cannot be mended any more, so what disagrees is
//! mended in today's.
#![cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), allow(dead_code, unused_imports))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;

use cs_tests::{Running, Sandbox, entries, run, status, stderr, stdout, workspace};
use serde_json::{Map, Value, json};

const PLATFORM: &str = "-x86_64-unknown-linux-musl.tar.gz";
const TALKS: [&str; 3] = [
    "0b3c8a52-3f0e-4d53-9a3c-7d9fbd0c1a01",
    "0b3c8a52-3f0e-4d53-9a3c-7d9fbd0c1a02",
    "0b3c8a52-3f0e-4d53-9a3c-7d9fbd0c1a03",
];

/// The programs of a release, unpacked into a folder of their own.
struct Release {
    name: String,
    folder: tempfile::TempDir,
}

/// The archives of all releases.
fn releases() -> Vec<Release> {
    let files = entries(&workspace().join("tests/fixtures"));
    let name = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        Some(name.strip_prefix("release-")?.strip_suffix(PLATFORM)?.to_owned())
    };
    let found: Vec<(String, PathBuf)> = files.into_iter().filter_map(|path| Some((name(&path)?, path))).collect();
    assert!(!found.is_empty(), "there is at least one");
    found.into_iter().map(|(name, path)| unpack(name, &path)).collect()
}

fn unpack(name: String, archive: &Path) -> Release {
    let folder = tempfile::tempdir().expect("the temporary directory can be written");
    let mut tar = std::process::Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(folder.path());
    let output = run(tar, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{}", archive.display());
    Release { name, folder }
}

/// A process for each conversation: a client that begins another conversation has ended the one before.
fn clients(sandbox: &Sandbox) -> Vec<Running> {
    TALKS.iter().map(|_| sandbox.start("sleep", &["600"])).collect()
}

/// Runs one of the programs of a release, or today's.
struct Side<'r> {
    sandbox: &'r Sandbox,
    clients: &'r [Running],
    release: Option<&'r Release>,
}

impl Side<'_> {
    fn output(&self, program: &str, args: &[&str], input: &str) -> Output {
        self.output_of(&self.clients[0], program, args, input)
    }

    fn output_of(&self, client: &Running, program: &str, args: &[&str], input: &str) -> Output {
        let path = self.release.map(|release| release.folder.path().join(program));
        let mut command = self.sandbox.command(path.as_deref().and_then(Path::to_str).unwrap_or(program));
        command.args(args).env("CLAUDE_PID", client.pid().to_string());
        run(command, input)
    }

    /// Runs `cs-session`, which must succeed.
    #[track_caller]
    fn session(&self, args: &[&str]) -> String {
        let output = self.output("cs-session", args, "");
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{} {args:?}", self.name());
        stdout(&output)
    }

    /// Sends an event of a conversation.
    #[track_caller]
    fn event(&self, uuid: &str, event: &str, more: Value) {
        let mut payload = json!({"session_id": uuid, "hook_event_name": event, "cwd": self.sandbox.work()});
        payload.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let program = if event == "Stop" { "cs-heartbeat" } else { "cs-hook" };
        let client = TALKS.iter().position(|talk| *talk == uuid).expect("it is one of them");
        let output = self.output_of(&self.clients[client], program, &[], &payload.to_string());
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{} {event}", self.name());
    }

    /// A conversation with a prompt, an edit, a task and the end of its turn.
    fn converse(&self, uuid: &str, prompt: &str) {
        self.event(uuid, "SessionStart", json!({"source": "startup"}));
        self.event(uuid, "UserPromptSubmit", json!({"prompt": prompt}));
        let file = self.sandbox.work().join("notes.md");
        self.event(uuid, "PostToolUse", json!({"tool_name": "Edit", "tool_input": {"file_path": file}}));
        let todo = json!([{"content": "write tests", "status": "pending", "activeForm": "writing tests"}]);
        self.event(uuid, "PostToolUse", json!({"tool_name": "TodoWrite", "tool_input": {"todos": todo}}));
        self.event(uuid, "Stop", json!({"last_assistant_message": "It is done."}));
    }

    /// What `show` prints of a session, without what is derived from the time and the process.
    #[track_caller]
    fn shown(&self, id: &str) -> Map<String, Value> {
        let text = self.session(&["show", id, "--json"]);
        let shown: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let mut shown = shown.as_object().cloned().expect("an object");
        for derived in ["state", "state_reason"] {
            shown.remove(derived);
        }
        shown
    }

    fn listed(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.session(&["list", "-q"]).lines().map(str::to_owned).collect();
        ids.sort();
        ids
    }

    fn id_of(&self, uuid: &str) -> String {
        self.session(&["show", &format!("claude:{uuid}"), "-q"]).trim().to_owned()
    }

    fn name(&self) -> &str {
        self.release.map_or("today", |release| &release.name)
    }
}

/// Both sides of a data directory.
fn sides<'r>(sandbox: &'r Sandbox, clients: &'r [Running], release: &'r Release) -> (Side<'r>, Side<'r>) {
    (Side { sandbox, clients, release: Some(release) }, Side { sandbox, clients, release: None })
}

/// Every field that a program of the release shows is shown by the other, with the same value.
#[track_caller]
fn agree(old: &Map<String, Value>, new: &Map<String, Value>) {
    for (key, value) in old {
        assert_eq!(new.get(key), Some(value), "{key}: {new:?}");
    }
}

/// The data directory is whole.
#[track_caller]
fn check(sandbox: &Sandbox) {
    for args in [&["all", "-q"][..], &["check"]] {
        let output = sandbox.cs("cs-cleanup", args);
        assert_eq!(status(&output), 0, "{args:?}: {}{}", stdout(&output), stderr(&output));
    }
}

#[test]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), ignore = "the programs are for x86_64 Linux")]
fn what_a_release_recorded_is_read_and_changed_by_todays_programs() {
    for release in &releases() {
        let sandbox = Sandbox::new();
        let clients = clients(&sandbox);
        let (old, new) = sides(&sandbox, &clients, release);
        TALKS.iter().for_each(|uuid| old.converse(uuid, "fix the login\nand test it"));
        let ids = TALKS.map(|uuid| old.id_of(uuid));
        old.session(&["park", &ids[1], "--reason", "wait for the review", "--next-step", "read it", "-q"]);
        old.session(&["complete", &ids[2], "--outcome", "the login works", "-q"]);
        let shown: Vec<_> = ids.iter().map(|id| old.shown(id)).collect();

        assert_eq!(new.listed(), old.listed());
        ids.iter().zip(&shown).for_each(|(id, shown)| agree(shown, &new.shown(id)));
        check(&sandbox);
        fs::remove_file(sandbox.data().join("sessions/_index.json")).expect("an index is stored");
        assert_eq!(new.listed().len(), 3, "the index is completed from the records");
        new.session(&["park", &ids[0], "--reason", "lunch", "-q"]);
        new.event(TALKS[1], "SessionEnd", json!({"reason": "prompt_input_exit"}));
        let next = new.session(&["resume", &ids[1], "-q"]).trim().to_owned();
        new.session(&["complete", &next, "--outcome", "reviewed", "-q"]);
        assert_eq!(status(&sandbox.cs("cs-usage", &["daily"])), 1, "no logs, so nothing was used");
        assert_eq!(new.shown(&ids[0])["files_changed"], shown[0]["files_changed"]);
        assert_eq!(
            (&new.shown(&next)["status"], &new.shown(&ids[0])["status"]),
            (&json!("completed"), &json!("parked"))
        );
        check(&sandbox);
        assert_eq!(old.listed(), new.listed(), "and back");
        ids.iter().chain([&next]).for_each(|id| agree(&old.shown(id), &new.shown(id)));
    }
}

#[test]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), ignore = "the programs are for x86_64 Linux")]
fn a_release_keeps_the_fields_that_it_does_not_know() {
    for release in &releases() {
        let sandbox = Sandbox::new();
        let clients = clients(&sandbox);
        let (old, new) = sides(&sandbox, &clients, release);
        new.converse(TALKS[0], "fix the login");
        let id = new.id_of(TALKS[0]);
        new.session(&["event", &id, "--message", "begun", "-q"]);
        let claim = sandbox.cs("cs-task", &["next", &id, "--claim", "-q"]);
        assert_eq!(status(&claim), 0, "{}", stderr(&claim));
        check(&sandbox);
        // A field of the future, at each level.
        let path = sandbox.data().join(format!("sessions/{id}.json"));
        let mut record: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
        record["mood"] = json!({"is": ["calm"]});
        record["tasks"][0]["weight"] = json!(7);
        record["events"][0]["colour"] = json!("red");
        fs::write(&path, record.to_string()).expect("it can be written");
        let before = sandbox.record(&id);
        assert!(before["tasks"][0].get("claimed_by").is_some(), "a field that the release does not know: {before}");

        old.session(&["event", &id, "--message", "seen", "-q"]);
        old.session(&["decision", &id, "--text", "use tokens", "-q"]);
        old.event(TALKS[0], "UserPromptSubmit", json!({"prompt": "go on"}));
        old.event(TALKS[0], "Stop", json!({"last_assistant_message": "Yes."}));
        old.session(&["park", &id, "--reason", "later", "-q"]);
        let after = sandbox.record(&id);
        assert_eq!(after["mood"], before["mood"]);
        assert_eq!(after["tasks"], before["tasks"]);
        assert_eq!(after["events"][0], before["events"][0]);
        assert_eq!((&after["status"], &after["decisions"]), (&json!("parked"), &json!(["use tokens"])));
        agree(&old.shown(&id), &new.shown(&id));
        check(&sandbox);
    }
}

#[test]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), ignore = "the programs are for x86_64 Linux")]
fn a_newer_record_is_read_and_never_written() {
    for release in &releases() {
        let sandbox = Sandbox::new();
        let clients = clients(&sandbox);
        let (old, new) = sides(&sandbox, &clients, release);
        new.converse(TALKS[0], "fix the login");
        let id = new.id_of(TALKS[0]);
        check(&sandbox);
        let path = sandbox.data().join(format!("sessions/{id}.json"));
        let mut record = sandbox.record(&id);
        record["schema_version"] = json!(5);
        fs::write(&path, record.to_string()).expect("it can be written");
        let bytes = fs::read(&path).expect("it is there");
        for side in [&old, &new] {
            assert_eq!(side.shown(&id)["intent"], "fix the login");
            let refused = side.output("cs-session", &["event", &id, "--message", "x"], "");
            assert_eq!(status(&refused), 1, "{}: {}", side.name(), stderr(&refused));
            assert!(stderr(&refused).contains("newer than this program writes"), "{}", stderr(&refused));
            side.event(TALKS[0], "UserPromptSubmit", json!({"prompt": "go on"}));
            assert_eq!(fs::read(&path).expect("it is there"), bytes, "{}", side.name());
        }
    }
}

#[test]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), ignore = "the programs are for x86_64 Linux")]
fn both_work_on_one_conversation_in_turns() {
    for release in &releases() {
        let sandbox = Sandbox::new();
        let clients = clients(&sandbox);
        let (old, new) = sides(&sandbox, &clients, release);
        let mut messages = Vec::new();
        new.event(TALKS[0], "SessionStart", json!({"source": "startup"}));
        for round in 0..12 {
            let side = if round % 2 == 0 { &old } else { &new };
            side.event(TALKS[0], "UserPromptSubmit", json!({"prompt": format!("step {round}")}));
            let file = sandbox.work().join(format!("{round}.md"));
            side.event(TALKS[0], "PostToolUse", json!({"tool_name": "Write", "tool_input": {"file_path": file}}));
            side.event(TALKS[0], "Stop", json!({"last_assistant_message": format!("answer {round}")}));
            let message = format!("noted in round {round}");
            side.session(&["event", &format!("claude:{}", TALKS[0]), "--message", &message, "-q"]);
            messages.push(message);
            if round == 5 {
                check(&sandbox);
            }
        }
        let ids = new.listed();
        assert_eq!((ids.len(), &ids), (1, &old.listed()), "one conversation is one session");
        let (seen, other) = (new.shown(&ids[0]), old.shown(&ids[0]));
        agree(&other, &seen);
        assert_eq!(seen["files_changed"].as_array().map(Vec::len), Some(12), "{seen:?}");
        let told = seen["events"].to_string();
        assert!(messages.iter().all(|message| told.contains(message)), "{told}");
        old.event(TALKS[0], "SessionEnd", json!({"reason": "prompt_input_exit"}));
        assert_ne!(new.shown(&ids[0])["status"], "active");
        new.event(TALKS[0], "SessionStart", json!({"source": "resume"}));
        new.event(TALKS[0], "UserPromptSubmit", json!({"prompt": "once more"}));
        assert!(old.listed().contains(&ids[0]));
        check(&sandbox);
    }
}

#[test]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), ignore = "the programs are for x86_64 Linux")]
fn both_at_once_lose_nothing() {
    const EACH: usize = 25;
    for release in &releases() {
        let sandbox = Sandbox::new();
        let clients = clients(&sandbox);
        let (old, new) = sides(&sandbox, &clients, release);
        new.converse(TALKS[0], "fix the login");
        let id = new.id_of(TALKS[0]);
        assert_eq!(status(&new.output("cs-session", &["create", "--project", "api", "--intent", "first"], "")), 0);
        let note = |side: &Side, name: &str| {
            (0..EACH).for_each(|n| drop(side.session(&["event", &id, "--message", &format!("{name} {n}"), "-q"])));
        };
        let edit = |side: &Side, name: &str| {
            for n in 0..EACH {
                let file = sandbox.work().join(format!("{name}-{n}.md"));
                side.event(TALKS[0], "PostToolUse", json!({"tool_name": "Write", "tool_input": {"file_path": file}}));
            }
        };
        let create = |side: &Side, name: &str| {
            for n in 0..EACH {
                side.session(&["create", "--project", "api", "--intent", &format!("{name} {n}"), "-q"]);
            }
        };
        thread::scope(|scope| {
            for (side, name) in [(&old, "old"), (&new, "new")] {
                scope.spawn(move || note(side, name));
                scope.spawn(move || edit(side, name));
                scope.spawn(move || create(side, name));
            }
        });
        let seen = new.shown(&id);
        let (events, files) = (seen["events"].to_string(), seen["files_changed"].to_string());
        for name in ["old", "new"] {
            for n in 0..EACH {
                assert!(events.contains(&format!("\"{name} {n}\"")), "{name} {n}: {events}");
                assert!(files.contains(&format!("{name}-{n}.md")), "{name}-{n}: {files}");
            }
        }
        agree(&old.shown(&id), &seen);
        assert_eq!((new.listed().len(), old.listed()), (2 + 2 * EACH, new.listed()));
        check(&sandbox);
        assert_eq!(old.listed(), new.listed(), "with the index that was just rebuilt");
    }
}
