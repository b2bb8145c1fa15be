//! Tells a chat what goes on, and takes answers from it. The only program of this suite that uses the network, and only by
//! running curl, which reads the token from its standard input.
//!
//! Reads: `config.json` (group `chat`), the file with the bot's token, rules and marks of redaction, and, by the programs
//! that own them, sessions, agents, limits and usage; with `notify`, an event on standard input.
//! Writes: `chat/`; with `setup`, the file with the token and the groups `chat` and `notify` of `config.json`; all else by
//! the other programs.
//! Exits: 0 done, 1 the server refuses or cannot be reached, 64 usage, 65 invalid settings, token or event, 74 disk, 75
//! busy: another process or machine reads the bot's messages.

mod act;
mod bot;
mod curl;
mod desk;
mod failed;
mod last;
mod leaving;
mod mirror;
mod notify;
mod poll;
mod program;
mod receipts;
mod reply;
mod run;
mod secret;
mod settle;
mod setup;
mod status;
mod test;
mod topics;
mod typing;
mod who;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-chat";

/// Tells a chat in Telegram what needs you, and takes your answers from there. Secrets are replaced before anything
/// leaves; only the people and chats that you allow are heard. It uses the network by curl only.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} setup", example = "{command_name} status")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Setup(setup::Setup),
    Test(test::Test),
    Status(status::Status),
    Notify(notify::Notify),
    Poll(poll::Poll),
    Run(run::Run),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Setup(setup) => setup.run(context),
        Command::Test(test) => test.run(context),
        Command::Status(status) => status.run(context),
        Command::Notify(notify) => notify.run(context),
        Command::Poll(poll) => poll.run(context),
        Command::Run(run) => run.run(context),
    }
}
