//! The power fails at any moment, on a disk that keeps only what was synced: nothing acknowledged is lost, nothing
//! older is damaged, and the programs go on.
//!
//! `POWER=full` tries every step and continues from every state, which takes hours; `POWER=100` continues from 100
//! states of each scenario. `POWER_FILTER="edit|setup"` selects scenarios whose name contains one of these words.

#![cfg(target_os = "linux")]

#[path = "power/model.rs"]
mod model;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cs_tests::{has, strace};
use soak::power::report::Report;
use soak::power::scenario::{self, Scenario};
use soak::power::tree::Tree;
use soak::power::{Depth, scenarios};
use soak::scene::Scene;
use soak::{caught, crew};

/// The number of states of each scenario from which the programs continue.
const GOING_ON: usize = 10;

#[test]
fn a_power_failure_loses_nothing_acknowledged_and_damages_nothing_older() {
    if !has(strace::is_possible()) {
        return;
    }
    let depth = match std::env::var("POWER").as_deref() {
        Ok("full") => Depth::Full,
        Ok(number) => Depth::Quick(number.parse().expect("POWER is a number or `full`")),
        Err(_) => Depth::Quick(GOING_ON),
    };
    let filter = std::env::var("POWER_FILTER").unwrap_or_default();
    let report = try_all_scenarios(depth, &filter);
    let (states, gone_on) = report.sum();
    println!("{}\n{states} states; the programs continued from {gone_on}", report.table());
    report.check();
}

/// Tries all scenarios, with one scene per processor at a time.
fn try_all_scenarios(depth: Depth, filter: &str) -> Report {
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report::default()));
    thread::scope(|scope| {
        for _ in 0..crew::processors() {
            scope.spawn(|| {
                let scene = scenario::scene();
                let furnished = Tree::read(&scene.sandbox.home());
                loop {
                    let scenarios = scenarios(&scene);
                    let Some(one) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if filter.split("|").any(|word| one.name.contains(word)) {
                        attempt(&scene, one, &furnished, depth, &report);
                    }
                }
            });
        }
    });
    report.into_inner().expect("no thread panics while it adds")
}

fn attempt(scene: &Scene, scenario: &Scenario, furnished: &Tree, depth: Depth, report: &Mutex<Report>) {
    let outcome = caught(|| scenario::attempt(scene, scenario, furnished, depth));
    let mut report = report.lock().expect("no thread panics while it adds");
    match outcome {
        Ok(outcome) => report.add(&scenario.name, &outcome.verdict, outcome.gone_on, outcome.faults),
        Err(said) => report.failed(&scenario.name, said),
    }
}
