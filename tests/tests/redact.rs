//! `cs-redact` and exports: planted secrets are in nothing that was written or printed; what is staged is read without
//! running anything; streams keep their bytes.

use cs_tests::{Sandbox, entries, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

/// Built at run time, so that scanners of secrets do not report this file.
fn planted() -> Vec<String> {
    vec![
        ["ghp", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4"].join("_"),
        ["AKIA", "Z7QK5WVXNB3MTR2D"].concat(),
        "anna.planted@example.com".to_string(),
        "hunter2Hunter2".to_string(),
    ]
}

fn text() -> String {
    let [key, aws, mail, password] = &planted()[..] else { unreachable!() };
    format!("use {key} and {aws}, mail {mail}, password={password} now")
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let (dirs, own): (Vec<_>, Vec<_>) = entries(dir).into_iter().partition(|path| path.is_dir());
    own.into_iter().chain(dirs.iter().flat_map(|dir| files(dir))).collect()
}

#[track_caller]
fn holds_nothing(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in planted() {
        assert!(!text.contains(&secret), "{what} has {secret}");
    }
}

#[test]
fn planted_secrets_are_in_nothing_that_was_written_or_printed() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".claude/projects/-srv-api");
    fs::create_dir_all(&folder).expect("a fresh home can be written");
    let line = json!({"type": "user", "uuid": "u1", "sessionId": UUID, "timestamp": "2026-11-21T08:10:00.000Z",
        "message": {"content": text()}});
    fs::write(folder.join(format!("{UUID}.jsonl")), format!("{line}\n")).expect("it can be written");
    let made =
        sandbox.cs("cs-session", &["create", "--project", "api", "--intent", "x", "--claude-session", UUID, "-q"]);
    let id = stdout(&made).trim().to_string();
    assert_eq!(status(&sandbox.cs("cs-session", &["complete", &id, "--outcome", "done", "-q"])), 0);
    // As an older version, which did not mask, wrote it.
    let path = sandbox.data().join(format!("sessions/{id}.json"));
    let mut record: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("JSON");
    record["intent"] = text().into();
    record["outcome"] = text().into();
    fs::write(&path, record.to_string()).expect("it can be written");
    for format in ["json", "jsonl", "markdown", "csv", "html"] {
        let output = sandbox.cs("cs-export", &[&id, "--format", format]);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{format}");
        holds_nothing(format, &output.stdout);
        assert!(stdout(&output).contains("github-pat:"), "{format}: {}", stdout(&output));
    }
    let output = sandbox.cs("cs-export", &["--all", "--output-dir", "out"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    holds_nothing("the list of files", &output.stdout);
    let written = files(&sandbox.work().join("out"));
    assert_eq!(written.len(), 1);
    let own = files(&sandbox.data()).into_iter().filter(|file| *file != path);
    let all: Vec<PathBuf> = written.into_iter().chain(own).collect();
    assert!(all.iter().any(|file| file.starts_with(sandbox.data().join("redactions"))), "{all:?}");
    for file in all {
        holds_nothing(&file.display().to_string(), &fs::read(&file).expect("it can be read"));
    }
}

/// What `cs-redact` makes of these bytes.
fn fed(sandbox: &Sandbox, input: &[u8]) -> Output {
    let path = sandbox.work().join("input");
    fs::write(&path, input).expect("it can be written");
    let input = fs::File::open(&path).expect("it is there");
    sandbox.command("cs-redact").stdin(input).output().expect("it runs")
}

#[test]
fn bytes_stay_and_secrets_go_in_streams() {
    let sandbox = Sandbox::new();
    let odd = b"a\xff\r\n\0 {\"a\": 1.50}\n".to_vec();
    let output = fed(&sandbox, &odd);
    assert!(status(&output) == 0 && output.stdout == odd, "{output:?}");
    let [key, ..] = &planted()[..] else { unreachable!() };
    let escaped: String = key.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
    let json = format!("{{ \"a\":\"{escaped}\",\t\"n\": 1.50, \"u\":\"\\u00e9\" }}\n");
    let output = fed(&sandbox, json.as_bytes());
    let shown = stdout(&output);
    assert!(
        shown.starts_with("{ \"a\":\"[github-pat:") && shown.ends_with("\",\t\"n\": 1.50, \"u\":\"\\u00e9\" }\n"),
        "{shown}"
    );
    let again = fed(&sandbox, shown.as_bytes());
    assert_eq!(stdout(&again), shown, "twice");
}

fn git(dir: &Path, args: &[&str]) {
    let done = Command::new("git").arg("-C").arg(dir).args(args).output().expect("git is there");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn what_is_staged_is_read_without_running_what_the_repository_configures() {
    let sandbox = Sandbox::new();
    let repo = sandbox.work().join("hostile");
    fs::create_dir(&repo).expect("it can be made");
    git(&repo, &["init", "-q"]);
    git(&repo, &["config", "user.email", "a@b.example"]);
    git(&repo, &["config", "user.name", "a"]);
    let [key, ..] = &planted()[..] else { unreachable!() };
    let odd = "odd \"name\"\n.txt";
    fs::write(repo.join(odd), format!("x\n{key}\n")).expect("it can be written");
    std::os::unix::fs::symlink("/etc/hostname", repo.join("link")).expect("it can be made");
    git(&repo, &["add", "."]);
    let marker = repo.join("ran");
    let run = format!("touch {}; cat", marker.display());
    for setting in [
        "core.fsmonitor",
        "diff.external",
        "core.pager",
        "core.sshCommand",
        "filter.x.smudge",
        "filter.x.clean",
        "diff.x.textconv",
        "diff.x.command",
        "core.alternateRefsCommand",
    ] {
        git(&repo, &["config", setting, &run]);
    }
    fs::write(repo.join(".gitattributes"), "* filter=x diff=x\n").expect("it can be written");
    fs::write(repo.join(odd), "nothing").expect("it can be written");
    let check =
        || sandbox.command("cs-redact").args(["check", "--staged"]).current_dir(&repo).output().expect("it runs");
    let output = check();
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    let row: Value = serde_json::from_str(stdout(&output).lines().next().expect("a row")).expect("JSON");
    assert_eq!((&row["file"], &row["line"]), (&json!(odd), &json!(2)));
    holds_nothing("the output", &output.stdout);
    assert!(!marker.exists(), "something that the repository configures ran");
    let head = fs::read(repo.join(".git/index")).expect("an index");
    assert_eq!(status(&check()), 1);
    assert_eq!(fs::read(repo.join(".git/index")).expect("an index"), head, "the index was written");
}
