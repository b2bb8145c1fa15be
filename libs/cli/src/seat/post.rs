//! Owns how a message is stored in the inbox of an agent: whether the caller may write there, and the line in the log of
//! tools. Must stay true: the log never says what was written.

use super::{Agents, id_of, interrupt, nudge, settings};
use crate::Context;
use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use audit::By;
use cs_core::state::State;
use seats::{Caller, Draft, Inbox, Seat, SeatStatus, Sent, must_reach};

/// How a message is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Whether it stops the recipient's turn.
    pub is_urgent: bool,
    /// Whether it waits for a time.
    pub is_for_later: bool,
}

/// Refuses a recipient to whom the caller cannot write.
fn check(context: &Context, agents: &Agents, to: &Seat, way: Way) -> Outcome<()> {
    if !to.status.is_open() {
        let text = format!("{} has ended", to.title());
        return Err(Failure::Advised(text, format!("cs-agent restore {} continues it", to.agent_id)));
    }
    if to.status == SeatStatus::Running && interrupt::state(context, to)? == State::Gone {
        let text = format!("{} is gone: its process ended without a word", to.title());
        return Err(Failure::Advised(text, format!("cs-agent restore {} continues it", to.agent_id)));
    }
    let is_own = agents.caller.seat().is_some_and(|own| own.agent_id == to.agent_id);
    if is_own && !way.is_for_later {
        let hint = "--after or --at sends a reminder to oneself";
        return Err(Failure::Advised(format!("{} is your own seat", to.title()), hint.into()));
    }
    must_reach(&agents.caller, project(agents), to, settings(&context.store).reach)?;
    match way.is_urgent && !is_own {
        true => agents.must_own(to, "interrupt"),
        false => Ok(()),
    }
}

/// The project of a caller without a seat.
fn project(agents: &Agents) -> Option<&str> {
    let Caller::Conversation(uuid) = &agents.caller else { return None };
    let live = agents.lives.iter().find(|live| live.claude_session_id == *uuid);
    live.and_then(|live| live.project_slug.as_deref())
}

/// Stores a message for an agent. Whether it arrives in time is [`nudge::nudge`]'s.
pub fn post(context: &Context, agents: &Agents, to: &Seat, draft: Draft, way: Way) -> Outcome<Sent> {
    check(context, agents, to, way)?;
    nudge::check(context, to, draft.mode)?;
    let inbox = Inbox::of(agents.files.home(), &id_of(to)?, agents.files.wait());
    let sent = inbox.send(draft, context.now)?;
    if sent.is_new {
        log(context, agents, sent.message.full_id(), sent.message.from.word(), to.agent_id.clone());
    }
    Ok(sent)
}

/// Logs who wrote to whom; never what.
pub fn log(context: &Context, agents: &Agents, id: String, from: String, to: String) {
    let by = match &agents.caller {
        Caller::Person => By::default(),
        Caller::Seat(seat) => By { seat: Some(&seat.agent_id), conversation: seat.claude_session_id.as_deref() },
        Caller::Conversation(uuid) => By { seat: None, conversation: Some(uuid) },
    };
    audit::note_message(&context.store, program(), by, audit::Sent { id, from, to }, context.now);
}
