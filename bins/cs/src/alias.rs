//! Owns the words that stand for a command of a program. Every other word is the name of a program without `cs-`.

use cli::words;

/// A word and the command that it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alias {
    pub word: &'static str,
    pub program: &'static str,
    pub command: &'static str,
}

const fn of(word: &'static str, program: &'static str, command: &'static str) -> Alias {
    Alias { word, program, command }
}

const fn of_session(word: &'static str) -> Alias {
    of(word, "cs-session", word)
}

/// All aliases, the most frequent first.
pub const ALIASES: [Alias; 22] = [
    of_session("list"),
    of_session("show"),
    of_session("jump"),
    of_session("open"),
    of_session("resume"),
    of_session("park"),
    of_session("complete"),
    of_session("create"),
    of_session("update"),
    of_session("event"),
    of("note", "cs-session", "event"),
    of_session("decision"),
    of_session("question"),
    of_session("delete"),
    of_session("restore"),
    of("read", "cs-transcript", "show"),
    of("spawn", "cs-agent", "spawn"),
    of("attach", "cs-agent", "attach"),
    of("overview", "cs-project", "overview"),
    of("install", "cs-setup", "install"),
    of("uninstall", "cs-setup", "uninstall"),
    of("doctor", "cs-setup", "doctor"),
];

/// The alias with this word, or with what it stands for (`ls`).
pub fn find(word: &str) -> Option<&'static Alias> {
    let of = |word: &str| ALIASES.iter().find(|alias| alias.word == word);
    of(word).or_else(|| of(words::command(word, ALIASES.iter().map(|alias| alias.word))?))
}
