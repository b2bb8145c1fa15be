//! Follows the recipe for a new agent in CONTRIBUTING.md with a made-up one: `tests/agent/gemini.patch` changes only
//! the files that the recipe names, and then the agent's logs count.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use cs_tests::{Sandbox, status, stderr, stdout, workspace};
use serde_json::Value;

/// The parts of the workspace that the build needs.
const PARTS: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "core",
    "libs",
    "bins",
    "tools",
    "tests",
    "hooks",
    "skills",
    "launchd",
    "systemd",
    "web",
];

/// The files that a recipe of CONTRIBUTING.md names: the paths that begin its list items.
fn recipe(title: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(workspace().join("CONTRIBUTING.md")).expect("there is a CONTRIBUTING.md");
    let section = text.split("\n### ").find(|section| section.starts_with(title)).expect("there is this recipe");
    let items = section.lines().filter_map(|line| line.trim_start().strip_prefix("- `"));
    items.filter_map(|item| item.split('`').next()).map(str::to_string).collect()
}

/// The files that the patch changes or creates.
fn patched() -> BTreeSet<String> {
    let text = fs::read_to_string(workspace().join("tests/agent/gemini.patch")).expect("there is the patch");
    text.lines().filter_map(|line| line.strip_prefix("+++ b/")).map(str::to_string).collect()
}

#[test]
fn the_patch_touches_exactly_the_files_of_the_recipe() {
    let recipe = recipe("An agent");
    let named = |file: &String| recipe.contains(&file.replace("gemini", "NAME"));
    let patched = patched();
    assert!(patched.len() >= 5, "the patch was not parsed: {patched:?}");
    let missing: Vec<&String> = patched.iter().filter(|file| !named(file)).collect();
    assert!(missing.is_empty(), "the recipe does not name {missing:?}");
}

/// Runs a command that must succeed, and returns what it printed.
fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert_eq!(status(&output), 0, "{command:?}: {}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_third_agents_logs_are_counted() {
    let sandbox = Sandbox::new();
    let copy = sandbox.root().join("workspace");
    fs::create_dir(&copy).expect("a fresh folder can be written");
    must(Command::new("cp").arg("-R").args(PARTS.map(|part| workspace().join(part))).arg(&copy));
    must(
        Command::new("git")
            .args(["apply", "--unidiff-zero"])
            .arg(workspace().join("tests/agent/gemini.patch"))
            .current_dir(&copy),
    );
    let target = workspace().join("target/third-agent");
    let build = ["build", "--quiet", "--offline", "-p", "cs-usage", "--bin", "cs-usage"];
    must(Command::new("cargo").args(build).current_dir(&copy).env("CARGO_TARGET_DIR", &target));

    let talks = sandbox.home().join(".gemini/talks");
    fs::create_dir_all(&talks).expect("a fresh folder can be written");
    fs::copy(workspace().join("tests/agent/talk-1.jsonl"), talks.join("talk-1.jsonl")).expect("it can be copied");
    let program = target.join("debug/cs-usage").display().to_string();
    let report = must(sandbox.command(&program).args(["session", "--agent", "gemini", "--json"]));
    let row: Value = serde_json::from_str(report.lines().next().expect("there is a row")).expect("it is JSON");
    assert_eq!(row["agent"], "gemini-like");
    assert_eq!(row["input_tokens"], 1200, "the second line repeats the first: {row}");
    assert_eq!(row["turns"], 1, "nobody typed the second prompt: {row}");
}
