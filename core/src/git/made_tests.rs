//! Commits as real git makes them, and what only looks like one.

use super::super::command;
use super::super::tests::{Fresh, git};
use super::*;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const GIT_COMMIT: &str = "git commit";

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A call whose hook ran right after its end.
fn call<'a>(root: &'a Path, line: &'a str, output: &'a str, mark: Option<&'a str>) -> Call<'a> {
    Call { line, output, cwd: root, told_at: now(), lasted: 0, mark }
}

fn subjects_of(root: &Path, call: &Call) -> Vec<String> {
    let commits = command::commits(call.line).expect("the line commits");
    find_made(root, call, &commits, |_| false).into_iter().map(|made| made.subject).collect()
}

/// The commits of a call that began at the mark and ends now.
fn subjects(root: &Path, line: &str, output: &str, mark: Option<&str>) -> Vec<String> {
    subjects_of(root, &call(root, line, output, mark))
}

fn mark_of(root: &Path) -> String {
    mark(&checkout_at(root).unwrap())
}

fn commit(root: &Path, subject: &str) -> String {
    git(root, &["commit", "-q", "--allow-empty", "-m", subject]);
    git(root, &["rev-parse", "HEAD"])
}

#[test]
fn a_commit_is_found_however_git_makes_it() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let none: Vec<String> = Vec::new();
    let mark = mark_of(&root);
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), none, "HEAD did not move");
    let sha = commit(&root, "Plain\n\nwith a body");
    let line = command::commits(GIT_COMMIT).unwrap();
    let found = find_made(&root, &call(&root, GIT_COMMIT, "", Some(&mark)), &line, |_| false);
    assert_eq!(found, [Made { sha, subject: "Plain".into(), replaces: None }]);
    let mark = mark_of(&root);
    git(&root, &["checkout", "-q", "--detach"]);
    commit(&root, "Detached");
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), ["Detached"]);
    git(&root, &["checkout", "-q", "-b", "side", "trunk"]);
    commit(&root, "Side");
    git(&root, &["checkout", "-q", "trunk"]);
    commit(&root, "Trunk");
    let mark = mark_of(&root);
    git(&root, &["merge", "-q", "--no-ff", "--no-commit", "side"]);
    git(&root, &["commit", "-q", "-m", "Merged"]);
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), ["Merged"]);
    let mark = mark_of(&root);
    git(&root, &["merge", "-q", "--no-ff", "-m", "Merged again", "HEAD^2"]);
    git(&root, &["reset", "-q", "--hard", "HEAD^"]);
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), none, "no commit of git commit");
    git(&root, &["pack-refs", "--all"]);
    let mark = mark_of(&root);
    commit(&root, "Packed");
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), ["Packed"]);
}

#[test]
fn the_first_commit_of_a_new_repository_is_found() {
    let fresh = Fresh::new();
    git(&fresh.0, &["init", "-q", "new"]);
    let root = fresh.0.join("new");
    let mark = mark_of(&root);
    commit(&root, "First");
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), ["First"]);
    assert_eq!(subjects(&root, GIT_COMMIT, "", None), ["First"], "git init came after the prompt");
}

#[test]
fn commits_are_found_in_other_repository_formats() {
    let fresh = Fresh::new();
    for (name, option) in [("sha256", "--object-format=sha256"), ("reftable", "--ref-format=reftable")] {
        let made = Command::new("git").current_dir(&fresh.0).args(["init", "-q", option, name]).output().unwrap();
        if !made.status.success() {
            continue;
        }
        let root = fresh.0.join(name);
        let mark = mark_of(&root);
        let sha = commit(&root, "Made");
        let output = format!("[main {}] Made\n", &sha[..9]);
        assert_eq!(subjects(&root, GIT_COMMIT, &output, Some(&mark)), ["Made"], "{name}");
        let never = "[main 7654321] never happened";
        let quiet = subjects(&root, GIT_COMMIT, never, Some(&mark));
        assert_eq!(quiet.is_empty(), name == "reftable", "{name}: {quiet:?}");
    }
}

#[test]
fn without_a_log_the_parents_of_head_are_followed() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    git(&root, &["config", "core.logAllRefUpdates", "false"]);
    std::fs::remove_dir_all(root.join(".git/logs")).unwrap();
    let none: Vec<String> = Vec::new();
    let mark = mark_of(&root);
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), none);
    commit(&root, "One");
    commit(&root, "Two");
    assert_eq!(subjects(&root, "git commit; git commit", "", Some(&mark)), ["One", "Two"]);
    git(&root, &["pack-refs", "--all"]);
    let mark = mark_of(&root);
    assert_eq!(mark.len(), 40);
    git(&root, &["commit", "-q", "--amend", "--allow-empty", "-m", "Three"]);
    assert_eq!(subjects(&root, "git commit; git commit", "", Some(&mark)), ["Three"]);
    let later = Call { told_at: now() + 60, ..call(&root, GIT_COMMIT, "", None) };
    assert_eq!(subjects_of(&root, &later), none);
}

#[test]
fn an_amended_commit_is_replaced() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let mark = mark_of(&root);
    let old = commit(&root, "Old");
    git(&root, &["commit", "-q", "--amend", "--allow-empty", "-m", "New"]);
    let new = git(&root, &["rev-parse", "HEAD"]);
    let line = "git commit -m Old && git commit --amend -m New";
    let found = find_made(&root, &call(&root, line, "", Some(&mark)), &command::commits(line).unwrap(), |_| false);
    assert_eq!(found, [Made { sha: new, subject: "New".into(), replaces: Some(old) }]);
}

#[test]
fn a_command_gets_no_more_commits_than_it_can_make() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let none: Vec<String> = Vec::new();
    let mark = mark_of(&root);
    let shas: Vec<String> = ["One", "Two", "Three"].map(|subject| commit(&root, subject)).into();
    let of = |line: &str, output: &str| subjects(&root, line, output, Some(&mark));
    assert_eq!(of("for i in 1 2 3; do git commit -m $i; done", ""), ["One", "Two", "Three"]);
    assert_eq!(of(GIT_COMMIT, ""), none, "which one it was cannot be told");
    assert_eq!(of("git commit -m Two", ""), ["Two"]);
    assert_eq!(of("git commit -m Two", &format!("[trunk {}] Three", &shas[2][..7])), ["Three"]);
    assert_eq!(of("git commit -m One; git commit -F -", &format!("x\n[trunk {}] Three\n", &shas[2])), ["One", "Three"]);
    let line = command::commits(GIT_COMMIT).unwrap();
    let known = |sha: &str| shas[1..].iter().any(|known| known == sha);
    assert_eq!(find_made(&root, &call(&root, GIT_COMMIT, "", Some(&mark)), &line, known).len(), 1);
}

#[test]
fn only_commits_made_while_the_command_ran_count() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let none: Vec<String> = Vec::new();
    let start = mark_of(&root);
    let sha = commit(&root, "Made");
    let told = |later: i64, lasted: i64, line, output, mark| {
        subjects_of(&root, &Call { told_at: now() + later, lasted, ..call(&root, line, output, mark) })
    };
    let printed = format!("[trunk {}] Made", &sha[..7]);
    assert_eq!(told(0, 0, GIT_COMMIT, "", Some(&start)), ["Made"]);
    assert_eq!(told(20, 0, GIT_COMMIT, "", Some(&start)), none);
    assert_eq!(told(20, 0, "git commit -m Made", "", Some(&start)), ["Made"], "the hook is late");
    assert_eq!(told(20, 15, GIT_COMMIT, "", Some(&start)), ["Made"], "the command was long");
    assert_eq!(told(60, 0, "git commit -m Made", "", Some(&start)), none);
    assert_eq!(told(600, 0, GIT_COMMIT, &printed, Some(&start)), ["Made"], "git said so, and HEAD moved in this turn");
    assert_eq!(told(600, 0, GIT_COMMIT, &printed, None), none);
    assert_eq!(told(600, i64::MAX, "git commit -m Made", "", None), ["Made"]);
    assert_eq!(told(-60, 0, GIT_COMMIT, "", None), none, "not made yet");
    let after = mark_of(&root);
    assert_eq!(told(0, 0, GIT_COMMIT, &printed, Some(&after)), none, "it was there before");
    // A rewritten log is another file, so the mark does not apply.
    let text = std::fs::read(root.join(".git/logs/HEAD")).unwrap();
    std::fs::write(root.join("log"), text).unwrap();
    std::fs::rename(root.join("log"), root.join(".git/logs/HEAD")).unwrap();
    assert_eq!(told(0, 0, "git commit -m Made", "", Some(&after)), ["Made"]);
}

#[test]
fn commits_are_counted_from_the_output() {
    let count =
        |line: &str, output: &str, failed| super::count(&crate::git::command::commits(line).unwrap(), output, failed);
    assert_eq!(count("git commit -qm a && git commit -qm b", "", false), 2, "both were quiet");
    assert_eq!(count("git commit -m a && git commit -m b", "[main 1a2b3c4] a\n 1 file\nerror", true), 1);
    assert_eq!(count("git commit -m a", "nothing to commit, working tree clean", false), 0);
    assert_eq!(count("git commit -qm a", "", true), 0);
    assert_eq!(count("for f in *; do git commit -m $f; done", "[main 1a2b3c4] a\n[main 2a2b3c4] b", false), 2);
}

#[test]
fn a_forged_commit_date_does_not_matter() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let mark = mark_of(&root);
    let old = ["-c", "user.name=t", "-c", "user.email=t@e", "commit", "-q", "--allow-empty", "-m", "Dated"];
    let made =
        Command::new("git").current_dir(&root).env("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z").args(old).status();
    assert!(made.unwrap().success());
    assert_eq!(subjects(&root, GIT_COMMIT, "", Some(&mark)), ["Dated"]);
}

#[test]
fn linked_work_trees_and_submodules_are_the_same_repository() {
    let fresh = Fresh::new();
    let (root, library) = (fresh.repository("main"), fresh.repository("library"));
    git(&root, &["worktree", "add", "-q", "-b", "side", "../linked"]);
    git(&root, &["submodule", "--quiet", "add", library.to_str().unwrap(), "vendor/library"]);
    let (linked, module) = (fresh.0.join("linked"), root.join("vendor/library"));
    let mark = mark_of(&root);
    commit(&linked, "Linked");
    commit(&module, "Module");
    let all = |line| subjects(&root, line, "", Some(&mark));
    assert_eq!(all("git -C ../linked commit -m Linked"), ["Linked"]);
    assert_eq!(all("cd vendor && git -C library commit -m Module"), ["Module"]);
    assert_eq!(all("git commit"), Vec::<String>::new());
    let inside = Call { cwd: &module, ..call(&root, GIT_COMMIT, "", Some(&mark)) };
    assert_eq!(subjects_of(&root, &inside), ["Module"]);
    // Seen from a linked work tree, the main one is the same repository too.
    let mark = mark_of(&linked);
    commit(&root, "Main");
    assert_eq!(subjects(&linked, "cd ../main; git commit -m Main", "", Some(&mark)), ["Main"]);
}

#[test]
fn repositories_inside_a_checkout_are_not_ours() {
    let fresh = Fresh::new();
    let root = fresh.repository("main");
    let none: Vec<String> = Vec::new();
    let mark = mark_of(&root);
    let nested = root.join("nested");
    git(&root, &["clone", "-q", ".", "nested"]);
    git(&root, &["clone", "-q", "--bare", ".", "bare.git"]);
    let sha = commit(&nested, "Elsewhere");
    git(&nested, &["push", "-q", "../bare.git", "HEAD"]);
    let printed = format!("[main {}] Elsewhere", &sha[..7]);
    for cwd in ["nested", "bare.git", "bare.git/objects"].map(|dir| root.join(dir)) {
        let call = Call { cwd: &cwd, ..call(&root, "git commit -m Elsewhere", &printed, Some(&mark)) };
        assert_eq!(subjects_of(&root, &call), none, "{}", cwd.display());
    }
    // `.git` was replaced: the log is another file, and no evidence says that the call made the commit.
    std::fs::rename(root.join(".git"), root.join("was")).unwrap();
    std::fs::write(root.join(".git"), "gitdir: nested/.git\n").unwrap();
    assert_eq!(subjects_of(&root, &call(&root, GIT_COMMIT, "", Some(&mark))), none);
}
