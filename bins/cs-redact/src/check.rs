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
use redaction::{Engine, Found, Place, Rule, Tier};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<&'r str>,
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
        let mut seen = self.seen(name, kind);
        if let Some(rule) = self.engine.rules().forbids(name).cloned() {
            seen.row(&mut self.out, &Row::of_file(name, &rule), rule.tier)?;
        }
        let Checker { engine, out, .. } = self;
        stream::redact(engine, mode, place, BufReader::new(&*bytes), |event| match event {
            Event::Found { line, entry, found } | Event::Left { line, entry, found } => {
                seen.row(out, &Row::of(name, line, entry, found), found.tier)
            }
            Event::Bytes(_) | Event::NotJson { .. } => Ok(()),
        })
        .map_err(failure)?;
        self.finds += seen.finds;
        self.files += u64::from(seen.finds > 0);
        self.candidates += seen.candidates;
        self.table.extend(seen.table);
        Ok(())
    }

    fn seen<'n>(&self, name: &'n str, kind: Kind) -> Seen<'n> {
        let least = if self.is_strict && kind == Kind::Text { Tier::Candidate } else { Tier::Definite };
        Seen { name, kind, least, finds: 0, candidates: 0, table: Vec::new() }
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
            let hint = "remove them, or allow what is no secret: an allowlist in redact.toml of the data directory, or in a file that \
                --rules names, with useDefault = true under [extend]";
            self.failures.report(Failure::Advised(format!("{finds} in {files}"), hint.into()))?;
        }
        self.failures.end()
    }
}

/// What was found in one file.
struct Seen<'n> {
    name: &'n str,
    kind: Kind,
    /// The least sure tier that counts.
    least: Tier,
    finds: u64,
    candidates: u64,
    table: Vec<Vec<String>>,
}

impl Seen<'_> {
    fn row(&mut self, out: &mut Out, row: &Row, tier: Tier) -> Outcome<()> {
        if tier > self.least {
            self.candidates += u64::from(tier == Tier::Candidate && self.kind == Kind::Text);
            return Ok(());
        }
        self.finds += 1;
        match (out.quiet, out.form) {
            (true, _) if self.finds > 1 => Ok(()),
            (true, _) => out.line(&cli::sanitize(self.name)),
            (false, Form::Json) => out.json(row),
            (false, Form::Table) => {
                self.table.push(row.cells());
                Ok(())
            }
        }
    }
}

impl<'r> Row<'r> {
    fn of(file: &'r str, line: u64, entry: Option<&'r str>, found: &'r Found) -> Self {
        let (rule, tier, placeholder) = (&found.rule, found.tier.word(), Some(found.placeholder.as_str()));
        Row { rule, tier, file, line: Some(line), entry, placeholder }
    }

    /// A rule that is about the name of the file.
    fn of_file(file: &'r str, rule: &'r Rule) -> Self {
        Row { rule: &rule.id, tier: rule.tier.word(), file, line: None, entry: None, placeholder: None }
    }

    fn cells(&self) -> Vec<String> {
        let line = self.line.map(|line| line.to_string()).unwrap_or_default();
        let or_empty = |text: Option<&str>| text.unwrap_or_default().to_string();
        vec![self.rule.into(), self.file.into(), line, or_empty(self.entry), or_empty(self.placeholder)]
    }
}
