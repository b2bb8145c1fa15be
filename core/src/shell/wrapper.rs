//! Owns which programs run another one that their words name, and where in their words it begins.

use super::Word;

/// What the words after the options of a wrapper are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The program and its arguments.
    Words,
    /// Parts of a command line, which a shell reads.
    Script,
    /// No command: only an option names one.
    Nothing,
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

/// Options of git itself.
const GIT: Wrapper = Wrapper {
    names: &["git"],
    valued: "Cc",
    long: &["--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"],
    ..NONE
};

/// Options of `docker run`.
const CONTAINER: Wrapper = Wrapper {
    names: &["docker", "podman", "nerdctl"],
    valued: "acehlmpuvwH",
    long: &[
        "--add-host",
        "--cap-add",
        "--cap-drop",
        "--cidfile",
        "--context",
        "--cpus",
        "--device",
        "--dns",
        "--entrypoint",
        "--env",
        "--env-file",
        "--expose",
        "--gpus",
        "--group-add",
        "--host",
        "--hostname",
        "--index",
        "--ipc",
        "--label",
        "--link",
        "--log-driver",
        "--memory",
        "--mount",
        "--name",
        "--net",
        "--network",
        "--network-alias",
        "--pid",
        "--platform",
        "--publish",
        "--pull",
        "--restart",
        "--runtime",
        "--security-opt",
        "--shm-size",
        "--stop-signal",
        "--tmpfs",
        "--ulimit",
        "--user",
        "--userns",
        "--volume",
        "--volumes-from",
        "--workdir",
        "--detach-keys",
    ],
    operands: 1,
    is_elsewhere: true,
    ..NONE
};

/// Options of `docker compose` and `docker compose exec`.
const COMPOSE: Wrapper = Wrapper {
    names: &["docker", "podman"],
    valued: "feuwpvl",
    long: &[
        "--file",
        "--env",
        "--user",
        "--workdir",
        "--index",
        "--project-name",
        "--profile",
        "--env-file",
        "--entrypoint",
        "--name",
        "--volume",
        "--publish",
    ],
    operands: 1,
    is_elsewhere: true,
    ..NONE
};

/// Options of tmux that take a value.
const TMUX: Wrapper = Wrapper { names: &["tmux"], valued: "tNsncxyFelpfLS", rest: Rest::Script, ..NONE };

/// Options of the programs that run a package.
const PACKAGE: Wrapper = Wrapper {
    valued: "pw",
    long: &["--package", "--from", "--with", "--python", "--workspace", "--spec", "--prefix", "--filter", "--dir"],
    script: &["-c", "--call"],
    ..NONE
};

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &[
            "nohup",
            "setsid",
            "builtin",
            "command",
            "unbuffer",
            "chronic",
            "busybox",
            "toybox",
            "noglob",
            "nocorrect",
            "setpriv",
            "rlwrap",
            "torsocks",
            "tsocks",
            "dbus-run-session",
            "valgrind",
            "pkexec",
            "fakeroot",
            "arch",
            "numactl",
            "tini",
            "dumb-init",
            "firejail",
            // Of fish.
            "not",
            "and",
            "or",
        ],
        ..NONE
    },
    Wrapper { names: &["proxychains", "proxychains4", "xvfb-run"], valued: "fnseap", ..NONE },
    Wrapper {
        names: &["sudo", "doas", "run0"],
        valued: "ugpChDRTrtU",
        long: &["--user", "--group", "--prompt", "--chdir", "--chroot", "--host", "--close-from", "--command-timeout"],
        ..NONE
    },
    Wrapper { names: &["gosu", "su-exec", "faketime"], operands: 1, ..NONE },
    Wrapper {
        names: &["env"],
        valued: "uCS",
        long: &["--unset", "--chdir", "--split-string"],
        script: &["-S", "--split-string"],
        ..NONE
    },
    Wrapper {
        names: &["su", "script", "nix-shell", "newgrp", "sg"],
        rest: Rest::Nothing,
        script: &["-c", "--command", "--run", "--session-command"],
        ..NONE
    },
    Wrapper { names: &["runuser"], valued: "ugGw", long: &["--user", "--group"], script: &["-c", "--command"], ..NONE },
    Wrapper { names: &["nice"], valued: "n", long: &["--adjustment"], ..NONE },
    Wrapper { names: &["ionice"], valued: "cnpPu", long: &["--class", "--classdata"], ..NONE },
    Wrapper { names: &["time", "gtime"], valued: "fo", long: &["--format", "--output"], ..NONE },
    Wrapper { names: &["timeout", "gtimeout"], valued: "ks", long: &["--kill-after", "--signal"], operands: 1, ..NONE },
    Wrapper { names: &["stdbuf"], valued: "ioe", long: &["--input", "--output", "--error"], ..NONE },
    Wrapper { names: &["exec"], valued: "a", ..NONE },
    Wrapper { names: &["caffeinate"], valued: "tw", ..NONE },
    Wrapper { names: &["strace", "ltrace"], valued: "eopsPSXIOabuE", ..NONE },
    Wrapper { names: &["perf"], subcommand: &["stat"], valued: "eorIxpta", long: &["--event", "--output"], ..NONE },
    Wrapper { names: &["perf"], subcommand: &["record"], valued: "eocFpta", long: &["--event", "--output"], ..NONE },
    Wrapper {
        names: &["hyperfine"],
        valued: "wmMrpcnsuLPN",
        long: &["--warmup", "--runs", "--export-json", "--export-markdown", "--shell"],
        rest: Rest::Script,
        repeats: true,
        ..NONE
    },
    Wrapper {
        names: &["systemd-run"],
        valued: "puEMHtG",
        long: &[
            "--unit",
            "--property",
            "--uid",
            "--gid",
            "--setenv",
            "--machine",
            "--host",
            "--slice",
            "--description",
        ],
        ..NONE
    },
    Wrapper { names: &["systemd-inhibit"], long: &["--what", "--who", "--why", "--mode"], ..NONE },
    Wrapper { names: &["unshare", "nsenter"], valued: "tSGrwR", long: &["--target", "--setuid", "--setgid"], ..NONE },
    Wrapper {
        names: &["flock"],
        valued: "wE",
        long: &["--timeout", "--conflict-exit-code"],
        operands: 1,
        script: &["-c", "--command"],
        ..NONE
    },
    Wrapper { names: &["taskset", "chrt", "setarch", "envdir", "repeat"], operands: 1, ..NONE },
    Wrapper { names: &["chpst"], valued: "ueUmdofpcrt/", ..NONE },
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
        names: &["parallel", "sem"],
        valued: "jIna",
        long: &["--jobs", "--arg-file", "--joblog", "--colsep", "--timeout", "--retries", "--max-args"],
        rest: Rest::Script,
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
    Wrapper { names: &["entr"], repeats: true, adds_words: true, ..NONE },
    Wrapper {
        names: &["ssh"],
        valued: "BbcDEeFIiJLlmOoPpQRSWw",
        operands: 1,
        rest: Rest::Script,
        is_elsewhere: true,
        ..NONE
    },
    Wrapper { names: &["adb"], subcommand: &["shell"], valued: "stHP", rest: Rest::Script, is_elsewhere: true, ..NONE },
    Wrapper {
        names: &["vagrant"],
        subcommand: &["ssh"],
        rest: Rest::Nothing,
        script: &["-c", "--command"],
        is_elsewhere: true,
        ..NONE
    },
    Wrapper {
        names: &["gcloud"],
        subcommand: &["compute", "ssh"],
        rest: Rest::Nothing,
        script: &["--command"],
        is_elsewhere: true,
        ..NONE
    },
    Wrapper {
        names: &["fly", "flyctl"],
        subcommand: &["ssh", "console"],
        rest: Rest::Nothing,
        script: &["-C", "--command"],
        is_elsewhere: true,
        ..NONE
    },
    Wrapper { names: &["heroku"], subcommand: &["run"], valued: "a", long: &["--app"], is_elsewhere: true, ..NONE },
    Wrapper { names: &["lxc", "incus"], subcommand: &["exec"], operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["wsl"], valued: "du", is_elsewhere: true, ..NONE },
    Wrapper { names: &["eval"], rest: Rest::Script, ..NONE },
    Wrapper { subcommand: &["send-keys"], ..TMUX },
    Wrapper { subcommand: &["send"], ..TMUX },
    Wrapper { subcommand: &["new-session"], ..TMUX },
    Wrapper { subcommand: &["new"], ..TMUX },
    Wrapper { subcommand: &["new-window"], ..TMUX },
    Wrapper { subcommand: &["neww"], ..TMUX },
    Wrapper { subcommand: &["split-window"], ..TMUX },
    Wrapper { subcommand: &["splitw"], ..TMUX },
    Wrapper { subcommand: &["respawn-pane"], ..TMUX },
    Wrapper { subcommand: &["run-shell"], ..TMUX },
    Wrapper { names: &["npx", "bunx", "pnpx", "uvx"], ..PACKAGE },
    Wrapper { names: &["npm", "pnpm", "yarn"], subcommand: &["exec"], ..PACKAGE },
    Wrapper { names: &["npm", "bun"], subcommand: &["x"], ..PACKAGE },
    Wrapper { names: &["pnpm", "yarn"], subcommand: &["dlx"], ..PACKAGE },
    Wrapper { names: &["pipx"], subcommand: &["run"], ..PACKAGE },
    Wrapper { names: &["mise", "rbenv", "pyenv", "asdf"], subcommand: &["exec"], ..NONE },
    Wrapper { names: &["devbox"], subcommand: &["run"], ..NONE },
    Wrapper { names: &["nix"], subcommand: &["develop"], ..NONE },
    Wrapper { names: &["nix"], subcommand: &["shell"], operands: 1, ..NONE },
    Wrapper { names: &["toolbox"], subcommand: &["run"], valued: "cdr", is_elsewhere: true, ..NONE },
    Wrapper { names: &["distrobox"], subcommand: &["enter"], operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["limactl"], subcommand: &["shell"], operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["crictl"], subcommand: &["exec"], operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["oc"], subcommand: &["rsh"], valued: "ncs", operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["mosh"], valued: "p", operands: 1, is_elsewhere: true, ..NONE },
    Wrapper { names: &["mise"], subcommand: &["x"], ..NONE },
    Wrapper { names: &["uv", "poetry", "pdm", "pipenv", "hatch", "rye"], subcommand: &["run"], ..PACKAGE },
    Wrapper { names: &["conda", "mamba", "micromamba"], subcommand: &["run"], valued: "np", ..NONE },
    Wrapper { names: &["bundle"], subcommand: &["exec"], ..NONE },
    Wrapper { names: &["direnv", "aws-vault", "chamber"], subcommand: &["exec"], operands: 1, ..NONE },
    Wrapper { names: &["op", "doppler", "infisical"], subcommand: &["run"], long: &["--env-file"], ..NONE },
    Wrapper { names: &["dotenv"], valued: "ecfv", ..NONE },
    Wrapper { subcommand: &["submodule", "foreach"], rest: Rest::Script, repeats: true, ..GIT },
    Wrapper { subcommand: &["bisect", "run"], repeats: true, ..GIT },
    Wrapper { subcommand: &["rebase"], rest: Rest::Nothing, script: &["-x", "--exec"], repeats: true, ..GIT },
    Wrapper {
        subcommand: &["filter-branch"],
        rest: Rest::Nothing,
        script: &["--tree-filter", "--index-filter", "--msg-filter", "--env-filter", "--commit-filter"],
        repeats: true,
        ..GIT
    },
    Wrapper { subcommand: &["exec"], ..CONTAINER },
    Wrapper { subcommand: &["run"], ..CONTAINER },
    Wrapper { subcommand: &["container", "exec"], ..CONTAINER },
    Wrapper { subcommand: &["container", "run"], ..CONTAINER },
    Wrapper { subcommand: &["compose", "exec"], ..COMPOSE },
    Wrapper { subcommand: &["compose", "run"], ..COMPOSE },
    Wrapper { names: &["docker-compose", "podman-compose"], subcommand: &["exec"], ..COMPOSE },
    Wrapper { names: &["docker-compose", "podman-compose"], subcommand: &["run"], ..COMPOSE },
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
    ("npx", &["--help", "--version"]),
    ("parallel", &["--dry-run", "--help"]),
];

/// Whether a program of this name is a wrapper.
pub(super) fn is_one(name: &str) -> bool {
    WRAPPERS.iter().any(|wrapper| wrapper.names.contains(&name))
}

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
    pub(super) fn script<'a>(&self, words: &'a [Word]) -> Option<(&'a str, &'a [Word])> {
        if self.script.is_empty() {
            return None;
        }
        if self.rest == Rest::Nothing {
            return (0..words.len()).find_map(|at| self.script_at(words.get(at..)?));
        }
        // What follows the command belongs to it: `flock FILE git -c …`.
        let (mut words, mut operands) = (words, 0);
        while let Some((word, rest)) = words.split_first() {
            if let Some(found) = self.script_at(words) {
                return Some(found);
            }
            words = match self.after_options(words) {
                _ if word.text == "--" => return None,
                after if after.len() < words.len() => words.get(self.step(words)..).unwrap_or_default(),
                _ if operands < self.operands => {
                    operands += 1;
                    rest
                }
                _ => return None,
            };
        }
        None
    }

    /// The value of the first word, if it is one of the options for command lines: in the next word, after `=`, or
    /// after the letter.
    fn script_at<'a>(&self, words: &'a [Word]) -> Option<(&'a str, &'a [Word])> {
        let (word, rest) = words.split_first()?;
        let text = word.text.as_str();
        self.script.iter().find_map(|option| {
            let is_last_letter = !option.starts_with("--")
                && !text.starts_with("--")
                && text.starts_with('-')
                && option.chars().last() == text.chars().last();
            if text == *option || is_last_letter {
                return rest.split_first().map(|(value, rest)| (value.text.as_str(), rest));
            }
            let value = text.strip_prefix(option)?;
            let value = if option.starts_with("--") { value.strip_prefix('=')? } else { value };
            Some((value, rest))
        })
    }

    /// The words after options, their values and assignments.
    fn after_options<'a>(&self, mut words: &'a [Word]) -> &'a [Word] {
        while let Some((word, rest)) = words.split_first() {
            if word.text == "--" {
                return rest;
            }
            match self.step(words) {
                0 => return words,
                step => words = words.get(step..).unwrap_or_default(),
            }
        }
        words
    }

    /// How many words an option with its value, or an assignment, takes; 0 for another word.
    fn step(&self, words: &[Word]) -> usize {
        let Some(word) = words.first() else { return 0 };
        let text = word.text.as_str();
        if text.starts_with("--") {
            1 + usize::from(self.long.contains(&text))
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            1 + usize::from(letters.find(|c| self.valued.contains(c)).is_some_and(|at| at + 1 == letters.len()))
        } else {
            usize::from(word.is_assignment())
        }
    }
}
