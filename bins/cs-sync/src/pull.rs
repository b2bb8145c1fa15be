//! `pull`: reads what all machines have sent, as far as this person may see it.

use crate::choice::{self, Named};
use crate::settings;
use crate::target::Target;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Outcome};
use cs_core::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use sync::{Op, Pulled, Row, Source, Table};

mod folders;

/// read what all machines have sent to a database, as far as you may see it: rows as lines of JSON; or into a folder for
/// each machine, which --also of cs-serve, cs-session and cs-usage shows
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "pull",
    note = "Without a target, that of the group sync in config.json. Into a folder, only what is new is read.",
    example = "{command_name} --sqlite all.db --into ~/team",
    example = "{command_name} --psql service=team --json | jq -r .project | sort | uniq -c"
)]
pub struct Pull {
    /// from the database that psql reaches with these arguments
    #[argh(option, arg_name = "arguments")]
    psql: Option<String>,
    /// from this file of SQLite
    #[argh(option)]
    sqlite: Option<PathBuf>,
    /// write a folder for each machine into this folder
    #[argh(option)]
    into: Option<PathBuf>,
}

impl Pull {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let (_, settings) = settings::read(context);
        let named = Named { psql: self.psql, sqlite: self.sqlite, into: None };
        let target = named.or_set(&settings)?.ok_or_else(choice::none)?;
        match self.into {
            Some(dir) => folders::fill(context, &target, &dir),
            None if context.out.form == Form::Table => overview(context, &target),
            None => lines(context, &target),
        }
    }
}

/// What comes before the fields of a row.
#[derive(Serialize)]
struct Place<'p> {
    owner: &'p str,
    machine: &'p str,
    source: String,
    seq: u64,
}

/// The line of a row: its place, then its own fields.
fn line(owner: &str, machine: &str, source: &Source, seq: u64, row: &Row) -> Vec<u8> {
    let place = Place { owner, machine, source: source.to_string(), seq };
    let mut line = serde_json::to_vec(&place).unwrap_or_default();
    line.pop();
    line.push(b',');
    line.extend(row.line().into_iter().skip(1));
    line.push(b'\n');
    line
}

/// Prints every row.
fn lines(context: &mut Context, target: &Target) -> Outcome<()> {
    let mut broken = None;
    let out = &mut context.out;
    let pulled = target.pull(&[], &mut |pulled| {
        let Pulled { owner, machine, op } = pulled;
        let Op::Row(source, seq, row) = op else { return Ok(()) };
        out.bytes(&line(owner, &machine.id, source, seq, row)).map_err(|failure| stop(&mut broken, failure))
    });
    let failed = match broken {
        Some(failure) => return Err(failure),
        None => pulled?,
    };
    context.out.flush()?;
    report(failed)
}

/// Reports what could not be read.
fn report(errors: Vec<Error>) -> Outcome<()> {
    let mut failures = Failures::default();
    errors.into_iter().try_for_each(|error| failures.report(error))?;
    failures.end()
}

/// Keeps a failure of the output, and ends the reading.
fn stop(broken: &mut Option<Failure>, failure: Failure) -> Error {
    *broken = Some(failure);
    Error::Refused("the output cannot be written".into())
}

/// Prints a line for each machine: how much of it is there.
fn overview(context: &mut Context, target: &Target) -> Outcome<()> {
    let mut machines: BTreeMap<(String, String), (String, BTreeMap<Table, u64>)> = BTreeMap::new();
    let failed = target.pull(&[], &mut |pulled: Pulled| -> Result<()> {
        let Pulled { owner, machine, op } = pulled;
        let (name, rows) = machines.entry((owner.to_string(), machine.id.clone())).or_default();
        *name = machine.name().to_string();
        if let Op::Row(_, _, row) = op {
            *rows.entry(row.table).or_default() += 1;
        }
        Ok(())
    })?;
    let count = |rows: &BTreeMap<Table, u64>, table| render::format_number(rows.get(&table).copied().unwrap_or(0));
    let rows: Vec<Vec<String>> = machines
        .into_iter()
        .map(|((owner, _), (name, rows))| {
            let [sessions, talks, entries] =
                [Table::Record, Table::Conversation, Table::Entry].map(|table| count(&rows, table));
            vec![owner, name, sessions, talks, entries]
        })
        .collect();
    match rows.is_empty() {
        true => context.out.line("nothing was sent there that you may see")?,
        false => context.out.table(&["person", "machine", "sessions", "conversations", "entries"], &rows)?,
    }
    context.out.flush()?;
    report(failed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_place_and_the_row() {
        let row = Row::parse(br#"{"table":"mark","id":"m1","body":{"n":1.10,"n":2}}"#).unwrap();
        let source = Source::parse("mark/3c93296d-fab9-4844-ac62-7f673c1f02cc").unwrap();
        assert_eq!(
            String::from_utf8(line("ada", "0123456789abcdef", &source, 7, &row)).unwrap(),
            "{\"owner\":\"ada\",\"machine\":\"0123456789abcdef\",\"source\":\"mark/3c93296d-fab9-4844-ac62-7f673c1f02cc\",\"seq\":7,\"table\":\"mark\",\"id\":\"m1\",\"body\":{\"n\":1.10,\"n\":2}}\n"
        );
    }
}
