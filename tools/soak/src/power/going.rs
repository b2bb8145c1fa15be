//! Whether the programs can continue from what a power failure left.

use std::collections::BTreeSet;
use std::process::Output;

use cs_tests::replay::check::{records, unfinished, unseen};
use cs_tests::{stderr, stdout};
use serde_json::Value;

use super::facts::{Facts, Reader, is_torn};
use super::tree::Tree;
use crate::operation::Operation;
use crate::scene::{LATER, Scene};
use crate::verdict::{check_ended, find_duplicates};

/// The state that the programs see and leave without a power failure.
#[derive(Debug)]
pub struct Usual {
    /// Whether everything can be listed at first; a scenario may begin with damage.
    is_whole: bool,
    /// The facts left after continuing: whatever is removed then may also be missing after a failure.
    left: Facts,
}

impl Usual {
    /// Continues from the folder `after` that an operation made of `before`.
    pub fn of(scene: &Scene, operation: &Operation, before: &Tree, after: &Tree) -> Usual {
        before.put(&scene.sandbox.home());
        let is_whole = unseen(&scene.sandbox).is_empty();
        after.put(&scene.sandbox.home());
        let faults = follow(scene, operation);
        assert!(faults.is_empty(), "{}: without a power failure: {faults:#?}", operation.name);
        Usual { is_whole, left: facts(scene) }
    }
}

/// Continues from a folder, and returns what is wrong then.
pub fn faults(scene: &Scene, operation: &Operation, tree: &Tree, usual: &Usual) -> Vec<String> {
    tree.put(&scene.sandbox.home());
    let before = facts(scene);
    let mut faults: Vec<String> = if usual.is_whole { unseen(&scene.sandbox) } else { Vec::new() };
    faults.extend(follow(scene, operation));
    let after = facts(scene);
    let lost = before.keys().filter(|name| usual.left.contains_key(*name) && !after.contains_key(*name));
    faults.extend(lost.map(|name| format!("{name} is lost after the programs continued")));
    // Files of other programs must end up the same, however often it is tried.
    let is_foreign = |(name, value): &(&String, &Value)| value.is_string() && !name.starts_with("quarantine/");
    let foreign = usual.left.iter().filter(is_foreign).filter(|(name, value)| after.get(*name) != Some(value));
    faults.extend(foreign.map(|(name, _)| format!("{name} changed after the programs continued")));
    let torn = after.iter().filter(|(_, value)| is_torn(value));
    faults.extend(torn.map(|(name, value)| format!("{name} cannot be read after the programs continued: {value}")));
    faults
}

fn facts(scene: &Scene) -> Facts {
    Reader::default().facts(&Tree::read(&scene.sandbox.home()))
}

/// Sends the next events of the conversation, creates a session in each project, and runs `cs-cleanup all`.
fn follow(scene: &Scene, operation: &Operation) -> Vec<String> {
    let data = scene.sandbox.data();
    let mut faults = Vec::new();
    // The power failure killed the client, too.
    for follower in operation.resumed(scene).iter().chain(&operation.rest) {
        faults.extend(refusal(follower.name, &follower.run(scene)));
    }
    let sessions = records(&data.join("sessions"));
    let slugs: BTreeSet<&str> = sessions.values().filter_map(|record| record["project_slug"].as_str()).collect();
    for slug in slugs {
        let args = ["cs-session", "create", "--project", slug, "--intent", "next", "-q"];
        faults.extend(refusal("cs-session create", &later(scene, &args)));
    }
    let cleaned = later(scene, &["cs-cleanup", "all"]);
    faults.extend(refusal("cs-cleanup all", &cleaned));
    let said = stdout(&cleaned) + &stderr(&cleaned);
    faults.extend(said.contains("damaged").then(|| format!("cs-cleanup all: {said}")));
    faults.extend(refusal("cs-project overview", &later(scene, &["cs-project", "overview"])));
    faults.extend(unfinished(&data));
    faults.extend(unseen(&scene.sandbox));
    faults.extend(find_duplicates(scene));
    faults.extend(operation.ending().and_then(|uuid| check_ended(scene, &uuid)));
    faults
}

fn later(scene: &Scene, words: &[&str]) -> Output {
    let mut command = scene.sandbox.command(words[0]);
    command.args(&words[1..]).env("CS_NOW", LATER);
    cs_tests::run(command, "")
}

fn refusal(name: &str, output: &Output) -> Option<String> {
    (output.status.code() != Some(0)).then(|| format!("{name} fails: {}", stderr(output)))
}
