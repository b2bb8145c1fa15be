//! Owns limiting how fast tokens can be guessed. Pure.
//!
//! After ten wrong tokens within ten minutes, from any address, each further token is checked with a delay of two
//! seconds. The client learns nothing before that, so disconnecting early gains nothing. Nobody is locked out: a correct
//! token is only delayed, and not even that from an address whose last token was correct.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const MANY: usize = 10;
const MEMORY: Duration = Duration::from_secs(10 * 60);
const WAIT: Duration = Duration::from_secs(2);
/// Maximum number of addresses whose correct tokens are remembered.
const KNOWN: usize = 32;

/// Recent wrong tokens.
#[derive(Debug, Default)]
pub struct Guesses {
    /// The times of the last wrong tokens, oldest first.
    wrong: VecDeque<Instant>,
    /// Addresses whose last token was correct, oldest first.
    known: VecDeque<IpAddr>,
}

impl Guesses {
    /// How long a token from this address has to wait; `None` if it is checked now.
    pub fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let is_many = self.wrong.len() >= MANY;
        let is_recent = self.wrong.front().is_some_and(|at| now.saturating_duration_since(*at) < MEMORY);
        (is_many && is_recent && !self.known.contains(&from)).then_some(WAIT)
    }

    /// Records a wrong token.
    pub fn record_wrong(&mut self, from: IpAddr, now: Instant) {
        self.known.retain(|known| *known != from);
        self.wrong.push_back(now);
        while self.wrong.len() > MANY {
            self.wrong.pop_front();
        }
    }

    /// Records a correct token.
    pub fn record_correct(&mut self, from: IpAddr) {
        if self.known.back() == Some(&from) {
            return;
        }
        self.known.retain(|known| *known != from);
        self.known.push_back(from);
        while self.known.len() > KNOWN {
            self.known.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_tokens_slow_the_next_but_lock_nobody_out() {
        let (now, mut guesses) = (Instant::now(), Guesses::default());
        let [owner, attacker, new] = [1, 2, 3].map(|last| IpAddr::from([10, 0, 0, last]));
        guesses.record_correct(owner);
        for _ in 0..MANY {
            assert_eq!(guesses.wait(attacker, now), None);
            guesses.record_wrong(attacker, now);
        }
        assert_eq!([owner, attacker, new].map(|from| guesses.wait(from, now)), [None, Some(WAIT), Some(WAIT)]);
        guesses.record_correct(new);
        assert_eq!(guesses.wait(new, now), None, "late once");
        guesses.record_wrong(new, now);
        assert_eq!(guesses.wait(new, now), Some(WAIT), "one right token buys no guesses");
        assert_eq!(guesses.wait(attacker, now + MEMORY), None, "it is forgotten in the end");
        (0..=255).for_each(|last| guesses.record_correct(IpAddr::from([10, 9, 9, last])));
        assert!(guesses.known.len() <= KNOWN && guesses.wrong.len() <= MANY);
    }
}
