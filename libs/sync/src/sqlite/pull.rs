//! Owns what is read out of a file: of each machine, what the reader does not have. Must stay true: all of it is of one
//! moment; no more than one row is held in memory; what is there no longer goes away at the reader, too.

use super::Database;
use super::check::check;
use super::session::read;
use super::shell::Shell;
use super::text::quoted;
use crate::columns::table_of;
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::{Op, Visibility};
use crate::pulled::{EachRow, Pulled, Theirs, remove};
use crate::row::Row;
use crate::source::Source;
use crate::versions::VERSION;
use cs_core::error::{Error, Result};
use serde_json::value::RawValue;
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
    shell.ask("select json_array(owner, machine, label) from machine order by owner, machine;", &mut |line| {
        let (owner, id, label): (String, String, String) = read(line)?;
        machines.push((owner, Machine { id, label }));
        Ok(())
    })?;
    let (mut failures, nothing) = (Vec::new(), Known::default());
    for (owner, machine) in &machines {
        let is_this = |(their_owner, id, _): &&(String, String, Known)| (their_owner, id) == (owner, &machine.id);
        let known = known.iter().find(is_this).map_or(&nothing, |(.., known)| known);
        pull_machine(&mut shell, owner, machine, known, each, &mut failures)?;
    }
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
    let forgotten = format!("select json_array(conversation) from forgotten where owner = {};", quoted(owner));
    shell.ask(&forgotten, &mut |line| {
        let (id,): (String,) = read(line)?;
        if known.forgotten.contains(&id) { Ok(()) } else { tell(Op::Forget(&id)) }
    })?;
    let all = sources(shell, owner, machine)?;
    let here: BTreeSet<&Source> = all.iter().map(|theirs| &theirs.source).collect();
    let gone = known.sources.keys().filter(|source| !here.contains(source)).collect();
    remove(gone, known, &mut tell)?;
    for theirs in all {
        let mut fetch = |each: &mut EachRow| rows(shell, owner, machine, &theirs.source, each);
        if !theirs.bring(known, &mut fetch, &mut tell)? {
            failures.push(theirs.differs(owner, machine));
        }
    }
    Ok(())
}

fn sources(shell: &mut Shell, owner: &str, machine: &Machine) -> Result<Vec<Theirs>> {
    let mut sources = Vec::new();
    let columns = "select json_array(source, pos, digest, stamp, visibility) from cursor";
    let (owner, machine) = (quoted(owner), quoted(&machine.id));
    shell.ask(&format!("{columns} where owner = {owner} and machine = {machine} order by source;"), &mut |line| {
        let (name, pos, digest, stamp, word): (String, u64, String, String, String) = read(line)?;
        let visibility = Visibility::of_word(&word).unwrap_or(Visibility::Private);
        let source = Source::parse(&name);
        sources.extend(source.map(|source| Theirs { source, held: Held { pos, digest, stamp }, visibility }));
        Ok(())
    })?;
    Ok(sources)
}

/// Number, id, kind, instant, project, agent, conversation, body.
type Told = (u64, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, String);

fn rows(shell: &mut Shell, owner: &str, machine: &Machine, source: &Source, each: &mut EachRow) -> Result<()> {
    let table = table_of(source.kind());
    let columns = "select json_array(seq, id, kind, at, project, agent, conversation, body) from";
    let (owner, machine, name) = (quoted(owner), quoted(&machine.id), quoted(&source.to_string()));
    let named = format!("owner = {owner} and machine = {machine} and source = {name}");
    shell.ask(&format!("{columns} {} where {named} order by seq;", table.word()), &mut |line| {
        let (seq, id, kind, at, project, agent, conversation, body): Told = read(line)?;
        let body = RawValue::from_string(body);
        let body = body.map_err(|error| Error::Invalid(format!("row {seq} of {source} is not JSON: {error}")))?;
        each(Row { table, id, kind, at, project, agent, conversation, body })
    })
}
