//! `test`: what the rules say about a command line, which is not run, or about a file. Writes nothing.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use rules::{Call, Verdict};
use serde::Serialize;

/// print what the rules say about a command, without running it: 0 if a rule applies, 1 if none does
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "test",
    example = "{command_name} 'rm -rf build && git push --force'",
    example = "{command_name} --tool Edit --path .env"
)]
pub struct Test {
    /// a tool other than a shell; its file is --path
    #[argh(option, arg_name = "name")]
    tool: Option<String>,
    /// the file that another tool than a shell reads or writes
    #[argh(option)]
    path: Vec<String>,
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
        let rules = crate::own::rules(context);
        let (line, subject) = self.line()?;
        let paths = self.path.iter().map(String::as_str).collect();
        let call = Call { command: line.as_deref(), paths, ..Call::default() };
        let verdicts = rules::judge(&call, &rules).verdicts;
        print(context, &verdicts)?;
        context.out.flush()?;
        match verdicts.is_empty() {
            true => Err(Failure::Nothing(format!("no rule applies to {}", cli::sanitize(&subject)))),
            false => Ok(()),
        }
    }

    /// The command line if the tool is a shell, and what is judged for people.
    fn line(&self) -> Outcome<(Option<String>, String)> {
        match (&self.tool, self.path.is_empty()) {
            (_, false) if self.command.is_empty() => Ok((None, self.path.join(", "))),
            (_, false) => Err(Failure::Usage("give either a command or --path, not both".into(), None)),
            (Some(tool), true) if self.command.is_empty() => {
                Err(Failure::Usage(format!("{tool} needs its file: --path FILE"), None))
            }
            (_, true) => crate::explain::line(&self.command).map(|line| (Some(line), "this command".to_string())),
        }
    }
}

fn print(context: &mut Context, verdicts: &[Verdict]) -> Outcome<()> {
    if context.out.quiet || context.out.form == Form::Json {
        return verdicts.iter().try_for_each(|verdict| one(context, verdict));
    }
    let row = |verdict: &Verdict| {
        let (kind, severity) = (verdict.kind.word().to_string(), verdict.severity.to_string());
        vec![verdict.rule.to_string(), kind, severity, verdict.target.clone()]
    };
    let rows: Vec<Vec<String>> = verdicts.iter().map(row).collect();
    if rows.is_empty() { Ok(()) } else { context.out.table(&["rule", "verdict", "severity", "target"], &rows) }
}

fn one(context: &mut Context, verdict: &Verdict) -> Outcome<()> {
    if context.out.quiet {
        return context.out.line(&verdict.rule);
    }
    let (severity, target) = (verdict.severity, verdict.target.as_str());
    context.out.json(&Shown { rule: &verdict.rule, verdict: verdict.kind.word(), severity, target })
}
