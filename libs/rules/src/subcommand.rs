//! Owns where the subcommand of a program begins: after its global options.

use crate::glob;
use cs_core::shell::Word;

/// Programs, and their global options whose value is the next word.
const VALUED: &[(&str, &[&str])] = &[
    ("git", cs_core::git::command::VALUED_OPTIONS),
    (
        "docker",
        &[
            "-H",
            "--host",
            "--context",
            "-c",
            "--config",
            "-l",
            "--log-level",
            "-f",
            "--file",
            "-p",
            "--project-name",
            "--profile",
        ],
    ),
    ("docker-compose", &["-f", "--file", "-p", "--project-name", "--profile", "--env-file"]),
    ("podman", &["--url", "--connection", "-c", "--root", "--log-level"]),
    (
        "kubectl",
        &["-n", "--namespace", "--context", "--kubeconfig", "--cluster", "--user", "-s", "--server", "--token"],
    ),
    ("oc", &["-n", "--namespace", "--context", "--kubeconfig"]),
    ("helm", &["-n", "--namespace", "--kube-context", "--kubeconfig"]),
    ("aws", &["--profile", "--region", "--output", "--endpoint-url", "--query"]),
    ("gcloud", &["--filter", "--format", "--project", "--zone", "--region", "--account", "--configuration", "--limit"]),
    ("az", &["--query", "--output", "-o", "--subscription", "-g", "--resource-group", "-n", "--name"]),
    ("apt-get", &["-o", "-c", "-t", "--target-release", "--option"]),
    ("apt", &["-o", "-c", "-t", "--target-release", "--option"]),
    ("tmux", &["-L", "-S", "-f"]),
    ("terraform", &["-chdir"]),
    ("npm", &["--prefix", "-C", "--workspace", "-w", "--registry"]),
    ("pnpm", &["--dir", "-C", "--filter", "-F"]),
    ("yarn", &["--cwd"]),
    ("pip", &["--python", "--log", "--proxy"]),
    ("pip3", &["--python", "--log", "--proxy"]),
    ("systemctl", &["-H", "--host", "-M", "--machine", "-t", "--type", "-p", "--property"]),
    ("gh", &["-R", "--repo"]),
    ("doctl", &["--tag-name", "--format", "--context", "--output", "-o", "--access-token", "-t"]),
    ("flyctl", &["-a", "--app", "-c", "--config", "-o", "--org"]),
    ("fly", &["-a", "--app", "-c", "--config", "-o", "--org"]),
    ("redis-cli", &["-h", "-p", "-a", "-n", "-u", "-s", "--user", "--pass"]),
];

/// The words of a program from its subcommand on, and the global options that take a value.
#[derive(Clone, Copy)]
pub struct Subcommand<'a> {
    words: &'a [Word],
    valued: &'static [&'static str],
}

impl<'a> Subcommand<'a> {
    /// That of a program with these arguments.
    pub fn of(program: &str, words: &'a [Word]) -> Self {
        let valued = VALUED.iter().find(|(name, _)| *name == program).map(|(_, valued)| *valued).unwrap_or_default();
        Subcommand { words: after_options(words, valued), valued }
    }

    /// The words after those of the phrase, if the program is called with them; `None` if not.
    pub fn after(self, phrase: &str) -> Option<&'a [Word]> {
        phrase.split(' ').try_fold(self.words, |words, wanted| {
            let (word, rest) = after_options(words, self.valued).split_first()?;
            let is_it =
                word.text.eq_ignore_ascii_case(wanted) || wanted.contains('*') && glob::matches(wanted, &word.text);
            is_it.then_some(rest)
        })
    }
}

fn after_options<'a>(mut words: &'a [Word], valued: &[&str]) -> &'a [Word] {
    while let Some((word, rest)) = words.split_first().filter(|(word, _)| word.text.starts_with(['-', '+'])) {
        words = if valued.contains(&word.text.as_str()) { rest.get(1..).unwrap_or_default() } else { rest };
    }
    words
}
