//! Commits made by a session, and others: made with real git and reported by the client's Bash calls. No hook starts a
//! program, whatever a repository says.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use cs_tests::replay::{Client, Stage, instant};
use cs_tests::{run, stdout, trap};
use serde_json::{Value, json};

use super::{
    UUID, bash, check_quiet, in_repository, payload, prompt, run_bash, run_hourly_job, send, send_silently, stage,
    start,
};

/// The commits of the session, as a reader sees them.
fn commits(stage: &Stage) -> Vec<Value> {
    let shown = stage.sandbox.cs("cs-session", &["show", &format!("claude:{UUID}"), "--json"]);
    let record: Value = serde_json::from_str(&stdout(&shown)).expect("a session is shown as JSON");
    record["commits"].as_array().expect("a list").clone()
}

fn subjects(stage: &Stage) -> Vec<String> {
    commits(stage).iter().map(|commit| commit["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Sends an event in a directory, with a malicious git first on PATH; the hook must be quick and start nothing.
fn send_in(stage: &Stage, at: u64, cwd: &Path, event: &str, more: Value) {
    let mut payload = payload(stage, UUID, event, more);
    payload["cwd"] = json!(cwd);
    let mut command = stage.command("cs-hook", at * 1000, Client::Interactive);
    command.env("PATH", trap::path(&stage.sandbox)).current_dir(cwd);
    let began = Instant::now();
    check_quiet(&run(command, &payload.to_string()), event);
    assert!(began.elapsed() < Duration::from_secs(10), "{event} took {:?}", began.elapsed());
    assert_eq!(trap::sprung(&stage.sandbox), Vec::<String>::new(), "{event} started a program");
}

#[test]
fn commits_of_the_session_are_recorded_with_all_fields() {
    let stage = stage();
    run_bash(&stage, 70, "git commit --allow-empty -m 'Fix it'");
    let once = bash("git commit --allow-empty -m 'Fix it'", "");
    send_silently(&stage, 71, UUID, "PostToolUse", once);
    let head = in_repository(&stage, 72, "git rev-parse HEAD");
    assert_eq!(commits(&stage), [json!({"sha": head.trim(), "message": "Fix it"})]);
    run_hourly_job(&stage, 80);
    let project = stage.sandbox.json("projects/repo.json");
    assert_eq!(project["recent_commits"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_quiet_commit_of_the_command_that_just_ended_is_recorded() {
    let stage = stage();
    in_repository(&stage, 80, "git commit -q --allow-empty -m Quiet");
    send_silently(&stage, 500, UUID, "PostToolUse", bash("git commit -q -m Quiet", ""));
    assert_eq!(subjects(&stage), Vec::<String>::new(), "too old to come from this command");
    let mut long = bash("git commit -q -m Quiet && make", "");
    long["duration_ms"] = json!(418_500);
    send_silently(&stage, 501, UUID, "PostToolUse", long);
    assert_eq!(subjects(&stage), ["Quiet"], "the command ran for seven minutes");
}

#[test]
fn commits_made_in_any_way_are_recorded() {
    let stage = stage();
    let forms = [
        ("git commit --allow-empty -qm One && git commit --allow-empty -qm Two", vec!["One", "Two"]),
        ("for i in Three Four; do git commit --allow-empty -qm $i; done", vec!["Three", "Four"]),
        ("git checkout -q --detach && git commit --allow-empty -m Five", vec!["Five"]),
        ("git commit --amend --allow-empty -m Six", vec!["-Five", "Six"]),
        ("git checkout -q main && git pack-refs --all && git commit --allow-empty -qm Seven", vec!["Seven"]),
        ("sh -c 'env A=b timeout 9 git --no-pager commit --allow-empty -qm Eight'", vec!["Eight"]),
        ("git commit --allow-empty -F - <<'EOF'\nIt's nine\n\nBody\nEOF", vec!["It's nine"]),
        ("git commit --allow-empty -qm Ten --date 2001-01-01T00:00:00", vec!["Ten"]),
        ("git worktree add -q ../tree && cd ../tree && git commit --allow-empty -qm Eleven", vec!["Eleven"]),
        ("git merge -q --no-ff --no-commit tree && git commit -qm Twelve", vec!["Twelve"]),
        ("git init -q ../lib && git -C ../lib commit --allow-empty -qm Not", vec![]),
        ("git submodule --quiet add ../lib lib && git commit -qm Thirteen", vec!["Thirteen"]),
        ("cd lib && git commit --allow-empty -qm Fourteen", vec!["Fourteen"]),
    ];
    let mut expected: Vec<&str> = Vec::new();
    for (n, (command, made)) in (0..).zip(forms) {
        run_bash(&stage, 100 + n * 100, command);
        for subject in made {
            match subject.strip_prefix('-') {
                Some(gone) => expected.retain(|known| *known != gone),
                None => expected.push(subject),
            }
        }
        assert_eq!(subjects(&stage), expected, "{command}");
    }
}

#[test]
fn a_commit_counts_even_if_its_command_fails_later() {
    let stage = stage();
    let output = in_repository(&stage, 70, "git commit --allow-empty -m Made; echo oops");
    let failed = json!({"tool_name": "Bash", "tool_input": {"command": "git commit --allow-empty -m Made && make"},
        "error": format!("Exit code 2\n{output}"), "duration_ms": 900});
    send_silently(&stage, 71, UUID, "PostToolUseFailure", failed);
    assert_eq!(subjects(&stage), ["Made"]);
}

#[test]
fn commits_in_other_repository_formats_are_recorded() {
    for option in ["--object-format=sha256", "--ref-format=reftable"] {
        let stage = Stage::new();
        let made = stage.sandbox.sh(&format!("rm -rf ~/repo && git init -q {option} ~/repo"));
        if !made.status.success() {
            continue; // this git is too old
        }
        start(&stage, 0, UUID, "startup");
        prompt(&stage, 60, UUID, "do it");
        run_bash(&stage, 70, "git commit --allow-empty -m Made");
        assert_eq!(subjects(&stage), ["Made"], "{option}");
        run_bash(&stage, 80, "echo '[main 7654321] never happened'; git commit -m nothing || true");
        assert_eq!(subjects(&stage), ["Made"], "{option}");
        assert_eq!(commits(&stage)[0]["sha"].as_str().map(str::len), Some(40));
    }
}

#[test]
fn output_that_only_looks_like_a_commit_is_ignored() {
    let stage = stage();
    let first = in_repository(&stage, 0, "git rev-parse --short HEAD");
    let never = "[main 7654321] never happened";
    let there = format!("[main {}] first", first.trim());
    for (n, command) in
        (0..).zip(["git commit -m x", "git commit -qm first", "git log | grep commit", "git notes list"])
    {
        for (m, output) in (0..).zip([never, &there, "", "nothing to commit, working tree clean"]) {
            send_silently(&stage, 61 + 5 * n + m, UUID, "PostToolUse", bash(command, output));
        }
    }
    assert_eq!(subjects(&stage), Vec::<String>::new(), "HEAD did not move");
    let output = in_repository(&stage, 100, "git commit --allow-empty -m Other");
    for command in ["git log | grep commit", "git notes add -m commit", "echo 'git commit'", "git commit --dry-run"] {
        send_silently(&stage, 101, UUID, "PostToolUse", bash(command, &output));
    }
    assert_eq!(subjects(&stage), Vec::<String>::new(), "these commands commit nothing");
}

#[test]
fn a_commit_by_somebody_else_in_the_work_tree_is_ignored() {
    let stage = stage();
    in_repository(&stage, 65, "git commit -q --allow-empty -m Before");
    let output = in_repository(&stage, 70, "git commit --allow-empty -m Ours");
    in_repository(&stage, 72, "git commit -q --allow-empty -m After");
    send_silently(&stage, 73, UUID, "PostToolUse", bash("git commit --allow-empty -F -", &output));
    assert_eq!(subjects(&stage), ["Ours"]);
    // Nor when a prompt finds it.
    prompt(&stage, 74, UUID, "go on");
    send_silently(&stage, 75, UUID, "PostToolUse", bash("git commit --allow-empty -m After", ""));
    assert_eq!(subjects(&stage), ["Ours"]);
}

#[test]
fn a_commit_may_be_reported_after_the_next_prompt() {
    let stage = stage();
    let output = in_repository(&stage, 70, "git commit --allow-empty -m Made");
    let mut late = bash("git commit --allow-empty -m Made", &output);
    late["prompt_id"] = json!("prompt-60");
    prompt(&stage, 72, UUID, "go on");
    send_silently(&stage, 73, UUID, "PostToolUse", late);
    assert_eq!(subjects(&stage), ["Made"]);
}

#[test]
fn a_hook_starts_no_program_named_by_a_repository() {
    let stage = stage();
    // The start of 2026-11-21T10:01:10Z.
    let traps = trap::script(&stage.sandbox, 1_795_255_270);
    in_repository(&stage, 70, "git clone -q --bare . tools/bare");
    in_repository(&stage, 70, &format!("cd tools/bare\n{}", traps.replace(".git/info", "info")));
    in_repository(&stage, 70, &traps);
    let root = stage.repository("repo");
    for cwd in [root.join("tools/bare"), root.join("tools/bare/objects"), root.clone()] {
        for command in ["grep -r git . | grep commit", "git commit -qm Signed"] {
            send_in(&stage, 71, &cwd, "PostToolUse", bash(command, ""));
        }
        send_in(
            &stage,
            71,
            &cwd,
            "PostToolUseFailure",
            json!({"tool_name": "Bash", "tool_input": {"command": "git commit"}}),
        );
        for (event, more) in [
            ("SessionStart", json!({"source": "startup"})),
            ("UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"})),
            ("PermissionRequest", bash("git commit", "")),
            ("Notification", json!({"message": "x"})),
            ("PreCompact", json!({"trigger": "auto"})),
        ] {
            send_in(&stage, 72, &cwd, event, more);
        }
    }
    assert_eq!(subjects(&stage), ["Signed"], "it could be read");
    send_in(&stage, 80, &root, "SessionEnd", json!({"reason": "other"}));
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn a_hook_starts_no_child_process() {
    if !cs_tests::has(cs_tests::strace::is_possible()) {
        return;
    }
    let stage = stage();
    let output = in_repository(&stage, 70, "git commit --allow-empty -m Made");
    let log = stage.sandbox.root().join("log");
    let hook = stage.command("cs-hook", 71_000, Client::Interactive);
    let mut strace = stage.sandbox.command("strace");
    strace.args(["-f", "-qq", "-e", "trace=execve,execveat,fork,vfork,clone,clone3", "-o"]).arg(&log);
    strace.arg(hook.get_program()).env("CS_NOW", instant(71_000)).current_dir(stage.repository("repo"));
    let payload = payload(&stage, UUID, "PostToolUse", bash("git commit --allow-empty -m Made", &output));
    check_quiet(&run(strace, &payload.to_string()), "strace");
    let calls = fs::read_to_string(&log).expect("strace writes its log");
    assert_eq!(calls.lines().count(), 1, "only strace itself starts a program:\n{calls}");
    assert_eq!(subjects(&stage), ["Made"]);
}

/// Damages a repository after a commit; returns the session's commits.
fn after(harm: &str) -> Vec<String> {
    let stage = stage();
    in_repository(&stage, 70, "git commit -q --allow-empty -m Made");
    in_repository(&stage, 70, harm);
    let root = stage.repository("repo");
    send_in(&stage, 71, &root, "PostToolUse", bash("git commit -q -m Made", "[main 7654321] never happened"));
    let found = subjects(&stage);
    send_in(&stage, 72, &root, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"}));
    send_in(&stage, 73, &root, "SessionStart", json!({"source": "startup"}));
    found
}

#[test]
fn a_damaged_head_is_harmless() {
    for harm in [
        "rm .git/HEAD && mkfifo .git/HEAD",
        "rm .git/HEAD && ln -s /dev/zero .git/HEAD",
        "rm .git/HEAD && mkdir .git/HEAD",
        "rm -rf .git; echo 'gitdir: /dev/zero' >.git",
        "rm -rf .git; mkfifo .git",
        "rm -rf .git; ln -s /dev/zero .git",
        "rm -rf .git; ln -s .git .git",
        "echo /dev/zero >.git/commondir",
    ] {
        assert_eq!(after(harm), Vec::<String>::new(), "{harm}");
    }
    // If HEAD has no readable log, HEAD itself is read; a readable log is enough.
    for harm in [
        "truncate -s 3G .git/HEAD",
        "rm .git/logs/HEAD && mkfifo .git/logs/HEAD",
        "rm .git/logs/HEAD && ln -s /dev/zero .git/logs/HEAD",
        "mkfifo .git/commondir",
    ] {
        assert_eq!(after(harm), ["Made"], "{harm}");
    }
}

#[test]
fn damaged_references_and_objects_are_harmless() {
    for harm in [
        "truncate -s 3G .git/logs/HEAD",
        "rm -r .git/logs; printf 'ref: refs/heads/../../../../etc/passwd' >.git/HEAD",
        "rm -r .git/logs; printf 'ref: refs/heads/main' >.git/refs/heads/main",
        "rm -r .git/logs .git/refs/heads/main; mkfifo .git/refs/heads/main",
        "rm -r .git/logs; git pack-refs --all; rm .git/packed-refs; mkfifo .git/packed-refs",
        "rm -r .git/logs; git pack-refs --all; rm .git/packed-refs; ln -s /dev/zero .git/packed-refs",
        "mv .git/objects .git/was; ln -s was .git/objects",
        "mv .git/objects was; ln -s ../was .git/objects",
    ] {
        assert_eq!(after(harm), Vec::<String>::new(), "{harm}");
    }
    for harm in ["mkfifo $o", "ln -s /dev/zero $o", "truncate -s 3G $o", "head -c 99 /dev/urandom >$o"] {
        let object = "o=.git/objects/$(git rev-parse HEAD | sed 's,..,&/,'); rm -f $o";
        assert_eq!(after(&format!("{object}; {harm}")), Vec::<String>::new(), "{harm}");
    }
}

#[test]
fn an_endless_object_is_read_up_to_a_limit() {
    let stage = stage();
    let bomb = r#"
        head() { printf 'tree %s\nauthor A <a@b> 1763719270 +0000\ncommitter A <a@b> 1763719270 +0000\n' $(git write-tree); }
        { head; head -c 300000000 /dev/zero; } | git hash-object --literally -t commit -w --stdin >/tmp/x
    "#;
    let script = bomb.replace("/tmp/x", "bomb")
        + "\ngit rev-parse HEAD >was; printf '%s %s A <a@b> 1763719270 +0000\\tcommit: Bomb\\n' $(cat was bomb) >>.git/logs/HEAD";
    in_repository(&stage, 70, &script.replace("head;", "_head;").replace("head()", "_head()"));
    let root = stage.repository("repo");
    send_in(&stage, 71, &root, "PostToolUse", bash("git commit -m Bomb", ""));
    assert_eq!(subjects(&stage), Vec::<String>::new());
    // An endless message is read as far as needed.
    let long = "{ printf 'Long\\n\\n'; head -c 30000000 /dev/zero | tr '\\0' a; } | git commit -q --allow-empty -F -";
    run_bash(&stage, 80, long);
    assert_eq!(subjects(&stage), ["Long"]);
}

#[test]
fn commits_in_a_nested_clone_are_not_recorded() {
    let stage = stage();
    let output = in_repository(&stage, 70, "git clone -q . nested && cd nested && git commit --allow-empty -m Nested");
    let root = stage.repository("repo");
    for cwd in ["", "nested", "nested/.git"] {
        let reported = bash("git commit --allow-empty -m Nested", &output);
        send_in(&stage, 71, &root.join(cwd), "PostToolUse", reported);
    }
    assert_eq!(subjects(&stage), Vec::<String>::new());
    let _ = symlink("nested/.git", root.join("link"));
    let link = bash("git -C link commit --allow-empty -m Nested", &output);
    send_in(&stage, 72, &root, "PostToolUse", link);
    assert_eq!(subjects(&stage), Vec::<String>::new());
}

#[test]
fn a_commit_by_a_subagent_belongs_to_the_session() {
    let stage = stage();
    let output = in_repository(&stage, 70, "git commit --allow-empty -m Helped");
    let mut reported = payload(&stage, UUID, "PostToolUse", bash("git commit --allow-empty -m Helped", &output));
    reported["agent_id"] = json!("a1");
    check_quiet(&send(&stage, 71, &reported), "helper");
    assert_eq!(subjects(&stage), ["Helped"]);
}
