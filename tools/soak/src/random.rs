//! Pseudo-random numbers, the same in every run with the same seed.

/// A stream of numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A separate stream for part `n` of a seed.
    pub fn part(seed: u64, n: u64) -> Random {
        Random(Random(seed ^ n.wrapping_mul(0xd6e8_feb8_6659_fd93)).number())
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end` - 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    /// Returns true with a probability of `count` in `of`.
    pub fn chance(&mut self, count: u64, of: u64) -> bool {
        self.below(of) < count
    }

    /// Picks one of several; `None` if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len() as u64) as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_parts_differ() {
        let numbers = |mut random: Random| (0..50).map(|_| random.below(10)).collect::<Vec<_>>();
        assert_eq!(numbers(Random::part(7, 1)), numbers(Random::part(7, 1)));
        assert_ne!(numbers(Random::part(7, 1)), numbers(Random::part(7, 2)));
        assert!((0..10).all(|n| numbers(Random::new(7)).contains(&n)), "each occurs");
    }
}
