//! `cs`: it becomes the program that a word stands for, byte for byte, wherever it is installed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use cs_tests::{Sandbox, can_run, has, program_names, programs, status, stderr, stdout};

/// Writes a program that prints its arguments.
fn write_program(path: &Path) {
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("it can be created");
    fs::write(path, "#!/bin/sh\necho \"$0\"\nprintf '<%s>' \"$@\"\n").expect("it can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be changed");
}

#[test]
fn arguments_reach_the_program_byte_for_byte() {
    let sandbox = Sandbox::new();
    let program = sandbox.root().join("own/cs-mine");
    write_program(&program);
    let mut command = sandbox.command("cs");
    let hostile = OsStr::from_bytes(b"\xff\n--json=\x01 ");
    command
        .args(["mine", "", "--", "-q"])
        .arg(hostile)
        .env("PATH", format!("{}:/bin", sandbox.root().join("own").display()));
    let output = cs_tests::run(command, "");
    let expected = [program.as_os_str().as_bytes(), b"\n<><--><-q><", hostile.as_bytes(), b">"].concat();
    assert_eq!(output.stdout, expected, "{}", stderr(&output));
}

#[test]
fn programs_beside_the_real_file_come_before_those_on_path() {
    let sandbox = Sandbox::new();
    let (installed, links) = (sandbox.root().join("share/bin"), sandbox.root().join("links"));
    for folder in [&installed, &links] {
        write_program(&folder.join("cs-session"));
    }
    fs::copy(programs().join("cs"), installed.join("cs")).expect("it can be copied");
    symlink(installed.join("cs"), links.join("cs")).expect("it can be linked");
    let link = links.join("cs");
    let path = format!("{}:/bin", links.display());
    let sandbox = sandbox.with("PATH", path);
    let output = sandbox.cs(link.to_str().expect("UTF-8"), &["list", "-q"]);
    let beside = installed.canonicalize().expect("it is there").join("cs-session");
    assert_eq!(stdout(&output), format!("{}\n<list><-q>", beside.display()), "{}", stderr(&output));
}

#[test]
fn the_other_program_inherits_no_ignored_signal() {
    let sandbox = Sandbox::new();
    let program = sandbox.root().join("own/cs-mine");
    write_program(&program);
    fs::write(&program, "#!/bin/sh\nkill -PIPE $$\necho survived\n").expect("it can be written");
    let mut command = sandbox.command("cs");
    command.arg("mine").env("PATH", format!("{}:/bin", sandbox.root().join("own").display()));
    let output = cs_tests::run(command, "");
    assert_eq!(stdout(&output), "");
}

#[test]
fn the_map_names_every_program() {
    let sandbox = Sandbox::new();
    let help = stdout(&sandbox.cs("cs", &["help"]));
    for name in program_names().iter().filter_map(|name| name.strip_prefix("cs-")) {
        assert!(help.lines().any(|line| line.starts_with(&format!("  {name} "))), "{name} is missing: {help}");
    }
}

#[test]
fn every_alias_stands_for_a_command() {
    let sandbox = Sandbox::new();
    let help = stdout(&sandbox.cs("cs", &["help"]));
    let section = help.split("\n\n").find_map(|part| part.strip_prefix("Short for a command:\n")).expect("a table");
    let aliases: Vec<Vec<&str>> = section.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(aliases.len() > 10, "{section}");
    for alias in aliases {
        let [word, program, command] = alias[..] else { panic!("{alias:?}") };
        let output = sandbox.cs("cs", &[word, "--help"]);
        let usage = stdout(&output).split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        let is_right = usage == format!("Usage: {program} {command}") && status(&output) == 0;
        assert!(is_right, "{word}: {}", stderr(&output));
    }
}

#[test]
fn a_program_that_needs_no_command_runs_without_one() {
    let sandbox = Sandbox::new();
    for program in ["cs-notify", "cs-statusline"] {
        let output = sandbox.cs(program, &[]);
        assert!(!stderr(&output).contains("Usage:"), "{program}: {}", stderr(&output));
    }
    fs::create_dir_all(sandbox.data()).expect("it can be created");
    let config = "{\"version\":1,\"settings\":{\"dashboard_port\":1}}";
    fs::write(sandbox.data().join("config.json"), config).expect("it can be written");
    let output = sandbox.cs("timeout", &["1", "cs-serve", "--host", "192.0.2.1"]);
    let options = stderr(&output);
    let output = sandbox.cs("timeout", &["1", "cs-serve"]);
    assert!(!stderr(&output).contains("Usage:") && !options.contains("Usage:"), "{}{options}", stderr(&output));
    assert_ne!(status(&output), 64);
}

#[test]
fn a_bare_cs_is_live_on_a_terminal_and_a_list_in_a_pipe() {
    if !has(can_run("script", &["--version"], "bsdutils")) {
        return;
    }
    let sandbox = Sandbox::bare();
    let folder = sandbox.root().join("bin");
    for name in ["cs-top", "cs-session"] {
        write_program(&folder.join(name));
    }
    let cs = folder.join("cs");
    fs::copy(programs().join("cs"), &cs).expect("it can be copied");
    let cs = cs.to_str().expect("UTF-8");
    let line = format!("TERM=xterm {cs}");
    let on_terminal = || stdout(&sandbox.cs("script", &["-qc", &line, "/dev/null"]));
    assert!(on_terminal().contains("/cs-top"), "{}", on_terminal());
    assert!(stdout(&sandbox.cs(cs, &[])).ends_with("/cs-session\n<list>"));
    // Without keys, or without a screen that can be redrawn.
    for line in [format!("{cs} </dev/null"), format!("TERM=dumb {cs}")] {
        let shown = stdout(&sandbox.cs("script", &["-qc", &line, "/dev/null"]));
        assert!(shown.contains("<list>") && !shown.contains("cs-top"), "{line}: {shown}");
    }
    fs::remove_file(folder.join("cs-top")).expect("it is there");
    assert!(on_terminal().contains("<list>"), "{}", on_terminal());
    fs::remove_file(folder.join("cs-session")).expect("it is there");
    let output = sandbox.with("PATH", "/bin").cs(cs, &["list"]);
    assert_eq!((status(&output), stdout(&output)), (1, String::new()));
    assert!(stderr(&output).starts_with("cs: error: cs-session is neither in "), "{}", stderr(&output));
}
