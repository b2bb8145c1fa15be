//! Makes reports of conversations that can be published, and verifies them.
//!
//! Reads: the clients' logs, `kept/`, `marks/`, session records, `config.json`, `redact.toml` and `redact.key`, rules that
//! are named, with `--commits` a repository.
//! Writes: only the named file or folder; in the data directory `redactions/<month>.jsonl`, and `redact.key` if there is
//! none.
//! Exits: 0 done, 1 nothing fits or refused, 64 usage, 65 invalid, 74 disk, 75 busy.

mod args;
mod command;
mod commits;
mod make;
mod output;
mod tables;
mod verify;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use command::Command;
use reports::Mode;
use std::process::ExitCode;

const PROGRAM: &str = "cs-report";

/// Makes reports of conversations: what people asked, what was done, tokens, evidence. Secrets, personal data and what
/// people marked are replaced by placeholders, so that a report can be committed or published.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} prompts --commits main..HEAD -o prompts.md",
    example = "{command_name} actions ca5d --format html -o work.html"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Prompts(args) => make::run(context, Mode::Prompts, args.into()),
        Command::Actions(args) => make::run(context, Mode::Actions, args.into()),
        Command::Full(args) => make::run(context, Mode::Full, args.into()),
        Command::Tokens(args) => make::run(context, Mode::Tokens, args.into()),
        Command::Evidence(args) => make::run(context, Mode::Evidence, args.into()),
        Command::Verify(args) => args.run(context),
    }
}
