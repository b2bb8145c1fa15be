//! A fresh home for each test: own HOME, data directory, temporary directory, clock and PATH.
//!
//! The environment is built from scratch, so no variable of whoever runs the tests (CLAUDE_*, CODEX_*, CS_*, XDG_*,
//! GIT_* …) can reach a program. The folder is removed when the sandbox is dropped.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, run};

/// The default CS_NOW.
pub const NOW: &str = "2026-11-21T10:00:00Z";

const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

const GIT_CONFIG: &str = "[user]\n\tname = A U Thor\n\temail = author@example.com\n[init]\n\tdefaultBranch = main\n";

/// A fresh folder with `home/`, `home/work/` (where programs start) and `tmp/` in it.
pub struct Sandbox {
    root: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl Sandbox {
    /// Creates a sandbox with the programs of this workspace first on PATH; builds them if necessary.
    #[allow(clippy::new_without_default)] // it runs a compiler, which no default should
    pub fn new() -> Sandbox {
        Sandbox::within(&env::temp_dir())
    }

    /// The same, in this folder.
    pub fn within(folder: &Path) -> Sandbox {
        let mut path = OsString::from(crate::programs());
        path.push(":");
        path.push(SYSTEM_PATH);
        Sandbox::bare_within(folder).with("PATH", path)
    }

    /// Whether a sandbox can be created in this folder.
    pub fn can_be_in(folder: &Path) -> bool {
        TempDir::with_prefix_in("cs-", folder).is_ok()
    }

    /// Creates a sandbox with only the system's programs.
    pub fn bare() -> Sandbox {
        Sandbox::bare_within(&env::temp_dir())
    }

    fn bare_within(folder: &Path) -> Sandbox {
        let root = TempDir::with_prefix_in("cs-", folder).expect("the temporary directory can be written");
        let place = root.path().canonicalize().expect("the folder was just created");
        fs::create_dir_all(place.join("home/work")).expect("a fresh folder can be written");
        fs::create_dir(place.join("tmp")).expect("a fresh folder can be written");
        fs::write(place.join("gitconfig"), GIT_CONFIG).expect("a fresh folder can be written");
        Sandbox { root, variables: BTreeMap::new() }
            .with("HOME", place.join("home"))
            .with("CS_HOME", place.join("home/.claude/dashboard"))
            .with("TMPDIR", place.join("tmp"))
            .with("CS_NOW", NOW)
            .with("PATH", SYSTEM_PATH)
            .with("LC_ALL", "C.UTF-8")
            .with("TZ", "UTC")
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .with("GIT_CONFIG_GLOBAL", place.join("gitconfig"))
    }

    /// Sets an environment variable for everything that runs in the sandbox from now on.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Sandbox {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a folder with programs to the end of PATH.
    pub fn with_program_folder(self, folder: &Path) -> Sandbox {
        let mut path = self.variables.get("PATH").cloned().unwrap_or_default();
        path.push(":");
        path.push(folder);
        self.with("PATH", path)
    }

    /// Removes an environment variable.
    pub fn without(mut self, name: &str) -> Sandbox {
        self.variables.remove(name);
        self
    }

    /// HOME.
    pub fn home(&self) -> PathBuf {
        self.folder("HOME")
    }

    /// The folder in which programs start: empty, in HOME.
    pub fn work(&self) -> PathBuf {
        self.home().join("work")
    }

    /// The data directory, CS_HOME. Does not exist until a program creates it.
    pub fn data(&self) -> PathBuf {
        self.folder("CS_HOME")
    }

    /// The folder that holds everything else.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    fn folder(&self, variable: &str) -> PathBuf {
        PathBuf::from(self.variables.get(variable).unwrap_or_else(|| panic!("{variable} is not set")))
    }

    /// A command for `program`, a name on the sandbox's PATH or a path, with the sandbox's environment. Callers add
    /// what they need, then pass it to [`run`] or [`Running::start`].
    pub fn command(&self, program: &str) -> Command {
        let path = self.variables.get("PATH").cloned().unwrap_or_default();
        let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
        let mut command = Command::new(found.unwrap_or_else(|| panic!("{program}: not on PATH {path:?}")));
        command.env_clear().envs(&self.variables).current_dir(self.work());
        command
    }

    /// Runs `script` with `sh -c`, without input.
    pub fn sh(&self, script: &str) -> Output {
        self.cs("sh", &["-c", script])
    }

    /// Runs `program` with `args`, without input.
    pub fn cs(&self, program: &str, args: &[&str]) -> Output {
        self.feed(program, args, "")
    }

    /// Runs `program` without arguments and with `payload` as its input, as Claude Code runs a hook.
    pub fn hook(&self, program: &str, payload: &str) -> Output {
        self.feed(program, &[], payload)
    }

    /// Runs `program` with `args` and with `input` on a pipe.
    pub fn feed(&self, program: &str, args: &[&str], input: &str) -> Output {
        let mut command = self.command(program);
        command.args(args);
        run(command, input)
    }

    /// Starts a program that keeps running; it is killed when the returned value is dropped.
    pub fn start(&self, program: &str, args: &[&str]) -> Running {
        let mut command = self.command(program);
        command.args(args);
        Running::start(command).unwrap_or_else(|e| panic!("{program}: {e}"))
    }

    /// The records under `sessions/` with the hooks' notes, without the archive, ordered by id; empty if the folder
    /// does not exist.
    pub fn records(&self) -> Vec<Value> {
        let sessions = self.data().join("sessions");
        if !sessions.exists() {
            return Vec::new();
        }
        crate::entries(&sessions).iter().filter(|path| is_record(path)).map(|path| crate::replay::whole(path)).collect()
    }

    /// The record with exactly this id, with the hooks' notes; panics if there is none.
    pub fn record(&self, id: &str) -> Value {
        crate::replay::whole(&self.data().join(format!("sessions/{id}.json")))
    }

    /// A JSON file in the data directory; panics if it is missing or invalid.
    pub fn json(&self, file: &str) -> Value {
        json(&self.data().join(file))
    }
}

fn is_record(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"));
    !hidden && path.extension().is_some_and(|extension| extension == "json")
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}: {text}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{status, stdout};

    #[test]
    fn the_outer_environment_does_not_leak_in() {
        let output = Sandbox::bare().sh("env | cut -d= -f1 | grep -E '^(CLAUDE|CODEX|CARGO|RUST|XDG)'");
        assert_eq!((status(&output), stdout(&output)), (1, String::new()));
    }

    #[test]
    fn a_program_starts_in_the_empty_work_folder_and_reads_its_input() {
        let sandbox = Sandbox::bare().with("GREETING", "hello").without("CS_NOW");
        let output = sandbox.feed("sh", &["-c", "pwd; ls -A; cat; echo $GREETING${CS_NOW-}"], "in\n");
        assert_eq!(stdout(&output), format!("{}\nin\nhello\n", sandbox.work().display()));
    }

    #[test]
    fn only_session_files_are_records() {
        let sandbox = Sandbox::bare();
        assert!(sandbox.records().is_empty());
        sandbox.sh("mkdir -p $CS_HOME/sessions/archive; cd $CS_HOME/sessions; touch .x.json sess_b.lock");
        sandbox.sh(r#"cd $CS_HOME/sessions; for i in sess_b sess_a _index; do echo "{\"id\":\"$i\"}" >$i.json; done"#);
        let ids: Vec<_> = sandbox.records().iter().map(|record| record["id"].clone()).collect();
        assert_eq!(ids, ["sess_a", "sess_b"]);
        assert_eq!(sandbox.record("sess_b")["id"], "sess_b");
    }
}
