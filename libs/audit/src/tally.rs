//! Owns how many destructive calls each conversation attempted lately, for screens that are drawn again and again.
//! Must stay true: a look reads only what was appended since the last one, and parses only lines with a verdict; memory
//! grows with the conversations, not with the log.

use crate::entry::{Entry, Kind};
use crate::log::files;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::paths::Home;
use rules::Kind as Verdict;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A line without this has no verdict.
const MARK: &[u8] = b"\"verdicts\":[{";

/// Counts since the beginning of yesterday (UTC) at the first look.
#[derive(Debug, Default)]
pub struct Tally {
    /// The first file that counts; empty before the first look.
    first: String,
    /// How much of each file was read.
    read: HashMap<PathBuf, u64>,
    counts: HashMap<String, usize>,
}

impl Tally {
    /// Counts what was appended since the last look.
    pub fn look(&mut self, home: &Home, now: Instant) -> Result<()> {
        if self.first.is_empty() {
            self.first = clock::stamp(now - TimeDelta::days(1)).chars().take(10).collect();
        }
        for path in files(home)? {
            let is_old = path.file_name().is_some_and(|name| name.to_string_lossy().as_ref() < self.first.as_str());
            if !is_old {
                self.follow(&path)?;
            }
        }
        Ok(())
    }

    /// How many destructive calls the conversation attempted.
    pub fn destructive(&self, conversation: &str) -> usize {
        self.counts.get(conversation).copied().unwrap_or_default()
    }

    fn follow(&mut self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(path, "read", error);
        let before = self.read.get(path).copied().unwrap_or_default();
        let Ok(meta) = path.metadata() else { return Ok(()) };
        if !meta.is_file() || meta.len() == before {
            return Ok(());
        }
        let mut file = File::open(path).map_err(failed)?;
        // A log that became shorter was changed: what is gone was counted, and what comes next is.
        let mut at = before.min(meta.len());
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        let (mut reader, mut line) = (BufReader::with_capacity(256 * 1024, file), Vec::new());
        // A line without its end is still being written.
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 && line.ends_with(b"\n") {
            at += line.len() as u64;
            self.count(&line);
            line.clear();
        }
        self.read.insert(path.to_path_buf(), at);
        Ok(())
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
