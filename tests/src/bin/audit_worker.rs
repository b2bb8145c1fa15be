//! Appends lines to the log of tools, in a process that a test can kill: `audit_worker DATA NOW COMMAND...`, one line for
//! each command.

use audit::{Entry, Input, Kind, Log};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::lock::HOOK_WAIT;
use cs_core::paths::Home;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match work(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("audit_worker: {error}");
            ExitCode::from(74)
        }
    }
}

fn work(words: &[String]) -> Result<()> {
    let [data, now, commands @ ..] = words else { return Err(Error::Invalid("words are missing".into())) };
    let now = clock::parse(now).ok_or_else(|| Error::Invalid("no time".into()))?;
    let home = Home::at(data);
    commands.iter().try_for_each(|command| {
        let input = Input { command: Some(command.clone()), ..Input::default() };
        let entry = Entry { tool: Some("Bash".into()), input: Some(input), ..Entry::new(Kind::Attempt, now) };
        Log::of(&home, HOOK_WAIT).append(entry, now)
    })
}
