//! How settings.json is written: links, modes, folders, a kill in the middle, and the question beforehand.

use std::io::Write;
use std::os::fd::FromRawFd;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::thread;
use std::time::Duration;

use super::settings::FOREIGN;
use super::*;

#[test]
fn a_link_is_kept_and_its_target_is_written() {
    let place = Place::new();
    let target = place.sandbox.home().join("dotfiles/claude.json");
    fs::create_dir_all(target.parent().expect("it has one")).expect("it can be created");
    fs::create_dir_all(place.sandbox.home().join(".claude")).expect("it can be created");
    symlink("../dotfiles/claude.json", place.settings()).expect("it can be created");
    for before in [Some(FOREIGN), None] {
        before.map_or_else(
            || drop(fs::remove_file(&target)),
            |text| fs::write(&target, text).expect("it can be written"),
        );
        place.ok(&["install", "--settings"]);
        assert_eq!(ours(&json(&fs::read_to_string(&target).expect("the target was written"))).len(), 10);
        assert!(place.settings().is_symlink());
        place.ok(&["uninstall"]);
        assert!(place.settings().is_symlink());
        assert_eq!(fs::read_to_string(&target).ok().as_deref(), before);
        assert_eq!(entries(target.parent().expect("it has one")).len(), usize::from(before.is_some()), "no other file");
    }
    fs::remove_file(place.settings()).expect("it is there");
    symlink("settings.json", place.settings()).expect("it can be created");
    place.refused(&["install", "--settings"], DISK, "too many symbolic links");
}

#[test]
fn mode_and_owner_are_kept_and_a_new_file_is_private() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    fs::set_permissions(place.settings(), fs::Permissions::from_mode(0o640)).expect("it is ours");
    // SAFETY: geteuid takes and changes nothing.
    let owner =
        if unsafe { libc::geteuid() } == 0 { 12345 } else { fs::metadata(place.settings()).expect("there").uid() };
    chown(place.settings(), Some(owner), None).expect("root may, others keep it");
    for args in [&["install", "--settings"][..], &["uninstall"]] {
        place.ok(args);
        let meta = fs::metadata(place.settings()).expect("it is there");
        assert_eq!((meta.mode() & 0o7777, meta.uid()), (0o640, owner), "{args:?}");
    }
    place.put_settings(None);
    place.ok(&["install", "--settings"]);
    assert_eq!(fs::metadata(place.settings()).expect("it is there").mode() & 0o7777, 0o600);
}

#[test]
fn a_read_only_file_or_folder_is_left_alone() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    fs::set_permissions(place.settings(), fs::Permissions::from_mode(0o444)).expect("it is ours");
    place.refused(&["install", "--settings"], DISK, "it is read-only; chmod u+w changes that");
    fs::set_permissions(place.settings(), fs::Permissions::from_mode(0o644)).expect("it is ours");
    // SAFETY: geteuid takes and changes nothing.
    let root = unsafe { libc::geteuid() } == 0;
    const NOBODY: u32 = 65534;
    let folder = place.sandbox.home().join(".claude");
    fs::set_permissions(place.sandbox.root(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("it is ours");
    for path in [&folder, &place.settings()].into_iter().filter(|_| root) {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    fs::set_permissions(place.sandbox.root().join("tmp"), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let before = tree(&place.sandbox.home());
    let mut command = place.sandbox.command(place.share.join("bin/cs-setup").to_str().expect("UTF-8"));
    command.args(["install", "--settings"]);
    if root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = run(command, "");
    assert_eq!(status(&output), DISK, "{}", stderr(&output));
    assert!(stderr(&output).contains("Permission denied"), "{}", stderr(&output));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    assert_eq!(tree(&place.sandbox.home()), before);
}

#[test]
fn a_dry_run_writes_nothing_and_shows_the_change() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    let before = tree(&place.sandbox.home());
    let shown = place.ok(&["install", "--settings", "--dry-run", "--table"]);
    assert!(
        shown.contains("+     \"SessionStart\": [") && !shown.contains("secret") && !shown.contains("done."),
        "{shown}"
    );
    assert_eq!(tree(&place.sandbox.home()), before);
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_or_the_new_file() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    place.ok(&["install", "--settings"]);
    let new = place.text().expect("it is there");
    place.ok(&["uninstall"]);
    let mut killed = 0;
    for n in 0..150u64 {
        let args: &[&str] =
            if place.text().as_deref() == Some(FOREIGN) { &["install", "--settings"] } else { &["uninstall"] };
        let mut command = place.sandbox.command(place.share.join("bin/cs-setup").to_str().expect("UTF-8"));
        let mut child = command.args(args).stdout(std::process::Stdio::null()).spawn().expect("it can be started");
        thread::sleep(Duration::from_micros(n * 97 % 9000));
        child.kill().expect("it can be killed");
        killed += usize::from(child.wait().expect("it can be waited for").code().is_none());
        let text = place.text().expect("it is there");
        assert!(text == FOREIGN || text == new, "torn: {text}");
    }
    assert!(killed >= 30, "only {killed} were still running when they were killed");
    place.ok(&["install", "--settings"]);
    place.ok(&["uninstall"]);
    assert_eq!(place.text().as_deref(), Some(FOREIGN), "and the backup is kept");
}

#[test]
fn the_settings_are_written_where_the_client_reads_them() {
    let place = Place::new().with("CLAUDE_CONFIG_DIR", "elsewhere");
    place.ok(&["install", "--settings"]);
    let file = place.sandbox.work().join("elsewhere/settings.json");
    assert_eq!(ours(&json(&fs::read_to_string(&file).expect("it was written"))).len(), 10);
    place.ok(&["uninstall"]);
    assert!(!file.exists() && !place.settings().exists());
}

/// Runs `cs-setup` with a terminal as its input and types `answer` there.
pub fn answered(place: &Place, args: &[&str], answer: &str) -> Output {
    let (mut terminal, mut line) = (0, 0);
    // SAFETY: the call only writes both numbers.
    let made = unsafe {
        libc::openpty(
            &raw mut terminal,
            &raw mut line,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    assert_eq!(made, 0, "a terminal can be created");
    // SAFETY: they were just opened and have no other owner.
    let (mut terminal, line) = unsafe { (fs::File::from_raw_fd(terminal), fs::File::from_raw_fd(line)) };
    terminal.write_all(answer.as_bytes()).expect("it can be typed");
    let mut command = place.sandbox.command(place.share.join("bin/cs-setup").to_str().expect("UTF-8"));
    command.args(args).stdin(line).output().expect("it can be run")
}

#[test]
fn on_a_terminal_it_asks_first() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    for no in ["n\n", "\n", "\u{4}", "later\n"] {
        let output = answered(&place, &["install", "--settings", "--table"], no);
        let reported = stderr(&output);
        assert!(
            status(&output) == NO && reported.contains("continue? [y/N] ") && reported.contains("nothing was changed"),
            "{reported}"
        );
        assert_eq!(place.text().as_deref(), Some(FOREIGN), "{no:?}");
        assert!(stdout(&output).contains("registers the hooks"), "it was shown before");
    }
    for (args, answer) in [(&["install", "--settings"][..], "y\n"), (&["uninstall"], "Yes\n")] {
        let output = answered(&place, args, answer);
        assert!(status(&output) == 0 && stderr(&output).ends_with("continue? [y/N] "), "{}", stderr(&output));
    }
    assert_eq!(place.text().as_deref(), Some(FOREIGN));
    let output = answered(&place, &["install", "--settings", "--yes"], "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
}

#[test]
fn the_change_is_shown_before_the_question() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    for form in ["--table", "--json", "-q"] {
        let output = answered(&place, &["install", "--settings", form], "n\n"); // the output goes elsewhere
        let reported = stderr(&output);
        let shown = reported.split("continue? [y/N] ").next().unwrap_or_default();
        assert!(
            shown.contains(": registers the hooks") && shown.contains("+     \"SessionStart\": ["),
            "{form}: {reported}"
        );
        assert!(!shown.contains("secret"), "{form}: {reported}");
    }
    let output = answered(&place, &["install", "--settings", "--yes", "--json"], "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "without a question nothing is printed twice");
}

#[test]
fn no_arguments_make_it_exit_with_two() {
    let place = Place::new();
    let words = [
        "install",
        "uninstall",
        "doctor",
        "jobs",
        "project",
        "status",
        "--dry-run",
        "--with",
        "-",
        "--",
        "--help",
        "-q",
        "é",
    ];
    for first in words {
        for second in words {
            let code = status(&place.setup(&[first, second, "--dry-run"]));
            assert!([0, NO, USAGE, INVALID, DISK].contains(&code), "{first} {second}: {code}");
        }
    }
}

#[test]
fn a_hard_link_is_reported_before_it_is_broken() {
    let place = Place::new();
    place.put_settings(Some(FOREIGN));
    let other = place.sandbox.home().join("dotfiles.json");
    fs::hard_link(place.settings(), &other).expect("it can be created");
    for form in ["--table", "--json"] {
        let shown = place.ok(&["install", "--settings", "--dry-run", form]);
        assert!(
            shown.contains("settings.json has one other name (a hard link), which will keep the old text"),
            "{shown}"
        );
    }
    assert_eq!(fs::metadata(&other).expect("there").nlink(), 2, "nothing has happened yet");
    let reported = place.ok(&["install", "--settings"]);
    assert!(reported.contains("a hard link"), "{reported}");
    assert_eq!(fs::read_to_string(&other).expect("there"), FOREIGN);
    place.ok(&["uninstall"]);
    assert_eq!(place.text().as_deref(), Some(FOREIGN));
}
