//! Reports tokens and money by day, week, month, session, project, repository, model and five-hour window.
//!
//! Reads: the agents' logs (`~/.claude/projects`, `~/.codex/sessions`), `stats-cache.json` and
//! `settings.json` of Claude Code, `config.json`, `usage/`; records for `session --join` and `keep`; with `--also`
//! folders of other machines, and `machine.json`.
//! Writes: `usage/cache/`, lines in `limits/` for what Codex's logs tell, and, with `keep`, `usage/<uuid>.json` and
//! `usage/days.json`. Logs are only read.
//! Exits: 0 done, 1 nothing matched or (keep --check) summaries missing, 64 usage, 65 invalid, 74 disk, 75 busy.

mod account;
mod accounts;
mod blocks;
mod check;
mod command;
mod elsewhere;
mod explain;
mod join;
mod keep;
mod load;
mod options;
mod output;
mod part;
mod periods;
mod readings;
mod records;
mod row;
mod table;
mod titles;
mod which;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use command::Command;
use options::Options;
use std::path::PathBuf;
use std::process::ExitCode;
use usage::report::By;

/// Shows how many tokens conversations used and what they cost, from the agents' own logs. Every call of a model counts
/// once, days are local, prices are list prices; a cost without a known price is shown as unknown.
#[derive(ArgsInfo, FromArgs)]
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
        Command::Daily(args) => periods::run(By::Day, &also(args.also.clone(), args), context),
        Command::Weekly(args) => periods::run(By::Week, &also(args.also.clone(), args), context),
        Command::Monthly(args) => periods::run(By::Month, &also(args.also.clone(), args), context),
        Command::Session(args) => by_session(args, context),
        Command::Project(args) => periods::run(By::Project, &also(args.also.clone(), args), context),
        Command::Repo(args) => periods::run(By::Repo, &args.into(), context),
        Command::Model(args) => periods::run(By::Model, &also(args.also.clone(), args), context),
        Command::Blocks(args) => blocks::run(&args.into(), context),
        Command::Explain(args) => args.run(context),
        Command::Keep(args) => args.run(context),
    }
}

/// The options of a report that shows other machines, too.
fn also(also: Vec<PathBuf>, args: impl Into<Options>) -> Options {
    Options { also, ..args.into() }
}

fn by_session(args: command::Session, context: &mut Context) -> Outcome<()> {
    let (is_joined, issue) = (args.join, args.issue.clone());
    let options = Options { issue, ..args.into() };
    if is_joined { join::run(&options, context) } else { periods::run(By::Session, &options, context) }
}
