//! Owns questions to the log: which calls fit a filter, and which subagents a conversation had.

use crate::call::{Call, Outcome, Subagent};
use crate::entry::{Entry, Kind};
use crate::log::files;
use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::range::Range;
use cs_core::store::Store;
use std::collections::HashMap;

/// Which calls are wanted; an empty filter wants all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Conversations of which one must be the call's; none means any.
    pub conversations: Vec<String>,
    /// The slug of the project.
    pub project: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// What the rules said.
    pub verdict: Option<rules::Kind>,
    /// When it was attempted.
    pub range: Range,
    /// Only calls that were not run.
    pub denied: bool,
    /// Only calls that failed.
    pub failed: bool,
    /// The subagent.
    pub agent_id: Option<String>,
    /// A part of the file, or of the command.
    pub path: Option<String>,
    /// The call with this id.
    pub tool_use_id: Option<String>,
    /// At most this many, the newest.
    pub limit: Option<usize>,
}

/// The calls that fit, newest first.
pub fn calls(store: &Store, filter: &Filter, _now: Instant) -> Result<Vec<Call>> {
    let mut found: Vec<Call> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    each(store, &mut |entry| {
        let known = entry.tool_use_id.as_ref().and_then(|id| places.get(id)).copied();
        match (entry.kind, known.and_then(|at| found.get_mut(at))) {
            (Kind::Result | Kind::Decision, Some(call)) => complete(call, entry),
            (Kind::Attempt | Kind::Result | Kind::Decision, _) => {
                places.extend(entry.tool_use_id.clone().map(|id| (id, found.len())));
                found.push(begin(entry));
            }
            _ => {}
        }
    })?;
    found.retain(|call| fits(call, filter));
    found.reverse();
    found.truncate(filter.limit.unwrap_or(usize::MAX));
    Ok(found)
}

/// The subagents of a conversation, oldest first.
pub fn subagents(store: &Store, conversation: &Uuid, _now: Instant) -> Result<Vec<Subagent>> {
    let mut found: Vec<Subagent> = Vec::new();
    each(store, &mut |entry| {
        let is_of = entry.claude_session_id.as_deref() == Some(conversation.as_str());
        let Some(id) = entry.agent_id.clone().filter(|_| is_of) else { return };
        let at = found.iter().position(|subagent| subagent.agent_id == id).unwrap_or_else(|| {
            found.push(Subagent { agent_id: id, ..Subagent::default() });
            found.len() - 1
        });
        let Some(subagent) = found.get_mut(at) else { return };
        subagent.agent_type = entry.agent_type.or(subagent.agent_type.take());
        match entry.kind {
            Kind::SubagentStart => subagent.began = Some(entry.at),
            Kind::SubagentStop => subagent.ended = Some(entry.at),
            Kind::Attempt => subagent.calls += 1,
            _ => {}
        }
    })?;
    Ok(found)
}

fn each(store: &Store, take: &mut dyn FnMut(Entry)) -> Result<()> {
    for path in files(&store.home)? {
        let bytes = file::read(&path)?.unwrap_or_default();
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).for_each(&mut *take);
    }
    Ok(())
}

fn begin(entry: Entry) -> Call {
    let mut call = Call {
        at: entry.at.clone(),
        tool_use_id: entry.tool_use_id.clone(),
        claude_session_id: entry.claude_session_id.clone(),
        agent: entry.agent.clone(),
        agent_seat: entry.agent_seat.clone(),
        agent_id: entry.agent_id.clone(),
        agent_type: entry.agent_type.clone(),
        tool: entry.tool.clone().unwrap_or_default(),
        input: entry.input.clone().unwrap_or_default(),
        target: entry.target.clone(),
        verdicts: entry.verdicts.clone(),
        cwd: entry.cwd.clone(),
        project: entry.project.clone(),
        seq: entry.seq,
        ..Call::default()
    };
    complete(&mut call, entry);
    call
}

fn complete(call: &mut Call, entry: Entry) {
    call.ms = entry.ms.or(call.ms);
    call.bytes = entry.bytes.or(call.bytes.take());
    call.decision = entry.decision.or(call.decision.take());
    call.outcome = match (entry.ok, call.decision.as_deref()) {
        (Some(true), _) => Outcome::Done,
        (Some(false), _) if entry.interrupted => Outcome::Interrupted,
        (Some(false), _) => Outcome::Failed,
        (None, Some("deny")) => Outcome::Denied,
        (None, _) => call.outcome,
    };
}

fn fits(call: &Call, filter: &Filter) -> bool {
    let may = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
    let has_path = |part: &String| call.subject().contains(part.as_str());
    (filter.conversations.is_empty()
        || call.claude_session_id.as_ref().is_some_and(|uuid| filter.conversations.contains(uuid)))
        && may(&filter.project, &call.project)
        && filter.tool.as_ref().is_none_or(|tool| *tool == call.tool)
        && filter.verdict.is_none_or(|verdict| call.has(verdict))
        && filter.range.contains_text(&call.at)
        && (!filter.denied || call.outcome == Outcome::Denied)
        && (!filter.failed || call.outcome == Outcome::Failed)
        && may(&filter.agent_id, &call.agent_id)
        && filter.path.as_ref().is_none_or(has_path)
        && may(&filter.tool_use_id, &call.tool_use_id)
}
