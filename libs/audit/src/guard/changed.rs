//! Owns which files a program changes, for the few programs whose arguments are understood. Must stay true: a program or
//! an option that is not listed here is not understood, and a program that is changes no other file than those told.

use cs_core::shell::{Direction, Run, Word};

/// A file that a program changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed<'r> {
    /// This entry of a directory: a link is removed, not what it leads to.
    Entry(&'r str),
    /// The file or the directory to which this leads.
    Target(&'r str),
}

/// How the arguments of a program are read.
struct Grammar {
    names: &'static [&'static str],
    /// Short options.
    letters: &'static str,
    /// Short options with a value.
    valued: &'static str,
    /// Long options. One with `=` has a value, one with `[=` may have one.
    long: &'static [&'static str],
    /// How many arguments are no files, but modes or owners.
    others: usize,
    files: Files,
}

/// What a program does with the files among its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    /// It removes them.
    Removed,
    /// It changes what they lead to.
    Changed,
    /// It changes what the last one leads to, and reads the others.
    LastChanged,
}

const GRAMMARS: &[Grammar] = &[
    Grammar {
        names: &["rm", "grm"],
        letters: "rRfiIdv",
        valued: "",
        long: &[
            "--recursive",
            "--force",
            "--verbose",
            "--dir",
            "--interactive[=",
            "--one-file-system",
            "--preserve-root[=",
        ],
        others: 0,
        files: Files::Removed,
    },
    Grammar {
        names: &["unlink", "rmdir", "rimraf"],
        letters: "v",
        valued: "",
        long: &[],
        others: 0,
        files: Files::Removed,
    },
    Grammar {
        names: &["shred"],
        letters: "fuvxz",
        valued: "ns",
        long: &["--force", "--iterations=", "--size=", "--remove[=", "--verbose", "--exact", "--zero"],
        others: 0,
        files: Files::Changed,
    },
    Grammar {
        names: &["truncate", "gtruncate"],
        letters: "co",
        valued: "s",
        long: &["--no-create", "--io-blocks", "--size="],
        others: 0,
        files: Files::Changed,
    },
    Grammar {
        names: &["chmod", "chown", "chgrp"],
        // Not the files in a directory: one may have another name elsewhere, a hard link.
        letters: "cfv",
        valued: "",
        long: &["--changes", "--silent", "--quiet", "--verbose", "--preserve-root"],
        others: 1,
        files: Files::Changed,
    },
    Grammar {
        names: &["rsync"],
        letters: "avzrtlpgoDhPucWxHAXS",
        valued: "",
        long: &[
            "--archive",
            "--checksum",
            "--compress",
            "--delete",
            "--delete-after",
            "--delete-before",
            "--delete-delay",
            "--delete-during",
            "--delete-excluded",
            "--exclude=",
            "--include=",
            "--links",
            "--partial",
            "--progress",
            "--recursive",
            "--stats",
            "--times",
            "--update",
            "--verbose",
        ],
        others: 0,
        files: Files::LastChanged,
    },
];

/// Programs that search; those of their options that change nothing, or delete what was found.
const FINDERS: &[&str] = &["find", "gfind"];
const TESTS: &[&str] = &[
    "-delete", "-print", "-print0", "-depth", "-d", "-empty", "-prune", "-mount", "-xdev", "-not", "-a", "-and", "-o",
    "-or", "-true", "-false", "!", "(", ")",
];
/// Those with a value.
const VALUED_TESTS: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-type",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-size",
    "-maxdepth",
    "-mindepth",
    "-perm",
    "-user",
    "-group",
    "-regex",
    "-iregex",
    "-regextype",
    "-links",
];

/// Programs that change no file but by redirections.
const PRINTERS: &[&str] = &[":", "true", "false", "echo", "printf", "cat"];
/// Where nothing is lost by writing.
const SINKS: &[&str] = &["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"];
/// Where programs are that are what their names say.
const SYSTEM: &[&str] = &["/bin/", "/usr/bin/"];

/// Whether it is understood which files a program of this name changes, by its arguments or by redirections.
pub fn is_understood(name: &str) -> bool {
    by_redirections(name) || FINDERS.contains(&name) || grammar(name).is_some()
}

/// Whether it is understood which files among its arguments a program of this name changes, with this option.
pub fn knows_option(name: &str, option: &str) -> bool {
    let is_long = |grammar: &Grammar| grammar.long.iter().any(|it| it.trim_end_matches(['[', '=']) == option);
    let is_known = |grammar: &Grammar| match option.strip_prefix('-') {
        Some(letters) if !letters.starts_with('-') => grammar.short(letters).is_some(),
        _ => option.contains('*') || is_long(grammar),
    };
    FINDERS.contains(&name) && TESTS.contains(&option) || grammar(name).is_some_and(is_known)
}

fn grammar(name: &str) -> Option<&'static Grammar> {
    GRAMMARS.iter().find(|grammar| grammar.names.contains(&name))
}

/// Whether a program of this name changes files only by redirections.
pub fn by_redirections(name: &str) -> bool {
    PRINTERS.contains(&name)
}

/// The files that a program changes; `None` if that is not known.
pub fn changed(run: &Run) -> Option<Vec<Changed<'_>>> {
    let mut all = match run.words.first() {
        None => Vec::new(),
        Some(word) => {
            let name = run.program().filter(|name| is_itself(&word.text, name))?;
            of_arguments(name, run.arguments())?
        }
    };
    for redirect in run.redirects.iter().filter(|redirect| redirect.direction == Direction::Write) {
        let target = &redirect.target;
        if !target.is_plain {
            return None;
        }
        if !SINKS.contains(&target.text.as_str()) {
            all.push(Changed::Target(&target.text));
        }
    }
    Some(all)
}

/// Whether a word calls the system's program of this name.
fn is_itself(text: &str, name: &str) -> bool {
    text == name || SYSTEM.iter().any(|dir| text.strip_prefix(dir) == Some(name))
}

fn of_arguments<'r>(name: &str, words: &'r [Word]) -> Option<Vec<Changed<'r>>> {
    if !words.iter().all(|word| word.is_plain) {
        return None;
    }
    if by_redirections(name) {
        return Some(Vec::new());
    }
    if FINDERS.contains(&name) {
        return of_find(words);
    }
    let grammar = grammar(name)?;
    let files = grammar.operands(words)?.into_iter().skip(grammar.others);
    let all: Vec<Changed> = match grammar.files {
        Files::Removed => files.map(removed).collect(),
        Files::Changed => files.map(Changed::Target).collect(),
        Files::LastChanged => {
            let all: Vec<&str> = files.collect();
            let [_, .., last] = all.as_slice() else { return None };
            let is_remote = last.split('/').next().is_some_and(|first| first.contains(':'));
            return (!is_remote).then(|| vec![Changed::Target(last)]);
        }
    };
    (!all.is_empty()).then_some(all)
}

/// A slash, or `/.`, at the end of a link means what it leads to.
fn removed(text: &str) -> Changed<'_> {
    match text.rsplit('/').next() {
        Some("" | "." | "..") => Changed::Target(text),
        _ => Changed::Entry(text),
    }
}

/// The directories in which `find` searches: it follows links only where a slash says so.
fn of_find(words: &[Word]) -> Option<Vec<Changed<'_>>> {
    let is_test = |word: &Word| word.text.starts_with('-') || matches!(word.text.as_str(), "!" | "(" | ")" | ",");
    let (starts, mut tests) = words.split_at(words.iter().position(is_test).unwrap_or(words.len()));
    while let Some((test, rest)) = tests.split_first() {
        tests = match test.text.as_str() {
            text if TESTS.contains(&text) => rest,
            text if VALUED_TESTS.contains(&text) => rest.get(1..)?,
            _ => return None,
        };
    }
    let starts = starts.iter().map(|word| removed(&word.text));
    let all: Vec<Changed> = starts.collect();
    Some(if all.is_empty() { vec![Changed::Target(".")] } else { all })
}

impl Grammar {
    /// The words that are not options; `None` if an option is not known.
    fn operands<'r>(&self, words: &'r [Word]) -> Option<Vec<&'r str>> {
        let mut words = words.iter().map(|word| word.text.as_str());
        let mut operands = Vec::new();
        while let Some(text) = words.next() {
            match text.strip_prefix('-') {
                None | Some("") => operands.push(text),
                Some("-") => {
                    operands.extend(words);
                    break;
                }
                Some(rest) => {
                    let takes_next = if rest.starts_with('-') { self.long(text)? } else { self.short(rest)? };
                    if takes_next {
                        words.next()?;
                    }
                }
            }
        }
        Some(operands)
    }

    /// Whether the next word is the value of a long option.
    fn long(&self, text: &str) -> Option<bool> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        self.long.iter().find_map(|option| match (option.strip_suffix("[="), option.strip_suffix('=')) {
            (Some(it), _) => (it == name).then_some(false),
            (None, Some(it)) => (it == name).then_some(value.is_none()),
            (None, None) => (*option == text).then_some(false),
        })
    }

    /// Whether the next word is the value of the last of these short options.
    fn short(&self, letters: &str) -> Option<bool> {
        for (at, letter) in letters.char_indices() {
            if self.valued.contains(letter) {
                return Some(at + letter.len_utf8() == letters.len());
            }
            if !self.letters.contains(letter) {
                return None;
            }
        }
        Some(false)
    }
}
