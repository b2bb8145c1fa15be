//! `explain`: how a command line is understood, and why rules apply to it. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use rules::{Explained, Reason};
use serde::Serialize;

/// print which programs a command runs, one a line, with their words and what runs them; below each the rules that apply
/// to it, with their conditions
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ShownReason<'a>>,
}

/// A rule as JSON.
#[derive(Serialize)]
struct ShownReason<'a> {
    rule: &'a str,
    verdict: &'a str,
    severity: u8,
    why: &'a str,
}

impl Explain {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let line = line(&self.command)?;
        let (programs, is_cut) = rules::explain(&line, &crate::own::rules(context));
        if programs.is_empty() && !is_cut {
            return Err(Failure::Nothing("this runs no program, or cannot be understood".into()));
        }
        programs.iter().try_for_each(|program| print(context, program))?;
        if is_cut {
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

fn print(context: &mut Context, program: &Explained) -> Outcome<()> {
    let run = &program.run;
    let words: Vec<&str> = run.words.iter().map(|word| word.text.as_str()).collect();
    if context.out.form == Form::Json {
        let reasons = program.reasons.iter().map(shown).collect();
        return context.out.json(&Shown { words, via: &run.via, reasons });
    }
    let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
    let via = if run.via.is_empty() { String::new() } else { format!("  (by {})", run.via.join(", ")) };
    context.out.line(&format!("{}{}", cli::sanitize(&cli::shell_line(&words)), cli::sanitize(&via)))?;
    program.reasons.iter().try_for_each(|reason| {
        let Reason { rule, kind, severity, why } = reason;
        let line = format!("  {rule} ({}, {severity}): {why}", kind.word());
        context.out.line(&cli::sanitize(&line))
    })
}

fn shown(reason: &Reason) -> ShownReason<'_> {
    let (rule, verdict) = (reason.rule.as_ref(), reason.kind.word());
    ShownReason { rule, verdict, severity: reason.severity, why: &reason.why }
}
