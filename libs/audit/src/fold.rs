//! Owns how the lines of a call become one call: its attempt, what the guard did, and its result, in whatever order they
//! were written and however often. Hooks run at the same time, so a result may come before its attempt.

use crate::call::{Call, Outcome};
use crate::entry::{Entry, Kind};
use crate::key::Key;
use std::collections::HashMap;

/// The calls of some lines, in the order of their first lines.
#[derive(Debug, Default)]
pub struct Fold {
    calls: Vec<Folded>,
    places: HashMap<u64, usize>,
}

/// A call that is being put together.
#[derive(Debug)]
pub struct Folded {
    /// By what its lines are found.
    pub key: Key,
    /// What is known.
    pub call: Call,
    /// Whether its attempt, or a decision about it, was among the lines.
    pub has_begun: bool,
    /// Whether its result was; one of a command of Codex does not say how it ended.
    pub has_ended: bool,
}

impl Fold {
    /// Adds a line; those that are not about a call do nothing.
    pub fn add(&mut self, entry: Entry) {
        if !matches!(entry.kind, Kind::Attempt | Kind::Result | Kind::Decision) {
            return;
        }
        let (conversation, call) = (entry.claude_session_id.as_deref(), entry.tool_use_id.as_deref());
        let key = Key::of(conversation, call, entry.agent_id.as_deref(), entry.tool.as_deref(), entry.input.as_ref());
        let kind = entry.kind;
        // Two attempts without an id are two calls.
        let may_join = key.is_unique || kind != Kind::Attempt;
        let known = self.places.get(&key.hash).filter(|_| may_join).and_then(|at| self.calls.get_mut(*at));
        match known {
            Some(folded) => folded.merge(entry),
            None => {
                self.places.insert(key.hash, self.calls.len());
                let has_ended = kind == Kind::Result;
                self.calls.push(Folded { key, has_begun: !has_ended, has_ended, call: begin(entry) });
            }
        }
        if !key.is_unique && kind == Kind::Result {
            self.places.remove(&key.hash);
        }
    }

    /// Joins the ends of calls that were found in a later log; returns those that have no beginning here either.
    pub fn join(&mut self, ends: Vec<Folded>) -> Vec<Folded> {
        let mut without = Vec::new();
        for end in ends {
            match self.places.get(&end.key.hash).and_then(|at| self.calls.get_mut(*at)) {
                Some(folded) => {
                    folded.has_ended = true;
                    folded.complete(end.call);
                }
                None => without.push(end),
            }
        }
        without
    }

    /// The calls that began here, and the ends of others.
    pub fn split(self) -> (Vec<Folded>, Vec<Folded>) {
        self.calls.into_iter().partition(|folded| folded.has_begun)
    }
}

impl Folded {
    fn merge(&mut self, entry: Entry) {
        let is_attempt = entry.kind == Kind::Attempt;
        self.has_begun |= entry.kind != Kind::Result;
        self.has_ended |= entry.kind == Kind::Result;
        let other = begin(entry);
        if is_attempt {
            let ended = std::mem::replace(&mut self.call, other);
            self.call.seq = ended.seq;
            self.complete(ended);
        } else {
            self.complete(other);
        }
    }

    /// Adds what another line says; what is known already stays.
    fn complete(&mut self, other: Call) {
        let call = &mut self.call;
        call.ms = call.ms.or(other.ms);
        let (known, told) = (call.bytes.take().unwrap_or_default(), other.bytes.unwrap_or_default());
        let bytes = crate::Bytes { input: known.input.or(told.input), response: told.response.or(known.response) };
        call.bytes = Some(bytes).filter(|bytes| *bytes != crate::Bytes::default());
        call.decision = call.decision.take().or(other.decision);
        call.agent_seat = call.agent_seat.take().or(other.agent_seat);
        call.agent_type = call.agent_type.take().or(other.agent_type);
        call.project = call.project.take().or(other.project);
        call.target = call.target.take().or(other.target);
        for said in other.verdicts {
            if !call.verdicts.contains(&said) {
                call.verdicts.push(said);
            }
        }
        if call.tool.is_empty() {
            call.tool = other.tool;
        }
        if call.input == crate::Input::default() {
            call.input = other.input;
        }
        let is_better = matches!(call.outcome, Outcome::Unknown | Outcome::Denied) && other.outcome != Outcome::Unknown;
        if is_better {
            call.outcome = other.outcome;
        }
    }
}

/// The call as one line tells it.
pub fn begin(entry: Entry) -> Call {
    let outcome = match (entry.ok, entry.decision.as_deref()) {
        (Some(true), _) => Outcome::Done,
        (Some(false), _) if entry.interrupted => Outcome::Interrupted,
        (Some(false), _) => Outcome::Failed,
        (None, Some("deny")) => Outcome::Denied,
        (None, _) => Outcome::Unknown,
    };
    Call {
        at: entry.at,
        tool_use_id: entry.tool_use_id,
        claude_session_id: entry.claude_session_id,
        agent: entry.agent,
        agent_seat: entry.agent_seat,
        agent_id: entry.agent_id,
        agent_type: entry.agent_type,
        tool: entry.tool.unwrap_or_default(),
        input: entry.input.unwrap_or_default(),
        target: entry.target,
        verdicts: entry.verdicts,
        decision: entry.decision,
        outcome,
        ms: entry.ms,
        bytes: entry.bytes,
        cwd: entry.cwd,
        project: entry.project,
        seq: entry.seq,
    }
}
