//! Owns how the client of a seat is ended. Must stay true: only processes that the seat names, by id and start time, get
//! a signal; a seat is `killed` only if its processes are gone.

use super::{Agents, id_of, pane};
use crate::Context;
use crate::failure::{Failure, Outcome};
use cs_core::clock::stamp;
use cs_core::file;
use cs_core::process::{self, Condition, Process};
use seats::{Seat, SeatStatus, tmux};
use std::thread;
use std::time::{Duration, Instant};

/// How long a client may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the system may take to remove a process that got SIGKILL.
const REMOVAL: Duration = Duration::from_secs(2);
/// How often is looked.
const STEP: Duration = Duration::from_millis(20);

/// The seats below another one, the nearest first.
pub fn below<'a>(agents: &'a Agents, top: &Seat) -> Vec<&'a Seat> {
    let mut found: Vec<&Seat> = Vec::new();
    let mut above = vec![top.agent_id.clone()];
    while let Some(id) = above.pop() {
        for seat in agents.seats.iter().filter(|seat| seat.is_child_of(&id)) {
            if !found.iter().any(|known| known.agent_id == seat.agent_id) && seat.agent_id != top.agent_id {
                found.push(seat);
                above.insert(0, seat.agent_id.clone());
            }
        }
    }
    found
}

/// Whether neither the seat is open nor a process of it runs.
pub fn is_over(seat: &Seat) -> bool {
    !seat.status.is_open() && living(seat).is_empty()
}

/// The processes of a seat that run.
fn living(seat: &Seat) -> Vec<Process> {
    let own = [seat.process(), seat.pane_process()].into_iter().flatten();
    let mut all: Vec<Process> = own.filter(|process| process::is_alive(process) == Some(true)).collect();
    all.dedup_by(|a, b| a.is(b));
    all
}

/// Ends the client of a seat, and returns the seat.
pub fn end(context: &Context, agents: &Agents, seat: &Seat) -> Outcome<Seat> {
    let elsewhere = |process: Process| seat.condition(&process) == Condition::Elsewhere;
    if seat.pane_process().or(seat.process()).is_some_and(elsewhere) {
        return Err(Failure::Nothing(format!("{} runs on another machine or in a container", seat.title())));
    }
    let (id, by) = (id_of(seat)?, agents.caller.word());
    agents.files.kills(&id, Some(&by))?;
    living(seat).iter().for_each(|process| signal(process, libc::SIGTERM));
    if !are_gone(seat, PATIENCE) {
        living(seat).iter().for_each(|process| signal(process, libc::SIGKILL));
        if !are_gone(seat, REMOVAL) {
            agents.files.kills(&id, None)?;
            return Err(Failure::Later(format!("{} got SIGKILL, and still runs", seat.title()), None));
        }
    }
    if let Some(terminal) = &seat.tmux {
        // It ended with its only program, unless that started others.
        let _ = pane::run(&tmux::kill_session(terminal));
    }
    file::remove(&context.store.home.seat_launch(&id))?;
    // Its parent and the senders of waiting messages are told here, unless a hook of its client did so.
    let told = agents.files.end(&id, seat.claude_session_id.as_deref(), "ended", context.now);
    let killed = agents.files.update(&id, |seat| {
        seat.status = SeatStatus::Killed;
        seat.ended_at = Some(stamp(context.now));
        seat.ended_by = Some(by);
        Ok(())
    })?;
    told?;
    Ok(killed)
}

fn are_gone(seat: &Seat, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while !living(seat).is_empty() {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(STEP);
    }
    true
}

#[allow(unsafe_code, reason = "kill(2)")]
fn signal(process: &Process, signal: libc::c_int) {
    let Ok(pid) = libc::pid_t::try_from(process.pid) else { return };
    // SAFETY: kill only takes numbers; a process that has ended is not an error for us.
    unsafe { libc::kill(pid, signal) };
}
