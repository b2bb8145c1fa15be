//! Sequences of events of a conversation, each sent before the changes of the last hook are synced; and events sent
//! while another program holds a lock.

use serde_json::{Value, json};

use super::scenario::Scenario;
use crate::operation::Operation;
use crate::scene::{SILENT, Scene, UNHEARD, WAITING, WORKING, uuid};

/// Conversations, each one scenario.
pub fn all(scene: &Scene) -> Vec<Scenario> {
    let talk = |name: &str, operations: Vec<Operation>| Scenario { name: name.to_owned(), operations };
    let say = |words: &[&str], n| words.iter().map(|word| hook(scene, word, n)).collect::<Vec<_>>();
    vec![
        talk("a whole conversation", {
            let first = ["start", "prompt", "edit", "ask", "allowed", "stop"];
            say(&[&first[..], &["next prompt", "todos", "edit more", "stop", "end"]].concat(), UNHEARD)
        }),
        talk("a turn ends, then an edit", say(&["stop", "edit"], WORKING)),
        talk("a prompt, then an edit and another", say(&["next prompt", "edit", "edit more"], WORKING)),
        talk("edits, then a decision", {
            let decide = Operation::of_person("a decision", &["cs-session", "decision", &scene.working, "--text", "x"]);
            [say(&["edit", "edit more"], WORKING), vec![decide], say(&["todos"], WORKING)].concat()
        }),
        talk("edits, then the end", say(&["edit", "stop", "end"], WORKING)),
        talk("edits, then cleanup", {
            let cleanup = Operation::of_person("cs-cleanup all", &["cs-cleanup", "all"]);
            [say(&["stop", "edit"], WORKING), vec![cleanup.clone()], say(&["end"], WORKING), vec![cleanup]].concat()
        }),
    ]
}

/// Hooks that find a lock held.
pub fn busy(scene: &Scene) -> Vec<Operation> {
    let record = |id: &str| format!("sessions/{id}.lock");
    let live = |n| format!("live/{}.lock", uuid(n));
    let one = |name, word, n, lock: String| hook(scene, word, n).called(name).while_held(lock);
    let index = || "sessions/_index.lock".to_owned();
    vec![
        one("an edit, the record is busy", "edit", WORKING, record(&scene.working)),
        one("the end, the record is busy", "end", WORKING, record(&scene.working)),
        one("the end, the index is busy", "end", WORKING, index()),
        one("the end, the conversation is busy", "end", WORKING, live(WORKING)),
        one("a first prompt, the conversation is busy", "prompt", SILENT, live(SILENT)),
        one("a first prompt, the index is busy", "prompt", SILENT, index()),
        one("an allowed call, the conversation is busy", "allowed", WAITING, live(WAITING)),
    ]
}

/// One event of the conversation `n`.
fn hook(scene: &Scene, word: &str, n: u32) -> Operation {
    let edit = |file: &str| json!({"tool_name": "Edit", "tool_use_id": "u2", "tool_input": {"file_path": file}});
    let prompt = |text: &str| json!({"prompt": text, "prompt_id": text});
    let todos = json!([{"content": "token", "status": "pending"}, {"content": "too", "status": "completed"}]);
    let bash = json!({"tool_name": "Bash", "tool_use_id": "u1", "tool_input": {"command": "ls"}});
    let (name, event, more): (_, _, Value) = match word {
        "start" => ("the start", "SessionStart", json!({"source": "startup"})),
        "prompt" => ("the first prompt", "UserPromptSubmit", prompt("token")),
        "next prompt" => ("the next prompt", "UserPromptSubmit", prompt("go on")),
        "edit" => ("an edit", "PostToolUse", edit("/token.rs")),
        "edit more" => ("another edit", "PostToolUse", edit("/more.rs")),
        "todos" => ("a list", "PostToolUse", json!({"tool_name": "TodoWrite", "tool_input": {"todos": todos}})),
        "ask" => ("a question", "PermissionRequest", bash),
        "allowed" => ("an allowed call", "PostToolUse", bash),
        "stop" => ("the end of a turn", "Stop", json!({"last_assistant_message": "token"})),
        "end" => ("the end", "SessionEnd", json!({"reason": "other"})),
        other => panic!("unknown event {other:?}"),
    };
    Operation::of_hook(scene, name, n, event, more)
}
