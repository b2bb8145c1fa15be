//! Owns showing rules and trying them out.

use argh::{ArgsInfo, FromArgs};
use cli::{Form, Out, Outcome};
use cs_core::paths::Home;
use redaction::Rules;
use serde::Serialize;
use std::path::PathBuf;

/// show the rules, check a file of rules, or try their examples
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "rules", example = "{command_name} list", example = "{command_name} validate team.toml")]
pub struct RulesCommand {
    #[argh(subcommand)]
    command: Command,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
enum Command {
    List(List),
}

/// list all rules in the order in which they are used
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name} --table", example = "{command_name} team.toml -q")]
struct List {
    /// files of rules (default: .claude-sessions/redact.toml, here or in a folder above)
    #[argh(positional)]
    file: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Row<'r> {
    id: &'r str,
    tier: &'static str,
}

impl RulesCommand {
    pub fn run(self, mut out: Out) -> Outcome<()> {
        match self.command {
            Command::List(args) => args.run(&mut out)?,
        }
        out.flush()
    }
}

impl List {
    fn run(self, out: &mut Out) -> Outcome<()> {
        let rules = Rules::load(&Home::from_env()?, &self.file)?;
        let rows: Vec<Row> = rules.all().iter().map(|rule| Row { id: &rule.id, tier: rule.tier.word() }).collect();
        match (out.quiet, out.form) {
            (true, _) => rows.iter().try_for_each(|row| out.line(row.id)),
            (false, Form::Json) => rows.iter().try_for_each(|row| out.json(row)),
            (false, Form::Table) => {
                let cells: Vec<Vec<String>> = rows.iter().map(|row| vec![row.id.into(), row.tier.into()]).collect();
                out.table(&["rule", "tier"], &cells)
            }
        }
    }
}
