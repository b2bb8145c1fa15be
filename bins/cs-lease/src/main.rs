//! Claims on paths of a project, for agents and people that work side by side.
//!
//! Reads: `leases/`, `agents/`, `live/`, `config.json`, and which processes run. Writes: `leases/`, a message in
//! `inbox/` to an agent that lost a lease, a line in `audit/` for each lease that is taken, given back or lost; it
//! registers the project.
//! Exits: 0 done, 1 taken, not found or not yours, 64 usage, 65 invalid, 74 disk, 75 busy, or still taken after `--wait`;
//! `run` exits with the code of its command.

mod acquire;
mod asker;
mod check;
mod list;
mod log;
mod release;
mod renew;
mod run;
mod shown;
mod tell;
mod wait;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-lease";

/// Claims paths of the project, so that agents and people who work side by side keep out of each
/// other's way. A lease ends when it expires, when it is released, or when its owner ends: an
/// agent's client, a person's shell. It prevents no program from writing: those who work ask first.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} acquire src/login --for 30m --reason \"new login\"",
    example = "{command_name} run db -- make migrate"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Acquire(acquire::Acquire),
    Renew(renew::Renew),
    Release(release::Release),
    List(list::List),
    Check(check::Check),
    Run(run::Run),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Acquire(args) => args.run(context),
        Command::Renew(args) => args.run(context),
        Command::Release(args) => args.run(context),
        Command::List(args) => args.run(context),
        Command::Check(args) => args.run(context),
        Command::Run(args) => args.run(context),
    }
}
