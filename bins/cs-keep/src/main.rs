//! Keeps conversations before the clients delete them.
//!
//! Reads: the clients' logs and settings, `kept/`, session records, `config.json`. Writes: `kept/`, and with `restore` what
//! a client has lost of a conversation in its folder.
//! Exits: 0 done, 1 nothing, not found or not kept, 64 usage, 65 invalid, 74 disk, 75 busy.

mod due;
mod forget;
mod prune;
mod restore;
mod run;
mod settings;
mod snapshot;
mod status;
mod verify;
mod which;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-keep";

/// Keeps copies of conversations: Claude Code deletes transcripts that were not changed for 30 days,
/// with the results of tools, and says nothing. A copy grows with its log, is never changed, and
/// can be put back so that the conversation is resumed, as it is or as it was at a snapshot.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} run --dry-run", example = "{command_name} due --days 5")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Run(run::Run),
    Status(status::Status),
    Due(due::Due),
    Verify(verify::Verify),
    Restore(restore::Restore),
    Snapshot(snapshot::Snapshot),
    Forget(forget::Forget),
    Prune(prune::Prune),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Run(args) => args.run(context),
        Command::Status(args) => args.run(context),
        Command::Due(args) => args.run(context),
        Command::Verify(args) => args.run(context),
        Command::Restore(args) => args.run(context),
        Command::Snapshot(args) => args.run(context),
        Command::Forget(args) => args.run(context),
        Command::Prune(args) => args.run(context),
    }
}
