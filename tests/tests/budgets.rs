//! Budgets of the programs, by stable measures: system calls, opened directories, instructions, dependencies, sizes.
//! `BUDGETS=renew` rewrites `tests/budgets.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::Command;
use std::sync::Mutex;

use bench::gate::Gate;
use bench::instructions;
use bench::measure::Bench;
use bench::report::{ALL_BYTES, HEARTBEAT_CALLS, ceiling, programs};
use bench::trace::Trace;
use cs_tests::{has, stderr, stdout, strace, workspace};
use serde_json::Value;

/// A heartbeat by hand searches the index, which grows, for its session; a hook never does.
const BY_HAND: &str = "heartbeat by hand, no payload";
/// The hooks of every turn.
const EVERY_TURN: [&str; 5] = [
    "UserPromptSubmit, next prompt",
    "PermissionRequest",
    "Notification",
    "PostToolUse, Edit",
    "PostToolUse, TaskUpdate",
];

/// A name, strace's counts, and its log.
type Traced = (&'static str, &'static str, Trace, String);

/// Traces the hooks on a store of this many sessions.
fn traced(sessions: usize) -> Vec<Traced> {
    let mut bench = Bench::new(sessions);
    let hooks = bench.scenarios().into_iter().filter(|scenario| scenario.is_hook());
    let mut trace = |scenario| {
        bench.check(&scenario);
        let (trace, log) = bench.trace(&scenario);
        (scenario.program, scenario.name, trace, log)
    };
    hooks.map(&mut trace).collect()
}

/// What is the same in a store of any size. What is read of it may have a few more digits.
fn figures(trace: &Trace) -> [usize; 4] {
    [trace.calls, trace.directories, trace.opened, trace.written]
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn system_calls_of_hooks_do_not_grow_with_the_number_of_sessions() {
    if !has(strace::is_possible()) {
        return;
    }
    let (few, many) = (traced(10), traced(1000));
    let mut over = Vec::new();
    for ((program, name, few, few_log), (_, _, many, many_log)) in few.iter().zip(&many) {
        let is_heartbeat = *program == "cs-heartbeat";
        for (trace, log) in [(few, few_log), (many, many_log)].into_iter().filter(|_| is_heartbeat) {
            if trace.calls >= HEARTBEAT_CALLS || trace.directories > 0 {
                over.push(format!(
                    "{name}: {trace:?}, but {HEARTBEAT_CALLS} calls and no directory are allowed\n{log}"
                ));
            }
        }
        if ((is_heartbeat && *name != BY_HAND) || EVERY_TURN.contains(name)) && figures(few) != figures(many) {
            over.push(format!("{name}: 10 sessions {few:?}\n{few_log}\n{name}: 1,000 sessions {many:?}\n{many_log}"));
        }
    }
    let heartbeats = few.iter().filter(|(program, ..)| *program == "cs-heartbeat").count();
    let names: Vec<&str> = few.iter().map(|(_, name, ..)| *name).collect();
    assert!(EVERY_TURN.iter().chain([&BY_HAND]).all(|name| names.contains(name)), "only {names:?} were measured");
    assert_eq!(heartbeats, 5, "expected five paths through cs-heartbeat: {names:?}");
    let mut gate = Gate::default();
    for (sessions, all) in [("10", &few), ("1,000", &many)] {
        for (_, name, trace, _) in all {
            gate.note(&format!("system calls at {sessions} sessions"), name, trace.calls as u64);
            gate.note(&format!("directories at {sessions} sessions"), name, trace.directories as u64);
            gate.note(&format!("files opened at {sessions} sessions"), name, trace.opened as u64);
            gate.note(&format!("bytes read and written at {sessions} sessions"), name, trace.moved() as u64);
        }
    }
    hold(&gate);
    let heads: Vec<&str> = over.iter().filter_map(|report| report.lines().next()).collect();
    assert!(over.is_empty(), "{}\n\n{}", heads.join("\n"), over.join("\n"));
}

/// Panics if a figure is worse than recorded; with `BUDGETS=renew`, records it instead.
fn hold(gate: &Gate) {
    static FILE: Mutex<()> = Mutex::new(());
    let _one = FILE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if Gate::is_renewed() {
        return gate.renew();
    }
    let worse = gate.worse();
    let how = "see tools/bench/src/gate.rs for how to record it";
    assert!(worse.is_empty(), "worse than tests/budgets.json, {how}:\n{}", worse.join("\n"));
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "valgrind knows Linux best")]
fn hooks_execute_no_more_instructions_than_before() {
    if !has(instructions::is_possible()) {
        return;
    }
    let mut bench = Bench::new(10);
    let mut gate = Gate::default();
    for scenario in bench.scenarios().into_iter().filter(|scenario| scenario.is_hook()) {
        gate.note("instructions at 10 sessions", scenario.name, bench.instructions(&scenario));
    }
    hold(&gate);
}

#[test]
fn programs_that_agents_wait_for_have_few_dependencies() {
    let mut gate = Gate::default();
    for program in ["cs-heartbeat", "cs-hook"] {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["tree", "-p", program, "-e", "normal", "--prefix", "none", "--offline"]).current_dir(workspace());
        let output = command.output().expect("cargo can be run");
        assert!(output.status.success(), "{}", stderr(&output));
        let names: BTreeSet<String> =
            stdout(&output).lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect();
        assert!(names.contains("cs-core"), "{names:?}");
        gate.note("crates", program, names.len() as u64);
    }
    hold(&gate);
}

#[test]
fn programs_that_agents_wait_for_link_only_what_they_need() {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(workspace());
    let output = command.output().expect("cargo can be run");
    let metadata: Value = serde_json::from_str(&stdout(&output)).unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
    let packages = metadata["packages"].as_array().expect("a workspace has packages");
    let of = |package: &Value| -> Vec<String> {
        let all = package["dependencies"].as_array().into_iter().flatten();
        let normal = all.filter(|dependency| dependency["kind"].is_null());
        normal.filter_map(|dependency| Some(dependency["name"].as_str()?.to_owned())).collect()
    };
    let dependencies: BTreeMap<&str, Vec<String>> =
        packages.iter().filter_map(|package| Some((package["name"].as_str()?, of(package)))).collect();
    for program in ["cs-heartbeat", "cs-hook"] {
        assert_eq!(dependencies[program], ["agents", "cs-core"], "{program}");
    }
}

#[test]
fn programs_are_small() {
    let programs = programs();
    let mut gate = Gate::default();
    programs.iter().for_each(|(name, bytes)| gate.note("bytes", name, *bytes));
    hold(&gate);
    let all: u64 = programs.iter().map(|(_, bytes)| bytes).sum();
    assert!(all <= ALL_BYTES, "all programs together have {all} bytes, the limit is {ALL_BYTES}: {programs:?}");
    let large: Vec<_> = programs.iter().filter(|(name, bytes)| *bytes > ceiling(name)).collect();
    assert!(large.is_empty() && programs.len() > 10, "too large: {large:?}");
}
