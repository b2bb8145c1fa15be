//! Which folder is read, and for which agents logs are read. The meaning of the results is tested with the programs.

use super::*;
use cs_core::live::Prompt;

fn live(transcript_path: &str) -> Live {
    let at = clock::parse("2026-11-21T10:00:00Z").unwrap();
    let mut live = Live::new("u", at);
    live.prompted(&Prompt { id: None, text: "go", is_typed: true, may_queue: true }, at);
    live.transcript_path = Some(transcript_path.to_string());
    live
}

#[test]
fn the_registry_is_found_next_to_the_log() {
    let of = |path: &str| account(&live(path));
    assert_eq!(of("/home/dev/.claude-work/projects/x/u.jsonl"), Some("/home/dev/.claude-work".into()));
    let own = Agent::Claude.home();
    for elsewhere in ["u.jsonl", "/u.jsonl", "/home/dev/logs/x/u.jsonl", "/projects", ""] {
        assert_eq!(of(elsewhere), own, "{elsewhere}");
    }
}

#[test]
fn the_end_of_a_log_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("u.jsonl");
    let line =
        r#"{"type":"user","timestamp":"2026-11-21T10:00:05Z","message":{"content":"[Request interrupted by user]"}}"#;
    std::fs::write(&log, format!("{}\n{line}\n{{\"type\":\"sys", "x".repeat(100_000))).unwrap();
    let found = logged_end(&live(&log.to_string_lossy())).unwrap();
    assert_eq!(
        (found.end, clock::stamp(found.at)),
        (LoggedEnd::Interrupted, "2026-11-21T10:00:05.000000+00:00".into())
    );
}

#[test]
fn registry_fields_are_read_separately() {
    let dir = tempfile::tempdir().unwrap();
    let live = live(&dir.path().join("projects/x/u.jsonl").to_string_lossy());
    let own = process::find(std::process::id()).unwrap();
    std::fs::create_dir(dir.path().join("sessions")).unwrap();
    let file = dir.path().join(format!("sessions/{}.json", own.pid));
    let at = clock::from_millis(1_000);
    for (told, expected) in [
        (r#""status":"waiting","waitingFor":"permission prompt""#, Some(("waiting", Some("permission prompt"), None))),
        (r#""status":"paused""#, Some(("paused", None, None))),
        (r#""status":"waiting","waitingFor":7,"updatedAt":1000"#, Some(("waiting", Some("7"), at))),
        (r#""status":"idle","statusUpdatedAt":1000.5"#, Some(("idle", None, at))),
        (r#""status":"idle","statusUpdatedAt":99999999999999999,"name":7"#, Some(("idle", None, None))),
        (r#""status":null,"statusUpdatedAt":1000"#, None),
        (r#""statusUpdatedAt":1000"#, None),
    ] {
        std::fs::write(&file, format!("{{\"sessionId\":\"U\",{told}}}")).unwrap();
        let client = client(&live, &own);
        let found =
            client.as_ref().map(|found| (found.status.as_str(), found.waiting_for.as_deref(), found.updated_at));
        assert_eq!(found, expected, "{told}");
    }
}

#[test]
fn a_file_that_is_not_a_log_gives_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(logged(dir.path(), Agent::Claude), None);
    for bytes in
        ["", "\n\n", "[]", "{\"type\":7}", "{\"type\":\"user\"}", "\u{0}", "{\"type\":\"event_msg\",\"payload\":7}"]
    {
        let log = dir.path().join("log");
        std::fs::write(&log, bytes).unwrap();
        assert_eq!((logged(&log, Agent::Claude), logged(&log, Agent::Codex)), (None, None), "{bytes}");
    }
}

#[test]
fn a_codex_conversation_has_its_last_listed_name() {
    let dir = tempfile::tempdir().unwrap();
    let rollout = dir.path().join("sessions/2026/11/21/rollout-x-u.jsonl");
    let live = Live { agent: Some("codex".to_string()), ..live(&rollout.to_string_lossy()) };
    let named = |id: &str, name: &str| format!("{{\"id\":\"{id}\",\"thread_name\":\"{name}\",\"updated_at\":\"x\"}}\n");
    assert_eq!(given_name(&live), None, "there is no list");
    let cases = [
        (named("v", "other"), None),
        (named("u", "go"), Some("go")),
        (named("u", "go") + &named("v", "other") + &named("u", "Mine") + &named("v", "third"), Some("Mine")),
        (named("u", "go") + "broken\n" + &named("U", "Mine") + "{\"id\":\"u\"", Some("Mine")),
    ];
    for (list, name) in cases {
        std::fs::write(dir.path().join("session_index.jsonl"), &list).unwrap();
        assert_eq!(given_name(&live).map(|title| title.text).as_deref(), name, "{list}");
    }
}
