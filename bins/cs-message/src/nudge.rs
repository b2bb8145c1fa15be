//! Owns what `send` does besides storing a message, so that it arrives in time: it stops the turn of an agent that gets
//! an urgent one. Must stay true: nothing is typed; a client that waits for an answer is left alone. The message is
//! stored already, so a failure here is a note: it arrives later.

use cli::seat::interrupt::{self, Interrupted};
use cli::{Context, Failure, Outcome, note};
use cs_core::state::State;
use seats::{Inbox, Message, Mode, Seat};

/// Refuses an urgent message that could only arrive late, before it is stored.
pub fn check(context: &Context, seat: &Seat, mode: Mode) -> Outcome<()> {
    if mode != Mode::Urgent {
        return Ok(());
    }
    match interrupt::state(context, seat)? {
        State::Working | State::Waiting | State::Idle | State::Background => Ok(()),
        other => {
            let text = format!("it is not known whether {} works ({})", seat.title(), other.as_str());
            Err(Failure::Advised(text, "without --urgent the message waits for its next turn".into()))
        }
    }
}

/// Lets a stored message arrive.
pub fn nudge(context: &Context, seat: &Seat, inbox: &Inbox, message: &Message) -> Outcome<()> {
    if message.mode != Mode::Urgent {
        return Ok(());
    }
    let told = |text: String| note(crate::PROGRAM, &text);
    match interrupt::interrupt(context, seat) {
        // The waiter looks again: what it may deliver depends on what the agent is doing.
        Ok(Interrupted::Stopped | Interrupted::WasIdle) => inbox.wake(),
        Ok(Interrupted::Waits) => told(format!(
            "{} waits for an answer; it was not interrupted and gets the message after that",
            seat.title()
        )),
        Err(failure @ (Failure::ClosedPipe | Failure::Output(_))) => return Err(failure),
        Err(failure) => {
            let why = failure.message().map(|(text, _)| text).unwrap_or_default();
            told(format!("{} was not interrupted and gets the message at the end of its turn: {why}", seat.title()));
        }
    }
    Ok(())
}
