//! Owns which programs do something that the command line does not show: it is in a variable, a file, a pipe, or in a
//! language that is not parsed.

use crate::flags::Parts;
use cs_core::shell::{Input, Run, Script};

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
pub fn reason(run: &Run) -> Option<&'static str> {
    let first = run.words.first()?;
    let Some(name) = run.program() else { return Some("opaque-command") };
    let is_glob = !first.is_quoted && first.text.contains(['*', '?', '[']) && !matches!(name, "[" | "[[");
    let is_expanded = !first.is_quoted && first.text.contains('{') && first.text.contains([',', '}']) && name != "{";
    if is_glob || is_expanded || name == "{}" {
        return Some("opaque-command");
    }
    match name {
        "source" | "." => return Some("opaque-script"),
        "alias" if run.arguments().iter().any(|word| word.text.contains('=')) => return Some("opaque-alias"),
        "deno" if run.arguments().first().is_some_and(|word| word.text == "eval") => return Some("opaque-code"),
        _ => {}
    }
    if run.is_fed() {
        return Some("opaque-pipe");
    }
    let only_checks = || Parts::of(run.arguments()).has("-n");
    if matches!(run.script(), Some(Script::File(_))) && !only_checks() {
        return Some("opaque-script");
    }
    code(name, run).or_else(|| runs_commands(name, run))
}

fn runs_commands(name: &str, run: &Run) -> Option<&'static str> {
    let (_, sign) = RUNNERS.iter().find(|(program, _)| *program == name)?;
    run.arguments().iter().any(|word| word.text.contains(sign)).then_some("opaque-code")
}

/// Code of another language, in the words or on standard input.
fn code(name: &str, run: &Run) -> Option<&'static str> {
    let (_, options) = INTERPRETERS.iter().find(|(pattern, _)| crate::glob::matches(pattern, name))?;
    let parts = Parts::of(run.arguments());
    if options.iter().any(|option| parts.has(option)) {
        return Some("opaque-code");
    }
    let reads = parts.arguments.iter().all(|word| word.text == "-") && !parts.has("-m");
    match run.input {
        Input::Text(_) if reads => Some("opaque-code"),
        Input::Pipe | Input::File if reads => Some("opaque-pipe"),
        _ => None,
    }
}
