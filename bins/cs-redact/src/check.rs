//! Owns `check`: whether files have what rules find. Must stay true: a text is never printed, also not as the name of a
//! file; a file that cannot be read does not hide what is in the others.

use crate::content::{self, Kind};
use crate::filter::failure;
use crate::tools::{self, Otherwise};
use crate::{PROGRAM, files};
use argh::{ArgsInfo, FromArgs};
use cli::git::{Committed, Staged};
use cli::{Failure, Failures, Form, Out, Outcome, STDIN, note};
use cs_core::error::Error;
use cs_core::paths::Home;
use redaction::stream::{self, Event, Mode};
use redaction::{Engine, Found, Place, Rule, Tier};
use serde::Serialize;
use std::io::{BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// What a message of a commit is called.
const MESSAGE: &str = "(message)";
/// The repository.
const HERE: &str = ".";

/// find what rules find in files and their names, in folders with all that is in them, or in standard input (-); 1 if there
/// is something. Only definite finds count; --strict also counts candidates, --personal also personal data. The texts are
/// never printed
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} --strict report.md",
    example = "{command_name} --staged -q",
    example = "{command_name} --commits main..HEAD"
)]
pub struct Check {
    /// files or folders
    #[argh(positional)]
    file: Vec<PathBuf>,
    /// also count candidates: values that a name or their randomness makes suspicious
    #[argh(switch)]
    strict: bool,
    /// also count personal data: e-mail addresses, phone numbers, user names in paths
    #[argh(switch)]
    personal: bool,
    /// what is staged for the next commit
    #[argh(switch)]
    staged: bool,
    /// what each of these commits says and changes, as for git log; -: their names are in standard input, one a line
    #[argh(option)]
    commits: Option<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'r str>,
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
        if self.commits.is_some() && (self.staged || !self.file.is_empty()) {
            return usage("--commits cannot be combined with --staged or files");
        }
        let has_input = self.file.is_empty() && !self.staged && self.commits.is_none();
        if has_input && std::io::stdin().is_terminal() {
            return usage("name files or folders, or - for standard input, or --staged, or --commits");
        }
        let home = Home::from_env()?;
        let engine = tools::engine(&home, &self.rules, self.key_file.as_deref(), Otherwise::Borrowed)?;
        let counted = Counted { candidates: self.strict, personal: self.personal };
        let mut checker = Checker {
            engine,
            counted,
            out,
            table: Vec::new(),
            contents: 0,
            files: 0,
            finds: 0,
            others: Others::default(),
            failures: Failures::default(),
        };
        if self.staged {
            checker.staged()?;
        } else if let Some(commits) = &self.commits {
            checker.commits(commits)?;
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

/// Which finds count, beside the definite ones.
#[derive(Clone, Copy)]
struct Counted {
    candidates: bool,
    personal: bool,
}

impl Counted {
    fn has(self, tier: Tier) -> bool {
        match tier {
            Tier::Definite => true,
            Tier::Candidate => self.candidates,
            Tier::Personal => self.personal,
        }
    }
}

/// Numbers of finds that do not count.
#[derive(Clone, Copy, Default)]
struct Others {
    candidates: u64,
    personal: u64,
}

impl Others {
    /// The words about them, if there are any.
    fn note(self) -> Option<String> {
        let Others { candidates, personal } = self;
        let both = [
            (candidates, render::format_quantity(candidates, "candidate"), "--strict"),
            (personal, render::format_quantity(personal, "find") + " of personal data", "--personal"),
        ];
        let some: Vec<_> = both.into_iter().filter(|(count, ..)| *count > 0).collect();
        let what: Vec<&str> = some.iter().map(|(_, what, _)| what.as_str()).collect();
        let options: Vec<&str> = some.iter().map(|(.., option)| *option).collect();
        let verbs = if some.len() == 1 { "shows and counts them" } else { "show and count them" };
        (!some.is_empty()).then(|| format!("{} not counted; {} {verbs}", what.join(" and "), options.join(" and ")))
    }
}

/// Something that is looked at.
#[derive(Clone, Copy)]
struct Subject<'s> {
    /// The path of a file.
    path: Option<&'s str>,
    /// The commit that it is of.
    commit: Option<&'s str>,
}

/// The state of a check.
struct Checker {
    engine: Engine,
    counted: Counted,
    out: Out,
    /// Rows for people, which are shown at the end.
    table: Vec<Vec<String>>,
    /// Number of files and messages, of those with finds, and of finds.
    contents: u64,
    files: u64,
    finds: u64,
    others: Others,
    failures: Failures,
}

impl Checker {
    fn staged(&mut self) -> Outcome<()> {
        let staged = Staged::read(HERE)?;
        for file in &staged.files {
            match staged.content(file) {
                Ok(bytes) => self.content(Subject { path: Some(&file.path), commit: None }, &bytes)?,
                Err(error) => self.failures.report(error)?,
            }
        }
        Ok(())
    }

    fn commits(&mut self, range: &str) -> Outcome<()> {
        let names = match range {
            STDIN | "-" => {
                let text = String::from_utf8_lossy(&input()?).into_owned();
                text.split_whitespace().map(str::to_string).collect()
            }
            range => Committed::names(HERE, range)?,
        };
        for name in &names {
            match Committed::read(HERE, name) {
                Ok(committed) => self.commit(&committed)?,
                Err(error) => self.failures.report(error)?,
            }
        }
        Ok(())
    }

    fn commit(&mut self, committed: &Committed) -> Outcome<()> {
        let commit = committed.name.get(..SHORT).or(Some(&committed.name));
        self.content(Subject { path: None, commit }, &committed.message)?;
        for file in &committed.files {
            match Committed::content(HERE, file) {
                Ok(bytes) => self.content(Subject { path: Some(&file.path), commit }, &bytes)?,
                Err(error) => self.failures.report(error)?,
            }
        }
        Ok(())
    }

    fn input(&mut self) -> Outcome<()> {
        let bytes = input()?;
        self.content(Subject { path: Some("-"), commit: None }, &bytes)
    }

    fn file(&mut self, file: files::Read) -> Outcome<()> {
        match file {
            Ok((path, bytes)) => {
                self.content(Subject { path: Some(&path.display().to_string()), commit: None }, &bytes)
            }
            Err(error) => self.failures.report(error),
        }
    }

    fn content(&mut self, subject: Subject, bytes: &[u8]) -> Outcome<()> {
        let (bytes, kind) = content::read(bytes);
        let path = subject.path;
        let place = Place { path, ..Place::default() };
        let end = path.and_then(|path| Path::new(path).extension()).and_then(|end| end.to_str());
        let mode = match (kind, end) {
            (Kind::Binary, _) => Mode::Text,
            (_, Some("json" | "jsonl" | "ndjson")) => Mode::Json,
            _ => Mode::Guess,
        };
        let in_name = path.map(|path| self.engine.find(path, place)).unwrap_or_default();
        let shown = path.map_or_else(|| MESSAGE.to_string(), |path| without(path, &in_name));
        let mut seen = Seen { commit: subject.commit, name: &shown, ..self.seen(kind) };
        for found in &in_name {
            seen.row(&mut self.out, None, None, found)?;
        }
        if let Some(rule) = path.and_then(|path| self.engine.rules().forbids(path)).cloned() {
            seen.forbidden(&mut self.out, &rule)?;
        }
        let Checker { engine, out, .. } = self;
        stream::redact(engine, mode, place, BufReader::new(&*bytes), |event| match event {
            Event::Found { line, entry, found } | Event::Left { line, entry, found } => {
                seen.row(out, Some(line), entry, found)
            }
            Event::Bytes(_) | Event::NotJson { .. } => Ok(()),
        })
        .map_err(failure)?;
        self.contents += 1;
        self.finds += seen.finds;
        self.files += u64::from(seen.finds > 0);
        self.others.candidates += seen.others.candidates;
        self.others.personal += seen.others.personal;
        self.table.extend(seen.table);
        Ok(())
    }

    fn seen(&self, kind: Kind) -> Seen<'static> {
        let nothing = Counted { candidates: false, personal: false };
        let counted = if kind == Kind::Text { self.counted } else { nothing };
        Seen { name: "", commit: None, kind, counted, finds: 0, others: Others::default(), table: Vec::new() }
    }

    fn end(mut self) -> Outcome<()> {
        if !self.table.is_empty() {
            self.out.table(&["rule", "commit", "file", "line", "entry", "placeholder"], &self.table)?;
        }
        self.out.flush()?;
        if let Some(text) = self.others.note().filter(|_| !self.out.quiet) {
            note(PROGRAM, &text);
        }
        if self.finds == 0 && !self.out.quiet && std::io::stderr().is_terminal() {
            let contents = render::format_quantity(self.contents, "file");
            note(PROGRAM, &format!("nothing that counts was found in {contents}"));
        }
        if self.finds > 0 {
            let (finds, files) =
                (render::format_quantity(self.finds, "find"), render::format_quantity(self.files, "file"));
            self.failures.report(Failure::Advised(format!("{finds} in {files}"), HINT.into()))?;
        }
        self.failures.end()
    }
}

/// What to do about finds.
const HINT: &str = "remove them, or allow what is no secret: an allowlist in redact.toml of the data directory, or in a file that \
    --rules names, with useDefault = true under [extend]";
/// How much of the name of a commit is shown.
const SHORT: usize = 12;

/// Standard input.
fn input() -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Error::io(Path::new("standard input"), "read", error))?;
    Ok(bytes)
}

/// A path without the secrets in it. Personal data stays: without it nobody would find the file.
fn without(path: &str, found: &[Found]) -> String {
    let (mut shown, mut copied) = (String::new(), 0);
    for found in found.iter().filter(|found| found.tier != Tier::Personal) {
        shown.push_str(path.get(copied..found.span.start).unwrap_or_default());
        shown.push_str(&found.placeholder);
        copied = found.span.end;
    }
    shown + path.get(copied..).unwrap_or_default()
}

/// What was found in one file.
struct Seen<'n> {
    name: &'n str,
    commit: Option<&'n str>,
    kind: Kind,
    counted: Counted,
    finds: u64,
    others: Others,
    table: Vec<Vec<String>>,
}

impl Seen<'_> {
    /// Notes a find; without a line it is in the name of the file.
    fn row(&mut self, out: &mut Out, line: Option<u64>, entry: Option<&str>, found: &Found) -> Outcome<()> {
        let Found { rule, tier, placeholder, .. } = found;
        self.add(out, rule, *tier, line, entry, Some(placeholder))
    }

    /// Notes a rule that is about the name of the file.
    fn forbidden(&mut self, out: &mut Out, rule: &Rule) -> Outcome<()> {
        self.add(out, &rule.id, rule.tier, None, None, None)
    }

    fn add(
        &mut self,
        out: &mut Out,
        rule: &str,
        tier: Tier,
        line: Option<u64>,
        entry: Option<&str>,
        placeholder: Option<&str>,
    ) -> Outcome<()> {
        if !self.counted.has(tier) {
            let is_text = u64::from(self.kind == Kind::Text);
            self.others.candidates += is_text * u64::from(tier == Tier::Candidate);
            self.others.personal += is_text * u64::from(tier == Tier::Personal);
            return Ok(());
        }
        self.finds += 1;
        let (file, commit) = (self.name, self.commit);
        let row = Row { rule, tier: tier.word(), commit, file, line, entry, placeholder };
        match (out.quiet, out.form) {
            (true, _) if self.finds > 1 => Ok(()),
            (true, _) => out.line(&cli::sanitize(self.name)),
            (false, Form::Json) => out.json(&row),
            (false, Form::Table) => {
                self.table.push(row.cells());
                Ok(())
            }
        }
    }
}

impl Row<'_> {
    fn cells(&self) -> Vec<String> {
        let line = self.line.map(|line| line.to_string()).unwrap_or_default();
        let or_empty = |text: Option<&str>| text.unwrap_or_default().to_string();
        let (entry, placeholder) = (or_empty(self.entry), or_empty(self.placeholder));
        vec![self.rule.into(), or_empty(self.commit), self.file.into(), line, entry, placeholder]
    }
}
