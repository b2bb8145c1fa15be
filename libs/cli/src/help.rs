//! Owns how a help text is laid out: the argument parser wraps only what it says about options, and at 80 columns
//! whatever the terminal has. Must stay true: a line ends between words and fits the terminal, unless one word does not;
//! in the line with the arguments, an option stays with its value; an example that needs two lines can still be copied.

use crate::terminal;
use render::width_of;

/// The columns where there is no terminal, so that what a pipe gets is always the same.
const PIPE: usize = 80;
/// Longer lines are hard to read.
const WIDEST: usize = 100;
/// Where the parser, and the texts of ours that go with its own, begin what is said about a name.
const COLUMN: usize = 20;
const INDENT: &str = "  ";

/// The text in the width of the terminal.
pub fn fitted(text: &str) -> String {
    fit(text, terminal::width().unwrap_or(PIPE).min(WIDEST))
}

fn fit(text: &str, width: usize) -> String {
    let mut section = "";
    let mut lines = Vec::new();
    let mut rest = text.lines().peekable();
    while let Some(line) = rest.next() {
        let Some(inner) = line.strip_prefix(INDENT) else {
            section = line;
            let (units, hang) = if line.starts_with(USAGE) { (usage(line), USAGE.len()) } else { (words(line), 0) };
            lines.extend(fill("", hang, &units, width, ""));
            continue;
        };
        match section {
            "Examples:" => lines.extend(command_lines(inner, INDENT, width)),
            "Notes:" => lines.extend(fill(INDENT, INDENT.len(), &words(inner), width, "")),
            _ => {
                let (name, about) = named(line);
                let mut about = words(about);
                while let Some(more) = rest.next_if(|next| named(next).0.is_empty() && !next.is_empty()) {
                    about.extend(words(more.trim_start()));
                }
                lines.extend(item(name, &about, width));
            }
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A command for a shell in lines that begin with `indent`, can be copied, and have at most `width` columns unless one
/// word has more.
pub fn command_lines(command: &str, indent: &str, width: usize) -> Vec<String> {
    fill(indent, indent.len() + INDENT.len(), &shell_words(command), width, " \\")
}

/// An option, a command or a word with what is said about it, which is indented less where there is little room.
fn item(name: &str, about: &[&str], width: usize) -> Vec<String> {
    let column = COLUMN.min(width / 3);
    if about.is_empty() {
        return vec![name.to_string()];
    }
    if width_of(name) < column {
        return fill(&format!("{name:<column$}"), column, about, width, "");
    }
    let below = fill(&" ".repeat(column), column, about, width, "");
    std::iter::once(name.to_string()).chain(below).collect()
}

/// The name with its indent, and what stands in the column beside it.
fn named(line: &str) -> (&str, &str) {
    let column = line.char_indices().nth(COLUMN).map(|(at, _)| at);
    match column.and_then(|at| line.split_at_checked(at)).filter(|(name, _)| name.ends_with(' ')) {
        Some((name, about)) => (name.trim_end(), about),
        None => (line, ""),
    }
}

/// Lines of `units`, which are not divided. The first line begins with `head`, the others are indented by `hang`; `mark`
/// is at the end of each line that goes on.
fn fill(head: &str, hang: usize, units: &[&str], width: usize, mark: &str) -> Vec<String> {
    let mut lines = vec![head.to_string()];
    let mut is_empty = true;
    let mut units = units.iter().peekable();
    while let Some(unit) = units.next() {
        let room = width.saturating_sub(if units.peek().is_some() { mark.len() } else { 0 });
        let needed = usize::from(!is_empty) + width_of(unit);
        if !is_empty && lines.last().is_some_and(|line| width_of(line) + needed > room) {
            lines.iter_mut().last().into_iter().for_each(|line| line.push_str(mark));
            lines.push(" ".repeat(hang));
            is_empty = true;
        }
        if let Some(line) = lines.last_mut() {
            line.extend((!is_empty).then_some(' '));
            line.push_str(unit);
        }
        is_empty = false;
    }
    lines
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

const USAGE: &str = "Usage: ";

/// The parts of the line with the arguments: `[--limit <limit>]`, `--reason <reason>`.
fn usage(line: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    split(line, |c, next| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && next != Some('<')
    })
}

/// The words of a command as a shell sees them.
fn shell_words(line: &str) -> Vec<&str> {
    let mut quote = None;
    split(line, |c, _| {
        match quote {
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ => {}
        }
        quote.is_none()
    })
}

/// Divides a text at the blanks where `may_end` says so. It is asked about each character, with the next one.
fn split(text: &str, mut may_end: impl FnMut(char, Option<char>) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if may_end(c, chars.peek().map(|(_, next)| *next)) && c == ' ' {
            parts.extend(text.get(begin..at));
            begin = at + 1;
        }
    }
    parts.extend(text.get(begin..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Usage: cs-x list [--project <project>] --reason <reason> [--] [<id...>]

Lists what is there, and what was there before it was not.

Options:
  --project         only this project, by its short name, and none of the
                    others
  --include-archived
                    archived ones, too
  --bare
  --help, help      display usage information

Without a command: list

Examples:
  cs-x list --project api --reason \"a longer reason, with blanks\" --all

Notes:
  A note is a paragraph, which goes on below its first word.
";

    #[test]
    fn lines_end_between_words_and_go_on_below_what_they_say() {
        let expected = "\
Usage: cs-x list [--project <project>]
       --reason <reason> [--] [<id...>]

Lists what is there, and what was there
before it was not.

Options:
  --project  only this project, by its
             short name, and none of the
             others
  --include-archived
             archived ones, too
  --bare
  --help, help
             display usage information

Without a command: list

Examples:
  cs-x list --project api --reason \\
    \"a longer reason, with blanks\" --all

Notes:
  A note is a paragraph, which goes on
  below its first word.
";
        assert_eq!(fit(TEXT, 40), expected);
    }

    #[test]
    fn what_the_parser_wrapped_fills_a_wider_line() {
        let text = fit(TEXT, 100);
        assert!(text.contains("\n  --project         only this project, by its short name, and none of the others\n"));
        assert!(text.contains("\n  --include-archived\n                    archived ones, too\n"), "{text}");
    }

    #[test]
    fn no_word_is_divided_and_none_is_lost() {
        let words = |text: &str| text.split_whitespace().filter(|w| *w != "\\").map(str::to_string).collect::<Vec<_>>();
        for width in 36..=100 {
            let text = fit(TEXT, width);
            assert_eq!(words(&text), words(TEXT), "{width}");
            let is_long = |line: &&str| width_of(line) > width && line.split_whitespace().count() > 1;
            // What is quoted stays together.
            let long: Vec<&str> = text.lines().filter(is_long).filter(|line| !line.contains('"')).collect();
            assert!(long.is_empty(), "{width}: {long:#?}");
        }
    }
}
