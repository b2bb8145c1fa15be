//! Runs the other programs by short names: `cs WORD …` becomes `cs-WORD …`, or what the table of aliases says.
//!
//! Reads: its own folder and PATH. Writes: nothing.
//! Exits: with the code of the program that it becomes; 1 if that is missing, 64 unknown word, 74 if it cannot be run.

mod alias;
mod complete;
mod completions;
mod find;
mod help;
mod man;
mod map;
mod offer;
mod roff;
mod route;

use cli::{Out, Outcome};
use route::Route;
use std::process::ExitCode;

const PROGRAM: &str = "cs";

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let route = route::of(&words);
    // First of all, so that the other program inherits nothing from this one.
    let failed = if let Route::Program(path, words) = &route { Some(find::become_program(path, words)) } else { None };
    cli::run_plain(PROGRAM, |out| failed.map_or_else(|| work(&route, out), |error| Err(error.into())))
}

fn work(route: &Route, mut out: Out) -> Outcome<()> {
    match route {
        Route::Program(..) => {}
        Route::Version => out.line(&format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")))?,
        Route::Help => out.text(&help::text())?,
        Route::Completions(shell) => out.text(&completions::script(shell.as_deref())?)?,
        Route::Man(program) => out.text(&man::page(program.as_deref())?)?,
        Route::Complete(words) => completions::lines(words).iter().try_for_each(|line| out.line(line))?,
        Route::Unknown(word) => return Err(help::unknown(word)),
        Route::Missing(program) => return Err(help::missing(program)),
    }
    out.flush()
}
