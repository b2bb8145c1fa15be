//! The short form of `make soak`: whatever is killed or fails, nothing is lost.

#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicUsize, Ordering};

use cs_tests::soak::kill::Stops;
use cs_tests::soak::operation::Operation;
use cs_tests::soak::report::Tally;
use cs_tests::soak::scene::Scene;
use cs_tests::soak::{crew, fault, kill, trace};

/// Of all steps each operation is killed after every third one; `make soak` takes all.
const KILLS: usize = 3;
/// Of all calls that can fail, in each way, so many fail; `make soak` takes all.
const FAILURES: usize = 60;

#[test]
fn a_program_that_is_killed_anywhere_leaves_all_or_nothing() {
    if let Err(reason) = trace::is_possible() {
        return eprintln!("skipped: {reason}");
    }
    let kill = |scene: &Scene, operation: &Operation, tally: &mut Tally| {
        kill::everywhere(scene, operation, Stops::Steps, KILLS, tally);
    };
    let tally = crew::each("killed", crew::processors(), kill);
    println!("{}", tally.table());
    tally.check();
}

#[test]
fn a_call_that_fails_anywhere_changes_all_or_nothing() {
    if let Err(reason) = trace::is_possible() {
        return eprintln!("skipped: {reason}");
    }
    if !trace::CAN_FAIL {
        return eprintln!("skipped: calls cannot be made to fail on this kind of processor");
    }
    let first = AtomicUsize::new(0);
    let fail = |scene: &Scene, operation: &Operation, tally: &mut Tally| {
        let stride = option(FAILURES);
        let first = first.fetch_add(7, Ordering::Relaxed) % stride;
        fault::everywhere(scene, operation, (first, stride), tally);
    };
    let tally = crew::each("calls that fail", crew::processors(), fail);
    println!("{}", tally.table());
    tally.check();
}

/// The stride, or what STRIDE says.
fn option(default: usize) -> usize {
    std::env::var("STRIDE").ok().and_then(|word| word.parse().ok()).unwrap_or(default)
}
