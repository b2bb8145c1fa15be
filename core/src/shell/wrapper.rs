//! Owns which programs run another one that their words name, and where in their words it begins.

use super::Word;

/// What the words after the options of a wrapper are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The program and its arguments.
    Words,
    /// Parts of a command line, which a shell reads.
    Script,
}

/// A program that runs another one.
pub(super) struct Wrapper {
    names: &'static [&'static str],
    /// The words that must follow its name, in this order; options may stand before and between them.
    subcommand: &'static [&'static str],
    /// Letters of the options that take a value.
    valued: &'static str,
    /// Long options whose value is the next word.
    long: &'static [&'static str],
    /// How many words precede the command.
    operands: usize,
    pub(super) rest: Rest,
    /// Options whose value is a command line, which a shell reads.
    script: &'static [&'static str],
    /// Whether the command runs on another machine or in another tree of files.
    pub(super) is_elsewhere: bool,
    /// Whether it may run the command more than once.
    pub(super) repeats: bool,
    /// Whether it adds words that it reads to the command.
    pub(super) adds_words: bool,
}

const NONE: Wrapper = Wrapper {
    names: &[],
    subcommand: &[],
    valued: "",
    long: &[],
    operands: 0,
    rest: Rest::Words,
    script: &[],
    is_elsewhere: false,
    repeats: false,
    adds_words: false,
};

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["nohup", "setsid", "builtin", "command", "unbuffer", "chronic", "busybox", "toybox", "noglob"],
        ..NONE
    },
    Wrapper {
        names: &["sudo", "doas"],
        valued: "ugpChDRTrtU",
        long: &["--user", "--group", "--prompt", "--chdir", "--chroot", "--host", "--close-from", "--command-timeout"],
        ..NONE
    },
    Wrapper {
        names: &["env"],
        valued: "uCS",
        long: &["--unset", "--chdir", "--split-string"],
        script: &["-S", "--split-string"],
        ..NONE
    },
    Wrapper { names: &["su", "runuser", "script"], script: &["-c", "--command"], ..NONE },
    Wrapper { names: &["nix-shell"], script: &["--run", "--command"], ..NONE },
    Wrapper { names: &["nice"], valued: "n", long: &["--adjustment"], ..NONE },
    Wrapper { names: &["ionice"], valued: "cnpPu", long: &["--class", "--classdata"], ..NONE },
    Wrapper { names: &["time", "gtime"], valued: "fo", long: &["--format", "--output"], ..NONE },
    Wrapper { names: &["timeout", "gtimeout"], valued: "ks", long: &["--kill-after", "--signal"], operands: 1, ..NONE },
    Wrapper { names: &["stdbuf"], valued: "ioe", long: &["--input", "--output", "--error"], ..NONE },
    Wrapper { names: &["exec"], valued: "a", ..NONE },
    Wrapper { names: &["caffeinate"], valued: "tw", ..NONE },
    Wrapper { names: &["strace", "ltrace"], valued: "eopsPSXIOabuE", ..NONE },
    Wrapper {
        names: &["flock"],
        valued: "wE",
        long: &["--timeout", "--conflict-exit-code"],
        operands: 1,
        script: &["-c", "--command"],
        ..NONE
    },
    Wrapper { names: &["taskset", "chrt"], operands: 1, ..NONE },
    Wrapper { names: &["chroot"], operands: 1, is_elsewhere: true, ..NONE },
    Wrapper {
        names: &["xargs", "gxargs"],
        valued: "nIPdaLsE",
        long: &["--max-args", "--max-procs", "--delimiter", "--arg-file", "--max-lines", "--max-chars"],
        repeats: true,
        adds_words: true,
        ..NONE
    },
    Wrapper {
        names: &["parallel"],
        valued: "jIna",
        long: &["--jobs", "--arg-file"],
        repeats: true,
        adds_words: true,
        ..NONE
    },
    Wrapper {
        names: &["watch"],
        valued: "nq",
        long: &["--interval", "--equexit"],
        rest: Rest::Script,
        repeats: true,
        ..NONE
    },
    Wrapper {
        names: &["ssh"],
        valued: "BbcDEeFIiJLlmOoPpQRSWw",
        operands: 1,
        rest: Rest::Script,
        is_elsewhere: true,
        ..NONE
    },
    Wrapper { names: &["eval"], rest: Rest::Script, ..NONE },
    Wrapper { names: &["mise"], subcommand: &["exec"], operands: 0, ..NONE },
    Wrapper { names: &["mise"], subcommand: &["x"], operands: 0, ..NONE },
    Wrapper { names: &["uv", "poetry", "pdm", "pipenv", "hatch", "rye"], subcommand: &["run"], ..NONE },
    Wrapper { names: &["bundle"], subcommand: &["exec"], ..NONE },
    Wrapper { names: &["direnv"], subcommand: &["exec"], operands: 1, ..NONE },
    Wrapper {
        names: &["docker", "podman", "nerdctl"],
        subcommand: &["exec"],
        valued: "euwHcl",
        long: &["--env", "--user", "--workdir", "--env-file", "--detach-keys", "--host", "--context"],
        operands: 1,
        is_elsewhere: true,
        ..NONE
    },
    Wrapper {
        names: &["docker", "podman"],
        subcommand: &["compose", "exec"],
        valued: "feuwp",
        long: &["--file", "--env", "--user", "--workdir", "--index", "--project-name", "--profile", "--env-file"],
        operands: 1,
        is_elsewhere: true,
        ..NONE
    },
    Wrapper {
        names: &["kubectl", "oc"],
        subcommand: &["exec"],
        valued: "ncsf",
        long: &["--namespace", "--container", "--context", "--kubeconfig", "--cluster", "--user", "--filename"],
        operands: 1,
        is_elsewhere: true,
        ..NONE
    },
];

/// Options that only show something about a command.
const SHOWS: &[(&str, &[&str])] = &[
    ("command", &["-v", "-V"]),
    ("sudo", &["-l", "--list", "-v", "-h", "--help", "-V", "-k", "-K"]),
    ("parallel", &["--dry-run", "--help"]),
];

/// The wrapper that these words call, with the words after its subcommand.
pub(super) fn find<'a>(name: &str, rest: &'a [Word]) -> Option<(&'static Wrapper, &'a [Word])> {
    let only_shows = |(of, options): &(&str, &[&str])| {
        *of == name && rest.first().is_some_and(|word| options.contains(&word.text.as_str()))
    };
    if SHOWS.iter().any(only_shows) {
        return None;
    }
    WRAPPERS.iter().filter(|wrapper| wrapper.names.contains(&name)).find_map(|wrapper| {
        let after = wrapper.subcommand.iter().try_fold(rest, |words, wanted| {
            let (word, after) = wrapper.after_options(words).split_first()?;
            (word.text == *wanted).then_some(after)
        });
        Some((wrapper, after?))
    })
}

impl Wrapper {
    /// The words of the command that it runs.
    pub(super) fn command<'a>(&self, words: &'a [Word]) -> &'a [Word] {
        let mut words = self.after_options(words);
        for _ in 0..self.operands {
            words = self.after_options(words.get(1..).unwrap_or_default());
        }
        words
    }

    /// The command line in the value of an option, and the words after it.
    pub(super) fn script<'a>(&self, words: &'a [Word]) -> Option<(&'a Word, &'a [Word])> {
        let at = words.iter().position(|word| self.script.contains(&word.text.as_str()))?;
        words.get(at + 1..)?.split_first()
    }

    /// The words after options, their values and assignments.
    fn after_options<'a>(&self, mut words: &'a [Word]) -> &'a [Word] {
        while let Some((word, rest)) = words.split_first() {
            let text = word.text.as_str();
            let skipped = if text == "--" {
                return rest;
            } else if text.starts_with("--") {
                1 + usize::from(self.long.contains(&text))
            } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                1 + usize::from(letters.find(|c| self.valued.contains(c)).is_some_and(|at| at + 1 == letters.len()))
            } else if word.is_assignment() {
                1
            } else {
                return words;
            };
            words = words.get(skipped..).unwrap_or_default();
        }
        words
    }
}
