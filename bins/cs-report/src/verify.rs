//! Owns `verify`: whether reports are as they were made, and have nothing in them that rules find. Must stay true: a report
//! that cannot be read does not hide what is wrong with the others; the text of a find is never printed.

use agents::logs::Roots;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Form, Outcome, STDIN};
use conversations::Catalog;
use cs_core::error::Error;
use redaction::{Engine, Key, Rules};
use render::{format_number, format_quantity, format_time};
use reports::{LARGEST, Problem, Verified, verify};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// verify reports: their digest, their counts, that no definite rule finds anything in them, and on the machine where the
/// conversations are, that their logs begin as they did. 1 if one fails. A digest is no signature: whoever can change a
/// report can also make a new digest
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "verify",
    example = "{command_name} reports/login.md",
    example = "{command_name} --rules .claude-sessions/redact.toml reports/*.md"
)]
pub struct Verify {
    /// reports of any format, or - for one on standard input
    #[argh(positional)]
    file: Vec<PathBuf>,
    /// use this file of rules (may be repeated; default: .claude-sessions/redact.toml, here or in a folder above)
    #[argh(option, arg_name = "file")]
    rules: Vec<PathBuf>,
}

/// What was found out about a report.
#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    verifies: bool,
    problems: Vec<Told<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<u64>,
    same_rules: bool,
    candidates: usize,
    same_sources: usize,
    missing_sources: usize,
}

/// A problem.
#[derive(Serialize)]
struct Told<'a> {
    problem: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<&'a str>,
}

impl Verify {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.file.is_empty() {
            return Err(Failure::Usage(
                "name a report, or - for standard input".into(),
                Some(cli::see("cs-report verify")),
            ));
        }
        let home = &context.store.home;
        let key = Some(home.redact_key()).filter(|path| path.exists()).map(|path| Key::read(&path));
        let mut engine = Engine::new(Rules::load(home, &self.rules)?, key.unwrap_or_else(Key::fresh)?);
        let catalog = Catalog::of(&context.store, &Roots::from_env());
        let (mut failures, mut bad) = (Failures::default(), 0);
        for path in &self.file {
            let name = path.display().to_string();
            match read(path) {
                Ok(bytes) => {
                    let verified = verify(&name, &bytes, &mut engine, &catalog);
                    bad += u64::from(!verified.is_good());
                    show(context, &name, &verified)?;
                }
                Err(error) => failures.report(error)?,
            }
        }
        context.out.flush()?;
        if bad > 0 {
            let all = format_quantity(self.file.len() as u64, "report");
            failures.report(Failure::Nothing(format!("{} of {all} does not verify", format_number(bad))))?;
        }
        failures.end()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::io(path, "read", error);
    let mut bytes = Vec::new();
    if path == Path::new("-") || path == Path::new(STDIN) {
        std::io::stdin().lock().take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file: File = cs_core::open::foreign(path).map_err(failed)?;
        file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    }
    match bytes.len() as u64 {
        LARGEST.. => Err(Error::Invalid(format!("{} is too long for a report", path.display()))),
        _ => Ok(bytes),
    }
}

fn show(context: &mut Context, name: &str, verified: &Verified) -> Outcome<()> {
    let head = verified.head.as_ref();
    let problems: Vec<Told> = verified.problems.iter().map(told).collect();
    if context.out.quiet {
        return if verified.is_good() { Ok(()) } else { context.out.line(&cli::sanitize(name)) };
    }
    if context.out.form == Form::Json {
        return context.out.json(&Answer {
            file: name,
            verifies: verified.is_good(),
            problems,
            mode: head.map(|head| head.mode.as_str()),
            made_at: head.map(|head| head.made_at.as_str()),
            actor: head.map(|head| head.actor.as_str()),
            conversations: head.map(|head| head.conversations),
            entries: head.map(|head| head.entries),
            same_rules: verified.has_same_rules,
            candidates: verified.candidates,
            same_sources: verified.same_sources,
            missing_sources: verified.missing_sources,
        });
    }
    let name = cli::sanitize(name);
    for problem in &problems {
        context.out.line(&cli::sanitize(&format!("{name}: {}", problem.text)))?;
    }
    match head.filter(|_| verified.is_good()) {
        Some(head) => context.out.line(&cli::sanitize(&format!("{name}: {}", good(head, verified)))),
        None => Ok(()),
    }
}

/// What a report that verifies is.
fn good(head: &reports::Head, verified: &Verified) -> String {
    let mut text = format!(
        "verifies: {} of {}, made {} by {}",
        head.mode,
        format_quantity(head.conversations, "conversation"),
        format_time(&head.made_at),
        head.actor,
    );
    let count = |count: usize| format_number(count as u64);
    if verified.same_sources > 0 {
        text.push_str(&format!("; {} as the logs here begin", count(verified.same_sources)));
    }
    if verified.missing_sources > 0 {
        text.push_str(&format!("; {} not compared, their logs are not here", count(verified.missing_sources)));
    }
    if verified.candidates > 0 {
        text.push_str(&format!("; {} that may be secrets", count(verified.candidates)));
    }
    if !verified.has_same_rules {
        text.push_str("; made with other rules");
    }
    text
}

fn told(problem: &Problem) -> Told<'_> {
    let plain = |problem, text: String| Told { problem, text, rule: None, line: None, placeholder: None };
    match problem {
        Problem::Unreadable(why) => plain("unreadable", why.clone()),
        Problem::Changed => plain("changed", "it was changed after it was made: the digest does not fit".into()),
        Problem::Active => {
            plain("active", "it is a page with a script, a reference or a form, which no report has".into())
        }
        Problem::Raw => plain("raw", "it is raw: nothing was replaced in it".into()),
        Problem::Counts { what, said, found } => {
            plain("counts", format!("its head says {} {what}, it has {}", format_number(*said), format_number(*found)))
        }
        Problem::Found { rule, line, placeholder } => Told {
            problem: "found",
            text: format!("line {line}: {rule} finds something: {placeholder}"),
            rule: Some(rule),
            line: Some(*line),
            placeholder: Some(placeholder),
        },
        Problem::Source(source) => plain("source", format!("the log {source} does not begin as it did")),
    }
}
