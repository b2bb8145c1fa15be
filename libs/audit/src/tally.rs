//! Owns how many destructive calls each conversation attempted lately, for screens that are drawn again and again.
//! Must stay true: a look reads only what was appended since the last one, and parses only lines with a verdict; memory
//! grows with the conversations, not with the log.

use crate::entry::{Entry, Kind};
use crate::log::{SUFFIX, files};
use chain::last::LONGEST;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::open;
use cs_core::paths::Home;
use rules::Kind as Verdict;
use std::collections::{BTreeMap, HashMap};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A line without this has no verdict.
const MARK: &[u8] = b"\"verdicts\":[{";

/// Counts since the beginning of yesterday (UTC).
#[derive(Debug, Default)]
pub struct Tally {
    /// What was counted in the log of each day.
    days: BTreeMap<PathBuf, Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    /// How much of the log was read.
    read: u64,
    /// How many destructive calls each conversation attempted.
    counts: HashMap<String, usize>,
}

impl Tally {
    /// Counts what was appended since the last look, and forgets days before yesterday.
    pub fn look(&mut self, home: &Home, now: Instant) -> Result<()> {
        let yesterday: String = clock::stamp(now - TimeDelta::days(1)).chars().take(10).collect();
        let first = home.audit_dir().join(yesterday + SUFFIX);
        self.days.retain(|day, _| *day >= first);
        for path in files(home)?.into_iter().filter(|day| *day >= first) {
            self.days.entry(path.clone()).or_default().follow(&path)?;
        }
        Ok(())
    }

    /// How many destructive calls the conversation attempted.
    pub fn destructive(&self, conversation: &str) -> usize {
        self.days.values().filter_map(|day| day.counts.get(conversation)).sum()
    }
}

impl Counted {
    fn follow(&mut self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(path, "read", error);
        let Ok(meta) = path.metadata() else { return Ok(()) };
        if !meta.is_file() || meta.len() == self.read {
            return Ok(());
        }
        let mut file = match open::unlinked(path, OpenOptions::new().read(true)) {
            // It was removed meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.map_err(failed)?,
        };
        // A log that became shorter was changed: what is gone was counted, and what comes next is.
        self.read = self.read.min(meta.len());
        file.seek(SeekFrom::Start(self.read)).map_err(failed)?;
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        loop {
            let mut line = Vec::new();
            reader.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line).map_err(failed)?;
            // A line without its end is still being written, unless it is longer than any of ours.
            if !line.ends_with(b"\n") && line.len() < LONGEST {
                return Ok(());
            }
            self.read += line.len() as u64;
            self.count(&line);
        }
    }

    fn count(&mut self, line: &[u8]) {
        if memchr::memmem::find(line, MARK).is_none() {
            return;
        }
        let Ok(entry) = serde_json::from_slice::<Entry>(line) else { return };
        let is_destructive = entry.verdicts.iter().any(|said| said.verdict == Verdict::Destructive.word());
        if let (Kind::Attempt, true, Some(conversation)) = (entry.kind, is_destructive, entry.claude_session_id) {
            *self.counts.entry(conversation).or_default() += 1;
        }
    }
}
