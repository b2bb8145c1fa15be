//! `run`: polls until it is ended. Must stay true: what is being carried out is finished before it ends; a server that
//! cannot be reached is asked less and less often, up to every five minutes; settings that cannot be used any more are
//! read again that often; without a valid token it ends.

use crate::PROGRAM;
use crate::bot::Fault;
use crate::desk::Desk;
use crate::failed::Failed;
use crate::poll::{self, Polled};
use crate::settle;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, note};
use nanorand::{Rng, WyRand};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The first pause after a failure, and the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// The first pause after messages could not be edited.
const SETTLE: Duration = Duration::from_secs(30);

/// read and carry out what is written to the bot until this is ended, as the job does
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "run", example = "{command_name}")]
pub struct Run {}

impl Run {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let stop = Stop::listen()?;
        let mut pause = FIRST;
        let mut last = String::new();
        let mut settling = Settling::default();
        let mut has_begun = false;
        while !stop.is_set() {
            let desk = match Desk::open(context) {
                Ok(desk) => desk,
                Err(failure) if !has_begun => return Err(failure),
                Err(failure) => {
                    // A person mends the settings, and does not know that this would have to be started again.
                    told_once(&mut last, failure.message().map_or_else(String::new, |(text, _)| text));
                    stop.wait(LONGEST);
                    continue;
                }
            };
            has_begun = true;
            let began = Instant::now();
            let wait = match poll::fetch_once(&desk, settle::wait_at_most(&desk), &|is_busy| stop.set_busy(is_busy)) {
                Ok(polled) => {
                    if !last.is_empty() {
                        note(PROGRAM, "it works again");
                        last.clear();
                    }
                    pause = FIRST;
                    settling.turn(&desk);
                    rest(&polled, began.elapsed())
                }
                // Somebody polls by hand, or the job runs already: its turn comes.
                Err(Failed::Other(Failure::Later(text, _))) => {
                    told_once(&mut last, text);
                    FIRST
                }
                Err(Failed::Other(failure)) => return Err(failure),
                Err(Failed::Fault(Fault::Unauthorized)) => return Err(Fault::Unauthorized.into()),
                Err(Failed::Fault(fault)) => {
                    told_once(&mut last, fault.to_string());
                    match fault {
                        Fault::TooMany(asked) => asked,
                        _ => {
                            let wait = with_jitter(pause);
                            pause = (pause * 2).min(LONGEST);
                            wait
                        }
                    }
                }
            };
            stop.wait(wait);
        }
        Ok(())
    }
}

/// What is done between polls. If it fails, it waits longer and longer, and the polls do not.
#[derive(Default)]
struct Settling {
    last: String,
    pause: Duration,
    after: Option<Instant>,
}

impl Settling {
    fn turn(&mut self, desk: &Desk) {
        if self.after.is_some_and(|after| Instant::now() < after) {
            return;
        }
        match settle::settle(desk) {
            Ok(()) => *self = Settling::default(),
            Err(failed) => {
                let asked = match &failed {
                    Failed::Fault(Fault::TooMany(asked)) => *asked,
                    _ => Duration::ZERO,
                };
                self.pause = (self.pause * 2).clamp(SETTLE, LONGEST).max(asked);
                self.after = Some(Instant::now() + self.pause);
                let text = Failure::from(failed).message().map_or_else(String::new, |(text, _)| text);
                told_once(&mut self.last, format!("messages could not be edited: {text}"));
            }
        }
    }
}

/// Says what is wrong, unless that was said last.
fn told_once(last: &mut String, text: String) {
    if text != *last {
        note(PROGRAM, &text);
        *last = text;
    }
}

/// The pause after a poll that worked. A server that answers at once that there is nothing is not asked all the time.
fn rest(polled: &Polled, took: Duration) -> Duration {
    if *polled == Polled::default() { FIRST.saturating_sub(took) } else { Duration::ZERO }
}

/// Half of a pause and a random part of the other half, so that several programs do not ask at the same time.
fn with_jitter(pause: Duration) -> Duration {
    let half = pause / 2;
    let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_millis(WyRand::new().generate_range(0..millis))
}

/// What the program is doing, and whether it is to end.
#[derive(Clone, Copy, Debug, Default)]
struct Doing {
    is_to_end: bool,
    is_busy: bool,
}

/// Whether the program is to end, by a signal. While something is carried out it goes on to the end of that; while it waits
/// for the server it ends at once. Both facts are under one lock, so that nothing is begun after the end.
pub struct Stop {
    doing: Mutex<Doing>,
    changed: Condvar,
}

impl Stop {
    /// Listens for signals.
    fn listen() -> Outcome<Arc<Stop>> {
        let stop = Arc::new(Stop { doing: Mutex::default(), changed: Condvar::new() });
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let own = Arc::clone(&stop);
        std::thread::spawn(move || {
            for _ in signals.forever() {
                let mut doing = own.doing();
                doing.is_to_end = true;
                own.changed.notify_all();
                if !doing.is_busy {
                    std::process::exit(0);
                }
            }
        });
        Ok(stop)
    }

    fn doing(&self) -> MutexGuard<'_, Doing> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a signal came.
    pub fn is_set(&self) -> bool {
        self.doing().is_to_end
    }

    /// Says whether something is being carried out.
    pub fn set_busy(&self, is_busy: bool) {
        let mut doing = self.doing();
        doing.is_busy = is_busy;
        if !is_busy && doing.is_to_end {
            std::process::exit(0);
        }
    }

    /// Waits so long, or until a signal comes.
    fn wait(&self, time: Duration) {
        let _ = self.changed.wait_timeout_while(self.doing(), time, |doing| !doing.is_to_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_wait_is_not_asked_all_the_time() {
        let some = Polled { carried_out: 1, ..Polled::default() };
        assert_eq!(rest(&some, Duration::ZERO), Duration::ZERO);
        assert_eq!(rest(&Polled::default(), Duration::ZERO), FIRST);
        assert_eq!(rest(&Polled::default(), Duration::from_secs(50)), Duration::ZERO);
    }

    #[test]
    fn a_pause_is_at_least_half_of_what_it_may_be() {
        for _ in 0..100 {
            let pause = with_jitter(Duration::from_secs(8));
            assert!(pause >= Duration::from_secs(4) && pause < Duration::from_secs(8), "{pause:?}");
        }
        assert!(with_jitter(FIRST) >= FIRST / 2);
    }
}
