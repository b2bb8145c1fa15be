//! Owns what a person asks a file about all of their own machines, and the removal of one that is gone. Must stay true: only
//! rows of the owner that asks are looked at or removed; a removal is one transaction.

use super::Database;
use super::check::{BEGIN, check};
use super::shell::Shell;
use super::text::quoted;
use crate::machine::Machine;
use crate::own::OwnMachine;
use crate::pulled::machine_of;
use crate::row::Table;
use crate::versions::VERSION;
use cs_core::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// The machines of an owner, the one that sent last first; `this` is the id of this machine.
pub fn machines(database: &Database, owner: &str, this: &str) -> Result<Vec<OwnMachine>> {
    let (owner, this) = (quoted(owner), quoted(this));
    let heads = "c.source like 'head/%' and c.pos > 0";
    let select = format!(
        "select json_array(m.machine, m.label, m.seen_at, total({heads}), total({heads} and exists (select 1 \
         from cursor as t where t.owner = m.owner and t.machine = {this} and t.source = c.source and t.pos > 0)), \
         total(c.pos)) from machine as m left join cursor as c on c.owner = m.owner and c.machine = m.machine \
         where m.owner = {owner} group by m.machine order by m.seen_at desc, m.machine;"
    );
    let mut machines = Vec::new();
    for (id, label, seen_at, heads, shared, rows) in ask::<(String, String, String, f64, f64, f64)>(database, &select)?
    {
        let [conversations, shared, rows] = [heads, shared, rows].map(|count| count as u64);
        let machine = machine_of(id, label);
        machines.extend(machine.map(|machine| OwnMachine {
            machine,
            seen_at,
            conversations,
            shared,
            rows,
            names_nobody: false,
        }));
    }
    Ok(machines)
}

/// The names of all owners who have a machine in the file.
pub fn owners(database: &Database) -> Result<BTreeSet<String>> {
    let owners = ask::<(String,)>(database, "select distinct json_array(owner) from machine;")?;
    Ok(owners.into_iter().map(|(owner,)| owner).collect())
}

/// The owners under whose names a machine has sent something.
pub fn owners_of(database: &Database, machine: &str) -> Result<BTreeSet<String>> {
    let select = format!("select json_array(owner) from machine where machine = {};", quoted(machine));
    let owners = ask::<(String,)>(database, &select)?;
    Ok(owners.into_iter().map(|(owner,)| owner).collect())
}

/// The conversations of other machines of an owner, each with the id of one that sent it.
pub fn elsewhere(database: &Database, owner: &str, this: &str) -> Result<BTreeMap<String, String>> {
    let select = format!(
        "select json_array(substr(source, 6), machine) from cursor where owner = {} and machine <> {} \
         and source like 'head/%' and pos > 0;",
        quoted(owner),
        quoted(this)
    );
    Ok(ask::<(String, String)>(database, &select)?.into_iter().collect())
}

/// The conversations, and the sessions without one, in whose id, or in that of whose session, this word is, in small
/// letters: by that id.
pub fn ids(database: &Database, owner: &str, word: &str) -> Result<BTreeMap<String, String>> {
    let (owner, word) = (quoted(owner), quoted(word));
    let of_source = "substr(source || '/', 6, instr(substr(source || '/', 6), '/') - 1)";
    let select = format!(
        "select distinct json_array({of_source}, {of_source}) from cursor where owner = {owner} and pos > 0 \
         and substr(source, 1, 5) in ('head/', 'talk/', 'mark/') and instr(lower(source), {word}) > 0 \
         union select json_array(id, coalesce(conversation, id)) from record \
         where owner = {owner} and instr(lower(id), {word}) > 0;"
    );
    Ok(ask::<(String, String)>(database, &select)?.into_iter().collect())
}

/// Removes all that a machine of an owner has sent; returns how many rows that were.
pub fn remove_machine(database: &Database, owner: &str, machine: &Machine) -> Result<u64> {
    let (owner, machine) = (quoted(owner), quoted(&machine.id));
    let mut shell = Shell::start(database)?;
    shell.ask(&format!("{BEGIN}{}", check(VERSION)), &mut |_| Ok(()))?;
    let mut rows = 0;
    let named = format!("where owner = {owner} and machine = {machine};");
    for table in Table::ALL {
        let delete = format!("delete from {} {named}\nselect json_array(changes());", table.word());
        shell.ask(&delete, &mut |line| {
            let (count,): (u64,) = read(line)?;
            rows += count;
            Ok(())
        })?;
    }
    shell.ask(&format!("delete from cursor {named}\ndelete from machine {named}\ncommit;"), &mut |_| Ok(()))?;
    shell.end()?;
    Ok(rows)
}

fn ask<T: DeserializeOwned>(database: &Database, select: &str) -> Result<Vec<T>> {
    let mut shell = Shell::start(database)?;
    shell.ask(&format!(".timeout 5000\nbegin;\n{}", check(VERSION)), &mut |_| Ok(()))?;
    let mut all = Vec::new();
    shell.ask(select, &mut |line| {
        all.push(read(line)?);
        Ok(())
    })?;
    shell.end()?;
    Ok(all)
}

/// Reads a line of an answer.
fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|error| Error::Invalid(format!("sqlite3 answered with another line: {error}")))
}
