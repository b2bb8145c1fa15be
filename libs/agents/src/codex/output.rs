//! Owns which part of a tool's answer is the tool's, in Codex's rollouts: the client puts a header before it.
//! Facts: rollouts of 0.42 (JSON) to 0.169.

use serde::Deserialize;

/// An answer without the client's header, and the exit code that is in it.
pub(super) fn of(text: String) -> (String, Option<i64>) {
    #[derive(Deserialize)]
    struct Old {
        output: String,
        metadata: OldMetadata,
    }
    #[derive(Deserialize)]
    struct OldMetadata {
        exit_code: i64,
    }
    if text.starts_with("{\"output\"")
        && let Ok(old) = serde_json::from_str::<Old>(&text)
    {
        return (old.output, Some(old.metadata.exit_code));
    }
    let has_header = HEADERS.iter().any(|start| text.starts_with(start));
    match text.split_once("Output:\n") {
        Some((header, output)) if has_header => (output.to_string(), exit_code(header)),
        None if has_header && text.ends_with("Output:") => (String::new(), exit_code(&text)),
        _ => (text, None),
    }
}

/// How the client's header begins.
const HEADERS: [&str; 4] = ["Chunk ID: ", "Exit code: ", "Wall time: ", "Command: "];

fn exit_code(header: &str) -> Option<i64> {
    let rest = header.split("xited with code ").nth(1).or_else(|| header.split("Exit code: ").nth(1))?;
    rest.lines().next()?.trim().parse().ok()
}

/// Whether the client left out a part of an answer.
pub(super) fn is_cut(text: &str) -> bool {
    let head = text.lines().next().unwrap_or_default();
    head.starts_with("Warning: truncated output") || head.starts_with("Total output lines: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_s_header_is_no_part_of_an_answer() {
        let of = |text: &str| of(text.to_string());
        let new = "Chunk ID: f7\nWall time: 0.0 seconds\nProcess exited with code 3\nOriginal token count: 2\nOutput:\noops\nOutput:\nx";
        assert_eq!(of(new), ("oops\nOutput:\nx".into(), Some(3)));
        assert_eq!(of("Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess."), ("Success.".into(), Some(0)));
        assert_eq!(of("Chunk ID: f7\nProcess exited with code 0\nOutput:"), (String::new(), Some(0)));
        assert_eq!(of("{\"output\":\"a\\n\",\"metadata\":{\"exit_code\":3}}"), ("a\n".into(), Some(3)));
        assert_eq!(of("Plan updated"), ("Plan updated".into(), None));
        assert_eq!(of("See Output:\nx"), ("See Output:\nx".into(), None));
        assert_eq!(of("Chunk ID: 1\nProcess running with session ID 7\nOutput:\n"), (String::new(), None));
    }
}
