//! Owns the filter: standard input with placeholders, to standard output. Must stay true: nothing is written before the
//! rules and the key are known; what cannot be read as it should is told.

use crate::PROGRAM;
use crate::tools::{self, Otherwise};
use argh::{ArgsInfo, FromArgs};
use cli::{Failure, Form, Out, Outcome, note};
use cs_core::clock;
use cs_core::error::Error;
use cs_core::paths::Home;
use redaction::stream::{self, Event, Mode, Stopped};
use redaction::{Entry, Found, Ledger, Place, Run, Tally};
use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

/// Number of different lines for the ledger that are kept before they are written.
const LINES: usize = 10_000;

/// replace what the rules find, from standard input to standard output. JSON (what begins with a brace, or with --json)
/// is read line by line, and only its string values change
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "filter",
    example = "{command_name} <app.log >shared.log",
    example = "{command_name} --key-file none --rules team.toml <talk.jsonl"
)]
pub struct Filter {
    /// use this file of rules (may be repeated; default: .claude-sessions/redact.toml, here or in a folder above)
    #[argh(option)]
    rules: Vec<PathBuf>,
    /// read JSON as text, too
    #[argh(switch)]
    text: bool,
    /// append what was replaced to this file; never the texts
    #[argh(option)]
    ledger: Option<PathBuf>,
    /// the key of the placeholders, for a team; none: a new one (default: redact.key in the data directory)
    #[argh(option)]
    key_file: Option<String>,
}

impl Filter {
    pub fn run(self, out: Out) -> Outcome<()> {
        let mode = match (self.text, out.asked) {
            (true, Some(Form::Json)) => {
                return Err(Failure::Usage("--text and --json cannot be combined".into(), Some(cli::see(PROGRAM))));
            }
            (true, _) => Mode::Text,
            (false, Some(Form::Json)) => Mode::Json,
            _ => Mode::Guess,
        };
        let home = Home::from_env()?;
        let mut engine = tools::engine(&home, &self.rules, self.key_file.as_deref(), Otherwise::Store)?;
        let rules_digest = engine.rules().digest().to_string();
        let run = Run { tool: PROGRAM.into(), actor: marks::actor(), rules_digest };
        let ledger = self.ledger.map(|path| Ledger::at(path, clock::now(), run)).transpose()?;
        let out = RefCell::new(out);
        let mut told =
            Told { out: &out, ledger, tally: Tally::default(), broken: Lines::default(), left: Lines::default() };
        let input = BufReader::with_capacity(64 * 1024, Live { out: &out });
        let done = stream::redact(&mut engine, mode, Place::default(), input, |event| told.take(&event));
        let ended = done.map_err(failure).and_then(|()| out.borrow_mut().flush());
        told.end().and(ended)
    }
}

/// Standard input. What is there is shown before more is waited for.
struct Live<'o> {
    out: &'o RefCell<Out>,
}

impl Read for Live<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // An error is found again by the next write.
        let _ = self.out.borrow_mut().flush();
        io::stdin().lock().read(bytes)
    }
}

/// How many lines something is about, and the first of them.
#[derive(Default)]
struct Lines {
    count: u64,
    first: u64,
}

impl Lines {
    fn add(&mut self, line: u64) {
        self.first = if self.count == 0 { line } else { self.first };
        self.count += 1;
    }
}

/// What happens with what the stream tells.
struct Told<'o> {
    out: &'o RefCell<Out>,
    ledger: Option<Ledger>,
    tally: Tally,
    broken: Lines,
    left: Lines,
}

impl Told<'_> {
    fn take(&mut self, event: &Event) -> Outcome<()> {
        match event {
            Event::Bytes(bytes) => self.out.borrow_mut().bytes(bytes),
            Event::Found { found, .. } => self.count(found),
            Event::Left { line, .. } => {
                self.left.add(*line);
                Ok(())
            }
            Event::NotJson { line } => {
                self.broken.add(*line);
                Ok(())
            }
        }
    }

    fn count(&mut self, found: &Found) -> Outcome<()> {
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        let Found { rule, tier, placeholder, .. } = found.clone();
        self.tally.add(Entry { rule, tier: tier.word().into(), count: 1, placeholder, ..Entry::default() });
        if self.tally.len() >= LINES {
            ledger.append(&self.tally.take())?;
        }
        Ok(())
    }

    /// Writes the rest of the ledger, and tells what was not as it should be.
    fn end(mut self) -> Outcome<()> {
        let Lines { count, first } = self.broken;
        if count > 0 {
            let lines = render::format_quantity(count, "line");
            note(PROGRAM, &format!("{lines} of JSON could not be understood, the first is {first}; read as text"));
        }
        let Lines { count, first } = self.left;
        if count > 0 {
            let finds = render::format_quantity(count, "find");
            note(
                PROGRAM,
                &format!("{finds} in keys or numbers of JSON stay, the first in line {first}; --text replaces them"),
            );
        }
        match &mut self.ledger {
            Some(ledger) => Ok(ledger.append(&self.tally.take())?),
            None => Ok(()),
        }
    }
}

/// Why the stream was not read to its end.
pub fn failure(stopped: Stopped<Failure>) -> Failure {
    match stopped {
        Stopped::Receiver(failure) => failure,
        Stopped::Input(error) => Error::io("standard input".as_ref(), "read", error).into(),
        Stopped::Utf16 => {
            Error::Invalid("the input is UTF-16, in which nothing is found; convert it to UTF-8".into()).into()
        }
        Stopped::TooLong { line } => {
            let most = stream::LONGEST / (1024 * 1024);
            Error::Invalid(format!("line {line} is longer than {most} MiB; --text reads it as text")).into()
        }
    }
}
