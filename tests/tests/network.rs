//! No program opens a connection to another machine: only `cs-chat` has curl do so, and `cs-sync` has `psql` do so. To a port
//! of this machine only the dashboard and the doctor that looks at it do.

use std::fs;
use std::process::Command;

use cs_tests::{Sandbox, has, program_names, status, strace};

const TALK: &str = "ca5d0d10-1111-4222-8333-123456789abc";

/// What each program is called with, so that it does its usual work, and what it reads.
const CALLED: [(&str, &[&str], &str); 30] = [
    ("cs", &["list"], ""),
    ("cs-agent", &["list"], ""),
    ("cs-audit", &["list"], ""),
    ("cs-chat", &["status"], ""),
    ("cs-cleanup", &["all"], ""),
    ("cs-deliver", &[], "{}"),
    ("cs-export", &["--all"], ""),
    ("cs-guard", &[], CALL),
    ("cs-heartbeat", &[], STOP),
    ("cs-hook", &[], PROMPT),
    ("cs-keep", &["run"], ""),
    ("cs-lease", &["list"], ""),
    ("cs-limits", &["now"], ""),
    ("cs-mark", &["tag", TALK, "urgent"], ""),
    ("cs-message", &["list"], ""),
    ("cs-notify", &["--dry-run"], ""),
    ("cs-project", &["list"], ""),
    ("cs-redact", &[], "text"),
    ("cs-report", &["full", TALK], ""),
    ("cs-search", &["login"], ""),
    ("cs-serve", &["--port", "0"], ""),
    ("cs-session", &["list", "--table"], ""),
    ("cs-setup", &["doctor"], ""),
    ("cs-statusline", &[], "{}"),
    ("cs-sync", &["push", "--into", "shared"], ""),
    ("cs-task", &["list", "claude:ca5d0d10-1111-4222-8333-123456789abc"], ""),
    ("cs-top", &["--once"], ""),
    ("cs-transcript", &["show", TALK], ""),
    ("cs-usage", &["daily"], ""),
    ("cs-wake", &[], "{}"),
];
/// The programs that wait for connections from this machine, or try whether that works.
const LOCAL: [&str; 2] = ["cs-serve", "cs-setup"];
const CALL: &str = r#"{"hook_event_name":"PreToolUse","session_id":"ca5d0d10-1111-4222-8333-123456789abc","tool_name":"Bash","tool_input":{"command":"ls"},"cwd":"/"}"#;
const STOP: &str = r#"{"hook_event_name":"Stop","session_id":"ca5d0d10-1111-4222-8333-123456789abc","cwd":"/"}"#;
const PROMPT: &str = r#"{"hook_event_name":"UserPromptSubmit","session_id":"ca5d0d10-1111-4222-8333-123456789abc","prompt":"go on","cwd":"/"}"#;

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn no_program_speaks_to_another_machine() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be created");
    let line = format!(
        r#"{{"type":"user","uuid":"{TALK}","sessionId":"{TALK}","cwd":"/w","timestamp":"2026-11-20T10:00:00.000Z","message":{{"role":"user","content":"fix the login page"}}}}"#
    );
    fs::write(folder.join(format!("{TALK}.jsonl")), line + "\n").expect("it can be written");
    let args = ["create", "--project", "api", "--intent", "x", "--claude-session", TALK, "-q"];
    assert_eq!(status(&sandbox.cs("cs-session", &args)), 0);
    let names: Vec<&str> = CALLED.iter().map(|(name, ..)| *name).collect();
    assert_eq!(program_names(), names, "each program has a line here");
    for (name, args, input) in CALLED {
        let from = sandbox.root().join("input");
        fs::write(&from, input).expect("it can be written");
        let program = sandbox.command(name);
        // A server does not end by itself.
        let mut command = Command::new("timeout");
        command.arg("5").arg(program.get_program()).args(args);
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(sandbox.work());
        let (output, log) =
            strace::run(&command, &from, &["-e", "trace=socket,connect,sendto,bind"], &sandbox.root().join("log"));
        assert_ne!(status(&output), 64, "{name} {args:?}: {}", cs_tests::stderr(&output));
        let calls = strace::calls(&log);
        // They also ask the kernel which account a connection is from.
        let is_allowed =
            |call: &String| LOCAL.contains(&name) && (!call.starts_with("connect(") || call.contains("\"127.0.0.1\""));
        let opened: Vec<&String> = calls.iter().filter(|call| call.contains("AF_INET") && !is_allowed(call)).collect();
        assert!(opened.is_empty(), "{name}: {opened:?}");
        assert!(name != "cs-serve" || calls.iter().any(|call| call.contains("AF_INET")), "the test sees it: {log}");
    }
}
