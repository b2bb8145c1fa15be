//! Owns how a text reaches a Codex agent at once, which no hook of it would fetch: an idle one by its own queue, one that
//! works by starting it again in its pane, with the text as its next prompt. Must stay true: nothing is typed; the text
//! is one word of a command, and never one that Codex would run.

use super::start::{Wanted, prepare};
use super::{Agents, id_of, interrupt, pane, settings};
use crate::failure::{Failure, Outcome};
use crate::{Context, call};
use agents::Agent;
use agents::launch::{Beginning, check_prompt, queue};
use cs_core::id::Uuid;
use cs_core::state::State;
use seats::{Seat, SeatStatus};
use std::time::Duration;

/// How long Codex may take to queue a text.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether the seat's client is Codex.
pub fn is_codex(seat: &Seat) -> bool {
    seat.agent == Agent::Codex.word()
}

/// Hands a text to Codex's own queue: it comes at the end of the turn, or within about ten seconds to an idle agent.
pub fn enqueue(context: &Context, seat: &Seat, text: &str) -> Outcome<()> {
    let client = settings(&context.store).client(Agent::Codex.program());
    let words = queue(&client.command, &thread(seat)?, text);
    call::answer(&words, b"", LIMIT).map(drop).map_err(Failure::Nothing)
}

/// Ends the turn of an agent that works by starting its client again in its pane, with the text as the next prompt. One that
/// waits for an answer is left alone. Returns whether it was started.
pub fn restart(context: &Context, agents: &Agents, seat: &Seat, text: &str) -> Outcome<bool> {
    let thread = thread(seat)?;
    let prompt = Some(check_prompt(Agent::Codex, text)?.into_owned());
    let wanted = Wanted { prompt, ..Wanted::default() };
    let ready = prepare(context, agents, &settings(&context.store), Agent::Codex, wanted)?;
    let terminal = pane::checked(seat)?;
    if interrupt::state(context, seat)? == State::Waiting {
        return Ok(false);
    }
    ready.start_again(seat, terminal, Beginning::Resumed(thread))?;
    let before = (seat.pid, seat.pid_started.clone());
    agents.files.update(&id_of(seat)?, |now| {
        // Its next hook shows that it runs, unless that was faster.
        if (now.pid, now.pid_started.clone()) == before {
            now.status = SeatStatus::Starting;
            (now.pid, now.pid_started) = (None, None);
        }
        Ok(())
    })?;
    Ok(true)
}

fn thread(seat: &Seat) -> Outcome<Uuid> {
    let none = || Failure::Nothing(format!("the conversation of {} has no id yet", seat.title()));
    Ok(Uuid::parse(seat.claude_session_id.as_deref().ok_or_else(none)?)?)
}
