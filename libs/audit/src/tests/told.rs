//! Asks how calls ended that the log has no result of, with recorded transcripts of both clients.

use super::*;
use cs_core::id::Uuid;
use cs_core::range::Range;
use cs_core::store::Store;
use std::path::{Path, PathBuf};

const CLAUDE: &str = "../../tests/fixtures/claude-code/transcripts";
const CODEX: &str = "../../tests/fixtures/codex/rollouts";

/// A conversation whose live file names a copy of a recorded transcript.
fn conversation(place: &Place, agent: &str, uuid: &str, recording: &str) -> PathBuf {
    let folder = place.home.audit_dir().parent().unwrap().join("projects");
    fs::create_dir_all(&folder).unwrap();
    let log = folder.join(format!("{uuid}.jsonl"));
    fs::copy(recording, &log).unwrap();
    let beside = Path::new(recording).with_extension("subagents");
    if beside.is_dir() {
        let subagents = folder.join(uuid).join("subagents");
        fs::create_dir_all(&subagents).unwrap();
        for entry in fs::read_dir(beside).unwrap().flatten() {
            fs::copy(entry.path(), subagents.join(entry.file_name())).unwrap();
        }
    }
    let live = serde_json::json!({
        "claude_session_id": uuid, "agent": agent, "state": "idle", "since": "2026-11-21T10:00:00Z", "capture": true,
        "last_event": "Stop", "last_event_at": "2026-11-21T10:00:00Z", "transcript_path": log,
    });
    let path = place.home.ended(&Uuid::parse(uuid).unwrap());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, live.to_string()).unwrap();
    log
}

fn attempt(place: &Place, agent: &str, uuid: &str, call: &str) {
    let entry = Entry {
        claude_session_id: Some(uuid.into()),
        agent: Some(agent.into()),
        tool_use_id: Some(call.into()),
        tool: Some("Bash".into()),
        ..Entry::new(Kind::Attempt, at("2026-11-21T09:00:00Z"))
    };
    Log::of(&place.home, WAIT).append(entry, at("2026-11-21T09:00:00Z")).unwrap();
}

fn outcomes(place: &Place) -> Vec<(String, &'static str)> {
    let store = Store::for_people(place.home.clone(), agents::WITNESS);
    let found = calls(&store, &Filter::default(), at("2026-11-21T12:00:00Z")).unwrap();
    found.into_iter().rev().map(|call| (call.tool_use_id.unwrap(), call.outcome.word())).collect()
}

#[test]
fn a_transcript_tells_how_a_call_ended() {
    let place = place();
    let uuid = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    conversation(&place, "claude-code", uuid, &format!("{CLAUDE}/interactive.jsonl"));
    let stopped = "cbd44839-d656-4cb8-bd0f-273f967001f6";
    conversation(&place, "claude-code", stopped, &format!("{CLAUDE}/interrupt.jsonl"));
    attempt(&place, "claude-code", uuid, "toolu_stub0000000000000017");
    attempt(&place, "claude-code", uuid, "toolu_stub0000000000000020");
    attempt(&place, "claude-code", uuid, "toolu_stub0000000000000019");
    attempt(&place, "claude-code", uuid, "toolu_unheard_of");
    attempt(&place, "claude-code", stopped, "toolu_stub0000000000000097");
    let ends: Vec<&str> = outcomes(&place).into_iter().map(|(_, word)| word).collect();
    assert_eq!(ends, ["done", "failed", "interrupted", "unknown", "interrupted"]);
}

#[test]
fn a_rollout_tells_how_a_call_ended() {
    let place = place();
    let uuid = "01a1fc80-1cb9-7f02-86a4-9d49129be684";
    conversation(&place, "codex", uuid, &format!("{CODEX}/tools.jsonl"));
    let stopped = "01a1fc80-30aa-7000-8000-9d49129be684";
    conversation(&place, "codex", stopped, &format!("{CODEX}/interrupt-tool.jsonl"));
    let calls = ["call_stub0b85630002x0", "call_stub0b85630004x0", "call_stub0b85630008x0"];
    calls.iter().for_each(|call| attempt(&place, "codex", uuid, call));
    attempt(&place, "codex", stopped, "call_stub0b85630022x0");
    let ends: Vec<&str> = outcomes(&place).into_iter().map(|(_, word)| word).collect();
    assert_eq!(ends, ["done", "failed", "failed", "interrupted"]);
}

#[test]
fn subagents_have_a_purpose() {
    let place = place();
    let uuid = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
    let store = Store::for_people(place.home.clone(), agents::WITNESS);
    let log = conversation(&place, "claude-code", uuid, &format!("{CLAUDE}/interactive.jsonl"));
    let of = |kind, id: &str, time: &str| Entry {
        claude_session_id: Some(uuid.into()),
        agent_id: Some(id.into()),
        ..Entry::new(kind, at(time))
    };
    let known = |store: &Store| {
        subagents(store, &Uuid::parse(uuid).unwrap(), &Range::default(), at("2026-11-29T12:00:00Z")).unwrap()
    };
    // Without a log, everything is from the transcripts.
    let told = known(&store);
    let mut purposes: Vec<_> = told.iter().filter_map(|one| one.purpose.as_deref()).collect();
    purposes.sort_unstable();
    assert_eq!(purposes, ["Iso job", "Small job"]);
    assert_eq!(told.iter().map(|one| one.calls).max(), Some(1));
    assert!(told.iter().all(|one| one.agent_type.as_deref() == Some("general-purpose") && one.began.is_some()));
    for (kind, time) in
        [(Kind::SubagentStart, "04:00:40"), (Kind::Attempt, "04:00:41"), (Kind::SubagentStop, "04:00:43")]
    {
        let time = format!("2026-11-21T{time}Z");
        Log::of(&place.home, WAIT).append(of(kind, "abb4e1e2df0998388", &time), at(&time)).unwrap();
    }
    let logged = known(&store);
    assert_eq!(logged.len(), 1);
    assert_eq!((logged[0].purpose.as_deref(), logged[0].calls), (Some("Small job"), 1));
    assert_eq!(logged[0].ended.as_deref(), Some("2026-11-21T04:00:43.000000+00:00"));
    fs::remove_file(log).unwrap();
    assert_eq!(known(&store)[0].purpose, None, "nothing tells");
}

#[test]
fn the_end_of_a_long_transcript_is_enough_for_a_new_call() {
    let place = place();
    let uuid = "cbd44839-d656-4cb8-bd0f-273f967001f6";
    let log = conversation(&place, "claude-code", uuid, &format!("{CLAUDE}/interrupt.jsonl"));
    let call = |id: &str, time: &str| {
        format!(
            "{{\"type\":\"assistant\",\"timestamp\":\"2026-11-21T{time}Z\",\"message\":{{\"content\":[{{\"type\":\"tool_use\",\
             \"id\":\"{id}\",\"name\":\"Bash\",\"input\":{{}}}}]}}}}\n{{\"type\":\"user\",\"message\":{{\"content\":[{{\"type\":\
             \"tool_result\",\"tool_use_id\":\"{id}\",\"is_error\":true,\"content\":\"Exit code 1\"}}]}}}}\n"
        )
    };
    let noise = format!("{{\"type\":\"noise\",\"text\":\"{}\"}}\n", "x".repeat(6 * 1024 * 1024));
    let text = [fs::read_to_string(&log).unwrap(), noise, call("toolu_new", "08:00:00")].concat();
    fs::write(&log, text).unwrap();
    attempt(&place, "claude-code", uuid, "toolu_new");
    attempt(&place, "claude-code", uuid, "toolu_stub0000000000000097");
    let ends: Vec<&str> = outcomes(&place).into_iter().map(|(_, word)| word).collect();
    assert_eq!(ends, ["failed", "interrupted"]);
}

#[test]
fn a_call_runs_only_until_its_result_is_logged() {
    let place = place();
    let uuid = "cbd44839-d656-4cb8-bd0f-273f967001f6";
    let live = serde_json::json!({
        "claude_session_id": uuid, "agent": "codex", "state": "working", "since": "2026-11-21T08:59:00Z",
        "capture": true, "last_event": "UserPromptSubmit", "last_event_at": "2026-11-21T08:59:00Z",
    });
    let path = place.home.live(&Uuid::parse(uuid).unwrap());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, live.to_string()).unwrap();
    attempt(&place, "codex", uuid, "call_1");
    let now = || {
        let store = Store::for_people(place.home.clone(), agents::WITNESS);
        let found = calls(&store, &Filter::default(), at("2026-11-21T09:00:10Z")).unwrap();
        found.into_iter().map(|call| call.outcome.word()).collect::<Vec<_>>()
    };
    assert_eq!(now(), ["running"]);
    let result = Entry {
        claude_session_id: Some(uuid.into()),
        tool_use_id: Some("call_1".into()),
        ..Entry::new(Kind::Result, at("2026-11-21T09:00:05Z"))
    };
    Log::of(&place.home, WAIT).append(result, at("2026-11-21T09:00:05Z")).unwrap();
    assert_eq!(now(), ["unknown"], "its result does not say how it ended");
}
