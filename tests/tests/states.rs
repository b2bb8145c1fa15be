//! The state of a conversation as people see it: with events as clients send them, real processes, Claude Code's
//! registry of running clients as recorded, and every program that shows states run at the same moment.

#[path = "states/helpers.rs"]
mod helpers;
#[path = "states/lists.rs"]
mod lists;
#[path = "states/places.rs"]
mod places;
#[path = "states/turns.rs"]
mod turns;
#[path = "states/words.rs"]
mod words;

use std::fs;
use std::path::Path;

use cs_tests::http::Served;
use cs_tests::replay::{self, Client, Stage};
use cs_tests::{run, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const HOUR: u64 = 3600;

/// Sends an event `at` seconds after the start, as a client in a terminal does.
#[track_caller]
fn send_event(stage: &Stage, at: u64, uuid: &str, event: &str, more: Value) {
    send_event_as(stage, at, uuid, event, more, Client::Interactive, &[]);
}

#[track_caller]
fn send_event_as(
    stage: &Stage,
    at: u64,
    uuid: &str,
    event: &str,
    more: Value,
    client: Client,
    variables: &[(&str, &str)],
) {
    let mut payload = json!({"session_id": uuid, "cwd": stage.repository("repo"), "hook_event_name": event});
    more.as_object().expect("more is an object").iter().for_each(|(key, value)| payload[key] = value.clone());
    let program = replay::program(event).expect("the event is registered");
    let mut command = stage.command(program, at * 1000, client);
    // The stage's client has one conversation at a time.
    if uuid != UUID && payload["source"] != "clear" {
        command.env_remove("CLAUDE_PID");
    }
    command.envs(variables.iter().copied());
    assert_eq!(status(&run(command, &payload.to_string())), 0, "{event}");
}

fn prompt(stage: &Stage, at: u64, uuid: &str) {
    send_event(stage, at, uuid, "UserPromptSubmit", json!({"prompt": "do it", "prompt_id": format!("p{at}")}));
}

fn ask(stage: &Stage, at: u64, uuid: &str) {
    send_event(stage, at, uuid, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
}

/// A conversation with one prompt, a minute after the start.
fn stage() -> Stage {
    let stage = Stage::new();
    send_event(&stage, 0, UUID, "SessionStart", json!({"source": "startup"}));
    prompt(&stage, 60, UUID);
    stage
}

/// Writes the client's registry entry `at` seconds after the start, as 2.1.329 does.
fn write_registry(stage: &Stage, at: u64, uuid: &str, word: &str) {
    write_registry_name(stage, at, uuid, word, "");
}

/// The same, with a raw text in `name` in place of an escaped JSON string.
fn write_registry_name(stage: &Stage, at: u64, uuid: &str, word: &str, raw: &str) {
    let what = (word == "waiting").then_some("permission prompt");
    write_registry_at(stage, &stage.sandbox.home().join(".claude"), at, uuid, (word, what), raw);
}

/// The same, with `waitingFor`.
fn write_registry_waiting(stage: &Stage, at: u64, uuid: &str, what: &str) {
    write_registry_at(stage, &stage.sandbox.home().join(".claude"), at, uuid, ("waiting", Some(what)), "");
}

/// The same, for an account with its own folder.
fn write_registry_at(
    stage: &Stage,
    account: &Path,
    at: u64,
    uuid: &str,
    (word, what): (&str, Option<&str>),
    raw: &str,
) {
    let pid = stage.client();
    let folder = account.join("sessions");
    fs::create_dir_all(&folder).expect("the folder can be created");
    let live = stage.live(uuid).expect("the conversation runs");
    // START is 2026-11-21T10:00:00Z.
    let millis = 1_795_255_200_000 + at * 1000;
    let entry = json!({
        "pid": pid, "sessionId": uuid, "cwd": stage.repository("repo"), "startedAt": millis, "version": "2.1.329",
        "procStart": live["pid_started"], "kind": "interactive", "status": word,
        "waitingFor": what, "updatedAt": millis, "statusUpdatedAt": millis,
    });
    let text = entry.to_string().replacen('{', &format!("{{\"name\":\"{raw}\","), 1);
    fs::write(folder.join(format!("{pid}.json")), text).expect("the registry can be written");
}

/// State and reason of a conversation's session, `at` seconds after the start. All programs must agree.
#[track_caller]
fn seen(stage: &Stage, at: u64, uuid: &str) -> (String, String) {
    let ask = |program: &str, args: &[&str]| {
        let mut command = stage.command(program, at * 1000, Client::Interactive);
        command.args(args);
        let answer = run(command, "");
        assert_eq!((status(&answer), stderr(&answer)), (0, String::new()), "{program} {args:?}");
        stdout(&answer)
    };
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let of = |value: &Value| {
        let word = |key: &str| value[key].as_str().expect("a text").to_string();
        (word("state"), word("state_reason"))
    };
    let shown = parsed(&ask("cs-session", &["show", &format!("claude:{uuid}"), "--json"]));
    let id = &shown["session_id"];
    let rows: Vec<Value> = ask("cs-session", &["list", "--json"]).lines().map(parsed).collect();
    let row = rows.iter().find(|row| row["session_id"] == *id).expect("it is listed");
    let overview = parsed(&ask("cs-project", &["overview", "--json"]));
    let projects = overview["projects"].as_array().expect("a list");
    let groups = projects.iter().flat_map(|project| ["active", "parked", "recent"].map(|group| &project[group]));
    let mut summaries = groups.flat_map(|group| group.as_array().expect("a list"));
    let summary = summaries.find(|summary| summary["session_id"] == *id).expect("it is in the overview");
    assert_eq!(of(row), of(&shown), "cs-session list and show");
    assert_eq!(of(summary), of(&shown), "cs-project overview and cs-session show");
    let served = Served::from(stage.command("cs-serve", at * 1000, Client::Interactive));
    let page = served.json(&format!("/api/session/{}", id.as_str().expect("a text")));
    assert_eq!(page["state"], shown["state"], "cs-serve and cs-session show");
    notify_everything_at_once(stage);
    let notices: Vec<Value> = ask("cs-notify", &["--dry-run", "--json"]).lines().map(parsed).collect();
    let notice = notices.iter().find(|notice| notice["session_id"] == *id);
    notice.iter().for_each(|notice| assert_eq!(of(notice), of(&shown), "cs-notify and cs-session show"));
    let needs_telling = ["waiting", "stale", "gone"].contains(&of(&shown).0.as_str());
    assert!(notice.is_some() || !needs_telling, "cs-notify says nothing of {}: {notices:?}", of(&shown).1);
    of(&shown)
}

/// Configures `cs-notify` to report everything at once.
fn notify_everything_at_once(stage: &Stage) {
    let mut config = stage.sandbox.json("config.json");
    config["settings"]["notifications_enabled"] = json!(true);
    config["notify"] = json!({"waiting_after_seconds": 0, "command": ["true"]});
    fs::write(stage.sandbox.data().join("config.json"), config.to_string()).expect("the settings can be written");
}

#[track_caller]
fn assert_state(stage: &Stage, at: u64, uuid: &str, state: &str, reason: &str) {
    let (found, why) = seen(stage, at, uuid);
    assert_eq!(found, state, "{why}");
    assert!(why.contains(reason), "{why:?} does not contain {reason:?}");
}

#[test]
fn an_interrupted_turn_is_known_from_the_clients_status() {
    let stage = stage();
    write_registry(&stage, 60, UUID, "busy");
    assert_state(&stage, 70, UUID, "working", "UserPromptSubmit 10 s ago");
    write_registry(&stage, 75, UUID, "idle");
    assert_state(&stage, 80, UUID, "idle", "ended without Stop (the client says idle since 5 s)");
    prompt(&stage, 90, UUID);
    assert_state(&stage, 91, UUID, "working", "UserPromptSubmit");
    write_registry(&stage, 91, UUID, "busy");
    assert_state(&stage, 95, UUID, "working", "UserPromptSubmit");
}

#[test]
fn a_registry_that_is_nearly_json_is_understood() {
    for raw in [r"half \ud83d", "a\tb\u{1}", r"C:\Users"] {
        let stage = stage();
        write_registry_name(&stage, 90, UUID, "idle", raw);
        assert_eq!(seen(&stage, 95, UUID).0, "idle", "{raw}");
    }
}

#[test]
fn a_dismissed_dialog_is_not_waiting() {
    let stage = stage();
    ask(&stage, 70, UUID);
    write_registry(&stage, 70, UUID, "waiting");
    assert_state(&stage, 75, UUID, "waiting", "permission for Bash: make");
    let block = |at: u64| {
        let mut command = stage.command("cs-session", at * 1000, Client::Interactive);
        command.args(["show", &format!("claude:{UUID}"), "--table"]);
        stdout(&run(command, ""))
    };
    assert!(block(75).contains("needs you"), "{}", block(75));
    write_registry(&stage, 80, UUID, "idle");
    assert_state(&stage, 85, UUID, "idle", "after the question");
    assert!(!block(85).contains("needs you"), "{}", block(85));
}

#[test]
fn an_approved_permission_shows_as_working_before_its_tool_ends() {
    let stage = stage();
    ask(&stage, 70, UUID);
    write_registry(&stage, 72, UUID, "busy");
    assert_state(&stage, 75, UUID, "working", "the client says busy");
    // A parallel call ends, and another one asks.
    send_event(&stage, 76, UUID, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}));
    assert_state(&stage, 80, UUID, "working", "the client says busy");
    let other = json!({"tool_name": "Bash", "tool_input": {"command": "make install"}});
    send_event(&stage, 81, UUID, "PermissionRequest", other);
    assert_state(&stage, 85, UUID, "waiting", "permission for Bash: make install (PermissionRequest 4 s ago)");
}

#[test]
fn a_failed_turn_says_why() {
    let stage = stage();
    send_event(&stage, 70, UUID, "StopFailure", json!({"error": "rate_limit"}));
    assert_state(&stage, 75, UUID, "idle", "the turn failed: rate_limit");
}

#[test]
fn a_killed_client_is_gone_despite_its_registry() {
    for signal in ["KILL", "TERM", "HUP"] {
        let mut stage = stage();
        write_registry(&stage, 65, UUID, "busy");
        let pid = stage.client().to_string();
        assert_eq!(status(&stage.sandbox.sh(&format!("kill -{signal} {pid}"))), 0);
        stage.kill_client();
        assert_state(&stage, 70, UUID, "gone", &format!("process {pid} ended without SessionEnd"));
    }
}

#[test]
fn a_reused_process_id_is_not_a_sign_of_life() {
    let stage = stage();
    let path = stage.sandbox.data().join(format!("live/{UUID}.json"));
    let mut live: Value = read(&path);
    live["pid_started"] = json!("1");
    fs::write(&path, live.to_string()).expect("the file can be written");
    write_registry(&stage, 65, UUID, "busy");
    assert_state(&stage, 70, UUID, "gone", "ended without SessionEnd");
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("it is there")).expect("it is JSON")
}

#[test]
fn clear_and_resume_move_the_state_with_the_conversation() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({"last_assistant_message": "Done."}));
    send_event(&stage, 80, UUID, "SessionEnd", json!({"reason": "clear"}));
    send_event(&stage, 80, OTHER, "SessionStart", json!({"source": "clear"}));
    assert_state(&stage, 85, UUID, "completed", "the record says completed");
    prompt(&stage, 90, OTHER);
    assert_state(&stage, 95, OTHER, "working", "UserPromptSubmit");
    assert_state(&stage, 95, UUID, "completed", "the record says completed");
    send_event(&stage, 100, UUID, "SessionStart", json!({"source": "resume"}));
    assert_state(&stage, 105, UUID, "idle", "your turn");
    assert_state(&stage, 105, OTHER, "parked", "the record says parked");
}

#[test]
fn a_compaction_does_not_end_a_turn() {
    let stage = stage();
    send_event(&stage, 70, UUID, "PreCompact", json!({"trigger": "auto"}));
    send_event(&stage, 75, UUID, "SessionStart", json!({"source": "compact"}));
    assert_state(&stage, 80, UUID, "working", "SessionStart 5 s ago");
}

#[test]
fn a_fork_has_a_state_of_its_own() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({}));
    send_event(&stage, 80, OTHER, "SessionStart", json!({"source": "fork"}));
    prompt(&stage, 85, OTHER);
    assert_state(&stage, 90, UUID, "idle", "your turn (Stop 20 s ago)");
    assert_state(&stage, 90, OTHER, "working", "UserPromptSubmit");
}

#[test]
fn background_work_is_neither_working_nor_my_turn() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({"background_tasks": [{"id": "a", "type": "subagent"}]}));
    write_registry(&stage, 71, UUID, "idle");
    assert_state(&stage, 75, UUID, "background", "1 background tasks");
    let notice = "<task-notification> <task-id>a</task-id> </task-notification>";
    send_event(&stage, 80, UUID, "UserPromptSubmit", json!({"prompt": notice, "prompt_id": "p80"}));
    assert_state(&stage, 82, UUID, "working", "UserPromptSubmit");
    send_event(&stage, 85, UUID, "Stop", json!({}));
    assert_state(&stage, 90, UUID, "idle", "your turn");
}

#[test]
fn a_nested_conversation_does_not_change_the_outer_state() {
    let stage = stage();
    // `claude -p` in the Bash tool: another process, which inherits the environment of the Bash tool.
    let nested = stage.sandbox.start("sleep", &["60"]);
    let pid = nested.pid().to_string();
    let variables = [("CLAUDE_PID", pid.as_str()), ("CLAUDE_CODE_SESSION_ID", UUID)];
    let nested_tells = |at, event, more| send_event_as(&stage, at, OTHER, event, more, Client::Print, &variables);
    nested_tells(70, "SessionStart", json!({"source": "startup"}));
    nested_tells(71, "UserPromptSubmit", json!({"prompt": "summarise", "prompt_id": "n1"}));
    assert_state(&stage, 72, UUID, "working", "UserPromptSubmit 12 s ago");
    nested_tells(75, "Stop", json!({"last_assistant_message": "Short."}));
    assert_state(&stage, 76, UUID, "working", "UserPromptSubmit 16 s ago");
    assert_state(&stage, 76, OTHER, "idle", "Stop");
    nested_tells(77, "SessionEnd", json!({"reason": "other"}));
    assert_state(&stage, 80, UUID, "working", "UserPromptSubmit 20 s ago");
    assert_state(&stage, 80, OTHER, "completed", "the record says");
}

#[test]
fn events_of_a_subagent_do_not_change_the_conversation() {
    let stage = stage();
    send_event(&stage, 70, UUID, "Stop", json!({"background_tasks": [{"id": "a"}]}));
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}, "agent_id": "a"});
    send_event(&stage, 75, UUID, "PostToolUse", bash);
    assert_state(&stage, 80, UUID, "background", "background tasks");
    send_event(&stage, 82, UUID, "Stop", json!({"agent_id": "a"}));
    assert_state(&stage, 85, UUID, "background", "background tasks");
}

#[test]
fn a_state_without_events_for_hours_depends_on_the_last_event() {
    // A laptop slept: the process is alive, but no event came.
    let idle = stage();
    send_event(&idle, 70, UUID, "Stop", json!({}));
    assert_state(&idle, 70 + 3 * HOUR, UUID, "idle", "your turn (Stop 3 h ago)");
    let working = stage();
    assert_state(&working, 60 + 3 * HOUR, UUID, "working", "UserPromptSubmit 3 h ago");
    fs::write(
        working.sandbox.data().join("config.json"),
        r#"{"version": 1, "projects": {}, "settings": {"stale_threshold_hours": 2}}"#,
    )
    .expect("settings can be written");
    assert_state(&working, 60 + 3 * HOUR, UUID, "stale", "UserPromptSubmit 3 h ago, nothing since");
    // The laptop wakes up.
    send_event(&working, 61 + 3 * HOUR, UUID, "Stop", json!({}));
    assert_state(&working, 62 + 3 * HOUR, UUID, "idle", "your turn");
}

#[test]
fn hooks_installed_during_a_conversation_show_what_they_have_seen() {
    let stage = Stage::new();
    ask(&stage, 30, UUID);
    prompt(&stage, 60, UUID);
    assert_state(&stage, 65, UUID, "working", "UserPromptSubmit");
    // The first event of a conversation is the end of a turn, so there is no session to show yet.
    send_event(&stage, 70, OTHER, "Stop", json!({}));
    assert_eq!(stage.live(OTHER).expect("it is noted")["state"], "idle");
    assert_eq!(stage.sandbox.records().len(), 1);
}

#[test]
fn conversations_in_one_checkout_or_its_work_trees_are_kept_apart() {
    let stage = stage();
    prompt(&stage, 61, OTHER);
    ask(&stage, 65, OTHER);
    assert_state(&stage, 70, UUID, "working", "UserPromptSubmit 10 s ago");
    assert_state(&stage, 70, OTHER, "waiting", "permission for Bash");
    let made = stage.sandbox.sh("git -C ~/repo worktree add -q ~/beside -b beside");
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let third = "aaaaaaaa-0000-4000-8000-000000000003";
    let more = json!({"prompt": "beside", "prompt_id": "w1", "cwd": stage.sandbox.home().join("beside")});
    send_event(&stage, 72, third, "UserPromptSubmit", more);
    assert_state(&stage, 75, third, "working", "UserPromptSubmit 3 s ago");
    assert_state(&stage, 75, OTHER, "waiting", "permission for Bash");
}

#[test]
fn a_clock_set_back_hides_nothing() {
    let stage = stage();
    ask(&stage, 2 * HOUR, UUID);
    assert_state(&stage, 65, UUID, "waiting", "PermissionRequest when the clock was ahead");
    send_event(&stage, 66, UUID, "Stop", json!({}));
    assert_state(&stage, 70, UUID, "idle", "Stop 4 s ago");
}

#[test]
fn codex_reports_an_interrupt_itself() {
    let stage = Stage::new();
    let rollout = json!({"transcript_path": format!("/home/dev/.codex/sessions/2026/11/21/rollout-x-{UUID}.jsonl")});
    let codex = |stage: &Stage, at: u64, event: &str, more: Value| {
        let mut all = rollout.clone();
        more.as_object().expect("an object").iter().for_each(|(key, value)| all[key] = value.clone());
        send_event_as(stage, at, UUID, event, all, Client::Codex, &[]);
    };
    codex(&stage, 0, "SessionStart", json!({"source": "startup"}));
    codex(&stage, 60, "UserPromptSubmit", json!({"prompt": "do it", "turn_id": "t1"}));
    assert_state(&stage, 65, UUID, "working", "UserPromptSubmit");
    codex(
        &stage,
        70,
        "PermissionRequest",
        json!({"tool_name": "Bash", "tool_input": {"command": "make"}, "turn_id": "t1"}),
    );
    assert_state(&stage, 75, UUID, "waiting", "permission for Bash: make");
    codex(&stage, 80, "Interrupt", json!({"turn_id": "t1"}));
    assert_state(&stage, 85, UUID, "idle", "your turn (Interrupt 5 s ago)");
    assert_eq!(stage.record_of(UUID).expect("it is recorded")["agent"], "codex");
}
