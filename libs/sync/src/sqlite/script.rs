//! Owns the text of a push, which `sqlite3` carries out: one transaction. Must stay true: a text that is cut off changes
//! nothing.

use super::check::{BEGIN, check};
use super::text::push;
use crate::columns::{COLUMNS, Columns};
use crate::op::{Op, Sink};
use crate::versions::VERSION;
use cs_core::error::{Error, Result};
use std::io::Write;
use std::path::Path;

/// After how many bytes a statement ends: each one is compiled, with all triggers.
const STATEMENT: usize = 512 * 1024;

/// The text, as it is written.
#[derive(Debug)]
pub struct Script<W: Write> {
    out: W,
    owner: String,
    machine: String,
    /// The statement that is not yet complete.
    statement: String,
}

impl<W: Write> Script<W> {
    /// A text for the rows of this owner, who is called so in the tables.
    pub fn new(out: W, owner: &str) -> Self {
        Script { out, owner: owner.replace('\0', ""), machine: String::new(), statement: String::new() }
    }

    /// Writes what comes first: the transaction, and the test of the version.
    pub fn begin(&mut self) -> Result<()> {
        let check = check(VERSION);
        self.write(&format!(
            "{BEGIN}{check}pragma cache_size = -16384;\nupdate tally set changes = 0 where changes > 0;\n"
        ))
    }

    /// Writes what comes last; `sqlite3` then prints how many rows have changed.
    pub fn end(&mut self) -> Result<()> {
        self.finish_statement()?;
        self.write("commit;\nselect changes || ' rows changed' from tally;\n")?;
        self.out.flush().map_err(cannot_write)
    }

    /// Where the text goes.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Where the text went, at its end.
    pub fn into_out(self) -> W {
        self.out
    }

    fn finish_statement(&mut self) -> Result<()> {
        if self.statement.is_empty() {
            return Ok(());
        }
        self.statement.push_str(";\n");
        let statement = std::mem::take(&mut self.statement);
        let written = self.write(&statement);
        self.statement = statement;
        self.statement.clear();
        written
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(cannot_write)
    }
}

fn cannot_write(error: std::io::Error) -> Error {
    Error::io(Path::new("the text for sqlite3"), "write", error)
}

impl<W: Write> Sink for Script<W> {
    fn take(&mut self, op: &Op) -> Result<()> {
        if let Op::Machine(machine) = op {
            self.machine.clone_from(&machine.id);
        }
        let sql = &mut self.statement;
        match sql.is_empty() {
            true => sql.push_str(&format!("insert into incoming (owner, {}) values\n(", COLUMNS.join(", "))),
            false => sql.push_str(",\n("),
        }
        push(sql, Some(&self.owner));
        for (name, text) in COLUMNS.into_iter().zip(Columns::of(&self.machine, op).texts()) {
            sql.push_str(", ");
            match (name, text) {
                // As a text, it would be greater than every number.
                ("seq" | "pos", Some(number)) => sql.push_str(&number),
                (_, text) => push(sql, text.as_deref()),
            }
        }
        sql.push(')');
        if sql.len() >= STATEMENT { self.finish_statement() } else { Ok(()) }
    }
}
