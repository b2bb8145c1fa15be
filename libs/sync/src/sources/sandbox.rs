//! Owns a data directory, clients' folders and a target, for the tests of sources.

use crate::machine::Machine;
use crate::memory::Memory;
use crate::scan::{Scanned, scan};
use crate::sources::{Request, Sources};
use agents::Agent;
use agents::logs::Roots;
use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::paths::Home;
use cs_core::store::Store;
use marks::{Extent, NewMark, Op, TEXT, targets};
use redaction::Key;
use std::fs;

/// A conversation.
pub const TALK: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
/// An entry of it.
pub const ENTRY: &str = "77bb1922-01ba-4b41-8c2a-000000000001";

pub struct Sandbox {
    dir: tempfile::TempDir,
    pub store: Store,
    pub roots: Roots,
    pub machine: Machine,
}

/// Built at run time, so that secret scanners do not report this file.
pub fn secret() -> String {
    ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")
}

impl Sandbox {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("data")), agents::WITNESS);
        let machine = Machine::of_store(&store.home).unwrap();
        let mut roots = Roots::default();
        roots.folders.push((Agent::Claude, dir.path().join("client")));
        Sandbox { dir, store, roots, machine }
    }

    pub fn now(&self) -> Instant {
        clock::parse("2026-11-30T10:00:00Z").unwrap()
    }

    /// Writes a file below the data directory.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.store.home.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn push(&self, to: &mut Memory, request: &Request) -> Scanned {
        self.try_push(to, request).unwrap()
    }

    pub fn try_push(&self, to: &mut Memory, request: &Request) -> Result<Scanned> {
        let known = to.known.clone();
        let Sandbox { store, roots, machine, .. } = self;
        scan(&Sources { store, roots, machine }, request, known, to, &mut |_, _| {})
    }

    /// A conversation in which a person says this.
    pub fn say(&self, text: &str) {
        let folder = self.dir.path().join("client/projects/-x");
        fs::create_dir_all(&folder).unwrap();
        let line = format!(
            r#"{{"type":"user","uuid":"{ENTRY}","sessionId":"{TALK}","message":{{"role":"user","content":"{text}"}}}}"#
        );
        fs::write(folder.join(format!("{TALK}.jsonl")), line + "\n").unwrap();
    }

    /// A person redacts words of it.
    pub fn redact(&self, said: &str, words: &str) {
        let key = Key::of_store(&self.store.home).unwrap();
        let fields = [(TEXT, said.into())];
        for target in targets(&key, &format!("{ENTRY}#0"), &fields, None, &Extent::Text(words)).unwrap() {
            let mark = NewMark { op: Op::Redact, target, with: None, reason: Some("private".into()), of: None };
            marks::append(&self.store, TALK, "ann", self.now(), mark).unwrap();
        }
    }
}
