//! Owns the command line: what is requested, and which options cannot be combined.

use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::id::Slug;
use cs_core::range::Range;
use render::{FORMATS, Format};
use std::path::{Path, PathBuf};

/// Writes sessions as JSON, Markdown, CSV or HTML. An ID is a session or the short name of a project;
/// where it could be both, it means the session. Without an ID the conversation that runs the command
/// is exported. `-` reads ids or records from standard input.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} ca5d --format markdown",
    example = "{command_name} --project api --since 7d -o week.html"
)]
pub struct Args {
    /// sessions or projects
    #[argh(positional)]
    id: Vec<String>,
    /// all sessions of a project, given by its short name
    #[argh(option)]
    project: Option<String>,
    /// all sessions
    #[argh(switch)]
    all: bool,
    /// only sessions started at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a time such
    /// as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option)]
    since: Option<String>,
    /// only sessions started before TIME; if TIME is a day, up to the end of that day
    #[argh(option)]
    until: Option<String>,
    /// include archived sessions (a session given by its ID is always found)
    #[argh(switch)]
    include_archived: bool,
    /// json, jsonl, markdown, csv or html (default: from the extension of the file; without a file, markdown on a
    /// terminal and jsonl in a pipe)
    #[argh(option, from_str_fn(parse_format))]
    format: Option<Format>,
    /// use your own template instead of a format; see docs/TEMPLATE.md
    #[argh(option)]
    template: Option<PathBuf>,
    /// write to this file
    #[argh(option, short = 'o')]
    output: Option<PathBuf>,
    /// write a masked Markdown file into this folder for each session that has ended
    #[argh(option)]
    output_dir: Option<PathBuf>,
    /// at most this many words of the conversation in each file (default: 600; 0 for none)
    #[argh(option, from_str_fn(parse_words))]
    highlight_words: Option<usize>,
    /// replace nothing: the texts as they are; needs --i-know, and is never written into a git work tree
    #[argh(switch)]
    raw: bool,
    /// you know that secrets and names may be in the output of --raw
    #[argh(switch)]
    i_know: bool,
    /// replace a file that cs-export did not write; with --output-dir, write unchanged sessions again
    #[argh(switch)]
    force: bool,
}

fn parse_words(text: &str) -> std::result::Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of words"))
}

fn parse_format(word: &str) -> std::result::Result<Format, String> {
    let words = || one_of(FORMATS.map(|format| format.name().to_string()));
    Format::named(word).ok_or_else(|| format!("{word:?} is not a format; use {}", words()))
}

/// Where the text goes.
#[derive(Debug)]
pub enum Target {
    Stdout,
    File(PathBuf),
    Folder { folder: PathBuf, highlight_words: usize },
}

/// The requested sessions.
#[derive(Debug)]
pub enum Which {
    /// Those named on the command line or on standard input; none means the conversation that runs the command.
    Named(Vec<String>),
    Project(Slug),
    All,
}

/// The parsed arguments.
#[derive(Debug)]
pub struct Plan {
    pub which: Which,
    /// The range of their start times.
    pub range: Range,
    pub include_archived: bool,
    pub format: Format,
    pub template: Option<PathBuf>,
    pub target: Target,
    pub force: bool,
    /// Whether texts stay as they are.
    pub is_raw: bool,
}

const HIGHLIGHT_WORDS: usize = 600;

impl Args {
    /// Checks the arguments.
    pub fn plan(self, context: &Context) -> Outcome<Plan> {
        self.check()?;
        Ok(Plan {
            range: context.range(self.since.as_deref(), self.until.as_deref())?,
            include_archived: self.include_archived,
            format: self.format(context.out.form)?,
            force: self.force,
            is_raw: self.raw,
            which: self.which()?,
            template: self.template,
            target: match (self.output, self.output_dir) {
                (_, Some(folder)) => {
                    let highlight_words = self.highlight_words.unwrap_or(HIGHLIGHT_WORDS);
                    Target::Folder { folder, highlight_words }
                }
                (Some(path), None) if !is_stdout(&path) => Target::File(path),
                _ => Target::Stdout,
            },
        })
    }

    fn check(&self) -> Outcome<()> {
        let named = !self.id.is_empty();
        let contradictions = [
            (named && self.project.is_some(), "give either sessions or a --project, not both"),
            (self.all && (named || self.project.is_some()), "--all cannot be combined with sessions or --project"),
            (self.output.is_some() && self.output_dir.is_some(), "-o and --output-dir cannot be combined"),
            (self.template.is_some() && self.format.is_some(), "--template and --format cannot be combined"),
            (
                self.template.is_some() && self.output_dir.is_some(),
                "--output-dir writes Markdown; it takes no --template",
            ),
            (
                self.output_dir.is_some() && self.format.is_some_and(|format| format != Format::Markdown),
                "--output-dir writes Markdown only",
            ),
            (self.highlight_words.is_some() && self.output_dir.is_none(), "--highlight-words needs --output-dir"),
            (self.raw && !self.i_know, "--raw replaces no secret and no name; add --i-know if that is what you want"),
            (self.raw && self.output_dir.is_some(), "--raw and --output-dir cannot be combined"),
            (self.i_know && !self.raw, "--i-know is for --raw"),
            (self.force && self.output.is_none() && self.output_dir.is_none(), "--force needs -o or --output-dir"),
        ];
        match contradictions.into_iter().find(|(holds, _)| *holds) {
            Some((_, text)) => Err(Failure::Usage(text.into(), Some(cli::see("cs-export")))),
            None => Ok(()),
        }
    }

    /// Which sessions are meant. A range without names is about all sessions, since one conversation has only one start.
    fn which(&self) -> Outcome<Which> {
        let timed = self.since.is_some() || self.until.is_some();
        match &self.project {
            Some(slug) => Ok(Which::Project(Slug::parse(slug)?)),
            None if self.all || (self.id.is_empty() && timed) => Ok(Which::All),
            None => Ok(Which::Named(self.id.clone())),
        }
    }

    fn format(&self, form: Form) -> Outcome<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let file = self.output.as_deref().filter(|path| !is_stdout(path));
        match (file, form) {
            (Some(path), _) if self.template.is_none() => of_file(path),
            (_, Form::Json) => Ok(Format::Jsonl),
            (_, Form::Table) => Ok(Format::Markdown),
        }
    }
}

fn of_file(path: &Path) -> Outcome<Format> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let endings = || one_of(FORMATS.map(|format| format!(".{}", format.extension())));
    Format::of_extension(ending).ok_or_else(|| {
        let text = format!("the file name {:?} does not say which format to write", path.display().to_string());
        Failure::Usage(text, Some(format!("add --format, or use a name that ends with {}", endings())))
    })
}

/// Whether the path is `-`, which the argument parser replaces with [`cli::STDIN`].
fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new(cli::STDIN)
}

/// `a, b or c`.
fn one_of<const N: usize>(words: [String; N]) -> String {
    let [first @ .., last] = &words[..] else { return String::new() };
    format!("{} or {last}", first.join(", "))
}
