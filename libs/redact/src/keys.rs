//! Owns finding the keys of `makers`: by their prefix, or by a mark at a known position.
//!
//! Must stay true: a rule that finds nothing has read at most 255 bytes. The table is built at compile time, and
//! contains no address, so a hook has nothing to prepare.

use super::class::*;
use super::makers::Care::{self, Digit, Mixed, Words};
use super::makers::Length::{self, AtLeast, Between};
use super::makers::{GROUPS, MARK_NAMES, MARKS, Mark};
use super::words::{self, is_filler, is_wordy};

/// One prefix of a group.
#[derive(Clone, Copy)]
struct KeyRow {
    at: u16,
    length: u8,
    group: u8,
    /// Its first bytes, padded with 0.
    begin: [u8; 3],
}

/// [`GROUPS`] with the prefixes ordered by bucket.
struct Table {
    letters: [u8; SIZE.1],
    rows: [KeyRow; SIZE.0],
    /// The index of the first row of each bucket.
    first: [u16; BUCKETS + 1],
    /// The text that follows the prefixes of a group.
    bodies: [Body; GROUPS.len()],
    /// The first and second bytes of the prefixes, and the second and third.
    pairs: [Pairs; 2],
}

type Body = (Class, Length, Care);

const BUCKETS: usize = 256;

/// The bucket for prefixes with these first bytes.
const fn bucket(first: u8, second: u8) -> usize {
    (first as usize * 31 + second as usize) % BUCKETS
}

const SIZE: (usize, usize) = size();
static TABLE: Table = table();

/// The next prefix at or after `from` in a group's text, which separates words by single spaces; nothing at its end. Words
/// with `#` are names.
#[allow(clippy::indexing_slicing)] // run by the compiler
const fn next_prefix(text: &[u8], from: usize) -> (usize, usize) {
    let mut at = from;
    loop {
        while at < text.len() && text[at] == b' ' {
            at += 1;
        }
        let begin = at;
        while at < text.len() && text[at] != b' ' {
            at += 1;
        }
        if begin == at || text[begin] != b'#' {
            return (begin, at);
        }
    }
}

/// The number of prefixes, and of all their bytes.
#[allow(clippy::indexing_slicing)] // run by the compiler
const fn size() -> (usize, usize) {
    let (mut rows, mut letters, mut group) = (0, 0, 0);
    while group < GROUPS.len() {
        let text = GROUPS[group].3.as_bytes();
        let (mut begin, mut end) = next_prefix(text, 0);
        while begin < end {
            rows += 1;
            letters += end - begin;
            (begin, end) = next_prefix(text, end);
        }
        group += 1;
    }
    (rows, letters)
}

#[allow(clippy::indexing_slicing)] // run by the compiler
const fn table() -> Table {
    let none = KeyRow { at: 0, length: 0, group: 0, begin: [0; 3] };
    let mut table = Table {
        letters: [0; SIZE.1],
        rows: [none; SIZE.0],
        first: first_rows(),
        bodies: [(HEX, AtLeast(0), Words); GROUPS.len()],
        pairs: [Pairs::NONE; 2],
    };
    let mut next = table.first;
    let (mut letters, mut group) = (0, 0);
    while group < GROUPS.len() {
        table.bodies[group] = (GROUPS[group].0, GROUPS[group].1, GROUPS[group].2);
        let text = GROUPS[group].3.as_bytes();
        let (mut at, mut end) = next_prefix(text, 0);
        while at < end {
            let begin = letters;
            while at < end {
                table.letters[letters] = text[at];
                letters += 1;
                at += 1;
            }
            let third = if letters - begin > 2 { table.letters[begin + 2] } else { 0 };
            let bytes = [table.letters[begin], table.letters[begin + 1], third];
            let bucket = bucket(bytes[0], bytes[1]);
            table.rows[next[bucket] as usize] =
                KeyRow { at: begin as u16, length: (letters - begin) as u8, group: group as u8, begin: bytes };
            next[bucket] += 1;
            table.pairs[0].add(bytes[0], bytes[1]);
            if letters - begin > 2 {
                table.pairs[1].add(bytes[1], third);
            } else {
                table.pairs[1].add_all(bytes[1]);
            }
            (at, end) = next_prefix(text, end);
        }
        group += 1;
    }
    table
}

/// The index of the first row of each bucket.
#[allow(clippy::indexing_slicing)] // run by the compiler
const fn first_rows() -> [u16; BUCKETS + 1] {
    let mut first = [0; BUCKETS + 1];
    let mut group = 0;
    while group < GROUPS.len() {
        let text = GROUPS[group].3.as_bytes();
        let (mut at, mut end) = next_prefix(text, 0);
        while at < end {
            first[bucket(text[at], text[at + 1]) + 1] += 1;
            (at, end) = next_prefix(text, end);
        }
        group += 1;
    }
    let mut place = 0;
    while place < BUCKETS {
        first[place + 1] += first[place];
        place += 1;
    }
    first
}

/// Whether each key consists of at least `least` of these bytes, and of `marked` if it has a mark.
#[allow(clippy::indexing_slicing)] // run by the compiler
pub(super) const fn are_within(class: Class, least: usize, marked: usize) -> bool {
    let mut group = 0;
    while group < GROUPS.len() {
        let (body, length, _, prefixes) = &GROUPS[group];
        let body_least = match length {
            AtLeast(least) | Between(least, _) => *least as usize,
        };
        let text = prefixes.as_bytes();
        let (mut at, mut end) = next_prefix(text, 0);
        while at < end {
            if end - at + body_least < least {
                return false;
            }
            while at < end {
                if !class.has(text[at]) {
                    return false;
                }
                at += 1;
            }
            (at, end) = next_prefix(text, end);
        }
        if !body.is_within(class) {
            return false;
        }
        group += 1;
    }
    let mut mark = 0;
    while mark < MARKS.len() {
        if !MARKS[mark].class.is_within(class) || MARKS[mark].least < marked {
            return false;
        }
        mark += 1;
    }
    true
}

/// Whether a key may begin with these bytes: `false` is certain.
pub(super) fn may_begin(first: u8, second: u8, third: u8) -> bool {
    let [begins, goes_on] = &TABLE.pairs;
    begins.may_have(first, second) && goes_on.may_have(second, third)
}

/// The end of the key at the beginning of the text. All following bytes of its alphabet belong to it.
pub(super) fn end(text: &[u8]) -> Option<usize> {
    rows(text)?.filter_map(|row| row_end(text, row)).max()
}

/// The name of the key at the beginning of the text.
pub(super) fn name(text: &[u8]) -> Option<&'static str> {
    let (_, row) =
        rows(text)?.filter_map(|row| Some((row_end(text, row)?, row))).max_by_key(|(end, row)| (*end, row.length))?;
    let at = usize::from(row.at);
    let prefix = TABLE.letters.get(at..at + usize::from(row.length))?;
    let (_, _, _, words) = GROUPS.get(usize::from(row.group))?;
    let mut name = None;
    words.split(' ').find(|word| {
        name = word.strip_prefix('#').or(name);
        word.as_bytes() == prefix
    })?;
    name
}

/// All names of keys, in the order of the table; some more than once.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let words = GROUPS.iter().flat_map(|(_, _, _, words)| words.split(' '));
    words.filter_map(|word| word.strip_prefix('#')).chain(MARK_NAMES)
}

/// The rows whose prefixes have the first bytes of the text.
fn rows(text: &[u8]) -> Option<impl Iterator<Item = &'static KeyRow>> {
    let [first, second, third, ..] = *text else { return None };
    let bucket = bucket(first, second);
    let rows = usize::from(*TABLE.first.get(bucket)?)..usize::from(*TABLE.first.get(bucket + 1)?);
    let may_be = move |row: &&KeyRow| {
        row.begin == [first, second, third] || row.length == 2 && row.begin.starts_with(&[first, second])
    };
    Some(TABLE.rows.get(rows)?.iter().filter(may_be))
}

fn row_end(text: &[u8], row: &KeyRow) -> Option<usize> {
    let at = usize::from(row.at);
    let prefix = TABLE.letters.get(at..at + usize::from(row.length))?;
    let body = text.strip_prefix(prefix)?;
    let (class, length, care) = *TABLE.bodies.get(usize::from(row.group))?;
    let (least, most) = match length {
        AtLeast(least) => (least, None),
        Between(least, most) => (least, Some(usize::from(most))),
    };
    let begin = body.get(..usize::from(least))?;
    if !begin.iter().all(|&byte| class.has(byte)) {
        return None;
    }
    let run = run(body, class, most.map_or(64, |most| most + 1));
    let fits = most.is_none_or(|most| run <= most && !body.get(run).is_some_and(|&next| is_name(next)));
    if !fits || !is_random(body.get(..run)?, class, care) {
        return None;
    }
    let rest = if most.is_some() { run } else { self::run(body, class, body.len()) };
    let marks = body.get(..rest)?.iter().rev().take_while(|byte| matches!(byte, b'.' | b':' | b'!' | b'|')).count();
    Some(usize::from(row.length) + rest - marks)
}

/// How many of the first bytes, at most `most`, are of a class.
fn run(text: &[u8], class: Class, most: usize) -> usize {
    text.iter().take(most).take_while(|&&byte| class.has(byte)).count()
}

/// Whether it may be random: neither a name nor a filler such as `xxxx`.
fn is_random(body: &[u8], class: Class, care: Care) -> bool {
    let any = |is: fn(&u8) -> bool| body.iter().any(is);
    let (digit, large, small) = (any(u8::is_ascii_digit), any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase));
    let fits = match care {
        Words => true,
        Digit => digit || words::is_random(body, 12),
        Mixed => digit && large && small && (body.len() > 24 || words::is_random(body, 12)),
    };
    fits && !is_filler(body) && (!class.has(b'a') || !is_wordy(body))
}

/// The end of the marked key at the beginning of the text.
pub(super) fn marked_end(text: &[u8]) -> Option<usize> {
    MARKS.iter().filter(|mark| is_marked(text, mark)).find_map(|mark| mark_end(text, mark))
}

/// The name of the marked key at the beginning of the text.
pub(super) fn marked_name(text: &[u8]) -> Option<&'static str> {
    let mut all = MARKS.iter().zip(MARK_NAMES);
    all.find(|(mark, _)| is_marked(text, mark) && mark_end(text, mark).is_some()).map(|(_, name)| name)
}

fn is_marked(text: &[u8], mark: &Mark) -> bool {
    text.get(mark.at) == mark.text.first() && text.get(mark.at..).is_some_and(|rest| rest.starts_with(mark.text))
}

fn mark_end(text: &[u8], mark: &Mark) -> Option<usize> {
    let end = run(text, mark.class, mark.most + 1);
    let key = text.get(..end)?;
    (mark.least..=mark.most).contains(&end).then_some(end).filter(|_| is_random(key, mark.class, Digit))
}
