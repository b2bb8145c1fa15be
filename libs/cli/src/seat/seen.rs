//! Owns when a client counts as running: when a hook of it was seen, in the seat or in the file of a running
//! conversation whose process is the pane's, or was started by it. Must stay true: without that, nothing is claimed.

use super::{Agents, id_of, pane};
use crate::Context;
use crate::failure::{Failure, Outcome};
use cs_core::file;
use cs_core::live::Live;
use cs_core::process;
use seats::{Seat, SeatStatus, tmux};
use std::thread;
use std::time::{Duration, Instant};

/// How long the client may take to its first hook.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client is watched that no hook will report.
const SETTLES: Duration = Duration::from_secs(1);
/// How often it is looked for.
const STEP: Duration = Duration::from_millis(25);
/// How many lines of the terminal are shown if it does not come.
const LINES: u32 = 8;

/// Waits for the client of a seat, and returns the seat.
pub fn wait(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<Seat> {
    held(seat, |seat| until_seen(context, agents, seat))
}

/// The same for a client whose first hook comes with a prompt that a person is yet to write: it is only seen not to end
/// at once.
pub fn settle(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<Seat> {
    held(seat, |seat| {
        let (id, until) = (id_of(seat)?, Instant::now() + SETTLES);
        while Instant::now() < until {
            let now = agents.files.seat(&id)?;
            if has_ended(&now) {
                return Err(ended(context, agents, &now));
            }
            thread::sleep(STEP);
        }
        Ok(agents.files.seat(&id)?)
    })
}

/// The same for a client that a person is about to see: if it fails later, its pane stays until they leave it.
pub fn show(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<()> {
    let id = id_of(seat)?;
    let now = agents.files.seat(&id)?;
    if has_ended(&now) {
        return held(&now, |seat| Err(ended(context, agents, seat))).map(drop);
    }
    now.tmux.as_ref().map_or(Ok(()), |terminal| pane::run(&tmux::show_failure(terminal, &id)).map(drop))
}

/// Looks at a seat whose pane stays until then, whatever its client does.
fn held(seat: &Seat, look: impl FnOnce(&Seat) -> Outcome<Seat>) -> Outcome<Seat> {
    let looked = look(seat);
    pane::release(seat);
    looked
}

fn until_seen(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<Seat> {
    let (id, until) = (id_of(seat)?, Instant::now() + PATIENCE);
    loop {
        let now = agents.files.seat(&id)?;
        match now.status {
            SeatStatus::Starting => {}
            SeatStatus::Running => return Ok(now),
            // Its last hook was faster than we.
            SeatStatus::Ended | SeatStatus::Killed => return Err(at_once(&now)),
        }
        if let Some(live) = live(context, &now)? {
            return Ok(agents.files.update(&id, |seat| {
                take(seat, &live);
                Ok(())
            })?);
        }
        if has_ended(&now) {
            return Err(ended(context, agents, &now));
        }
        if Instant::now() >= until {
            return Err(late(&now));
        }
        thread::sleep(STEP);
    }
}

/// Whether the process in its pane is gone. It was recorded, unless it was gone before.
fn has_ended(seat: &Seat) -> bool {
    seat.pane_process().is_none_or(|pane| process::is_alive(&pane) == Some(false))
}

/// The conversation of the client in a seat.
fn live(context: &Context, seat: &Seat) -> Outcome<Option<Live>> {
    let Some(pane) = seat.pane_process() else { return Ok(None) };
    let is_its = |live: &&Live| {
        let named = seat.claude_session_id.as_deref();
        let is_expected = named.is_none_or(|uuid| uuid == live.claude_session_id);
        let agent = live.agent.as_deref().unwrap_or(cs_core::record::UNSAID_AGENT);
        is_expected && agent == seat.agent && live.process().is_some_and(|own| process::descends(own.pid, &pane))
    };
    Ok(context.store.all_live()?.iter().find(is_its).cloned())
}

fn take(seat: &mut Seat, live: &Live) {
    if seat.status != SeatStatus::Starting {
        return;
    }
    let process = live.process();
    seat.status = SeatStatus::Running;
    seat.pid = process.as_ref().map(|process| process.pid);
    seat.pid_started = process.map(|process| process.started);
    seat.begin_conversation(&live.claude_session_id);
    if live.session_id.is_some() {
        seat.session_id.clone_from(&live.session_id);
    }
}

fn ended(context: &Context, agents: &Agents, seat: &Seat) -> Failure {
    let changed = id_of(seat).and_then(|id| {
        // It contains the caller's environment, and nobody reads it any more.
        file::remove(&agents.files.home().seat_launch(&id))?;
        Ok(agents.files.end(&id, seat.claude_session_id.as_deref(), "ended at once", context.now)?)
    });
    if let Err(failure) = changed {
        return failure;
    }
    at_once(seat)
}

fn at_once(seat: &Seat) -> Failure {
    let text = format!("the client of {} ended at once", seat.title());
    match pane::last_words(seat) {
        Some(words) => Failure::Nothing(format!("{text}: {words}")),
        None => Failure::Advised(text, format!("start it by hand in {} to see why", seat.cwd)),
    }
}

fn late(seat: &Seat) -> Failure {
    let lines = seat.tmux.as_ref().map(|terminal| pane::last_lines(terminal, LINES)).unwrap_or_default();
    let shown = if lines.is_empty() { String::new() } else { format!("; it shows: {}", lines.join(" / ")) };
    let text = format!("no hook of {} was seen within {} s{shown}", seat.title(), PATIENCE.as_secs());
    Failure::Later(text, Some(format!("it goes on; cs-agent attach {} shows it", seat.agent_id)))
}
