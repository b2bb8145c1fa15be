//! Owns the limit on how many values a JSON file may contain. A file of 10 MiB can be five million zeros, and parsing
//! it into values takes fifty times as much memory as its text. Must stay true: whatever a file contains, no program
//! needs more than 64 MiB for it; no record that people or agents create comes near the limit.

use crate::quote::Quote;

/// Maximum weight of a file's values: one for each comma and each list, four for each object. A session of
/// 30,000 events has this weight.
pub const MAX_WEIGHT: usize = 200_000;
/// The reason why a heavier file is refused.
pub const HEAVY: &str = "it contains more values than any program writes";

/// Whether the bytes weigh too much. Brackets need not match: the parser checks that.
pub fn is_too_heavy(bytes: &[u8]) -> bool {
    // No byte weighs more than four.
    if bytes.len() <= MAX_WEIGHT / 4 {
        return false;
    }
    // Counting each sign wherever it stands is much faster, and nearly always enough.
    let count = |sign| memchr::memchr_iter(sign, bytes).count();
    if count(b',') + count(b'[') + 4 * count(b'{') <= MAX_WEIGHT {
        return false;
    }
    of(bytes) > MAX_WEIGHT
}

/// What the values weigh.
pub fn of(bytes: &[u8]) -> usize {
    let (mut weight, mut quote) = (0usize, Quote::default());
    for &byte in bytes {
        match byte {
            byte if quote.holds(byte) => {}
            b',' | b'[' => weight += 1,
            b'{' => weight += 4,
            _ => {}
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_weight_and_text_has_none() {
        let event = "{\"timestamp\": \"2026-11-21T03:37:00.000000+00:00\", \"message\": \"{,[\\\",{\"},";
        assert!(!is_too_heavy(event.repeat(30_000).as_bytes()));
        assert!(is_too_heavy(event.repeat(34_000).as_bytes()));
        assert!(!is_too_heavy("0,".repeat(190_000).as_bytes()));
        assert!(is_too_heavy("0,".repeat(210_000).as_bytes()));
        assert!(!is_too_heavy(format!("\"{}\"", "{,\\\"".repeat(2_000_000)).as_bytes()));
        assert!(is_too_heavy("{".repeat(51_000).as_bytes()));
    }
}
