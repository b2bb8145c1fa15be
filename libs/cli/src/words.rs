//! Owns what people type instead of the words of these programs, and the commands that they need not type. Must stay
//! true: a program's own word wins over everything here.

/// Programs with one obvious command, which runs if none is named.
const DEFAULTS: [(&str, &str); 13] = [
    ("cs-agent", "list"),
    ("cs-session", "list"),
    ("cs-project", "list"),
    ("cs-task", "list"),
    ("cs-usage", "daily"),
    ("cs-message", "list"),
    ("cs-lease", "list"),
    ("cs-limits", "now"),
    ("cs-transcript", "list"),
    ("cs-keep", "status"),
    ("cs-redact", "filter"),
    ("cs-chat", "status"),
    ("cs-sync", "status"),
];

/// Programs that take `-` alone, and the command that reads standard input then.
const READERS: [(&str, &str); 1] = [("cs-audit", "judge")];

/// Words for a command that are understood, each with the commands that may be meant.
const COMMANDS: [(&str, &[&str]); 23] = [
    ("ls", &["list"]),
    ("ll", &["list"]),
    ("rm", &["delete", "remove"]),
    ("del", &["delete", "remove"]),
    ("mv", &["move"]),
    ("cat", &["show"]),
    ("info", &["show"]),
    ("new", &["create", "add", "register"]),
    ("edit", &["update"]),
    ("pause", &["park"]),
    ("continue", &["resume"]),
    ("done", &["complete"]),
    ("finish", &["complete"]),
    ("goto", &["jump"]),
    ("note", &["event"]),
    ("lock", &["acquire"]),
    ("claim", &["acquire"]),
    ("unlock", &["release"]),
    ("rename", &["name"]),
    ("retire", &["kill"]),
    ("day", &["daily"]),
    ("week", &["weekly"]),
    ("month", &["monthly"]),
];

/// Words for a command that are named in a hint, each with what may be meant: a command or an option of the program, and
/// what follows. `{}` is the word that was typed next.
const HINTS: [(&str, &[&str]); 13] = [
    ("unhide", &["hide {} --show"]),
    ("test", &["--test"]),
    ("status", &["list", "doctor"]),
    ("undelete", &["restore {}"]),
    ("check", &["doctor"]),
    ("stop", &["interrupt {} (its turn), or kill {}"]),
    ("end", &["kill {}", "complete {}"]),
    ("resume", &["restore {}"]),
    ("continue", &["restore {}"]),
    ("log", &["output {}", "event {}", "list"]),
    ("logs", &["output {}"]),
    ("start", &["spawn {}"]),
    ("run", &["spawn {}"]),
];

/// Options whose values are often given to each other: the option, and its values.
const RELATED: [(&str, &[&str]); 2] = [
    ("--status", &["active", "parked", "completed"]),
    ("--state", &["waiting", "idle", "background", "working", "suspended", "gone", "stale", "unknown", "failed"]),
];

/// Names of options that are named in a hint, each with the options that may be meant. The first ones are those of the
/// Python dashboard, which take several values at once.
const OPTIONS: [(&str, &[&str]); 10] = [
    ("--next-steps", &["--next-step"]),
    ("--subjects", &["--subject"]),
    ("--git-branch", &["--branch"]),
    ("--files", &["--file"]),
    ("--claude-session-id", &["--claude-session"]),
    ("--session-id", &["--claude-session"]),
    ("--from", &["--since"]),
    ("--to", &["--until"]),
    ("--format", &["--json", "--csv"]),
    ("--tz", &["--timezone"]),
];

/// Words for a value that are understood, each with the values that may be meant.
const VALUES: [(&str, &[&str]); 10] = [
    ("done", &["completed"]),
    ("complete", &["completed"]),
    ("finished", &["completed"]),
    ("closed", &["completed"]),
    ("ended", &["completed"]),
    ("open", &["active", "pending"]),
    ("todo", &["pending"]),
    ("doing", &["in_progress"]),
    ("running", &["working", "active"]),
    ("paused", &["parked"]),
];

/// The command that reads standard input if only `-` is named.
pub fn reader(program: &str) -> Option<&'static str> {
    READERS.iter().find(|(name, _)| *name == program).map(|(_, command)| *command)
}

/// The command that a program runs if none is named.
pub fn default_command(program: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|(name, _)| *name == program).map(|(_, command)| *command)
}

/// The known command that a word stands for.
pub fn command<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    meant(&COMMANDS, word, known)
}

/// The known option that the name of another one stands for.
pub fn option<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    meant(&OPTIONS, word, known)
}

/// What may be meant by a word that is no command; `next` is the word that was typed after it.
pub fn hint<'a>(word: &str, next: Option<&str>, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let (_, texts) = HINTS.iter().find(|(name, _)| *name == word)?;
    let is_known = |text: &&&str| text.split(' ').next().is_some_and(|first| known.clone().any(|name| name == first));
    texts.iter().find(is_known).map(|text| text.replace("{}", next.unwrap_or("NAME")))
}

/// The other option that takes a value which this one does not take: `--state waiting`.
pub fn elsewhere<'a>(option: &str, value: &str, mut known: impl Iterator<Item = &'a str>) -> Option<String> {
    let (_, own) = RELATED.iter().find(|(name, _)| *name == option)?;
    let others = RELATED.iter().filter(|(name, _)| *name != option).map(|(name, values)| (*name, *values));
    let takes = |values: &[&str]| values.contains(&value) || meant(&VALUES, value, values.iter().copied()).is_some();
    let (name, values) = others.filter(|_| !own.contains(&value)).find(|(_, values)| takes(values))?;
    let value =
        values.iter().copied().find(|name| *name == value).or_else(|| meant(&VALUES, value, values.iter().copied()))?;
    known.any(|option| option == name).then(|| format!("{name} {value}"))
}

/// The value that a word is or stands for. The error lists all of them; `kind` is what they are, with its article.
pub fn choose<T: Copy>(word: &str, kind: &str, all: &[(&'static str, T)]) -> Result<T, String> {
    let names = all.iter().map(|(name, _)| *name);
    let name = names.clone().find(|name| *name == word).or_else(|| meant(&VALUES, word, names.clone()));
    let found = all.iter().find(|(other, _)| Some(*other) == name).map(|(_, value)| *value);
    found.ok_or_else(|| format!("{word:?} is not {kind}; use {}", alternatives(&names.collect::<Vec<_>>())))
}

/// The texts with commas, and "or" before the last one.
fn alternatives(names: &[&str]) -> String {
    match names {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => names.join(""),
    }
}

fn meant<'a>(
    table: &[(&str, &'static [&'static str])],
    word: &str,
    mut known: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let (_, others) = table.iter().find(|(name, _)| *name == word)?;
    known.clone().find(|name| others.first() == Some(name)).or_else(|| known.find(|name| others.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_for_what_the_program_knows() {
        let known = ["remove", "list", "show"].into_iter();
        assert_eq!([command("ls", known.clone()), command("rm", known.clone())], [Some("list"), Some("remove")]);
        assert_eq!([command("mv", known.clone()), command("show", known)], [None, None]);
        assert_eq!(option("--git-branch", ["--branch"].into_iter()), Some("--branch"));
    }

    #[test]
    fn a_hint_has_the_word_that_was_typed_next() {
        let hint = |word, next, known: &[&'static str]| hint(word, next, known.iter().copied());
        assert_eq!(hint("unhide", Some("lab"), &["hide"]).as_deref(), Some("hide lab --show"));
        assert_eq!(hint("unhide", None, &["hide"]).as_deref(), Some("hide NAME --show"));
        assert_eq!(hint("status", None, &["install", "doctor"]).as_deref(), Some("doctor"));
        assert_eq!([hint("unhide", None, &["list"]), hint("hide", None, &["hide"])], [None, None]);
    }

    #[test]
    fn a_value_of_another_option_names_that_one() {
        let elsewhere = |option, value| elsewhere(option, value, ["--state", "--status"].into_iter());
        assert_eq!(elsewhere("--status", "waiting").as_deref(), Some("--state waiting"));
        assert_eq!(elsewhere("--state", "active").as_deref(), Some("--status active"));
        assert_eq!(elsewhere("--state", "open").as_deref(), Some("--status active"));
        assert_eq!([elsewhere("--status", "wating"), elsewhere("--days", "waiting")], [None, None]);
        assert_eq!(super::elsewhere("--status", "waiting", ["--status"].into_iter()), None, "a program without states");
    }

    #[test]
    fn a_value_is_itself_or_another_word_for_it() {
        let sessions = [("active", 1), ("parked", 2), ("completed", 3)];
        let tasks = [("pending", 1), ("completed", 2), ("open", 3)];
        let of_session = |word| choose(word, "a status", &sessions);
        assert_eq!([of_session("parked"), of_session("done"), of_session("open")], [Ok(2), Ok(3), Ok(1)]);
        assert_eq!(choose("open", "a status", &tasks), Ok(3), "the program's own word wins");
        assert_eq!(of_session("dnoe"), Err("\"dnoe\" is not a status; use active, parked or completed".into()));
    }
}
