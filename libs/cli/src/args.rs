//! Owns the arguments that all programs share (`-h`, `--version`, `--json`, `--table`, `-q`, `--name=value`, `-` for
//! standard input), on top of the argument parser.

use crate::deferred;
use crate::failure::{Failure, Outcome};
use crate::messages::report;
use crate::nearest::{nearest, words_of};
use crate::out::{Form, Out};
use argh::TopLevelCommand;
use cs_core::signal;
use std::io::Write;
use std::process::ExitCode;

/// Replaces `-` in the prepared arguments: ids or records come from standard input.
pub const STDIN: &str = "\u{1}stdin";

/// Parses the arguments, runs the program and turns its result into an exit code.
pub fn run<A: TopLevelCommand>(program: &'static str, work: impl FnOnce(A, Out) -> Outcome<()>) -> ExitCode {
    signal::outlive_file_size_limits();
    deferred::begin(program);
    let result = prepare::<A>(program).and_then(|parsed| match parsed {
        Some((args, out)) => work(args, out),
        None => Ok(()),
    });
    match result {
        Ok(()) => ExitCode::from(deferred::code()),
        Err(failure) => {
            if !failure.message().is_some_and(|(text, _)| deferred::is_reported(&text)) {
                report(program, &failure);
            }
            // The code of the first deferred error wins, as everywhere; a closed pipe is not an error.
            let earlier = Some(deferred::code()).filter(|code| *code != 0 && failure.code() != 0);
            ExitCode::from(earlier.unwrap_or_else(|| failure.code()))
        }
    }
}

fn prepare<A: TopLevelCommand>(program: &'static str) -> Outcome<Option<(A, Out)>> {
    let raw: Vec<String> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let mut shared = Shared::default();
    let args = shared.take(&raw);
    if shared.version {
        let text = format!("{program} {}\n", env!("CARGO_PKG_VERSION"));
        std::io::stdout().write_all(text.as_bytes())?;
        return Ok(None);
    }
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    // Only the parser knows which options take a value.
    let parsed = A::from_args(&[program], &dashes(&words)).or_else(|early| match early.status {
        Ok(()) => Err(early),
        Err(()) => A::from_args(&[program], &words),
    });
    match parsed {
        Ok(args) => Ok(Some((args, Out::new(shared.form, shared.quiet)))),
        Err(early) if early.status.is_ok() => {
            std::io::stdout().write_all(help(&early.output).as_bytes())?;
            Ok(None)
        }
        Err(early) => Err(usage(program, &early.output, meant::<A>(program, &words, &early.output))),
    }
}

/// The known word that may be meant by one that the parser rejects.
fn meant<A: TopLevelCommand>(program: &str, words: &[&str], trouble: &str) -> Option<String> {
    let unknown = trouble.lines().next()?.strip_prefix("Unrecognized argument: ")?.trim();
    let before = words.iter().copied().take_while(|word| *word != unknown && !word.starts_with('-'));
    let asked: Vec<&str> = before.chain(["--help"]).collect();
    let early = A::from_args(&[program], &asked).err().filter(|early| early.status.is_ok())?;
    nearest(unknown, words_of(&help(&early.output))).map(str::to_string)
}

fn usage(program: &str, text: &str, meant: Option<String>) -> Failure {
    let text = text.replace(STDIN, "-");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong arguments").trim_end_matches(['.', ':']);
    let rest: Vec<&str> = lines.take_while(|line| !line.starts_with("Run ")).collect();
    let mut text = first.chars().next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    text.extend(first.chars().skip(1));
    if !rest.is_empty() {
        text = format!("{text}: {}", rest.join(", "));
    }
    let meant = meant.map(|word| format!("did you mean {word}? ")).unwrap_or_default();
    Failure::Usage(text, Some(format!("{meant}{program} --help shows what it takes")))
}

/// The parser's help, with the shared options.
fn help(text: &str) -> String {
    let common = "\nOutput:\n  --json            one JSON object a line (the default in a pipe)\n  --table           for people (the default on a terminal)\n  -q, --quiet       ids only\n  --version         the version\n";
    match text.find("\nExamples:").and_then(|at| text.split_at_checked(at)) {
        Some((before, after)) => format!("{before}{common}{after}"),
        None => format!("{}{common}", text),
    }
}

/// Options that all programs share.
#[derive(Default)]
struct Shared {
    form: Option<Form>,
    quiet: bool,
    version: bool,
}

impl Shared {
    /// Takes the shared options out of the arguments and prepares the rest for the parser.
    fn take(&mut self, raw: &[String]) -> Vec<String> {
        let mut args = Vec::new();
        let mut words = raw.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--" => {
                    args.push(word.clone());
                    args.extend(words.by_ref().cloned());
                }
                "--json" => self.form = Some(Form::Json),
                "--table" => self.form = Some(Form::Table),
                "-q" | "--quiet" => self.quiet = true,
                "--version" | "-V" => self.version = true,
                "-h" => args.push("--help".into()),
                "-" => args.push(STDIN.into()),
                other => args.extend(split_value(other)),
            }
        }
        args
    }
}

/// The words, in which a `-` is restored if it is the value of the option before it.
fn dashes<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut before = "";
    let mut one = |word: &'a str| {
        let follows = std::mem::replace(&mut before, word).starts_with("--");
        if follows && word == STDIN { "-" } else { word }
    };
    words.iter().map(|word| one(word)).collect()
}

/// Splits `--name=value` into two words; everything else stays as it is.
fn split_value(word: &str) -> Vec<String> {
    match word.strip_prefix("--").and_then(|rest| rest.split_once('=')) {
        Some((name, value)) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') => {
            vec![format!("--{name}"), value.to_string()]
        }
        _ => vec![word.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_options_may_be_anywhere() {
        let mut shared = Shared::default();
        let raw: Vec<String> = ["list", "--json", "--status=a=b", "-", "-q", "--", "-q", "-"].map(String::from).into();
        assert_eq!(shared.take(&raw), ["list", "--status", "a=b", STDIN, "--", "-q", "-"]);
        assert_eq!(dashes(&["a", "--text", STDIN, STDIN]), ["a", "--text", "-", STDIN]);
        assert!(shared.quiet && shared.form == Some(Form::Json));
    }
}
