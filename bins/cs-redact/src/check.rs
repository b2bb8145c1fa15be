//! Owns `check`: whether files have what rules find. Must stay true: a text is never printed; a file that cannot be read
//! does not hide what is in the others.

use crate::content::{self, Kind};
use crate::filter::failure;
use crate::tools::{self, Otherwise};
use crate::{PROGRAM, files};
use argh::{ArgsInfo, FromArgs};
use cli::git::Staged;
use cli::{Failure, Failures, Form, Out, Outcome, STDIN, note};
use cs_core::error::Error;
use cs_core::paths::Home;
use redaction::stream::{self, Event, Mode};
use redaction::{Engine, Found, Place, Tier};
use serde::Serialize;
use std::io::{BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// find what rules find in files, in folders with all that is in them, or in standard input (-); 1 if there is something.
/// Only what nothing else looks like counts, unless --strict; the texts are never printed
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} --strict report.md",
    example = "{command_name} --staged -q"
)]
pub struct Check {
    /// files or folders
    #[argh(positional)]
    file: Vec<PathBuf>,
    /// also what a name or its randomness suggests to be a secret
    #[argh(switch)]
    strict: bool,
    /// what is staged for the next commit
    #[argh(switch)]
    staged: bool,
    /// use this file of rules (may be repeated; default: .claude-sessions/redact.toml, here or in a folder above)
    #[argh(option)]
    rules: Vec<PathBuf>,
    /// the key of the placeholders; none: a new one (default: redact.key in the data directory, if it is there)
    #[argh(option)]
    key_file: Option<String>,
}

/// Something that was found.
#[derive(Serialize)]
struct Row<'r> {
    rule: &'r str,
    tier: &'static str,
    file: &'r str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'r str>,
    placeholder: &'r str,
}

impl Check {
    pub fn run(self, out: Out) -> Outcome<()> {
        let usage = |text: &str| Err(Failure::Usage(text.into(), Some(cli::see("cs-redact check"))));
        if self.staged && !self.file.is_empty() {
            return usage("--staged cannot be combined with files");
        }
        let has_input = self.file.is_empty() && !self.staged;
        if has_input && std::io::stdin().is_terminal() {
            return usage("name files or folders, or - for standard input, or --staged");
        }
        let home = Home::from_env()?;
        let engine = tools::engine(&home, &self.rules, self.key_file.as_deref(), Otherwise::Borrowed)?;
        let mut checker = Checker {
            engine,
            is_strict: self.strict,
            out,
            table: Vec::new(),
            files: 0,
            finds: 0,
            candidates: 0,
            failures: Failures::default(),
        };
        if self.staged {
            checker.staged()?;
        } else if has_input {
            checker.input()?;
        }
        for path in &self.file {
            if path == Path::new(STDIN) || path == Path::new("-") {
                checker.input()?;
            } else {
                files::each(path, &mut |file| checker.file(file))?;
            }
        }
        checker.end()
    }
}

/// The state of a check.
struct Checker {
    engine: Engine,
    is_strict: bool,
    out: Out,
    /// Rows for people, which are shown at the end.
    table: Vec<Vec<String>>,
    /// Number of files with finds, and of finds.
    files: u64,
    finds: u64,
    /// Number of candidates that do not count.
    candidates: u64,
    failures: Failures,
}

impl Checker {
    fn staged(&mut self) -> Outcome<()> {
        let staged = Staged::read(".")?;
        for file in &staged.files {
            match staged.content(file) {
                Ok(bytes) => self.content(&file.path, &bytes)?,
                Err(error) => self.failures.report(error)?,
            }
        }
        Ok(())
    }

    fn input(&mut self) -> Outcome<()> {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| Error::io(Path::new("standard input"), "read", error))?;
        self.content("-", &bytes)
    }

    fn file(&mut self, file: files::Read) -> Outcome<()> {
        match file {
            Ok((path, bytes)) => self.content(&path.display().to_string(), &bytes),
            Err(error) => self.failures.report(error),
        }
    }

    fn content(&mut self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let (bytes, kind) = content::read(bytes);
        let place = Place { path: Some(name), ..Place::default() };
        let mode = match (kind, Path::new(name).extension().and_then(|end| end.to_str())) {
            (Kind::Binary, _) => Mode::Text,
            (_, Some("json" | "jsonl" | "ndjson")) => Mode::Json,
            _ => Mode::Guess,
        };
        let least = if self.is_strict && kind == Kind::Text { Tier::Candidate } else { Tier::Definite };
        let Checker { engine, out, table, finds, candidates, .. } = self;
        let before = *finds;
        let mut seen = 0;
        stream::redact(engine, mode, place, BufReader::new(&*bytes), |event| {
            let (line, entry, found) = match event {
                Event::Found { line, entry, found } | Event::Left { line, entry, found } => (line, entry, found),
                Event::Bytes(_) | Event::NotJson { .. } => return Ok(()),
            };
            if found.tier > least {
                seen += u64::from(found.tier == Tier::Candidate && kind == Kind::Text);
                return Ok(());
            }
            *finds += 1;
            let row = row(name, line, entry, found);
            match (out.quiet, out.form) {
                (true, _) if *finds > before + 1 => Ok(()),
                (true, _) => out.line(&cli::sanitize(name)),
                (false, Form::Json) => out.json(&row),
                (false, Form::Table) => {
                    table.push(cells(&row));
                    Ok(())
                }
            }
        })
        .map_err(failure)?;
        *candidates += seen;
        self.files += u64::from(self.finds > before);
        Ok(())
    }

    fn end(mut self) -> Outcome<()> {
        if !self.table.is_empty() {
            self.out.table(&["rule", "file", "line", "entry", "placeholder"], &self.table)?;
        }
        self.out.flush()?;
        if self.candidates > 0 && !self.out.quiet {
            let candidates = render::format_quantity(self.candidates, "candidate");
            note(PROGRAM, &format!("{candidates} not counted; --strict shows and counts them"));
        }
        if self.finds > 0 {
            let (finds, files) =
                (render::format_quantity(self.finds, "find"), render::format_quantity(self.files, "file"));
            let hint = "remove them, or put what is no secret into an allowlist of .claude-sessions/redact.toml";
            self.failures.report(Failure::Advised(format!("{finds} in {files}"), hint.into()))?;
        }
        self.failures.end()
    }
}

fn row<'r>(file: &'r str, line: u64, entry: Option<&'r str>, found: &'r Found) -> Row<'r> {
    Row { rule: &found.rule, tier: found.tier.word(), file, line, entry, placeholder: &found.placeholder }
}

fn cells(row: &Row) -> Vec<String> {
    let entry = row.entry.unwrap_or_default();
    [row.rule, row.file, &row.line.to_string(), entry, row.placeholder].map(str::to_string).to_vec()
}
