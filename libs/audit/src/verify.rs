//! Owns whether the log is as it was written. Must stay true: a change of any byte is found and its place named; memory
//! does not grow with the log; a line that is being written at the moment is no finding.

use crate::chain::{self, Link, START};
use crate::entry::{Base, Entry};
use crate::head::Head;
use crate::last::LONGEST;
use crate::log::{files, name_of};
use crate::pending;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock;
use cs_core::open;
use cs_core::paths::Home;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Size of the buffer for reading.
const BUFFER: usize = 1024 * 1024;
/// Part of a line that reports the removal of days, and where it is at most.
const BASE: &[u8] = b",\"kind\":\"base\"";
const BASE_WITHIN: usize = 120;
/// Maximum number of findings that are kept; the others are counted.
pub const FINDINGS: usize = 1_000;

/// How often the log is read anew because a day was removed meanwhile.
const TRIES: usize = 5;

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
    /// A line that waited could not be understood, and was kept in `pending/` under this name.
    Damaged(String),
}

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
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
    /// What is wrong, in the order of the log; at most [`FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings were left out.
    pub more: u64,
}

/// Reads the whole log. `named` are lines that something else names, such as session records, each with its name.
pub fn verify(home: &Home, named: Vec<(String, Head)>) -> Result<Verified> {
    verify_with(home, named, &mut |_, _| {})
}

/// The same; `progress` is called now and then with the number of bytes that were read, and that of all.
pub fn verify_with(home: &Home, named: Vec<(String, Head)>, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified> {
    for _ in 1..TRIES {
        match read_all(home, named.clone(), progress) {
            // A day was removed meanwhile: the log begins with another line now.
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
    }
    read_all(home, named, progress)
}

fn read_all(home: &Home, mut named: Vec<(String, Head)>, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified> {
    let (head, files) = snapshot(home)?;
    let trouble = match &head {
        Ok(Some(_)) => None,
        Ok(None) => Some("it is missing".to_string()),
        Err(error) => Some(error.to_string()),
    };
    named.extend(head.ok().flatten().map(|head| ("head.json".to_string(), head)));
    let mut walk = Walk::new(named);
    let all = files.iter().map(|(_, size)| size).sum();
    for (path, size) in &files {
        walk.file(path, *size, &mut |read| progress(read, all))?;
    }
    for name in pending::damaged(home)? {
        walk.find(Finding::Damaged(format!("pending/{name}")));
    }
    let trouble = trouble.filter(|_| !files.is_empty());
    Ok(walk.finish(trouble))
}

/// A file and its size.
type Sized = (PathBuf, u64);

/// The head and the files with their sizes, at a moment when nobody appends.
fn snapshot(home: &Home) -> Result<(Result<Option<Head>>, Vec<Sized>)> {
    // If it cannot be locked, the end may be torn.
    let _lock = lock::try_existing_within(&home.audit_lock(), lock::PERSON_WAIT);
    let size = |path: PathBuf| {
        let meta = std::fs::symlink_metadata(&path).map_err(|error| Error::io(&path, "inspect", error))?;
        Ok((path, meta.len()))
    };
    let files = files(home)?.into_iter().map(size).collect::<Result<_>>()?;
    Ok((Head::read(home), files))
}

/// What was read so far.
#[derive(Clone, Default)]
pub(crate) struct Walk {
    report: Verified,
    /// Lines that must be there, by their number: what names each, and its hash.
    named: BTreeMap<u64, Vec<(String, String)>>,
    /// The line before.
    last: Option<Link>,
    /// What the first line names as the line before it, if it is not the first of all.
    before_first: Option<Link>,
    /// What lines say about days that were removed.
    bases: Vec<Base>,
}

impl Walk {
    pub(crate) fn new(all: Vec<(String, Head)>) -> Self {
        let mut walk = Walk::default();
        all.iter().for_each(|(name, head)| walk.must_have(name, head));
        walk
    }

    /// Something names this line.
    pub(crate) fn must_have(&mut self, name: &str, head: &Head) {
        self.named.entry(head.seq).or_default().push((name.to_string(), head.hash.clone()));
    }

    fn file(&mut self, path: &Path, size: u64, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let failed = |error| Error::io(path, "read", error);
        file::own_dir(path)?;
        let file = open::unlinked(path, OpenOptions::new().read(true)).map_err(failed)?;
        let reader = BufReader::with_capacity(BUFFER, file.take(size));
        self.lines(&name_of(path), reader, progress).map_err(failed)
    }

    /// Reads the lines of a file.
    pub(crate) fn lines(
        &mut self,
        name: &str,
        mut reader: impl BufRead,
        progress: &mut dyn FnMut(u64),
    ) -> io::Result<()> {
        // The part of a line that began in an earlier buffer.
        let (mut part, mut number) = (Vec::new(), 1);
        loop {
            let bytes = match reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if bytes.is_empty() {
                break;
            }
            let mut rest = bytes;
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let (line, after) = rest.split_at(end + 1);
                if part.is_empty() {
                    self.line(name, number, line);
                } else {
                    extend(&mut part, line);
                    self.line(name, number, &part);
                    part.clear();
                }
                (rest, number) = (after, number + 1);
            }
            extend(&mut part, rest);
            let count = bytes.len();
            reader.consume(count);
            self.report.bytes += count as u64;
            progress(self.report.bytes);
        }
        if !part.is_empty() {
            self.line(name, number, &part);
        }
        Ok(())
    }

    fn line(&mut self, file: &str, line: u64, bytes: &[u8]) {
        self.report.lines += 1;
        // Of a line that is longer than any of ours, its end counts, as for those who append.
        let is_long = bytes.len() > LONGEST;
        let bytes = bytes.get(bytes.len().saturating_sub(LONGEST)..).unwrap_or_default();
        let whole = bytes.strip_suffix(b"\n");
        let text = whole.unwrap_or(bytes);
        let place = || file.to_string();
        let expected = self.last.as_ref().map_or(1, |last| last.seq.wrapping_add(1));
        let Some(parts) = chain::parts(text).filter(|_| !is_long) else {
            self.find(Finding::Torn { file: place(), line });
            self.go_on(Link { seq: expected, hash: chain::digest(text) });
            return;
        };
        if whole.is_none() {
            self.find(Finding::Torn { file: place(), line });
        }
        if !parts.is_intact() {
            self.find(Finding::Changed { file: place(), line });
        }
        match &self.last {
            Some(last) if last.hash == parts.prev && parts.seq == expected => {}
            Some(_) => self.find(Finding::Break { file: place(), line, seq: parts.seq, expected }),
            None if parts.seq == 1 && parts.prev == START => {}
            None => self.before_first = Some(Link { seq: parts.seq.wrapping_sub(1), hash: parts.prev.to_string() }),
        }
        let begin = text.get(..BASE_WITHIN).unwrap_or(text);
        if memchr::memmem::find(begin, BASE).is_some() {
            self.bases.extend(serde_json::from_slice::<Entry>(text).ok().and_then(|entry| entry.base));
        }
        self.go_on(Link { seq: parts.seq, hash: parts.hash.to_string() });
    }

    fn find(&mut self, finding: Finding) {
        match self.report.findings.len() < FINDINGS {
            true => self.report.findings.push(finding),
            false => self.report.more += 1,
        }
    }

    fn go_on(&mut self, link: Link) {
        if let Some(named) = self.named.get_mut(&link.seq) {
            let before = named.len();
            named.retain(|(_, hash)| *hash != link.hash);
            self.report.vouched += (before - named.len()) as u64;
        }
        self.last = Some(link);
    }

    pub(crate) fn finish(mut self, trouble: Option<String>) -> Verified {
        // Up to here lines may be missing: a later line says that they were removed.
        let mut removed = 0;
        if let Some(before) = self.before_first.take() {
            match self.bases.iter().any(|base| base.seq == before.seq && base.hash == before.hash) {
                true => removed = before.seq,
                false => self.report.findings.insert(0, Finding::NoStart { seq: before.seq.wrapping_add(1) }),
            }
        }
        for (seq, named) in std::mem::take(&mut self.named).into_iter().filter(|(seq, _)| *seq > removed) {
            named.into_iter().for_each(|(named_by, _)| self.find(Finding::Missing { named_by, seq }));
        }
        if let Some(why) = trouble {
            self.find(Finding::NoHead(why));
        }
        let last = self.last.unwrap_or(Link { seq: 0, hash: String::new() });
        Verified { seq: last.seq, hash: last.hash, ..self.report }
    }
}

/// Adds to a line of which only the last [`LONGEST`] bytes count, and that it has more.
fn extend(line: &mut Vec<u8>, bytes: &[u8]) {
    line.extend_from_slice(bytes);
    if line.len() > 4 * LONGEST {
        line.drain(..line.len() - 2 * LONGEST);
    }
}
