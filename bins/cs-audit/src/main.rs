//! What tools did. As a hook it logs each call of a tool; as a command it answers questions about the log.
//!
//! Reads: `audit/`, `live/`, `config.json`, session records, transcripts; as a hook or with `-` standard input. Writes: `audit/`.
//! Exits: as a hook always 0; else 0 done, 1 the log is not as it was written, or nothing was found, 64 usage, 65
//! invalid, 74 disk, 75 busy.

mod explain;
mod head;
mod hook;
mod judge;
mod list;
mod own;
mod report;
mod rules_list;
mod show;
mod shown;
mod test;
mod verify;
mod wanted;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::io::IsTerminal;
use std::process::ExitCode;

const PROGRAM: &str = "cs-audit";

/// Shows what tools did: each call of a tool in a conversation is one line of a log, with what a
/// person should know about it. The lines are chained by hashes, so that a change to a part of the
/// log shows; whoever can write the files can still replace all of them.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} list --verdict destructive --since 7d",
    example = "{command_name} verify",
    example = "{command_name} test -- git push --force"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Report(report::Report),
    Verify(verify::Verify),
    Head(head::Head),
    Test(test::Test),
    Judge(judge::Judge),
    Explain(explain::Explain),
    Rules(rules_list::List),
}

fn main() -> ExitCode {
    // Decided first: an agent may wait for it.
    if std::env::args_os().len() < 2 && !std::io::stdin().is_terminal() {
        hook::run();
        return ExitCode::SUCCESS;
    }
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::List(args) => args.run(context),
        Command::Show(args) => args.run(context),
        Command::Report(args) => args.run(context),
        Command::Verify(args) => args.run(context),
        Command::Head(args) => args.run(context),
        Command::Test(args) => args.run(context),
        Command::Judge(args) => args.run(context),
        Command::Explain(args) => args.run(context),
        Command::Rules(args) => args.run(context),
    }
}
