//! Owns whether the log is as it was written. Must stay true: a change of any byte is found and its place named; memory
//! does not grow with the log, but for the index of one day; a line that is being written at the moment is no finding, nor
//! are days that are removed meanwhile.

use crate::day::Day;
use crate::entry::{Base, Entry};
use crate::head::{Head, is_late};
use crate::index::{self, Builder};
use crate::lines::{self, Piece};
use crate::log::{files, name_of};
use crate::pending;
use chain::last::LONGEST;
use chain::{Link, START};
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
/// Part of a line that tells of a trouble with the head, and where it is at most, from the end.
const HEAD: &[u8] = b",\"head\":\"";
const HEAD_WITHIN: usize = 24;
/// Maximum number of findings that are kept; the others are counted.
pub const FINDINGS: usize = 1_000;

/// Where the time of a line begins at most.
const AT_WITHIN: usize = 60;
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
    /// `head.json` names an earlier line than the last one, and more came after it than a program that was killed leaves.
    Behind {
        /// Its number.
        seq: u64,
        /// The number of the last line.
        last: u64,
    },
    /// `head.json` names another file than that of its line.
    Elsewhere {
        /// The name of the line's file.
        file: String,
        /// What is named instead.
        named: String,
    },
    /// When this line was appended, the head did not name the line before it, so lines may have been cut off there.
    Headless {
        /// The file's name.
        file: String,
        /// The line.
        line: u64,
        /// `missing`, `damaged` or `behind`.
        why: String,
    },
    /// A line is in the file of an earlier day than its own, where questions about its day do not look.
    WrongDay {
        /// The file's name.
        file: String,
        /// The line.
        line: u64,
    },
    /// The index of this name says something else than its log, so that questions may miss calls until it is removed.
    Index(String),
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
    let head = head.ok().flatten();
    named.extend(head.clone().filter(|head| head.seq > 0).map(|head| ("head.json".to_string(), head)));
    let mut walk = Walk { since: head.map(Since::of), ..Walk::new(named) };
    let all = files.iter().map(|(_, size)| size).sum();
    for (path, size) in &files {
        walk.file(path, *size, &mut |read| progress(read, all))?;
    }
    for name in pending::damaged(home)? {
        walk.find(Finding::Damaged(format!("pending/{name}")));
    }
    let trouble = trouble.filter(|_| walk.report.lines > 0);
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
    Ok((Head::stored(home), files))
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
    /// What came after the line that the head names.
    since: Option<Since>,
}

/// The head, and what came after its line.
#[derive(Clone)]
struct Since {
    head: Head,
    /// The file in which its line is, if it was found.
    file: Option<String>,
    /// Number of lines after it.
    count: u64,
    /// Whether the last one had waited, and whether those between all had.
    is_last_late: bool,
    are_late: bool,
}

impl Since {
    fn of(head: Head) -> Self {
        // Before the first line of all there is nothing to find.
        let file = (head.seq == 0).then(String::new);
        Since { head, file, count: 0, is_last_late: true, are_late: true }
    }

    fn add(&mut self, file: &str, link: &Link, text: &[u8]) {
        if self.file.is_some() {
            self.are_late &= self.is_last_late;
            self.is_last_late = is_late(text);
            self.count += 1;
        } else if self.head.seq == link.seq && self.head.hash == link.hash {
            self.file = Some(file.to_string());
        }
    }

    /// What is wrong, if the line is in the log or was removed with its day.
    fn finding(self, last: u64) -> Option<Finding> {
        let (seq, named) = (self.head.seq, self.head.file);
        match self.file {
            Some(_) if self.count > 0 && !self.are_late => Some(Finding::Behind { seq, last }),
            Some(file) if file != named => Some(Finding::Elsewhere { file, named }),
            Some(_) => None,
            None => Some(Finding::Behind { seq, last }),
        }
    }
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
        let name = name_of(path);
        let index = Day::open(path, true)?.and_then(|day| day.index().transpose()).transpose()?;
        let mut made = index.as_ref().map(|_| Builder::new(Day::first_minute(path)));
        self.each(&name, reader, progress, &mut |line| {
            made.iter_mut().for_each(|made| made.add(line.begin, line.bytes))
        })
        .map_err(failed)?;
        progress(self.report.bytes);
        if made.map(Builder::finish) != index {
            self.find(Finding::Index(name_of(&index::path(path))));
        }
        Ok(())
    }

    /// Reads the lines of a file.
    #[cfg(test)]
    pub(crate) fn lines(&mut self, name: &str, reader: impl BufRead) -> io::Result<()> {
        self.each(name, reader, &mut |_| {}, &mut |_| {})
    }

    fn each(
        &mut self,
        name: &str,
        reader: impl BufRead,
        progress: &mut dyn FnMut(u64),
        see: &mut dyn FnMut(&Piece),
    ) -> io::Result<()> {
        lines::each(reader, &mut |line| {
            self.line(name, line.number, line.bytes);
            see(&line);
            let before = self.report.bytes;
            self.report.bytes += line.end - line.begin;
            if self.report.bytes / BUFFER as u64 != before / BUFFER as u64 {
                progress(self.report.bytes);
            }
        })
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
            self.go_on(file, Link { seq: expected, hash: chain::digest(text) }, text);
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
        if day_of(text).is_some_and(|day| day > file.as_bytes().get(..day.len()).unwrap_or_default()) {
            self.find(Finding::WrongDay { file: place(), line });
        }
        if let Some(why) = headless(parts.before) {
            self.find(Finding::Headless { file: place(), line, why });
        }
        self.go_on(file, Link { seq: parts.seq, hash: parts.hash.to_string() }, text);
    }

    fn find(&mut self, finding: Finding) {
        match self.report.findings.len() < FINDINGS {
            true => self.report.findings.push(finding),
            false => self.report.more += 1,
        }
    }

    fn go_on(&mut self, file: &str, link: Link, text: &[u8]) {
        if let Some(since) = &mut self.since {
            since.add(file, &link, text);
        }
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
        let last = self.last.take().unwrap_or(Link { seq: 0, hash: String::new() });
        if let Some(since) = self.since.take().filter(|since| since.file.is_some() || since.head.seq <= removed) {
            since.finding(last.seq).into_iter().for_each(|finding| self.find(finding));
        }
        for (seq, named) in std::mem::take(&mut self.named).into_iter().filter(|(seq, _)| *seq > removed) {
            named.into_iter().for_each(|(named_by, _)| self.find(Finding::Missing { named_by, seq }));
        }
        if let Some(why) = trouble {
            self.find(Finding::NoHead(why));
        }
        Verified { seq: last.seq, hash: last.hash, ..self.report }
    }
}

/// The day of a line: `{"v":1,"seq":12,"at":"2026-11-21T…`
fn day_of(text: &[u8]) -> Option<&[u8]> {
    const AT: &[u8] = b",\"at\":\"";
    let begin = text.get(..AT_WITHIN).unwrap_or(text);
    let day = memchr::memmem::find(begin, AT)? + AT.len();
    text.get(day..day + 10)
}

/// What was wrong with the head when the line was appended; `before` is the line up to `,"prev"`.
fn headless(before: &[u8]) -> Option<String> {
    let before = before.strip_suffix(b"\"")?;
    let end = before.get(before.len().saturating_sub(HEAD_WITHIN)..)?;
    let at = memchr::memmem::rfind(end, HEAD)?;
    Some(String::from_utf8_lossy(end.get(at + HEAD.len()..)?).into_owned())
}
