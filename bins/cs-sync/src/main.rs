//! Shares what was recorded on several machines, through a database or a folder.
//!
//! Reads: conversations, session records, `marks/`, `usage/days.json`, `limits/`, `audit/`, `config.json`, `machine.json`,
//! `sync/`. Writes: `machine.json`, `sync/`, `redactions/`, a folder that `--into` names, and SQL for `psql` and `sqlite3`, which it starts
//! if it is to.
//! Exits: 0 done, 1 nothing, not found, or something was left out, 64 usage, 65 invalid, 74 disk, 75 busy.

mod choice;
mod exposed;
mod forget;
mod label;
mod look;
mod noted;
mod own;
mod pull;
mod push;
mod restored;
mod schema;
mod seers;
mod settings;
mod status;
mod summary;
mod target;
mod twice;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-sync";

/// Shares what was recorded on several machines: in a PostgreSQL database, which psql reaches, in a
/// file of SQLite, or in a folder that other programs carry. Secrets and personal data are replaced
/// before anything leaves; only you and reviewers see it, unless you share a project with the team.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} push --sql sqlite | sqlite3 all.db", example = "{command_name} status")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Push(push::Push),
    Pull(pull::Pull),
    Status(status::Status),
    Forget(forget::Forget),
    Label(label::Label),
    Schema(schema::Schema),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    let context = &mut Context::new(out)?;
    match command {
        Command::Push(args) => args.run(context),
        Command::Pull(args) => args.run(context),
        Command::Status(args) => args.run(context),
        Command::Forget(args) => args.run(context),
        Command::Label(args) => args.run(context),
        Command::Schema(args) => args.run(context),
    }
}
