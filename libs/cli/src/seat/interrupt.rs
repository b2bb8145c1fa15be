//! Owns how the turn of a seat's agent is stopped: a single Esc, the only key that is ever sent to a client. Must stay
//! true: Esc goes only to a client that works. In a dialog it would answer no, and in an idle client a second one would
//! open a menu; so a client that waits is refused, and an idle one gets nothing.

use crate::Context;
use crate::failure::{Failure, Outcome};
use crate::seat::pane;
use cs_core::clock;
use cs_core::state::State;
use cs_core::states::States;
use seats::{Seat, sight, tmux};
use std::thread;
use std::time::{Duration, Instant};

/// How long the client may take until it says that the turn has ended.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is asked.
const STEP: Duration = Duration::from_millis(50);

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The turn was stopped.
    Stopped,
    /// There was no turn; nothing was sent.
    WasIdle,
    /// The client waits for an answer; nothing was sent.
    Waits,
}

/// Stops the turn of the agent in a seat. A failure if it is not known whether it works, or whether it stopped.
pub fn interrupt(context: &Context, seat: &Seat) -> Outcome<Interrupted> {
    match state(context, seat)? {
        State::Idle | State::Background => return Ok(Interrupted::WasIdle),
        State::Waiting => return Ok(Interrupted::Waits),
        State::Working => {}
        other => {
            let text =
                format!("it is not known whether {} works ({}), so nothing was sent", seat.title(), other.as_str());
            return Err(Failure::Advised(text, format!("cs-agent attach {} shows it", seat.agent_id)));
        }
    }
    let terminal = pane::checked(seat)?;
    // A question may have been asked meanwhile.
    match state(context, seat)? {
        State::Working => {}
        State::Waiting => return Ok(Interrupted::Waits),
        _ => return Ok(Interrupted::WasIdle),
    }
    pane::run(&tmux::escape(terminal))?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if matches!(state(context, seat)?, State::Idle | State::Background) {
            return Ok(Interrupted::Stopped);
        }
        thread::sleep(STEP);
    }
    Err(Failure::Nothing(format!("Esc was sent to {}, but the end of its turn is not confirmed", seat.title())))
}

/// What the conversation in the seat is doing now.
pub fn state(context: &Context, seat: &Seat) -> Outcome<State> {
    let lives = context.store.all_live()?;
    let now = clock::now();
    let states = States::of_lives(&context.store, &lives, context.store.config().stale_after(), now);
    let live = sight::conversation(seat, &lives);
    Ok(live.map_or(State::Unknown, |live| states.of_live(live).state))
}
