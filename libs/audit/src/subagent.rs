//! Owns which subagents a conversation had, and what each was called for: from the log, else from the transcript.

use crate::call::Subagent;
use crate::day::{Day, Wanted};
use crate::ends::Ends;
use crate::entry::{Entry, Kind};
use crate::index;
use crate::log::files;
use crate::meta;
use crate::told::{Told, ToldCall};
use crate::transcript::{self, Transcripts};
use agents::Agent;
use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::range::Range;
use cs_core::states::Turn;
use cs_core::store::Store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The subagents of a conversation that began in this time, oldest first. One of which only the end is known counts by
/// that.
pub fn subagents(store: &Store, conversation: &Uuid, range: &Range, now: Instant) -> Result<Vec<Subagent>> {
    let mut found = all(store, conversation, range)?;
    found.retain(|one| one.began.as_deref().or(one.ended.as_deref()).is_none_or(|at| range.contains_text(at)));
    let is_open = found.iter().any(|one| one.ended.is_none());
    if let Some(turn) = is_open.then(|| Ends::new(store, now).turn_of(conversation.as_str())).flatten() {
        found.iter_mut().for_each(|subagent| subagent.is_running = is_running(subagent, &turn));
    }
    Ok(found)
}

/// The same, and perhaps others.
fn all(store: &Store, conversation: &Uuid, range: &Range) -> Result<Vec<Subagent>> {
    let mut found: Vec<Subagent> = Vec::new();
    let mut agent = None;
    let narrow = index::narrow16(Some(conversation.as_str()));
    let files = files(&store.home)?;
    for (n, path) in files.iter().enumerate().filter(|(_, path)| may_tell(path, range)) {
        let Some(day) = Day::open(path, n + 1 < files.len())? else { continue };
        let wanted = Wanted { may_fit: &|line| line.may_be_of_subagent(narrow), text: None };
        day.some(&wanted, &mut |entry| {
            if entry.claude_session_id.as_deref() == Some(conversation.as_str()) {
                agent = agent.take().or(entry.agent.clone());
                add(&mut found, entry);
            }
        })?;
    }
    let agent = agent.or_else(|| store.live(conversation).ok().flatten()?.agent);
    let agent = agent.as_deref().and_then(Agent::of_word).unwrap_or(Agent::Claude);
    let transcripts = Transcripts::of(store);
    if found.is_empty() {
        if let Some(told) = transcripts.whole(conversation.as_str(), agent) {
            found = of_transcripts(&told);
        }
    } else if let Some(told) = transcripts.conversation(conversation.as_str(), agent) {
        let (starts, beside) = (told.starts(), transcripts_beside(&told));
        for subagent in &mut found {
            let (start, path) = (starts.get(subagent.agent_id.as_str()), beside.get(&subagent.agent_id));
            complete(subagent, start.copied(), path);
        }
    }
    Ok(found)
}

/// Whether the log of a day may tell of a subagent that began in the range, or that it began before: the days of the
/// range, with one more at each end.
fn may_tell(day: &Path, range: &Range) -> bool {
    const DAY: i64 = 24 * 60;
    let begin = Day::first_minute(day);
    let minute = |at: Instant| at.timestamp().div_euclid(60);
    range.since.is_none_or(|since| begin + 2 * DAY > minute(since))
        && range.until.is_none_or(|until| begin - DAY <= minute(until))
}

/// Whether it may be at work: it began in the turn that goes on, or only subagents are at work.
fn is_running(subagent: &Subagent, turn: &Turn) -> bool {
    let began = subagent.began.as_deref().and_then(clock::parse);
    let is_of_turn = turn.since.is_none_or(|since| began.is_some_and(|began| began >= since));
    subagent.ended.is_none() && (turn.is_background || is_of_turn)
}

fn add(found: &mut Vec<Subagent>, entry: Entry) {
    let Some(id) = entry.agent_id else { return };
    let at = found.iter().position(|subagent| subagent.agent_id == id).unwrap_or_else(|| {
        found.push(Subagent { agent_id: id, ..Subagent::default() });
        found.len() - 1
    });
    let Some(subagent) = found.get_mut(at) else { return };
    subagent.agent_type = entry.agent_type.or(subagent.agent_type.take());
    match entry.kind {
        Kind::SubagentStart => {
            subagent.began = Some(entry.at);
            // It was woken up again.
            subagent.ended = None;
        }
        Kind::SubagentStop => subagent.ended = Some(entry.at),
        Kind::Attempt => {
            subagent.calls += 1;
            subagent.began = subagent.began.take().or(Some(entry.at));
        }
        _ => {}
    }
}

/// The transcripts of subagents beside that of their conversation.
fn transcripts_beside(told: &Told) -> HashMap<String, PathBuf> {
    told.path.as_deref().map(transcript::subagents).unwrap_or_default().into_iter().collect()
}

/// Adds what only transcripts say: the call that started it, and the file beside its own transcript.
fn complete(subagent: &mut Subagent, start: Option<&ToldCall>, path: Option<&PathBuf>) {
    let meta = path.and_then(|path| meta::described(path));
    let (purpose, agent_type) = meta.unwrap_or_default();
    subagent.purpose = purpose.or_else(|| start.and_then(|call| call.purpose.clone()));
    let named = agent_type.or_else(|| start.and_then(|call| call.agent_type.clone()));
    subagent.agent_type = subagent.agent_type.take().or(named);
}

fn of_transcripts(told: &Told) -> Vec<Subagent> {
    let mut ids: Vec<&String> = told.agents_read.iter().collect();
    ids.sort_unstable();
    let (calls, starts, beside) = (told.calls_by_agent(), told.starts(), transcripts_beside(told));
    let stamp = |at: Option<i64>| at.and_then(clock::from_millis).map(clock::stamp);
    let mut found: Vec<Subagent> = ids
        .into_iter()
        .map(|id| {
            let calls = calls.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
            let start = starts.get(id.as_str()).copied();
            let began = start.and_then(|call| call.at).or_else(|| calls.iter().filter_map(|call| call.at).min());
            let ended = start.filter(|call| call.tool != "spawn_agent").and_then(|call| call.ended_at());
            let last = calls.iter().filter_map(|call| call.ended_at()).max();
            let mut subagent = Subagent {
                agent_id: id.clone(),
                began: stamp(began),
                // One in the background goes on after its call.
                ended: stamp(ended.filter(|ended| last.is_none_or(|last| last <= *ended))),
                calls: calls.len() as u64,
                ..Subagent::default()
            };
            complete(&mut subagent, start, beside.get(id));
            subagent
        })
        .collect();
    found.sort_by(|a, b| a.began.cmp(&b.began));
    found
}
