//! Unwritable folders, leftover files, links that lead out.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use cs_tests::replay::files;

use super::*;

/// An account other than root, for which permissions apply.
const NOBODY: u32 = 65534;

fn contents(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    files(&sandbox.data()).into_iter().map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).collect()
}

/// A data directory in which every command has something to do.
fn untidy() -> Sandbox {
    let sandbox = Sandbox::new();
    let client = sandbox.start("sleep", &["600"]);
    send_hook(&sandbox, client.pid(), CA5D, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
    create(&sandbox, &["--claude-session", BEEF]);
    let old = "sess_20260901T0800_0001";
    put(&sandbox, &format!("sessions/{old}.json"), &completed(old, "2026-09-01T09:00:00.000000+00:00"));
    put(&sandbox, "sessions/archive/.tmp-old", "half");
    put(&sandbox, "sessions/sess_20260901T0800_0002.lock", "");
    put(&sandbox, "sessions/sess_20260901T0800_0003.json", "{");
    put(&sandbox, "ended/00000000-0000-4000-8000-000000000000.json", "{}");
    put(&sandbox, "logs/job.log", &"a line of a job\n".repeat(20_000));
    sandbox.cs("cs-cleanup", &["index"]);
    for file in ["sessions/archive/.tmp-old", "sessions/sess_20260901T0800_0002.lock"] {
        age(&sandbox.data().join(file), 2 * HOUR);
    }
    age(&sandbox.data().join("ended/00000000-0000-4000-8000-000000000000.json"), 31 * 24 * HOUR);
    sandbox
}

const COMMANDS: [&[&str]; 8] =
    [&["all"], &["stale"], &["gone"], &["archive"], &["locks"], &["tmp"], &["index"], &["check", "--repair"]];

#[test]
fn a_dry_run_changes_nothing_and_prints_what_a_real_run_does() {
    for command in COMMANDS {
        let sandbox = untidy();
        let before = contents(&sandbox);
        let run_at = |args: &[&str]| {
            let mut command = sandbox.command("cs-cleanup");
            command.args(args).env("CS_NOW", "2026-11-28T10:00:00Z");
            stdout(&run(command, ""))
        };
        let dry = run_at(&[command, &["--dry-run"]].concat());
        assert_eq!(contents(&sandbox), before, "{command:?}");
        let actions = |text: &str| {
            let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is an object"));
            let lines = lines.filter(|line| line["action"].is_string());
            lines.map(|line| format!("{} {} {}", line["action"], line["session_id"], line["path"])).collect::<Vec<_>>()
        };
        let (dry, real) = (actions(&dry), actions(&run_at(command)));
        assert!(!dry.is_empty(), "{command:?}");
        assert_eq!(dry, real, "{command:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_written() {
    for command in COMMANDS {
        let sandbox = untidy();
        // SAFETY: geteuid takes and changes nothing.
        let root = unsafe { libc::geteuid() } == 0;
        let program = sandbox.root().join("cs-cleanup");
        cs_tests::made::copy(&cs_tests::programs().join("cs-cleanup"), &program);
        for way in [sandbox.root(), sandbox.data().parent().expect("it is in a folder")] {
            fs::set_permissions(way, Permissions::from_mode(0o755)).expect("it is ours");
        }
        let mut paths = files(&sandbox.data());
        let folders: std::collections::BTreeSet<PathBuf> = paths
            .iter()
            .flat_map(|path| path.ancestors().skip(1))
            .filter(|path| path.starts_with(sandbox.data()))
            .map(Path::to_path_buf)
            .collect();
        paths.extend(folders.iter().cloned());
        paths.iter().filter(|_| root).for_each(|path| chown(path, Some(NOBODY), Some(NOBODY)).expect("root may"));
        folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o500)).expect("it is ours"));
        let before = contents(&sandbox);
        let mut child = sandbox.command(program.to_str().expect("UTF-8"));
        child.args(command).env("CS_NOW", "2026-11-28T10:00:00Z");
        if root {
            child.uid(NOBODY).gid(NOBODY);
        }
        let output = run(child, "");
        let reported = stderr(&output);
        // Emptying a log in place does not need a writable folder, but saving its last part first does.
        assert_eq!(status(&output), 74, "{command:?}: {reported}");
        assert!(
            reported.contains("Permission denied") && reported.starts_with("cs-cleanup: error: "),
            "{command:?}: {reported}"
        );
        assert!(!stdout(&output).contains("\"action\""), "{command:?}: {}", stdout(&output));
        assert_eq!(contents(&sandbox), before, "{command:?}");
        folders.iter().for_each(|path| fs::set_permissions(path, Permissions::from_mode(0o700)).expect("it is ours"));
    }
}

#[test]
fn only_unfinished_writes_are_removed_and_no_link_is_followed() {
    let sandbox = Sandbox::new();
    let outside = sandbox.root().join("outside");
    fs::create_dir(&outside).expect("it can be created");
    fs::write(outside.join(".tmp-mine"), "").expect("it can be written");
    age(&outside.join(".tmp-mine"), 2 * HOUR);
    let old = [".tmp-a", "sessions/.tmp-b", "live/.tmp-c", "usage/cache/.tmp-d"];
    let kept = [
        "mine/.tmp-e",
        "mine/deep/.tmp-f",
        "sessions/.tmpx",
        "sessions/tmp-e",
        "sessions/sess_20260901T0800_0001.tmp-",
        "logs/x.log",
    ];
    for file in old.iter().chain(&kept) {
        put(&sandbox, file, "half");
        age(&sandbox.data().join(file), HOUR + 60);
    }
    put(&sandbox, "sessions/.tmp-young", "half");
    age(&sandbox.data().join("sessions/.tmp-young"), HOUR - 60);
    symlink(&outside, sandbox.data().join("ended")).expect("it can be linked");
    symlink(outside.join(".tmp-mine"), sandbox.data().join(".tmp-link")).expect("it can be linked");
    fs::create_dir(sandbox.data().join(".tmp-folder")).expect("it can be created");
    let mut removed: Vec<String> = done(&ok(&sandbox, "cs-cleanup", &["tmp"]));
    removed.sort();
    assert_eq!(removed, ["removed .tmp-a", "removed .tmp-b", "removed .tmp-c", "removed .tmp-d"]);
    assert!(outside.join(".tmp-mine").exists());
    for file in kept.into_iter().chain(["sessions/.tmp-young", ".tmp-link", ".tmp-folder"]) {
        assert!(sandbox.data().join(file).symlink_metadata().is_ok(), "{file}");
    }
}

#[test]
fn a_trimmed_log_keeps_its_last_part_and_its_writer() {
    let sandbox = Sandbox::new();
    put(&sandbox, "logs/job.log", &"a".repeat(300 * 1024));
    put(&sandbox, "logs/short.log", &"a".repeat(200 * 1024));
    let path = sandbox.data().join("logs/job.log");
    let mut job = File::options().append(true).open(&path).expect("it is there");
    std::io::Write::write_all(&mut job, b"the end\n").expect("it can be written");
    assert_eq!(done(&ok(&sandbox, "cs-cleanup", &["all"])), ["trimmed job.log"]);
    std::io::Write::write_all(&mut job, b"and on\n").expect("it can be written");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "and on\n");
    let kept = fs::read_to_string(sandbox.data().join("logs/job.log.1")).expect("it is there");
    assert!(kept.ends_with("aaa\nthe end\n") || kept.ends_with("aaathe end\n"));
    assert_eq!(kept.len(), 256 * 1024);
    assert_eq!(ok(&sandbox, "cs-cleanup", &["all"]), "");
}
