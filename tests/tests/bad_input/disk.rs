//! Full disks, unwritable directories, held locks.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cs_tests::{Held, run, skip, status, stdout};
use serde_json::{Value, json};

use super::*;

#[test]
fn a_held_lock_is_waited_for_and_then_reported() {
    let sandbox = furnished();
    let lock = Held::take(&sandbox.data().join(format!("sessions/{ACTIVE}.lock")));
    let began = Instant::now();
    refused(&sandbox, "cs-session", &["event", "ca5d", "--message", "x"], "", BUSY, "try again");
    let took = began.elapsed();
    assert!(took > Duration::from_millis(4500) && took < Duration::from_secs(9), "{took:?}");
    ok(&sandbox, "cs-session", &["show", "ca5d", "-q"]);
    ok(&sandbox, "cs-session", &["list", "-q"]);
    drop(lock);
    ok(&sandbox, "cs-session", &["event", "ca5d", "--message", "x", "-q"]);
}

/// Commands that write, each to its own files.
const WRITERS: [&[&str]; 8] = [
    &["cs-session", "event", "ca5d", "--message", "x"],
    &["cs-session", "park", "ca5d", "--reason", "x"],
    &["cs-session", "complete", "beef"],
    &["cs-session", "resume", "beef"],
    &["cs-session", "create", "--project", "api", "--intent", "x"],
    &["cs-task", "add", "ca5d", "--subject", "x"],
    &["cs-project", "update", "api", "--current-phase", "x"],
    &["cs-project", "register", "--name", "x"],
];

/// An account other than root, for which permissions apply.
const NOBODY: u32 = 65534;

#[test]
fn a_directory_that_cannot_be_written() {
    let sandbox = furnished();
    // SAFETY: geteuid takes and changes nothing.
    let root = unsafe { libc::geteuid() } == 0;
    let writers = sandbox.root().join("writers");
    fs::create_dir(&writers).expect("it can be created");
    for name in ["cs-session", "cs-task", "cs-project"] {
        cs_tests::made::copy(&cs_tests::programs().join(name), &writers.join(name));
    }
    for way in [sandbox.root(), sandbox.data().parent().expect("it is in a folder")] {
        fs::set_permissions(way, Permissions::from_mode(0o755)).expect("it is ours");
    }
    let everything: Vec<PathBuf> = all_paths(&sandbox.data());
    for path in everything.iter().filter(|_| root) {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    let folders: Vec<&PathBuf> = everything.iter().filter(|path| path.is_dir()).collect();
    folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o500)).expect("it is ours"));
    let start = |command: &[&str]| {
        let mut child = sandbox.command(writers.join(command[0]).to_str().expect("UTF-8"));
        child.args(&command[1..]);
        if root {
            child.uid(NOBODY).gid(NOBODY);
        }
        run(child, "")
    };
    let before = tree(&sandbox.data());
    for command in WRITERS {
        check_refusal(&start(command), command[0], DISK, "Permission denied", &format!("{command:?}"));
    }
    assert!(tree(&sandbox.data()) == before);
    assert_eq!(stdout(&start(&["cs-session", "list", "-q"])).lines().count(), 2, "reading needs no permission");
    folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o700)).expect("it is ours"));
}

fn all_paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next += 1;
        let inside = path.read_dir().into_iter().flatten().flatten();
        paths.extend(inside.map(|entry| entry.path()));
    }
    paths
}

/// A small disk of its own; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// Mounts a tmpfs of `kib` KiB; `None` where mounting is not permitted.
    fn new(place: PathBuf, kib: usize) -> Option<Disk> {
        fs::create_dir_all(&place).expect("it can be created");
        let size = format!("size={kib}k,mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&place).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Disk(place))
    }

    /// Fills the disk except for `pages` pages of 4 KiB.
    fn fill(&self, pages: usize) {
        let filler = self.0.join("filler");
        let mut file = File::create(&filler).expect("it can be created");
        let mut written = 0;
        while file.write_all(&[0; 4096]).is_ok() {
            written += 4096;
        }
        file.set_len(written.max(pages as u64 * 4096) - pages as u64 * 4096).expect("it can shrink");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux mounts a tmpfs")]
fn a_full_disk_is_reported_and_damages_nothing() {
    for pages in 0..6 {
        for command in WRITERS {
            let sandbox = Sandbox::new();
            let Some(disk) = Disk::new(sandbox.data(), 128) else {
                return skip("a small disk cannot be mounted here; that needs root");
            };
            furnish(&sandbox);
            let facts = |record: &Value| json!([record["intent"], record["tasks"][0]["subject"], record["started_at"]]);
            let old: BTreeMap<String, Value> =
                [ACTIVE, PARKED].map(|id| (id.to_owned(), facts(&sandbox.record(id)))).into();
            disk.fill(pages);
            let before = tree(&sandbox.data());
            let output = sandbox.cs(command[0], &command[1..]);
            if pages == 0 || status(&output) != 0 {
                check_refusal(&output, command[0], DISK, "No space left", &format!("{command:?}, {pages} pages"));
            }
            let after = tree(&sandbox.data());
            if pages == 0 {
                assert!(after == before, "{command:?} changed something: {:?}", after.keys());
            }
            let litter = after.keys().find(|path| path.to_string_lossy().contains(".tmp-"));
            assert_eq!(litter, None, "{command:?}, {pages} pages");
            for (id, was) in &old {
                assert_eq!(facts(&sandbox.record(id)), *was, "{command:?}, {pages} pages");
            }
            let shown = ok(&sandbox, "cs-session", &["list"]);
            for record in sandbox.records() {
                let row = shown.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                let row = row.into_iter().find(|row| row["session_id"] == record["session_id"]).expect("it is listed");
                assert_eq!(row["status"], record["status"], "{command:?}, {pages} pages");
            }
        }
    }
}
