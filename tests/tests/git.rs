//! The only program that starts git, for a person: in a repository that names programs wherever it can, with a hanging
//! git, in a directory that has its own git.

use std::fs;
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, entries, run, status, stderr, stdout, trap, workspace};
use serde_json::Value;

/// A session, and a repository with two commits after its start.
fn place(options: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let made = sandbox.sh(&format!(
        r#"export GIT_COMMITTER_DATE=2026-11-21T10:10:00Z
        git init -q {options} api && cd api && echo x >x && git add x && git commit -q -m One
        cs-session create --intent x -q"#
    ));
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    sandbox
}

fn subjects(output: &str) -> Vec<String> {
    let record: Value = serde_json::from_str(output).unwrap_or_else(|error| panic!("{error}: {output}"));
    let commits = record["commits"].as_array().expect("a list").iter();
    commits.map(|commit| commit["message"].as_str().unwrap_or_default().to_owned()).collect()
}

fn id(sandbox: &Sandbox) -> String {
    sandbox.records()[0]["session_id"].as_str().expect("it has an id").to_owned()
}

#[test]
fn programs_named_by_a_repository_are_not_started() {
    let sandbox = place("");
    let script = format!("cd api\n{}", trap::script(&sandbox, 1_795_256_400));
    let made = sandbox.sh(&script);
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let captured = sandbox.cs("cs-session", &["capture-commits", &id(&sandbox), "--repo", "api"]);
    assert_eq!((status(&captured), stderr(&captured)), (0, String::new()));
    assert_eq!(subjects(&stdout(&captured)), ["One", "Signed"]);
    assert_eq!(trap::sprung(&sandbox), Vec::<String>::new());
    // The traps work: plain git falls into them.
    let _ = run_for_a_second(&sandbox, "cd api && git log -1 --show-signature");
    assert_eq!(trap::sprung(&sandbox), ["gpg-program"]);
}

fn run_for_a_second(sandbox: &Sandbox, script: &str) -> i32 {
    status(&sandbox.sh(&format!("timeout 1 sh -c '{script}'")))
}

#[test]
fn a_bare_repository_in_a_folder_is_ignored() {
    let sandbox = place("");
    assert_eq!(status(&sandbox.sh("git clone -q --bare api api/tools && echo [gpg] >>api/tools/config")), 0);
    let captured = sandbox.cs("cs-session", &["capture-commits", &id(&sandbox), "--repo", "api/tools"]);
    assert_eq!(status(&captured), 65);
    assert!(stderr(&captured).contains("name a repository with --repo"), "{}", stderr(&captured));
}

#[test]
fn a_hanging_git_is_killed_with_its_children() {
    let sandbox = place("");
    let mut command = sandbox.command("cs-session");
    command.args(["capture-commits", &id(&sandbox), "--repo", "api"]).env("PATH", trap::path(&sandbox));
    let began = Instant::now();
    let captured = run(command, "");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(status(&captured), 74);
    assert!(stderr(&captured).contains("not finished after 10 s"), "{}", stderr(&captured));
    assert_eq!(sandbox.records()[0]["commits"].as_array().map(Vec::len), Some(0));
    let left = sandbox.sh(&format!("pgrep -f '[s]h {}/git'", trap::folder(&sandbox).display()));
    assert_eq!(stdout(&left), "", "it is still running");
}

#[test]
fn neither_the_directory_nor_the_environment_chooses_git_or_the_repository() {
    let sandbox = place("");
    let evil = trap::program(&sandbox, "git");
    cs_tests::made::copy(evil.as_ref(), &sandbox.work().join("git"));
    let mut command = sandbox.command("cs-session");
    let path = format!(".::{}", std::env::var("PATH").unwrap_or_default());
    command.args(["capture-commits", &id(&sandbox), "--repo", "api"]).env("PATH", path);
    command.env("GIT_DIR", "/nowhere").env("GIT_EXTERNAL_DIFF", sandbox.work().join("git")).env("GIT_TRACE", "2");
    let captured = run(command, "");
    assert_eq!((status(&captured), stderr(&captured)), (0, String::new()));
    assert_eq!(subjects(&stdout(&captured)), ["One"]);
    assert_eq!(trap::sprung(&sandbox), Vec::<String>::new());
}

#[test]
fn sha_256_names_are_cut_to_forty_digits() {
    let sandbox = place("--object-format=sha256");
    let captured = sandbox.cs("cs-session", &["capture-commits", &id(&sandbox), "--repo", "api"]);
    assert_eq!((status(&captured), stderr(&captured)), (0, String::new()));
    let record: Value = serde_json::from_str(&stdout(&captured)).expect("a record");
    assert_eq!(record["commits"][0]["sha"].as_str().map(str::len), Some(40));
}

#[test]
fn only_one_file_starts_git() {
    let mut places = Vec::new();
    let mut folders = vec![workspace().join("core/src"), workspace().join("bins"), workspace().join("libs")];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).expect("it is a source");
                if text.contains("\"git\"") && (text.contains("Command::new(") || text.contains("on_path(")) {
                    places.push(path.strip_prefix(workspace()).expect("it is below").display().to_string());
                }
            }
        }
    }
    places.retain(|path| !path.ends_with("_tests.rs"));
    assert_eq!(places, ["libs/cli/src/git.rs"]);
}

#[test]
fn commits_of_a_range_are_asked_for_without_starting_anything() {
    let sandbox = place("");
    let log = sandbox.home().join(".claude/projects/-home-work-api");
    fs::create_dir_all(&log).expect("it can be created");
    let uuid = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    let line = format!(
        r#"{{"type":"user","uuid":"21395aeb-67a1-4607-9102-101950cba19c","sessionId":"{uuid}","timestamp":"2026-11-21T09:00:00Z","message":{{"role":"user","content":"go"}}}}"#
    );
    fs::write(log.join(format!("{uuid}.jsonl")), line + "\n").expect("it can be written");
    let made = sandbox.sh(&format!(
        "cd api && id=$(cs-session create --intent x --claude-session {uuid} -q) && GIT_COMMITTER_DATE=2026-11-21T10:20:00Z \
         git commit -q --allow-empty -m Two && cs-session capture-commits $id -q\n{}",
        trap::script(&sandbox, 1_795_256_400)
    ));
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let report = sandbox.sh("cd api && cs-report prompts --commits HEAD~2.. --format jsonl");
    assert_eq!((status(&report), stderr(&report)), (0, String::new()));
    let rows: Vec<Value> = stdout(&report).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of =
        |name: &str| rows.iter().filter(|row| row["row"] == name).map(|row| row["text"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("prompt"), of("commit"), of("unmatched")),
        (vec!["go".into()], vec!["Two".into()], vec!["Signed".into()])
    );
    assert_eq!(trap::sprung(&sandbox), Vec::<String>::new());
    // Words that are options, or name nothing, are refused; nothing is written.
    for range in ["--output=stolen", "-1", "HEAD --all", "nothing..HEAD", ""] {
        let output = sandbox.sh(&format!("cd api && cs-report prompts --commits '{range}'"));
        assert_eq!(status(&output), 65, "{range}: {}", stderr(&output));
    }
    assert!(!sandbox.work().join("api/stolen").exists() && !sandbox.work().join("stolen").exists());
    let outside = sandbox.cs("cs-report", &["prompts", "--commits", "HEAD"]);
    assert_eq!(status(&outside), 64, "{}", stderr(&outside));
}
