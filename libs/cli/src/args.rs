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
    finish(program, || match prepare::<A>(program)? {
        Some((args, out)) => work(args, out),
        None => Ok(()),
    })
}

/// Runs a program that reads its arguments itself, and turns its result into an exit code.
pub fn run_plain(program: &'static str, work: impl FnOnce(Out) -> Outcome<()>) -> ExitCode {
    finish(program, || work(Out::new(None, false)))
}

fn finish(program: &'static str, work: impl FnOnce() -> Outcome<()>) -> ExitCode {
    signal::outlive_file_size_limits();
    deferred::begin(program);
    match work() {
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
        Err(early) => {
            let hint = format!("{}{}", meant::<A>(program, &words, &early.output), see_help::<A>(program, &words));
            Err(Failure::Usage(explain(&early.output), Some(hint)))
        }
    }
}

/// The help that the parser prints for these words.
fn help_of<A: TopLevelCommand>(program: &str, words: &[&str]) -> Option<String> {
    let asked: Vec<&str> = words.iter().copied().chain(["--help"]).collect();
    A::from_args(&[program], &asked).err().filter(|early| early.status.is_ok()).map(|early| early.output)
}

/// The hint that names the help of the subcommand, or of the program if there is none.
fn see_help<A: TopLevelCommand>(program: &str, words: &[&str]) -> String {
    let named = words.first().map(|word| format!("{program} {word}"));
    let is_known = |name: &String| {
        let help = help_of::<A>(program, words.get(..1).unwrap_or_default());
        help.is_some_and(|help| help.starts_with(&format!("Usage: {name} ")))
    };
    see(&named.filter(is_known).unwrap_or_else(|| program.to_string()))
}

/// The hint that names a command's help.
pub fn see(command: &str) -> String {
    format!("see {command} --help")
}

/// The hint that names the known word that may be meant by one that the parser rejects; empty if there is none.
fn meant<A: TopLevelCommand>(program: &str, words: &[&str], trouble: &str) -> String {
    let unknown = trouble.lines().next().and_then(|line| line.strip_prefix("Unrecognized argument: "));
    let found = unknown.map(str::trim).and_then(|unknown| {
        let before = words.iter().copied().take_while(|word| *word != unknown && !word.starts_with('-'));
        let help = help(&help_of::<A>(program, &before.collect::<Vec<_>>())?);
        nearest(unknown, words_of(&help)).map(str::to_string)
    });
    found.map(|word| format!("did you mean {word}? ")).unwrap_or_default()
}

/// The parser's message as one line of ours.
fn explain(text: &str) -> String {
    let text = text.replace(STDIN, "-");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong arguments").trim_end_matches(['.', ':']);
    if let Some((option, reason)) = of_value(first) {
        return match reason {
            "duplicate values provided" => format!("{option} is given more than once"),
            _ => format!("{option}: {reason}"),
        };
    }
    let rest: Vec<&str> = lines.take_while(|line| !line.starts_with("Run ")).collect();
    let mut text = first.chars().next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    text.extend(first.chars().skip(1));
    if rest.is_empty() { text } else { format!("{text}: {}", rest.join(", ")) }
}

/// The option and the reason in the parser's message about a value: `Error parsing option '--days' with value 'x': …`.
fn of_value(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("Error parsing ")?.split_once('\'')?.1;
    let (name, rest) = rest.split_once("' with value '")?;
    Some((name, rest.split_once("': ")?.1))
}

/// The parser's help, with the shared options.
fn help(text: &str) -> String {
    let common = "\nOutput:\n  --json            one JSON object a line (the default in a pipe)\n  --table           for people (the default on a terminal)\n  -q, --quiet       only ids (or names, paths, dates), one a line\n  --version         the version\n";
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

    #[test]
    fn messages_of_the_parser_are_one_line_that_names_the_option() {
        let value = "Error parsing option '--days' with value '-1': \"-1\" is not a number of days\n";
        assert_eq!(explain(value), "--days: \"-1\" is not a number of days");
        let twice = "Error parsing option '--text' with value 'b': duplicate values provided\n";
        assert_eq!(explain(twice), "--text is given more than once");
        let missing = "Required options not provided:\n    --text\n    --id\n";
        assert_eq!(explain(missing), "required options not provided: --text, --id");
        assert_eq!(explain(&format!("Unrecognized argument: {STDIN}\n")), "unrecognized argument: -");
    }
}
