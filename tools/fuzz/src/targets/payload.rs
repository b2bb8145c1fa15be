//! The payloads that agents send to hooks.

use agents::hook_call::{self, HookCall};
use agents::payload::Payload;
use cs_core::paths::Home;
use cs_core::skim::{Progress, Skim};
use cs_core::store::Store;
use cs_core::validate;
use serde_json::Value;

use super::{check_repair, check_storable, object, samples};
use crate::Target;

pub const TARGET: Target = Target { name: "payload", check, words: WORDS, seeds, most: 16 << 10, runs: 90_000 };

const WORDS: &[&str] = &[
    "\"session_id\":",
    "\"hook_event_name\":",
    "\"tool_input\":",
    "\"tool_response\":",
    "\"prompt\":",
    "\"todos\":",
    "\"plan\":",
    "\"questions\":",
    "\"question\":",
    "\"content\":",
    "\"step\":",
    "\"status\":",
    "\"stdout\":",
    "\"task\":",
    "\"statusChange\":",
    "\"from\":",
    "\"background_tasks\":",
    "\"command\":",
    "\"file_path\":",
    "\"turn_id\":",
    "\"tool_name\":",
    "\"apply_patch\"",
    "\"Edit\"",
    "*** Add File: ",
    "*** Move to: ",
    "\\n",
    "<task-notification>",
    "rollout-",
    "\"last_assistant_message\":",
    "\"agent_id\":",
    "ghp_a1B2c3D4e5F6g7H8i9J0",
    "password=",
    "\\ud83d",
    "\\ude00",
    "\\U",
    "\\u12",
    "\u{feff}",
    "1e999",
    "NaN",
    "[{\"type\":\"text\",\"text\":\"",
];

fn seeds() -> Vec<Vec<u8>> {
    let mut all = samples("fixtures/claude-code/hooks", ".json");
    all.extend(samples("fixtures/codex/hooks", ".json"));
    all.retain(|payload| payload.len() <= TARGET.most);
    all
}

fn check(bytes: &[u8]) {
    check_repair(bytes);
    let payload = Payload::decode(bytes);
    derive(&payload);
    let (end, kept) = skimmed(bytes, bytes.len().max(1));
    for size in [1, 3, 64] {
        assert_eq!(skimmed(bytes, size), (end, kept.clone()), "the end of the object in chunks of {size}");
    }
    let Some(end) = end else { return };
    assert_eq!(kept, bytes[..end], "a small object is kept as it is");
    let Some(fields) = object(&bytes[..end]) else { return };
    assert_eq!(Payload::decode(&bytes[..end]), payload, "what follows the object does not matter");
    let decoded = [
        ("session_id", &payload.session_id),
        ("cwd", &payload.cwd),
        ("hook_event_name", &payload.event_name),
        ("tool_name", &payload.tool_name),
    ];
    for (name, value) in decoded {
        assert_eq!(*value, shown(fields.get(name)), "{name}");
    }
    let said =
        [("prompt", &payload.prompt), ("message", &payload.message), ("last_assistant_message", &payload.last_message)];
    for (name, value) in said.into_iter().filter(|(name, _)| !matches!(fields.get(*name), Some(Value::Array(_)))) {
        let text = match fields.get(name) {
            // The last text of a name counts, and a block of another form does not remove it.
            Some(Value::Object(block)) => shown(block.get("text")),
            other => shown(other),
        };
        assert_eq!(*value, text, "{name}");
    }
}

fn shown(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

fn derive(payload: &Payload) {
    let _ = (payload.agent(), payload.tool_key());
    if payload.tool_name.as_deref() == Some("apply_patch") {
        assert!(payload.files_changed().iter().all(|name| !name.is_empty() && !name.contains('\n')));
    }
    for text in [&payload.prompt, &payload.last_message, &payload.message].into_iter().flatten() {
        check_storable(&hook_call::first_line(text, 120), 120);
    }
    if let Some(uuid) = payload.uuid() {
        let hook = HookCall::new(payload.clone(), uuid, Store::for_hooks(Home::at("/nonexistent"), agents::WITNESS));
        assert!(hook.payload.cwd.is_none_or(|cwd| cwd.len() <= validate::PATH));
    }
}

/// Where the object ends, and what was kept from it.
fn skimmed(bytes: &[u8], size: usize) -> (Option<usize>, Vec<u8>) {
    let mut skim = Skim::default();
    for (n, chunk) in bytes.chunks(size).enumerate() {
        match skim.feed(chunk) {
            Progress::More => {}
            Progress::Complete(end) => return (Some(n * size + end), skim.into_kept()),
            Progress::Rejected | Progress::TooMuch => return (None, Vec::new()),
        }
    }
    (None, skim.into_kept())
}
