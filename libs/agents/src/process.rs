//! Owns which process wrote a line of a log: Claude Code names in `session_id` the conversation with which the process began
//! that wrote the line (2.1.332), also in lines that it later copies into the log of another conversation.

use crate::lenient;
use cs_core::repair;
use memchr::memmem;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    session_id: Option<Cow<'a, str>>,
}

/// The conversation with which the process began that wrote this line, lower case; `None` if the line does not say.
pub fn began_with(line: &[u8]) -> Option<String> {
    memmem::find(line, b"\"session_id\"")?;
    let room = &mut Vec::new();
    let Line { session_id } = repair::decode(line, room).ok()?;
    session_id.map(|id| id.to_ascii_lowercase()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_s_own_field_counts() {
        let of = |line: &str| began_with(line.as_bytes());
        assert_eq!(of(r#"{"message":{"session_id":"X"},"session_id":"AB"}"#).as_deref(), Some("ab"));
        assert_eq!(of(r#"{"message":{"session_id":"X"},"sessionId":"AB"}"#), None);
        assert_eq!(of(r#"{"session_id":{"a":7}}"#), None);
        assert_eq!(of(r#"{"session_id":"ab"#), None);
    }
}
