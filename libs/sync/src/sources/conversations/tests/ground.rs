//! Clients' folders, a data directory, and a target in memory.

use crate::exposure::Before;
use crate::forgotten::Forgotten;
use crate::held::Known;
use crate::machine::Machine;
use crate::op::{Op, Sink};
use crate::packed::Packed;
use crate::scan::{Run, Scanned};
use crate::source::Source;
use crate::sources::conversations::Conversations;
use crate::sources::{Request, Shared, Sources};
use agents::Agent;
use agents::logs::Roots;
use cs_core::clock;
use cs_core::error::Result as Done;
use cs_core::paths::Home;
use cs_core::store::Store;
use cs_core::witness::Witness;
use marks::{Extent, NewMark, Op as MarkOp};
use redaction::Key;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub const ID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
pub const OTHER: &str = "5e1f0000-0000-4000-8000-0000000000bb";

fn id(n: u32) -> String {
    format!("77bb1922-01ba-4b41-8c2a-{n:012}")
}

/// The anchor of the line with this number.
pub fn entry(n: u32) -> String {
    id(n) + "#0"
}

fn line(n: u32, kind: &str, message: &Value) -> String {
    let (at, id) = (format!("2026-11-21T04:00:{n:02}.000Z"), id(n));
    json!({
        "type": kind, "uuid": id, "sessionId": "SESSION", "timestamp": at, "cwd": "/home/dev/api", "gitBranch": "main",
        "version": "2.1.332", "message": message,
    })
    .to_string()
}

pub fn prompt(n: u32, text: &str) -> String {
    line(n, "user", &json!({"role": "user", "content": text}))
}

fn message(n: u32, content: &Value) -> String {
    let (id, usage) = (format!("msg_{n}"), json!({"input_tokens": 10, "output_tokens": n}));
    let message = json!({
        "id": id, "model": "claude-opus-5-5", "role": "assistant", "content": [content], "usage": usage,
    });
    line(n, "assistant", &message)
}

pub fn answer(n: u32, text: &str) -> String {
    message(n, &json!({"type": "text", "text": text}))
}

pub fn call(n: u32, id: &str, command: &str) -> String {
    call_with(n, id, &json!({"command": command, "description": "look"}))
}

pub fn call_with(n: u32, id: &str, input: &Value) -> String {
    message(n, &json!({"type": "tool_use", "id": id, "name": "Bash", "input": input}))
}

pub fn result(n: u32, call: &str, text: &str) -> String {
    let content = json!([{"type": "tool_result", "tool_use_id": call, "content": text}]);
    line(n, "user", &json!({"role": "user", "content": content}))
}

pub fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

pub fn source(name: &str) -> Source {
    Source::parse(name).unwrap()
}

/// A target in memory.
#[derive(Default)]
pub struct Target {
    pub rows: BTreeMap<Source, Vec<String>>,
    known: Known,
    sent: Vec<String>,
}

impl Sink for Target {
    fn take(&mut self, op: &Op) -> Done<()> {
        match *op {
            Op::Row(source, seq, row) => {
                let rows = self.rows.entry(source.clone()).or_default();
                assert!(seq as usize <= rows.len(), "{source} {seq}");
                let line = String::from_utf8(row.line()).unwrap();
                assert!(!line.contains('\n'));
                self.sent.push(format!("{source} {line}"));
                match rows.get_mut(seq as usize) {
                    Some(row) => *row = line,
                    None => rows.push(line),
                }
            }
            Op::Cut(source, n) => {
                if let Some(rows) = self.rows.get_mut(source) {
                    rows.truncate(n as usize);
                }
                self.rows.retain(|_, rows| !rows.is_empty());
            }
            Op::Held(source, held, _) => drop(self.known.sources.insert(source.clone(), held.clone())),
            Op::Machine(_) | Op::Forget(_) => {}
        }
        Ok(())
    }
}

impl Target {
    pub fn names(&self) -> Vec<String> {
        self.rows.keys().map(ToString::to_string).collect()
    }

    pub fn values(&self, name: &str) -> Vec<Value> {
        let rows = self.rows.get(&source(name)).cloned().unwrap_or_default();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }

    pub fn all(&self) -> String {
        self.rows.values().flatten().cloned().collect::<Vec<_>>().join("\n")
    }
}

struct Quiet;

impl kept::Listen for Quiet {
    fn done(&mut self, _: &kept::Done) {}
    fn failed(&mut self, error: cs_core::error::Error) {
        panic!("{error}");
    }
    fn step(&mut self, _: usize) {}
}

pub struct Ground {
    dir: tempfile::TempDir,
    pub store: Store,
}

impl Ground {
    pub fn new() -> Ground {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("dashboard")), Witness::NONE);
        Ground { dir, store }
    }

    /// Copies all files below a folder of recordings.
    pub fn recorded(&self, from: &str, to: &str) {
        copy(&fixtures(from), &self.dir.path().join(to));
    }

    fn path(&self, cwd: &str, uuid: &str) -> PathBuf {
        self.dir.path().join("claude/projects").join(cwd.replace('/', "-")).join(format!("{uuid}.jsonl"))
    }

    pub fn log(&self, uuid: &str, lines: &[String]) -> PathBuf {
        self.log_in("/home/dev/api", uuid, lines)
    }

    pub fn log_in(&self, cwd: &str, uuid: &str, lines: &[String]) -> PathBuf {
        let path = self.path(cwd, uuid);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, (lines.join("\n") + "\n").replace("SESSION", uuid)).unwrap();
        path
    }

    /// What the client remembers of prompts of a conversation.
    pub fn remembered(&self, uuid: &str, texts: &[&str]) {
        let line = |(n, text): (usize, &&str)| {
            let at = 1_795_000_000_000_u64 + n as u64 * 1000;
            json!({"display": text, "pastedContents": {}, "timestamp": at, "project": "/home/dev/api", "sessionId": uuid})
                .to_string()
                + "\n"
        };
        let path = self.dir.path().join("claude/history.jsonl");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, texts.iter().enumerate().map(line).collect::<String>()).unwrap();
    }

    pub fn add(&self, uuid: &str, lines: &[String]) {
        let path = self.path("/home/dev/api", uuid);
        let text = fs::read_to_string(&path).unwrap() + &(lines.join("\n") + "\n").replace("SESSION", uuid);
        fs::write(path, text).unwrap();
    }

    /// Makes kept copies of all logs, as they are now.
    pub fn keep(&self) {
        let (config, settings, now) = (cs_core::config::Config::default(), kept::Settings::default(), clock::now());
        let (home, run) = (&self.store.home, cs_core::store::Run::Real);
        let job = kept::Job { home, config: &config, settings: &settings, run, now };
        kept::run(&job, self.roots().logs(), &mut Quiet).unwrap();
    }

    pub fn mark(&self, uuid: &str, mark: NewMark) {
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        marks::append(&self.store, uuid, "ann@example.org", now, mark).unwrap();
    }

    pub fn redact(&self, uuid: &str, entry: &str, text: &str, secret: &str) {
        let (key, fields) = (Key::of_store(&self.store.home).unwrap(), [("text", text.into())]);
        for target in marks::targets(&key, entry, &fields, None, &Extent::Text(secret)).unwrap() {
            let reason = Some("a person".to_string());
            self.mark(uuid, NewMark { op: MarkOp::Redact, target, with: None, reason, of: None });
        }
    }

    pub fn push(&self) -> Target {
        let mut target = Target::default();
        self.push_to(&mut target);
        target
    }

    /// Returns the rows that were sent.
    pub fn push_to(&self, target: &mut Target) -> Vec<String> {
        self.run(target, false)
    }

    pub fn run(&self, target: &mut Target, has_results: bool) -> Vec<String> {
        let scanned = self.run_with(target, &Request { results: has_results, prompts: true, ..Request::default() });
        assert!(scanned.failures.is_empty() && scanned.unsent.is_empty(), "{scanned:?}");
        std::mem::take(&mut target.sent)
    }

    pub fn roots(&self) -> Roots {
        let mut roots = Roots::default();
        roots.folders.push((Agent::Claude, self.dir.path().join("claude")));
        roots.folders.push((Agent::Codex, self.dir.path().join("codex")));
        roots
    }

    pub fn run_with(&self, target: &mut Target, request: &Request) -> Scanned {
        self.run_after(target, request, &mut || {})
    }

    /// The same, but this happens when it is known which sources there are.
    pub fn run_after(&self, target: &mut Target, request: &Request, listed: &mut dyn FnMut()) -> Scanned {
        let roots = self.roots();
        let machine = Machine { id: "0123456789abcdef".into(), label: String::new() };
        let sources = Sources { store: &self.store, roots: &roots, machine: &machine };
        let shared = Shared::read(&sources, Forgotten::read(&self.store.home).unwrap()).unwrap();
        let known = target.known.clone();
        let mut run =
            Run::new(shared, request, (Packed::of(known.sources), Before::default()), target, Scanned::default());
        run.all(&mut Conversations::default(), &mut |_, _| listed()).unwrap();
        run.end()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), &to).unwrap()),
        }
    }
}
