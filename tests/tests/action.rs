//! The script of the action, and the hook for git: on a clean, a leaking and a tampered repository, and on ones that try to
//! switch it off or to run something.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Output;

use cs_tests::{Sandbox, run, status, stderr, stdout, workspace};

/// Put together here, so that this file has no token.
fn token() -> String {
    format!("ghp_{}", "016C7dEfGhIjKlMnOpQrStUvWxYz01234567")
}

fn script(name: &str) -> String {
    workspace().join("action").join(name).display().to_string()
}

/// A repository with a conversation that made the commit `Fix the login` on the branch `work`, and a report of it.
fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    let log = sandbox.home().join(".claude/projects/-home-work-api");
    fs::create_dir_all(&log).expect("it can be created");
    let made = sandbox
        .sh("git init -q -b main ~/work/api && cd ~/work/api && echo one >one && git add . && git commit -qm Begin
        git checkout -q -b work && echo two >two && git add . && git commit -qm 'Fix the login' && git rev-parse HEAD");
    let sha = checked(&made).trim().to_owned();
    let uuid = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    let line = format!(
        r#"{{"type":"user","uuid":"21395aeb-67a1-4607-9102-101950cba19c","sessionId":"{uuid}","timestamp":"2026-11-21T09:00:00Z","cwd":"{}","message":{{"role":"user","content":"please fix the login, the key is {}"}}}}"#,
        sandbox.work().join("api").display(),
        token()
    );
    fs::write(log.join(format!("{uuid}.jsonl")), line + "\n").expect("it can be written");
    checked(&sandbox.sh(&format!(
        "cd ~/work/api && id=$(cs-session create --intent 'Fix the login' --claude-session {uuid} -q) &&
        cs-session capture-commits $id -q >/dev/null 2>&1; cs-session show $id --json | grep -q {sha}"
    )));
    sandbox
}

#[track_caller]
fn checked(output: &Output) -> String {
    assert_eq!(status(output), 0, "{}{}", stdout(output), stderr(output));
    stdout(output)
}

/// Makes a report of the branch and commits it.
fn report(sandbox: &Sandbox) {
    checked(&sandbox.sh(
        "cd ~/work/api && mkdir -p reports && cs-report prompts --commits main..work -o reports/login.md >/dev/null &&
        git add reports && git commit -qm 'Add the report'",
    ));
}

struct Checked {
    code: i32,
    log: String,
    summary: String,
}

fn check(sandbox: &Sandbox) -> Checked {
    check_from(sandbox, "main")
}

fn check_from(sandbox: &Sandbox, base: &str) -> Checked {
    let summary = sandbox.root().join("summary");
    let _ = fs::remove_file(&summary);
    let mut command = sandbox.command(&script("check.sh"));
    command.current_dir(sandbox.work().join("api"));
    // The machine of the action has no conversations.
    command.env("HOME", sandbox.root().join("tmp")).env("CS_HOME", sandbox.root().join("tmp/none"));
    command.env("BASE", base).env("RULES", ".claude-sessions/redact.toml").env("GITHUB_STEP_SUMMARY", &summary);
    let output = run(command, "");
    let log = stdout(&output) + &stderr(&output);
    Checked { code: status(&output), log, summary: fs::read_to_string(&summary).unwrap_or_default() }
}

fn api(sandbox: &Sandbox, file: &str) -> PathBuf {
    sandbox.work().join("api").join(file)
}

#[test]
fn a_clean_repository_passes() {
    let sandbox = place();
    report(&sandbox);
    let text = fs::read_to_string(api(&sandbox, "reports/login.md")).expect("it was made");
    assert!(text.contains("please fix the login") && text.contains("Fix the login"), "{text}");
    assert!(!text.contains(&token()) && text.contains("github-pat:"), "{text}");
    let checked = check(&sandbox);
    assert_eq!(checked.code, 0, "{}", checked.log);
    assert!(checked.summary.contains("reports/login.md: verifies: prompts of 1 conversation"), "{}", checked.summary);
    assert!(checked.summary.contains("not compared, their logs are not here"), "{}", checked.summary);
    assert!(checked.summary.contains("nothing found in 2 changed files"), "{}", checked.summary);
}

#[test]
fn a_repository_without_reports_and_changes_passes() {
    let sandbox = place();
    let checked = check_from(&sandbox, "HEAD");
    assert_eq!(checked.code, 0, "{}", checked.log);
    assert!(checked.summary.contains("no reports") && checked.summary.contains("no changed files"));
}

#[test]
fn a_leaking_repository_fails_and_the_secret_is_nowhere_in_the_output() {
    let sandbox = place();
    report(&sandbox);
    let name = "a b'\n::set-output name=x::y <b>.txt";
    fs::write(api(&sandbox, name), format!("the key is {}\n", token())).expect("it can be written");
    checked(&sandbox.sh("cd ~/work/api && git add -A && git commit -qm Leak"));
    let checked = check(&sandbox);
    assert_eq!(checked.code, 1, "{}", checked.log);
    assert!(checked.summary.contains("github-pat"), "{}", checked.summary);
    for text in [&checked.log, &checked.summary] {
        assert!(!text.contains(&token()), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("::set-output")), "{text}");
    }
    assert!(!checked.summary.contains("<b>"), "{}", checked.summary);
    // The same without a base that is there: all files are looked at.
    assert_eq!(check_from(&sandbox, "0000000000000000000000000000000000000000").code, 1);
    assert_eq!(check_from(&sandbox, "--help").code, 1);
}

#[test]
fn a_tampered_report_fails() {
    let sandbox = place();
    report(&sandbox);
    let file = api(&sandbox, "reports/login.md");
    let text = fs::read_to_string(&file).expect("it was made");
    for (before, after) in
        [("please fix", "please fax"), ("conversations: 1", "conversations: 2"), ("\n---\n", "\n--\n")]
    {
        assert!(text.contains(before), "{before}: {text}");
        fs::write(&file, text.replacen(before, after, 1)).expect("it can be written");
        checked(&sandbox.sh("cd ~/work/api && git commit -qam Tamper"));
        let checked = check(&sandbox);
        assert_eq!(checked.code, 1, "{before}: {}", checked.log);
        assert!(checked.summary.contains("reports/login.md"), "{}", checked.summary);
    }
}

#[test]
fn a_change_is_judged_by_the_rules_of_its_base() {
    let sandbox = place();
    let rule =
        |pattern: &str| format!("[[rules]]\nid = \"project\"\nregex = '''{pattern}'''\nkeywords = [\"moonshot\"]\n");
    fs::create_dir(api(&sandbox, ".claude-sessions")).expect("it can be created");
    fs::write(api(&sandbox, ".claude-sessions/redact.toml"), rule("moonshot-[a-z]+")).expect("it can be written");
    checked(&sandbox.sh("cd ~/work/api && git add -A && git commit -qm Rules && git branch -f main"));
    fs::write(api(&sandbox, ".claude-sessions/redact.toml"), rule("nothing")).expect("it can be written");
    fs::write(api(&sandbox, "plan"), "the moonshot-alpha launch\n").expect("it can be written");
    checked(&sandbox.sh("cd ~/work/api && git add -A && git commit -qm Weaken"));
    let weakened = check(&sandbox);
    assert_eq!(weakened.code, 1, "{}", weakened.log);
    assert!(
        weakened.summary.contains("project") && !weakened.summary.contains("moonshot-alpha"),
        "{}",
        weakened.summary
    );
    // A file of rules in the base that cannot be understood stops everything: never fewer rules.
    fs::write(api(&sandbox, ".claude-sessions/redact.toml"), "[[rules]\n").expect("it can be written");
    checked(&sandbox.sh(
        "cd ~/work/api && git commit -qam Broken && git branch -f main && echo x >x && git add x && git commit -qm x",
    ));
    assert_eq!(check(&sandbox).code, 65);
}

#[test]
fn links_are_not_followed_and_nothing_is_run() {
    let sandbox = place();
    let secret = sandbox.root().join("outside");
    fs::create_dir(&secret).expect("it can be created");
    fs::write(secret.join("key"), token()).expect("it can be written");
    symlink(secret.join("key"), api(&sandbox, "link")).expect("it can be made");
    symlink(&secret, api(&sandbox, "reports")).expect("it can be made");
    fs::write(api(&sandbox, "--rules=x"), "x\n").expect("it can be written");
    fs::write(api(&sandbox, ".gitattributes"), "* diff=evil filter=evil\n").expect("it can be written");
    let mark = sandbox.root().join("mark");
    let evil = format!(": >{}", mark.display());
    checked(&sandbox.sh("cd ~/work/api && git add -A && git commit -qm Links"));
    for name in [
        "core.fsmonitor",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "core.pager",
        "filter.evil.smudge",
    ] {
        checked(&sandbox.sh(&format!("cd ~/work/api && git config {name} '{evil}; cat'")));
    }
    let checked = check(&sandbox);
    assert_eq!(checked.code, 0, "{}", checked.log);
    assert!(!mark.exists(), "{}", checked.log);
    assert!(checked.summary.contains("nothing found in 3 changed files"), "{}", checked.summary);
}

#[test]
fn nothing_is_downloaded_without_a_checksum_and_a_folder_needs_none() {
    let sandbox = place();
    let path = sandbox.root().join("path");
    let install = |variables: &[(&str, &str)]| {
        let mut command = sandbox.command(&script("install.sh"));
        command.env("GITHUB_PATH", &path).envs(variables.iter().copied());
        run(command, "")
    };
    assert_eq!(status(&install(&[("VERSION", "main")])), 64);
    assert_eq!(status(&install(&[("VERSION", "v1.0.0")])), 64);
    assert!(!path.exists());
    checked(&install(&[("BIN", "/usr/bin"), ("VERSION", "")]));
    assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("/usr/bin\n"));
}

/// A remote, and the hook.
fn with_hook(sandbox: &Sandbox) {
    checked(&sandbox.sh(&format!(
        "git init -q --bare ~/remote && cd ~/work/api && git remote add origin ~/remote && git push -q origin main &&
        cp {} .git/hooks/pre-push",
        script("pre-push")
    )));
}

#[test]
fn the_hook_makes_a_report_verifies_it_and_stops_secrets() {
    let sandbox = place();
    with_hook(&sandbox);
    let push = || sandbox.sh("cd ~/work/api && git push -q origin work");
    let first = push();
    assert_eq!(status(&first), 1, "{}", stderr(&first));
    assert!(stderr(&first).contains("read it, commit it, and push again"), "{}", stderr(&first));
    checked(&sandbox.sh("cd ~/work/api && git add reports && git commit -qm Report"));
    // The pushed file counts, not the one in the work tree.
    checked(&sandbox.sh("cd ~/work/api && for file in reports/*; do echo x >>$file; done"));
    checked(&push());
    checked(&sandbox.sh("cd ~/work/api && git commit -qam Tamper"));
    let tampered = push();
    assert_eq!(status(&tampered), 1);
    assert!(stderr(&tampered).contains("is not as it was made"), "{}", stderr(&tampered));
    checked(&sandbox.sh("cd ~/work/api && git reset -q --hard HEAD~1"));
    fs::write(api(&sandbox, "leak"), token()).expect("it can be written");
    checked(&sandbox.sh("cd ~/work/api && git add leak && git commit -qm Leak && rm leak"));
    let leaking = push();
    assert_eq!(status(&leaking), 1);
    assert!(stderr(&leaking).contains("take the secrets out"), "{}", stderr(&leaking));
    assert!(!(stdout(&leaking) + &stderr(&leaking)).contains(&token()));
    // Commits of nobody need no report; a branch that is deleted needs nothing.
    checked(&sandbox.sh("cd ~/work/api && git checkout -q -b hand main && echo x >x && git add x && git commit -qm Hand && git push -q origin hand"));
    checked(&sandbox.sh("cd ~/work/api && git push -q origin :hand"));
}

/// Commits a file, and removes it again.
fn leak_and_clean(sandbox: &Sandbox, name: &str, text: &str, message: &str) {
    fs::write(api(sandbox, name), text).expect("it can be written");
    let commit =
        "git add -A && git commit -qF ~/message && git rm -q -- \"$(cat ~/name)\" && git commit -qm 'Clean up'";
    fs::write(sandbox.home().join("message"), message).expect("it can be written");
    fs::write(sandbox.home().join("name"), name).expect("it can be written");
    checked(&sandbox.sh(&format!("cd ~/work/api && {commit}")));
}

#[test]
fn what_a_later_commit_removes_is_found_in_files_names_and_messages() {
    let (name, leak) = (format!("{}.txt", token()), format!("k {}\n", token()));
    for (file, text, message) in
        [("leak", leak.as_str(), "Leak"), (name.as_str(), "x", "Name"), ("fine", "x", leak.as_str())]
    {
        let sandbox = place();
        with_hook(&sandbox);
        report(&sandbox);
        let push = || sandbox.sh("cd ~/work/api && git push -q origin work");
        leak_and_clean(&sandbox, file, text, message);
        let stopped = push();
        assert_eq!(status(&stopped), 1, "{message}: {}{}", stdout(&stopped), stderr(&stopped));
        assert!(stderr(&stopped).contains("take the secrets out"), "{}", stderr(&stopped));
        assert!(!(stdout(&stopped) + &stderr(&stopped)).contains(&token()), "{message}");
        assert_eq!(stdout(&sandbox.sh("git -C ~/remote branch --list work")), "");
        let checked_there = check(&sandbox);
        assert_eq!(checked_there.code, 1, "{message}: {}", checked_there.log);
        assert!(!(checked_there.log + &checked_there.summary).contains(&token()), "{message}");
        checked(&sandbox.sh("cd ~/work/api && git reset -q --hard HEAD~2"));
        checked(&push());
    }
}

#[test]
fn the_message_of_a_tag_is_looked_at() {
    let sandbox = place();
    with_hook(&sandbox);
    fs::write(sandbox.home().join("message"), token()).expect("it can be written");
    let pushed = sandbox.sh("cd ~/work/api && git tag -a v1 -F ~/message main && git push -q origin v1");
    assert_eq!(status(&pushed), 1, "{}", stderr(&pushed));
    assert!(stderr(&pushed).contains("take the secrets out"), "{}", stderr(&pushed));
    checked(&sandbox.sh("cd ~/work/api && git tag -a v2 -m Fine main && git push -q origin v2"));
}

#[test]
fn what_is_pushed_is_not_judged_by_its_own_rules() {
    let sandbox = place();
    with_hook(&sandbox);
    fs::create_dir(api(&sandbox, ".claude-sessions")).expect("it can be created");
    let rules = "[extend]\ndisabledRules = [\"github-pat\"]\n";
    fs::write(api(&sandbox, ".claude-sessions/redact.toml"), rules).expect("it can be written");
    fs::write(api(&sandbox, "leak"), token()).expect("it can be written");
    checked(
        &sandbox.sh(
            "cd ~/work/api && git add .claude-sessions && git commit -qm Rules && git add -A && git commit -qm Leak",
        ),
    );
    let push = || sandbox.sh("cd ~/work/api && git push -q origin work");
    let stopped = push();
    assert_eq!(status(&stopped), 1, "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("the check could not be made"), "{}", stderr(&stopped));
    // Also if the work tree has the file no more, or it went there by itself before.
    checked(&sandbox.sh("cd ~/work/api && rm -r .claude-sessions"));
    let stopped = push();
    assert_eq!(status(&stopped), 1, "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("take the secrets out"), "{}", stderr(&stopped));
    checked(&sandbox.sh("cd ~/work/api && git push -q --no-verify origin HEAD~1:refs/heads/work"));
    assert_eq!(status(&push()), 1);
}

#[test]
fn a_file_of_rules_may_extend_another_one() {
    let sandbox = place();
    with_hook(&sandbox);
    fs::create_dir_all(api(&sandbox, ".claude-sessions/more")).expect("it can be created");
    let rule = "[[rules]]\nid = \"project\"\nregex = '''moonshot-[a-z]+'''\nkeywords = [\"moonshot\"]\n";
    let extend = "[extend]\npath = \"more/base.toml\"\n";
    fs::write(api(&sandbox, ".claude-sessions/more/base.toml"), rule).expect("it can be written");
    fs::write(api(&sandbox, ".claude-sessions/redact.toml"), extend).expect("it can be written");
    checked(&sandbox.sh(
        "cd ~/work/api && git add -A && git commit -qm Rules && git branch -f main &&
        git push -q --no-verify origin main && sed -i s/moonshot/nothing/ .claude-sessions/more/base.toml && echo x >x && git add -A && git commit -qm x",
    ));
    assert_eq!(check(&sandbox).code, 0, "{}", check(&sandbox).log);
    checked(&sandbox.sh("cd ~/work/api && git push -q origin work"));
    fs::write(api(&sandbox, "plan"), "the moonshot-alpha launch\n").expect("it can be written");
    checked(&sandbox.sh("cd ~/work/api && git add -A && git commit -qm Plan"));
    assert_eq!(check(&sandbox).code, 1);
    let stopped = sandbox.sh("cd ~/work/api && git push -q origin work");
    assert_eq!(status(&stopped), 1, "{}", stderr(&stopped));
    assert!(stdout(&stopped).contains("project") || stderr(&stopped).contains("project"), "{}", stderr(&stopped));
}
