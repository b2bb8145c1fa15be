//! How much of the account's limits is used, how fast, and whether it lasts: windows, budgets, planned starts.
//!
//! Reads: `limits/`, `config.json`; for `budgets` `usage/days.json` and `statusline/`; for `bar` `live/` and the records
//! of conversations that run.
//! Writes: nothing.
//! Exits: 0 done, 1 nothing is known, or `check` says no, 64 usage, 65 invalid settings (after its work), 74 disk;
//! `bar` 0.

mod bar;
mod budgets;
mod check;
mod history;
mod known;
mod now;
mod plan;
mod timeline;
mod year;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-limits";

/// Shows how much of the account's limits is used, how fast, and whether it lasts until the reset. Every percentage is
/// one that Claude Code or Codex reported; nothing is guessed from tokens. Tokens and dollars of a five-hour window are
/// in cs-usage blocks.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} history --since 7d")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Now(now::Now),
    History(history::History),
    Timeline(timeline::Timeline),
    Plan(plan::Plan),
    Check(check::Check),
    Year(year::Year),
    Budgets(budgets::Budgets),
    Bar(bar::Bar),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let command = match command {
        // It shows nothing where nothing can be read.
        Command::Bar(args) => return args.run(out),
        other => other,
    };
    let context = &mut Context::new(out)?;
    match command {
        Command::Now(args) => args.run(context),
        Command::History(args) => args.run(context),
        Command::Timeline(args) => args.run(context),
        Command::Plan(args) => args.run(context),
        Command::Check(args) => args.run(context),
        Command::Year(args) => args.run(context),
        Command::Budgets(args) => args.run(context),
        Command::Bar(_) => Ok(()),
    }
}
