//! Owns the manual pages: what each program says about its arguments, as roff for `man`. Must stay true: no text of a
//! program is read as a request or an escape.

use crate::alias::ALIASES;
use crate::find;
use crate::map::{self, Row};
use crate::roff::{Page, bold, escape, italic};
use cli::describe::{Description, Opt, Word};
use cli::{EXIT_CODES, Failure, Outcome, did_you_mean, near_words};
use cs_core::clock;
use cs_core::zone::Zone;

/// Variables that every program reads.
const VARIABLES: [(&str, &str); 3] = [
    ("CS_HOME", "the data directory (default: $CLAUDE_CONFIG_DIR/dashboard, else ~/.claude/dashboard)"),
    ("CS_NOW", "the time to take for now, as in RFC 3339"),
    ("TZ", "the time zone of days and times"),
];

/// The page of a program: its full name, or the name without `cs-`; without a name, that of `cs`.
pub fn page(name: Option<&str>) -> Outcome<String> {
    let name = name.unwrap_or(crate::PROGRAM);
    let is_it = |row: &Row| row.name == name || row.name.strip_prefix("cs-") == Some(name);
    let row = map::rows().find(is_it).ok_or_else(|| unknown(name))?;
    let mut page = head(&row);
    match find::described(row.name) {
        Some(program) => add_program(&mut page, &program),
        None if row.name == crate::PROGRAM => add_own(&mut page),
        None => {
            page.section("SYNOPSIS").line(&format!("{} < {}", bold(row.name), italic("payload")));
        }
    }
    foot(&mut page, &row);
    Ok(page.text())
}

fn unknown(name: &str) -> Failure {
    let short = map::rows().filter_map(|row| row.name.strip_prefix("cs-"));
    let near = near_words(name, short.chain(map::rows().map(|row| row.name)));
    Failure::Usage(format!("no program {name:?}"), Some(format!("{}see cs help", did_you_mean(&near))))
}

fn head(row: &Row) -> Page {
    let today = Zone::system().local(clock::now()).date().to_string();
    let mut page = Page::new(row.name, &today);
    page.section("NAME").line(&format!("{} \\- {}", escape(row.name), escape(row.about)));
    page
}

/// The arguments of a command, as they are typed.
fn synopsis(path: &str, command: &Description) -> String {
    let option = |option: &Opt| {
        let value = option.value.as_ref().map(|value| format!(" {}", italic(value))).unwrap_or_default();
        let more = if option.is_repeatable { " ..." } else { "" };
        format!("{}{value}{more}", bold(&option.long))
    };
    let optional = |text: String, is_required: bool| if is_required { text } else { format!("[{text}]") };
    let word = |word: &Word| italic(&word.name) + if word.is_repeatable { " ..." } else { "" };
    let options = command.options.iter().map(|of| optional(option(of), of.is_required));
    let words = command.words.iter().map(|of| optional(word(of), of.is_required));
    std::iter::once(bold(path)).chain(options).chain(words).collect::<Vec<_>>().join(" ")
}

fn add_program(page: &mut Page, program: &Description) {
    let name = program.name.as_str();
    page.section("SYNOPSIS");
    if program.commands.is_empty() {
        page.line(&synopsis(name, program));
    } else {
        let command = italic("command");
        let command = if program.default.is_some() { format!("[{command}]") } else { command };
        page.line(&format!("{} {command} [{} ...]", bold(name), italic("argument")));
    }
    page.section("DESCRIPTION").line(&escape(&program.about));
    if let Some(default) = &program.default {
        page.paragraph(&format!("Without a command, it runs {}.", bold(default)));
    }
    if !program.commands.is_empty() {
        page.section("COMMANDS");
        program.commands.iter().for_each(|command| add_command(page, name, command));
    }
    page.section("OPTIONS");
    add_arguments(page, program);
    add_examples(page, program);
}

/// A command with its arguments and examples; its own commands follow.
fn add_command(page: &mut Page, before: &str, command: &Description) {
    let path = format!("{before} {}", command.name);
    page.subsection(path.split_once(' ').map_or(path.as_str(), |(_, rest)| rest));
    page.line(&synopsis(&path, command)).paragraph(&escape(&sentence(&command.about)));
    add_arguments(page, command);
    if !command.examples.is_empty() {
        page.paragraph("Examples:").example(&command.examples);
    }
    command.commands.iter().for_each(|inner| add_command(page, &path, inner));
}

fn add_arguments(page: &mut Page, command: &Description) {
    for word in &command.words {
        page.item(&italic(&word.name), &word.about);
    }
    for option in &command.options {
        let short = option.short.map(|letter| format!("{}, ", bold(&format!("-{letter}")))).unwrap_or_default();
        let value = option.value.as_ref().map(|value| format!(" {}", italic(value))).unwrap_or_default();
        page.item(&format!("{short}{}{value}", bold(&option.long)), &option.about);
    }
}

fn add_examples(page: &mut Page, program: &Description) {
    if !program.examples.is_empty() {
        page.section("EXAMPLES").example(&program.examples);
    }
}

/// The page of `cs` itself.
fn add_own(page: &mut Page) {
    let (cs, word) = (bold(crate::PROGRAM), italic("word"));
    page.section("SYNOPSIS").line(&format!("{cs} [{word} [{} ...]]", italic("argument")));
    page.section("DESCRIPTION");
    crate::help::ABOUT.split("\n\n").for_each(|part| {
        page.paragraph(&escape(part));
    });
    page.section("ALIASES");
    for alias in ALIASES {
        page.item(&bold(alias.word), &format!("{} {}", alias.program, alias.command));
    }
    page.section("COMMANDS");
    for (word, about) in crate::help::OWN {
        page.item(&bold(word), about);
    }
}

fn foot(page: &mut Page, row: &Row) {
    page.section("NOTES").line(&escape(&format!("Called by: {}. It never {}.", row.callers, row.never)));
    page.section("EXIT STATUS");
    for (code, meaning) in EXIT_CODES {
        page.item(&bold(&code.to_string()), meaning);
    }
    page.section("ENVIRONMENT");
    for (name, meaning) in VARIABLES {
        page.item(&bold(name), meaning);
    }
    let others: Vec<&str> = map::rows().map(|other| other.name).filter(|name| *name != row.name).collect();
    page.section("SEE ALSO").references(&others);
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
