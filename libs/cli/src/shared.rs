//! Owns the options that all programs share, and how they are taken out of the arguments.

use crate::out::Form;

/// Replaces `-` in the prepared arguments: ids or records come from standard input.
pub const STDIN: &str = "\u{1}stdin";

/// An option of all programs: its name, its letter, the name of its value, and what it does.
type SharedOption = (&'static str, Option<char>, Option<&'static str>, &'static str);

/// The options.
pub const SHARED: [SharedOption; 6] = [
    ("--json", None, None, "one JSON object a line (the default in a pipe)"),
    ("--table", None, None, "for people (the default on a terminal)"),
    ("--quiet", Some('q'), None, "only ids (or names, paths, dates), one a line"),
    (COLOR, None, Some("when"), "colours: auto, always or never (default: auto)"),
    ("--version", None, None, "the version"),
    (HELP, Some('h'), None, "this help"),
];

/// The option for help, which the parser adds to its own help.
pub const HELP: &str = "--help";

/// The option for colours, which has a value.
pub const COLOR: &str = "--color";

/// The shared options as a part of a help text.
pub fn help() -> String {
    let line = |(long, short, value, about): &SharedOption| {
        let names = short.map(|letter| format!("-{letter}, {long}")).unwrap_or_else(|| (*long).to_string());
        let names = value.map_or(names.clone(), |value| format!("{names} <{value}>"));
        format!("  {names:<16}  {about}\n")
    };
    SHARED.iter().filter(|(long, ..)| *long != HELP).map(line).collect()
}

/// What the shared options say.
#[derive(Default)]
pub struct Shared {
    pub form: Option<Form>,
    pub quiet: bool,
    /// The value of `--color`.
    pub color: Option<String>,
    pub version: bool,
}

impl Shared {
    /// Takes the shared options out of the arguments and prepares the rest for the parser.
    pub fn take(&mut self, raw: &[String]) -> Vec<String> {
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
                COLOR => self.color = Some(words.next().cloned().unwrap_or_default()),
                "--version" | "-V" => self.version = true,
                "-h" => args.push(HELP.into()),
                "-" => args.push(STDIN.into()),
                other => match other.strip_prefix("--color=") {
                    Some(word) => self.color = Some(word.to_string()),
                    None => args.extend(split_value(other)),
                },
            }
        }
        args
    }
}

/// The words, in which a `-` is restored if it is the value of the option before it.
pub fn dashes<'a>(words: &[&'a str]) -> Vec<&'a str> {
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
        let raw: Vec<String> =
            ["list", "--json", "--status=a=b", "--color", "never", "-", "-q", "--", "-q", "-", "--color=x"]
                .map(String::from)
                .into();
        assert_eq!(shared.take(&raw), ["list", "--status", "a=b", STDIN, "--", "-q", "-", "--color=x"]);
        assert_eq!(shared.color.as_deref(), Some("never"));
        assert_eq!(shared.take(&["--color=always".to_string()]), [""; 0]);
        assert_eq!(shared.color.as_deref(), Some("always"));
        assert_eq!(dashes(&["a", "--text", STDIN, STDIN]), ["a", "--text", "-", STDIN]);
        assert!(shared.quiet && shared.form == Some(Form::Json));
    }
}
