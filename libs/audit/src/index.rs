//! Owns the index of a day: 16 bytes for each line of its log, by which the lines of the calls that may fit a question are
//! found without reading the others. `core/FORMAT.md` describes the file, `audit/<day>.index`.
//!
//! Must stay true: the file is a cache that anyone may remove. It is used only if it was made from the log as it is now,
//! and only for days whose log does not grow; it has every line of the log; what is shown is always read from the log.
//! Deliberately absent: proof. Who writes an index on purpose that has all lines, but says something else about some of
//! them, hides these from questions until `verify` compares the two.

mod file;

pub use file::{Made, path, read, remove_left, seems_made, write};

use crate::entry::Kind;
use crate::key::Facts;
use chain::last::LONGEST;
use cs_core::clock;
use cs_core::id::fnv1a;
use memchr::memchr_iter;
use std::collections::HashMap;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Whether a subagent must have made it.
    pub is_of_subagent: bool,
    /// The hash of the call's id.
    pub call: Option<u32>,
    /// Of these bits of verdicts one must be set; 0 means any.
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
            && (!needs.is_of_subagent || self.agent != 0)
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

    /// Whether it is no line of a call.
    pub fn is_other(&self) -> bool {
        self.flags & bits::OTHER != 0
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

/// Makes the lines of an index, one after the other.
#[derive(Default)]
pub struct Builder {
    /// The day's first minute since the epoch.
    day: i64,
    lines: Vec<Line>,
    keys: Vec<u64>,
    groups: HashMap<u64, Group>,
    parts: Parts,
}

impl Builder {
    /// For a log of the day whose first minute since the epoch this is.
    pub fn new(day: i64) -> Self {
        Builder { day, ..Builder::default() }
    }

    /// Adds a line of the log, which begins at this offset. One that is damaged is no line of a call.
    pub fn add(&mut self, offset: u64, bytes: &[u8]) {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let facts = Some(bytes).filter(|bytes| bytes.len() <= LONGEST);
        let facts = facts.and_then(Facts::of);
        let key = facts.as_ref().map_or(0, |facts| facts.key().hash);
        let line = match &facts {
            Some(facts) => of_facts(facts, key, offset, self.day, &mut self.parts),
            None => Line { offset, flags: OTHER_DAY | bits::OTHER, ..Line::default() },
        };
        if let Some(facts) = facts.filter(|_| line.flags & bits::OTHER == 0) {
            self.groups.entry(key).or_default().add(&facts, &line);
        }
        self.lines.push(line);
        self.keys.push(key);
    }

    /// The lines of the index.
    pub fn finish(mut self) -> Vec<Line> {
        for (line, key) in self.lines.iter_mut().zip(self.keys).filter(|(line, _)| line.flags & bits::OTHER == 0) {
            if let Some(group) = self.groups.get(&key) {
                group.complete(line);
            }
        }
        self.lines
    }
}

/// The lines of a day's log. `day` is its first minute since the epoch.
pub fn build(log: &[u8], day: i64) -> Vec<Line> {
    let (mut builder, mut begin) = (Builder::new(day), 0);
    let ends = memchr_iter(b'\n', log).map(|at| at + 1).chain([log.len()]);
    for end in ends {
        let line = log.get(begin..end).unwrap_or_default();
        if !line.is_empty() {
            builder.add(begin as u64, line);
        }
        begin = end;
    }
    builder.finish()
}

/// What was made of the words of the line before: most lines have the same.
#[derive(Default)]
struct Parts {
    conversation: Known<u16>,
    tool: Known<u8>,
    project: Known<u8>,
    agent: Known<u8>,
}

#[derive(Default)]
struct Known<T> {
    text: String,
    of_text: Option<T>,
}

impl<T: Copy> Known<T> {
    fn get(&mut self, text: Option<&str>, narrow: fn(Option<&str>) -> T) -> T {
        match (text, self.of_text) {
            (Some(text), Some(known)) if self.text == text => known,
            (Some(text), _) => {
                self.text.clear();
                self.text.push_str(text);
                *self.of_text.insert(narrow(Some(text)))
            }
            (None, _) => narrow(None),
        }
    }
}

fn of_facts(facts: &Facts, key: u64, offset: u32, day: i64, parts: &mut Parts) -> Line {
    let at = clock::parse(&facts.at).map(|at| at.timestamp().div_euclid(60) - day);
    let minute = at.and_then(|minute| u32::try_from(minute).ok()).filter(|minute| *minute < 24 * 60);
    let is_call = matches!(facts.kind, Some(Kind::Attempt | Kind::Result | Kind::Decision));
    Line {
        offset,
        call: facts.tool_use_id.as_deref().map_or(key as u32, call_hash),
        conversation: parts.conversation.get(facts.claude_session_id.as_deref(), narrow16),
        tool: parts.tool.get(facts.tool.as_deref(), narrow8),
        project: parts.project.get(facts.project.as_deref(), narrow8),
        agent: parts.agent.get(facts.agent_id.as_deref(), narrow8),
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
