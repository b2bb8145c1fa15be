//! Runs the kept fuzz inputs again: those that reach code that no others reach, and all that once failed. `make fuzz`
//! searches for more.

use fuzz::meter::Meter;
use fuzz::run::{attempt, quiet_panics};
use fuzz::{TARGETS, Target, failed, packed, target};

#[global_allocator]
static METER: Meter = Meter;

/// One at a time, since memory is counted for the whole process.
#[test]
fn kept_fuzz_inputs_pass() {
    quiet_panics();
    let mut failures = Vec::new();
    let mut few = Vec::new();
    for target in &TARGETS {
        let seeds = (target.seeds)();
        if seeds.is_empty() {
            few.push(format!("{}: no samples", target.name));
        }
        failures.extend(seeds.iter().enumerate().filter_map(|(n, seed)| failure(target, &format!("sample {n}"), seed)));
        let packed = packed(target.name);
        if packed.len() <= 10 {
            few.push(format!("{}: {} inputs are kept", target.name, packed.len()));
        }
        let kept = packed.into_iter().chain(failed(target.name));
        failures.extend(kept.filter_map(|(name, input)| failure(target, &name, &input)));
    }
    let known = target("names").expect("a target");
    let broken = Target { check: |_| panic!("on purpose"), ..*known };
    assert!(attempt(&broken, b"").failure.is_some(), "the failure is reported");
    let greedy = Target { check: |_| drop(std::hint::black_box(vec![1u8; 70 << 20])), ..*known };
    assert!(attempt(&greedy, b"").failure.is_some_and(|why| why.starts_with("memory")), "memory is counted");
    // Panics are printed again from here on.
    drop(std::panic::take_hook());
    failures.extend(few);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn failure(target: &Target, name: &str, input: &[u8]) -> Option<String> {
    attempt(target, input).failure.map(|why| format!("{}: {name}: {why}", target.name))
}
