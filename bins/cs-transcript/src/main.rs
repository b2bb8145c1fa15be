//! Conversations of all agents, read in one model.
//!
//! Reads: `kept/`, `live/`, session records, the clients' logs. Writes: nothing.
//! Exits: 0 done, 1 not found, 64 usage, 65 invalid, 74 disk, 75 busy.

mod check;
mod chosen;
mod entry;
mod list;
mod path_of;
mod show;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-transcript";

/// Conversations of all agents, read in one model.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} show ca5d --kinds prompt", example = "{command_name} list --project api")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Entry(entry::Entry),
    PathOf(path_of::PathOf),
    Check(check::Check),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::List(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::Entry(args) => args.run(context),
        Command::PathOf(args) => args.run(context),
        Command::Check(args) => args.run(context),
    }
}
