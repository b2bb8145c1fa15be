//! Replaces secrets and personal data in a stream by placeholders; checks files for them; shows the rules.
//!
//! Reads: standard input, or the files that are named, or what is staged in git; files of rules; `redact.key`.
//! Writes: standard output; `redact.key` if there is none; with `--ledger` what was replaced.
//! Exits: 0 done, 1 `check` found something, 64 usage, 65 rules or input that cannot be understood, 74 disk, 75 busy.

mod check;
mod content;
mod files;
mod filter;
mod rules;
mod tools;

use argh::{ArgsInfo, FromArgs};
use cli::{Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-redact";

/// Replaces secrets and personal data by placeholders such as [github-pat:7f3a91c2aa], from standard
/// input to standard output. The same secret has the same placeholder in all files of one key. Rules are
/// files of TOML with the fields of gitleaks, beside those that are built in; see docs/REDACTION.md.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} <app.log >shared.log", example = "{command_name} check --staged")]
struct Args {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    Filter(filter::Filter),
    Check(check::Check),
    Rules(rules::RulesCommand),
}

fn main() -> ExitCode {
    cli::run(PROGRAM, |args: Args, out| work(args.command, out))
}

fn work(command: Command, out: Out) -> Outcome<()> {
    match command {
        Command::Filter(args) => args.run(out),
        Command::Check(args) => args.run(out),
        Command::Rules(args) => args.run(out),
    }
}
