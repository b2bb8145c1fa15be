//! The records and states that recorded sessions of real clients must lead to. The expectations are written by hand
//! from reading the recordings: what a person who watched the conversation would note.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use cs_tests::replay::{Delivery, Recording, Stage, check_store, instant};
use cs_tests::{Sandbox, entries};
use serde_json::{Value, json};

const PRINT: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const INTERACTIVE: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
const AFTER_CLEAR: &str = "fb4fdde9-3515-47f5-9b2b-ae24c04b895f";
const KILLED: &str = "4a05118b-14d9-408c-9af0-75daad620c62";
const FAILED: &str = "failure: scripted failure";
const SAY_HI: &str =
    "waiting: permission for Bash: echo hi; pwd; recorder-hello; echo PATH=$PATH; env | grep -E '^(CLAUDE|AI_)' | sort";

/// A session of Claude Code that ended normally, with nothing else known about it.
fn claude(uuid: &str, intent: &str, outcome: &str) -> Value {
    json!({
        "project_slug": "repo", "status": "completed", "intent": intent, "outcome": outcome, "parked_reason": null,
        "current_activity": null, "awaiting_action": null, "events": [], "git_branch": "main",
        "history": [format!("prompt: {intent}")],
        "worktree_root": "/home/dev/repo", "claude_session_id": uuid, "files_changed": [], "commits": [],
        "decisions": [], "open_questions": [], "next_steps": [], "tasks": [], "schema_version": 4,
        "ended_by": "hook", "written_by": "hook", "roadmap_ref": null,
    })
}

/// The same for Codex.
fn codex(uuid: &str, intent: &str, outcome: &str) -> Value {
    let codex = json!({"project_slug": "project", "worktree_root": "/home/dev/project", "agent": "codex"});
    with(claude(uuid, intent, outcome), codex)
}

fn with(mut record: Value, changes: Value) -> Value {
    for (field, value) in changes.as_object().expect("changes are an object") {
        record[field] = value.clone();
    }
    record
}

/// The record of an attended session that ended during a turn.
fn broken(record: Value, during: &str) -> Value {
    let reason = format!("the conversation ended in the middle of: {during}");
    let events = [format!("ended in the middle of: {during}")];
    with(record, json!({"status": "parked", "outcome": null, "parked_reason": reason, "events": events}))
}

/// A record with its tasks, history and events in short form: task ids are hashes, which nobody writes by hand.
fn in_short(mut record: Value) -> Value {
    let texts = |list: &Value, text: fn(&Value) -> String| list.as_array().map(|all| all.iter().map(text).collect());
    let tasks: Option<Vec<String>> =
        texts(&record["tasks"], |task| format!("{}: {}", task["subject"], task["status"]).replace('"', ""));
    let events: Option<Vec<String>> =
        texts(&record["events"], |event| event["message"].as_str().unwrap_or_default().into());
    let history: Option<Vec<String>> =
        texts(&record["history"], |moment| format!("{}: {}", moment["kind"], moment["text"]).replace('"', ""));
    record["history"] = json!(history);
    record["tasks"] = json!(tasks);
    record["events"] = json!(events);
    record
}

/// The events of the long conversation, in which a person tried everything.
fn interactive() -> Vec<String> {
    let asked = |what: &str| ["question", "answer"].map(|kind| format!("{kind}: {what}"));
    let prompts = |all: &[&str]| all.iter().map(|text| format!("prompt: {text}")).collect::<Vec<_>>();
    let failed = |text: &str| vec![format!("prompt: {text}"), "failure: API Error: 400 scripted failure".to_string()];
    [
        prompts(&["do the full tour"]),
        asked(SAY_HI.trim_start_matches("waiting: ")).to_vec(),
        asked("permission for Bash: echo oops >&2; exit 3").to_vec(),
        prompts(&["/recorder:rec-cmd foo bar"]),
        ["fail please", "change directory", "mcp please"].into_iter().flat_map(failed).collect(),
        prompts(&["change directory", "mcp please", "ask permission"]),
        asked("permission for Bash: mkdir -p /home/dev/permdir && touch /home/dev/permdir/x").to_vec(),
        prompts(&["ask permission again", "skill please", "ask me"]),
        asked("answer: Which colour?").to_vec(),
        prompts(&["worktree please", "isolated agent", "long tool", "slow please"]),
    ]
    .concat()
}

/// The expected records at the end of a recording.
fn expected_records(name: &str) -> Vec<Value> {
    // A task is left, but no person was present who could come back to it.
    let tour = |uuid, files: Value| {
        let tasks = ["First task: completed", "Second task: pending"];
        let left = json!({"next_steps": ["Second task"], "tasks": tasks, "files_changed": files});
        vec![with(claude(uuid, "do the full tour", "All done."), left)]
    };
    let none = json!({"outcome": null});
    match name {
        "claude-code/idle" => {
            vec![claude("032e43b7-15b7-4406-9cf7-9827598d42c8", "simple prompt idle", "A simple answer.")]
        }
        // It was renamed during the conversation; the client keeps the name after /clear.
        "claude-code/interactive" => vec![
            with(
                broken(claude(INTERACTIVE, "do the full tour", ""), "slow please"),
                json!({
                    "intent": "my-session",
                    "intent_by": "rename",
                    "files_changed": ["hello.txt"],
                    "events": ["context compacted (manual)", "ended in the middle of: slow please"],
                    "history": interactive(),
                }),
            ),
            with(
                claude(AFTER_CLEAR, "simple prompt after clear", "A simple answer."),
                json!({"intent": "my-session", "intent_by": "rename"}),
            ),
        ],
        "claude-code/interrupt-then-ctrl-c-twice" => {
            vec![broken(claude("cbd44839-d656-4cb8-bd0f-273f967001f6", "long tool", ""), "long tool")]
        }
        "claude-code/print-tour" => tour(PRINT, json!(["hello.txt"])),
        // This client reported no Write and no Edit, since both failed before they began.
        "claude-code/print-tour.2.1.197" => tour("6ebf5cf0-4774-4417-a045-0b507d70c941", json!([])),
        // `--init-only` sends no prompt, so it leaves nothing.
        "claude-code/setup-init-maintenance" => vec![
            claude("22eabf4c-f2e9-451f-a61a-ef5bb5681ae9", "simple prompt", "A simple answer."),
            claude("75bbec83-5caa-45c3-840a-d2891bb76e9c", "simple prompt", "A simple answer."),
        ],
        "claude-code/sigkill" => {
            let mut running = claude(KILLED, "long tool", "");
            running.as_object_mut().expect("an object").remove("ended_by");
            let changes = json!({"status": "active", "outcome": null, "current_activity": "long tool"});
            vec![with(running, changes)]
        }
        "codex/compact" => vec![with(
            codex("01a1fc80-39a8-7632-b16a-1675a75c2106", "grow please", "Carried on after the compaction."),
            json!({"events": ["context compacted (auto)"]}),
        )],
        "codex/fail" => {
            let failed = codex("01a1fc80-3b3f-7471-bef0-a478a24e33e6", "fail please", "");
            vec![with(failed, json!({"outcome": null, "history": ["prompt: fail please", FAILED]}))]
        }
        "codex/interrupt-tool" => vec![with(codex("01a1fc80-3097-7190-be03-028e64764269", "long tool", ""), none)],
        "codex/resume" => vec![with(
            codex("01a1fc80-2516-7553-a277-ccfbd37e4a44", "simple prompt, to be resumed", "The second answer."),
            json!({
                "events": ["reopened; it had ended with: A simple answer."],
                "history": [
                    "prompt: simple prompt, to be resumed",
                    "completed: A simple answer.",
                    "prompt: second prompt",
                ],
            }),
        )],
        // Only a call of the notify program, which is not registered.
        "codex/subagent-history.2" => Vec::new(),
        "codex/subagent" => {
            vec![codex("01a1fc80-3e88-72b1-bb27-679ab04c8a96", "do the helper tour", "The helper is done.")]
        }
        "codex/subagent-v1" => {
            vec![codex("01a1fc80-43bb-7472-99fb-0066ea805e80", "do the helper tour v1", "The helper is done.")]
        }
        "codex/tools" => vec![with(
            codex("01a1fc80-1cb9-7f02-86a4-9d49129be684", "do the full tour", "All done."),
            json!({"files_changed": ["hello.txt"], "tasks": ["First step: completed", "Second step: completed"]}),
        )],
        "codex/tui" => vec![with(
            // Its last prompt was interrupted, so the earlier answer is not an answer to it.
            with(codex("01a1fc80-7020-7fa0-8504-e6ff14741ebb", "simple prompt in the terminal", ""), none),
            json!({
                "events": ["context compacted (manual)"],
                "history": [
                    "prompt: simple prompt in the terminal", "prompt: second prompt in the terminal",
                    "prompt: ask permission", "question: permission for Bash: mkdir -p made/here",
                    "answer: permission for Bash: mkdir -p made/here", "prompt: slow please",
                ],
            }),
        )],
        other => panic!("there are no expected records for {other}"),
    }
}

/// The lines of a recording after which the state of the conversation changes, each with the new state.
fn expected_states(name: &str) -> Vec<(usize, &'static str)> {
    match name {
        "claude-code/idle" => vec![(0, "idle"), (2, "working"), (4, "idle"), (6, "ended")],
        "claude-code/interactive" => vec![
            (0, "idle"),
            (2, "working"),
            (5, SAY_HI),
            (7, "working"),
            (10, "waiting: permission for Bash: echo oops >&2; exit 3"),
            (11, "working"),
            (39, "background: 1"), // the subagent continues
            (41, "working"),       // <task-notification>
            (43, "idle"),
            (44, "working"),
            (47, "idle"),
            (48, "working"),
            (49, "idle, failed: API Error: 400 scripted failure"),
            (50, "working"),
            (51, "idle, failed: API Error: 400 scripted failure"),
            (52, "working"),
            (53, "idle, failed: API Error: 400 scripted failure"),
            (54, "working"),
            (59, "idle"),
            (60, "working"),
            (66, "idle"),
            (67, "working"),
            (69, "waiting: permission for Bash: mkdir -p /home/dev/permdir && touch /home/dev/permdir/x"),
            (70, "working"),
            (73, "idle"),
            (74, "working"), // interrupted, which no hook reports
            (81, "idle"),
            (82, "working"),
            (84, "waiting: answer: Which colour?"),
            (85, "working"),
            (87, "idle"),
            (89, "working"),
            (103, "idle"),
            (104, "working"),
            (113, "background: 1"),
            (115, "working"),
            (117, "idle"),
            (130, "working"),
            (133, "idle"),
            (134, "working"),
            (135, "ended"), // /clear
            (136, "idle"),
            (137, "working"),
            (140, "idle"),
            (142, "ended"),
        ],
        "claude-code/interrupt-then-ctrl-c-twice" => vec![(0, "idle"), (2, "working"), (4, "ended")],
        "claude-code/print-tour" => vec![(0, "idle"), (1, "working"), (49, "idle"), (50, "ended")],
        "claude-code/print-tour.2.1.197" => vec![(0, "idle"), (2, "working"), (46, "idle"), (47, "ended")],
        "claude-code/setup-init-maintenance" => vec![
            (1, "idle"),
            (2, "ended"),
            (4, "idle"),
            (5, "working"),
            (7, "idle"),
            (8, "ended"),
            (10, "idle"),
            (11, "working"),
            (13, "idle"),
            (14, "ended"),
        ],
        "claude-code/sigkill" => vec![(0, "idle"), (2, "working")],
        "codex/compact" => vec![(0, "idle"), (1, "working"), (11, "idle"), (13, "ended")],
        "codex/fail" => vec![(0, "idle"), (1, "working"), (3, "idle, failed: scripted failure"), (4, "ended")],
        "codex/interrupt-tool" => vec![(0, "idle"), (1, "working"), (5, "idle"), (6, "ended")],
        "codex/resume" => vec![
            (0, "idle"),
            (1, "working"),
            (4, "idle"),
            (6, "ended"),
            (7, "idle"),
            (8, "working"),
            (11, "idle"),
            (13, "ended"),
        ],
        "codex/subagent-history.2" => vec![],
        "codex/subagent" => vec![(0, "idle"), (1, "working"), (20, "idle"), (22, "ended")],
        "codex/subagent-v1" => vec![(0, "idle"), (1, "working"), (25, "idle"), (27, "ended")],
        "codex/tools" => vec![(0, "idle"), (1, "working"), (70, "idle"), (72, "ended")],
        "codex/tui" => vec![
            (0, "idle"),
            (1, "working"),
            (4, "idle"),
            (6, "working"),
            (9, "idle"),
            (11, "working"),
            (15, "waiting: permission for Bash: mkdir -p made/here"),
            (16, "working"),
            (19, "idle"),
            (21, "working"),
            (23, "idle"), // Interrupt
            (27, "ended"),
        ],
        other => panic!("there are no expected states for {other}"),
    }
}

/// The state in the conversation's live file, in one line.
fn state(stage: &Stage, uuid: &str) -> String {
    let Some(live) = stage.live(uuid) else { return "ended".into() };
    let text = |field: &str| live[field].as_str().map(str::to_owned);
    match (text("state").as_deref(), text("waiting_for"), text("error"), &live["background_tasks"]) {
        (Some("waiting"), Some(what), ..) => format!("waiting: {what}"),
        (Some("background"), None, None, count) => format!("background: {count}"),
        (Some(state), None, None, Value::Null) => state.to_owned(),
        (Some(state), None, Some(error), Value::Null) => format!("{state}, failed: {error}"),
        _ => format!("nonsense: {live}"),
    }
}

/// Panics if anything of a conversation is left in `live/`, locks included.
fn check_nobody_lives(sandbox: &Sandbox) {
    let live = sandbox.data().join("live");
    if live.exists() {
        assert_eq!(entries(&live), Vec::<std::path::PathBuf>::new());
    }
}

/// Runs a check on each recording, a few at a time.
fn of_each_recording(check: impl Fn(&Recording) + Sync) {
    let names = Recording::all();
    assert!(names.len() >= 16, "recordings are missing: {names:?}");
    thread::scope(|scope| {
        for half in names.chunks(names.len().div_ceil(3)) {
            let check = &check;
            scope.spawn(move || half.iter().for_each(|name| check(&Recording::load(name))));
        }
    });
}

#[test]
fn every_recording_leaves_the_expected_records() {
    of_each_recording(|recording| {
        let stage = Stage::new();
        stage.play(recording, Delivery::Once, |_, _| {});
        let records: Vec<Value> = stage.comparable().into_iter().map(in_short).collect();
        assert_eq!(json!(records), json!(sorted(expected_records(&recording.name))), "{}", recording.name);
        check_store(&stage.sandbox);
        let trouble = std::fs::read_to_string(stage.sandbox.data().join("logs/hook.log")).unwrap_or_default();
        assert_eq!(trouble, "", "{}", recording.name);
        if recording.name == "claude-code/sigkill" {
            assert_eq!(state(&stage, KILLED), "working", "the kill was not reported");
        } else {
            check_nobody_lives(&stage.sandbox);
        }
    });
}

fn sorted(mut records: Vec<Value>) -> Vec<Value> {
    records.sort_by_key(|record| record["claude_session_id"].to_string());
    records
}

#[test]
fn an_attended_tour_is_parked_with_its_open_tasks() {
    let (stage, mut recording) = (Stage::new(), Recording::load("claude-code/print-tour"));
    recording.name = "claude-code/attended".into();
    stage.play(&recording, Delivery::Once, |_, _| {});
    let record = stage.record_of(PRINT).map(in_short).unwrap_or_default();
    let changes = json!({
        "status": "parked", "outcome": null, "parked_reason": "the conversation ended with 1 open task",
        "next_steps": ["Second task"], "tasks": ["First task: completed", "Second task: pending"],
        "files_changed": ["hello.txt"],
    });
    let expected = with(claude(PRINT, "do the full tour", ""), changes);
    for (field, value) in expected.as_object().expect("an object") {
        if field != "worktree_root" {
            assert_eq!(&record[field], value, "{field}");
        }
    }
}

#[test]
fn the_state_follows_every_event() {
    of_each_recording(|recording| {
        let stage = Stage::new();
        let mut states: Vec<(usize, String)> = Vec::new();
        stage.play(recording, Delivery::Once, |stage, event| {
            let uuid = event.field("session_id");
            let now = state(stage, uuid);
            if states.last().is_none_or(|(_, before)| *before != now) {
                states.push((event.line, now));
            }
            let (live, record) = (stage.live(uuid), stage.record_of(uuid));
            let waiting_for = live.as_ref().map_or(&Value::Null, |live| &live["waiting_for"]);
            let awaiting = record.as_ref().map_or(&Value::Null, |record| &record["awaiting_action"]);
            assert_eq!(awaiting, waiting_for, "{}, line {}: the record differs", recording.name, event.line);
        });
        let shown: Vec<(usize, String)> =
            states.into_iter().map(|(line, state)| (line, state.replace(&home(&stage), "/home/dev"))).collect();
        let expected = expected_states(&recording.name).into_iter().map(|(line, state)| (line, state.to_owned()));
        assert_eq!(shown, expected.collect::<Vec<_>>(), "{}", recording.name);
    });
}

fn home(stage: &Stage) -> String {
    stage.sandbox.home().to_string_lossy().into_owned()
}

#[test]
fn a_record_grows_with_its_conversation() {
    let stage = Stage::new();
    stage.play(&Recording::load("claude-code/interactive"), Delivery::Once, |stage, event| {
        let record = stage.record_of(INTERACTIVE).map(in_short).unwrap_or_default();
        let facts = || json!([record["status"], record["current_activity"], record["files_changed"]]);
        match event.line {
            0 => assert!(record.is_null(), "no prompt, no session"),
            2 => assert_eq!(facts(), json!(["active", "do the full tour", []])),
            14 => assert_eq!(facts(), json!(["active", "do the full tour", ["hello.txt"]])),
            41 => assert_eq!(facts(), json!(["active", "do the full tour", ["hello.txt"]]), "not the notification"),
            44 => assert_eq!(facts(), json!(["active", "/recorder:rec-cmd foo bar", ["hello.txt"]])),
            134 => assert_eq!(facts(), json!(["active", "slow please", ["hello.txt"]])),
            135 => assert_eq!(facts(), json!(["parked", null, ["hello.txt"]])),
            136 => assert!(stage.record_of(AFTER_CLEAR).is_none(), "/clear alone starts nothing"),
            _ => {}
        }
    });
    let stage = Stage::new();
    stage.play(&Recording::load("codex/tools"), Delivery::Once, |stage, event| {
        let record = stage.sandbox.records().pop().map(in_short).unwrap_or_default();
        if (11..67).contains(&event.line) {
            assert_eq!(record["tasks"], json!(["First step: in_progress", "Second step: pending"]));
        }
        let files = if event.line < 19 { json!([]) } else { json!(["hello.txt"]) };
        assert!(record.is_null() || record["files_changed"] == files, "line {}: {record}", event.line);
    });
}

#[test]
fn the_live_file_names_the_process_of_the_conversation() {
    let stage = Stage::new();
    let mut last = Value::Null;
    stage.play(&Recording::load("claude-code/print-tour"), Delivery::Once, |stage, event| {
        // Actions of a subagent do not count as events of the conversation.
        if event.payload["agent_id"].is_null() {
            last = json!([event.name(), instant(event.at).replace('Z', "000+00:00")]);
        }
        if let Some(live) = stage.live(PRINT) {
            assert_eq!((&live["agent"], &live["pid"]), (&json!("claude-code"), &json!(stage.client())));
            assert_eq!(json!([live["last_event"], live["last_event_at"]]), last);
        }
    });
    let stage = Stage::new();
    stage.play(&Recording::load("codex/resume"), Delivery::Once, |stage, event| {
        if let Some(live) = stage.live(event.field("session_id")) {
            // Codex reports no process, so it is the one that started the hook: this test.
            assert_eq!((&live["agent"], &live["pid"]), (&json!("codex"), &json!(std::process::id())));
        }
    });
}

#[test]
fn every_prompt_and_every_stop_is_a_heartbeat() {
    let stage = Stage::new();
    let mut beats = BTreeMap::new();
    stage.play(&Recording::load("claude-code/idle"), Delivery::Once, |stage, event| {
        let record = stage.sandbox.records().pop().unwrap_or_default();
        beats.insert(event.line, record["last_heartbeat"].clone());
    });
    let at_prompt = json!("2026-11-21T10:00:03.291000+00:00");
    assert_eq!(beats[&2], at_prompt);
    assert_eq!(beats[&4], json!("2026-11-21T10:00:03.391000+00:00"), "0.1 s later");
    assert_eq!(beats[&6], json!("2026-11-21T10:03:29.097000+00:00"), "the end counts");
}

#[test]
fn a_killed_client_leaves_its_live_file() {
    let mut stage = Stage::new();
    let pid = stage.client();
    stage.play(&Recording::load("claude-code/sigkill"), Delivery::Once, |_, _| {});
    stage.kill_client();
    let live = stage.live(KILLED).expect("nobody removes it");
    assert_eq!((&live["state"], &live["pid"]), (&json!("working"), &json!(pid)));
    assert!(live["pid_started"].is_string(), "the process cannot be distinguished from one that reuses its id: {live}");
    let record = stage.record_of(KILLED).expect("the session is there");
    assert_eq!((&record["status"], &live["session_id"]), (&json!("active"), &record["session_id"]));
}

#[test]
fn duplicate_events_change_nothing() {
    of_each_recording(|recording| {
        let (once, twice) = (Stage::new(), Stage::new());
        once.play(recording, Delivery::Once, |_, _| {});
        twice.play(recording, Delivery::Twice, |_, _| {});
        assert_eq!(json!(twice.comparable()), json!(once.comparable()), "{}", recording.name);
        check_store(&twice.sandbox);
        if recording.name != "claude-code/sigkill" {
            check_nobody_lives(&twice.sandbox);
        }
    });
}

#[test]
fn reordered_events_lead_to_the_same_record() {
    of_each_recording(|recording| {
        let plain = Stage::new();
        plain.play(recording, Delivery::Once, |_, _| {});
        for seed in 0..6 {
            let (stage, shuffled) = (Stage::new(), recording.shuffled(seed));
            let reported = if seed % 2 == 0 { Delivery::Once } else { Delivery::Twice };
            stage.play(&shuffled, reported, |_, _| {});
            let order: Vec<usize> = shuffled.events.iter().map(|event| event.line).collect();
            assert_eq!(json!(stage.comparable()), json!(plain.comparable()), "{}: {order:?}", shuffled.name);
            check_store(&stage.sandbox);
            if recording.name != "claude-code/sigkill" {
                check_nobody_lives(&stage.sandbox);
            }
        }
    });
}

#[test]
fn hooks_installed_during_a_conversation_catch_up() {
    let cuts = |name: &str, step: usize| {
        let recording = Recording::load(name);
        let lines = (0..recording.events.len()).step_by(step);
        lines.map(|line| recording.from_line(line)).collect::<Vec<_>>()
    };
    let all = [cuts("claude-code/print-tour", 1), cuts("claude-code/interactive", 4), cuts("codex/resume", 1)].concat();
    thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(3)) {
            scope.spawn(|| part.iter().for_each(play_from_the_middle));
        }
    });
}

fn play_from_the_middle(recording: &Recording) {
    let stage = Stage::new();
    let mut begun = BTreeSet::new();
    stage.play(recording, Delivery::Once, |stage, event| {
        let uuid = event.field("session_id");
        let place = format!("{}, line {}", recording.name, event.line);
        let records = stage.sandbox.records();
        let of = |record: &&Value| record["claude_session_id"] == uuid;
        let active: Vec<&Value> = records.iter().filter(of).filter(|record| record["status"] == "active").collect();
        assert!(active.len() <= 1, "{place}: {active:#?}");
        if event.is_own_prompt() {
            assert_eq!(active.len(), 1, "{place}");
            assert_eq!(active[0]["current_activity"], event.field("prompt"), "{place}");
            if begun.insert(uuid.to_owned()) {
                let name = Some(event.field("session_title")).filter(|title| !title.is_empty());
                let intent = name.unwrap_or(event.field("prompt"));
                assert_eq!(active[0]["intent"], intent, "{place}: the first prompt after the installation");
            }
        } else if !begun.contains(uuid) {
            let said = |record: &&Value| !record["intent"].as_str().unwrap_or_default().starts_with("conversation in ");
            assert_eq!(
                records.iter().filter(of).filter(said).count(),
                0,
                "{place}: a session without a prompt has an intent"
            );
        }
    });
    check_store(&stage.sandbox);
    check_nobody_lives(&stage.sandbox);
}
