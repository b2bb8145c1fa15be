//! Owns comparing secrets.

/// Whether two texts are the same, in a time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let mut difference = a.len() ^ b.len();
    for (n, byte) in a.iter().enumerate() {
        difference |= usize::from(byte ^ b.get(n % b.len().max(1)).copied().unwrap_or_default());
    }
    std::hint::black_box(difference) == 0
}
