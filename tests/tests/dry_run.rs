//! `--dry-run` of every command that has it changes nothing: no file, no folder, no time of a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cs_tests::{Sandbox, program_names, status, stderr, stdout};

/// The words that a command needs besides.
const MORE: [(&str, &[&str]); 6] = [
    ("cs-keep prune", &["--older-than", "1d"]),
    ("cs-cleanup check", &["--repair"]),
    ("cs-sync push", &["--into", "shared"]),
    ("cs-cleanup archive", &["ca5d"]),
    ("cs-setup project", &["."]),
    ("cs-chat setup", &["--token-file", "missing", "--chat", "1", "--user", "1", "--yes"]),
];

/// Every path below a folder, with its contents, and when it was changed.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = next.read_dir().expect("a folder can be read");
        for path in entries.map(|entry| entry.expect("a folder can be read").path()) {
            let meta = path.symlink_metadata().expect("nobody else removes files");
            let contents = if meta.is_file() { fs::read(&path).expect("it can be read") } else { Vec::new() };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            all.insert(path, (contents, meta.modified().expect("a time")));
        }
    }
    all
}

/// The commands of a program, with their commands, that have the option: by their help texts.
fn commands(sandbox: &Sandbox, program: &str, words: &[String], found: &mut Vec<Vec<String>>) {
    let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let help = stdout(&sandbox.cs(program, &args));
    if help.lines().any(|line| line.trim_start().starts_with("--dry-run ")) {
        found.push(words.to_vec());
    }
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for line in listed.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        let name = line.split_whitespace().next().expect("a name");
        commands(sandbox, program, &[words, &[name.to_string()]].concat(), found);
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let sandbox = Sandbox::new();
    let talk = "ca5d0d10-1111-4222-8333-123456789abc";
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be created");
    let line = format!(
        r#"{{"type":"user","uuid":"{talk}","sessionId":"{talk}","cwd":"/w","timestamp":"2026-11-20T10:00:00.000Z","message":{{"role":"user","content":"hi"}}}}"#
    );
    fs::write(folder.join(format!("{talk}.jsonl")), line + "\n").expect("it can be written");
    let args = ["create", "--project", "api", "--intent", "x", "--claude-session", talk, "-q"];
    assert_eq!(status(&sandbox.cs("cs-session", &args)), 0);
    // The key of placeholders is made by whatever redacts first, and means nothing by itself.
    sandbox.feed("cs-redact", &[], "x");
    let (mut count, mut wrong) = (0, Vec::new());
    for program in program_names() {
        let mut found = Vec::new();
        commands(&sandbox, &program, &[], &mut found);
        for words in found {
            let name = [std::slice::from_ref(&program), &words[..]].concat().join(" ");
            let more = MORE.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, more)| more);
            let args: Vec<&str> =
                words.iter().map(String::as_str).chain(["--dry-run"]).chain(more.iter().copied()).collect();
            let before = tree(sandbox.root());
            let output = sandbox.cs(&program, &args);
            let after = tree(sandbox.root());
            if [64, 101].contains(&status(&output)) {
                wrong.push(format!("{name}: {}", stderr(&output)));
            }
            let is_other = |path: &&PathBuf| before.get(*path) != after.get(*path);
            let changed: Vec<&PathBuf> = before.keys().chain(after.keys()).filter(is_other).collect();
            if !changed.is_empty() {
                wrong.push(format!("{name}: {changed:?} {}", stderr(&output)));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 15, "{count}");
}
