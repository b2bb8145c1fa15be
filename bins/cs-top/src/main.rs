//! Shows what is going on now: which conversations need the user, which work, which were left.
//!
//! Reads: `sessions/`, `live/`, `statusline/`, `usage/`, `audit/`, `config.json`, Claude Code's registry of running
//! conversations, and the log of a conversation that is to be read.
//! Writes: nothing; keys that change a session run `cs-session`.
//! Exits: 0 done, 64 usage, 65 corrupt settings, 74 disk or terminal.

mod draw;
mod facts;
mod frame;
mod input;
mod layout;
mod live;
mod once;
mod read;
mod run;
mod view;
mod wake;

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Out, Outcome, found};
use std::io::IsTerminal;
use std::process::ExitCode;

const PROGRAM: &str = "cs-top";

/// Shows the sessions that matter now, live: what needs you first, the longest wait at the top. Press ? for the keys.
#[derive(ArgsInfo, FromArgs)]
#[argh(example = "{command_name}", example = "{command_name} --project api --once")]
struct Args {
    /// only this project, by its short name
    #[argh(option)]
    project: Option<String>,
    /// print what the screen would show, and end; COLUMNS and LINES set the size (default: the terminal's, else 80
    /// columns and as many lines as needed)
    #[argh(switch)]
    once: bool,
}

fn main() -> ExitCode {
    cli::run(PROGRAM, show)
}

fn show(args: Args, out: Out) -> Outcome<()> {
    let mut context = Context::new(out)?;
    if let Some(slug) = args.project.as_ref().filter(|slug| !found::slugs(&context.store).contains(*slug)) {
        return Err(found::no_project(&context.store, slug));
    }
    let view = view::View::new(args.project);
    if args.once {
        return once::print(&mut context, view);
    }
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let hint = format!("{PROGRAM} --once prints one screen");
        return Err(Failure::Usage("standard input and output must be a terminal".into(), Some(hint)));
    }
    live::run(&context, view)
}
