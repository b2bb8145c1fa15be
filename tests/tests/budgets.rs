//! What the programs may cost, as far as it does not wobble: system calls, opened directories, dependencies, sizes.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use cs_tests::bench::measure::Bench;
use cs_tests::bench::report::{ALL_BYTES, HEARTBEAT_BYTES, HEARTBEAT_CALLS, programs};
use cs_tests::bench::trace::{self, Trace};
use cs_tests::{stderr, stdout, workspace};
use serde_json::Value;

/// By hand it looks for the session in the index, which grows; a hook never does.
const BY_HAND: &str = "heartbeat by hand, no payload";
/// The hooks of every turn.
const EVERY_TURN: [&str; 5] = [
    "UserPromptSubmit, next prompt",
    "PermissionRequest",
    "Notification",
    "PostToolUse, Edit",
    "PostToolUse, TaskUpdate",
];

/// A name, what strace counted, and its log.
type Traced = (&'static str, &'static str, Trace, String);

/// The hooks on a store of so many sessions.
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

#[test]
fn hooks_ask_no_more_of_the_kernel_when_there_are_more_sessions() {
    if !trace::is_possible() {
        let in_ci = env::var("CI").is_ok_and(|set| set == "true");
        assert!(!in_ci, "strace is missing or may not trace");
        return println!("skipped: strace is missing or may not trace");
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
        if ((is_heartbeat && *name != BY_HAND) || EVERY_TURN.contains(name)) && few != many {
            over.push(format!("{name}: 10 sessions {few:?}\n{few_log}\n{name}: 1,000 sessions {many:?}\n{many_log}"));
        }
    }
    let heartbeats = few.iter().filter(|(program, ..)| *program == "cs-heartbeat").count();
    let names: Vec<&str> = few.iter().map(|(_, name, ..)| *name).collect();
    assert!(EVERY_TURN.iter().chain([&BY_HAND]).all(|name| names.contains(name)), "measured are only {names:?}");
    assert_eq!(heartbeats, 5, "paths through cs-heartbeat: {names:?}");
    let heads: Vec<&str> = over.iter().filter_map(|report| report.lines().next()).collect();
    assert!(over.is_empty(), "{}\n\n{}", heads.join("\n"), over.join("\n"));
}

#[test]
fn what_agents_wait_for_depends_on_the_core_only() {
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
        assert_eq!(dependencies[program], ["cs-core"], "{program}");
    }
}

#[test]
fn programs_are_small() {
    let programs = programs();
    let all: u64 = programs.iter().map(|(_, bytes)| bytes).sum();
    assert!(all <= ALL_BYTES, "all programs together have {all} bytes, more than {ALL_BYTES}: {programs:?}");
    let heartbeat = programs.iter().find(|(name, _)| name == "cs-heartbeat").map_or(0, |(_, bytes)| *bytes);
    assert!((1..=HEARTBEAT_BYTES).contains(&heartbeat), "cs-heartbeat has {heartbeat} bytes of {HEARTBEAT_BYTES}");
}
