//! `test`: what the rules say about a command line, which is not run. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Outcome};
use rules::{Call, Rules, Verdict};
use serde::Serialize;

/// print what the rules say about a command, without running it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "test",
    example = "{command_name} 'rm -rf build && git push --force'",
    example = "{command_name} -- git reset --hard"
)]
pub struct Test {
    /// the command line; several words are one
    #[argh(positional, greedy)]
    command: Vec<String>,
}

/// A verdict as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    rule: &'a str,
    verdict: &'a str,
    severity: u8,
    target: &'a str,
}

impl Test {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let line = crate::explain::line(&self.command)?;
        let judged = rules::judge(&Call::shell(&line), &Rules::with(Vec::new()));
        for verdict in &judged.verdicts {
            print(context, verdict)?;
        }
        context.out.flush()
    }
}

fn print(context: &mut Context, verdict: &Verdict) -> Outcome<()> {
    let shown = Shown {
        rule: &verdict.rule,
        verdict: verdict.kind.word(),
        severity: verdict.severity,
        target: &verdict.target,
    };
    match context.out.form {
        _ if context.out.quiet => context.out.line(shown.rule),
        Form::Json => context.out.json(&shown),
        Form::Table => {
            let target = cli::sanitize(shown.target);
            context.out.line(&format!("{} ({}, {}): {target}", shown.rule, shown.verdict, shown.severity))
        }
    }
}
