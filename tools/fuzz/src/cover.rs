//! Which code an input reached. With the flags of `make fuzz`, the compiler adds an eight-bit counter for every edge of
//! every function, and each crate registers its counters when the program starts. Without the flags there are none, and
//! all inputs look the same.

use std::sync::Mutex;

/// The ranges of counters: the first and one past the last.
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

/// The coverage so far: one bit per counter and order of magnitude.
#[derive(Debug, Default)]
pub struct Seen {
    bits: Vec<u8>,
}

impl Seen {
    /// Adds what was reached since [`reset`]; returns how many counters had a new value.
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

    /// Like [`Seen::add`], but returns how many counters were reached for the first time.
    pub fn add_edges(&mut self) -> usize {
        let before = self.edges();
        self.add();
        self.edges() - before
    }

    /// The number of counters reached.
    pub fn edges(&self) -> usize {
        self.bits.iter().filter(|bits| **bits != 0).count()
    }
}

/// The number of counters.
pub fn edges() -> usize {
    regions().iter().map(|(begin, end)| end - begin).sum()
}

/// Sets all counters to zero.
pub fn reset() {
    for (begin, end) in regions() {
        // SAFETY: the region is a static array that lives as long as the program. Counters are only a hint: increments
        // of another thread may be lost.
        unsafe { std::ptr::write_bytes(begin as *mut u8, 0, end - begin) };
    }
}

/// Calls `take` with the number and count of every counter that is not zero. Most are zero, so eight are checked at
/// once.
fn each(mut take: impl FnMut(usize, u8)) {
    let mut first = 0;
    for (begin, end) in regions() {
        // SAFETY: as in `reset`; nothing that counts runs meanwhile.
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

/// Memory shared with a child process, which passes on what was reached there.
#[derive(Debug)]
pub struct Carry {
    at: *mut u8,
    length: usize,
}

// SAFETY: only raw bytes that nobody borrows.
unsafe impl Send for Carry {}
// SAFETY: as above; one child at a time writes.
unsafe impl Sync for Carry {}

impl Carry {
    /// Allocates room for all counters; `None` if there are none.
    pub fn new() -> Option<Carry> {
        let length = Some(edges()).filter(|edges| *edges > 0)?;
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: new memory at no address in particular.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), length, access, kind, -1, 0) };
        (at != libc::MAP_FAILED).then_some(Carry { at: at.cast(), length })
    }

    /// Stores what was reached; called in the child at its end.
    pub fn leave(&self) {
        let mut at = 0;
        for (begin, end) in regions() {
            // SAFETY: the regions together have `length` bytes.
            unsafe { std::ptr::copy_nonoverlapping(begin as *const u8, self.at.add(at), end - begin) };
            at += end - begin;
        }
    }

    /// Takes what the child stored, if anything.
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
        // SAFETY: the mapping has this many bytes.
        unsafe { std::ptr::write_bytes(self.at, 0, self.length) };
    }
}

/// The bit for a count: none, 1, 2, 3, up to 7, 15, 31, 127, more.
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
