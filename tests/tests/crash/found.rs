//! Bugs that were found and fixed: each by its symptom, at the system call where it happened.

use std::fs;
use std::process::Output;

use cs_tests::replay::check::{records, unfinished, unseen};
use cs_tests::{has, status, stderr, stdout};
use serde_json::Value;
use soak::call::{Call, Kind};
use soak::operation::{self, Operation};
use soak::scene::{SILENT, Scene, uuid};
use soak::trace::{self, Act};

/// Whether programs can be stepped through and their system calls made to fail.
fn can_trace() -> bool {
    has(trace::is_possible())
}

fn named(scene: &Scene, name: &str) -> Operation {
    let found = operation::all(scene).into_iter().find(|operation| operation.name == name);
    found.unwrap_or_else(|| panic!("there is no operation {name:?}"))
}

/// Runs an operation on the scene and asks `decide` before each of its calls on a path.
fn disturb(scene: &Scene, operation: &Operation, mut decide: impl FnMut(Kind, &str) -> Act) -> Output {
    let (command, input) = operation.command(scene);
    let data = scene.sandbox.data();
    let decide = |call: &Call| match call.path().as_deref().and_then(|path| path.strip_prefix(&data).ok()) {
        Some(path) => decide(call.kind(), &path.to_string_lossy()),
        None => Act::Go,
    };
    trace::run(command, input, decide).unwrap_or_else(|error| panic!("{}: {error}", operation.name))
}

fn sessions(scene: &Scene) -> Vec<Value> {
    records(&scene.sandbox.data().join("sessions")).into_values().collect()
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn waiting_for_a_lock_whose_file_keeps_changing_ends() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    // There is no longer a file of its name.
    let output = disturb(&scene, &named(&scene, "PermissionRequest"), |kind, path| {
        if kind == Kind::Stat && path.ends_with(".lock") { Act::Fail(libc::ENOENT) } else { Act::Go }
    });
    assert_eq!(status(&output), 0);
    let log = fs::read_to_string(scene.sandbox.data().join("logs/hook.log")).expect("it is logged");
    assert!(log.contains("continued without the lock"), "{log}");
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_record_with_a_temporary_read_error_stays_in_the_index() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    for name in ["create, the index is gone", "create, the index is stale"] {
        let create = named(&scene, name);
        create.set(&scene);
        let record = format!("sessions/{}.json", scene.bystander);
        let output = disturb(&scene, &create, |kind, path| {
            if kind == Kind::Open && path == record { Act::Fail(libc::EMFILE) } else { Act::Go }
        });
        assert_eq!(status(&output), 0, "{name}: {}", stderr(&output));
        assert_eq!(unseen(&scene.sandbox), Vec::<String>::new(), "{name}");
        assert_eq!(status(&create.run(&scene)), 0);
        assert_eq!(unfinished(&scene.sandbox.data()), Vec::<String>::new(), "{name}");
    }
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_change_that_the_index_misses_is_marked_as_pending() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    disturb(&scene, &named(&scene, "SessionEnd, parks"), |kind, path| {
        if kind == Kind::Create && path == "sessions/_index.pending" { Act::Fail(libc::ENOSPC) } else { Act::Go }
    });
    assert_eq!(unseen(&scene.sandbox), Vec::<String>::new());
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_pending_index_change_survives_the_next_killed_program() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    named(&scene, "create, the index misses one").set(&scene);
    let mut unread = true;
    let output = disturb(&scene, &named(&scene, "update"), |kind, path| match kind {
        Kind::Open if path == "sessions/_index.pending" && unread => {
            unread = false;
            Act::Fail(libc::EIO)
        }
        Kind::Rename if path.starts_with("sessions/sess_") => Act::Kill,
        _ => Act::Go,
    });
    assert_eq!(output.status.code(), None, "killed");
    assert_eq!(unseen(&scene.sandbox), Vec::<String>::new());
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_killed_first_prompt_does_not_make_two_sessions() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    let prompt = named(&scene, "first prompt");
    // The live file is written twice: before the session is created, and after.
    let mut writes = 0;
    let output = disturb(&scene, &prompt, |kind, path| {
        writes += u32::from(kind == Kind::Create && path.starts_with("live/.tmp-"));
        if writes == 2 { Act::Kill } else { Act::Go }
    });
    assert_eq!(output.status.code(), None, "killed");
    let of_it = || {
        let mut found = sessions(&scene);
        found.retain(|record| record["claude_session_id"] == uuid(SILENT));
        found
    };
    assert_eq!(of_it().len(), 1, "the session exists, but live/ does not know it");
    for next in &prompt.rest {
        assert_eq!(status(&next.run(&scene)), 0);
    }
    let found = of_it();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["status"], "parked", "it ended during a turn");
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn an_end_that_cannot_be_written_is_noted() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    let end = named(&scene, "SessionEnd, parks");
    disturb(&scene, &end, |kind, path| {
        if kind == Kind::Write && path.starts_with("sessions/.tmp-") { Act::Fail(libc::ENOSPC) } else { Act::Go }
    });
    let path = scene.sandbox.data().join(format!("sessions/{}.json", scene.working));
    assert!(fs::read_to_string(path).expect("it is there").contains("\"active\""), "the record is unchanged");
    assert_eq!(scene.sandbox.record(&scene.working)["status"], "parked", "the note beside it is newer");
    assert_eq!(unfinished(&scene.sandbox.data()), Vec::<String>::new());
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_killed_resume_is_finished_by_the_next_program() {
    if !can_trace() {
        return;
    }
    let scene = Scene::new();
    for name in ["resume", "resume, in a conversation"] {
        let resume = named(&scene, name);
        resume.set(&scene);
        let old = format!("sessions/{}.json", scene.parked);
        let output = disturb(
            &scene,
            &resume,
            |kind, path| {
                if kind == Kind::Rename && path == old { Act::Kill } else { Act::Go }
            },
        );
        assert_eq!(output.status.code(), None, "{name}: killed");
        assert_eq!(scene.sandbox.record(&scene.parked)["status"], "parked", "{name}: nothing is closed too early");
        let again = resume.run(&scene);
        let mut heirs = sessions(&scene);
        heirs.retain(|record| record["resumed_from"] == scene.parked.as_str());
        assert_eq!(heirs.len(), 1, "{name}: {heirs:#?}");
        assert_eq!(stdout(&again).trim(), heirs[0]["session_id"], "{name}");
        assert_eq!(scene.sandbox.record(&scene.parked)["resumed_as"], heirs[0]["session_id"], "{name}");
        let open = heirs[0]["tasks"].to_string();
        assert_eq!(open.matches("left over").count(), 1, "{name}: {open}");
    }
}
