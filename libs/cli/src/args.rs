//! Owns the way from the command line to a program's work: the arguments that all programs share (`-h`, `--version`,
//! `--json`, `--table`, `-q`, `--name=value`, `-` for standard input) and a command that need not be named, on top of
//! the argument parser.

use crate::deferred;
use crate::describe::{DESCRIBE, Description, single_braces};
use crate::failure::{Failure, Outcome};
use crate::help::fitted;
use crate::messages::report;
use crate::out::Out;
use crate::shared::{HELP, STDIN, Shared, dashes};
use crate::terminal::Color;
use crate::{refusal, shared, words};
use argh::{ArgsInfo, TopLevelCommand};
use cs_core::signal;
use std::io::Write;
use std::process::ExitCode;

/// Parses the arguments, runs the program and turns its result into an exit code.
pub fn run<A: TopLevelCommand + ArgsInfo>(program: &'static str, work: impl FnOnce(A, Out) -> Outcome<()>) -> ExitCode {
    finish(program, || match prepare::<A>(program)? {
        Some((args, out)) => work(args, out),
        None => Ok(()),
    })
}

/// Runs a program that reads its arguments itself, and turns its result into an exit code.
pub fn run_plain(program: &'static str, work: impl FnOnce(Out) -> Outcome<()>) -> ExitCode {
    finish(program, || work(Out::new(None, false, Color::default())))
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

/// The arguments and the output of the program; `None` if it is not to run, because something else was asked for.
fn prepare<A: TopLevelCommand + ArgsInfo>(program: &'static str) -> Outcome<Option<(A, Out)>> {
    let raw: Vec<String> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    // Made only if it is needed: programs that start often are not to pay for texts that nobody reads.
    let describe = || Description::of(program, &A::get_args_info());
    if raw == [DESCRIBE] {
        return print_alone(|out| out.line(&describe().to_json()));
    }
    let mut shared = Shared::default();
    let mut args = shared.take(&raw);
    if shared.version {
        return print_alone(|out| out.line(&format!("{program} {}", env!("CARGO_PKG_VERSION"))));
    }
    let commands = || A::get_args_info().commands.iter().map(|command| command.name).collect();
    name_command(program, words::default_command(program), commands, &mut args);
    let color = shared.color.as_deref().map(Color::parse).transpose()?.unwrap_or_default();
    parse(program, &describe, &args, Out::new(shared.form, shared.quiet, color))
}

/// Parses the prepared arguments, or prints the help that they ask for.
fn parse<A: TopLevelCommand>(
    name: &str,
    describe: &dyn Fn() -> Description,
    args: &[String],
    out: Out,
) -> Outcome<Option<(A, Out)>> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    // Only the parser knows which options take a value.
    let parsed = A::from_args(&[name], &dashes(&words)).or_else(|early| match early.status {
        Ok(()) => Err(early),
        Err(()) => A::from_args(&[name], &words),
    });
    let early = match parsed {
        Ok(args) => return Ok(Some((args, out))),
        Err(early) => early,
    };
    let program = &describe();
    match early {
        early if early.status.is_ok() => print_alone(|out| out.text(&help(&early.output, program))),
        // A command is missing.
        _ if words.is_empty() && !program.commands.is_empty() => {
            let asked = A::from_args(&[name], &[HELP]).err();
            let text = asked.map(|early| help(&early.output, program)).unwrap_or_default();
            std::io::stderr().write_all(text.as_bytes())?;
            Err(Failure::Reported(64))
        }
        early => Err(refuse(program, &words, &early.output)),
    }
}

/// Prints something instead of running the program.
fn print_alone<A>(print: impl FnOnce(&mut Out) -> Outcome<()>) -> Outcome<Option<(A, Out)>> {
    let mut out = Out::new(None, false, Color::default());
    print(&mut out)?;
    out.flush().map(|()| None)
}

/// Replaces another word for a command by its name, and puts in the command that need not be named.
fn name_command<'a>(
    program: &str,
    default: Option<&str>,
    commands: impl FnOnce() -> Vec<&'a str>,
    args: &mut Vec<String>,
) {
    match (args.first_mut(), default) {
        (Some(word), _) if word == HELP => {}
        (Some(word), _) if word == STDIN => {
            words::reader(program).into_iter().for_each(|command| args.insert(0, command.to_string()));
        }
        (Some(word), default) if word.starts_with('-') => {
            default.into_iter().for_each(|default| args.insert(0, default.to_string()));
        }
        (Some(word), _) => {
            let commands = commands();
            if !commands.contains(&word.as_str()) {
                *word = words::command(word, commands.into_iter()).unwrap_or(word).to_string();
            }
        }
        (None, Some(default)) => args.push(default.to_string()),
        _ => {}
    }
}

/// The failure for words that the parser refused.
fn refuse(program: &Description, words: &[&str], text: &str) -> Failure {
    let unknown = refusal::unknown_word(text).unwrap_or_default();
    let mut at = (program, program.name.clone());
    for word in words.iter().take_while(|word| **word != unknown) {
        let Some(command) = at.0.command(word) else { break };
        at = (command, format!("{} {word}", at.1));
    }
    let (command, path) = at;
    let shared = program.options.iter().filter(|option| !command.options.contains(option));
    let options = command.options.iter().chain(shared).map(|option| option.long.as_str());
    let known = command.commands.iter().map(|command| command.name.as_str()).chain(options);
    let typed: Vec<&str> = [program.name.as_str()].into_iter().chain(words.iter().copied()).collect();
    refusal::failure(text, known, &path, &typed)
}

/// The parser's help, with the command that need not be named, and the shared options, in the width of the terminal.
fn help(text: &str, program: &Description) -> String {
    let is_whole = text.starts_with(&format!("Usage: {} <command>", program.name));
    let default = program.default.as_ref().filter(|_| is_whole);
    let default = default.map(|command| format!("\nWithout a command: {command}\n")).unwrap_or_default();
    let common = format!("{default}\nOutput:\n{}", shared::help());
    let text = &plain_commands(text);
    fitted(&match text.find("\nExamples:").and_then(|at| text.split_at_checked(at)) {
        Some((before, after)) => format!("{before}{common}{after}"),
        None => format!("{text}{common}"),
    })
}

/// A help with the braces in its list of commands as they were written: the parser doubles those of every description, and
/// prints those of commands as they are then.
fn plain_commands(text: &str) -> String {
    let Some((before, rest)) = text.split_once(COMMANDS) else { return text.to_string() };
    let (list, after) = rest.find("\n\n").and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
    format!("{before}{COMMANDS}{}{after}", single_braces(list))
}

/// The title of the list of commands.
const COMMANDS: &str = "\n\nCommands:\n";

#[cfg(test)]
mod tests {
    use super::*;
    use argh::FromArgs;

    fn program() -> Description {
        let command = |name: &str| Description { name: name.into(), ..Description::default() };
        let commands = vec![command("list"), command("delete")];
        Description { name: "cs-x".into(), commands, ..Description::default() }
    }

    fn named(default: Option<&str>, args: &[&str]) -> String {
        let mut args: Vec<String> = args.iter().map(|word| (*word).to_string()).collect();
        name_command("cs-x", default, || vec!["list", "delete"], &mut args);
        args.join(" ")
    }

    #[test]
    fn a_command_may_be_left_out_or_have_another_name() {
        let cases = [
            (&[][..], "list"),
            (&["--status", "parked"], "list --status parked"),
            (&["ls", "ls"], "list ls"),
            (&["rm", "x"], "delete x"),
            (&["--help"], "--help"),
            (&["what"], "what"),
        ];
        for (args, expected) in cases {
            assert_eq!(named(Some("list"), args), expected);
        }
        assert_eq!([named(None, &[]), named(None, &["--x"])], ["", "--x"]);
    }

    #[test]
    fn the_hint_names_the_help_of_the_command_that_was_reached() {
        let hint = |words: &[&str], text: &str| refuse(&program(), words, text).message().unwrap().1.unwrap();
        assert_eq!(hint(&["lsit"], "Unrecognized argument: lsit\n"), "did you mean list? see cs-x --help");
        assert_eq!(hint(&["list", "--a"], "Unrecognized argument: --a\n"), "see cs-x list --help");
    }

    /// Fits {texts} together.
    #[derive(FromArgs)]
    struct Args {
        #[argh(subcommand)]
        #[allow(dead_code, reason = "only its help matters")]
        command: Command,
    }

    #[derive(FromArgs)]
    #[argh(subcommand)]
    #[allow(dead_code, reason = "only its help matters")]
    enum Command {
        Fill(Fill),
    }

    /// replace {name} and {date} in a text
    #[derive(FromArgs)]
    #[argh(subcommand, name = "fill", example = "{command_name} \"{{name}}\"")]
    #[allow(dead_code, reason = "only its help matters")]
    struct Fill {
        /// a text such as {name}
        #[argh(option)]
        text: Option<String>,
    }

    #[test]
    fn braces_are_in_every_help_as_they_were_written() {
        for words in [&["--help"][..], &["fill", "--help"]] {
            let printed = Args::from_args(&["cs-x"], words).err().unwrap().output;
            let shown = help(&printed, &program());
            let text = if words.len() == 1 {
                "fill              replace {name} and {date} in a text"
            } else {
                "text such as {name}\n"
            };
            assert!(shown.contains(text) && !shown.contains("{{") && !shown.contains("}}"), "{shown}");
        }
    }
}
