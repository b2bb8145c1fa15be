//! Owns the text of a push for a `psql` that somebody else runs. What the database has is not known then, so everything is
//! in the text, and the database changes what differs. A text without its end changes nothing.

use super::{line, text};
use crate::machine::Machine;
use crate::op::{Op, Sink};
use cs_core::error::{Error, Result};
use std::io::{self, Write};
use std::path::Path;

/// The text of a push.
pub struct Script<W: Write> {
    out: W,
    machine: String,
    line: Vec<u8>,
}

impl<W: Write> Script<W> {
    /// Begins the text of a push of this machine.
    pub fn begin(out: W, machine: &Machine) -> Result<Self> {
        let mut script = Script { out, machine: machine.id.clone(), line: Vec::new() };
        let start = format!("{}{}{}", text::START, text::push(&machine.id), text::copy());
        script.write(start.as_bytes())?;
        Ok(script)
    }

    /// Ends it: only now is there something for the database to keep.
    pub fn end(mut self) -> Result<()> {
        let end = format!("{}{} || ' rows changed';\ncommit;\n", text::COPIED, text::CHANGES);
        self.write(end.as_bytes())?;
        self.out.flush().map_err(write_error)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(write_error)
    }
}

impl<W: Write> Sink for Script<W> {
    fn take(&mut self, op: &Op) -> Result<()> {
        self.line.clear();
        line::add(&mut self.line, &self.machine, op);
        self.out.write_all(&self.line).map_err(write_error)
    }
}

fn write_error(error: io::Error) -> Error {
    Error::io(Path::new("the text for psql"), "write", error)
}
