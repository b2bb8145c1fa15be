//! The targets, and what several of them share.

mod caches;
mod clock;
mod conversation;
mod export;
mod git;
mod http;
mod index;
mod limits;
mod message;
mod names;
mod payload;
mod record;
mod redact;
mod redaction;
mod rules;
mod settings;
mod statusline;
mod template;
mod transcript;
mod typed;
mod usage;

use std::sync::atomic::AtomicBool;

use cs_core::patch::Patch;
use cs_core::quote::Quote;
use cs_core::repair;
use serde_json::{Map, Value};

use super::Target;

/// Whether targets compare processor times. Not in tests, which other programs may disturb.
pub static TIMED: AtomicBool = AtomicBool::new(false);

/// All targets. In CI each runs for at most a minute, two at a time, so many more than 20 would take too long.
pub const TARGETS: [Target; 23] = [
    payload::TARGET,
    record::TARGET,
    index::TARGET,
    caches::CONFIG,
    caches::PROJECT,
    caches::LIVE,
    message::TARGET,
    names::TARGET,
    redact::TARGET,
    redaction::TARGET,
    rules::TARGET,
    git::TARGET,
    clock::TARGET,
    http::TARGET,
    export::TARGET,
    statusline::TARGET,
    limits::TARGET,
    settings::TARGET,
    transcript::TARGET,
    conversation::TARGET,
    template::TARGET,
    typed::TARGET,
    usage::TARGET,
];

/// The bytes as text, even if invalid.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The parts of an input, separated by the byte 255, which no text contains.
fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|byte| *byte == 255).collect()
}

/// The files in a folder of `tests/` whose names end in `suffix`.
fn samples(folder: &str, suffix: &str) -> Vec<Vec<u8>> {
    let folder = cs_tests::workspace().join("tests").join(folder);
    let files = super::files(&folder).into_iter();
    files.filter(|(path, _)| path.to_string_lossy().ends_with(suffix)).map(|(_, bytes)| bytes).collect()
}

/// The fields of an object, if the bytes are exactly one.
fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// Panics if a repair changes valid JSON, changes where strings begin and end, or leaves something for a second repair.
fn check_repair(bytes: &[u8]) {
    let Some(found) = repair::repair(bytes) else { return };
    assert!(serde_json::from_slice::<Value>(bytes).is_err(), "JSON was changed");
    assert!(std::str::from_utf8(&found).is_ok(), "repaired text is JSON");
    assert_eq!(skeleton(&found), skeleton(bytes), "the structure");
    assert!(repair::repair(&found).is_none(), "a second repair changes more");
}

/// The quotes around strings, and the brackets, commas and colons outside strings.
fn skeleton(text: &[u8]) -> Vec<u8> {
    let mut quote = Quote::default();
    let mut found = Vec::new();
    for &byte in text {
        let was_open = quote.is_open();
        match quote.holds(byte) {
            true if was_open == quote.is_open() => {}
            true => found.push(b'"'),
            false if b"{}[]:,".contains(&byte) => found.push(byte),
            false => {}
        }
    }
    found
}

/// Panics unless all fields of `before` that are not `known` are in `after`, exactly.
fn check_unknown_fields(before: &[u8], after: &[u8], known: &[&str]) {
    let (Ok(before), Ok(after)) = (Patch::of(before), Patch::of(after)) else { return };
    let unknown = |(name, _): &(&str, &str)| !known.contains(name);
    let (before, after): (Vec<_>, Vec<_>) =
        (before.iter().filter(unknown).collect(), after.iter().filter(unknown).collect());
    assert_eq!(before, after, "the unknown fields");
}

/// Panics unless the text can be stored and shown: one line, no control characters, not too long.
fn check_storable(text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{} characters: {text:?}", text.chars().count());
    assert!(!text.contains(char::is_control), "a control character: {text:?}");
    assert_eq!(text, text.trim(), "blanks around it");
}
