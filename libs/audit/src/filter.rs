//! Owns which calls are wanted: what a person may ask for, and what the lines of such a call have in an index.

use crate::call::{Call, Outcome};
use crate::entry::Said;
use crate::index::{self, Needs, bits};
use cs_core::clock::{self, Instant};
use cs_core::range::Range;
use cs_core::record::Session;

/// A conversation, or a session's part of one: others may have continued it, or be continued by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The conversation.
    pub conversation: String,
    /// When the calls of this part were attempted.
    pub range: Range,
}

impl Share {
    /// A whole conversation.
    pub fn whole(conversation: &str) -> Self {
        Share { conversation: conversation.to_string(), range: Range::default() }
    }

    /// That of a session; `None` if it has no conversation.
    pub fn of(session: &Session, now: Instant) -> Option<Self> {
        let range = Share::range(&session.started_at, session.ended_at.as_deref(), now);
        session.claude_session_id.clone().map(|conversation| Share { conversation, range })
    }

    /// The range of a session that began and ended at these instants.
    pub fn range(started_at: &str, ended_at: Option<&str>, now: Instant) -> Range {
        Range::new(clock::parse(started_at), ended_at.and_then(clock::parse), now)
    }

    fn has(&self, call: &Call) -> bool {
        call.claude_session_id.as_ref() == Some(&self.conversation) && self.range.contains_text(&call.at)
    }
}

/// Which calls are wanted; an empty filter wants all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Parts of conversations of which one must have the call; none means any.
    pub shares: Vec<Share>,
    /// The slug of the project.
    pub project: Option<String>,
    /// The tool, in upper or lower case.
    pub tool: Option<String>,
    /// What the rules said: words of verdicts, or ids of rules, of which one must be among it; none means any.
    pub said: Vec<String>,
    /// When it was attempted.
    pub range: Range,
    /// Only calls that were not run; with `failed` also those that failed.
    pub denied: bool,
    /// Only calls that failed; with `denied` also those that were not run.
    pub failed: bool,
    /// The subagent: the beginning of its id, or its type.
    pub agent_id: Option<String>,
    /// A part of the file, or of the command.
    pub path: Option<String>,
    /// The call with this id.
    pub tool_use_id: Option<String>,
    /// The beginning or the end of the call's id.
    pub id_part: Option<String>,
    /// At most this many, the newest.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether a call fits in everything but how it ended, which evidence from elsewhere may still tell.
    pub fn fits(&self, call: &Call) -> bool {
        let may = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        let input = &call.input;
        let texts = || input.command.iter().chain(&input.path).chain(&input.paths);
        let has_path = |part: &String| texts().any(|text| text.contains(part.as_str()));
        (self.shares.is_empty() || self.shares.iter().any(|share| share.has(call)))
            && may(&self.project, &call.project)
            && self.tool.as_ref().is_none_or(|tool| tool.eq_ignore_ascii_case(&call.tool))
            && (self.said.is_empty() || call.verdicts.iter().any(|said| self.is_asked(said)))
            && self.range.contains_text(&call.at)
            && self.agent_id.as_deref().is_none_or(|agent| is_of_subagent(call, agent))
            && self.path.as_ref().is_none_or(has_path)
            && may(&self.tool_use_id, &call.tool_use_id)
            && self
                .id_part
                .as_deref()
                .is_none_or(|part| call.tool_use_id.as_deref().is_some_and(|id| is_part(part, id)))
    }

    fn is_asked(&self, said: &Said) -> bool {
        self.said.iter().any(|word| *word == said.verdict || *word == said.rule)
    }

    /// Whether it fits with the outcome that it has.
    pub fn fits_outcome(&self, call: &Call) -> bool {
        let is_any = !self.denied && !self.failed;
        is_any || (self.denied && call.outcome == Outcome::Denied) || (self.failed && call.outcome == Outcome::Failed)
    }

    /// Whether anything but the range and the limit is asked for.
    pub(crate) fn is_selective(&self) -> bool {
        let words = [&self.project, &self.tool, &self.agent_id, &self.path, &self.tool_use_id, &self.id_part];
        let has_word = words.iter().any(|word| word.is_some());
        has_word || !self.shares.is_empty() || !self.said.is_empty() || self.denied || self.failed
    }

    /// A text that a line of a wanted call must contain.
    pub(crate) fn text(&self) -> Option<&str> {
        let texts = [&self.path, &self.id_part, &self.agent_id];
        texts.into_iter().flatten().next().map(String::as_str)
    }

    /// What the lines of a wanted call have in the index of a day, which begins at this minute since the epoch.
    pub(crate) fn needs(&self, day: i64) -> Needs {
        let minute = |at: Instant| at.timestamp().div_euclid(60) - day;
        let within = |minute: i64| minute.clamp(0, 24 * 60) as u32;
        let first = self.range.since.map_or(0, minute);
        let last = self.range.until.map_or(24 * 60, minute);
        let outcome = match (self.denied, self.failed) {
            (true, true) => bits::OPEN | bits::DENIED | bits::FAILED,
            (true, false) => bits::OPEN | bits::DENIED,
            (false, true) => bits::OPEN | bits::FAILED,
            (false, false) => 0,
        };
        // What a rule said when the line was written is not known here.
        let any = rules::Kind::ALL.iter().fold(0, |bits, kind| bits | index::verdict_bit(kind.word()));
        let bit = |word: &String| Some(index::verdict_bit(word)).filter(|bit| *bit > 0).unwrap_or(any);
        let verdict = self.said.iter().fold(0, |bits, word| bits | bit(word));
        Needs {
            conversations: self.shares.iter().map(|share| index::narrow16(Some(&share.conversation))).collect(),
            tool: self.tool.as_deref().map(|tool| index::narrow8(Some(tool))),
            project: self.project.as_deref().map(|project| index::narrow8(Some(project))),
            is_of_subagent: self.agent_id.is_some(),
            call: self.tool_use_id.as_deref().map(index::call_hash),
            verdict,
            outcome,
            minutes: (last >= 0 && first <= 24 * 60).then(|| (within(first), within(last))),
        }
    }
}

fn is_of_subagent(call: &Call, agent: &str) -> bool {
    call.agent_id.as_deref().is_some_and(|id| id.starts_with(agent)) || call.agent_type.as_deref() == Some(agent)
}

fn is_part(part: &str, id: &str) -> bool {
    id.starts_with(part) || id.ends_with(part)
}
