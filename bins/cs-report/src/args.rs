//! Owns the options that all reports have, and which of them cannot be combined.

use cli::{Context, Failure, Form, Outcome};
use render::{FORMATS, Format};
use reports::{Mode, Request, Scope, With};
use std::path::{Path, PathBuf};

/// The fields of a line of JSON that name a conversation.
const NAMED: [&str; 2] = ["conversation", "session_id"];

/// The options of every report.
pub struct Options {
    pub id: Vec<String>,
    pub commits: Option<String>,
    pub project: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub tag: Vec<String>,
    pub disposition: Vec<String>,
    pub refs: Vec<String>,
    pub with: With,
    pub format: Option<Format>,
    pub output: Option<PathBuf>,
    pub output_dir: Option<PathBuf>,
    pub force: bool,
    pub rules: Vec<PathBuf>,
    pub raw: bool,
    pub i_know: bool,
}

/// Where reports go.
pub enum Target {
    Stdout,
    File(PathBuf),
    /// One for each conversation.
    Folder(PathBuf),
}

/// The value of `--format`.
pub fn parse_format(word: &str) -> Result<Format, String> {
    Format::named(word).or_else(|| FORMATS.into_iter().find(|format| format.extension() == word)).ok_or_else(|| {
        let words = FORMATS.map(Format::extension).join(", ");
        format!("{word:?} is not a format; use one of {words}")
    })
}

/// The value of `--with`.
pub fn parse_with(text: &str) -> Result<With, String> {
    let mut with = With::default();
    for word in text.split(',') {
        match word.trim() {
            "reasoning" => with.reasoning = true,
            "results" => with.results = true,
            other => return Err(format!("{other:?} cannot be shown; use reasoning, results or reasoning,results")),
        }
    }
    Ok(with)
}

impl Options {
    /// Fails if options contradict each other.
    pub fn check(&self) -> Outcome<()> {
        let contradictions = [
            (self.raw && !self.i_know, "--raw needs --i-know: secrets and personal data would be in the report"),
            (self.i_know && !self.raw, "--i-know is only for --raw"),
            (self.output.is_some() && self.output_dir.is_some(), "-o and --output-dir cannot be combined"),
            (self.force && self.output.is_none() && self.output_dir.is_none(), "--force needs -o or --output-dir"),
        ];
        match contradictions.into_iter().find(|(holds, _)| *holds) {
            Some((_, text)) => Err(Failure::Usage(text.into(), Some(cli::see(crate::PROGRAM)))),
            None => Ok(()),
        }
    }

    /// Where the report goes.
    pub fn target(&self) -> Target {
        let is_stdout = |path: &Path| path == Path::new("-") || path == Path::new(cli::STDIN);
        match (&self.output, &self.output_dir) {
            (_, Some(folder)) => Target::Folder(folder.clone()),
            (Some(file), None) if !is_stdout(file) => Target::File(file.clone()),
            _ => Target::Stdout,
        }
    }

    /// Whether the report is shown as tables that fit the terminal.
    pub fn is_table(&self, context: &Context, mode: Mode) -> bool {
        let is_shown = matches!(self.target(), Target::Stdout) && context.out.form == Form::Table;
        is_shown && self.format.is_none() && !mode.is_talk()
    }

    /// What is asked for.
    pub fn request(&self, context: &Context, mode: Mode) -> Outcome<Request> {
        Ok(Request { mode, with: self.with, format: self.format(context)?, scope: self.scope(context)?, raw: self.raw })
    }

    /// Which conversations are meant. Without a word about it, the one that runs this program.
    fn scope(&self, context: &Context) -> Outcome<Scope> {
        let has_filter = [&self.commits, &self.project, &self.since, &self.until].iter().any(|option| option.is_some());
        let has_filter = has_filter || [&self.tag, &self.disposition, &self.refs].iter().any(|words| !words.is_empty());
        let ids = match self.id.is_empty() && has_filter {
            true => Vec::new(),
            false => cli::selectors_of(&NAMED, &self.id)?,
        };
        Ok(Scope {
            ids,
            project: self.project.clone(),
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            tags: self.tag.clone(),
            dispositions: self.disposition.clone(),
            refs: self.refs.clone(),
        })
    }

    fn format(&self, context: &Context) -> Outcome<Format> {
        match (self.format, self.target(), context.out.form) {
            (Some(format), ..) => Ok(format),
            (None, Target::File(path), _) => of_file(&path),
            (None, Target::Folder(_), _) | (None, _, Form::Table) => Ok(Format::Markdown),
            (None, _, Form::Json) => Ok(Format::Jsonl),
        }
    }
}

fn of_file(path: &Path) -> Outcome<Format> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    Format::of_extension(ending).ok_or_else(|| {
        let text = format!("the file name {:?} does not say which format to write", path.display().to_string());
        let endings = FORMATS.map(|format| format!(".{}", format.extension())).join(", ");
        Failure::Usage(text, Some(format!("add --format, or use a name that ends with one of {endings}")))
    })
}
