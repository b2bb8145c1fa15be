//! Agents in seats: places with a name, an inbox, a terminal in tmux and a parent.
//!
//! Reads: `agents/`, `sessions/`, `live/`, `inbox/`, `leases/`, `usage/`, `statusline/`, `config.json`, the agents' logs;
//! whether Claude Code trusts a folder.
//! Writes: the named seats, the session of an agent that it starts, `agents/claude-settings.json`; `kill` also `inbox/`.
//! Starts: tmux, and in it the client; `attach` becomes tmux; `what` starts `agents.summary_command`, and cs-message if it
//! is to ask.
//! Exits: 0 done, 1 not found or refused, 64 usage, 65 invalid, 74 disk, 75 busy, or not confirmed in time.

mod alone;
mod ask;
mod attach;
mod children;
mod clear;
mod exec_client;
mod fork;
mod interrupt;
mod kill;
mod list;
mod me;
mod name;
mod new;
mod options;
mod others;
mod output;
mod present;
mod prompt;
mod restore;
mod row;
mod spawn;
mod status;
mod summary;
mod view;
mod wait;
mod watch;
mod what;
mod who;

use argh::{ArgsInfo, FromArgs};
use cli::seat::start::EXEC_CLIENT;
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

/// Starts agents in seats and controls them. A seat is a place in tmux with a name, an inbox and a parent. AGENT is an
/// agent's id or a unique part of it, a name, me, a session's id, or claude:UUID; without it a command acts on the seat that
/// runs it.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} spawn --name builder \"build the login page\"",
    example = "{command_name} attach builder"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, and the parser cannot make boxes")]
enum Command {
    List(list::List),
    Children(children::Children),
    Spawn(spawn::Spawn),
    New(new::New),
    Who(who::Who),
    Others(others::Others),
    Alone(alone::Alone),
    Me(me::Me),
    Status(status::Status),
    Output(output::Output),
    What(what::What),
    Wait(wait::Wait),
    Attach(attach::Attach),
    Name(name::Name),
    Interrupt(interrupt::Interrupt),
    Clear(clear::Clear),
    Kill(kill::Kill),
    Fork(fork::Fork),
    Restore(restore::Restore),
}

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == EXEC_CLIENT) {
        let rest: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
        return cli::run_plain(PROGRAM, |_| exec_client::run(&rest));
    }
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

const PROGRAM: &str = "cs-agent";

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::List(args) => args.run(context),
        Command::Children(args) => args.run(context),
        Command::Spawn(args) => args.run(context),
        Command::New(args) => args.run(context),
        Command::Who(args) => args.run(context),
        Command::Others(args) => args.run(context),
        Command::Alone(args) => args.run(context),
        Command::Me(args) => args.run(context),
        Command::Status(args) => args.run(context),
        Command::Output(args) => args.run(context),
        Command::What(args) => args.run(context),
        Command::Wait(args) => args.run(context),
        Command::Attach(args) => args.run(context),
        Command::Name(args) => args.run(context),
        Command::Interrupt(args) => args.run(context),
        Command::Clear(args) => args.run(context),
        Command::Kill(args) => args.run(context),
        Command::Fork(args) => args.run(context),
        Command::Restore(args) => args.run(context),
    }
}
