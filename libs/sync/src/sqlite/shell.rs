//! Owns a `sqlite3` that runs: what it is told, what it answers, how it fails. Must stay true: it is never told to leave a
//! transaction half done; when it is dropped, it sees the end of its input and takes back what was not committed.

use super::Database;
use super::check;
use crate::row::ANSWER;
use cs_core::error::{Error, Result};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

/// How much of its complaints is kept.
const COMPLAINT: u64 = 64 * 1024;
/// What it prints at the end of an answer; other lines begin with a bracket.
const MARK: &str = ".";

/// The program, with a file.
#[derive(Debug)]
pub struct Shell {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
    complaint: Option<JoinHandle<String>>,
    file: PathBuf,
}

impl Shell {
    /// Starts the program. The file must exist: `sqlite3` would make one.
    pub fn start(database: &Database) -> Result<Shell> {
        let Database { program, file } = database;
        if !file.try_exists().map_err(|error| Error::io(file, "open", error))? {
            let hint = check::hint(file);
            return Err(Error::Missing(format!("{} does not exist; make it: {hint}", file.display())));
        }
        let mut command = Command::new(program);
        // Nothing of the person's own settings, and no name that could be an option or a URI.
        command.args(["-batch", "-bail", "-noheader", "-list", "-init", "/dev/null"]).arg(Path::new(".").join(file));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Error::io(program, "run", error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(complaint)) = pipes else {
            return Err(Error::io(program, "run", io::Error::other("no pipe")));
        };
        let (input, output) = (Some(BufWriter::with_capacity(64 * 1024, input)), BufReader::new(output));
        let complaint = Some(thread::spawn(move || complaint_of(complaint)));
        Ok(Shell { child, input, output, complaint, file: file.clone() })
    }

    /// Lets it carry out statements that answer with lines that begin with a bracket, and passes these on; an empty one
    /// instead of one that is longer than [`ANSWER`].
    pub fn ask(&mut self, sql: &str, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let asked = self.write_all(format!("{sql}\n.print {MARK}\n").as_bytes()).and_then(|()| self.flush());
        asked.map_err(|error| self.failed(&error.to_string()))?;
        let mut line = Vec::new();
        loop {
            line.clear();
            match read_line(&mut self.output, &mut line) {
                Ok(0) => return Err(self.failed("it ended too early")),
                Ok(_) if line.trim_ascii_end() == MARK.as_bytes() => return Ok(()),
                Ok(_) => each(&line)?,
                Err(error) => return Err(self.failed(&error.to_string())),
            }
        }
    }

    /// Ends it; returns what it has printed since the last answer.
    pub fn end(mut self) -> Result<String> {
        drop(self.input.take());
        let mut said = String::new();
        let read = self.output.read_to_string(&mut said);
        let status = self.child.wait();
        match (read, status) {
            (Ok(_), Ok(status)) if status.success() => Ok(said),
            (_, Ok(status)) => Err(self.failed(&status.to_string())),
            (_, Err(error)) => Err(self.failed(&error.to_string())),
        }
    }

    /// Ends it, and says why it failed: its own words, or else these.
    pub fn failed(&mut self, words: &str) -> Error {
        drop(self.input.take());
        let _ = io::copy(&mut self.output, &mut io::sink());
        let _ = self.child.wait();
        let complaint = self.complaint.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        let first = complaint.lines().next().map(without_place).filter(|line| !line.is_empty());
        meaning(&self.file, first.unwrap_or(words))
    }
}

/// What it was told is written through its buffer.
impl Write for Shell {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or_else(|| Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = io::copy(&mut self.output, &mut io::sink());
        let _ = self.child.wait();
    }
}

/// Reads a line, and returns how many bytes it has; of one that is too long nothing is kept.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut bytes = 0;
    loop {
        let read = from.by_ref().take(ANSWER as u64).read_until(b'\n', line)? as u64;
        let is_first = bytes == 0;
        bytes += read;
        let is_end = read == 0 || line.last() == Some(&b'\n');
        if !(is_first && is_end) {
            line.clear();
        }
        if is_end {
            return Ok(bytes);
        }
    }
}

/// All that it complains about is read, so that it never waits for us.
fn complaint_of(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.by_ref().take(COMPLAINT).read_to_end(&mut bytes);
    let _ = io::copy(&mut pipe, &mut io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `Runtime error near line 4: no such table: x (19)` without its first words and its last one.
fn without_place(line: &str) -> &str {
    let line = match line.split_once(" near line ").and_then(|(_, rest)| rest.split_once(": ")) {
        Some((_, rest)) => rest,
        None => line,
    };
    let code = line.rsplit_once(" (").filter(|(_, code)| code.trim_end_matches(')').parse::<u32>().is_ok());
    code.map_or(line, |(words, _)| words)
}

/// The error that such words stand for.
fn meaning(file: &Path, words: &str) -> Error {
    let has = |part: &str| words.contains(part);
    match words {
        _ if has("database is locked") || has("database is busy") => Error::Busy(file.to_path_buf()),
        _ if check::is_missing(words) => {
            Error::Missing(format!("{} has no tables; make them: {}", file.display(), check::hint(file)))
        }
        _ if has("its tables have") => Error::Refused(format!("{}: {words}", file.display())),
        _ if has("not a database") || has("malformed") => Error::corrupt(file, words),
        _ => Error::io(file, "change", io::Error::other(words.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        let text =
            ["[1]".into(), "x".repeat(ANSWER), "[2]".into(), "y".repeat(2 * ANSWER + 7), String::new()].join("\n");
        let (mut from, mut lines) = (text.as_bytes(), Vec::new());
        let mut line = Vec::new();
        while read_line(&mut from, &mut line).unwrap() > 0 {
            lines.push(String::from_utf8(std::mem::take(&mut line)).unwrap());
        }
        assert_eq!(lines, ["[1]\n", "", "[2]\n", ""]);
    }

    #[test]
    fn a_complaint_is_told_without_its_place() {
        let words = "its tables are missing; make them: x | y";
        assert_eq!(without_place(&format!("Runtime error near line 4: {words} (19)")), words);
        assert_eq!(without_place("Parse error near line 1: no such table: nometa"), "no such table: nometa");
        assert_eq!(without_place("Error: near line 3: database is locked"), "database is locked");
        assert_eq!(without_place("Error: unable to open (x)"), "Error: unable to open (x)");
        let meant = |words| meaning(Path::new("all.db"), words);
        assert!(matches!(meant("database is locked"), Error::Busy(_)));
        assert!(matches!(meant("file is not a database"), Error::Corrupt { .. }));
        assert!(matches!(meant("database or disk is full"), Error::Io { .. }));
    }
}
