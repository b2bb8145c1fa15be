//! A client's folder with conversations, and the copies of them.

use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NOW: &str = "2026-11-22T10:00:00Z";

pub struct Place {
    dir: tempfile::TempDir,
}

fn uuid(n: u32) -> String {
    format!("ca5d0000-0000-4000-8000-{n:012x}")
}

impl Place {
    pub fn new() -> Self {
        Place { dir: tempfile::tempdir().expect("a folder can be made") }
    }

    /// A copy, with the times of all files. What is noted about the client's files names this one's.
    pub fn copy(&self) -> Self {
        let copy = Place::new();
        let from = format!("{}/.", self.root().display());
        let copied = Command::new("cp").arg("-a").arg(from).arg(copy.root()).status().expect("cp can be run");
        assert!(copied.success());
        // The manifests and the index name the files in the other folder.
        let (old, new) = (self.root().display().to_string(), copy.root().display().to_string());
        let mut sums = vec![(old, new)];
        for path in files(&copy.data()).iter().filter(|path| path.ends_with("manifest.json")) {
            let text = fs::read_to_string(path).expect("it can be read");
            let other = replaced(&text, &sums);
            fs::write(path, &other).expect("it can be written");
            sums.push((chain::digest(text.as_bytes()), chain::digest(other.as_bytes())));
        }
        let change = |path: PathBuf, change: &dyn Fn(&str) -> String| {
            if let Ok(text) = fs::read_to_string(&path) {
                fs::write(&path, change(&text)).expect("it can be written");
            }
        };
        change(copy.data().join("kept/index.jsonl"), &|text| replaced(text, &sums));
        change(copy.data().join("kept/ledger.jsonl"), &|text| chained(&replaced(text, &sums)));
        copy
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    fn project(&self) -> PathBuf {
        self.root().join(".claude/projects/-w-api")
    }

    pub fn results(&self) -> PathBuf {
        self.project().join(uuid(0)).join("tool-results")
    }

    /// Writes a log anew.
    pub fn log(&self, thread: &str, lines: &[&str]) {
        self.log_of(0, thread, lines);
    }

    pub fn log_of(&self, n: u32, thread: &str, lines: &[&str]) {
        let path = match thread {
            "main" => self.project().join(format!("{}.jsonl", uuid(n))),
            thread => self.project().join(format!("{}/subagents/{thread}.jsonl", uuid(n))),
        };
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        put(&path, &text);
    }

    pub fn result(&self, name: &str, text: &str) {
        put(&self.results().join(name), text);
    }

    /// Removes the client's files, as its sweep does.
    pub fn remove(&self) {
        fs::remove_dir_all(self.root().join(".claude/projects")).expect("it is there");
        fs::create_dir(self.root().join(".claude/projects")).expect("it can be made");
    }

    /// Gives a name to what is kept.
    pub fn snapshot(&self, name: &str) {
        let (home, uuid, now) = (Home::at(self.data()), Uuid::parse(&uuid(0)).expect("an id"), clock::now());
        kept::snapshot(&home, agents::Agent::Claude, &uuid, name, "user", now).expect("it can be named");
    }

    /// Puts a snapshot into another folder.
    pub fn restore(&self, name: &str) -> cs_core::error::Result<kept::Anew> {
        let (home, uuid) = (Home::at(self.data()), Uuid::parse(&uuid(0)).expect("an id"));
        let to = self.root().join("restored");
        kept::restore_at(&home, agents::Agent::Claude, &uuid, name, Some(&to), "user", clock::now())
    }

    /// What is in it then.
    pub fn restored(&self, name: &str) -> String {
        let anew = self.restore(name).expect("it can be put back");
        fs::read_to_string(&anew.restored.last().expect("the log").path).expect("it is there")
    }

    /// The directory of the copies.
    pub fn kept(&self) -> PathBuf {
        self.data().join("kept/claude-code").join(uuid(0))
    }

    pub fn append(&self, name: &str, text: &str) {
        let path = self.kept().join(name);
        let before = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, before + text).expect("it can be written");
    }

    /// The content of a copy, whether or not it is compressed.
    pub fn copy_of(&self, name: &str) -> String {
        let path = self.kept().join(name);
        let path = if path.exists() { path } else { self.kept().join(format!("{name}.gz")) };
        let mut text = String::new();
        let read = kept::open(&path).and_then(|mut copy| std::io::Read::read_to_string(&mut copy, &mut text));
        read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text
    }

    pub fn worker(&self, gzip: bool) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keep_worker"));
        command.arg(self.data()).arg(NOW).env_clear().env("HOME", self.root());
        if gzip {
            command.arg("gzip");
        }
        command
    }

    pub fn run(&self, gzip: bool) {
        let output = self.worker(gzip).output().expect("it can be run");
        assert!(output.status.success(), "{output:?}");
    }

    pub fn verify(&self) -> Vec<String> {
        let verified = kept::verify(&Home::at(self.data()), &[], &mut |_| {}).expect("it can be read");
        verified.findings.iter().map(|finding| format!("{}: {}", finding.path.display(), finding.reason)).collect()
    }

    /// The names of all copies.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = files(&self.kept()).iter().map(|path| path.display().to_string()).collect();
        let begin = format!("{}/", self.kept().display());
        names.iter_mut().for_each(|name| *name = format!("/{}", name.replace(&begin, "")));
        names.sort();
        names
    }

    /// The newest generation of each log, by its thread.
    pub fn contents(&self) -> BTreeMap<String, String> {
        let Some(manifest) = self.manifest() else { return BTreeMap::new() };
        manifest.newest().into_iter().map(|log| (log.thread.clone(), self.copy_of(&log.file))).collect()
    }

    pub fn manifest(&self) -> Option<kept::Manifest> {
        let uuid = Uuid::parse(&uuid(0)).expect("an id");
        kept::Manifest::read(&Home::at(self.data()), agents::Agent::Claude, &uuid).expect("it can be read")
    }
}

fn replaced(text: &str, pairs: &[(String, String)]) -> String {
    pairs.iter().fold(text.to_string(), |text, (old, new)| text.replace(old, new))
}

/// Lines of a ledger with the hashes that belong to them.
fn chained(text: &str) -> String {
    let (mut all, mut prev) = (String::new(), chain::START.to_string());
    for line in text.lines() {
        let before = String::from_utf8_lossy(chain::parts(line.as_bytes()).expect("a line").before).into_owned();
        let covered = format!("{before},\"prev\":\"{prev}\"");
        prev = chain::digest(covered.as_bytes());
        all += &format!("{covered},\"hash\":\"{prev}\"}}\n");
    }
    all
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() && !path.is_symlink() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all
}
