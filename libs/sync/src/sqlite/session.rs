//! Owns a push into a file through `sqlite3`: it asks what is there, then sends, all in one transaction, which holds the
//! lock from the beginning. Must stay true: without a commit the file stays as it was.

use super::check::check;
use super::shell::Shell;
use super::text::quoted;
use super::{Database, Script};
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::{Op, Sink};
use crate::seen::Seen;
use crate::source::Source;
use crate::versions::VERSION;
use cs_core::error::{Error, Result};
use serde::de::DeserializeOwned;

/// A push that runs.
#[derive(Debug)]
pub struct Session {
    script: Script<Shell>,
    owner: String,
}

impl Session {
    /// Starts it, and takes the lock; `owner` is what its person is called in the tables.
    pub fn open(database: &Database, owner: &str) -> Result<Session> {
        let mut session = Session { script: Script::new(Shell::start(database)?, owner), owner: owner.to_string() };
        session.script.begin().map_err(|error| session.script.out().failed(&error.to_string()))?;
        session.script.out().ask("", &mut |_| Ok(()))?;
        Ok(session)
    }

    /// What is there of this machine.
    pub fn known(&mut self, machine: &Machine) -> Result<Known> {
        ask(self.script.out(), &self.owner, machine)
    }

    /// The same, for somebody who only wants to know: takes no lock, and waits for no push.
    pub fn peek(database: &Database, owner: &str, machine: &Machine) -> Result<Known> {
        let mut shell = Shell::start(database)?;
        shell.ask(&format!(".timeout 5000\nbegin;\n{}", check(VERSION)), &mut |_| Ok(()))?;
        let known = ask(&mut shell, owner, machine)?;
        shell.end()?;
        Ok(known)
    }

    /// How much of it the team may see, if it comes into a database with roles.
    pub fn seen(&mut self, machine: &Machine) -> Result<Seen> {
        let (owner, machine) = (quoted(&self.owner), quoted(&machine.id));
        let select = format!(
            "select json_array(source, visibility) from cursor where owner = {owner} and machine = {machine} and pos > 0;"
        );
        let mut seen = Seen::default();
        self.script.out().ask(&select, &mut |line| {
            let (source, word): (String, String) = read(line)?;
            seen.add_words(&source, &word);
            Ok(())
        })?;
        Ok(seen)
    }

    /// Commits; returns how many rows have changed.
    pub fn commit(self) -> Result<u64> {
        let Session { mut script, .. } = self;
        script.end().map_err(|error| script.out().failed(&error.to_string()))?;
        let said = script.into_out().end()?;
        let number = said.split_whitespace().next().and_then(|word| word.parse().ok());
        number.ok_or_else(|| Error::Invalid(format!("sqlite3 answered {:?} instead of a number of rows", said.trim())))
    }
}

impl Sink for Session {
    fn take(&mut self, op: &Op) -> Result<()> {
        self.script.take(op).map_err(|error| self.script.out().failed(&error.to_string()))
    }
}

/// What is there of a machine.
fn ask(shell: &mut Shell, owner: &str, machine: &Machine) -> Result<Known> {
    let (owner, machine) = (quoted(owner), quoted(&machine.id));
    let mut known = Known::default();
    let sources = "select json_array(source, pos, digest, stamp, visibility) from cursor";
    shell.ask(&format!("{sources} where owner = {owner} and machine = {machine};"), &mut |line| {
        let (name, pos, digest, stamp, word): (String, u64, String, String, String) = read(line)?;
        if let Some(source) = Source::parse(&name) {
            known.see(&source, &word);
            known.sources.insert(source, Held { pos, digest, stamp });
        }
        Ok(())
    })?;
    let forgotten = "select json_array(conversation) from forgotten";
    shell.ask(&format!("{forgotten} where owner = {owner};"), &mut |line| {
        let (id,): (String,) = read(line)?;
        known.forgotten.insert(id);
        Ok(())
    })?;
    let marks = format!(
        "select json_array(machine, source, body) from mark where owner = {owner} and machine <> {machine} \
         and kind in ('redact', 'undo') order by machine, source, seq;"
    );
    shell.ask(&marks, &mut |line| {
        let (machine, source, body): (String, String, String) = read(line)?;
        known.redactions.add(&machine, &source, &body);
        Ok(())
    })?;
    Ok(known)
}

/// Reads a line of an answer.
fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T> {
    serde_json::from_slice(line).map_err(|error| Error::Invalid(format!("sqlite3 answered with another line: {error}")))
}
