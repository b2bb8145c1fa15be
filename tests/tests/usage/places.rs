//! Where logs are: links are followed, and unreadable folders are reported.

use super::*;
use std::os::unix::fs::symlink;

const ONCE: [u64; 4] = [100, 10, 0, 0];

fn notes(sandbox: &Sandbox) -> String {
    stderr(&sandbox.cs("cs-usage", &["model"]))
}

#[test]
fn linked_folders_are_followed_once() {
    let sandbox = Sandbox::new();
    put(&sandbox, &format!("disk/shop/{}.jsonl", id(1)), &ANSWER.line());
    let (home, projects) = (sandbox.home().to_path_buf(), sandbox.home().join(".claude/projects"));
    fs::create_dir_all(&projects).unwrap();
    symlink(home.join("disk/shop"), projects.join("-home-dev-shop")).unwrap();
    assert_eq!(total(&sandbox), ONCE);
    // Another path to the same folder, one that leads through it, and loops.
    symlink(home.join("disk/shop"), projects.join("-home-dev-again")).unwrap();
    symlink(home.join("disk"), projects.join("-home-dev-disk")).unwrap();
    symlink(&projects, projects.join("-home-dev-circle")).unwrap();
    symlink(&home, projects.join("-home-dev-home")).unwrap();
    symlink(home.join("disk"), home.join("disk/shop/up")).unwrap();
    put(&sandbox, &format!("disk/other/{}.jsonl", id(1)), &ANSWER.line());
    assert_eq!((total(&sandbox), notes(&sandbox)), (ONCE, String::new()));
    assert_eq!(usage(&sandbox, &["daily"])[0]["messages"], 1);
    // The folder of all projects, and the whole configuration.
    fs::rename(&projects, home.join("disk/projects")).unwrap();
    symlink(home.join("disk/projects"), &projects).unwrap();
    assert_eq!(total(&sandbox), ONCE);
    fs::rename(home.join(".claude"), home.join("disk/claude")).unwrap();
    symlink(home.join("disk/claude"), home.join(".claude")).unwrap();
    assert_eq!(total(&sandbox), ONCE);
}

#[test]
fn keep_and_check_follow_links() {
    let sandbox = Sandbox::new();
    let file = put(&sandbox, &format!("disk/shop/{}.jsonl", id(1)), &ANSWER.line());
    let projects = sandbox.home().join(".claude/projects");
    fs::create_dir_all(&projects).unwrap();
    symlink(sandbox.home().join("disk/shop"), projects.join("-home-dev-shop")).unwrap();
    // The log of a subagent whose conversation has no other log.
    let agent = Answer { session: 2, message: "msg_2", more: "\"isSidechain\":true,", ..ANSWER };
    let agent = put(&sandbox, &format!("disk/shop/{}/subagents/agent-a1.jsonl", id(2)), &agent.line());
    for file in [&file, &agent] {
        keep::age(file, 28);
    }
    let check = || sandbox.cs("cs-usage", &["keep", "--check", "-q"]);
    assert_eq!((status(&check()), stdout(&check())), (1, format!("{}\n{}\n", id(1), id(2))));
    assert_eq!(usage(&sandbox, &["keep"])[0]["written"], 2);
    assert_eq!(status(&check()), 0);
}

#[test]
fn a_tilde_means_home_without_a_shell() {
    for named in ["~/work", "~/work, ~/other", " ~/work ,", "~/work/"] {
        let sandbox = Sandbox::new();
        put(&sandbox, "work/projects/p/x.jsonl", &ANSWER.line());
        fs::create_dir_all(sandbox.home().join("other/projects")).unwrap();
        let sandbox = sandbox.with("CLAUDE_CONFIG_DIR", named.to_string());
        assert_eq!((total(&sandbox), notes(&sandbox)), (ONCE, String::new()), "{named}");
    }
    let sandbox = Sandbox::new();
    let rollout = "{\"timestamp\":\"2026-11-20T10:00:00Z\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"input_tokens\":7}}}}\n";
    put(&sandbox, "codex/sessions/rollout-1.jsonl", rollout);
    let sandbox = sandbox.with("CODEX_HOME", "~/codex".to_string());
    assert_eq!(total(&sandbox)[0], 7);
}

#[test]
fn a_named_folder_that_does_not_exist_is_reported() {
    let sandbox = home(&[ANSWER]);
    let list = format!("{0}/gone,{0}/.claude", sandbox.home().display());
    let sandbox = sandbox.with("CLAUDE_CONFIG_DIR", list);
    let output = sandbox.cs("cs-usage", &["model"]);
    let note =
        format!("cs-usage: note: no logs found in {}/gone; nothing is counted there\n", sandbox.home().display());
    assert_eq!((status(&output), stderr(&output)), (0, note.clone()));
    assert_eq!(stderr(&sandbox.cs("cs-usage", &["keep", "--check"])), note, "every command reports it");
    // A folder that belongs to no agent, and one of the other agent.
    for (name, folder) in [("CLAUDE_CONFIG_DIR", "sessions"), ("CODEX_HOME", "projects")] {
        let sandbox = home(&[ANSWER]);
        fs::create_dir_all(sandbox.home().join("else").join(folder)).unwrap();
        let dir = sandbox.home().join("else").display().to_string();
        let sandbox = sandbox.with(name, dir);
        assert!(notes(&sandbox).contains("else; nothing"), "{name}");
    }
    // A link to a disk that is not mounted, and a linked log.
    let sandbox = home(&[ANSWER]);
    let projects = sandbox.home().join(".claude/projects");
    symlink("/nowhere/shop", projects.join("-home-dev-shop")).unwrap();
    symlink("/nowhere/x.jsonl", projects.join("-home-dev-repo/x.jsonl")).unwrap();
    let notes = notes(&sandbox);
    assert!(notes.contains("-home-dev-shop;") && notes.contains("x.jsonl;"), "{notes}");
    assert_eq!(total(&sandbox), ONCE, "the rest counts");
}

#[test]
fn a_folder_that_cannot_be_read_is_a_failure() {
    let sandbox = home(&[ANSWER]);
    let projects = sandbox.home().join(".claude/projects");
    // A link to itself, which no account can read.
    symlink(projects.join("-home-dev-self"), projects.join("-home-dev-self")).unwrap();
    let output = sandbox.cs("cs-usage", &["model"]);
    assert_eq!(status(&output), 74);
    assert!(stderr(&output).contains("-home-dev-self"), "{}", stderr(&output));
    assert!(stdout(&output).contains("\"input_tokens\":100"), "the rest counts");
    // A file where a folder should be.
    let sandbox = Sandbox::new();
    put(&sandbox, ".claude/projects", "x");
    let output = sandbox.cs("cs-usage", &["model"]);
    assert!(stderr(&output).contains(".claude/projects"), "{}", stderr(&output));
    // Deeper than the search goes.
    let sandbox = home(&[ANSWER]);
    put(&sandbox, &format!(".claude/projects/{}x.jsonl", "d/".repeat(14)), &ANSWER.line());
    assert_eq!(status(&sandbox.cs("cs-usage", &["model"])), 74);
}

/// An account other than root, for which permissions apply.
const NOBODY: u32 = 65534;

#[test]
fn folders_without_permission_are_reported() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let sandbox = home(&[ANSWER]);
    let dir = sandbox.home().join(".claude/projects/-home-dev-secret");
    fs::create_dir_all(&dir).unwrap();
    let program = sandbox.home().join("cs-usage");
    cs_tests::made::copy(&cs_tests::programs().join("cs-usage"), &program);
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(program.to_str().unwrap());
    // SAFETY: geteuid takes and changes nothing.
    if unsafe { libc::geteuid() } == 0 {
        let mut give = std::process::Command::new("chown");
        give.args(["-R", &NOBODY.to_string()]).arg(sandbox.home());
        assert!(give.status().unwrap().success());
        command.uid(NOBODY).gid(NOBODY);
    }
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o000)).unwrap();
    command.arg("model");
    let output = cs_tests::run(command, "");
    assert_eq!(status(&output), 74, "{}", stderr(&output));
    assert!(stderr(&output).contains("-home-dev-secret"), "{}", stderr(&output));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn the_clients_own_work_trees_belong_to_their_project() {
    let work = |cwd: &str| {
        let sandbox = Sandbox::new();
        put(&sandbox, &transcript(1), &ANSWER.line().replace("/home/dev/repo", &cwd.replace('\\', "\\\\")));
        usage(&sandbox, &["project"])[0]["project"].as_str().unwrap().to_owned()
    };
    for (cwd, project) in [
        ("/home/dev/shop/.claude/worktrees/fix-1", "/home/dev/shop"),
        ("/home/dev/shop/.claude/worktrees/fix-1/src", "/home/dev/shop"),
        (r"C:\Users\ada\shop\.claude\worktrees\fix-1", r"C:\Users\ada\shop"),
        (r"C:\Users\ada\shop\.claude\worktrees\fix-1\src", r"C:\Users\ada\shop"),
        (r"C:\Users\ada\shop/.claude/worktrees/fix-1", r"C:\Users\ada\shop"),
        (r"\\wsl$\Debian\home\ada\shop\.claude\worktrees\a", r"\\wsl$\Debian\home\ada\shop"),
        ("/mnt/c/Users/ada/shop/.claude/worktrees/fix-1", "/mnt/c/Users/ada/shop"),
        (r"C:\Users\ada\shop", r"C:\Users\ada\shop"),
    ] {
        assert_eq!(work(cwd), project, "{cwd}");
    }
}
