//! Owns what a person asks a database about all of their own machines, and the removal of one that is gone. Must stay true:
//! only rows of the role that asks are looked at or removed; a removal is one transaction, and waits for a push of that
//! machine.

use super::psql::{Fields, Psql};
use super::{complaint, text};
use crate::machine::Machine;
use crate::own::OwnMachine;
use crate::pulled::machine_of;
use crate::row::Table;
use cs_core::error::Result;
use std::collections::BTreeMap;

/// Fails, with what helps, if this role may only read.
pub fn may_push(arguments: &str) -> Result<()> {
    let mut psql = Psql::start(arguments)?;
    psql.write(format!("{}{}", text::pull(), text::MAY_PUSH).as_bytes())?;
    psql.finish("commit;\n")
}

/// The machines of this role, the one that sent last first; `this` is the id of this machine.
pub fn machines(arguments: &str, this: &str) -> Result<Vec<OwnMachine>> {
    let select = format!(
        r#"select m.machine, m.label, to_char(m.seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        count(*) filter (where c.source like 'head/%' and c.pos > 0),
        count(*) filter (where c.source like 'head/%' and c.pos > 0 and exists (select from cs.cursor as t
          where t.owner = current_user and t.machine = {} and t.source = c.source and t.pos > 0)),
        coalesce(sum(c.pos), 0)
        from cs.machine as m left join cs.cursor as c on c.owner = m.owner and c.machine = m.machine
        where m.owner = current_user group by m.machine, m.label, m.seen_at order by m.seen_at desc, m.machine"#,
        text::quoted(this)
    );
    let mut machines = Vec::new();
    ask(arguments, &select, &mut |fields| {
        let Ok([Some(id), Some(label), Some(seen_at), Some(heads), Some(shared), Some(rows)]) =
            <[_; 6]>::try_from(fields)
        else {
            return complaint::of_answer();
        };
        let (Ok(conversations), Ok(shared), Ok(rows)) = (heads.parse(), shared.parse(), rows.parse()) else {
            return complaint::of_answer();
        };
        let machine = machine_of(id, label);
        machines.extend(machine.map(|machine| OwnMachine {
            machine,
            seen_at,
            conversations,
            shared,
            rows,
            names_nobody: false,
        }));
        Ok(())
    })?;
    Ok(machines)
}

/// The conversations of other machines of this role, each with the id of one that sent it.
pub fn elsewhere(arguments: &str, this: &str) -> Result<BTreeMap<String, String>> {
    let select = format!(
        "select substr(source, 6), machine from cs.cursor where owner = current_user and machine <> {} \
         and source like 'head/%' and pos > 0",
        text::quoted(this)
    );
    pairs(arguments, &select)
}

/// The conversations, and the sessions without one, in whose id, or in that of whose session, this word is, in small
/// letters: by that id.
pub fn ids(arguments: &str, word: &str) -> Result<BTreeMap<String, String>> {
    let word = text::quoted(word);
    let select = format!(
        "select distinct cs.belongs_to(source), cs.belongs_to(source) from cs.cursor where owner = current_user \
         and source ~ '^(head|talk|mark)/' and pos > 0 and strpos(lower(source), {word}) > 0 \
         union select id, coalesce(conversation, id) from cs.record where owner = current_user and strpos(lower(id), {word}) > 0"
    );
    pairs(arguments, &select)
}

/// Removes all that a machine of this role has sent; returns how many rows that were.
pub fn remove_machine(arguments: &str, machine: &Machine) -> Result<u64> {
    let mut psql = Psql::start(arguments)?;
    psql.write(text::push(&machine.id).as_bytes())?;
    let mut rows = 0;
    let tables = Table::ALL.into_iter().map(|table| (table.word(), true));
    for (table, has_rows) in tables.chain([("cursor", false), ("machine", false)]) {
        let delete = format!(
            "with gone as (delete from cs.{table} where owner = current_user and machine = {} returning 1) \
             select count(*), 0 from gone",
            text::quoted(&machine.id)
        );
        psql.ask(&delete, &mut |fields| {
            let count = fields.into_iter().next().flatten().and_then(|text| text.parse::<u64>().ok());
            rows += count.map_or_else(complaint::of_answer, Ok)? * u64::from(has_rows);
            Ok(())
        })?;
    }
    psql.finish("commit;\n")?;
    Ok(rows)
}

fn pairs(arguments: &str, select: &str) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    ask(arguments, select, &mut |fields| match <[_; 2]>::try_from(fields) {
        Ok([Some(one), Some(other)]) => {
            all.insert(one, other);
            Ok(())
        }
        _ => complaint::of_answer(),
    })?;
    Ok(all)
}

fn ask(arguments: &str, select: &str, each: &mut dyn FnMut(Fields) -> Result<()>) -> Result<()> {
    let mut psql = Psql::start(arguments)?;
    psql.write(text::pull().as_bytes())?;
    psql.ask(select, each)
}
