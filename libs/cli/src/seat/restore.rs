//! Owns continuing the conversation of a seat that ended, or beginning a new one if nothing was said in it. Must stay true:
//! not while the conversation runs, in the seat or elsewhere, for two clients would write one log; what the seat had
//! claimed before is not claimed again.

use super::start::{self, Ready, Wanted};
use super::{Agents, found, id_of, naming, pane, seen};
use crate::Context;
use crate::deferred::program;
use crate::failure::{Failure, Outcome};
use crate::messages::note;
use agents::Agent;
use agents::launch::Beginning;
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::reach::Reach;
use cs_core::states::States;
use cs_core::store::Opening;
use cs_core::who;
use cs_core::{lock, process};
use seats::{Leases, Seat, SeatStatus, tmux};

/// Starts the client of a seat again, waits for it, and returns the seat.
pub fn restore(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<Seat> {
    refuse_running(seat)?;
    let agent = found::agent_of(seat)?;
    let uuid = found::known_conversation(seat).filter(|uuid| found::has_messages(context, agent, uuid));
    let _opening = uuid.as_ref().map(|uuid| reserve(context, seat, uuid)).transpose()?;
    let settings = super::settings(&context.store);
    let ready = start::prepare(context, agents, &settings, agent, Wanted::of(seat))?;
    let opened = open(context, agents, seat, uuid.is_none().then_some(agent))?;
    if let Some(terminal) = &seat.tmux {
        // What it started may have outlived it there.
        let _ = pane::run(&tmux::kill_session(terminal));
    }
    let started = begin(context, agents, &ready, &opened, uuid)?;
    // A hook of Codex comes with the next prompt only.
    if agent == Agent::Claude { seen::wait(context, agents, &started) } else { seen::settle(context, agents, &started) }
}

/// Starts the client with this conversation, or with a new one.
fn begin(context: &Context, agents: &Agents, ready: &Ready, opened: &Seat, uuid: Option<Uuid>) -> Outcome<Seat> {
    let beginning = match uuid {
        Some(uuid) => Beginning::Resumed(uuid),
        None => Beginning::New(found::known_conversation(opened).unwrap_or_else(Uuid::random)),
    };
    let id = id_of(opened)?;
    ready.start(opened, beginning).inspect_err(|failure| start::give_up(context, agents, &id, failure))
}

/// Refuses a seat of which a process lives, or may live.
fn refuse_running(seat: &Seat) -> Outcome<()> {
    let own = [seat.process(), seat.pane_process()];
    let id = &seat.agent_id;
    if seat.awaits_client() {
        let text = format!("{} is being started", seat.title());
        return Err(Failure::Advised(text, format!("if it is not, cs-agent kill {id} ends its seat")));
    }
    if !own.iter().flatten().any(process::may_run) {
        return Ok(());
    }
    let hint = match pane::checked(seat) {
        Ok(_) => format!("cs-agent attach {id} shows it"),
        Err(_) => format!("its terminal is gone; cs-agent kill {id} ends it"),
    };
    Err(Failure::Advised(format!("{} runs", seat.title()), hint))
}

/// Refuses a conversation that runs, or may run, outside its seat, and reserves it: no other command opens it meanwhile.
fn reserve(context: &Context, seat: &Seat, uuid: &Uuid) -> Outcome<Opening> {
    let opening = context.store.begin_opening(uuid)?;
    let refused = |why: &str| format!("the conversation of {} {why}", seat.title());
    if matches!(opening, Opening::Theirs) {
        return Err(Failure::Nothing(refused("is being opened in another terminal")));
    }
    let states = States::read(&context.store, context.config().stale_after(), context.now)?;
    let Some(live) = states.lives().iter().find(|live| live.claude_session_id == uuid.as_str()) else {
        return Ok(opening);
    };
    let known = live.session_id.as_deref().or(seat.session_id.as_deref()).map(str::to_string);
    let session = &*known.unwrap_or_else(|| who::word_of(uuid.as_str()));
    match states.reach(session, Some(uuid.as_str()), states.of_live(live).state) {
        Reach::Open => Ok(opening),
        Reach::Jump => {
            let text = refused("runs outside its seat");
            Err(Failure::Advised(text, format!("cs-session jump {session} shows it")))
        }
        Reach::Unknown => Err(Failure::Nothing(refused("may still run outside its seat"))),
    }
}

/// Makes the seat one whose client is being started. `fresh` is its client if a new conversation begins.
fn open(context: &Context, agents: &Agents, found: &Seat, fresh: Option<Agent>) -> Outcome<Seat> {
    let id = id_of(found)?;
    let _lock = lock::acquire(&context.store.home.spawn_lock(), context.store.wait)?;
    naming::refuse_used(context, agents, &agents.files.all()?.0, &found.name, &found.agent_id)?;
    Leases::drop_of(&context.store, &id, context.now)?;
    let opened = agents.files.update(&id, |seat| {
        reopen(seat)?;
        if let Some(agent) = fresh {
            (seat.claude_session_id, seat.session_id) = (None, None);
            // Codex chooses the id of its conversation itself.
            if agent == Agent::Claude {
                seat.begin_conversation(Uuid::random().as_str());
            }
        }
        Ok(())
    })?;
    if fresh.is_some() {
        note(program(), &format!("{} had said nothing in its conversation, so a new one begins", found.title()));
    }
    Ok(opened)
}

/// Its lock is held: of two calls at once, one finds it open.
fn reopen(seat: &mut Seat) -> Result<()> {
    if seat.awaits_client() || [seat.process(), seat.pane_process()].iter().flatten().any(process::may_run) {
        return Err(Error::Refused(format!("{} is being started already", seat.title())));
    }
    seat.status = SeatStatus::Starting;
    seat.tmux = None;
    (seat.pid, seat.pid_started) = (None, None);
    (seat.ended_at, seat.ended_by) = (None, None);
    Ok(())
}
