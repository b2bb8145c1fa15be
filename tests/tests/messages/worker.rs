//! Another process that works on the inbox as hooks do, so that it can be killed.

use super::{BUILDER, UUID};
use cs_tests::Sandbox;
use std::process::Command;

/// The command that does one thing with the inbox: `take`, `read`, `again` or `fail`.
pub fn command(sandbox: &Sandbox, doing: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inbox_worker"));
    command.env_clear().env("CS_NOW", "2026-11-21T10:00:00Z").arg(sandbox.data()).args([BUILDER, UUID, doing]);
    command
}

/// What a worker printed: the ids that it took, or how many messages it changed.
pub fn did(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| line.strip_prefix("did ")).map(str::to_owned).collect()
}
