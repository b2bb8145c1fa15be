//! Owns which words of a command may be files that it touches.

use crate::flags::Parts;
use crate::subcommand::Subcommand;
use cs_core::shell::{Run, Word};

/// Programs that only print their words, or what is known of a file besides its contents.
const PRINTERS: &[&str] = &[
    "echo", "printf", "logger", "true", "false", ":", "ls", "stat", "test", "[", "[[", "file", "du", "basename",
    "dirname", "realpath", "readlink", "touch", "mkdir", "export", "exa", "eza", "tree",
];
/// Subcommands of git that look at names only.
const NAMES: &[&str] = &["check-ignore", "ls-files", "log", "status", "help", "grep"];
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
    "--exclude-from",
    "--include",
    "--ignore",
    "--glob",
    "-g",
    "-x",
    "--body",
    "--title",
    "-am",
];
/// No pattern of a file is shorter.
const SHORTEST: usize = 2;

/// The files that a program may read or write, as they are written. `inner` is the program that it runs.
pub fn files<'r>(run: &'r Run, inner: Option<&Run>) -> Vec<&'r str> {
    let words = own(run.arguments(), inner);
    let redirects = run.redirects.iter().map(|redirect| redirect.target.text.as_str());
    let name = run.program().unwrap_or_default();
    let is_name = |phrase: &&str| Subcommand::of(name, words).after(phrase).is_some();
    if PRINTERS.contains(&name) || name == "git" && NAMES.iter().any(is_name) {
        return redirects.collect();
    }
    let skipped = pattern(name, words);
    let is_file = |(n, _): &(usize, &Word)| Some(*n) != skipped && !is_pattern_value(words, *n);
    let arguments = words.iter().enumerate().filter(is_file);
    let mut files = Vec::with_capacity(words.len() + run.redirects.len());
    arguments.for_each(|(_, word)| files.extend(candidates(&word.text)));
    files.extend(redirects);
    files
}

/// The words of a program without those of the program that it runs.
fn own<'r>(words: &'r [Word], inner: Option<&Run>) -> &'r [Word] {
    let of_inner = inner.map(|inner| inner.words.as_slice()).unwrap_or_default();
    if of_inner.is_empty() { words } else { words.strip_suffix(of_inner).unwrap_or(words) }
}

/// Which argument is a pattern or a program, for the programs that take one first.
fn pattern(name: &str, words: &[Word]) -> Option<usize> {
    let (_, options) = WITH_PATTERN.iter().find(|(program, _)| *program == name)?;
    let has_option = {
        let parts = Parts::of(words);
        options.iter().any(|option| parts.has(option))
    };
    if has_option { None } else { words.iter().position(|word| !word.text.starts_with('-')) }
}

fn is_pattern_value(words: &[Word], n: usize) -> bool {
    n.checked_sub(1)
        .and_then(|before| words.get(before))
        .is_some_and(|word| word.text.starts_with('-') && PATTERN_OPTIONS.contains(&word.text.as_str()))
}

/// What may be a path in a word: the whole word, and what follows the last `=`, `@` and `:`. Prose is none.
fn candidates(text: &str) -> impl Iterator<Item = &str> {
    let is_prose = text.contains('\n') || text.contains(' ') && !text.starts_with(['/', '~', '.', '$']);
    let is_excluded = text.split_once('=').is_some_and(|(option, _)| PATTERN_OPTIONS.contains(&option));
    // `-f`
    let is_letter = text.len() == 2 && text.starts_with('-');
    let may_be = !is_prose && !is_excluded && !is_letter;
    let after = |separator: u8| {
        let at = text.bytes().rposition(|byte| byte == separator)?;
        text.get(at + 1..)
    };
    let has_parts = text.bytes().any(|byte| matches!(byte, b'=' | b'@' | b':'));
    let all = match (may_be, has_parts) {
        (true, true) => [Some(text), after(b'='), after(b'@'), after(b':')],
        (true, false) => [Some(text), None, None, None],
        (false, _) => [None; 4],
    };
    // `.env*` means at least `.env`.
    let short = |text: &'_ str| text.len() >= SHORTEST;
    all.into_iter().flatten().map(|text| text.strip_suffix('*').unwrap_or(text)).filter(move |text| short(text))
}
