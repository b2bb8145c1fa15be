//! What people say about conversations: what is not to be shown, tags, notes, what became of an answer.
//!
//! Reads: the clients' logs, `kept/`, session records, `marks/`, `redact.key`, git's configuration. Writes: `marks/`, and
//! `redact.key` if there is none.
//! Exits: 0 done, 1 nothing or not found, or with `verify` something is wrong, 64 usage, 65 invalid, 74 disk, 75 busy.

mod entry;
mod extent;
mod keep;
mod label;
mod list;
mod log;
mod redact;
mod shown;
mod undo;
mod verify;
mod which;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-mark";

/// What people say about conversations: what is not to be shown, tags, notes, and what became of an
/// answer. A mark is only added: undo adds one, too. No text of the conversation is stored. Who
/// says it is CS_ACTOR, else git's user.email, else user@host: a name, and no proof.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} redact ca5d turn:3 --words 4..6 --reason \"a customer's name\"",
    example = "{command_name} tag ca5d incident"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Redact(redact::Redact),
    Keep(keep::Keep),
    Tag(label::Tag),
    Untag(label::Untag),
    Note(label::Note),
    Disposition(label::Disposition),
    Undo(undo::Undo),
    List(list::List),
    Log(log::Log),
    Verify(verify::Verify),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Redact(args) => args.run(context),
        Command::Keep(args) => args.run(context),
        Command::Tag(args) => args.run(context),
        Command::Untag(args) => args.run(context),
        Command::Note(args) => args.run(context),
        Command::Disposition(args) => args.run(context),
        Command::Undo(args) => args.run(context),
        Command::List(args) => args.run(context),
        Command::Log(args) => args.run(context),
        Command::Verify(args) => args.run(context),
    }
}
