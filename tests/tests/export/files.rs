//! `-o FILE`: which files may be replaced, and which never.

use crate::{id, record, store};
use cs_tests::{Sandbox, status, stderr, stdout};
use render::FORMATS;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0), record(1)]);
    sandbox
}

fn code(sandbox: &Sandbox, args: &[&str]) -> i32 {
    status(&sandbox.cs("cs-export", args))
}

#[test]
fn only_our_own_exports_are_replaced() {
    let sandbox = furnished();
    let (first, second) = (id(0), id(1));
    for ending in FORMATS.map(render::Format::extension) {
        let name = format!("out.{ending}");
        let path = sandbox.work().join(&name);
        assert_eq!(code(&sandbox, &[&first, "-o", &name]), 0, "{name}");
        let mode = fs::metadata(&path).expect("it was written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        assert_eq!(code(&sandbox, &["api", "-o", &name]), 0, "{name}");
        let ours = fs::read_to_string(&path).expect("text");
        assert!(ours.contains(&first) && ours.contains(&second), "{name}");
        fs::write(&path, "my own notes, by cs-export\n").expect("it can be written");
        let output = sandbox.cs("cs-export", &[&first, "-o", &name]);
        assert_eq!((status(&output), stdout(&output)), (1, String::new()), "{name}");
        assert!(stderr(&output).contains("--force replaces it"), "{}", stderr(&output));
        assert_eq!(fs::read_to_string(&path).expect("text"), "my own notes, by cs-export\n");
        assert_eq!(code(&sandbox, &[&first, "-o", &name, "--force"]), 0);
        fs::write(&path, "").expect("it can be written");
        assert_eq!(code(&sandbox, &[&first, "-o", &name]), 0, "an empty file loses nothing");
    }
    assert_eq!(cs_tests::entries(&sandbox.work()).len(), FORMATS.len(), "no other file is left");
}

#[test]
fn only_a_regular_file_is_ever_replaced() {
    let sandbox = furnished();
    let work = sandbox.work();
    fs::write(work.join("target.md"), "text").expect("it can be written");
    symlink("target.md", work.join("link.md")).expect("a link can be created");
    fs::create_dir(work.join("folder.md")).expect("a folder can be created");
    assert!(sandbox.sh("mkfifo pipe.md").status.success());
    for name in ["link.md", "folder.md", "pipe.md", "/dev/null"] {
        let output = sandbox.cs("cs-export", &[&id(0), "--format", "markdown", "-o", name, "--force"]);
        assert_eq!((status(&output), stdout(&output)), (1, String::new()), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("only files are written"), "{name}: {}", stderr(&output));
    }
    assert_eq!(fs::read_to_string(work.join("target.md")).expect("text"), "text");
    assert!(fs::symlink_metadata("/dev/null").is_ok_and(|meta| !meta.is_file()));
}

#[test]
fn exports_are_not_written_into_the_data_directory() {
    let sandbox = furnished();
    symlink(sandbox.data(), sandbox.work().join("door")).expect("a link can be created");
    let config = sandbox.data().join("config.json");
    fs::write(&config, "{\"version\": 1}").expect("it can be written");
    let inside = [config.display().to_string(), "door/config.json".into(), "door/sessions/new.json".into()];
    for path in &inside {
        let output = sandbox.cs("cs-export", &[&id(0), "-o", path, "--force"]);
        assert_eq!(status(&output), 1, "{path}: {}", stderr(&output));
    }
    let folders = [sandbox.data().join("new/er").display().to_string(), "door/sessions".into()];
    for path in &folders {
        assert_eq!(code(&sandbox, &["--all", "--output-dir", path]), 1, "{path}");
    }
    assert_eq!(fs::read_to_string(&config).expect("text"), "{\"version\": 1}");
    assert_eq!(cs_tests::entries(&sandbox.data()).len(), 2);
    assert_eq!(cs_tests::entries(&sandbox.data().join("sessions")).len(), 2);
}

#[test]
fn a_full_disk_or_missing_folder_is_reported_and_leaves_no_file() {
    let sandbox = furnished();
    assert_eq!(code(&sandbox, &[&id(0), "-o", "nowhere/x.md"]), 1);
    assert!(!sandbox.work().join("nowhere").exists(), "a misspelt folder is not created");
    let output = sandbox.sh("cs-export api --format html >/dev/full");
    assert_eq!(status(&output), 74, "{}", stderr(&output));
    let output = sandbox.sh("cs-export api --format html | true");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
}

#[test]
fn a_damaged_record_does_not_hide_others() {
    let sandbox = furnished();
    fs::write(sandbox.data().join(format!("sessions/{}.json", id(1))), "{\"session_id\":").expect("written");
    let (first, second) = (id(0), id(1));
    let output = sandbox.cs("cs-export", &[&second, &first, "nothing-like-that", "--format", "jsonl"]);
    assert_eq!((status(&output), stdout(&output).lines().count()), (1, 1), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("cs-export: error: ").count(), 2, "{}", stderr(&output));
    assert_eq!(code(&sandbox, &[&second, "-o", "x.md"]), 65);
    // It is reported although no index lists it; so is one in the archive, if that was asked for.
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["index"])), 65);
    let archived = "sess_20261121T0800_dddd";
    let path = sandbox.data().join(format!("sessions/archive/{archived}.json"));
    fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(&path, "{")).expect("written");
    for (more, expected) in [(&[][..], &[&second][..]), (&["--include-archived"], &[&second, &archived.to_owned()])] {
        for which in ["--all", "api"] {
            let output = sandbox.cs("cs-export", &[&[which, "--format", "jsonl"], more].concat());
            let reported = stderr(&output);
            assert_eq!((status(&output), reported.matches("error: ").count()), (65, expected.len()), "{reported}");
            assert!(expected.iter().all(|id| reported.contains(*id)), "{reported}");
            assert!(stdout(&output).contains(&first));
        }
    }
    assert!(!sandbox.work().join("x.md").exists());
}
