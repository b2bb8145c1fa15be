//! Runs real programs under strace and records what they did to the files of a folder.

use std::fs;

use cs_tests::{stderr, strace};

use super::call::Call;
use super::disk::Disk;
use super::step::{CALLS, Step};
use super::tree::Tree;
use crate::operation::Operation;
use crate::scene::Scene;

/// One program of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    pub name: String,
    pub steps: Vec<Step>,
    /// The folder after it.
    pub after: Tree,
}

/// Runs the operation on the scene as it is, and returns what it did below HOME. Panics if it fails, or if the model
/// differs from the real disk, since then the model overlooks something.
pub fn run(scene: &Scene, operation: &Operation) -> Run {
    let (root, sandbox) = (scene.sandbox.home(), &scene.sandbox);
    let held = operation.hold(scene);
    let before = Tree::read(&root);
    let (mut command, text) = operation.command(scene);
    // This test process stands in for the client; otherwise it would be strace, which has ended.
    command.env("CLAUDE_PID", std::process::id().to_string());
    let input = sandbox.root().join("input");
    fs::write(&input, text).expect("the sandbox can be written");
    let options = ["--seccomp-bpf", "-y", "-xx", "-s", "40000000", "-e", CALLS];
    let (output, log) = strace::run(&command, &input, &options, &sandbox.root().join("strace"));
    drop(held);
    assert!(output.status.success(), "{}: {} {}", operation.name, output.status, stderr(&output));
    let calls = strace::calls(&log);
    let steps: Vec<Step> =
        calls.iter().filter_map(|line| Step::of(&Call::parse(line)?, &root, &sandbox.work())).collect();
    let run = Run { name: operation.name.to_owned(), steps, after: Tree::read(&root) };
    let mut disk = Disk::new(&before);
    run.steps.iter().enumerate().for_each(|(n, step)| disk.apply(n, step));
    assert_same(&run.name, &disk.memory(), &run.after);
    run
}

fn assert_same(name: &str, model: &Tree, real: &Tree) {
    let paths = model.0.keys().chain(real.0.keys());
    let wrong: Vec<_> = paths.filter(|path| model.0.get(*path) != real.0.get(*path)).collect();
    assert!(wrong.is_empty(), "{name}: the model overlooked something: {wrong:?}");
}
