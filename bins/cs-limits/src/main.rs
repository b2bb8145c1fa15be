//! How much of the account's limits is used, how fast, and whether it lasts: windows, budgets, planned starts.
//!
//! Reads: `limits/`, `config.json`.
//! Writes: nothing.
//! Exits: 0 done, 1 nothing is known, 64 usage, 65 invalid settings (after its work), 74 disk.

mod now;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-limits";

/// Shows how much of the account's limits is used, how fast, and whether it lasts until the reset. Every percentage is
/// one that Claude Code or Codex reported; nothing is guessed from tokens. For tokens and dollars of a five-hour window
/// see cs-usage blocks.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} now --json")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Now(now::Now),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Now(args) => args.run(context),
    }
}
