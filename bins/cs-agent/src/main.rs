//! Agents in seats: places with a name, an inbox, a terminal in tmux and a parent.
//!
//! Reads: `agents/`, `sessions/`, `live/`, `inbox/`, `config.json`; whether Claude Code trusts a folder.
//! Writes: the named seats, the session of an agent that it starts, `agents/claude-settings.json`; `kill` also `inbox/`.
//! Starts: tmux, and in it the client; `attach` becomes tmux.
//! Exits: 0 done, 1 not found or refused, 64 usage, 65 invalid, 74 disk, 75 busy, or not confirmed in time.

mod attach;
mod children;
mod interrupt;
mod list;
mod name;
mod row;
mod view;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

/// Starts agents in seats and controls them. A seat is a place in tmux with a name, an inbox and a parent. AGENT is an
/// agent's id or a unique part of it, a name, a session's id, or claude:UUID; without it a command acts on the seat that
/// runs it.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} name 1f0c builder", example = "{command_name} interrupt builder")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    List(list::List),
    Children(children::Children),
    Attach(attach::Attach),
    Name(name::Name),
    Interrupt(interrupt::Interrupt),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

const PROGRAM: &str = "cs-agent";

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::List(args) => args.run(context),
        Command::Children(args) => args.run(context),
        Command::Attach(args) => args.run(context),
        Command::Name(args) => args.run(context),
        Command::Interrupt(args) => args.run(context),
    }
}
