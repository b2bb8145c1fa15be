//! Owns a push to a database that is asked first what it has: one `psql`, one connection, one transaction, which has the
//! lock of this machine. Dropped without [`Session::commit`], the database stays as it was.

use super::psql::Psql;
use super::{complaint, line, text};
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::{Op, Sink};
use crate::seen::Seen;
use crate::source::Source;
use cs_core::error::Result;

/// A push to a database.
pub struct Session {
    psql: Psql,
    machine: String,
    line: Vec<u8>,
    is_copying: bool,
}

impl Session {
    /// Starts `psql` with these arguments, in one text, as a shell takes them. No shell is started.
    pub fn open(arguments: &str) -> Result<Session> {
        let psql = Psql::start(arguments)?;
        Ok(Session { psql, machine: String::new(), line: Vec::new(), is_copying: false })
    }

    /// Begins, waits for other pushes of this machine, and asks what the database has of it. The first call.
    pub fn known(&mut self, machine: &Machine) -> Result<Known> {
        self.machine.clone_from(&machine.id);
        self.psql.write(text::push(&machine.id).as_bytes())?;
        self.ask(machine)
    }

    /// The same, for somebody who only wants to know: waits for nobody, and nothing can be sent.
    pub fn peek(mut self, machine: &Machine) -> Result<Known> {
        self.psql.write(text::pull().as_bytes())?;
        self.ask(machine)
    }

    /// How much of it the team may see.
    pub fn seen(mut self, machine: &Machine) -> Result<Seen> {
        self.psql.write(text::pull().as_bytes())?;
        let mut seen = Seen::default();
        let cursors = format!(
            "select source, visibility from cs.cursor where owner = current_user and machine = {} and pos > 0",
            text::quoted(&machine.id)
        );
        self.psql.ask(&cursors, &mut |fields| match <[_; 2]>::try_from(fields) {
            Ok([Some(source), Some(word)]) => {
                seen.add_words(&source, &word);
                Ok(())
            }
            _ => complaint::of_answer(),
        })?;
        Ok(seen)
    }

    fn ask(&mut self, machine: &Machine) -> Result<Known> {
        let mut known = Known::default();
        let cursors = format!(
            "select source, pos, digest, stamp, visibility from cs.cursor where owner = current_user and machine = {}",
            text::quoted(&machine.id)
        );
        self.psql.ask(&cursors, &mut |fields| {
            let Ok([Some(source), Some(pos), Some(digest), Some(stamp), Some(word)]) = <[_; 5]>::try_from(fields)
            else {
                return complaint::of_answer();
            };
            if let (Some(source), Ok(pos)) = (Source::parse(&source), pos.parse()) {
                known.see(&source, &word);
                known.sources.insert(source, Held { pos, digest, stamp });
            }
            Ok(())
        })?;
        let forgotten = "select conversation, 1 from cs.forgotten where owner = current_user";
        self.psql.ask(forgotten, &mut |fields| {
            known.forgotten.extend(fields.into_iter().next().flatten());
            Ok(())
        })?;
        let marks = format!(
            "select machine, source, body::text from cs.mark where owner = current_user and machine <> {} \
             and kind in ('redact', 'undo') order by machine, source, seq",
            text::quoted(&machine.id)
        );
        self.psql.ask(&marks, &mut |fields| match <[_; 3]>::try_from(fields) {
            Ok([Some(machine), Some(source), Some(body)]) => {
                known.redactions.add(&machine, &source, &body);
                Ok(())
            }
            _ => complaint::of_answer(),
        })?;
        Ok(known)
    }

    /// Keeps all of it; returns how many rows, and who may see them, have changed.
    pub fn commit(mut self) -> Result<u64> {
        if self.is_copying {
            self.psql.write(text::COPIED.as_bytes())?;
        }
        let mut changes = None;
        self.psql.ask(text::CHANGES, &mut |fields| {
            changes = fields.into_iter().next().flatten().and_then(|text| text.parse().ok());
            Ok(())
        })?;
        self.psql.finish("commit;\n")?;
        changes.map_or_else(complaint::of_answer, Ok)
    }
}

impl Sink for Session {
    fn take(&mut self, op: &Op) -> Result<()> {
        if !self.is_copying {
            self.psql.write(text::copy().as_bytes())?;
            // The database does not wait for long for a transaction without a statement, and the next line may take long.
            self.psql.flush()?;
            self.is_copying = true;
        }
        self.line.clear();
        line::add(&mut self.line, &self.machine, op);
        self.psql.write(&self.line)
    }
}
