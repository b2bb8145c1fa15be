//! Messages between agents in seats, and from people to them. They are stored as files; the recipient's own hooks
//! deliver them.
//!
//! Reads: `agents/`, `live/`, `inbox/`, `config.json`; `send` also the file that it sends.
//! Writes: the named inboxes; `send` a line in `audit/`; `send` takes `waiter.lock` while it hands messages to Codex; `send --urgent` to Codex also the
//! seat and its `.launch`, and `agents/claude-settings.json`. Starts: `send --urgent` tmux, to stop a turn or to replace the
//! client in the pane; `send` Codex, for its queue.
//! Exits: 0 done, 1 not found, refused or failed, 64 usage, 65 invalid, 74 disk, 75 busy, a limit, or not in time.

mod ack;
mod cancel;
mod list;
mod named;
mod recipient;
mod row;
mod send;
mod show;
mod span;
mod wait;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

/// Sends messages to agents and shows them. An agent is named by its id or a part of it, or by its name; me is your own seat. A message is
/// named by its agent and its number, as in agent_20261129T1134_1f0c/m000012; m000012 alone is one in your inbox.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} send builder \"the tests are green, go on\"",
    example = "{command_name} list builder --state queued"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Send(send::Send),
    List(list::List),
    Show(show::Show),
    Ack(ack::Ack),
    Cancel(cancel::Cancel),
}

const PROGRAM: &str = "cs-message";

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Send(args) => args.run(context),
        Command::List(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::Ack(args) => args.run(context),
        Command::Cancel(args) => args.run(context),
    }
}
