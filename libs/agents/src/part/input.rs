//! Owns masking of what a tool was called with, which is JSON. Must stay true: the result is JSON of the same shape; a
//! secret is found in a text, in a text that its key names as one, and in the whole.

use cs_core::repair;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Deepest nesting that is passed on; readers of JSON commonly accept 128.
const DEPTH: usize = 100;

/// The JSON with its secrets masked, unless `is_raw`; `None` if it is nested too deeply.
pub(super) fn masked(json: &str, is_raw: bool) -> Option<Cow<'_, str>> {
    if depth(json) > DEPTH {
        return None;
    }
    if is_raw {
        return Some(Cow::Borrowed(json));
    }
    // Nearly always there is no secret: one look at the whole, and one at the texts that have escapes.
    let whole = redact::mask(json);
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let whole = match whole {
        Cow::Owned(text) if !is_json(&text) => Cow::Borrowed(json),
        other => other,
    };
    Some(match strings(&whole) {
        Some(text) => Cow::Owned(text),
        None => whole,
    })
}

/// How deeply brackets are nested, outside of texts.
fn depth(json: &str) -> usize {
    let (mut now, mut most, mut is_text, mut is_escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if std::mem::take(&mut is_escaped) => {}
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !is_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// The JSON with each text masked by itself; `None` if nothing changed.
fn strings(json: &str) -> Option<String> {
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while let Some(open) = json.get(at..).and_then(|rest| rest.find('"')).map(|found| at + found) {
        let end = end_of(json, open);
        let token = json.get(open..end).unwrap_or_default();
        if let Some(text) = decoded(token)
            && let Cow::Owned(masked) = redact::mask_command(&text)
        {
            out.push_str(json.get(copied..open).unwrap_or_default());
            let mut written = Vec::new();
            super::write_text(&masked, &mut written);
            out.push_str(&String::from_utf8_lossy(&written));
            copied = end;
        }
        at = end.max(open + 1);
    }
    if copied == 0 {
        return None;
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Some(out)
}

/// The position after the closing quote.
fn end_of(json: &str, open: usize) -> usize {
    let bytes = json.as_bytes();
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

/// The text of a string of JSON.
fn decoded(token: &str) -> Option<String> {
    if !token.contains('\\') {
        return token.get(1..token.len().checked_sub(1)?).map(str::to_string);
    }
    repair::decode(token.as_bytes(), &mut Vec::new()).ok()
}
