//! The scenarios: every operation of [`crate::operation`], more programs that write, and whole conversations.

use std::collections::BTreeSet;

use cs_tests::Sandbox;
use serde_json::Value;

use super::Depth;
use super::facts::{Facts, Reader};
use super::going::{self, Usual};
use super::in_memory;
use super::judge::{Fault, OUT_OF_ORDER, Promise, Promised, Verdict, judge};
use super::record::{self, Run};
use super::tree::Tree;
use crate::operation::Operation;
use crate::scene::Scene;

/// Programs that run one after the other; the power may fail during each of them.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: String,
    pub operations: Vec<Operation>,
}

impl Scenario {
    /// One operation, alone.
    pub fn alone(operation: &Operation) -> Scenario {
        Scenario { name: operation.name.to_owned(), operations: vec![operation.clone()] }
    }
}

/// A scene in memory.
pub fn scene() -> Scene {
    Scene::on(Sandbox::within(&in_memory()))
}

/// The result of a scenario.
#[derive(Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    /// The number of states from which the programs continued.
    pub gone_on: usize,
    /// The faults found after continuing.
    pub faults: Vec<Fault>,
}

/// Runs the scenario once, and tries a power failure at every moment.
pub fn attempt(scene: &Scene, scenario: &Scenario, furnished: &Tree, depth: Depth) -> Outcome {
    let (Some(first), Some(last)) = (scenario.operations.first(), scenario.operations.last()) else {
        panic!("{}: nothing to run", scenario.name)
    };
    furnished.put(&scene.sandbox.home());
    first.set(scene);
    let before = Tree::read(&scene.sandbox.home());
    let runs: Vec<Run> = scenario.operations.iter().map(|operation| record::run(scene, operation)).collect();
    let mut promised: Vec<Promised> = Vec::new();
    let mut facts = Reader::default().facts(&before);
    for (operation, run) in scenario.operations.iter().zip(&runs) {
        let after = Reader::default().facts(&run.after);
        promised.push((run, promise(operation, &facts, &after)));
        facts = after;
    }
    let verdict = judge(&before, &promised, depth);
    let end = runs.last().map(|run| &run.after).unwrap_or(&before);
    let (gone_on, faults) = continue_from(scene, last, (&before, end), &verdict, depth);
    Outcome { verdict, gone_on, faults }
}

/// The promise of a successful program. A command promises everything it did; a hook promises the start and end of a
/// session, changes of its status, and what it records of the agent's work. Whether the agent works or waits may be
/// lost.
fn promise(operation: &Operation, before: &Facts, after: &Facts) -> Promise {
    const PROMISED: [&str; 4] = ["status", "files_changed", "commits", "tasks"];
    let stands = |facts: &Facts| -> Vec<(String, [Value; 4])> {
        let sessions = facts.iter().filter(|(name, _)| name.starts_with("session "));
        sessions.map(|(name, value)| (name.clone(), PROMISED.map(|field| value["is"][field].clone()))).collect()
    };
    let is_told = operation.is_of_a_person() || stands(before) != stands(after);
    if is_told { Promise::Done } else { Promise::Nothing }
}

/// Lets the programs continue from the states that looked correct, evenly chosen if there are too many.
fn continue_from(
    scene: &Scene,
    operation: &Operation,
    (before, after): (&Tree, &Tree),
    verdict: &Verdict,
    depth: Depth,
) -> (usize, Vec<Fault>) {
    let usual = Usual::of(scene, operation, before, after);
    let most = match depth {
        Depth::Full => verdict.good.len(),
        Depth::Quick(most) => most.min(verdict.good.len()),
    };
    let (mut faults, mut reported) = (Vec::new(), BTreeSet::new());
    for n in 0..most {
        let (tree, in_order, how) = &verdict.good[n * verdict.good.len() / most];
        for wrong in going::faults(scene, operation, tree, &usual) {
            let what = format!("then {}", short(&wrong));
            if reported.insert(what.clone()) {
                let what = what + if *in_order { "" } else { OUT_OF_ORDER };
                faults.push(Fault { what, how: format!("{how}: {wrong}") });
            }
        }
    }
    (most, faults)
}

/// The fault without the session and the found value, which differ from state to state.
fn short(wrong: &str) -> String {
    let head = wrong.split([':', '{', '"']).next().unwrap_or_default().trim();
    head.split(' ').map(|word| if word.starts_with("sess_") { "a session" } else { word }).collect::<Vec<_>>().join(" ")
}
