//! Owns how fast tokens may be guessed. Pure.
//!
//! After ten wrong tokens within ten minutes, from any address, each further token is checked two seconds late. The
//! client learns nothing before that, so disconnecting early gains nothing. Nobody is locked out: a right token is
//! late at most, and it is not late from an address whose last token was right. A wrong token ends that.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const MANY: usize = 10;
const MEMORY: Duration = Duration::from_secs(10 * 60);
const WAIT: Duration = Duration::from_secs(2);
/// How many addresses are known whose last token was right.
const KNOWN: usize = 32;

/// Recent wrong tokens.
#[derive(Debug, Default)]
pub struct Guesses {
    /// When the last wrong ones came, oldest first.
    wrong: VecDeque<Instant>,
    /// Addresses whose last token was right, oldest first.
    known: VecDeque<IpAddr>,
}

impl Guesses {
    /// How long a token from this address has to wait; none if it is looked at now.
    pub fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let is_many = self.wrong.len() >= MANY;
        let is_recent = self.wrong.front().is_some_and(|at| now.saturating_duration_since(*at) < MEMORY);
        (is_many && is_recent && !self.known.contains(&from)).then_some(WAIT)
    }

    /// A token was wrong.
    pub fn wrong(&mut self, from: IpAddr, now: Instant) {
        self.known.retain(|known| *known != from);
        self.wrong.push_back(now);
        while self.wrong.len() > MANY {
            self.wrong.pop_front();
        }
    }

    /// A token was right.
    pub fn right(&mut self, from: IpAddr) {
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
    fn ten_wrong_ones_slow_the_next_and_lock_nobody_out() {
        let (now, mut guesses) = (Instant::now(), Guesses::default());
        let [owner, attacker, new] = [1, 2, 3].map(|last| IpAddr::from([10, 0, 0, last]));
        guesses.right(owner);
        for _ in 0..MANY {
            assert_eq!(guesses.wait(attacker, now), None);
            guesses.wrong(attacker, now);
        }
        assert_eq!([owner, attacker, new].map(|from| guesses.wait(from, now)), [None, Some(WAIT), Some(WAIT)]);
        guesses.right(new);
        assert_eq!(guesses.wait(new, now), None, "late once");
        guesses.wrong(new, now);
        assert_eq!(guesses.wait(new, now), Some(WAIT), "one right token buys no guesses");
        assert_eq!(guesses.wait(attacker, now + MEMORY), None, "it is forgotten in the end");
        (0..=255).for_each(|last| guesses.right(IpAddr::from([10, 9, 9, last])));
        assert!(guesses.known.len() <= KNOWN && guesses.wrong.len() <= MANY);
    }
}
