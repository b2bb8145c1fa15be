//! Owns the file of an index: its header, by which it belongs to a log as it is now, and its lines.

use super::Line;
use crate::log::is_day;
use cs_core::error::Result;
use cs_core::file::{self, Durability};
use cs_core::open;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The beginning of the file, with its version.
const MAGIC: u64 = u64::from_le_bytes(*b"csaudit2");
/// Number of words of 8 bytes before the lines.
const HEADER: usize = 7;
/// Number of bytes of a line.
const RECORD: usize = 16;

/// End of the name of an index.
const SUFFIX: &str = ".index";

/// By what an index is known to be made from a log: the log's size, when it changed, and its last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Number of bytes of the log.
    pub size: u64,
    /// When the log changed, in nanoseconds since the epoch.
    pub modified: u64,
    /// When anything about the log's file changed, which nobody can set.
    pub changed: u64,
    /// Hash of its last bytes, in which is the hash of its last line.
    pub end: u64,
}

/// The file of a log's index.
pub fn path(log: &Path) -> PathBuf {
    log.with_extension("index")
}

/// Reads the index of a log; `None` if there is none that was made from this log.
pub fn read(log: &Path, made: &Made) -> Option<Vec<Line>> {
    // A line of the log is longer than one of the index.
    let most = usize::try_from(made.size).ok()?.saturating_add(HEADER * 8);
    let bytes = file::read_at_most(&path(log), most).ok()??;
    let (header, lines) = bytes.split_at_checked(HEADER * 8)?;
    let words: Vec<u64> =
        header.chunks_exact(8).filter_map(|word| Some(u64::from_le_bytes(word.try_into().ok()?))).collect();
    let count = lines.len() / RECORD;
    let expected = [MAGIC, made.size, made.modified, made.changed, made.end, count as u64, checksum(lines)];
    if words != expected || lines.len() % RECORD != 0 {
        return None;
    }
    let lines: Vec<Line> = lines.chunks_exact(RECORD).filter_map(decode).collect();
    // Anyone can write a checksum.
    let is_in_order = lines.is_sorted_by(|a, b| a.offset < b.offset);
    let is_within = lines.last().is_none_or(|last| u64::from(last.offset) < made.size);
    (is_in_order && is_within).then_some(lines)
}

/// Whether there is an index that says that it was made from this log. Its lines are not looked at.
pub fn seems_made(log: &Path, made: &Made) -> bool {
    let mut header = [0; HEADER * 8];
    let read = |file: File| file.read_exact_at(&mut header, 0).is_ok();
    let is_read = open::unlinked(&path(log), OpenOptions::new().read(true)).is_ok_and(read);
    let expected = [MAGIC, made.size, made.modified, made.changed, made.end];
    is_read && expected.iter().zip(header.as_chunks::<8>().0).all(|(word, bytes)| word.to_le_bytes() == *bytes)
}

/// Stores an index. Without it, questions take longer: a failure is not worth a word.
pub fn write(log: &Path, made: &Made, lines: &[Line]) {
    let mut body = Vec::with_capacity(lines.len() * RECORD);
    lines.iter().for_each(|line| encode(line, &mut body));
    let header = [MAGIC, made.size, made.modified, made.changed, made.end, lines.len() as u64, checksum(&body)];
    let bytes = [header.iter().flat_map(|word| word.to_le_bytes()).collect(), body].concat();
    let _ = file::replace(&path(log), &bytes, Durability::Disposable);
    // The day may have been removed meanwhile.
    if !log.exists() {
        let _ = file::remove(&path(log));
    }
}

/// Removes the indexes of days that are gone: who wrote them was killed.
pub fn remove_left(dir: &Path) -> Result<()> {
    let of = |stem: &String| dir.join(format!("{stem}{SUFFIX}"));
    let left = |stem: &String| !of(stem).with_extension("jsonl").exists();
    file::stems(dir, SUFFIX)?
        .iter()
        .filter(|stem| is_day(stem) && left(stem))
        .try_for_each(|stem| file::remove(&of(stem)))
}

/// Changes with every bit; 8 bytes at a time.
fn checksum(bytes: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(MAGIC, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    mix(sum, word(rest))
}

fn mix(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

fn encode(line: &Line, into: &mut Vec<u8>) {
    into.extend_from_slice(&line.offset.to_le_bytes());
    into.extend_from_slice(&line.call.to_le_bytes());
    into.extend_from_slice(&line.conversation.to_le_bytes());
    into.extend_from_slice(&[line.tool, line.project, line.agent]);
    into.extend(line.flags.to_le_bytes().into_iter().take(3));
}

fn decode(bytes: &[u8]) -> Option<Line> {
    let word = |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?));
    let byte = |at: usize| bytes.get(at).copied();
    let last = word(12)?;
    Some(Line {
        offset: word(0)?,
        call: word(4)?,
        conversation: u16::from_le_bytes([byte(8)?, byte(9)?]),
        tool: byte(10)?,
        project: byte(11)?,
        agent: byte(12)?,
        flags: last >> 8,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_in_order_or_not_in_the_log_are_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("2026-11-21.jsonl");
        std::fs::write(&log, "").unwrap();
        let made = Made { size: 4_000, modified: 1, changed: 1, end: 2 };
        let line = |offset| Line { offset, call: 7, conversation: 1, tool: 2, project: 3, agent: 0, flags: 9 };
        let read_back = |offsets: &[u32]| {
            write(&log, &made, &offsets.iter().map(|offset| line(*offset)).collect::<Vec<_>>());
            read(&log, &made).map(|lines| lines.len())
        };
        assert_eq!(read_back(&[0, 700, 1_400]), Some(3));
        assert_eq!([read_back(&[0, 1_400, 700]), read_back(&[0, 0]), read_back(&[0, 4_000])], [None; 3]);
        assert_eq!(read_back(&[]), Some(0));
        let others = [Made { end: 3, ..made }, Made { changed: 2, ..made }, Made { modified: 2, ..made }];
        assert!(others.iter().all(|other| read(&log, other).is_none()));
        assert_eq!([made, Made { end: 3, ..made }].map(|made| seems_made(&log, &made)), [true, false]);
        std::fs::remove_file(path(&log)).unwrap();
        assert!(!seems_made(&log, &made));
    }
}
