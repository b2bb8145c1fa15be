//! A container that shares the data directory: what is recorded inside is seen outside, nothing is guessed about
//! processes that cannot be seen, and locks and rights hold on both sides.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use cs_tests::contained::Container;
use cs_tests::{Held, Sandbox, entries, skip, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "6f0c1a9e-2b57-4f0e-8a43-5d1c7be90a11";

/// A payload in the folder in which programs start.
fn payload(sandbox: &Sandbox, event: &str, more: Value) -> String {
    let mut payload = json!({"session_id": UUID, "hook_event_name": event, "cwd": sandbox.work()});
    payload.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    let file = sandbox.work().join(format!("{event}.json"));
    fs::write(&file, payload.to_string()).expect("it can be written");
    file.display().to_string()
}

fn rows(sandbox: &Sandbox) -> Vec<Value> {
    let output = sandbox.cs("cs-session", &["list", "--json"]);
    stdout(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Every file and directory below a folder.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let inside =
        entries(folder).into_iter().flat_map(|path| if path.is_dir() { everything(&path) } else { vec![path] });
    std::iter::once(folder.to_path_buf()).chain(inside).collect()
}

#[test]
fn what_a_container_records_is_seen_outside_and_not_guessed_about() {
    let container = match Container::find() {
        Ok(container) => container,
        Err(missing) => return skip(missing),
    };
    let sandbox = Sandbox::new();
    let start = payload(&sandbox, "SessionStart", json!({"source": "startup"}));
    let prompt = payload(&sandbox, "UserPromptSubmit", json!({"prompt": "fix the login"}));
    // Whatever the image's umask is.
    let script = format!(
        "umask 000; hostname box 2>/dev/null; sleep 60 & export CLAUDE_PID=$!; \
         cs-hook <{start} && cs-hook <{prompt} && cs-session list --json; \
         echo $CLAUDE_PID; kill $!"
    );
    let inside = container.sh(&sandbox, &script);
    assert_eq!((status(&inside), stderr(&inside)), (0, String::new()));
    let said = stdout(&inside);
    assert!(said.contains("\"state\":\"working\""), "inside the process is known: {said}");
    let pid: u32 = said.lines().last().and_then(|pid| pid.parse().ok()).expect("a process id");

    // The container is over. Its process ids mean other processes here, or none.
    let seen = rows(&sandbox);
    let [row] = &seen[..] else { panic!("{seen:?}") };
    let shown = sandbox.cs("cs-session", &["show", &format!("claude:{UUID}"), "--json"]);
    let shown: Value = serde_json::from_str(&stdout(&shown)).expect("JSON");
    let why = shown["state_reason"].as_str().expect("a reason");
    assert!(why.contains("elsewhere") && row["state"] != "gone", "{row}: {why}");
    let live = sandbox.json(&format!("live/{UUID}.json"));
    assert_eq!(live["pid"], pid);
    assert_ne!(live["host"].as_str(), cs_core::process::here(), "it says in which namespace the process was seen");
    for args in [&["gone"][..], &["all"]] {
        assert_eq!(status(&sandbox.cs("cs-cleanup", args)), 0);
    }
    assert_eq!(sandbox.records()[0]["status"], "active", "nobody closes what cannot be judged");

    let owner = fs::metadata(sandbox.home()).expect("it is there").uid();
    for path in everything(&sandbox.data()) {
        let meta = fs::symlink_metadata(&path).expect("it is there");
        assert_eq!((meta.uid(), meta.permissions().mode() & 0o077), (owner, 0), "{}", path.display());
    }
    // The conversation goes on outside, and is judged here again.
    let next = payload(&sandbox, "Stop", json!({}));
    let text = fs::read_to_string(next).expect("it was written");
    let mut heartbeat = sandbox.command("cs-heartbeat");
    heartbeat.env("CLAUDE_PID", std::process::id().to_string());
    assert_eq!(status(&cs_tests::run(heartbeat, &text)), 0);
    assert_eq!(sandbox.json(&format!("live/{UUID}.json"))["host"].as_str(), cs_core::process::here());
}

#[test]
fn locks_hold_on_both_sides() {
    const EACH: usize = 20;
    let container = match Container::find() {
        Ok(container) => container,
        Err(missing) => return skip(missing),
    };
    let sandbox = Sandbox::new();
    let made = sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "shared", "-q"]);
    let id = stdout(&made).trim().to_owned();
    let note = |name: &str| {
        format!("for n in $(seq {EACH}); do cs-session event {id} --message \"{name} $n\" -q || exit; done")
    };
    thread::scope(|scope| {
        let inside = scope.spawn(|| container.sh(&sandbox, &note("inside")));
        let outside = sandbox.sh(&note("outside"));
        let inside = inside.join().expect("it ends");
        for output in [inside, outside] {
            assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        }
    });
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["all", "-q"])), 0);
    let events = sandbox.record(&id)["events"].to_string();
    for n in 1..=EACH {
        assert!(["inside", "outside"].iter().all(|name| events.contains(&format!("\"{name} {n}\""))), "{n}: {events}");
    }
    // A lock that is held outside is seen inside.
    let _lock = Held::take(&sandbox.data().join(format!("sessions/{id}.lock")));
    let refused = container.sh(&sandbox, &format!("cs-session event {id} --message x"));
    assert_eq!(status(&refused), 75, "{}", stderr(&refused));
}

#[test]
fn the_example_is_what_the_page_says() {
    let root = cs_tests::workspace();
    let page = fs::read_to_string(root.join("docs/CONTAINERS.md")).expect("it is there");
    for file in ["Dockerfile", "devcontainer.json"] {
        let text = fs::read_to_string(root.join("docs/container").join(file)).expect("it is there");
        assert!(page.contains(text.trim_end()), "{file}");
    }
    let text = fs::read_to_string(root.join("docs/container/devcontainer.json")).expect("it is there");
    let value: Value = serde_json::from_str(&text).expect("JSON without comments");
    assert_eq!(
        value["containerEnv"]["CS_HOME"],
        value["mounts"][0].as_str().map_or("", |mount| {
            mount.split("target=").nth(1).and_then(|rest| rest.split(',').next()).expect("it has a target")
        })
    );
}
