//! How much of the account's limits is used, how fast, and whether it lasts: windows, budgets, planned starts.
//!
//! Reads: `limits/`, `config.json`; for `budgets` `usage/days.json` and `statusline/`; for `bar`
//! `live/` and the records of conversations that run; for `now` which folders of clients have `limits/` of their own.
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
    cli::run(PROGRAM, |args: Args, out| args.command.run(out))
}

impl Command {
    fn run(self, out: Out) -> Outcome<()> {
        match self {
            // It shows nothing where nothing can be read.
            Command::Bar(args) => args.run(out),
            Command::Now(args) => args.run(&mut Context::new(out)?),
            Command::History(args) => args.run(&mut Context::new(out)?),
            Command::Timeline(args) => args.run(&mut Context::new(out)?),
            Command::Plan(args) => args.run(&mut Context::new(out)?),
            Command::Check(args) => args.run(&mut Context::new(out)?),
            Command::Year(args) => args.run(&mut Context::new(out)?),
            Command::Budgets(args) => args.run(&mut Context::new(out)?),
        }
    }
}
