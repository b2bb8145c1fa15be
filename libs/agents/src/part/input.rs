//! Owns masking of what a tool was called with, which is JSON. Must stay true: the result is JSON of the same shape; a
//! secret is found in a text, in a text that its key names as one, and in the whole.

use super::text::write_text;
use cs_core::repair;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Deepest nesting that is passed on; readers of JSON commonly accept 128.
const DEPTH: usize = 100;

/// Length of a text from which on it is masked by itself alone; what is shorter is also looked at beside its key.
const LONG: usize = 256;

/// The JSON with its secrets masked, unless `is_raw`; `None` if it is nested too deeply.
pub fn masked(json: &str, is_raw: bool) -> Option<Cow<'_, str>> {
    match repaired(json) {
        Some(json) => whole(&json, is_raw).map(|text| Cow::Owned(text.into_owned())),
        None => whole(json, is_raw),
    }
}

/// The JSON with half of a surrogate pair replaced, which is no text; `None` if there is none.
fn repaired(json: &str) -> Option<String> {
    let may_be_half = json.contains("\\ud") || json.contains("\\uD");
    let is_broken = may_be_half && serde_json::from_str::<serde_json::Value>(json).is_err();
    is_broken.then(|| repair::repair(json.as_bytes())).flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}

fn whole(json: &str, is_raw: bool) -> Option<Cow<'_, str>> {
    if depth(json) > DEPTH {
        return None;
    }
    if is_raw {
        return Some(Cow::Borrowed(json));
    }
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let beside = between(json).filter(|text| is_json(text)).map_or(Cow::Borrowed(json), Cow::Owned);
    Some(match strings(&beside) {
        Some(text) => Cow::Owned(text),
        None => beside,
    })
}

/// The JSON with what stands between its long texts masked as it is: keys name secrets, and so do options in lists. `None`
/// if nothing changed.
fn between(json: &str) -> Option<String> {
    let (mut out, mut copied, mut from, mut at) = (String::new(), 0, 0, 0);
    loop {
        let open = json.get(at..).and_then(|rest| rest.find('"')).map(|found| at + found);
        let end = open.map_or(json.len(), |open| end_of(json, open));
        let is_long = open.is_some_and(|open| end - open > LONG);
        if is_long || open.is_none() {
            let to = if is_long { open.unwrap_or(end) } else { end };
            if let Cow::Owned(masked) = redact::mask(json.get(from..to).unwrap_or_default()) {
                out.push_str(json.get(copied..from).unwrap_or_default());
                out.push_str(&masked);
                copied = to;
            }
            from = end;
        }
        if open.is_none() {
            break;
        }
        at = end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Some(out)
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
        // A short text without escapes was looked at where it stands.
        let is_new = end - open > LONG || token.contains(['\\', ' ']);
        if is_new
            && let Some(text) = decoded(token)
            && let Cow::Owned(masked) = redact::mask_command(&text)
        {
            out.push_str(json.get(copied..open).unwrap_or_default());
            let mut written = Vec::new();
            write_text(&masked, &mut written);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_surrogate_pair_is_replaced() {
        for is_raw in [true, false] {
            let text = masked(r#"{"a":["\ud83d","\ud83d\ude00"]}"#, is_raw).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value, serde_json::json!({"a": ["\u{fffd}", "\u{1f600}"]}));
        }
    }

    #[test]
    fn a_secret_is_masked_wherever_it_stands_in_the_input() {
        let key = format!("ghp_{}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4");
        let long = "x ".repeat(LONG);
        for json in [
            format!(r#"{{"command":"export GH={key}"}}"#),
            format!(r#"{{"token":"{key}","path":"/x"}}"#),
            format!(r#"{{"content":"{long}\n{key}\n{long}"}}"#),
            format!(r#"{{"content":"{long}","a":["--token","{key}"],"more":"{long}"}}"#),
            format!(r#"{{"content":"a\u0020{key}"}}"#),
            r#"{"password":"hunter2hunter2"}"#.to_string(),
            format!(r#"{{"content":"{long}","password":"hunter2hunter2"}}"#),
            r#"{"command":"echo hunter2hunter2 | docker login --password-stdin"}"#.to_string(),
        ] {
            let masked = masked(&json, false).unwrap();
            assert!(!masked.contains("hunter2") && !masked.contains(&key), "{masked}");
            assert!(serde_json::from_str::<IgnoredAny>(&masked).is_ok(), "{masked}");
            assert!(masked.contains("[masked]"), "{masked}");
        }
    }

    #[test]
    fn an_input_without_a_secret_is_not_changed() {
        for json in [r#"{"a":"b \" \\","n":[1,{"x":null}]}"#, "{}", r#""text""#, "[]", r#"{"":""}"#] {
            assert_eq!(masked(json, false).as_deref(), Some(json));
        }
        let deep = format!("{}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1));
        assert_eq!(masked(&deep, true), None);
        assert_eq!(depth(r#"{"a":"[[[[","b":[{}]}"#), 3);
    }
}
