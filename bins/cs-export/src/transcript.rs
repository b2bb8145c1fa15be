//! Reads the turns of a Claude Code transcript: one JSON object a line, of many kinds.
//! Must stay true: lines that are unknown, torn or too long are passed over and counted.
//! Deliberately absent: which turns matter, masking, other agents' transcripts.
//!
//! A turn begins with a prompt of a person. What programs sent as prompts, what came of commands
//! and what subagents said is no turn; neither is the summary of a compaction.

use agents::typed;
use cs_core::repair;
use serde_json::Value;
use std::io::{self, Read};
use usage::lines::{self, Piece};

/// A prompt and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// RFC 3339, as the client wrote it.
    pub at: String,
    pub prompt: String,
    /// The agent's last words in the turn. What it says to news of background work only counts if
    /// that is more than it had said before.
    pub answer: String,
    pub edits: usize,
    pub commits: usize,
    /// Tool calls that failed or were refused.
    pub failures: usize,
    /// Questions to the person, and plans to approve.
    pub questions: usize,
    pub interrupted: bool,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub turns: usize,
    /// Lines that were passed over because they could not be understood.
    pub skipped: usize,
}

/// Gives each turn to `take`, in the order of the file.
pub fn read(from: impl Read, mut take: impl FnMut(Turn)) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut open: Option<Turn> = None;
    let mut news = false;
    lines::read(from, |piece| {
        let (Piece::Line(line) | Piece::Rest(line)) = piece else {
            summary.skipped += 1;
            return;
        };
        for record in lines::records(line) {
            let Ok(entry) = repair::decode::<Value>(record, &mut Vec::new()) else {
                summary.skipped += usize::from(!record.is_empty());
                continue;
            };
            if let Some(prompt) = prompt(&entry) {
                summary.turns += 1;
                let at = text(&entry, "timestamp").to_string();
                open.replace(Turn { at, prompt, ..Turn::default() }).map(&mut take);
                news = false;
            } else if let Some(turn) = &mut open {
                news |= is_news(&entry);
                note(turn, &entry, news);
            }
        }
    })?;
    open.map(take);
    Ok(summary)
}

/// What a person asked, if the entry is that.
fn prompt(entry: &Value) -> Option<String> {
    let aside =
        ["isMeta", "isSidechain", "isCompactSummary"].iter().any(|key| entry.get(key) == Some(&Value::Bool(true)));
    if text(entry, "type") != "user" || aside {
        return None;
    }
    let content = entry.get("message")?.get("content")?;
    if blocks(content).any(|block| text(block, "type") == "tool_result") {
        return None;
    }
    let said = said(content);
    let typed = typed::typed(&said)?;
    // Without an origin a command is the client's own, such as /model.
    let counts = !typed.text.is_empty() && (!typed.is_of_client || entry.get("origin").is_some());
    counts.then(|| typed.text.into_owned())
}

/// Whether the entry tells the agent about work in the background.
fn is_news(entry: &Value) -> bool {
    let content = entry.get("message").and_then(|message| message.get("content"));
    text(entry, "type") == "user"
        && content.is_some_and(|content| said(content).trim_start().starts_with("<task-notification>"))
}

/// What an entry inside a turn adds to it.
fn note(turn: &mut Turn, entry: &Value, news: bool) {
    if entry.get("isSidechain") == Some(&Value::Bool(true)) {
        return;
    }
    let Some(content) = entry.get("message").and_then(|message| message.get("content")) else { return };
    match text(entry, "type") {
        "assistant" => {
            let answer = said(content);
            let answer = answer.trim();
            let counts = !answer.is_empty() && answer != "No response requested.";
            if counts && (!news || answer.len() > turn.answer.len()) {
                turn.answer = answer.to_string();
            }
            turn.failures += usize::from(entry.get("isApiErrorMessage") == Some(&Value::Bool(true)));
            blocks(content).filter(|block| text(block, "type") == "tool_use").for_each(|block| call(turn, block));
        }
        "user" => {
            let failed = |block: &&Value| block.get("is_error") == Some(&Value::Bool(true));
            turn.failures += blocks(content).filter(failed).count();
            turn.interrupted |= said(content).trim_start().starts_with(typed::INTERRUPTED);
        }
        _ => {}
    }
}

fn call(turn: &mut Turn, block: &Value) {
    match text(block, "name") {
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => turn.edits += 1,
        "AskUserQuestion" | "ExitPlanMode" => turn.questions += 1,
        "Bash" => {
            let command = block.get("input").map(|input| text(input, "command")).unwrap_or_default();
            turn.commits += usize::from(command.contains("git commit"));
        }
        _ => {}
    }
}

/// The words of a content, which is a text or a list of blocks.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        _ => {
            let texts = blocks(content).filter(|block| text(block, "type") == "text");
            texts.map(|block| text(block, "text")).collect::<Vec<_>>().join("\n")
        }
    }
}

fn blocks(content: &Value) -> impl Iterator<Item = &Value> {
    content.as_array().into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(text: &[u8]) -> (Vec<Turn>, Summary) {
        let mut turns = Vec::new();
        let summary = read(text, |turn| turns.push(turn)).unwrap();
        (turns, summary)
    }

    #[test]
    fn broken_and_unknown_lines_are_passed_over() {
        let mut text = b"{\"type\":\"user\",\"timestamp\":\"t\",\"message\":{\"content\":\"hello\"}}\n".to_vec();
        text.extend_from_slice(b"{\"type\":\"new kind\",\"message\":7}\n[]\nnull\n{\"type\":\"user\",\"mess");
        text.extend_from_slice(b"\n\xff\xfe\n\n");
        text.extend(std::iter::repeat_n(b'x', lines::LIMIT + 1));
        text.extend_from_slice(
            b"\n{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hi\"},7]}}",
        );
        let (turns, summary) = turns(&text);
        assert_eq!(summary, Summary { turns: 1, skipped: 3 });
        assert_eq!((turns[0].prompt.as_str(), turns[0].answer.as_str()), ("hello", "hi"));
    }

    #[test]
    fn lines_that_are_nearly_json_are_read() {
        let line = |damage: &[u8]| {
            let (head, tail) = (b"{\"type\":\"user\",\"timestamp\":\"t\",\"message\":{\"content\":\"hello", b"\"}}\n");
            [&head[..], damage, tail].concat()
        };
        for (damage, prompt) in [
            (&br" \ud83d"[..], "hello \u{fffd}"),
            (b" \x01", "hello \u{1}"),
            (br" C:\Users", "hello C:\\Users"),
            (b" \xff", "hello \u{fffd}"),
        ] {
            for before in [&b""[..], b"\xef\xbb\xbf", b"\0\0\0\0"] {
                let (turns, summary) = turns(&[before, &line(damage)].concat());
                assert_eq!((turns[0].prompt.as_str(), summary), (prompt, Summary { turns: 1, skipped: 0 }));
            }
        }
    }

    #[test]
    fn prompts_are_what_a_person_typed() {
        let typed = "<command-name>/a:b</command-name>\\n<command-args>c</command-args>";
        for (content, more, prompt) in [
            (typed, ",\"origin\":{\"kind\":\"human\"}", Some("/a:b c")),
            (typed, "", None),
            ("<ide_opened_file>a.rs</ide_opened_file>\\nfix it", "", Some("fix it")),
            ("<task-notification>a</task-notification>", "", None),
            ("[Request interrupted by user]", "", None),
        ] {
            let line = format!("{{\"type\":\"user\",\"message\":{{\"content\":\"{content}\"}}{more}}}");
            let (turns, _) = turns(line.as_bytes());
            assert_eq!(turns.first().map(|turn| turn.prompt.as_str()), prompt, "{content}");
        }
    }
}
