//! Owns what is read out of a file: of each machine, what the reader does not have. Must stay true: all of it is of one
//! moment; no more than one row is held in memory; what is no longer there goes away at the reader, too; whatever somebody
//! wrote into the file spoils nothing but its own source.

use super::Database;
use super::check::check;
use super::shell::Shell;
use super::text::quoted;
use crate::columns::table_of;
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::Op;
use crate::pulled::{Came, EachRow, Pulled, Theirs, machine_of, remove, remove_machines, row_of};
use crate::source::Source;
use crate::versions::VERSION;
use crate::visibility::Visibility;
use cs_core::error::{Error, Result};
use std::collections::BTreeSet;

/// Passes on what brings a reader that has `known`, of an owner's machine each, to what the file has: for each machine
/// `Machine`, what is forgotten, then its sources. Returns the sources whose rows are not those that were sent.
pub fn pull(
    database: &Database,
    known: &[(String, String, Known)],
    each: &mut dyn FnMut(Pulled) -> Result<()>,
) -> Result<Vec<Error>> {
    let mut shell = Shell::start(database)?;
    shell.ask(&format!(".timeout 5000\nbegin;\n{}", check(VERSION)), &mut |_| Ok(()))?;
    let mut machines: Vec<(String, Machine)> = Vec::new();
    let machine = format!("select {} from machine order by owner, machine;", texts(&["owner", "machine", "label"]));
    shell.ask(&machine, &mut |line| {
        if let Some([Some(owner), Some(id), Some(label)]) = fields(line) {
            machines.extend(machine_of(id, label).map(|machine| (owner, machine)));
        }
        Ok(())
    })?;
    let (nothing, mut failures) = (Known::default(), Vec::new());
    for (owner, machine) in &machines {
        let is_this = |(their_owner, id, _): &&(String, String, Known)| (their_owner, id) == (owner, &machine.id);
        let known = known.iter().find(is_this).map_or(&nothing, |(.., known)| known);
        pull_machine(&mut shell, owner, machine, known, each, &mut failures)?;
    }
    remove_machines(&machines, known, each)?;
    shell.end()?;
    Ok(failures)
}

fn pull_machine(
    shell: &mut Shell,
    owner: &str,
    machine: &Machine,
    known: &Known,
    each: &mut dyn FnMut(Pulled) -> Result<()>,
    failures: &mut Vec<Error>,
) -> Result<()> {
    let mut tell = |op: Op| each(Pulled { owner, machine, op });
    tell(Op::Machine(machine))?;
    let forgotten = format!("select {} from forgotten where owner = {};", texts(&["conversation"]), quoted(owner));
    shell.ask(&forgotten, &mut |line| match fields(line) {
        Some([Some(id)]) if !known.forgotten.contains(&id) => tell(Op::Forget(&id)),
        _ => Ok(()),
    })?;
    let all = sources(shell, owner, machine)?;
    let there: BTreeSet<&Source> = all.iter().map(|theirs| &theirs.source).collect();
    let gone = known.sources.keys().filter(|source| !there.contains(source)).collect();
    remove(gone, known, &mut tell)?;
    for theirs in &all {
        let mut came = Came::Whole;
        let mut fetch = |each: &mut EachRow| {
            came = rows(shell, owner, machine, &theirs.source, each)?;
            (came == Came::Whole).then_some(()).ok_or_else(|| theirs.failure(came, owner, machine))
        };
        let brought = theirs.bring(known, &mut fetch, &mut tell);
        match brought {
            Ok(true) => {}
            Err(error) if came == Came::Whole => return Err(error),
            Ok(false) | Err(_) => failures.push(theirs.failure(came, owner, machine)),
        }
    }
    Ok(())
}

fn sources(shell: &mut Shell, owner: &str, machine: &Machine) -> Result<Vec<Theirs>> {
    let mut sources = Vec::new();
    let columns = texts(&["source", "pos", "digest", "stamp", "visibility"]);
    let (owner, machine) = (quoted(owner), quoted(&machine.id));
    let select = format!("select {columns} from cursor where owner = {owner} and machine = {machine} order by source;");
    shell.ask(&select, &mut |line| {
        let Some([Some(name), Some(pos), Some(digest), Some(stamp), Some(word)]) = fields(line) else { return Ok(()) };
        let visibility = Visibility::of_word(&word).unwrap_or(Visibility::Private);
        if let (Some(source), Ok(pos)) = (Source::parse(&name), pos.parse()) {
            sources.push(Theirs { source, held: Held { pos, digest, stamp }, visibility });
        }
        Ok(())
    })?;
    Ok(sources)
}

/// Passes the rows of a source; returns how they came.
fn rows(shell: &mut Shell, owner: &str, machine: &Machine, source: &Source, each: &mut EachRow) -> Result<Came> {
    let table = table_of(source.kind());
    let columns = texts(&["seq", "id", "kind", "at", "project", "agent", "conversation", "body"]);
    let (owner, machine, name) = (quoted(owner), quoted(&machine.id), quoted(&source.to_string()));
    let named = format!("owner = {owner} and machine = {machine} and source = {name}");
    let mut came = Came::Whole;
    shell.ask(&format!("select {columns} from {} where {named} order by seq;", table.word()), &mut |line| {
        came = match line.is_empty() {
            true => Came::TooLong,
            false => came.with(fields(line).and_then(|fields| row_of(table, fields)), each)?,
        };
        Ok(())
    })?;
    Ok(came)
}

/// Columns as texts, as one line of JSON, whatever somebody wrote into them.
fn texts(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("cast({column} as text)")).collect();
    format!("json_array({})", columns.join(", "))
}

/// The texts of a line; `None` if it has others.
fn fields<const N: usize>(line: &[u8]) -> Option<[Option<String>; N]> {
    serde_json::from_slice::<Vec<Option<String>>>(line).ok()?.try_into().ok()
}
