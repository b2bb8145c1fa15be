//! `explain`: how a command line is understood. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::shell::{self, Run};
use serde::Serialize;

/// print which programs a command runs, one a line, with their words and what runs them
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} \"sudo sh -c 'cd a && rm -rf b'\"",
    example = "{command_name} -- env A=1 make test"
)]
pub struct Explain {
    /// the command line; several words are one
    #[argh(positional, greedy)]
    command: Vec<String>,
}

/// A program as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    words: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    via: &'a [String],
}

impl Explain {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let found = shell::runs(&line(&self.command)?);
        for run in &found.runs {
            print(context, run)?;
        }
        if found.is_cut {
            cli::note(crate::PROGRAM, "the command is too long or too deeply nested: the rest was not read");
        }
        context.out.flush()
    }
}

/// The command line that the words are.
pub fn line(words: &[String]) -> Outcome<String> {
    match words {
        [] => Err(Failure::Usage("no command was given; write it behind --".into(), None)),
        [line] => Ok(line.clone()),
        words => Ok(cli::shell_line(words)),
    }
}

fn print(context: &mut Context, run: &Run) -> Outcome<()> {
    let words: Vec<&str> = run.words.iter().map(|word| word.text.as_str()).collect();
    match context.out.form {
        Form::Json => context.out.json(&Shown { words, via: &run.via }),
        Form::Table => {
            let via = if run.via.is_empty() { String::new() } else { format!("  (by {})", run.via.join(", ")) };
            let words: Vec<String> = words.iter().map(|word| cli::quote_word(&cli::sanitize(word))).collect();
            context.out.line(&format!("{}{via}", words.join(" ")))
        }
    }
}
