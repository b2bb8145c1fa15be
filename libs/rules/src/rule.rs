//! Owns the form of a rule, which is the same for those of this crate and those in `config.json`.

use crate::words::Words;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// How many words of a condition are shown.
const SHOWN: usize = 12;
/// Longest id, in bytes.
const ID: usize = 60;
/// Maximum number of words of a condition.
const WORDS: usize = 100;
/// Longest word of a condition, in bytes.
const WORD: usize = 200;

/// Why a person should know of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something may be lost, here or elsewhere.
    Destructive,
    /// A file with secrets is touched.
    Sensitive,
    /// Software is installed outside the project.
    Install,
    /// The rights of another user are used.
    Privilege,
    /// The call does not show what it runs.
    Opaque,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Destructive, Kind::Sensitive, Kind::Install, Kind::Privilege, Kind::Opaque];

    /// Its word in files and options.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Destructive => "destructive",
            Kind::Sensitive => "sensitive",
            Kind::Install => "install",
            Kind::Privilege => "privilege",
            Kind::Opaque => "opaque",
        }
    }
}

/// A rule. It applies to a program if every one of its conditions does; an empty one always does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, such as `git-push-force`. A rule of the configuration replaces ours of the same name.
    pub id: Cow<'static, str>,
    /// What it is about: `files`, `git`, `database`.
    #[serde(default)]
    pub group: Cow<'static, str>,
    /// What it says.
    #[serde(rename = "verdict")]
    pub kind: Kind,
    /// 1, worth knowing, to 3, hardly ever wanted.
    #[serde(default = "usual")]
    pub severity: u8,
    /// The program's base name; `*` and `?` stand for any characters.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub program: Words,
    /// The words after the program and its global options, such as `stash drop`; `*` stands for any characters of
    /// one word.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub sub: Words,
    /// Options of which one must be there, as short letters (`-f`) or long names (`--force`). With `+` between them all
    /// must be there: `-d+-f`. `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub flags_any: Words,
    /// Options of which none may be there.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub flags_not: Words,
    /// Beginnings of which an argument must have one.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub arg_prefix: Words,
    /// Patterns of which an argument must match one; `*` stands for any characters, `?` for one, `\` makes the next one
    /// stand for itself.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub arg_glob: Words,
    /// Patterns that no argument may match: `/etc`, not `/etc/` or `/etc/*`, which mean the same.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub arg_not: Words,
    /// Patterns of which the last argument must match one: where `cp` and `mv` write.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub arg_last: Words,
    /// How many arguments there must be at least.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub args_least: u8,
    /// Patterns of what runs the program, of which one must match: `xargs`, `find *`.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub via: Words,
    /// Phrases of which an argument, or what the program reads, must contain one, as whole words in any case.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub words: Words,
    /// Beginnings of SQL statements, of which an argument, or what the program reads, must contain one. `delete from` and
    /// `update` count only without a condition that excludes rows.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub statements: Words,
    /// Patterns of files, of which the program must overwrite one by a redirection.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub writes: Words,
    /// Patterns of files, of which the call must name one: an argument, a redirection, or the file of another tool than
    /// a shell. `.env*` means a file of that name anywhere.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub paths: Words,
    /// Patterns of files that do not count.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub paths_not: Words,
}

fn is_zero(count: &u8) -> bool {
    *count == 0
}

const fn usual() -> u8 {
    2
}

impl Rule {
    /// The rule in a configuration, or why it cannot be used.
    pub fn read(value: &Value) -> Result<Rule, String> {
        let rule: Rule = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if rule.id.is_empty() || rule.id.len() > ID || !rule.id.chars().all(is_fit) {
            return Err(format!("id should be 1 to {ID} small letters, digits and -"));
        }
        if rule.id.starts_with("opaque-") {
            return Err("the ids that begin with opaque- are not for rules".to_string());
        }
        if !(1..=3).contains(&rule.severity) {
            return Err("severity should be 1, 2 or 3".to_string());
        }
        let conditions = rule.conditions();
        if conditions.iter().all(|(_, words)| words.is_empty()) {
            return Err("it has no condition, and would apply to every call".to_string());
        }
        let is_large = |words: &Words| words.iter().nth(WORDS).is_some() || words.iter().any(|word| word.len() > WORD);
        match conditions.iter().find(|(_, words)| is_large(words)) {
            Some((name, _)) => Err(format!("{name} should have at most {WORDS} words of at most {WORD} bytes")),
            None => Ok(rule),
        }
    }

    /// All conditions with their names; most are empty.
    pub fn conditions(&self) -> [(&'static str, &Words); 14] {
        [
            ("program", &self.program),
            ("sub", &self.sub),
            ("flags_any", &self.flags_any),
            ("flags_not", &self.flags_not),
            ("arg_prefix", &self.arg_prefix),
            ("arg_glob", &self.arg_glob),
            ("arg_not", &self.arg_not),
            ("arg_last", &self.arg_last),
            ("via", &self.via),
            ("words", &self.words),
            ("statements", &self.statements),
            ("writes", &self.writes),
            ("paths", &self.paths),
            ("paths_not", &self.paths_not),
        ]
    }

    /// Its conditions as one text: `program rm grm; flags_any -r -R`. Long lists are cut.
    pub fn describe(&self) -> String {
        let list = |words: &Words| {
            let mut shown: Vec<&str> = words.iter().take(SHOWN).collect();
            if words.iter().nth(SHOWN).is_some() {
                shown.push("…");
            }
            // Some words have spaces in them.
            shown.join(if words.any(|word| word.contains(' ')) { " | " } else { " " })
        };
        let conditions = self.conditions();
        let of_lists = conditions.iter().filter(|(_, words)| !words.is_empty());
        let lists = of_lists.map(|(name, words)| format!("{name} {}", list(words)));
        let least = (self.args_least > 0).then(|| format!("args_least {}", self.args_least));
        lists.chain(least).collect::<Vec<_>>().join("; ")
    }

    /// A rule without conditions.
    pub fn new(id: &'static str, group: &'static str, kind: Kind, severity: u8) -> Rule {
        Rule {
            id: Cow::Borrowed(id),
            group: Cow::Borrowed(group),
            kind,
            severity,
            program: Words::NONE,
            sub: Words::NONE,
            flags_any: Words::NONE,
            flags_not: Words::NONE,
            arg_prefix: Words::NONE,
            arg_glob: Words::NONE,
            arg_not: Words::NONE,
            arg_last: Words::NONE,
            args_least: 0,
            via: Words::NONE,
            words: Words::NONE,
            statements: Words::NONE,
            writes: Words::NONE,
            paths: Words::NONE,
            paths_not: Words::NONE,
        }
    }
}
