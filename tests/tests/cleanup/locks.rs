//! Removing lock files never splits a lock.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use cs_tests::Held;

use super::*;

const ORPHAN: &str = "sess_20260901T0800_0001";

fn orphan(sandbox: &Sandbox) -> PathBuf {
    put(sandbox, &format!("sessions/{ORPHAN}.lock"), "");
    let path = sandbox.data().join(format!("sessions/{ORPHAN}.lock"));
    age(&path, 2 * HOUR);
    path
}

#[test]
fn a_held_lock_is_not_removed() {
    let sandbox = Sandbox::new();
    let path = orphan(&sandbox);
    let held = Held::take(&path);
    for args in [&["locks"][..], &["locks", "--dry-run"], &["all"]] {
        assert_eq!(ok(&sandbox, "cs-cleanup", args), "");
    }
    assert_eq!(path.metadata().expect("it is there").ino(), held.inode());
    drop(held);
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["locks"])), [format!("removed {ORPHAN}.lock")]);
    assert!(!path.exists());
}

#[test]
fn only_old_locks_without_a_record_are_removed() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    ok(&sandbox, "cs-session", &["event", &id, "--message", "x", "-q"]);
    let old = [
        "sessions/sess_20260901T0800_0002.lock",
        "sessions/archive/sess_20260901T0800_0003.lock",
        "live/e998145e-4e5d-40c9-a3a6-681ad5bd51c9.lock",
        "projects/gone.lock",
    ];
    let kept = ["sessions/_index.lock", "config.lock", "sessions/notes.txt", "projects/api.lock"];
    for file in old.iter().chain(&kept) {
        put(&sandbox, file, "");
        age(&sandbox.data().join(file), 2 * HOUR);
    }
    age(&sandbox.data().join(format!("sessions/{id}.lock")), 2 * HOUR);
    put(&sandbox, "sessions/sess_20260901T0800_0004.lock", "");
    put(&sandbox, "projects/notes.lock", "somebody wrote this");
    age(&sandbox.data().join("projects/notes.lock"), 2 * HOUR);
    std::os::unix::fs::symlink("/etc/passwd", sandbox.data().join("live/x.lock")).expect("it can be linked");
    let removed = ok(&sandbox, "cs-cleanup", &["locks", "-q"]);
    let removed: Vec<&str> = removed.lines().filter_map(|path| path.strip_prefix(sandbox.data().to_str()?)).collect();
    let mut expected = old.map(|file| format!("/{file}"));
    expected.sort_by_key(|file| removed.iter().position(|path| path == file));
    assert_eq!(removed, expected);
    for file in kept.into_iter().chain(["sessions/sess_20260901T0800_0004.lock", "live/x.lock", "projects/notes.lock"])
    {
        assert!(sandbox.data().join(file).symlink_metadata().is_ok(), "{file}");
    }
    assert!(sandbox.data().join(format!("sessions/{id}.lock")).exists(), "its record is there");
}

/// Eight threads count under one lock whose file is removed again and again. If two ever held it at once, a count would
/// be lost.
#[test]
fn no_two_waiters_hold_a_removed_lock_at_once() {
    let sandbox = Sandbox::new();
    let path = orphan(&sandbox);
    let counter = sandbox.root().join("counter");
    fs::write(&counter, "0").expect("it can be written");
    let (ends, counted) = (AtomicBool::new(false), AtomicUsize::new(0));
    let removed = thread::scope(|scope| {
        for n in 0..8 {
            let (path, counter, ends, counted) = (&path, &counter, &ends, &counted);
            scope.spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    let lock = Held::take(path);
                    let count: usize = fs::read_to_string(counter).expect("it is there").parse().expect("a number");
                    thread::sleep(Duration::from_micros(50 * n));
                    fs::write(counter, (count + 1).to_string()).expect("it can be written");
                    counted.fetch_add(1, Ordering::Relaxed);
                    // As old as an unused lock.
                    age(path, 2 * HOUR);
                    drop(lock);
                    thread::sleep(Duration::from_micros(700));
                }
            });
        }
        let (begin, mut removed) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_secs(20) && (removed < 20 || counted.load(Ordering::Relaxed) < 500) {
            removed += ok(&sandbox, "cs-cleanup", &["locks"]).lines().count();
        }
        ends.store(true, Ordering::Relaxed);
        removed
    });
    let count: usize = fs::read_to_string(&counter).expect("it is there").parse().expect("a number");
    assert_eq!(count, counted.load(Ordering::Relaxed), "each counted alone");
    assert!(removed >= 20 && count >= 500, "{removed} removals, {count} counts: too few to say anything");
}
