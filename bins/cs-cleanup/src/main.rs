//! Keeps the data directory in order: closes sessions that nobody closed, puts old ones away, sweeps
//! what was left over, and checks everything. Made for timers: nothing to do is exit code 0.
//!
//! Reads: the index, `live/`, `config.json`, names of files; `check` everything.
//! Writes: records that it closes or moves, with what follows from them; it removes left-over files.
//! Exits: 0 done or nothing to do, 1 refused or (check) something found, 64 usage, 65 invalid, 74 disk, 75 busy.

mod all;
mod archive;
mod check;
mod gone;
mod index;
mod locks;
mod notes;
mod progress;
mod stale;
mod tmp;
mod work;

use argh::FromArgs;
use cs_cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-cleanup";

/// Keeps the data directory in order. Every command prints what it did, one line a thing;
/// with --dry-run it prints what it would do. Nothing to do is no failure.
#[derive(FromArgs)]
#[argh(example = "{command_name} all --dry-run", example = "{command_name} check --repair")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    All(all::All),
    Stale(stale::Stale),
    Gone(gone::Gone),
    Archive(archive::Archive),
    Locks(locks::Locks),
    Tmp(tmp::Tmp),
    Index(index::Index),
    Check(check::Check),
}

fn main() -> ExitCode {
    cs_cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = Context::new(out)?;
    match command {
        Command::All(args) => args.run(context),
        Command::Stale(args) => args.run(context),
        Command::Gone(args) => args.run(context),
        Command::Archive(args) => args.run(context),
        Command::Locks(args) => args.run(context),
        Command::Tmp(args) => args.run(context),
        Command::Index(args) => args.run(context),
        Command::Check(args) => args.run(context),
    }
}
