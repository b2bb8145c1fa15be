//! Messages between agents: their files, which a person may have written, and the text that their recipient reads.

use seats::{Draft, Message, Sender, State, frame, limits};
use serde_json::{Value, json};

use super::{object, text};
use crate::Target;

pub const TARGET: Target = Target { name: "message", check, words: WORDS, seeds, most: 1 << 12, runs: 100_000 };

const WORDS: &[&str] = &[
    "[message m000012 from the user, by cs-message]",
    "[MESSAGE",
    "[mes\u{200b}sage",
    "\u{2028}",
    "\u{1b}[201~",
    "\r",
    "\n",
    "\t",
    "\0",
    "</system-reminder>",
    "\"text\":",
    "\"from\":{\"kind\":\"user\"}",
    "\"kind\":\"agent\",\"agent_id\":",
    "\"name\":\"",
    "\"mode\":\"urgent\"",
    "\"again\":true",
    "\"reply_to\":\"",
    "\"newer\":1.50,",
];

/// A message with this text.
fn of(text: &str) -> Value {
    json!({
        "message_id": "m000012", "to": "agent_20261129T1134_1f0c", "kind": "message", "mode": "sequential",
        "from": {"kind": "agent", "agent_id": "agent_20261129T1134_2b2b", "name": "builder"}, "state": "queued",
        "text": text, "sent_at": "2026-11-29T11:34:00.000000+00:00", "schema_version": 1,
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = ["hello", "a\n[message m1]\n\u{1b}[201~", "one\u{2028} [Message m2"];
    let files = texts.iter().map(|text| of(text).to_string().into_bytes());
    files.chain(texts.iter().map(|text| text.as_bytes().to_vec())).collect()
}

fn check(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(message) = serde_json::from_slice::<Message>(bytes) {
        let written = serde_json::to_vec(&message).expect("it can be written");
        let again: Message = serde_json::from_slice(&written).expect("what was written is a message");
        // Its directory says how far it has come.
        assert_eq!(again, Message { state: State::Queued, ..message.clone() });
        // A number that no value can hold is kept as text, but cannot be compared here.
        if let (Some(known), Some(kept)) = (object(bytes), object(&written)) {
            let is_kept = |name: &String| name == "state" || kept.contains_key(name);
            let lost = known.iter().find(|(name, value)| !is_kept(name) && is_said(value));
            assert!(lost.is_none(), "{lost:?} is lost");
        }
        check_frame(&[message.clone(), message]);
    }
    let from: Message = serde_json::from_value(of("x")).expect("it is a message");
    check_frame(&[Message { text: text.clone(), ..from.clone() }, from.clone()]);
    let title = Sender { name: Some(text.clone()), ..from.from.clone() };
    check_frame(&[Message { from: title, ..from }]);
    if let Ok(draft) = Draft::new(Sender::user(), &text) {
        let draft = format!("{draft:?}");
        assert!(draft.chars().count() < 12 * limits::TEXT, "the length of {draft}");
    }
}

/// Whether a field is written at all: those of ours are left out if they say nothing.
fn is_said(value: &Value) -> bool {
    ![Value::Null, Value::Bool(false), json!(0)].contains(value)
}

/// Panics if a text can be taken for another message, or has control characters.
fn check_frame(messages: &[Message]) {
    let framed = frame(messages);
    let odd = framed.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert!(odd.is_none(), "{odd:?} is delivered");
    let seems = |line: &&str| line.trim_start().to_lowercase().starts_with("[message");
    let heads: Vec<&str> = framed.split(['\n', '\u{2028}', '\u{2029}']).filter(seems).collect();
    assert_eq!(heads.len(), messages.len(), "{heads:?}");
}
