//! Owns whether the log is as it was written. Must stay true: a change of any byte is found and its place named; memory
//! does not grow with the log.

use crate::chain::{self, Link, START};
use crate::entry::{Base, Entry};
use crate::head::Head;
use crate::log::files;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::open;
use cs_core::paths::Home;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Size of the buffer for reading.
const BUFFER: usize = 1024 * 1024;
/// Part of a line that reports the removal of days.
const BASE: &[u8] = b"\"kind\":\"base\"";

/// Something that is not as it was written. `line` counts from 1 in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A line was changed: its hash is another one.
    Changed {
        /// The file's name.
        file: String,
        /// The line.
        line: u64,
    },
    /// A line was torn when a program was killed or the disk was full, or it is no line of the log.
    Torn {
        /// The file's name.
        file: String,
        /// The line.
        line: u64,
    },
    /// Before this line some are missing, or others were put in or changed places.
    Break {
        /// The file's name.
        file: String,
        /// The line.
        line: u64,
        /// Its number.
        seq: u64,
        /// The number that it has if nothing is wrong.
        expected: u64,
    },
    /// The beginning is missing, and no later line says that it was removed.
    NoStart {
        /// The number of the first line.
        seq: u64,
    },
    /// A line that something else names is not in the log: the end was cut off, or the line was replaced.
    Missing {
        /// What names it: `head.json`, or a session's id.
        named_by: String,
        /// Its number.
        seq: u64,
    },
    /// `head.json` is missing or cannot be read.
    NoHead(String),
}

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of lines.
    pub lines: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// The number of the last line.
    pub seq: u64,
    /// The hash of the last line.
    pub hash: String,
    /// How many lines that something else names were found.
    pub vouched: u64,
    /// What is wrong, in the order of the log.
    pub findings: Vec<Finding>,
}

/// Reads the whole log. `named` are lines that something else names, such as session records, each with its name.
pub fn verify(home: &Home, mut named: Vec<(String, Head)>) -> Result<Report> {
    let head = Head::read(home);
    let trouble = match &head {
        Ok(Some(_)) => None,
        Ok(None) => Some("it is missing".to_string()),
        Err(error) => Some(error.to_string()),
    };
    named.extend(head.ok().flatten().map(|head| ("head.json".to_string(), head)));
    let mut walk = Walk { named, ..Walk::default() };
    let files = files(home)?;
    for path in &files {
        walk.file(path)?;
    }
    let trouble = trouble.filter(|_| !files.is_empty());
    Ok(walk.finish(trouble))
}

#[derive(Default)]
struct Walk {
    report: Report,
    /// Lines that must be there.
    named: Vec<(String, Head)>,
    /// The line before.
    last: Option<Link>,
    /// What the first line names as the line before it, if it is not the first of all.
    before_first: Option<Link>,
    /// What lines say about days that were removed.
    bases: Vec<Base>,
}

impl Walk {
    fn file(&mut self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let failed = |error| Error::io(path, "read", error);
        file::own_dir(path)?;
        let file = open::unlinked(path, OpenOptions::new().read(true)).map_err(failed)?;
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes).map_err(failed)? == 0 {
                break;
            }
            self.report.bytes += bytes.len() as u64;
            self.report.lines += 1;
            self.line(&name, number, &bytes);
        }
        Ok(())
    }

    fn line(&mut self, file: &str, line: u64, bytes: &[u8]) {
        let whole = bytes.strip_suffix(b"\n");
        let text = whole.unwrap_or(bytes);
        let place = || file.to_string();
        let expected = self.last.as_ref().map_or(1, |last| last.seq + 1);
        let Some(parts) = chain::parts(text) else {
            self.report.findings.push(Finding::Torn { file: place(), line });
            self.go_on(Link { seq: expected, hash: chain::digest(text) });
            return;
        };
        if whole.is_none() {
            self.report.findings.push(Finding::Torn { file: place(), line });
        }
        if !parts.is_intact() {
            self.report.findings.push(Finding::Changed { file: place(), line });
        }
        match &self.last {
            Some(last) if last.hash == parts.prev && parts.seq == expected => {}
            Some(_) => {
                self.report.findings.push(Finding::Break { file: place(), line, seq: parts.seq, expected });
            }
            None if parts.seq == 1 && parts.prev == START => {}
            None => self.before_first = Some(Link { seq: parts.seq.wrapping_sub(1), hash: parts.prev.to_string() }),
        }
        if text.windows(BASE.len()).any(|part| part == BASE) {
            self.bases.extend(serde_json::from_slice::<Entry>(text).ok().and_then(|entry| entry.base));
        }
        self.go_on(Link { seq: parts.seq, hash: parts.hash.to_string() });
    }

    fn go_on(&mut self, link: Link) {
        let before = self.named.len();
        self.named.retain(|(_, head)| head.seq != link.seq || head.hash != link.hash);
        self.report.vouched += (before - self.named.len()) as u64;
        self.last = Some(link);
    }

    fn finish(mut self, trouble: Option<String>) -> Report {
        let removed = self.bases.iter().map(|base| base.seq).max().unwrap_or_default();
        if let Some(before) = self.before_first
            && !self.bases.iter().any(|base| base.seq == before.seq && base.hash == before.hash)
        {
            self.report.findings.insert(0, Finding::NoStart { seq: before.seq.wrapping_add(1) });
        }
        let missing = self.named.into_iter().filter(|(_, head)| head.seq > removed);
        let missing = missing.map(|(named_by, head)| Finding::Missing { named_by, seq: head.seq });
        self.report.findings.extend(missing);
        self.report.findings.extend(trouble.map(Finding::NoHead));
        let last = self.last.unwrap_or(Link { seq: 0, hash: String::new() });
        Report { seq: last.seq, hash: last.hash, ..self.report }
    }
}
