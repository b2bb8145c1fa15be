//! A data directory with a log, and what is in it.

use audit::{Entry, Finding, Input, Kind, Log, Verified};
use cs_core::clock;
use cs_core::lock::HOOK_WAIT;
use cs_core::paths::Home;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const TODAY: &str = "2026-11-22T10:00:00Z";
pub const TOMORROW: &str = "2026-11-23T10:00:00Z";

pub struct Place {
    _dir: tempfile::TempDir,
    pub home: Home,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let home = Home::at(dir.path().join("data"));
        Place { _dir: dir, home }
    }

    /// A copy, byte for byte.
    pub fn copy(&self) -> Self {
        let copy = Place::new();
        copy_all(self.home.root(), copy.home.root());
        copy
    }

    pub fn append(&self, command: &str, now: &str) {
        let now = clock::parse(now).expect("a time");
        let input = Input { command: Some(command.into()), ..Input::default() };
        let entry = Entry { tool: Some("Bash".into()), input: Some(input), ..Entry::new(Kind::Attempt, now) };
        Log::of(&self.home, HOOK_WAIT).append(entry, now).expect("a line can be appended");
    }

    /// Puts a line aside, as if the log had been locked.
    pub fn wait_for_lock(&self, commands: &[&str]) {
        let lock = cs_core::lock::acquire(&self.home.audit_lock(), HOOK_WAIT).expect("nobody has it");
        commands.iter().for_each(|command| self.append(command, TODAY));
        drop(lock);
    }

    pub fn worker(&self, now: &str, commands: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_audit_worker"));
        command.arg(self.home.root()).arg(now).args(commands).env_clear();
        command
    }

    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home.audit_dir()).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        files.sort();
        files
    }

    /// The commands in the log, in its order.
    pub fn commands(&self) -> Vec<String> {
        let texts = self.files().into_iter().map(|path| fs::read_to_string(path).expect("a log is text"));
        let lines: Vec<String> = texts.flat_map(|text| text.lines().map(str::to_string).collect::<Vec<_>>()).collect();
        let entries = lines.iter().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        entries.filter_map(|entry| entry.input?.command).collect()
    }

    pub fn report(&self) -> Verified {
        audit::verify(&self.home, Vec::new()).expect("the log can be read")
    }

    pub fn findings(&self) -> Vec<Finding> {
        self.report().findings
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_all(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("a file can be copied")),
        }
    }
}
