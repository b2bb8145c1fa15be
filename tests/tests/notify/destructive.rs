//! Destructive calls are told if that is switched on: once each, and not those that were denied.

use audit::Entry;
use cs_tests::called::{Called, End};

use super::*;

fn in_conversation(uuid: &str) -> Entry {
    Entry { claude_session_id: Some(uuid.to_owned()), ..Entry::default() }
}

/// A working session.
fn with_session(reasons: Value) -> Sandbox {
    let sandbox = sandbox(json!({"command": ["tell"], "reasons": reasons}));
    let payload =
        format!(r#"{{"session_id":"{CA5D}","cwd":"/","hook_event_name":"UserPromptSubmit","prompt":"fix login"}}"#);
    assert_eq!(status(&at(&sandbox, "21T10:00:00", "cs-hook", &[], &payload)), 0);
    sandbox
}

/// The reason and the body of each notice of a run.
fn told(sandbox: &Sandbox, now: &str) -> Vec<String> {
    let output = at(sandbox, now, "cs-notify", &["--json"], "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let line = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a line is an object");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} {}", text("reason"), text("title"), text("body"))
    };
    stdout(&output).lines().map(line).collect()
}

#[test]
fn a_destructive_call_is_told_once_and_a_denied_one_never() {
    let sandbox = with_session(json!({"destructive": {"on": true}}));
    let mut called = Called::of(&sandbox);
    called.call("2026-11-21T10:00:01Z", &in_conversation(CA5D), "Bash", "ls", End::Done(2));
    called.call("2026-11-21T10:00:02Z", &in_conversation(CA5D), "Bash", "rm -rf /", End::Denied);
    let other = in_conversation("d8c64c56-59a9-4b11-aded-58c4ded45e16");
    called.call("2026-11-21T10:00:03Z", &other, "Bash", "rm -rf other", End::Done(2));
    assert_eq!(told(&sandbox, "21T10:00:10"), [""; 0]);
    called.call("2026-11-21T10:00:11Z", &in_conversation(CA5D), "Bash", "rm -rf build", End::Done(1200));
    let notices = told(&sandbox, "21T10:00:20");
    assert!(notices.len() == 1 && notices[0].starts_with("destructive: "), "{notices:?}");
    assert!(notices[0].contains("rm -rf build (rm-recursive; done after 1.2 s)"), "{notices:?}");
    assert_eq!(told(&sandbox, "21T10:00:30"), [""; 0], "once");
    called.call("2026-11-21T10:00:31Z", &in_conversation(CA5D), "Bash", "git reset --hard", End::Open);
    assert_eq!(told(&sandbox, "21T10:00:40").len(), 1, "another one is news");
}

#[test]
fn it_is_off_by_default() {
    let sandbox = with_session(json!({}));
    Called::of(&sandbox).call("2026-11-21T10:00:01Z", &in_conversation(CA5D), "Bash", "rm -rf build", End::Done(2));
    assert_eq!(told(&sandbox, "21T10:00:10"), [""; 0]);
}
