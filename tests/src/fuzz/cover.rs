//! Which code an input reached. The compiler counts: with the flags of `make fuzz` every edge of every function
//! has a counter of eight bits, and each crate announces its own when the program starts. Without the flags there
//! are none, and every input looks the same.

use std::sync::Mutex;

/// Where counters are: first and past the last.
static REGIONS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Called before `main` by code that LLVM puts into each crate; see clang's SanitizerCoverage, "Inline 8bit-counters".
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_8bit_counters_init(begin: *mut u8, end: *mut u8) {
    let region = (begin as usize, end as usize);
    if let Ok(mut regions) = REGIONS.lock()
        && region.0 < region.1
        && !regions.contains(&region)
    {
        regions.push(region);
    }
}

/// What was reached so far: per counter one bit for each order of magnitude.
#[derive(Debug, Default)]
pub struct Seen {
    bits: Vec<u8>,
}

impl Seen {
    /// Adds what was reached since [`reset`]; how many counters said something new.
    pub fn add(&mut self) -> usize {
        let mut new = 0;
        self.bits.resize(edges(), 0);
        each(|at, count| {
            let bit = magnitude(count);
            if bit & !self.bits[at] != 0 {
                self.bits[at] |= bit;
                new += 1;
            }
        });
        new
    }

    /// Like [`Seen::add`]; how many counters were never reached before.
    pub fn add_edges(&mut self) -> usize {
        let before = self.edges();
        self.add();
        self.edges() - before
    }

    /// How many counters were reached at all.
    pub fn edges(&self) -> usize {
        self.bits.iter().filter(|bits| **bits != 0).count()
    }
}

/// How many counters there are.
pub fn edges() -> usize {
    regions().iter().map(|(begin, end)| end - begin).sum()
}

/// Sets all counters to zero.
pub fn reset() {
    for (begin, end) in regions() {
        // SAFETY: the region is a static array of the running program, which lives as long as it does. Counters
        // are only a hint: the increments of another thread may get lost.
        unsafe { std::ptr::write_bytes(begin as *mut u8, 0, end - begin) };
    }
}

/// Number and count of every counter that is not zero. Most are, so eight are looked at together.
fn each(mut take: impl FnMut(usize, u8)) {
    let mut first = 0;
    for (begin, end) in regions() {
        // SAFETY: as in `reset`; nothing runs meanwhile that would count.
        let counters = unsafe { std::slice::from_raw_parts(begin as *const u8, end - begin) };
        for (n, eight) in counters.chunks(8).enumerate().filter(|(_, eight)| **eight != [0; 8]) {
            let counted = eight.iter().enumerate().filter(|(_, count)| **count > 0);
            counted.for_each(|(at, count)| take(first + n * 8 + at, *count));
        }
        first += counters.len();
    }
}

fn regions() -> Vec<(usize, usize)> {
    REGIONS.lock().expect("nobody panics with the lock").clone()
}

/// One bit for how often: none, once, twice, three times, up to 7, 15, 31, 127, more.
fn magnitude(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        _ => 128,
    }
}
