//! Owns the index of a day: 16 bytes for each line of its log, by which the lines of the calls that may fit a question are
//! found without reading the others. `core/FORMAT.md` describes the file, `audit/<day>.index`.
//!
//! Must stay true: the file is a cache that anyone may remove. It is used only if it was made from the log as it is now,
//! and only for days whose log does not grow; what is shown is always read from the log and checked there.
//! Deliberately absent: verifying, which reads the log itself.

use crate::entry::Kind;
use crate::key::Facts;
use cs_core::clock;
use cs_core::file::{self, Durability};
use cs_core::id::fnv1a;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The beginning of the file, with its version.
const MAGIC: u64 = u64::from_le_bytes(*b"csaudit1");
/// Number of words of 8 bytes before the lines.
const HEADER: usize = 6;
/// Number of bytes of a line.
const RECORD: usize = 16;
/// Minute of a line that has no time, or was written on another day.
const OTHER_DAY: u32 = 0x7ff;

/// What is true of a line, or of its call in this day's log.
pub mod bits {
    /// The line is no line of a call.
    pub const OTHER: u32 = 1 << 11;
    /// No attempt of the call is in this log.
    pub const ORPHAN: u32 = 1 << 12;
    /// No result of the call is in this log.
    pub const OPEN: u32 = 1 << 13;
    /// The call failed.
    pub const FAILED: u32 = 1 << 14;
    /// The guard denied the call.
    pub const DENIED: u32 = 1 << 15;
    /// The first verdict; the others follow.
    pub const VERDICT: u32 = 1 << 16;
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins.
    pub offset: u32,
    /// The hash of its call's id, else of what the call is.
    pub call: u32,
    conversation: u16,
    tool: u8,
    project: u8,
    agent: u8,
    /// The minute of the day in the lowest 11 bits, and [`bits`].
    flags: u32,
}

/// What the lines of a call must have. Anything that is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Conversations of which one must be the call's; none means any.
    pub conversations: Vec<u16>,
    /// The tool.
    pub tool: Option<u8>,
    /// The project.
    pub project: Option<u8>,
    /// The subagent.
    pub agent: Option<u8>,
    /// The hash of the call's id.
    pub call: Option<u32>,
    /// A verdict that it must have; 0 means any.
    pub verdict: u32,
    /// Of these bits one must be set; 0 means any.
    pub outcome: u32,
    /// The first and the last minute that are asked for; `None` if no minute of the day is.
    pub minutes: Option<(u32, u32)>,
}

impl Line {
    /// Whether the line may belong to a call that fits.
    pub fn may_fit(&self, needs: &Needs) -> bool {
        let minute = self.flags & OTHER_DAY;
        let is_orphan = self.flags & bits::ORPHAN != 0;
        self.flags & bits::OTHER == 0
            && (needs.conversations.is_empty() || needs.conversations.contains(&self.conversation))
            && needs.tool.is_none_or(|tool| tool == self.tool)
            && needs.project.is_none_or(|project| project == self.project)
            && needs.agent.is_none_or(|agent| agent == self.agent)
            && needs.call.is_none_or(|call| call == self.call)
            // What is not known here may be known the day before.
            && (is_orphan || needs.verdict == 0 || self.flags & needs.verdict != 0)
            && (is_orphan || needs.outcome == 0 || self.flags & needs.outcome != 0)
            && (is_orphan
                || minute == OTHER_DAY
                || needs.minutes.is_some_and(|(first, last)| minute >= first && minute <= last))
    }

    /// Whether no attempt of its call is in this log.
    pub fn is_orphan(&self) -> bool {
        self.flags & bits::ORPHAN != 0
    }

    /// Whether no result of its call is in this log.
    pub fn is_open(&self) -> bool {
        self.flags & bits::OPEN != 0
    }

    /// Whether the line may be about a subagent of this conversation.
    pub fn may_be_of_subagent(&self, conversation: u16) -> bool {
        self.conversation == conversation && self.agent != 0
    }
}

/// A part of the hash of a text; 0 if there is none.
pub fn part(text: Option<&str>) -> u64 {
    let hash =
        |text: &str| fnv1a(text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>().iter()).max(1);
    text.filter(|text| !text.is_empty()).map_or(0, hash)
}

/// The same, as narrow as a conversation in an index.
pub fn narrow16(text: Option<&str>) -> u16 {
    let hash = part(text);
    if hash == 0 { 0 } else { ((hash ^ (hash >> 32)) as u16).max(1) }
}

/// The same, as narrow as a word in an index.
pub fn narrow8(text: Option<&str>) -> u8 {
    let hash = part(text);
    if hash == 0 { 0 } else { ((hash ^ (hash >> 24)) as u8).max(1) }
}

/// The hash of a call's id.
pub fn call_hash(id: &str) -> u32 {
    let hash = fnv1a(id.as_bytes());
    (hash ^ (hash >> 32)) as u32
}

/// The bit of a verdict.
pub fn verdict_bit(word: &str) -> u32 {
    let place = rules::Kind::ALL.iter().position(|kind| kind.word() == word);
    place.map_or(0, |place| bits::VERDICT << place)
}

/// What the lines of a call come to.
#[derive(Default)]
struct Group {
    flags: u32,
    attempts: u32,
    decisions: u32,
    results: u32,
    minute: Option<u32>,
    line: Option<Line>,
}

/// The lines of a day's log. Damaged lines are left out. `day` is its first minute since the epoch.
pub fn build(log: &[u8], day: i64) -> Vec<Line> {
    let mut lines = Vec::with_capacity(log.len() / 500);
    let mut keys = Vec::with_capacity(lines.capacity());
    let mut groups: HashMap<u64, Group> = HashMap::new();
    let mut offset = 0;
    for bytes in log.split_inclusive(|byte| *byte == b'\n') {
        let begins_at = offset;
        offset += bytes.len();
        let (Ok(facts), Ok(begins_at)) = (serde_json::from_slice::<Facts>(bytes), u32::try_from(begins_at)) else {
            continue;
        };
        let key = facts.key().hash;
        let line = of_facts(&facts, key, begins_at, day);
        if line.flags & bits::OTHER == 0 {
            groups.entry(key).or_default().add(&facts, &line);
        }
        lines.push(line);
        keys.push(key);
    }
    for (line, key) in lines.iter_mut().zip(keys).filter(|(line, _)| line.flags & bits::OTHER == 0) {
        if let Some(group) = groups.get(&key) {
            group.complete(line);
        }
    }
    lines
}

fn of_facts(facts: &Facts, key: u64, offset: u32, day: i64) -> Line {
    let at = clock::parse(&facts.at).map(|at| at.timestamp().div_euclid(60) - day);
    let minute = at.and_then(|minute| u32::try_from(minute).ok()).filter(|minute| *minute < 24 * 60);
    let is_call = matches!(facts.kind, Some(Kind::Attempt | Kind::Result | Kind::Decision));
    Line {
        offset,
        call: facts.tool_use_id.as_deref().map_or(key as u32, call_hash),
        conversation: narrow16(facts.claude_session_id.as_deref()),
        tool: narrow8(facts.tool.as_deref()),
        project: narrow8(facts.project.as_deref()),
        agent: narrow8(facts.agent_id.as_deref()),
        flags: minute.unwrap_or(OTHER_DAY) | if is_call { 0 } else { bits::OTHER },
    }
}

impl Group {
    fn add(&mut self, facts: &Facts, line: &Line) {
        self.attempts += u32::from(facts.kind == Some(Kind::Attempt));
        self.decisions += u32::from(facts.kind == Some(Kind::Decision));
        self.results += u32::from(facts.kind == Some(Kind::Result));
        self.flags |= facts.verdicts.iter().fold(0, |flags, word| flags | verdict_bit(&word.verdict));
        self.flags |= if facts.ok == Some(false) && !facts.interrupted { bits::FAILED } else { 0 };
        self.flags |= if facts.decision.as_deref() == Some("deny") { bits::DENIED } else { 0 };
        if facts.kind != Some(Kind::Result) {
            self.minute = self.minute.or(Some(line.flags & OTHER_DAY));
        }
        let known = self.line.get_or_insert(*line);
        for (known, is) in
            [(&mut known.tool, line.tool), (&mut known.project, line.project), (&mut known.agent, line.agent)]
        {
            *known = if *known == 0 { is } else { *known };
        }
    }

    /// Every line of a call says the same about it.
    fn complete(&self, line: &mut Line) {
        let orphan = if self.attempts + self.decisions == 0 { bits::ORPHAN } else { 0 };
        let open = if self.results < self.attempts.max(1) { bits::OPEN } else { 0 };
        let minute = self.minute.unwrap_or(line.flags & OTHER_DAY);
        line.flags = minute | self.flags | orphan | open;
        if let Some(known) = &self.line {
            (line.tool, line.project, line.agent) = (known.tool, known.project, known.agent);
        }
    }
}

/// By what an index is known to be made from a log: the log's size, when it changed, and its last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Number of bytes of the log.
    pub size: u64,
    /// When the log changed, in nanoseconds since the epoch.
    pub modified: u64,
    /// Hash of its last bytes, in which is the hash of its last line.
    pub end: u64,
}

/// The file of a log's index.
pub fn path(log: &Path) -> PathBuf {
    log.with_extension("index")
}

/// Reads the index of a log; `None` if there is none that was made from this log.
pub fn read(log: &Path, made: &Made) -> Option<Vec<Line>> {
    // A line of the log is longer than one of the index.
    let most = usize::try_from(made.size).ok()?.saturating_add(HEADER * 8);
    let bytes = file::read_at_most(&path(log), most).ok()??;
    let (header, lines) = bytes.split_at_checked(HEADER * 8)?;
    let words: Vec<u64> =
        header.chunks_exact(8).filter_map(|word| Some(u64::from_le_bytes(word.try_into().ok()?))).collect();
    let count = lines.len() / RECORD;
    let expected = [MAGIC, made.size, made.modified, made.end, count as u64, checksum(lines)];
    if words != expected || lines.len() % RECORD != 0 {
        return None;
    }
    let lines: Vec<Line> = lines.chunks_exact(RECORD).filter_map(decode).collect();
    // Anyone can write a checksum.
    let is_in_order = lines.is_sorted_by(|a, b| a.offset < b.offset);
    let is_within = lines.last().is_none_or(|last| u64::from(last.offset) < made.size);
    (is_in_order && is_within).then_some(lines)
}

/// Stores an index. Without it, questions take longer: a failure is not worth a word.
pub fn write(log: &Path, made: &Made, lines: &[Line]) {
    let mut body = Vec::with_capacity(lines.len() * RECORD);
    lines.iter().for_each(|line| encode(line, &mut body));
    let header = [MAGIC, made.size, made.modified, made.end, lines.len() as u64, checksum(&body)];
    let bytes = [header.iter().flat_map(|word| word.to_le_bytes()).collect(), body].concat();
    let _ = file::replace(&path(log), &bytes, Durability::Disposable);
}

/// Changes with every bit; 8 bytes at a time.
fn checksum(bytes: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(MAGIC, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    mix(sum, word(rest))
}

fn mix(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

fn encode(line: &Line, into: &mut Vec<u8>) {
    into.extend_from_slice(&line.offset.to_le_bytes());
    into.extend_from_slice(&line.call.to_le_bytes());
    into.extend_from_slice(&line.conversation.to_le_bytes());
    into.extend_from_slice(&[line.tool, line.project, line.agent]);
    into.extend(line.flags.to_le_bytes().into_iter().take(3));
}

fn decode(bytes: &[u8]) -> Option<Line> {
    let word = |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?));
    let byte = |at: usize| bytes.get(at).copied();
    let last = word(12)?;
    Some(Line {
        offset: word(0)?,
        call: word(4)?,
        conversation: u16::from_le_bytes([byte(8)?, byte(9)?]),
        tool: byte(10)?,
        project: byte(11)?,
        agent: byte(12)?,
        flags: last >> 8,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_in_order_or_not_in_the_log_are_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("2026-11-21.jsonl");
        let made = Made { size: 4_000, modified: 1, end: 2 };
        let line = |offset| Line { offset, call: 7, conversation: 1, tool: 2, project: 3, agent: 0, flags: 9 };
        let read_back = |offsets: &[u32]| {
            write(&log, &made, &offsets.iter().map(|offset| line(*offset)).collect::<Vec<_>>());
            read(&log, &made).map(|lines| lines.len())
        };
        assert_eq!(read_back(&[0, 700, 1_400]), Some(3));
        assert_eq!([read_back(&[0, 1_400, 700]), read_back(&[0, 0]), read_back(&[0, 4_000])], [None; 3]);
        assert_eq!(read_back(&[]), Some(0));
        assert_eq!(read(&log, &Made { end: 3, ..made }), None);
    }
}
