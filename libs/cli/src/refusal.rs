//! Owns how the argument parser's refusals are told: one line that names the option, and a hint with what may have been
//! meant.

use crate::nearest::near_words;
use crate::quote::quote_word;
use crate::shared::STDIN;
use crate::{Failure, words};

/// The failure for what the parser refused. `known` are the words that it knows there, `command` is the command whose
/// help has more, `typed` is the line with the program's name.
pub fn failure<'a>(text: &str, known: impl Iterator<Item = &'a str> + Clone, command: &str, typed: &[&str]) -> Failure {
    let whole = whole_line(text, typed).map(|line| format!("{line}; ")).unwrap_or_default();
    Failure::Usage(explain(text), Some(format!("{whole}{}{}", meant(text, known, typed), see(command))))
}

/// The line with the required options that are missing.
fn whole_line(text: &str, typed: &[&str]) -> Option<String> {
    let missing = text.strip_prefix("Required options not provided:")?;
    let missing = missing.lines().map(str::trim).filter(|line| line.starts_with("--"));
    let (before, after) = typed.split_at_checked(typed.iter().position(|word| *word == "--").unwrap_or(typed.len()))?;
    let word = |word: &&str| match *word {
        STDIN => "-".to_string(),
        option if option.starts_with("--") => option.to_string(),
        other => quote_word(other),
    };
    let missing = missing.map(|option| format!("{option} \"…\""));
    Some(before.iter().map(word).chain(missing).chain(after.iter().map(word)).collect::<Vec<_>>().join(" "))
}

/// The hint that names a command's help.
pub fn see(command: &str) -> String {
    format!("see {command} --help")
}

/// The question whether known words are meant, with a blank after it; empty if none is.
pub fn did_you_mean(words: &[&str]) -> String {
    if words.is_empty() { String::new() } else { format!("did you mean {}? ", words.join(" or ")) }
}

/// The word that the parser does not know.
pub fn unknown_word(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix("Unrecognized argument: ").map(str::trim)
}

/// The hint that names the known words that may be meant by one that the parser rejects; empty if there is none.
fn meant<'a>(text: &str, known: impl Iterator<Item = &'a str> + Clone, typed: &[&str]) -> String {
    let value = text.lines().next().and_then(of_value);
    if let Some(other) = value.and_then(|(option, value, _)| words::elsewhere(option, value, known.clone())) {
        return did_you_mean(&[&other]);
    }
    let Some(unknown) = unknown_word(text) else { return String::new() };
    let at = typed.iter().position(|word| *word == unknown).unwrap_or(typed.len());
    let next = typed.get(at + 1).filter(|word| !word.starts_with('-')).map(|word| quote_word(word));
    if let Some(hint) = words::hint(unknown, next.as_deref(), known.clone()) {
        let before = typed.get(..at).unwrap_or_default().join(" ");
        // A whole command is named as it is typed.
        return did_you_mean(&[&if hint.contains(' ') { format!("{before} {hint}") } else { hint }]);
    }
    let other = words::option(unknown, known.clone()).or_else(|| words::command(unknown, known.clone()));
    did_you_mean(&other.map_or_else(|| near_words(unknown, known), |word| vec![word]))
}

/// The parser's message as one line of ours.
fn explain(text: &str) -> String {
    let text = text.replace(STDIN, "-");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong arguments").trim_end_matches(['.', ':']);
    if let Some((option, _, reason)) = of_value(first) {
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

/// The option, its value and the reason in the parser's message about a value: `Error parsing option '--days' with value 'x': …`.
fn of_value(message: &str) -> Option<(&str, &str, &str)> {
    let rest = message.strip_prefix("Error parsing ")?.split_once('\'')?.1;
    let (name, rest) = rest.split_once("' with value '")?;
    let (value, reason) = rest.split_once("': ")?;
    Some((name, value, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn another_name_of_an_option_is_named_before_similar_ones() {
        let known = ["--next-stop", "--next-step", "list"].into_iter();
        let hint =
            |word: &str| meant(&format!("Unrecognized argument: {word}\n"), known.clone(), &["cs-x", word, "lab"]);
        assert_eq!(hint("--next-steps"), "did you mean --next-step? ");
        assert_eq!(hint("--nxt-step"), "did you mean --next-step or --next-stop? ");
        assert_eq!([hint("lst").as_str(), &hint("x")], ["did you mean list? ", ""]);
        let hint = meant("Unrecognized argument: unhide\n", ["hide"].into_iter(), &["cs-x", "unhide", "lab"]);
        assert_eq!(hint, "did you mean cs-x hide lab --show? ");
    }

    #[test]
    fn missing_options_stand_in_the_line_to_type() {
        let whole = |typed: &[&str]| whole_line("Required options not provided:\n    --reason\n", typed);
        assert_eq!(whole(&["cs-x", "park", "9373"]).as_deref(), Some("cs-x park 9373 --reason \"…\""));
        let typed = ["cs-x", "park", "--note", "a b", "--", STDIN];
        assert_eq!(whole(&typed).as_deref(), Some("cs-x park --note 'a b' --reason \"…\" -- -"));
        assert_eq!(whole_line("Unrecognized argument: x\n", &["cs-x", "x"]), None);
    }

    #[test]
    fn a_value_of_another_option_is_a_hint() {
        let text = "Error parsing option '--status' with value 'waiting': \"waiting\" is not a status\n";
        assert_eq!(meant(text, ["--state", "--status"].into_iter(), &[]), "did you mean --state waiting? ");
    }
}
