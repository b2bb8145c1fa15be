//! Owns running tmux for a seat. Must stay true: before a command with an effect, the pane is proved to be the seat's:
//! our socket, a process that runs, with the id and the start time that the seat names. Sessions of other servers are
//! never touched. What is told of a terminal is masked and harmless.

use crate::call;
use crate::failure::{Failure, Outcome};
use cs_core::{process, validate};
use seats::{Seat, Tmux, tmux};
use std::thread;
use std::time::{Duration, Instant};

/// How long tmux may take for one command.
const LIMIT: Duration = Duration::from_secs(10);
/// How long tmux may take to read what a program printed before its end.
const READ: Duration = Duration::from_millis(500);
/// How often is looked.
const STEP: Duration = Duration::from_millis(10);
/// How many lines of it are told.
const WORDS: u32 = 5;

/// Runs a command of [`seats::tmux`] and returns what it prints.
pub fn run(words: &[String]) -> Outcome<String> {
    call::answer(words, b"", LIMIT).map_err(Failure::Nothing)
}

/// The terminal of a seat, after a check that its pane still is the seat's.
pub fn checked(seat: &Seat) -> Outcome<&Tmux> {
    let gone = |why: &str| {
        let text = format!("the terminal of {} is gone: {why}", seat.title());
        let runs = seat.process().is_some_and(|own| process::is_alive(&own) == Some(true));
        let hint = match seat.status.is_open() && (runs || seat.awaits_client()) {
            true => format!("cs-agent kill {} ends what is left of it; then it can be restored", seat.agent_id),
            false => format!("cs-agent restore {} continues its conversation", seat.agent_id),
        };
        Failure::Advised(text, hint)
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

/// Maximum number of characters of a line that is told.
const LINE: usize = 300;

/// The last lines of a seat's terminal that are not empty, masked, for a message; nothing if it is gone.
pub fn last_lines(terminal: &Tmux, lines: u32) -> Vec<String> {
    let text = run(&tmux::capture(terminal, lines)).unwrap_or_default();
    let is_said = |line: &String| !line.trim().is_empty() && !line.starts_with("Pane is dead");
    let shown: Vec<String> = text.lines().map(said).filter(is_said).collect();
    shown.get(shown.len().saturating_sub(lines as usize)..).unwrap_or_default().to_vec()
}

fn said(line: &str) -> String {
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    validate::cut(&crate::sanitize(line.trim()), LINE)
}

/// Lets the pane of a seat close when its client ends, and closes it if that has ended.
pub fn release(seat: &Seat) {
    let Some(terminal) = &seat.tmux else { return };
    if run(&tmux::release(terminal)).is_ok_and(|answer| tmux::pane_pid(&answer).is_none()) {
        let _ = run(&tmux::kill_session(terminal));
    }
}

/// What the client of a seat printed before it ended, in one line; nothing if that is not known.
pub fn last_words(seat: &Seat) -> Option<String> {
    let terminal = seat.tmux.as_ref()?;
    // Its process is gone a moment before tmux has read all that it printed.
    let until = Instant::now() + READ;
    while run(&tmux::check(terminal)).is_ok_and(|answer| tmux::pane_pid(&answer).is_some()) && Instant::now() < until {
        thread::sleep(STEP);
    }
    Some(last_lines(terminal, WORDS).join(" / ")).filter(|words| !words.is_empty())
}
