//! Fuzzes one target: generates inputs, keeps those that reach new code, and reports those that fail.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cover::{self, Seen};
use super::meter::Meter;
use super::mutate::Mutator;
use super::{MEMORY, SLOW, Target};

thread_local! {
    /// The message of the last panic.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The result of one input.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why it failed; `None` if it did not.
    pub failure: Option<String>,
    pub memory: usize,
}

/// Stores panic messages instead of printing them, since a fuzzer causes many.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| SAID.with_borrow_mut(|said| *said = info.to_string())));
}

/// Gives the input to the target.
pub fn attempt(target: &Target, input: &[u8]) -> Outcome {
    let (base, began) = (Meter::restart(), cpu_time());
    let done = catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
    let (memory, took) = (Meter::most_since(base), cpu_time().wrapping_sub(began));
    let took = Duration::from_nanos(took);
    let failure = match done {
        Err(_) => Some(SAID.with_borrow(Clone::clone)),
        Ok(()) if memory > MEMORY => Some(format!("memory: {} MiB", memory >> 20)),
        Ok(()) if took > SLOW => Some(format!("slow: {took:?} for {} bytes", input.len())),
        Ok(()) => None,
    };
    Outcome { failure, memory }
}

/// The processor time of this thread in nanoseconds, which excludes other threads. A plain number, since branches in
/// the arithmetic of a [`Duration`] would count as code that the input reached.
pub fn cpu_time() -> u64 {
    // SAFETY: timespec is plain old data, and the call only writes it.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        time
    };
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    pub runs: u64,
    pub kept: usize,
    pub edges: usize,
    pub memory: usize,
    /// Inputs that failed, one per reason.
    pub failures: Vec<(String, Vec<u8>)>,
}

/// When a run ends: after a time or a number of random inputs, whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub seconds: u64,
    pub runs: u64,
}

/// Fuzzes within the limits, starting with these inputs. Inputs that reach new code go to `corpus`; `current` holds the
/// input being tried, in case this process dies.
pub fn run(
    target: &Target,
    limits: Limits,
    seed: u64,
    inputs: Vec<Vec<u8>>,
    corpus: &Path,
    current: &mut Current,
) -> Report {
    let mut mutator = Mutator::new(seed, target.words, target.most);
    let mut seen = Seen::default();
    let mut report = Report::default();
    let mut pool: Vec<Vec<u8>> = Vec::new();
    for input in inputs {
        judge(target, &input, &mut seen, &mut report, &mut pool, current);
    }
    let end = Instant::now() + Duration::from_secs(limits.seconds);
    let most = report.runs.saturating_add(limits.runs);
    while Instant::now() < end && report.runs < most {
        for _ in 0..200.min(most - report.runs) {
            // Recent inputs reached something new, so they get half of the turns.
            let most = pool.len();
            let recent = if mutator.below(2) == 0 { most.min(16) } else { most };
            let chosen = most - 1 - mutator.below(recent);
            let other = mutator.below(most);
            let input = mutator.mutate(&pool[chosen], &pool[other]);
            if judge(target, &input, &mut seen, &mut report, &mut pool, current) {
                save(corpus, &input);
            }
        }
    }
    report.kept = pool.len();
    report.edges = seen.edges();
    report
}

/// Tries one input and keeps it if it reached something new.
fn judge(
    target: &Target,
    input: &[u8],
    seen: &mut Seen,
    report: &mut Report,
    pool: &mut Vec<Vec<u8>>,
    current: &mut Current,
) -> bool {
    current.note(input);
    cover::reset();
    let outcome = attempt(target, input);
    let new = seen.add();
    report.runs += 1;
    report.memory = report.memory.max(outcome.memory);
    if let Some(why) = outcome.failure {
        let kind = kind(&why);
        if !report.failures.iter().any(|(known, _)| self::kind(known) == kind) && is_certain(target, input, &kind) {
            report.failures.push((why, shrink(target, input, &kind)));
        }
        return false;
    }
    // The first inputs are always kept, because without counters none would be.
    let keep = new > 0 || pool.len() < 2;
    if keep {
        pool.push(input.to_vec());
    }
    keep
}

/// The key by which two failures are the same: the location of the panic, else the first word.
fn kind(why: &str) -> String {
    let first = why.lines().next().unwrap_or_default();
    if first.starts_with("panicked at") { first.to_owned() } else { first.split(':').next().unwrap_or_default().into() }
}

/// Whether a failure is certain: an input is only slow if it is slow three times.
fn is_certain(target: &Target, input: &[u8], kind: &str) -> bool {
    (0..2).all(|_| attempt(target, input).failure.is_some_and(|why| self::kind(&why) == kind))
}

/// Finds a shorter input that fails in the same way.
pub fn shrink(target: &Target, input: &[u8], kind: &str) -> Vec<u8> {
    let fails = |input: &[u8]| attempt(target, input).failure.is_some_and(|why| self::kind(&why) == kind);
    let mut best = input.to_vec();
    let mut step = best.len().div_ceil(2);
    let end = Instant::now() + Duration::from_secs(5);
    while step > 0 && Instant::now() < end {
        let mut at = 0;
        while at < best.len() && Instant::now() < end {
            let shorter = [&best[..at], &best[(at + step).min(best.len())..]].concat();
            if fails(&shorter) {
                best = shorter;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    best
}

/// The initial inputs: the target's own, those in the repository, and those of earlier runs if requested.
pub fn inputs(target: &Target, earlier: Option<&Path>) -> Vec<Vec<u8>> {
    let mut all = (target.seeds)();
    let kept = [super::packed(target.name), super::failed(target.name)].concat();
    all.extend(kept.into_iter().map(|(_, input)| input));
    all.extend(earlier.map(super::files).into_iter().flatten().map(|(_, input)| input));
    all
}

fn save(folder: &Path, input: &[u8]) {
    let name: PathBuf = folder.join(super::name_of(input));
    fs::write(&name, input).unwrap_or_else(|e| panic!("{}: {e}", name.display()));
}

/// The fewest inputs that together reach all code that was reached, though not as often; those that reach most come
/// first. Code that the target's own inputs reach needs none.
pub fn fewest(target: &Target, all: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seen = Seen::default();
    let try_one = |input: &[u8], seen: &mut Seen| {
        cover::reset();
        let passes = attempt(target, input).failure.is_none();
        if passes { seen.add_edges() } else { 0 }
    };
    for seed in (target.seeds)() {
        try_one(&seed, &mut seen);
    }
    let reach = |input: Vec<u8>| (try_one(&input, &mut Seen::default()), input);
    let mut all: Vec<(usize, Vec<u8>)> = all.into_iter().map(reach).collect();
    all.sort_by_key(|(reached, input)| (Reverse(*reached), input.len()));
    all.into_iter().map(|(_, input)| input).filter(|input| try_one(input, &mut seen) > 0).collect()
}

/// A file that always holds the current input and survives this process.
#[derive(Debug)]
pub struct Current {
    map: *mut u8,
    room: usize,
    runs: u64,
}

impl Current {
    /// Bytes before the input: the number of runs and the length of the input.
    const HEAD: usize = 16;

    /// Creates and maps the file.
    pub fn at(path: &Path, room: usize) -> std::io::Result<Current> {
        use std::os::fd::AsRawFd;
        let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        file.set_len((Current::HEAD + room) as u64)?;
        let (length, access) = (Current::HEAD + room, libc::PROT_READ | libc::PROT_WRITE);
        // SAFETY: a new shared mapping of a file of that length, at no address in particular.
        let map = unsafe { libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if map == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Current { map: map.cast(), room, runs: 0 })
    }

    fn note(&mut self, input: &[u8]) {
        self.runs += 1;
        let length = input.len().min(self.room);
        let head = [self.runs.to_le_bytes(), (length as u64).to_le_bytes()].concat();
        // SAFETY: the mapping has HEAD + room bytes, and nothing in this process reads it.
        unsafe {
            std::ptr::copy_nonoverlapping(head.as_ptr(), self.map, Current::HEAD);
            std::ptr::copy_nonoverlapping(input.as_ptr(), self.map.add(Current::HEAD), length);
        }
    }

    /// The number of runs and the input that a process left in such a file.
    pub fn left(path: &Path) -> Option<(u64, Vec<u8>)> {
        let bytes = fs::read(path).ok()?;
        let number = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let (runs, length) = (number(0)?, number(8)?);
        Some((runs, bytes.get(Current::HEAD..Current::HEAD + length as usize)?.to_vec()))
    }
}
