//! The short form of `make soak`: whatever is killed or fails, nothing is lost.

#![cfg(target_os = "linux")]

#[path = "crash/found.rs"]
mod found;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use cs_tests::{has, skip};
use soak::kill::Stops;
use soak::operation::Operation;
use soak::report::Tally;
use soak::scene::Scene;
use soak::storm::{self, Plan};
use soak::{crew, disk, fault, kill, rival, trace};

/// Each operation is killed after every third step; `make soak` uses every step.
const KILLS: usize = 3;
/// How many of all possible failures of system calls are tried; `make soak` tries all.
const FAILURES: usize = 60;

#[test]
fn a_killed_program_leaves_all_of_its_change_or_none() {
    if !has(trace::is_possible()) {
        return;
    }
    let kill = |scene: &Scene, operation: &Operation, tally: &mut Tally| {
        kill::everywhere(scene, operation, Stops::Steps, KILLS, tally);
    };
    let tally = crew::each("killed", crew::processors(), kill);
    println!("{}", tally.table());
    tally.check();
}

#[test]
fn a_storm_of_operations_and_kills_loses_nothing() {
    let outcome = storm::epoch(Plan { seed: seed(), operations: option("STORM", 1200), kills: 6 });
    println!("{}\n{outcome:?}", outcome.tally.table());
    outcome.tally.check();
}

#[test]
fn the_python_tool_and_ours_lose_no_change_of_each_other() {
    if !has(rival::is_possible()) {
        return;
    }
    let (tally, busy) = rival::contend(option("ROUNDS", 150), seed());
    println!("{}\nbusy {busy} times", tally.table());
    tally.check();
}

#[test]
fn a_disk_that_is_full_or_read_only_loses_nothing() {
    let mut tally = Tally::new("disks");
    let pages: &[u64] = if option("STRIDE", 0) == 1 { &[0, 1, 2, 3, 4, 5, 6, 8, 10] } else { &[0, 3] };
    let tried = disk::full(pages, &mut tally).and_then(|()| disk::read_only(5, &mut tally));
    if let Err(error) = tried {
        return skip(format_args!("a small disk cannot be mounted here: {error}; that needs root"));
    }
    println!("{}", tally.table());
    tally.check();
}

/// `SEED`, else a new seed in every run, which failures report.
fn seed() -> u64 {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs() % 100_000);
    std::env::var("SEED").ok().and_then(|word| word.parse().ok()).unwrap_or_else(now)
}

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_failed_system_call_leaves_all_of_the_change_or_none() {
    if !has(trace::is_possible()) {
        return;
    }
    let first = AtomicUsize::new(0);
    let fail = |scene: &Scene, operation: &Operation, tally: &mut Tally| {
        let stride = option("STRIDE", FAILURES as u64) as usize;
        let first = first.fetch_add(7, Ordering::Relaxed) % stride;
        fault::everywhere(scene, operation, (first, stride), tally);
    };
    let tally = crew::each("calls that fail", crew::processors(), fail);
    println!("{}", tally.table());
    tally.check();
}

/// The number in an environment variable, else the default.
fn option(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|word| word.parse().ok()).unwrap_or(default)
}
