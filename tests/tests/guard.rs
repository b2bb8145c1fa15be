//! The guard with the built program: what it decides about leases, and that a failure of its own never stops a call.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use cs_tests::seat::{self, SEAT};
use cs_tests::{Held, Sandbox, has, run, status, stderr, stdout, strace};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

fn payload(sandbox: &Sandbox, tool: &str, input: &Value) -> Value {
    json!({"session_id": UUID, "hook_event_name": "PreToolUse", "cwd": sandbox.work(), "tool_name": tool,
        "tool_use_id": "toolu_1", "tool_input": input})
}

fn bash(sandbox: &Sandbox, command: &str) -> String {
    payload(sandbox, "Bash", &json!({ "command": command })).to_string()
}

/// A sandbox in which the guard has these settings.
fn guarded(settings: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(status(&sandbox.cs("cs-project", &["register", "-q"])), 0);
    set(&sandbox, settings);
    sandbox
}

fn set(sandbox: &Sandbox, settings: &Value) {
    let mut config = sandbox.json("config.json");
    config["guard"] = settings.clone();
    fs::write(sandbox.data().join("config.json"), config.to_string()).expect("the data directory can be written");
}

/// The decision and the reason; `None` if the call goes on.
#[track_caller]
fn decision(output: &Output) -> Option<(String, String)> {
    assert_eq!((status(output), stderr(output)), (0, String::new()));
    let text = stdout(output);
    if text.is_empty() {
        return None;
    }
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let answer = &answer["hookSpecificOutput"];
    assert_eq!(answer["hookEventName"], "PreToolUse");
    let word = |key: &str| answer[key].as_str().expect("a text").to_string();
    Some((word("permissionDecision"), word("permissionDecisionReason")))
}

/// The lines of the log about decisions. It also has some about leases.
fn decisions(sandbox: &Sandbox) -> Vec<Value> {
    logged(sandbox).into_iter().filter(|line| line["kind"] == "decision").collect()
}

/// All lines of the log.
fn logged(sandbox: &Sandbox) -> Vec<Value> {
    let Ok(files) = fs::read_dir(sandbox.data().join("audit")) else { return Vec::new() };
    let logs = files.map(|file| file.expect("it is there").path());
    let logs = logs.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let texts = logs.map(|path| fs::read_to_string(path).expect("text")).collect::<String>();
    texts.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn hook_log(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default()
}

#[test]
fn a_lease_of_another_owner_is_asked_about_and_ones_own_is_not() {
    let sandbox = guarded(&json!({"leases": "ask"}));
    fs::create_dir(sandbox.work().join("src")).expect("a directory");
    let edit = |file: &str| payload(&sandbox, "Edit", &json!({"file_path": sandbox.work().join(file)})).to_string();
    assert_eq!(decision(&sandbox.hook("cs-guard", &edit("src/a.rs"))), None, "nobody has a lease");
    assert_eq!(status(&sandbox.cs("cs-lease", &["acquire", "src", "-q"])), 0);

    let (word, reason) = decision(&sandbox.hook("cs-guard", &edit("src/a.rs"))).expect("it is leased");
    assert_eq!((word.as_str(), reason.as_str()), ("ask", "cs-guard asks: user has leased src"));
    for free in ["other.rs", "srcs/a.rs", "/tmp/a.rs"] {
        assert_eq!(decision(&sandbox.hook("cs-guard", &edit(free))), None, "{free}");
    }
    let read = payload(&sandbox, "Read", &json!({"file_path": "src/a.rs"})).to_string();
    assert_eq!(decision(&sandbox.hook("cs-guard", &read)), None, "reading changes nothing");
    let patch = "*** Begin Patch\n*** Update File: src/a.rs\n@@\n-a\n+b\n*** End Patch";
    let mut patch = payload(&sandbox, "apply_patch", &json!({ "command": patch }));
    patch["turn_id"] = "t".into();
    let word = decision(&sandbox.hook("cs-guard", &patch.to_string())).expect("a patch changes files").0;
    assert_eq!(word, "deny", "Codex ignores questions");
    let logged = decisions(&sandbox);
    assert_eq!(logged.len(), 2);
    assert_eq!((&logged[0]["kind"], &logged[0]["decision"]), (&json!("decision"), &json!("ask")));
    assert_eq!(logged[0]["verdicts"], json!([{"rule": "lease", "verdict": "lease", "severity": 1}]));
    assert!(!logged[1].to_string().contains("Begin Patch"), "no contents of files");
    set(&sandbox, &json!({"leases": "off"}));
    assert_eq!(decision(&sandbox.hook("cs-guard", &edit("src/a.rs"))), None);
}

#[test]
fn a_seat_may_change_what_it_has_leased_and_no_other_agent_may() {
    let sandbox = guarded(&json!({"leases": "deny"}));
    seat::write(&sandbox, SEAT, std::process::id(), json!({"name": "builder", "claude_session_id": UUID}));
    let mut lease = sandbox.command("cs-lease");
    lease.args(["acquire", "src", "-q"]).env("CS_AGENT", SEAT);
    let leased = run(lease, "");
    assert_eq!(status(&leased), 0, "{}", stderr(&leased));
    assert_eq!(sandbox.json("leases/work.json")["leases"][0]["owner"]["agent_id"], SEAT);
    let edit = payload(&sandbox, "Write", &json!({"file_path": "src/new/a.rs", "content": "x"})).to_string();
    let mut own = sandbox.command("cs-guard");
    own.env("CS_AGENT", SEAT);
    assert_eq!(decision(&run(own, &edit)), None);
    let (word, reason) = decision(&sandbox.hook("cs-guard", &edit)).expect("another agent");
    assert!(word == "deny" && reason.contains("builder") && reason.contains("has leased src"), "{reason}");
}

#[test]
fn a_subagent_is_guarded_too_and_the_log_says_which() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let mut call = payload(&sandbox, "Bash", &json!({"command": "git reset --hard"}));
    (call["agent_id"], call["agent_type"]) = ("a17".into(), "Explore".into());
    assert_eq!(decision(&sandbox.hook("cs-guard", &call.to_string())).expect("denied").0, "deny");
    let logged = decisions(&sandbox);
    assert_eq!((&logged[0]["agent_id"], &logged[0]["agent_type"]), (&json!("a17"), &json!("Explore")));
    assert_eq!(
        (&logged[0]["tool_use_id"], &logged[0]["input"]),
        (&json!("toolu_1"), &json!({"command": "git reset --hard"}))
    );
    call["hook_event_name"] = "PostToolUse".into();
    assert_eq!(decision(&sandbox.hook("cs-guard", &call.to_string())), None, "only before a call");
}

/// The agent knows its command, but the reason is shown, and stored in transcripts.
#[test]
fn no_secret_of_a_command_is_in_the_reason_or_in_the_log() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    for secret in ["hunter2 correct horse", "hunter2-battery"] {
        let command = format!("mysql --password='{secret}' -e 'drop table users'");
        let output = sandbox.hook("cs-guard", &bash(&sandbox, &command));
        let (_, reason) = decision(&output).expect("it is denied");
        assert!(!reason.contains("hunter2") && !reason.contains("horse") && !reason.contains("battery"), "{reason}");
    }
    let logged = decisions(&sandbox);
    assert_eq!(logged.len(), 2);
    let text = json!(logged).to_string();
    assert!(!text.contains("hunter2") && !text.contains("horse") && !text.contains("battery"), "{text}");
}

/// Both hooks are told the same, so a question to the log finds both lines.
#[test]
fn a_decision_says_the_same_about_its_call_as_the_attempt() {
    let sandbox = guarded(&json!({"mode": "deny", "rules": {"secret-file": "ask"}}));
    seat::write(&sandbox, SEAT, std::process::id(), json!({"name": "builder", "claude_session_id": UUID}));
    let command = "cd web && rm -rf '/var/lib/my app' && mysql --password='correct horse staple' -e 'drop table a'";
    let mut call = payload(&sandbox, "Bash", &json!({"command": command, "path": ".env"}));
    (call["agent_id"], call["agent_type"]) = ("a17".into(), "Explore".into());
    for call in [call, payload(&sandbox, "Read", &json!({"file_path": ".env"}))] {
        for program in ["cs-guard", "cs-audit"] {
            let mut hook = sandbox.command(program);
            hook.env("CS_AGENT", SEAT);
            assert_eq!(status(&run(hook, &call.to_string())), 0);
        }
    }
    let lines = logged(&sandbox);
    let of = |kind: &str| -> Vec<Value> {
        let mut found: Vec<Value> = lines.iter().filter(|line| line["kind"] == kind).cloned().collect();
        for line in &mut found {
            let fields = line.as_object_mut().expect("an object");
            for field in ["kind", "seq", "at", "prev", "hash", "decision"] {
                fields.remove(field);
            }
        }
        found
    };
    let (decisions, attempts) = (of("decision"), of("attempt"));
    assert_eq!(decisions.len(), 2, "{lines:?}");
    assert_eq!(decisions, attempts);
    assert_eq!((&decisions[0]["agent_seat"], &decisions[0]["project"]), (&json!(SEAT), &json!("work")));
    assert!(decisions[0]["input_sha256"].is_string() && decisions[0]["bytes"]["input"].is_u64());
    assert!(!json!(lines).to_string().contains("staple"));
}

#[test]
fn nothing_is_logged_if_the_log_is_switched_off() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let mut config = sandbox.json("config.json");
    config["audit"] = json!({"enabled": false});
    fs::write(sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
    assert!(decision(&sandbox.hook("cs-guard", &bash(&sandbox, "git reset --hard"))).is_some());
    assert!(decisions(&sandbox).is_empty());
}

#[test]
fn whatever_comes_in_the_call_goes_on_unless_it_is_decided() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let whole = bash(&sandbox, "git reset --hard");
    let (torn, _) = whole.split_once("--hard").expect("the command is in it");
    let no_id = whole.replace(UUID, "x");
    for input in ["", "{", "[]", "nonsense", torn, &no_id, "{\"hook_event_name\":\"PreToolUse\"}"] {
        assert_eq!(decision(&sandbox.hook("cs-guard", input)), None, "{input}");
    }
    let (long, deep) = ("x ".repeat(1 << 20), "(".repeat(100_000));
    for command in [long.as_str(), &deep, "", "\u{1b}[31m", "$(", "cat <<E"] {
        assert_eq!(decision(&sandbox.hook("cs-guard", &bash(&sandbox, command))), None);
    }
    assert_eq!(decision(&sandbox.hook("cs-guard", &whole)).expect("this is decided").0, "deny");
}

#[test]
fn damaged_settings_never_stop_a_call() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let (call, config) = (bash(&sandbox, "git reset --hard"), sandbox.data().join("config.json"));
    let good = fs::read(&config).expect("it is there");
    let broken_rule = r#"{"guard": {"mode": "deny"}, "audit": {"rules": [{"id": "git-reset-hard"}]}}"#;
    for text in ["", "{", "[]", r#"{"guard": 1}"#, r#"{"guard": {"mode": "dney"}}"#, broken_rule] {
        fs::write(&config, text).expect("it can be written");
        assert_eq!(decision(&sandbox.hook("cs-guard", &call)), None, "{text}");
    }
    fs::remove_file(&config).expect("it is there");
    let path = std::ffi::CString::new(config.as_os_str().as_encoded_bytes()).expect("a path");
    // SAFETY: mkfifo only reads the path.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let began = Instant::now();
    assert_eq!(decision(&sandbox.hook("cs-guard", &call)), None, "a pipe to which nobody writes");
    assert!(began.elapsed() < Duration::from_secs(2));
    fs::remove_file(&config).expect("it is there");
    fs::write(&config, good).expect("it can be written");
    assert!(decision(&sandbox.hook("cs-guard", &call)).is_some());
}

#[test]
fn a_decision_does_not_wait_for_the_log() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let call = bash(&sandbox, "git reset --hard");
    let audit = sandbox.data().join("audit");
    fs::create_dir_all(&audit).expect("a directory");
    let held = Held::take(&audit.join(".lock"));
    let began = Instant::now();
    assert_eq!(decision(&sandbox.hook("cs-guard", &call)).expect("it is decided").0, "deny");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    drop(held);
    assert_eq!(decision(&sandbox.hook("cs-guard", &call)).expect("it is decided").0, "deny");
    assert_eq!(decisions(&sandbox).len(), 2, "the first one waited");
    fs::remove_dir_all(&audit).expect("it is there");
    fs::write(&audit, "no directory").expect("it can be written");
    assert_eq!(decision(&sandbox.hook("cs-guard", &call)).expect("it is decided").0, "deny");
    assert!(hook_log(&sandbox).contains("cs-guard: "), "{}", hook_log(&sandbox));
}

#[test]
fn a_client_that_writes_too_slowly_is_let_go_on_after_two_seconds_and_the_log_says_so() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let mut command = sandbox.command("cs-guard");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let call = bash(&sandbox, "git reset --hard");
    let mut input = child.stdin.take().expect("a pipe");
    let (first, rest) = call.split_at(call.len() / 2);
    for part in first.as_bytes().chunks(first.len() / 8) {
        let _ = input.write_all(part);
        std::thread::sleep(Duration::from_millis(300));
    }
    let _ = input.write_all(rest.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let took = began.elapsed();
    assert_eq!((stdout(&output), status(&output)), (String::new(), 0));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(hook_log(&sandbox).contains("cs-guard: it took longer than 2 s"), "{}", hook_log(&sandbox));
}

#[test]
fn a_client_that_does_not_read_the_answer_ends_no_guard() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    let mut command = sandbox.command("cs-guard");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(bash(&sandbox, "git reset --hard").as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    assert!(hook_log(&sandbox).contains("standard output"), "{}", hook_log(&sandbox));
}

#[test]
fn a_command_that_is_a_list_of_words_is_judged_and_logged() {
    let sandbox = guarded(&json!({"mode": "deny"}));
    for (input, line) in [
        (json!({"command": ["git", "reset", "--hard"]}), "git reset --hard"),
        (json!({"command": ["bash", "-lc", "git reset --hard; ls"]}), "git reset --hard; ls"),
        (json!({"cmd": "git reset --hard"}), "git reset --hard"),
    ] {
        let call = payload(&sandbox, "shell", &input).to_string();
        let (word, _) = decision(&sandbox.hook("cs-guard", &call)).expect("a decision");
        assert_eq!(word, "deny", "{input}");
        assert_eq!(status(&sandbox.hook("cs-audit", &call)), 0);
        let commands: Vec<Value> = logged(&sandbox).iter().map(|entry| entry["input"]["command"].clone()).collect();
        assert!(commands.iter().rev().take(2).all(|command| command == line), "{input}: {commands:?}");
    }
}

#[test]
fn folders_are_allowed_only_in_a_work_tree() {
    let allow = json!([{"rule": "rm-recursive", "under": ["target", "node_modules"]}]);
    let sandbox = guarded(&json!({"mode": "deny", "allow": allow}));
    let call = |command: &str, cwd: Value| {
        let mut call = payload(&sandbox, "Bash", &json!({ "command": command }));
        call["cwd"] = cwd;
        decision(&sandbox.hook("cs-guard", &call.to_string())).is_none()
    };
    let work = json!(sandbox.work());
    fs::create_dir_all(sandbox.work().join("target")).expect("it can be made");
    assert!(!call("rm -rf target", work.clone()), "no work tree");
    let git = std::process::Command::new("git").arg("-C").arg(sandbox.work()).args(["init", "-q"]).status();
    assert!(git.expect("git is there").success());
    std::os::unix::fs::symlink("..", sandbox.work().join("node_modules")).expect("it can be made");
    assert!(call("rm -rf target/", work.clone()) && call("rm -rf node_modules", work.clone()));
    assert!(!call("rm -rf node_modules/", work));
    for cwd in [json!("/"), json!(""), json!("relative"), json!("/nonexistent"), json!(sandbox.root()), Value::Null] {
        assert!(!call("rm -rf target", cwd.clone()), "{cwd}");
    }
}

/// The answer is one write: a guard that is killed has decided, or has not.
#[test]
fn a_guard_that_is_killed_anywhere_has_printed_everything_or_nothing() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = guarded(&json!({"mode": "deny"}));
    let input = sandbox.root().join("payload");
    fs::write(&input, bash(&sandbox, "git reset --hard")).expect("it can be written");
    let log = sandbox.root().join("strace");
    let of = |options: &[&str]| strace::run(&sandbox.command("cs-guard"), &input, options, &log);
    let (whole, trace) = of(&[]);
    let calls = strace::calls(&trace);
    assert!(stdout(&whole).contains("deny") && calls.len() > 40, "{trace}");
    let (mut none, mut all, mut seen) = (0, 0, BTreeMap::new());
    for call in &calls {
        let name = call.split('(').next().expect("a name");
        let nth = *seen.entry(name).and_modify(|n| *n += 1).or_insert(1);
        let (output, _) = of(&["-e", &format!("inject={name}:signal=KILL:when={nth}")]);
        match stdout(&output) {
            text if text.is_empty() => none += 1,
            text if text == stdout(&whole) => all += 1,
            text => panic!("killed at {call}: {text}"),
        }
    }
    assert!(none > 20 && all > 5, "{none} {all}");
}

#[test]
fn the_reason_has_no_hidden_characters() {
    let sandbox = guarded(&json!({"mode": "ask"}));
    let asked = sandbox.hook("cs-guard", &bash(&sandbox, "rm -rf \"\u{202e}gpj.exe\u{2066}x\u{200b}\""));
    let (_, reason) = decision(&asked).expect("an answer");
    assert!(reason.contains("⟨U+202E⟩") && !reason.chars().any(cs_core::visible::is_hidden), "{reason}");
}
