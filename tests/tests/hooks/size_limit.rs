//! A limit on file sizes (`ulimit -f`): a failed write is an error, does not kill the program, and leaves no temporary
//! file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use cs_tests::replay::{Client, Stage, check_store, files};
use cs_tests::{run, status, stderr, stdout};
use serde_json::{Value, json};

use super::{OTHER, UUID, check_quiet, contents, log, payload, stage};

/// The program in a shell that limits files to this many blocks of 512 bytes (POSIX; dash and bash in POSIX mode).
fn limited(stage: &Stage, at: u64, blocks: u32, words: &[&str]) -> Command {
    let mut command = stage.command("sh", at * 1000, Client::Interactive);
    let script = format!("ulimit -f {blocks} && exec \"$@\"");
    command.args(["-c", &script, "sh"]).args(words);
    command
}

/// All files except locks, which are empty.
fn said(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = contents(stage);
    all.retain(|_, bytes| !bytes.is_empty());
    all
}

fn litter(stage: &Stage) -> Vec<PathBuf> {
    files(&stage.sandbox.data()).into_iter().filter(|path| path.to_string_lossy().contains(".tmp-")).collect()
}

#[test]
fn hooks_survive_a_file_size_limit() {
    let stage = stage();
    let before = said(&stage);
    let sent = [
        ("cs-hook", OTHER, "UserPromptSubmit", json!({"prompt": "new", "prompt_id": "a"})),
        ("cs-hook", UUID, "UserPromptSubmit", json!({"prompt": "go on", "prompt_id": "b"})),
        ("cs-hook", UUID, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}})),
        ("cs-hook", UUID, "PostToolUse", json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}})),
        ("cs-heartbeat", UUID, "Stop", json!({"last_assistant_message": "So."})),
        ("cs-hook", UUID, "SessionEnd", json!({"reason": "other"})),
    ];
    for (program, uuid, event, more) in &sent {
        let text = payload(&stage, uuid, event, more.clone()).to_string();
        let output = run(limited(&stage, 1200, 0, &[program]), &text);
        assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()), "{event}");
        assert_eq!(litter(&stage), [] as [PathBuf; 0], "{event}");
    }
    assert!(said(&stage) == before, "nothing was written or torn");
    // Cases where the record fits and the log does not, and the other way round.
    std::fs::write(stage.sandbox.data().join("logs/hook.log"), "x".repeat(8 << 10) + "\n").expect("it can be written");
    let text = payload(&stage, OTHER, "UserPromptSubmit", json!({"prompt": "new", "prompt_id": "c"})).to_string();
    let output = run(limited(&stage, 1300, 8, &["cs-hook"]), &text);
    assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
    assert!(stage.record_of(OTHER).is_some(), "{}", log(&stage));
    assert_eq!(litter(&stage), [] as [PathBuf; 0]);
}

#[test]
fn commands_report_a_file_size_limit() {
    let stage = stage();
    let id = stage.record_of(UUID).expect("it is there")["session_id"].as_str().expect("an id").to_owned();
    let before = said(&stage);
    let calls: [&[&str]; 8] = [
        &["cs-session", "create", "--intent", "x"],
        &["cs-session", "event", &id, "--message", "x"],
        &["cs-session", "park", &id, "--reason", "lunch"],
        &["cs-session", "complete", &id, "--outcome", "x"],
        &["cs-task", "add", &id, "--subject", "x"],
        &["cs-project", "update", "repo", "--current-phase", "x"],
        &["cs-export", &id, "-o", "out.md"],
        &["cs-usage", "keep"],
    ];
    for words in calls {
        let output = run(limited(&stage, 1200, 0, words), "");
        let reported = stderr(&output);
        assert!([Some(0), Some(74)].contains(&output.status.code()), "{words:?}: {:?} {reported}", output.status);
        if words[0] != "cs-usage" {
            assert_eq!(output.status.code(), Some(74), "{words:?}: {reported}");
            assert!(reported.contains("File too large"), "{words:?}: {reported}");
        }
        assert_eq!(litter(&stage), [] as [PathBuf; 0], "{words:?}");
        assert!(said(&stage) == before, "{words:?}");
    }
    let list = "ulimit -f 0 && exec cs-session list --json >list";
    let mut command = stage.command("sh", 1_200_000, Client::Interactive);
    command.args(["-c", list]);
    let output = run(command, "");
    assert_eq!(status(&output), 74, "{}", stderr(&output));
}

/// A hook that cannot open a second file cannot log either, but prints nothing and leaves nothing torn; one without an
/// output loses nothing.
#[test]
fn hooks_with_few_descriptors_are_silent() {
    let stage = stage();
    for (program, event) in [("cs-hook", "UserPromptSubmit"), ("cs-hook", "PreCompact"), ("cs-heartbeat", "Stop")] {
        for script in ["ulimit -n 4; exec $0", "ulimit -n 5; exec $0", "exec $0 >&- 2>&-"] {
            let mut command = stage.command("sh", 1_200_000, Client::Interactive);
            command.args(["-c", script, program]);
            let output = run(command, &payload(&stage, UUID, event, json!({"prompt": "go on"})).to_string());
            check_quiet(&output, &format!("{program} {event} {script}"));
            assert_eq!(litter(&stage), [] as [PathBuf; 0], "{program} {event} {script}");
            check_store(&stage.sandbox);
        }
        assert_eq!(stage.live(UUID).expect("it has a live file")["last_event"], event);
    }
}

/// Children get the limit's signal (SIGXFSZ) as we found it: their own writes kill them, as usual.
#[test]
fn child_programs_get_their_default_signals() {
    let stage = stage();
    let wrapped = "grep -i ^SigIgn /proc/self/status >ignored; grep -i ^SigCgt /proc/self/status >caught; echo mine";
    let mut command = stage.command("cs-statusline", 60_000, Client::Interactive);
    command.args(["--wrap", wrapped, "--silent"]);
    let output = run(command, &json!({"session_id": UUID}).to_string());
    assert_eq!((status(&output), stdout(&output).trim()), (0, "mine"), "{}", stderr(&output));
    let signals = |name: &str| {
        let found = files(stage.sandbox.root()).into_iter().find(|path| path.ends_with(name));
        let text = std::fs::read_to_string(found.expect("the command ran")).expect("a text");
        u64::from_str_radix(text.split_whitespace().last().unwrap_or_default(), 16).expect("a number of signals")
    };
    if cfg!(target_os = "linux") {
        let bit = 1u64 << (libc::SIGXFSZ - 1);
        assert_eq!((signals("ignored") & bit, signals("caught") & bit), (0, 0));
    }
    let _: Value = stage.record_of(UUID).expect("it is there");
}
