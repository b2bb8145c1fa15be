//! Owns how few hits of one conversation are told. Must stay true: those that are not told are counted.

use super::Hit;

/// The hits of one conversation.
pub(super) struct Few {
    most: usize,
    told: usize,
    /// The last hit that is told; it waits until the others are counted.
    pub(super) held: Option<Hit>,
}

impl Few {
    /// At most so many are told; `None`: all.
    pub(super) fn new(most: Option<usize>) -> Few {
        Few { most: most.unwrap_or(usize::MAX).max(1), told: 0, held: None }
    }

    /// Takes the next hit, which is made only if it is told; returns it if it is told now.
    pub(super) fn take(&mut self, make: impl FnOnce() -> Hit) -> Option<Hit> {
        if let Some(last) = &mut self.held {
            last.more += 1;
            return None;
        }
        self.told += 1;
        if self.told < self.most {
            return Some(make());
        }
        self.held = Some(make());
        None
    }
}
