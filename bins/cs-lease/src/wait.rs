//! Owns waiting for a claim that others hold. Must stay true: whoever waits holds no lock, and does not delay the owner.

use crate::asker::Asker;
use crate::log::log;
use crate::{shown, tell};
use cli::{Context, Failure, Outcome};
use cs_core::clock;
use seats::{Answer, Lease, Leases, Request};
use std::time::{Duration, Instant};

/// The first and the longest pause between two attempts.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(200)];

/// Asks until the claim is granted, or the time is up; without `wait` once.
pub fn acquire(
    context: &mut Context,
    asker: &Asker,
    leases: &Leases,
    request: &Request,
    wait: Option<Duration>,
) -> Outcome<Lease> {
    let deadline = Instant::now() + wait.unwrap_or_default();
    let [mut pause, longest] = PAUSES;
    loop {
        context.now = clock::now();
        let obstacles = match leases.acquire(request, context.now)? {
            Answer::Granted(lease, lost) => {
                lost.iter().for_each(|lost| log(context, asker, leases, "lost", lost, context.now));
                log(context, asker, leases, "acquired", &lease, context.now);
                tell::losers(context, asker, &lease, &lost);
                return Ok(*lease);
            }
            Answer::Taken(obstacles) => obstacles,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let text = shown::taken(asker, &obstacles, context.now);
            return Err(match wait {
                Some(wait) => Failure::Later(format!("after {} s, {text}", wait.as_secs()), None),
                None => Failure::Nothing(text),
            });
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(longest);
    }
}
