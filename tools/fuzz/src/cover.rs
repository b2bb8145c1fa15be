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

/// Memory that a child process shares with us: by it, what was reached there counts here.
#[derive(Debug)]
pub struct Carry {
    at: *mut u8,
    length: usize,
}

// SAFETY: only raw bytes, which nobody borrows.
unsafe impl Send for Carry {}
// SAFETY: as above; one child at a time writes.
unsafe impl Sync for Carry {}

impl Carry {
    /// Room for all counters; `None` where there are none.
    pub fn new() -> Option<Carry> {
        let length = Some(edges()).filter(|edges| *edges > 0)?;
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: new memory at no address in particular.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), length, access, kind, -1, 0) };
        (at != libc::MAP_FAILED).then_some(Carry { at: at.cast(), length })
    }

    /// In the child, at its end: leaves what was reached.
    pub fn leave(&self) {
        let mut at = 0;
        for (begin, end) in regions() {
            // SAFETY: the regions together have `length` bytes.
            unsafe { std::ptr::copy_nonoverlapping(begin as *const u8, self.at.add(at), end - begin) };
            at += end - begin;
        }
    }

    /// Afterwards: takes what was left, if anything.
    pub fn fetch(&self) {
        let mut at = 0;
        for (begin, end) in regions() {
            for n in 0..end - begin {
                // SAFETY: as above, and as in `reset`.
                unsafe {
                    let (ours, theirs) = ((begin + n) as *mut u8, self.at.add(at + n));
                    *ours = (*ours).max(theirs.read());
                }
            }
            at += end - begin;
        }
        // SAFETY: the mapping has so many bytes.
        unsafe { std::ptr::write_bytes(self.at, 0, self.length) };
    }
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
