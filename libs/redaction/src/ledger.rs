//! Owns `redactions/<YYYY-MM>.jsonl`: what was replaced in what was given out, a line each. Must stay true: append-only;
//! never the text, its length or its place; all lines of a call are there, or none and an error.

use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::hex::hex;
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::random::random;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Version of the lines.
const VERSION: u32 = 1;
/// How long to wait for another program that appends.
const WAIT: Duration = Duration::from_secs(10);
/// Number of random bytes in the name of a run.
const RUN: usize = 6;

/// What was replaced by one rule in one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The conversation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The anchor of the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The field of the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule's id.
    pub rule: String,
    /// `definite`, `candidate`, `personal` or `manual`.
    pub tier: String,
    /// How often.
    pub count: u64,
    /// What replaces it.
    pub placeholder: String,
    /// The reason of a mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Serialize)]
struct Line<'l> {
    v: u32,
    at: &'l str,
    run: &'l str,
    actor: &'l str,
    tool: &'l str,
    rules_digest: &'l str,
    #[serde(flatten)]
    entry: &'l Entry,
}

/// The run of a program whose lines these are.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The program.
    pub tool: String,
    /// Who says that he runs it; no proof.
    pub actor: String,
    /// The digest of the rules.
    pub rules_digest: String,
}

/// Where the file is.
#[derive(Debug)]
enum Where {
    /// In the data directory, beside this lock.
    Store { lock: PathBuf },
    /// Where a person wants it.
    Elsewhere,
}

/// The ledger of one run.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    place: Where,
    at: String,
    id: String,
    run: Run,
}

impl Ledger {
    /// The ledger of the data directory, for one run of a program.
    pub fn of_store(home: &Home, now: Instant, run: Run) -> Result<Ledger> {
        let path = home.redactions(&clock::stamp(now).chars().take(MONTH).collect::<String>());
        Ledger::new(path, Where::Store { lock: home.redactions_lock() }, now, run)
    }

    /// The ledger in a file that a person named.
    pub fn at(path: PathBuf, now: Instant, run: Run) -> Result<Ledger> {
        Ledger::new(path, Where::Elsewhere, now, run)
    }

    fn new(path: PathBuf, place: Where, now: Instant, run: Run) -> Result<Ledger> {
        let id = hex(&random::<RUN>()?);
        Ok(Ledger { path, place, at: clock::stamp(now), id: format!("r{id}"), run })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends lines, in one write, and syncs them.
    pub fn append(&mut self, entries: &[Entry]) -> Result<()> {
        let mut text = String::new();
        for entry in entries {
            text.push_str(&self.line(entry)?);
            text.push('\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        match &self.place {
            Where::Store { lock } => {
                let _lock = lock::acquire(lock, WAIT)?;
                let file = file::open_own(&self.path, OpenOptions::new().read(true).append(true))?;
                append(&file, &self.path, &text)?;
                self.path.parent().map_or(Ok(()), file::sync_dir)
            }
            Where::Elsewhere => {
                let mut options = OpenOptions::new();
                let options = options.read(true).append(true).create(true).mode(0o600);
                let options = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
                let file = options.open(&self.path).map_err(|error| Error::io(&self.path, "open", error))?;
                append(&file, &self.path, &text)
            }
        }
    }

    fn line(&self, entry: &Entry) -> Result<String> {
        let Run { tool, actor, rules_digest } = &self.run;
        let line = Line { v: VERSION, at: &self.at, run: &self.id, actor, tool, rules_digest, entry };
        serde_json::to_string(&line).map_err(|error| Error::Invalid(format!("a line of the ledger: {error}")))
    }
}

/// Number of characters of a month, `2026-11`.
const MONTH: usize = 7;

/// Appends whole lines. A line before them that a killed program did not finish stays, on its own line; what cannot be
/// written leaves nothing behind.
fn append(mut file: &File, path: &Path, text: &str) -> Result<()> {
    let failed = |doing: &'static str| move |error| Error::io(path, doing, error);
    let meta = file.metadata().map_err(failed("inspect"))?;
    if !meta.is_file() {
        return Err(Error::Refused(format!(
            "{} is not a regular file; the ledger is only appended to one",
            path.display()
        )));
    }
    let size = meta.len();
    let mut last = [b'\n'];
    if size > 0 {
        file.read_exact_at(&mut last, size - 1).map_err(failed("read"))?;
    }
    let gap = if last == *b"\n" { "" } else { "\n" };
    let written = file.write_all(format!("{gap}{text}").as_bytes()).map_err(failed("append to"));
    let synced = written.and_then(|()| file.sync_data().map_err(failed("sync")));
    if synced.is_err() {
        let _ = file.set_len(size);
    }
    synced
}

/// Counts what is replaced, until it is appended: a line for each place, rule and placeholder.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<Key, (u64, Option<String>)>);

/// Conversation, entry, field, rule, tier, placeholder.
type Key = (Option<String>, Option<String>, Option<String>, String, String, String);

impl Tally {
    /// Adds `entry.count` to what is the same in all but the count.
    pub fn add(&mut self, entry: Entry) {
        let Entry { conversation, entry, field, rule, tier, count, placeholder, why } = entry;
        let known = self.0.entry((conversation, entry, field, rule, tier, placeholder)).or_default();
        known.0 += count;
        known.1 = known.1.take().or(why);
    }

    /// How many lines that are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was replaced.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines, and begins anew.
    pub fn take(&mut self) -> Vec<Entry> {
        let all = std::mem::take(&mut self.0).into_iter();
        all.map(|((conversation, entry, field, rule, tier, placeholder), (count, why))| Entry {
            conversation,
            entry,
            field,
            rule,
            tier,
            count,
            placeholder,
            why,
        })
        .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn entry(rule: &str, count: u64) -> Entry {
        let placeholder = format!("[{rule}:0123456789]");
        Entry { rule: rule.into(), tier: "definite".into(), count, placeholder, ..Entry::default() }
    }

    fn run() -> Run {
        Run { tool: "cs-x".into(), actor: "a@b.example".into(), rules_digest: "d1".into() }
    }

    #[test]
    fn lines_are_appended_after_a_torn_one_and_are_private() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path().join("d"));
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let mut ledger = Ledger::of_store(&home, now, run()).unwrap();
        assert!(ledger.append(&[]).is_ok() && !ledger.path().exists(), "nothing was replaced");
        ledger.append(&[entry("one", 1), entry("two", 2)]).unwrap();
        let path = root.path().join("d/redactions/2026-11.jsonl");
        assert_eq!(ledger.path(), path);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, whole.trim_end().strip_suffix("\"}").unwrap()).unwrap();
        ledger.append(&[entry("three", 3)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        let last: serde_json::Value = serde_json::from_str(lines[2]).unwrap();
        assert_eq!((&last["rule"], &last["count"], &last["tool"]), (&"three".into(), &3.into(), &"cs-x".into()));
        let first: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(first["run"], last["run"]);
        let names: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["actor", "at", "count", "placeholder", "rule", "rules_digest", "run", "tier", "tool", "v"];
        assert_eq!(names.iter().copied().collect::<std::collections::BTreeSet<_>>(), expected.into_iter().collect());
    }

    #[test]
    fn links_and_pipes_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path().join("d"));
        let elsewhere = root.path().join("elsewhere");
        std::fs::create_dir_all(root.path().join("d/redactions")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.path().join("d/redactions/2026-11.jsonl")).unwrap();
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        assert!(Ledger::of_store(&home, now, run()).unwrap().append(&[entry("one", 1)]).is_err());
        std::os::unix::fs::symlink(&elsewhere, root.path().join("link")).unwrap();
        assert!(Ledger::at(root.path().join("link"), now, run()).unwrap().append(&[entry("one", 1)]).is_err());
        assert!(Ledger::at("/dev/null".into(), now, run()).unwrap().append(&[entry("one", 1)]).is_err());
        assert!(!elsewhere.exists());
    }

    #[test]
    fn what_is_the_same_is_counted() {
        let mut tally = Tally::default();
        [entry("one", 1), entry("two", 1), entry("one", 2)].into_iter().for_each(|entry| tally.add(entry));
        let counts: Vec<(String, u64)> = tally.take().into_iter().map(|entry| (entry.rule, entry.count)).collect();
        assert_eq!(counts, [("one".to_string(), 3), ("two".to_string(), 1)]);
        assert!(tally.is_empty());
    }
}
