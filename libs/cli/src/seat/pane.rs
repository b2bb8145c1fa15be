//! Owns running tmux for a seat. Must stay true: before a command with an effect, the pane is proved to be the seat's:
//! our socket, a process that runs, with the id and the start time that the seat names. Sessions of other servers are
//! never touched.

use crate::call;
use crate::failure::{Failure, Outcome};
use cs_core::process;
use seats::{Seat, Tmux, tmux};
use std::time::Duration;

/// How long tmux may take for one command.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs a command of [`seats::tmux`] and returns what it prints.
pub fn run(words: &[String]) -> Outcome<String> {
    call::answer(words, b"", LIMIT).map_err(Failure::Nothing)
}

/// The terminal of a seat, after a check that its pane still is the seat's.
pub fn checked(seat: &Seat) -> Outcome<&Tmux> {
    let gone = |why: &str| {
        let text = format!("the terminal of {} is gone: {why}", seat.title());
        Failure::Advised(text, format!("cs-agent restore {} continues its conversation", seat.agent_id))
    };
    let terminal = seat.tmux.as_ref().ok_or_else(|| gone("it was never started"))?;
    let recorded =
        seat.pane_process().or_else(|| seat.replaced_process()).ok_or_else(|| gone("its process was not recorded"))?;
    let answer = run(&tmux::check(terminal)).map_err(|_| gone("tmux has no such pane"))?;
    match tmux::pane_pid(&answer) {
        None => Err(gone("its program has ended")),
        Some(pid) if pid != recorded.pid => Err(gone("another program runs there")),
        Some(_) if process::is_alive(&recorded) != Some(true) => Err(gone("its program has ended")),
        Some(_) => Ok(terminal),
    }
}

/// The last lines of a seat's terminal that are not empty; nothing if it is gone.
pub fn last_lines(terminal: &Tmux, lines: usize) -> Vec<String> {
    let text = run(&tmux::capture(terminal, 0)).unwrap_or_default();
    let shown: Vec<String> = text.lines().map(crate::sanitize).filter(|line| !line.trim().is_empty()).collect();
    shown.get(shown.len().saturating_sub(lines)..).unwrap_or_default().to_vec()
}
