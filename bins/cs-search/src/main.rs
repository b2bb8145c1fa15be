//! Finds what was said in conversations.
//!
//! Reads: the clients' logs, `kept/`, session records. Writes: nothing.
//! Exits: 0 found, 1 nothing found, 64 usage, 65 invalid, 74 disk.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome};
use std::process::ExitCode;

const PROGRAM: &str = "cs-search";

/// Finds what was said in conversations of all agents.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name} retry", example = "{command_name} -q \"rate limit\" --since 30d")]
struct Args {
    /// the words; all of them stand in one entry
    #[argh(positional)]
    words: Vec<String>,
}

fn main() -> ExitCode {
    cli::run(PROGRAM, work)
}

fn work(args: Args, out: Out) -> Outcome<()> {
    let _context = &mut Context::new(out)?;
    Err(Failure::Nothing(format!("nothing has {:?}", args.words)))
}
