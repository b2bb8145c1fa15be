//! Owns which words of a command may be files that it touches.

use crate::flags::Parts;
use cs_core::shell::{Run, Word};

/// Programs that only print their words.
const PRINTERS: &[&str] = &["echo", "printf", "logger", "true", "false", ":"];
/// Programs whose first argument is a pattern or a program, unless one of these options has it.
const WITH_PATTERN: &[(&str, &[&str])] = &[
    ("grep", &["-e", "-f", "--regexp", "--file"]),
    ("egrep", &["-e", "-f", "--regexp", "--file"]),
    ("fgrep", &["-e", "-f", "--regexp", "--file"]),
    ("rg", &["-e", "-f", "--regexp", "--file", "--files"]),
    ("ag", &[]),
    ("ack", &["-f"]),
    ("sed", &["-e", "-f", "--expression", "--file"]),
    ("awk", &["-f", "--file"]),
    ("gawk", &["-f", "--file"]),
    ("jq", &["-f", "--from-file"]),
];
/// Options whose value is a pattern or a message.
const PATTERN_OPTIONS: &[&str] = &[
    "-e",
    "-m",
    "--message",
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "--grep",
    "--exclude",
    "-g",
];
/// The files that a program may read or write, as they are written.
pub fn files(run: &Run) -> Vec<&str> {
    let redirects = run.redirects.iter().map(|redirect| redirect.target.text.as_str());
    let name = run.program().unwrap_or_default();
    if PRINTERS.contains(&name) {
        return redirects.collect();
    }
    let skipped = pattern(name, run.arguments());
    let is_file = |(n, _): &(usize, &Word)| Some(*n) != skipped && !is_pattern_value(run.arguments(), *n);
    let arguments = run.arguments().iter().enumerate().filter(is_file);
    arguments.flat_map(|(_, word)| candidates(&word.text)).chain(redirects).collect()
}

/// Which argument is a pattern or a program, for the programs that take one first.
fn pattern(name: &str, words: &[Word]) -> Option<usize> {
    let (_, options) = WITH_PATTERN.iter().find(|(program, _)| *program == name)?;
    let has_option = Parts::of(words).flags.iter().any(|flag| options.contains(&flag.as_str()));
    if has_option { None } else { words.iter().position(|word| !word.text.starts_with('-')) }
}

fn is_pattern_value(words: &[Word], n: usize) -> bool {
    n.checked_sub(1)
        .and_then(|before| words.get(before))
        .is_some_and(|word| PATTERN_OPTIONS.contains(&word.text.as_str()))
}

fn candidates(text: &str) -> impl Iterator<Item = &str> {
    let after = |separator: char| text.rsplit_once(separator).map(|(_, after)| after);
    [Some(text), after('='), after('@'), after(':')].into_iter().flatten().filter(|text| !text.is_empty())
}
