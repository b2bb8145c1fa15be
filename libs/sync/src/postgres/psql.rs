//! Owns a running `psql`: what it is told and what it answers. Must stay true: nobody is asked for a password, because a
//! job has no terminal; a server that does not answer is not waited for without end; what it complains about is read while we write, so that neither waits for the other forever; if
//! this is dropped before its end, the connection is closed and its transaction with it.

use super::{arguments, complaint, line, text};
use crate::row::ANSWER;
use cs_core::error::{Error, Result};
use cs_core::hex::hex;
use cs_core::random::random;
use std::env;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

/// How many seconds it tries to reach the server; arguments and services may say something else.
const CONNECT_TIMEOUT: &str = "PGCONNECT_TIMEOUT";
/// How much of what it complains about is kept.
const COMPLAINT: usize = 16 * 1024;
/// How much is kept of a record that is longer than [`ANSWER`]: its first field.
const BEGINNING: usize = 1024;
/// How much is collected before it is written.
const BUFFER: usize = 64 * 1024;

/// A record of an answer.
pub type Fields = Vec<Option<String>>;

/// A running `psql`.
pub struct Psql {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    complaint: Option<JoinHandle<String>>,
    /// A line that ends an answer. It is random, so no row can be taken for it.
    mark: String,
}

impl Psql {
    /// Starts it with these arguments, in one text.
    pub fn start(arguments: &str) -> Result<Psql> {
        let mark = format!("end of answer {}", hex(&random::<16>()?));
        let mut command = Command::new("psql");
        if env::var_os(CONNECT_TIMEOUT).is_none() {
            command.env(CONNECT_TIMEOUT, "10");
        }
        let mut child = command
            .args(["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"])
            .args(arguments::words_of(arguments)?)
            .env("LC_ALL", "C")
            .env("PGCLIENTENCODING", "UTF8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(complaint::of_start)?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = (input, output, errors) else {
            return Err(complaint::of_start(io::ErrorKind::BrokenPipe.into()));
        };
        let mut psql = Psql {
            child,
            input: Some(BufWriter::with_capacity(BUFFER, input)),
            output: BufReader::with_capacity(BUFFER, output),
            complaint: Some(thread::spawn(move || last_of(errors))),
            mark,
        };
        // Complaints then have a code, which is the same in every language.
        psql.write(format!("{}\\set VERBOSITY verbose\n", text::START).as_bytes())?;
        Ok(psql)
    }

    /// Gives it some text.
    pub fn write(&mut self, text: &[u8]) -> Result<()> {
        let written = self.input.as_mut().map(|input| input.write_all(text));
        if matches!(written, Some(Ok(()))) { Ok(()) } else { Err(self.failure()) }
    }

    /// Asks with a `select`, without a semicolon, and passes each row of the answer.
    pub fn ask(&mut self, select: &str, each: &mut dyn FnMut(Fields) -> Result<()>) -> Result<()> {
        let mut rows = self.rows(select)?;
        while let Some(fields) = rows.next_row()? {
            each(fields)?;
        }
        Ok(())
    }

    /// The same, for a reader that takes the rows one by one, all of them.
    pub fn rows(&mut self, select: &str) -> Result<Rows<'_>> {
        self.write(format!("copy ({select}) to stdout with {};\n", line::FORMAT).as_bytes())?;
        self.mark()?;
        Ok(Rows { psql: self, is_over: false })
    }

    /// Does what it was told and ends well, or fails.
    pub fn finish(mut self, last: &str) -> Result<()> {
        self.write(last.as_bytes())?;
        self.mark()?;
        while self.record()?.is_some() {}
        self.input = None;
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(self.failure()),
        }
    }

    /// Has it say that all before this is done.
    fn mark(&mut self) -> Result<()> {
        let echo = format!("\\echo {}\n", self.mark);
        self.write(echo.as_bytes())?;
        self.flush()
    }

    /// Has it take all that it was given.
    pub fn flush(&mut self) -> Result<()> {
        let flushed = self.input.as_mut().map(BufWriter::flush);
        if matches!(flushed, Some(Ok(()))) { Ok(()) } else { Err(self.failure()) }
    }

    /// The next record; `None` at the mark.
    fn record(&mut self) -> Result<Option<Vec<u8>>> {
        match record(&mut self.output) {
            Some(record) if record == self.mark.as_bytes() => Ok(None),
            Some(record) => Ok(Some(record)),
            None => Err(self.failure()),
        }
    }

    /// Why it does not go on.
    fn failure(&mut self) -> Error {
        self.input = None;
        // What it still prints must not keep it from ending.
        let _ = io::copy(&mut self.output, &mut io::sink());
        let _ = self.child.wait();
        let said = self.complaint.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        complaint::of(&said)
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        // A psql whose input merely ends would take half of the data for all of it; it could not commit that, but why
        // should it try.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rows of an answer.
pub struct Rows<'p> {
    psql: &'p mut Psql,
    is_over: bool,
}

impl Rows<'_> {
    /// The next row; `None` after the last one.
    pub fn next_row(&mut self) -> Result<Option<Fields>> {
        if self.is_over {
            return Ok(None);
        }
        let Some(record) = self.psql.record()? else {
            self.is_over = true;
            return Ok(None);
        };
        line::fields(&record).map_or_else(complaint::of_answer, |fields| Ok(Some(fields)))
    }
}

/// Reads a record, without its line feed; only its first field, if it is too long. `None`: it has no end.
fn record(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let (mut record, mut is_open, mut is_cut) = (Vec::new(), false, false);
    loop {
        let known = record.len();
        let room = ANSWER.saturating_sub(known).max(1) as u64;
        if !matches!(from.by_ref().take(room).read_until(b'\n', &mut record), Ok(1..)) {
            return None;
        }
        is_open ^= record.get(known..).is_some_and(line::turns);
        if record.last() == Some(&b'\n') && !is_open {
            record.pop();
            return Some(if is_cut { line::first(record) } else { record });
        }
        if record.len() >= ANSWER {
            is_cut = true;
            record.truncate(BEGINNING);
        }
    }
}

/// The end of what can be read, because the last complaint is why it ended; the rest is read, too, so that nobody waits to
/// write it.
fn last_of(mut errors: ChildStderr) -> String {
    let (mut said, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = errors.read(&mut part) {
        said.extend(part.iter().take(count));
        said.drain(..said.len().saturating_sub(COMPLAINT));
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_a_record_that_is_too_long_only_the_first_field_is_kept() {
        let long = "x".repeat(ANSWER);
        let quoted = format!("\u{1}{}\n{}\u{1}", "y".repeat(ANSWER - 9), "z\n".repeat(ANSWER));
        let text = format!("1\u{2}a\n2\u{2}{long}\u{2}b\n3\u{2}{quoted}\u{2}c\n4\u{2}\u{1}d\ne\u{1}\n5\u{2}torn");
        let mut from = text.as_bytes();
        let mut records = Vec::new();
        while let Some(record) = record(&mut from) {
            records.push(String::from_utf8(record).unwrap());
        }
        assert_eq!(records, ["1\u{2}a", "2", "3", "4\u{2}\u{1}d\ne\u{1}"]);
    }
}
