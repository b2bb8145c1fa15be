//! Owns which programs do something that the command line does not show: it is in a variable, a file, a pipe, or in a
//! language that is not parsed.

use crate::flags::Parts;
use cs_core::shell::{Input, Run, Script};

/// Why a command line does not show what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Opaque {
    /// Its name in the log.
    pub id: &'static str,
    /// In words.
    pub about: &'static str,
}

const COMMAND: Opaque = Opaque {
    id: "opaque-command",
    about: "the program is in a variable, a substitution or a pattern: `$x`, `$(…)`, `/bin/r?`",
};
const PIPE: Opaque =
    Opaque { id: "opaque-pipe", about: "a shell or an interpreter reads from a pipe or a file: `curl … | sh`" };
const SCRIPT: Opaque = Opaque { id: "opaque-script", about: "a shell runs a file: `bash x.sh`, `source x.sh`" };
/// Code of another language.
pub const CODE: Opaque =
    Opaque { id: "opaque-code", about: "code of another language: `perl -e …`, `python3 <<EOF`" };
const ALIAS: Opaque = Opaque { id: "opaque-alias", about: "an alias is set, so that later words mean other programs" };
/// A command that was not read to its end.
pub const LONG: Opaque = Opaque {
    id: "opaque-long",
    about: "more than 64 KiB, 1,000 commands, 500 words in one or 8 levels: the rest was not read",
};
/// All of them.
pub const ALL: [&Opaque; 6] = [&COMMAND, &PIPE, &SCRIPT, &CODE, &ALIAS, &LONG];

/// Programs that run code of another language, and the options after which it stands.
const INTERPRETERS: &[(&str, &[&str])] = &[
    ("python*", &["-c"]),
    ("pypy*", &["-c"]),
    ("perl*", &["-e", "-E"]),
    ("ruby*", &["-e"]),
    ("node", &["-e", "-p", "--eval", "--print"]),
    ("nodejs", &["-e", "-p", "--eval", "--print"]),
    ("bun", &["-e", "--eval"]),
    ("php*", &["-r"]),
    ("lua*", &["-e"]),
    ("Rscript", &["-e"]),
    ("osascript", &["-e"]),
    ("pwsh", &["-c", "-Command", "-EncodedCommand"]),
    ("powershell", &["-c", "-Command", "-EncodedCommand"]),
    ("deno", &[]),
    ("ts-node", &["-e", "--eval"]),
    ("tsx", &["-e", "--eval"]),
    ("ipython*", &["-c"]),
    ("julia", &["-e", "--eval"]),
    ("elixir", &["-e", "--eval"]),
    ("groovy", &["-e"]),
    ("swift", &["-e"]),
    ("expect", &["-c"]),
    ("tclsh", &[]),
];
/// Programs whose language can run commands, and how.
const RUNNERS: &[(&str, &str)] =
    &[("awk", "system("), ("gawk", "system("), ("mawk", "system("), ("nawk", "system("), ("vim", "!"), ("ex", "!")];

/// Why nobody can see what a program does; `None` if the words show it.
pub fn reason(run: &Run) -> Option<&'static Opaque> {
    let first = run.words.first()?;
    let Some(name) = run.program() else { return Some(&COMMAND) };
    let is_glob = !first.is_quoted && first.text.contains(['*', '?', '[']) && !matches!(name, "[" | "[[");
    let is_expanded = !first.is_quoted && first.text.contains('{') && first.text.contains([',', '}']) && name != "{";
    if is_glob || is_expanded || name == "{}" {
        return Some(&COMMAND);
    }
    match name {
        "source" | "." => return Some(&SCRIPT),
        "alias" if run.arguments().iter().any(|word| word.text.contains('=')) => return Some(&ALIAS),
        "git" if sets_alias(run) => return Some(&ALIAS),
        "deno" if run.arguments().first().is_some_and(|word| word.text == "eval") => return Some(&CODE),
        _ => {}
    }
    if run.is_fed() {
        return Some(&PIPE);
    }
    let only_checks = || Parts::of(run.arguments()).has("-n");
    if matches!(run.script(), Some(Script::File(_))) && !only_checks() {
        return Some(&SCRIPT);
    }
    code(name, run).or_else(|| runs_commands(name, run))
}

/// Whether it gives git a command of its own: `git -c alias.x='!…'`, `git config alias.x '!…'`.
fn sets_alias(run: &Run) -> bool {
    let words = run.arguments();
    let is_shell = |word: &str| word.split_once("=!").is_some_and(|(name, _)| name.starts_with("alias."));
    let pairs = words.iter().zip(words.iter().skip(1));
    words.iter().any(|word| is_shell(&word.text))
        || pairs.into_iter().any(|(name, value)| name.text.starts_with("alias.") && value.text.starts_with('!'))
}

fn runs_commands(name: &str, run: &Run) -> Option<&'static Opaque> {
    let (_, sign) = RUNNERS.iter().find(|(program, _)| *program == name)?;
    run.arguments().iter().any(|word| word.text.contains(sign)).then_some(&CODE)
}

/// Code of another language, in the words or on standard input.
fn code(name: &str, run: &Run) -> Option<&'static Opaque> {
    let (_, options) = INTERPRETERS.iter().find(|(pattern, _)| crate::glob::matches(pattern, name))?;
    let parts = Parts::of(run.arguments());
    if options.iter().any(|option| parts.has(option)) {
        return Some(&CODE);
    }
    let reads = parts.arguments.iter().all(|word| word.text == "-") && !parts.has("-m");
    match run.input {
        Input::Text(_) if reads => Some(&CODE),
        Input::Pipe | Input::File if reads => Some(&PIPE),
        _ => None,
    }
}
