//! `make install` and `make uninstall`: what they install, and that nothing is left.

use std::env;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::*;

/// One `make` at a time, since all write the built programs to the same folder.
static MAKE: Mutex<()> = Mutex::new(());

/// Runs `make` in the sandbox's HOME, but with the compiler of whoever runs the tests.
fn make(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut command: Command = sandbox.command("make");
    let outer = PathBuf::from(env::var_os("HOME").expect("HOME is set"));
    for (name, usual) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(name, env::var_os(name).unwrap_or_else(|| outer.join(usual).into()));
    }
    for name in ["CARGO_TARGET_DIR", "RUSTUP_TOOLCHAIN"] {
        env::var_os(name).map(|value| command.env(name, value));
    }
    command.env("PATH", path_of_make());
    command.current_dir(workspace()).args(words);
    let _alone = MAKE.lock().unwrap_or_else(PoisonError::into_inner);
    run(command, "")
}

/// The folders of the compiler and of the system.
fn path_of_make() -> String {
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    let outer = PathBuf::from(env::var_os("HOME").expect("HOME is set"));
    let bin = cargo.parent().expect("it is in a folder");
    format!("{}:{}/.cargo/bin:/usr/bin:/bin", bin.display(), outer.display())
}

#[track_caller]
fn made(sandbox: &Sandbox, words: &[&str]) -> String {
    let output = make(sandbox, words);
    assert_eq!(status(&output), 0, "make {words:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

#[test]
fn uninstall_removes_what_install_made_and_keeps_records() {
    programs();
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    let (prefix, settings) = (home.join("a prefix"), home.join(".claude/settings.json"));
    let to = format!("PREFIX={}", prefix.display());
    fs::create_dir_all(home.join(".claude")).expect("it can be created");
    fs::write(&settings, "{\"a\": [ ]}").expect("it can be written");
    let before = tree(&home);

    made(&sandbox, &["install", "SETUP=yes", &to]);
    assert_eq!(ours(&json(&fs::read_to_string(&settings).expect("it is there"))).len(), 10);
    for name in ["cs-session", "cs-setup", "cs-hook"] {
        let link = fs::read_link(prefix.join("bin").join(name)).expect("a link");
        assert_eq!(link, prefix.join("share/claude-sessions/bin").join(name));
    }
    for page in [
        "bash-completion/completions/cs-session",
        "fish/vendor_completions.d/cs.fish",
        "zsh/site-functions/_claude_sessions",
        "man/man1/cs-hook.1",
    ] {
        let text = fs::read_to_string(prefix.join("share").join(page)).expect("it was installed");
        let text = text.replace("\\-", "-");
        assert!(text.contains("claude-sessions") && text.contains("cs-session"), "{page}: {text}");
    }
    let first = tree(&home);
    made(&sandbox, &["install", "SETUP=yes", &to]);
    assert!(tree(&home) == first, "the second time changes nothing");
    let through_the_link =
        sandbox.cs(prefix.join("bin/cs-setup").to_str().expect("UTF-8"), &["install", "--codex", "--yes"]);
    assert_eq!(status(&through_the_link), 0, "{}", stderr(&through_the_link));
    fs::create_dir_all(home.join(".codex")).expect("it can be created");

    let session = sandbox.cs(
        prefix.join("bin/cs-session").to_str().expect("UTF-8"),
        &["create", "--project", "x", "--intent", "y", "-q"],
    );
    assert_eq!(status(&session), 0);
    let records = tree(&sandbox.data());
    made(&sandbox, &["uninstall", &to]);
    assert!(tree(&sandbox.data()) == records, "records stay");
    fs::remove_dir_all(sandbox.data()).expect("it is there");
    fs::remove_dir(home.join(".codex")).expect("it is empty");
    let _ = fs::remove_dir(&prefix);
    assert_eq!(tree(&home), before);
    made(&sandbox, &["uninstall", &to]);
}

#[test]
fn packagers_can_install_without_registration() {
    programs();
    for more in [&["SETUP=no"][..], &["DESTDIR="]] {
        let sandbox = Sandbox::new();
        let root = sandbox.root().join("root");
        let destdir = format!("DESTDIR={}", root.display());
        let prefix = sandbox.root().join("prefix");
        let (to, words) = match more {
            ["DESTDIR="] => (root.join("usr"), vec!["PREFIX=/usr", &destdir]),
            _ => (prefix.clone(), vec!["SETUP=no"]),
        };
        let to_prefix = format!("PREFIX={}", prefix.display());
        let words = if words.len() == 1 { vec![to_prefix.as_str(), "SETUP=no"] } else { words };
        made(&sandbox, &[&["install"], words.as_slice()].concat());
        assert!(to.join("share/claude-sessions/bin/cs-setup").exists() && !sandbox.home().join(".claude").exists());
        made(&sandbox, &[&["uninstall"], words.as_slice()].concat());
        assert_eq!(tree(&to).len(), 0);
    }
}

#[test]
fn programs_stay_while_hooks_cannot_be_removed() {
    programs();
    let sandbox = Sandbox::new();
    let to = format!("PREFIX={}", sandbox.root().join("prefix").display());
    made(&sandbox, &["install", "SETUP=yes", &to]);
    let settings = sandbox.home().join(".claude/settings.json");
    let text = fs::read_to_string(&settings).expect("it was written");
    fs::write(&settings, text.replacen('{', "{ // mine\n", 1)).expect("it can be written");
    let output = make(&sandbox, &["uninstall", &to]);
    assert!(status(&output) != 0 && stderr(&output).contains("comments"), "{}", stderr(&output));
    assert!(sandbox.root().join("prefix/share/claude-sessions/bin/cs-hook").exists(), "the hooks still run");
}

#[test]
fn another_program_called_cs_is_named_and_left_alone() {
    programs();
    let sandbox = Sandbox::new();
    let prefix = sandbox.root().join("prefix");
    let to = format!("PREFIX={}", prefix.display());
    let theirs = prefix.join("bin/cs");
    fs::create_dir_all(prefix.join("bin")).expect("it can be created");
    fs::write(&theirs, "#!/bin/sh\n").expect("it can be written");
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).expect("it can be changed");
    let path = format!("PATH={}:{}", prefix.join("bin").display(), path_of_make());
    let output = make(&sandbox, &["install", "SETUP=no", &to, &path]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    for message in ["/bin/cs: not ours, left alone", "another cs is on PATH: "] {
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    made(&sandbox, &["uninstall", "SETUP=no", &to]);
    assert_eq!(fs::read_to_string(&theirs).expect("it is there"), "#!/bin/sh\n");
    fs::remove_file(&theirs).expect("it is there");
    let output = make(&sandbox, &["install", "SETUP=no", &to]);
    assert!(!stderr(&output).contains("another cs"), "{}", stderr(&output));
    assert!(prefix.join("bin/cs").exists() && prefix.join("bin/cs-session").exists());
    made(&sandbox, &["uninstall", "SETUP=no", &to]);
    assert!(!prefix.join("bin").exists(), "the link is removed");
}
