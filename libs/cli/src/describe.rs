//! Owns the description of a program's command line, made from its argument structs: what `--describe` prints, and what
//! completions and man pages are made from. Must stay true: reading what was printed gives the same description.

use crate::shared::{HELP, SHARED};
use crate::words;
use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality, PositionalInfo};
use serde::{Deserialize, Serialize};

/// The only argument of a program that describes itself.
pub const DESCRIBE: &str = "--describe";

/// A program, or one of its commands.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Description {
    /// The word that names it.
    pub name: String,
    /// What it does, in one or more sentences.
    pub about: String,
    /// Command lines.
    pub examples: Vec<String>,
    /// Its options. Those of a program, which every command accepts, too, are not repeated there.
    pub options: Vec<Opt>,
    /// Words that are not options, in their order.
    pub words: Vec<Word>,
    /// Its commands.
    pub commands: Vec<Description>,
    /// The command that runs if none is named.
    pub default: Option<String>,
}

/// An option.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Opt {
    /// Its name, with `--`.
    pub long: String,
    /// The letter of its short form.
    pub short: Option<char>,
    /// What it does.
    pub about: String,
    /// The name of its value; `None` for a switch.
    pub value: Option<String>,
    /// Whether it must be given.
    pub is_required: bool,
    /// Whether it may be given several times.
    pub is_repeatable: bool,
}

/// A word on the command line that is not an option.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Word {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Whether it must be given.
    pub is_required: bool,
    /// Whether there may be several.
    pub is_repeatable: bool,
}

impl Description {
    /// The description of a program by the information of the argument parser.
    pub fn of(program: &str, info: &CommandInfoWithArgs) -> Description {
        let mut described = command(program, program, info);
        described.options.extend(SHARED.iter().map(|(long, short, value, about)| Opt {
            long: (*long).into(),
            short: *short,
            about: (*about).into(),
            value: value.map(str::to_string),
            ..Opt::default()
        }));
        described.default = words::default_command(program).map(str::to_string);
        described
    }

    /// What [`DESCRIBE`] prints. It is a text, as in programs that write no JSON to standard output, so that these do not
    /// grow.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`DESCRIBE`] printed.
    pub fn parse(text: &str) -> Option<Description> {
        serde_json::from_str(text).ok()
    }

    /// The command with this name.
    pub fn command(&self, name: &str) -> Option<&Description> {
        self.commands.iter().find(|command| command.name == name)
    }
}

/// `path` is the command line up to the name of this command.
fn command(name: &str, path: &str, info: &CommandInfoWithArgs) -> Description {
    Description {
        name: name.to_string(),
        about: as_printed(info.description, path),
        examples: info.examples.iter().map(|example| as_printed(example, path)).collect(),
        options: info.flags.iter().filter(|flag| !flag.hidden && flag.long != HELP).map(option).collect(),
        words: info.positionals.iter().filter(|word| !word.hidden).map(word).collect(),
        commands: info
            .commands
            .iter()
            .map(|sub| command(sub.name, &format!("{path} {}", sub.name), &sub.command))
            .collect(),
        default: None,
    }
}

/// The description of a command, or an example, as the parser prints it: both are format strings.
fn as_printed(text: &str, path: &str) -> String {
    single_braces(&text.replace("{command_name}", path))
}

/// A text in which the parser has doubled the braces, for a format string.
pub(crate) fn single_braces(text: &str) -> String {
    text.replace("{{", "{").replace("}}", "}")
}

fn option(flag: &FlagInfo) -> Opt {
    Opt {
        long: flag.long.to_string(),
        short: flag.short,
        about: single_braces(flag.description),
        value: match flag.kind {
            FlagInfoKind::Switch => None,
            FlagInfoKind::Option { arg_name } => Some(arg_name.to_string()),
        },
        is_required: flag.optionality == Optionality::Required,
        is_repeatable: flag.optionality == Optionality::Repeating,
    }
}

fn word(info: &PositionalInfo) -> Word {
    Word {
        name: info.name.to_string(),
        about: single_braces(info.description),
        is_required: info.optionality == Optionality::Required,
        is_repeatable: matches!(info.optionality, Optionality::Repeating | Optionality::Greedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argh::{ArgsInfo, FromArgs};

    /// Does things. Carefully.
    #[derive(ArgsInfo, FromArgs)]
    #[argh(example = "{command_name} go x")]
    #[allow(dead_code, reason = "only its description matters")]
    struct Args {
        #[argh(subcommand)]
        command: Command,
    }

    #[derive(ArgsInfo, FromArgs)]
    #[argh(subcommand)]
    #[allow(dead_code, reason = "only its description matters")]
    enum Command {
        Go(Go),
    }

    /// go there
    #[derive(ArgsInfo, FromArgs)]
    #[argh(subcommand, name = "go", example = "{command_name} --far")]
    #[allow(dead_code, reason = "only its description matters")]
    struct Go {
        /// where
        #[argh(positional)]
        place: Vec<String>,
        /// how far
        #[argh(option, arg_name = "miles")]
        far: Option<u8>,
        /// at {once}
        #[argh(switch, short = 'n')]
        now: bool,
        /// which way
        #[argh(option)]
        by: String,
    }

    #[test]
    fn a_description_has_what_the_structs_say_and_can_be_read_again() {
        let described = Description::of("cs-x", &Args::get_args_info());
        let text = described.to_json();
        assert_eq!(Description::parse(&text), Some(described.clone()));
        assert_eq!(
            (described.about.as_str(), &described.examples[..]),
            ("Does things. Carefully.", &["cs-x go x".to_string()][..])
        );
        assert!(described.options.iter().any(|option| option.long == "--quiet" && option.short == Some('q')));
        let go = described.command("go").unwrap();
        assert_eq!((go.about.as_str(), go.examples[0].as_str()), ("go there", "cs-x go --far"));
        assert!(go.words[0].is_repeatable && !go.words[0].is_required);
        let option = |long: &str| go.options.iter().find(|option| option.long == long).unwrap();
        assert_eq!(option("--far").value.as_deref(), Some("miles"));
        assert_eq!((option("--now").short, option("--now").value.is_none()), (Some('n'), true));
        assert_eq!(option("--now").about, "at {once}");
        assert!(option("--by").is_required && !option("--far").is_required);
    }
}
