//! Owns which raw lines of Claude Code's transcripts need not be decoded by a reader that wants some kinds of parts. Must
//! stay true: a line that is left out has none of them, and changes nothing about parts of other lines. The quotes tell
//! keys and whole values from text: inside a text they are escaped.

use super::{TOOL_RESULT, USER, attached};
use crate::mark::Mark;
use crate::part::PartKind;

/// How much of a line is looked at for what stands near its beginning.
const HEAD: usize = 400;
/// Keys of answers of tools that are more than results: lists of tasks, plans, questions.
static TOLD: [Mark; 5] = [
    Mark::new("\"newTodos\""),
    Mark::new("\"task\""),
    Mark::new("\"taskId\""),
    Mark::new("\"plan\""),
    Mark::new("\"questions\""),
];
static ATTACHMENT: Mark = Mark::new("\"attachment\":{");
static TOOL_USE: Mark = Mark::new("\"tool_use\"");
static ANSWER: Mark = Mark::new("\"toolUseResult\"");
static AGENT: Mark = Mark::new("\"agentId\"");
static COMPACTED: Mark = Mark::new("\"compact_boundary\"");
/// How the types of lines with titles end.
static TITLE: Mark = Mark::new("-title\"");
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
    if kinds == [PartKind::Title] {
        return TITLE.is_in(line);
    }
    let head = line.get(..HEAD).unwrap_or(line);
    if ATTACHMENT.is_in(head) {
        return attached::QUEUED.is_in(line);
    }
    let is_result = !kinds.contains(&PartKind::Result) && TOOL_RESULT.is_in(line);
    !is_result || TOLD.iter().any(|key| key.is_in(line))
}

/// Whether parts of these kinds in other lines depend on this one: it may begin a turn or a thread, be put together with
/// another line, or have the first call or result of an id.
pub(crate) fn is_landmark(line: &[u8], kinds: &[PartKind]) -> bool {
    // A client counts its calls anew now and then, so a call is a new one only if an older one has its result.
    let wants_calls = kinds.is_empty() || kinds.iter().any(|kind| matches!(kind, PartKind::Call | PartKind::Result));
    if TOOL_RESULT.is_in(line) {
        // A result names the subagent that was started.
        return wants_calls || (ANSWER.is_in(line) && AGENT.is_in(line));
    }
    USER.is_in(line) || attached::QUEUED.is_in(line) || COMPACTED.is_in(line) || (wants_calls && TOOL_USE.is_in(line))
}
