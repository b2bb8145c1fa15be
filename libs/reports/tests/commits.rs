//! Whose the commits of a range are: with real repositories, in which branches are rebased, squashed, amended and picked,
//! and in which other people commit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use cli::git::CommitRange;
use cs_core::clock::{self, Instant};
use cs_core::id::Slug;
use cs_core::paths::Home;
use cs_core::session::{self, Start};
use cs_core::store::Store;
use reports::{Commits, Repository, find_commits};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const ANN: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const BOB: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const CAT: &str = "cccccccc-0000-4000-8000-000000000003";

struct Town {
    root: TempDir,
    store: Store,
}

impl Town {
    fn new() -> Town {
        let root = TempDir::new().unwrap();
        let store = Store::for_people(Home::at(root.path().join("dashboard")), agents::WITNESS);
        let town = Town { store, root };
        fs::create_dir(town.repository()).unwrap();
        town.git("init -q -b main .", 0);
        town.commit("Begin", 0);
        town
    }

    fn repository(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap().join("repo")
    }

    /// Runs git at this minute.
    fn git(&self, words: &str, minute: u32) -> String {
        self.sh(&format!("git {words}"), minute, &self.repository())
    }

    fn sh(&self, script: &str, minute: u32, dir: &Path) -> String {
        let date = stamp(minute);
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(dir).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("HOME", self.root.path()).env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
        }
        let done = command.env("GIT_EDITOR", "true").output().unwrap();
        assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_string()
    }

    /// Commits a file of its own; returns the name of the commit.
    fn commit(&self, message: &str, minute: u32) -> String {
        let file = message.replace(|c: char| !c.is_alphanumeric(), "-");
        fs::write(self.repository().join(format!("{file}-{minute}")), message).unwrap();
        self.git(&format!("add -A && git commit -q -m '{message}' && git rev-parse HEAD"), minute)
    }

    /// The session of a conversation in a work tree, with commits: name, subject, minute in which the call ended.
    fn session(&self, uuid: &str, root: &Path, commits: &[(&str, &str, u32)]) -> String {
        let start = Start {
            intent: "work".into(),
            claude_session_id: Some(uuid.to_string()),
            worktree_root: Some(root.to_string_lossy().into_owned()),
            ..Start::default()
        };
        let fill = |record: &mut cs_core::record::Session| {
            commits.iter().try_for_each(|(sha, subject, minute)| session::commit(record, sha, subject, at(*minute)))
        };
        self.store.create(&Slug::parse("repo").unwrap(), start, fill, at(0)).unwrap().session_id
    }

    fn find(&self, range: &str) -> Commits {
        let checkout = cs_core::git::find(&self.repository()).unwrap();
        let found = CommitRange::read(&checkout.worktree_root.to_string_lossy(), range).unwrap();
        let repository = Repository {
            checkout: &checkout,
            authored_at: &|sha| found.authored_at(sha),
            is_in_history: &|sha| found.is_in_history(sha),
        };
        find_commits(&self.store, &found.commits, &repository).unwrap()
    }

    /// By conversation: the subjects with how they are known; `-` has those of nobody.
    fn whose(&self, range: &str) -> BTreeMap<String, Vec<String>> {
        let found = self.find(range);
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in &found.sessions {
            let words = one.commits.iter().map(|commit| format!("{} {}", commit.how.word(), commit.subject));
            let owner = one.conversation.as_deref().and_then(|uuid| uuid.get(..1)).unwrap_or("?");
            all.entry(owner.to_string()).or_default().extend(words);
        }
        if !found.unmatched.is_empty() {
            all.insert("-".into(), found.unmatched.into_iter().map(|commit| commit.subject).collect());
        }
        all
    }

    fn forget_objects(&self) {
        self.git("reflog expire --expire=all --expire-unreachable=all --all && git gc -q --prune=all", 900);
    }
}

fn stamp(minute: u32) -> String {
    format!("2026-11-21T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

fn at(minute: u32) -> Instant {
    clock::parse(&stamp(minute)).unwrap()
}

#[track_caller]
fn check(found: &BTreeMap<String, Vec<String>>, expected: &[(&str, &[&str])]) {
    let found: Vec<(&str, Vec<&str>)> =
        found.iter().map(|(who, commits)| (who.as_str(), commits.iter().map(String::as_str).collect())).collect();
    assert_eq!(found, expected.iter().map(|(who, commits)| (*who, commits.to_vec())).collect::<Vec<_>>());
}

/// A branch `work` with three commits of Ann, Bob and somebody else; `main` has moved on.
fn branch(town: &Town) {
    town.git("checkout -q -b work", 1);
    let one = town.commit("Fix the login", 10);
    let two = town.commit("Test the login", 20);
    town.commit("By hand", 30);
    town.git("checkout -q main", 31);
    town.commit("Elsewhere", 32);
    town.git("checkout -q work", 33);
    town.session(ANN, &town.repository(), &[(&one, "Fix the login", 11)]);
    town.session(BOB, &town.repository(), &[(&two[..8], "Test the login", 22)]);
}

#[test]
fn recorded_commits_are_found_by_name_and_foreign_ones_are_listed() {
    let town = Town::new();
    branch(&town);
    let expected: &[(&str, &[&str])] =
        &[("-", &["By hand"]), ("a", &["recorded Fix the login"]), ("b", &["recorded Test the login"])];
    check(&town.whose("main..HEAD"), expected);
    check(&town.whose("work ^main"), expected);
    check(&town.whose("HEAD~1..HEAD"), &[("-", &["By hand"])]);
    check(&town.whose("work..main"), &[("-", &["Elsewhere"])]);
    check(&town.whose("HEAD..HEAD"), &[]);
}

#[test]
fn rebased_commits_are_found_by_message_and_author_time() {
    for is_gone in [false, true] {
        let town = Town::new();
        branch(&town);
        town.git("rebase -q main", 100);
        if is_gone {
            town.forget_objects();
        }
        let expected: &[(&str, &[&str])] =
            &[("-", &["By hand"]), ("a", &["rewritten Fix the login"]), ("b", &["rewritten Test the login"])];
        check(&town.whose("main..HEAD"), expected);
        // Of two ways to the same commit the recorded one counts.
        let short = town.git("rev-parse HEAD~2", 101);
        town.session(CAT, &town.repository(), &[(&short[..7], "Fix the login", 101)]);
        check(&town.whose("main..HEAD~1"), &[("b", &["rewritten Test the login"]), ("c", &["recorded Fix the login"])]);
    }
}

#[test]
fn the_same_message_alone_proves_nothing() {
    let town = Town::new();
    let other = town.root.path().join("other");
    fs::create_dir(&other).unwrap();
    town.sh("git init -q .", 0, &other);
    // The same words, at another time, and at the same time in another repository.
    let gone = "0123456789abcdef0123456789abcdef01234567";
    town.session(ANN, &town.repository(), &[(gone, "Fix tests", 300)]);
    town.session(BOB, &other, &[("1123456789abcdef0123456789abcdef01234567", "Fix tests", 11)]);
    let before = town.git("rev-parse HEAD", 9);
    town.commit("Fix tests", 10);
    check(&town.whose(&format!("{before}..")), &[("-", &["Fix tests"])]);
    // Two conversations with equal claims: nobody's.
    town.commit("wip", 400);
    town.session(CAT, &town.repository(), &[("2123456", "wip", 401)]);
    check(&town.whose("HEAD~1.."), &[("c", &["rewritten wip"])]);
    town.session("dddddddd-0000-4000-8000-000000000004", &town.repository(), &[("3123456", "wip", 402)]);
    check(&town.whose("HEAD~1.."), &[("-", &["wip"])]);
}

#[test]
fn a_commit_that_is_still_in_the_history_became_nothing_else() {
    let town = Town::new();
    let old = town.commit("Update", 10);
    town.session(ANN, &town.repository(), &[(&old, "Update", 11)]);
    town.commit("Update", 12);
    fs::write(town.repository().join("list"), "x").unwrap();
    town.git("add -A && git commit -q -m 'Release' -m '- Update'", 15);
    check(&town.whose("HEAD~2.."), &[("-", &["Update", "Release"])]);
    check(&town.whose("HEAD~3.."), &[("-", &["Update", "Release"]), ("a", &["recorded Update"])]);
}

#[test]
fn squashed_commits_are_found_by_names_or_lines_of_the_message() {
    for script in [
        // As git writes it, with the names; as a forge writes it; as an interactive rebase does.
        "git merge -q --squash work && git commit -q --no-edit",
        "git merge -q --squash work && git commit -q -m 'Login (#12)' -m '* Fix the login' -m '* Test the login' -m '* By hand'",
        "git checkout -q work && GIT_SEQUENCE_EDITOR=\"sed -i '2,$ s/^pick/squash/'\" git rebase -q -i main",
    ] {
        let town = Town::new();
        branch(&town);
        town.git("checkout -q main", 99);
        town.sh(script, 100, &town.repository());
        town.git("checkout -q -B result && git branch -D -q work", 101);
        town.forget_objects();
        let found = town.find("main~1..result");
        let mut hows: Vec<(&str, &str)> = found
            .sessions
            .iter()
            .flat_map(|one| {
                one.commits.iter().map(|commit| (&one.conversation.as_ref().unwrap()[..1], commit.how.word()))
            })
            .collect();
        hows.sort_unstable();
        // The first of an interactive rebase keeps its subject and author time.
        let first = if script.contains("rebase") { "rewritten" } else { "squashed" };
        assert_eq!(hows, [("a", first), ("b", "squashed")], "{script}");
    }
}

#[test]
fn amended_and_picked_commits_are_found() {
    let town = Town::new();
    let first = town.commit("Draft", 10);
    let id = town.session(ANN, &town.repository(), &[(&first, "Draft", 11)]);
    // Amended by the session two hours later, then rebased: the author time is that of the draft.
    let amended = town.git("commit -q --amend -m Final && git rev-parse HEAD", 120);
    let id = cs_core::id::SessionId::parse(&id).unwrap();
    let amend =
        |record: &mut cs_core::record::Session| session::amended_commit(record, &first, &amended, "Final", at(121));
    town.store.update(&id, at(121), amend).unwrap();
    check(&town.whose("HEAD~1.."), &[("a", &["recorded Final"])]);
    town.git("checkout -q -b next HEAD~1 && git commit -q --allow-empty -m Base && git cherry-pick main", 130);
    check(&town.whose("HEAD~2.."), &[("-", &["Base"]), ("a", &["rewritten Final"])]);
    town.git("branch -D -q main", 131);
    town.forget_objects();
    check(&town.whose("HEAD~2.."), &[("-", &["Base"]), ("a", &["rewritten Final"])]);
    // Picked with its name, by somebody with another message.
    let picked = format!("commit -q --allow-empty -m 'Ported' -m '(cherry picked from commit {amended})'");
    town.git(&picked, 140);
    check(&town.whose("HEAD~1.."), &[("a", &["picked Ported"])]);
}

#[test]
fn work_trees_submodules_and_long_names_are_understood() {
    let town = Town::new();
    let base = town.git("rev-parse HEAD", 1);
    town.git("worktree add -q ../tree -b side", 1);
    let tree = town.repository().parent().unwrap().join("tree");
    let name = town.sh("git commit -q --allow-empty -m Side && git rev-parse HEAD", 10, &tree);
    town.session(ANN, &tree, &[(&name[..5], "Side", 10)]);
    check(&town.whose(&format!("{base}..side")), &[("a", &["recorded Side"])]);

    let long = Town::new();
    fs::remove_dir_all(long.repository().join(".git")).unwrap();
    long.git("init -q -b main --object-format=sha256 .", 0);
    long.commit("Begin", 0);
    let name = long.commit("Long", 10);
    assert_eq!(name.len(), 64);
    long.session(ANN, &long.repository(), &[(&name[..40], "Long", 10)]);
    check(&long.whose("HEAD~1.."), &[("a", &["recorded Long"])]);
}

#[test]
fn words_that_name_no_commits_are_refused() {
    let town = Town::new();
    let dir = town.repository().to_string_lossy().into_owned();
    let output = town.root.path().join("output");
    let option = format!("--output={}", output.display());
    for range in
        ["", " ", "nothing..HEAD", "HEAD nothing", "--all", "-n1 HEAD", &option, "HEAD --", "HEAD:x", "HEAD^{tree}"]
    {
        let error = CommitRange::read(&dir, range).map(|found| found.commits.len());
        assert!(error.is_err() || error.as_ref().is_ok_and(|n| *n == 0), "{range}: {error:?}");
    }
    assert!(!output.exists());
    let found = CommitRange::read(&dir, "HEAD").unwrap();
    assert_eq!(found.authored_at("--all"), None);
    assert!(!found.is_in_history("--all") && !found.is_in_history("0123456"));
}
