//! Owns which raw lines of Claude Code's transcripts need not be decoded by a reader that wants some kinds of parts. Must
//! stay true: a line that is left out has none of them, and changes nothing about parts of other lines. The quotes tell
//! keys and whole values from text: inside a text they are escaped.

use super::attached;
use crate::part::PartKind;
use memchr::memmem;

/// How much of a line is looked at for what stands near its beginning.
const HEAD: usize = 400;
/// Keys of answers of tools that are more than results: lists of tasks, plans, questions.
const TOLD: [&str; 5] = ["\"newTodos\"", "\"task\"", "\"taskId\"", "\"plan\"", "\"questions\""];
/// Kinds that are never in attachments, except for prompts that were queued.
const SPOKEN: [PartKind; 8] = [
    PartKind::Prompt,
    PartKind::Answer,
    PartKind::Reasoning,
    PartKind::Call,
    PartKind::Result,
    PartKind::Plan,
    PartKind::Ask,
    PartKind::Title,
];

/// Whether a line may have parts of these kinds; of any, if there is none.
pub(crate) fn may_have(line: &[u8], kinds: &[PartKind]) -> bool {
    if kinds.is_empty() || !kinds.iter().all(|kind| SPOKEN.contains(kind)) {
        return true;
    }
    let head = line.get(..HEAD).unwrap_or(line);
    if has(head, "\"attachment\":{") {
        return attached::may_be_queued(line);
    }
    let is_result = !kinds.contains(&PartKind::Result) && has(line, "\"tool_result\"");
    !is_result || TOLD.iter().any(|key| has(line, key))
}

/// Whether parts of these kinds in other lines depend on this one: it may begin a turn or a thread, be put together with
/// another line, or have the first call or result of an id.
pub(crate) fn is_landmark(line: &[u8], kinds: &[PartKind]) -> bool {
    // A client counts its calls anew now and then, so a call is a new one only if an older one has its result.
    let wants_calls = kinds.is_empty() || kinds.iter().any(|kind| matches!(kind, PartKind::Call | PartKind::Result));
    if has(line, "\"tool_result\"") {
        // A result names the subagent that was started.
        return wants_calls || (has(line, "\"toolUseResult\"") && has(line, "\"agentId\""));
    }
    has(line, "\"user\"")
        || attached::may_be_queued(line)
        || has(line, "\"compact_boundary\"")
        || (wants_calls && has(line, "\"tool_use\""))
}

fn has(line: &[u8], word: &str) -> bool {
    memmem::find(line, word.as_bytes()).is_some()
}
