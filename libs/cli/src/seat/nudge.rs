//! Owns what a sender does besides storing a message, so that it arrives in time. A client with a waiter needs nothing,
//! except that an urgent message stops its turn; one without (Codex) gets messages by its own queue while it is idle, and
//! urgent ones by a new client in its pane while it works. Must stay true: nothing is typed; a client that waits for an
//! answer is left alone. The message is stored already, so a failure here is a note: it arrives later.

use super::interrupt::{self, Interrupted};
use super::start::{self, Wanted};
use super::{Agents, id_of, pane, seen, settings};
use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use crate::{Context, call};
use agents::Agent;
use agents::launch::Beginning;
use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::state::State;
use seats::State as Progress;
use seats::{Channel, Inbox, Message, Mode, Seat, Want};
use std::thread;
use std::time::{Duration, Instant};

/// How long the queue of a client may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How long, and how often, it is looked whether a process waits for messages and has noticed this one.
const LOOKS: Duration = Duration::from_millis(500);
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LOOK: Duration = Duration::from_millis(100);

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
pub fn nudge(context: &Context, agents: &Agents, seat: &Seat, inbox: &Inbox, message: &Message) -> Outcome<()> {
    let agent = Agent::of_word(&seat.agent);
    let nudged = match (agent, message.mode) {
        _ if seats::are_off() => Ok(()),
        (Some(Agent::Codex), mode) => hand_over(context, agents, seat, inbox, mode),
        (_, Mode::Urgent) => stop(context, seat, inbox).and_then(|()| tell_alone(context, seat, inbox, message)),
        _ => tell_alone(context, seat, inbox, message),
    };
    nudged.or_else(|failure| match failure {
        Failure::ClosedPipe | Failure::Output(_) => Err(failure),
        failure => {
            let why = failure.message().map(|(text, _)| text).unwrap_or_default();
            note(
                program(),
                &format!("{} gets the message later, at the end of its turn or a prompt: {why}", seat.title()),
            );
            Ok(())
        }
    })
}

fn stop(context: &Context, seat: &Seat, inbox: &Inbox) -> Outcome<()> {
    match interrupt::interrupt(context, seat)? {
        Interrupted::Waits => tell_waiting(seat),
        // The waiter looks again: what it may deliver depends on what the agent is doing.
        Interrupted::Stopped | Interrupted::WasIdle => inbox.wake(),
    }
    Ok(())
}

fn tell_waiting(seat: &Seat) {
    let text = "waits for an answer; it was not interrupted and gets the message after that";
    note(program(), &format!("{} {text}", seat.title()));
}

/// Says so if nothing wakes the client: the process that waits for messages was killed or stopped, or the client was.
fn tell_alone(context: &Context, seat: &Seat, inbox: &Inbox, message: &Message) -> Outcome<()> {
    let is_queued = || inbox.find(&message.message_id).is_ok_and(|now| now.state == Progress::Queued);
    let (mut step, until) = (FIRST_LOOK, Instant::now() + LOOKS);
    loop {
        let has_waiter = inbox.has_waiter();
        if has_waiter && inbox.is_heard() || !is_queued() {
            break;
        }
        match interrupt::state(context, seat)? {
            State::Idle if Instant::now() < until => {}
            State::Idle => return tell_late(seat, if has_waiter { NOT_HEARD } else { NO_WAITER }),
            _ => break,
        }
        // At the end of a turn, the next process begins to wait.
        thread::sleep(step);
        step = (step * 2).min(LOOK);
    }
    if is_queued() && interrupt::state(context, seat)? == State::Suspended {
        return tell_late(seat, SUSPENDED);
    }
    Ok(())
}

const NO_WAITER: &str = "is idle, and nothing waits there for messages: it gets this one with its next prompt";
const NOT_HEARD: &str = "is idle, and the process that waits there for messages does not react: it gets this one when that \
    goes on, or with its next prompt";
const SUSPENDED: &str = "is stopped (Ctrl-Z): it gets the message after it goes on";

fn tell_late(seat: &Seat, text: &str) -> Outcome<()> {
    note(program(), &format!("{} {text}", seat.title()));
    Ok(())
}

/// Hands messages to a client that has no waiter.
fn hand_over(context: &Context, agents: &Agents, seat: &Seat, inbox: &Inbox, mode: Mode) -> Outcome<()> {
    let Some(conversation) = seat.claude_session_id.as_deref() else { return Ok(()) };
    match (interrupt::state(context, seat)?, mode) {
        (State::Idle | State::Background, _) => queue(context, seat, inbox, conversation),
        (State::Working, Mode::Urgent) => respawn(context, agents, seat, inbox, conversation),
        (State::Waiting, Mode::Urgent) => {
            tell_waiting(seat);
            Ok(())
        }
        (State::Suspended, _) => tell_late(seat, "is stopped (Ctrl-Z): it gets the message at its next turn"),
        _ => Ok(()),
    }
}

/// Gives what waits to the client's own queue.
fn queue(context: &Context, seat: &Seat, inbox: &Inbox, conversation: &str) -> Outcome<()> {
    // One after the other: the order in the client's queue is that of the calls.
    let _lock = inbox.hand_over_lock()?;
    let client = settings(&context.store).client(Agent::Codex.program());
    loop {
        let taken = inbox.take(Want::Any, Channel::Queue, conversation, None, clock::now())?;
        let words = agents::queue::words(Agent::Codex, &client.command, conversation, &seats::frame(&taken));
        let Some(words) = words.filter(|_| !taken.is_empty()) else { return Ok(()) };
        call::answer(&words, b"", LIMIT).or_else(|why| {
            inbox.give_back(&taken)?;
            Err(Failure::Nothing(format!("it cannot be queued for {}: {why}", seat.title())))
        })?;
    }
}

/// Continues the conversation in a new client, which begins with what waits.
fn respawn(context: &Context, agents: &Agents, seat: &Seat, inbox: &Inbox, conversation: &str) -> Outcome<()> {
    let _lock = inbox.hand_over_lock()?;
    let (id, uuid) = (id_of(seat)?, Uuid::parse(conversation)?);
    let _replacing = agents.files.replacing(&id, context.store.wait)?;
    let terminal = pane::checked(seat)?;
    let taken = inbox.take(Want::Any, Channel::Respawn, conversation, None, clock::now())?;
    if taken.is_empty() {
        return Ok(());
    }
    let wanted = Wanted { prompt: Some(seats::frame(&taken)), ..Wanted::of(seat) };
    let started = start::prepare(context, agents, &settings(&context.store), Agent::Codex, wanted).and_then(|ready| {
        let opened = agents.files.update(&id, |seat| {
            seat.await_client();
            Ok(())
        })?;
        ready.start_again(&opened, terminal, Beginning::Resumed(uuid)).inspect_err(|_| {
            let _ = agents.files.update(&id, |now| {
                if *now == opened {
                    now.clone_from(seat);
                }
                Ok(())
            });
        })
    });
    let started = started.or_else(|failure| inbox.give_back(&taken).map_err(Failure::from).and(Err(failure)))?;
    seen::wait(context, agents, &started).map(drop)
}
