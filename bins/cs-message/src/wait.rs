//! Owns waiting until a message was read or answered. Must stay true: time that is up is no failure of the message,
//! which stays where it is.

use crate::row;
use cli::seat::{Agents, id_of};
use cli::{Context, Failure, Outcome, note};
use seats::{Inbox, Message, Replies, Seat, State};
use std::io::IsTerminal;
use std::thread;
use std::time::{Duration, Instant};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Something proves that the recipient read it.
    Read,
    /// The recipient answered it.
    Reply,
}

/// Where it can be seen.
pub struct Watch<'a> {
    pub agents: &'a Agents,
    pub seat: &'a Seat,
    pub to: Inbox,
    /// Where a reply arrives.
    pub replies: Replies,
}

/// How often the files are looked at: at first, and later.
const STEPS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];

/// Waits, and prints what was waited for; if it does not come, the message.
pub fn wait(
    context: &mut Context,
    watch: &Watch,
    awaited: Awaited,
    sent: &Message,
    limit: Option<Duration>,
) -> Outcome<()> {
    if std::io::stderr().is_terminal() {
        let what = if awaited == Awaited::Read { "has read it" } else { "has answered" };
        note(crate::PROGRAM, &format!("{} is stored; waiting until {} {what}", sent.full_id(), watch.seat.name));
    }
    let began = Instant::now();
    let mut step = STEPS.into_iter().next().unwrap_or_default();
    loop {
        // Before the message, so that what happens in between is seen.
        let has_ended = !watch.agents.files.seat(&id_of(watch.seat)?)?.status.is_open();
        let message = watch.to.find(&sent.message_id)?;
        if let Some(found) = found(context, watch, awaited, &message)? {
            return row::print(context, &found);
        }
        let failure = match message.state {
            State::Failed => Some(failed(&message, message.reason.as_deref().unwrap_or("it failed"))),
            _ if has_ended => Some(failed(&message, "the agent has ended")),
            _ if limit.is_some_and(|limit| began.elapsed() >= limit) => Some(late(&message, awaited, limit)),
            _ => None,
        };
        if let Some(failure) = failure {
            row::print(context, &message)?;
            return Err(failure);
        }
        thread::sleep(step);
        step = (step + step / 8).min(STEPS.into_iter().last().unwrap_or_default());
    }
}

fn found(context: &Context, watch: &Watch, awaited: Awaited, message: &Message) -> Outcome<Option<Message>> {
    if awaited == Awaited::Read {
        let is_read = matches!(message.state, State::Read | State::Acked);
        return Ok(is_read.then(|| message.clone()));
    }
    Ok(watch.replies.find(message, context.now)?)
}

fn failed(message: &Message, why: &str) -> Failure {
    Failure::Nothing(format!("{} was not read: {why}", message.full_id()))
}

fn late(message: &Message, awaited: Awaited, limit: Option<Duration>) -> Failure {
    let seconds = limit.unwrap_or_default().as_secs();
    let missing = if awaited == Awaited::Reply { ", and there is no reply" } else { "" };
    Failure::Later(
        format!("time is up: {} is {} after {seconds} s{missing}", message.full_id(), message.state.as_str()),
        None,
    )
}
