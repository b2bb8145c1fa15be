//! Owns a place in a conversation from which reading goes on, so that a caller decides when more is read: a client that
//! reads slowly costs no memory, and what a log gets later is read from where it ended.
//! Must stay true: a step ends behind a whole line; a line that is being written is read once it is whole, or when no more
//! is awaited.

use crate::catalog::{Conversation, Log};
use crate::read::{Summary, Wish};
use agents::entry::{Lack, Understood, Wanted};
use agents::lines::{self, Piece};
use agents::part::{Numbering, Part};
use agents::reader::{Reader, State};
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// How many bytes of a log one step reads, up to the end of the line in which they end.
const STEP: usize = 256 * 1024;

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more.
    More,
    /// This was all; a later step gives what was added since.
    End,
}

/// A place in a conversation.
pub struct Cursor {
    /// The state with which each log begins.
    state: State,
    logs: Vec<Log>,
    /// The log that is read, and how far.
    log: usize,
    place: Option<Place>,
    numbering: Numbering,
    summary: Summary,
}

/// A place in a log.
struct Place {
    from: Source,
    /// Where the next line begins.
    offset: u64,
    /// The number of lines before it.
    number: u64,
    /// Whether a line was read whose end was not written yet.
    is_ahead: bool,
    reader: Reader,
}

enum Source {
    /// A client's own log, which may grow.
    Live(BufReader<File>),
    /// A kept copy, which does not.
    Kept(BufReader<Box<dyn Read + Send>>),
}

impl Cursor {
    /// The beginning of a conversation: its main thread comes first.
    pub fn new(of: &Conversation) -> Self {
        let (numbering, summary) = (Numbering::default(), Summary::default());
        Cursor { state: of.state(), logs: of.logs.clone(), log: 0, place: None, numbering, summary }
    }

    /// What was read so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Passes the wanted parts of the next lines to `each`. `Wish::thread` leaves out the logs of other threads unread.
    pub fn step(&mut self, wish: &Wish, each: &mut dyn FnMut(&Part)) -> io::Result<Step> {
        self.step_where(wish, &|_| true, each)
    }

    /// Like [`Cursor::step`], but a line for which `may_matter` is false is decoded only as far as later lines need it: its
    /// prompts count as turns, and of its parts only some are passed on.
    pub fn step_where(
        &mut self,
        wish: &Wish,
        may_matter: &dyn Fn(&[u8]) -> bool,
        each: &mut dyn FnMut(&Part),
    ) -> io::Result<Step> {
        let Some(log) = self.logs.get(self.log) else { return Ok(Step::End) };
        let is_last = self.log + 1 == self.logs.len();
        if wish.thread.as_ref().is_some_and(|thread| *thread != log.thread) {
            return Ok(if is_last { Step::End } else { self.next_log() });
        }
        let place = match &mut self.place {
            Some(place) => place,
            none => {
                let place = none.insert(Place::begin(log, self.state.clone())?);
                self.numbering.begin_log(&log.thread, &mut |part| pass(part, wish, each));
                place
            }
        };
        // A later thread would go on in the same numbers, so only the last log is followed.
        let is_at_end = place.step(&log.thread, wish, &mut self.numbering, &mut self.summary, may_matter, each)?;
        Ok(match (is_at_end, is_last) {
            (false, _) => Step::More,
            (true, false) => self.next_log(),
            (true, true) => Step::End,
        })
    }

    fn next_log(&mut self) -> Step {
        self.log += 1;
        self.place = None;
        Step::More
    }
}

impl Place {
    fn begin(log: &Log, state: State) -> io::Result<Self> {
        let from = match log.is_kept {
            true => Source::Kept(BufReader::new(log.open()?)),
            false => Source::Live(BufReader::new(cs_core::open::foreign(&log.path)?)),
        };
        let reader = Reader::new(state, Wanted::Full);
        Ok(Place { from, offset: 0, number: 0, is_ahead: false, reader })
    }

    /// Reads the next lines; returns whether they were the last ones.
    fn step(
        &mut self,
        thread: &str,
        wish: &Wish,
        numbering: &mut Numbering,
        summary: &mut Summary,
        may_matter: &dyn Fn(&[u8]) -> bool,
        each: &mut dyn FnMut(&Part),
    ) -> io::Result<bool> {
        self.go_to_line()?;
        let mut whole = WholeLines { from: self.from.bytes(), room: STEP, has_line: false, is_at_end: false };
        let (reader, number) = (&mut self.reader, &mut self.number);
        let mut rest = false;
        self.offset += lines::read(&mut whole, |piece| {
            let line = match piece {
                Piece::Line(line) => line,
                Piece::Rest(line) if serde_json::from_slice::<IgnoredAny>(line).is_ok() => {
                    rest = true;
                    line
                }
                // It is read again when it is whole.
                Piece::Rest(_) => return,
                Piece::TooLong(bytes) => {
                    *number += 1;
                    summary.too_long += 1;
                    return numbering.gap(Lack::TooLong, bytes, *number, thread, &mut |part| pass(part, wish, each));
                }
            };
            *number += 1;
            reader.want(if may_matter(line) { Wanted::Full } else { Wanted::Counted });
            let understood = reader.line(line, *number, &mut |entry| {
                numbering.take(entry, *number, thread, &mut |part| pass(part, wish, each));
            });
            if understood == Understood::Not && !line.is_empty() {
                summary.not_understood += 1;
                let bytes = line.len() as u64;
                numbering.gap(Lack::Broken, bytes, *number, thread, &mut |part| pass(part, wish, each));
            }
        })?;
        let is_at_end = whole.is_at_end;
        if is_at_end {
            numbering.finish(&mut |part| pass(part, wish, each));
        }
        summary.entries = numbering.told();
        if let (true, Source::Live(file)) = (rest, &mut self.from) {
            self.offset = file.stream_position()?;
            self.is_ahead = true;
        }
        Ok(is_at_end)
    }

    /// Goes behind the last line that was read.
    fn go_to_line(&mut self) -> io::Result<()> {
        let Source::Live(file) = &mut self.from else { return Ok(()) };
        file.seek(SeekFrom::Start(self.offset))?;
        let has_end = self.is_ahead && file.fill_buf()?.first() == Some(&b'\n');
        if has_end {
            file.consume(1);
            self.offset += 1;
            self.is_ahead = false;
        }
        Ok(())
    }
}

/// Passes on a wanted part.
fn pass(part: &Part, wish: &Wish, each: &mut dyn FnMut(&Part)) {
    if wish.takes(part) {
        each(part);
    }
}

impl Source {
    fn bytes(&mut self) -> &mut dyn BufRead {
        match self {
            Source::Live(from) => from,
            Source::Kept(from) => from,
        }
    }
}

/// Gives so many bytes, and then those up to the end of the line.
struct WholeLines<'a> {
    from: &'a mut dyn BufRead,
    room: usize,
    /// Whether the line ended in which the room ended.
    has_line: bool,
    is_at_end: bool,
}

impl Read for WholeLines<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.has_line {
            return Ok(0);
        }
        let bytes = self.from.fill_buf()?;
        self.is_at_end = bytes.is_empty();
        let mut count = bytes.len().min(into.len());
        if self.room > 0 {
            count = count.min(self.room);
            self.room -= count;
            self.has_line = self.room == 0 && bytes.get(count.saturating_sub(1)) == Some(&b'\n');
        } else if let Some(at) = bytes.iter().take(count).position(|byte| *byte == b'\n') {
            count = at + 1;
            self.has_line = true;
        }
        into.get_mut(..count).unwrap_or_default().copy_from_slice(bytes.get(..count).unwrap_or_default());
        self.from.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Place as Where;
    use std::io::Write;

    const ID: &str = "5e1f0000-0000-4000-8000-0000000000aa";

    fn line(n: usize, text: &str) -> String {
        format!(
            "{{\"type\":\"user\",\"uuid\":\"u{n}\",\"sessionId\":\"{ID}\",\"timestamp\":\"2026-11-21T03:37:00Z\",\
             \"origin\":{{\"kind\":\"human\"}},\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}"
        )
    }

    fn conversation(path: &std::path::Path) -> Conversation {
        let log = Log { path: path.into(), thread: "main".into(), bytes: 0, modified: 0, is_kept: false };
        Conversation { uuid: ID.into(), agent: agents::Agent::Claude, logs: vec![log], place: Where::Live }
    }

    /// The texts of all parts up to the end, and the number of steps.
    fn texts(cursor: &mut Cursor) -> (Vec<String>, usize) {
        let (mut texts, mut steps) = (Vec::new(), 1);
        let wish = Wish { kinds: vec![agents::part::PartKind::Prompt], ..Wish::default() };
        while cursor.step(&wish, &mut |part| texts.push(part.text().to_string())).unwrap() == Step::More {
            steps += 1;
        }
        (texts, steps)
    }

    #[test]
    fn steps_give_the_same_as_one_reading_and_each_is_short() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        let long = "x".repeat(STEP * 3);
        let all: Vec<String> =
            (0..2000).map(|n| if n == 700 { long.clone() } else { format!("{n} {}", "y".repeat(300)) }).collect();
        let lines: Vec<String> = all.iter().enumerate().map(|(n, text)| line(n, text)).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let (found, steps) = texts(&mut Cursor::new(&conversation(&path)));
        assert!(found == all, "{} of {}", found.len(), all.len());
        assert!((4..8).contains(&steps), "{steps}");
    }

    #[test]
    fn what_is_added_is_read_once_and_a_torn_line_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, line(0, "a") + "\n" + &line(1, "b")).unwrap();
        let mut cursor = Cursor::new(&conversation(&path));
        assert_eq!(texts(&mut cursor).0, ["a", "b"]);
        assert_eq!(texts(&mut cursor).0, [""; 0]);
        let mut file = std::fs::File::options().append(true).open(&path).unwrap();
        let (begin, end) = (line(2, "c").split_at(20).0.to_string(), line(2, "c").split_at(20).1.to_string());
        write!(file, "\n{begin}").unwrap();
        assert_eq!(texts(&mut cursor).0, [""; 0]);
        writeln!(file, "{end}").unwrap();
        assert_eq!(texts(&mut cursor).0, ["c"]);
        assert_eq!(cursor.summary().not_understood, 0);
    }

    #[test]
    fn a_line_that_is_too_long_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        let long = line(1, &"x".repeat(lines::LIMIT + 10));
        std::fs::write(&path, [line(0, "a"), long, line(2, "c")].join("\n") + "\n").unwrap();
        let mut cursor = Cursor::new(&conversation(&path));
        assert_eq!(texts(&mut cursor).0, ["a", "c"]);
        assert_eq!(cursor.summary().too_long, 1);
    }
}
