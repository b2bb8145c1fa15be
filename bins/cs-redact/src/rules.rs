//! Owns showing rules, checking a file of them, and trying their examples.

use crate::PROGRAM;
use argh::{ArgsInfo, FromArgs};
use cli::{Failure, Form, Out, Outcome, note};
use cs_core::paths::Home;
use redaction::{Rule, Rules};
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
    Validate(Validate),
    Test(Test),
}

/// list all rules in the order in which they are used
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name} --table", example = "{command_name} team.toml -q")]
struct List {
    /// files of rules (default: .claude-sessions/redact.toml, here or in a folder above)
    #[argh(positional)]
    file: Vec<PathBuf>,
}

/// check that a file of rules is understood: 65 if not. --convert prints a list of rules of another kind (YAML or JSON
/// with id, type and pattern) as a file of rules
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "validate",
    example = "{command_name} team.toml",
    example = "{command_name} --convert list.yaml"
)]
struct Validate {
    /// the file (default: those that are found)
    #[argh(positional)]
    file: Option<PathBuf>,
    /// print the rules of another list as a file of rules
    #[argh(switch)]
    convert: bool,
}

/// try the examples of rules: 1 if a rule does not find its own
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "test", example = "{command_name}", example = "{command_name} team.toml")]
struct Test {
    /// the file (default: those that are found)
    #[argh(positional)]
    file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Row<'r> {
    id: &'r str,
    tier: &'static str,
    enabled: bool,
    origin: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'r str,
}

#[derive(Serialize)]
struct Tried<'r> {
    rule: &'r str,
    example: usize,
    found: bool,
    found_by: &'r [String],
}

impl RulesCommand {
    pub fn run(self, mut out: Out) -> Outcome<()> {
        let done = match self.command {
            Command::List(args) => args.run(&mut out),
            Command::Validate(args) => args.run(&mut out),
            Command::Test(args) => args.run(&mut out),
        };
        out.flush().and(done)
    }
}

/// The rules of a file, else those that are found.
fn rules_of(file: Option<&PathBuf>) -> Outcome<Rules> {
    match file {
        Some(path) => Ok(Rules::of_file(path)?),
        None => Ok(Rules::load(&Home::from_env()?, &[])?),
    }
}

/// Where a rule stands.
fn origin(rule: &Rule) -> String {
    rule.origin.as_ref().map_or_else(|| "built-in".into(), |(path, line)| format!("{}:{line}", path.display()))
}

impl List {
    fn run(self, out: &mut Out) -> Outcome<()> {
        let rules = Rules::load(&Home::from_env()?, &self.file)?;
        let mut rows = rules.all().iter().map(|rule| Row {
            id: &rule.id,
            tier: rule.tier.word(),
            enabled: rule.enabled,
            origin: origin(rule),
            description: &rule.description,
        });
        match (out.quiet, out.form) {
            (true, _) => rows.filter(|row| row.enabled).try_for_each(|row| out.line(row.id)),
            (false, Form::Json) => rows.try_for_each(|row| out.json(&row)),
            (false, Form::Table) => {
                let tier = |row: &Row| if row.enabled { row.tier.to_string() } else { "off".into() };
                let cells: Vec<Vec<String>> =
                    rows.map(|row| vec![row.id.into(), tier(&row), row.origin, row.description.into()]).collect();
                out.table(&["rule", "tier", "origin", "description"], &cells)
            }
        }
    }
}

#[derive(Serialize)]
struct Valid<'v> {
    rules: usize,
    built_in: usize,
    digest: &'v str,
    remarks: &'v [String],
}

impl Validate {
    fn run(self, out: &mut Out) -> Outcome<()> {
        if self.convert {
            let text = "--convert needs the file of the other list".to_string();
            let file = self.file.ok_or(Failure::Usage(text, Some(cli::see("cs-redact rules validate"))))?;
            return out.text(&Rules::convert(&file)?);
        }
        let rules = rules_of(self.file.as_ref())?;
        let (built_in, own): (Vec<&Rule>, Vec<&Rule>) = rules.all().iter().partition(|rule| rule.is_builtin());
        let (built_in, own) = (built_in.len(), own.len());
        match (out.quiet, out.form) {
            (true, _) => Ok(()),
            (false, Form::Json) => {
                out.json(&Valid { rules: own, built_in, digest: rules.digest(), remarks: rules.remarks() })
            }
            (false, Form::Table) => {
                rules.remarks().iter().for_each(|remark| note(PROGRAM, remark));
                let own = render::format_quantity(own as u64, "rule");
                out.line(&format!("{own}, and {built_in} that are built in; digest {}", rules.digest()))
            }
        }
    }
}

impl Test {
    fn run(self, out: &mut Out) -> Outcome<()> {
        let rules = rules_of(self.file.as_ref())?;
        let tested = rules.test()?;
        let missed = tested.iter().filter(|one| !one.is_found()).count() as u64;
        let mut rows = tested.iter().map(|one| Tried {
            rule: &one.rule,
            example: one.number,
            found: one.is_found(),
            found_by: &one.found_by,
        });
        match (out.quiet, out.form) {
            (true, _) => rows.filter(|row| !row.found).try_for_each(|row| out.line(row.rule))?,
            (false, Form::Json) => rows.try_for_each(|row| out.json(&row))?,
            (false, Form::Table) => {
                let word = |found: bool| if found { "found" } else { "not found" };
                let cells: Vec<Vec<String>> =
                    rows.map(|row| vec![row.rule.into(), row.example.to_string(), word(row.found).into()]).collect();
                out.table(&["rule", "example", "result"], &cells)?;
            }
        }
        match missed {
            0 => Ok(()),
            missed => {
                let examples = render::format_quantity(missed, "example");
                Err(Failure::Advised(
                    format!("{examples} not found by the rule"),
                    "see the rule's regex and keywords".into(),
                ))
            }
        }
    }
}
