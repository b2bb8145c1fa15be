//! Tokens and money: by day, week, month, session, project, repository, model and five-hour window.
//!
//! Reads: the agents' logs (`~/.claude/projects`, `~/.codex/sessions`), `stats-cache.json` and
//! `settings.json` of Claude Code, `config.json`, `usage/`; records for `session --join` and `keep`.
//! Writes: `usage/cache/` (a cache) and, with `keep`, `usage/<uuid>.json` and `usage/days.json`. Logs are only ever read.
//! Exits: 0 done, 1 nothing matched or (keep --check) not all is kept, 64 usage, 65 invalid, 74 disk, 75 busy.

mod blocks;
mod check;
mod command;
mod explain;
mod join;
mod keep;
mod load;
mod periods;
mod records;
mod render;
mod titles;
mod which;

use argh::FromArgs;
use cli::{Context, Out, Outcome};
use command::Command;
use std::process::ExitCode;

/// Tells what the conversations used, from the agents' own logs. Every call of a model counts once,
/// days are local, prices are list prices; what has no known price is shown as unknown.
#[derive(FromArgs)]
#[argh(
    example = "{command_name} daily --since 7d --breakdown",
    example = "{command_name} session --project api --join"
)]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

const PROGRAM: &str = "cs-usage";

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Periods(by, options) => periods::run(by, &options, context),
        Command::Blocks(options) => blocks::run(&options, context),
        Command::Explain(args) => args.run(context),
        Command::Keep(args) => args.run(context),
    }
}
