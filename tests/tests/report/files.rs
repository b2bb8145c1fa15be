//! Where a report may be written.

use crate::{UUID, report, talk, with_log};
use cs_tests::{Sandbox, status, stderr};
use std::fs;
use std::os::unix::fs::symlink;

fn refused(sandbox: &Sandbox, script: &str, why: &str) {
    let output = sandbox.sh(script);
    assert_eq!(status(&output), 1, "{script}: {}", stderr(&output));
    assert!(stderr(&output).contains(why), "{script}: {}", stderr(&output));
}

#[test]
fn a_raw_report_never_gets_into_a_work_tree() {
    let sandbox = with_log(&talk("x"));
    let work = sandbox.work();
    fs::create_dir_all(work.join("repo/sub")).unwrap();
    fs::create_dir_all(work.join("repo/.git")).unwrap();
    fs::create_dir_all(work.join("linked")).unwrap();
    fs::write(work.join("linked/.git"), "gitdir: elsewhere\n").unwrap();
    symlink("repo/sub", work.join("link")).unwrap();
    let raw = format!("cs-report prompts {UUID} --raw --i-know");
    for target in ["-o repo/x.md", "-o repo/sub/x.md", "-o link/x.md", "-o linked/x.md", "-o repo/sub/../x.md"] {
        refused(&sandbox, &format!("{raw} {target}"), "git work tree");
    }
    refused(&sandbox, &format!("cd repo && {raw} -o x.md"), "git work tree");
    refused(&sandbox, &format!("{raw} --output-dir repo/new/folder"), "git work tree");
    refused(&sandbox, &format!("GIT_WORK_TREE=$PWD {raw} -o x.md"), "git work tree");
    #[cfg(target_os = "linux")]
    refused(&sandbox, &format!("{raw} --format md >link/x.md"), "git work tree");
    assert!(!work.join("repo/x.md").exists() && !work.join("repo/new").exists());
    assert!(sandbox.sh(&format!("cd repo && {raw} | cat >/dev/null && {raw} -o ../x.md")).status.success());
    assert!(sandbox.sh(&format!("cs-report prompts {UUID} -o repo/x.md")).status.success(), "it is not raw");
}

#[test]
fn only_our_own_reports_are_replaced() {
    let sandbox = with_log(&talk("x"));
    let file = sandbox.work().join("x.md");
    fs::write(&file, "mine\n").unwrap();
    let to_file = format!("cs-report prompts {UUID} -o x.md");
    refused(&sandbox, &to_file, "did not write it");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
    for args in [["--force"].as_slice(), &[]] {
        report(&sandbox, &[["prompts", UUID, "-o", file.to_str().unwrap()].as_slice(), args].concat());
    }
    for format in ["csv", "json", "jsonl", "html"] {
        let file = sandbox.work().join(format!("y.{format}"));
        let args = ["full", UUID, "-o", file.to_str().unwrap()];
        assert_eq!(report(&sandbox, &args).is_empty(), report(&sandbox, &args).is_empty(), "{format}");
    }
    symlink(&file, sandbox.work().join("link.md")).unwrap();
    refused(&sandbox, &format!("cs-report prompts {UUID} -o link.md"), "is a symbolic link");
    refused(&sandbox, &format!("cs-report prompts {UUID} -o $CS_HOME/x.md"), "data directory");
    refused(&sandbox, &format!("cs-report prompts {UUID} --output-dir $CS_HOME/new"), "data directory");
}
