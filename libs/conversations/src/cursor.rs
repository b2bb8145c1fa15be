//! Owns a place in a conversation from which reading goes on, so that a caller decides when more is read: a client that
//! reads slowly costs no memory, and what a log gets later is read from where it ended.
//! Must stay true: a step ends behind a whole line; a line that is being written is read once it is whole, or when no more
//! is awaited.

use crate::catalog::{Conversation, Log, MAIN};
use crate::relatives;
use crate::wish::{Summary, Wish};
use agents::entry::{Kind, Lack, Understood, Wanted};
use agents::lines::{self, Piece};
use agents::part::{Numbering, Part, PartKind};
use agents::reader::{Reader, State};
use serde::de::IgnoredAny;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::SystemTime;

/// How many bytes of a log one step reads, up to the end of the line in which they end.
const STEP: usize = 256 * 1024;
/// How many bytes are read at once.
const ROOM: usize = 64 * 1024;

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
    /// Each log with the place in it; `None` if it was not read yet.
    logs: Vec<(Log, Option<Place>)>,
    /// The log that is read.
    at: usize,
    numbering: Numbering,
    summary: Summary,
    /// The logs that could not be read, in the order in which they were found so.
    unread: Vec<(PathBuf, io::Error)>,
    /// The threads of subagents, in the order in which they were started.
    order: Vec<String>,
    /// How many of the unread logs a step has told.
    told: usize,
}

/// A place in a log.
struct Place {
    /// `None` while another log is read.
    from: Option<Source>,
    /// The file, by device and inode, and when it was made: the number of a removed file is used again.
    file: Identity,
    /// Where the next line begins.
    offset: u64,
    /// The number of lines before it.
    number: u64,
    /// Whether a line was read whose end was not written yet.
    is_ahead: bool,
    /// Whether it is the place in a log that took the place of another one.
    is_anew: bool,
    /// Number of bytes of a line behind it that is not whole.
    torn: u64,
    /// Whether all of it was read.
    is_done: bool,
    /// Whether reading failed; behind that nothing is read.
    is_broken: bool,
    /// Whether a line with a time was read; the first one says when the log was begun.
    has_times: bool,
    reader: Reader,
}

/// Which file a path names.
type Identity = (u64, u64, Option<SystemTime>);

enum Source {
    /// A client's own log, which may grow.
    Live(BufReader<File>),
    /// A kept copy, which does not.
    Kept(BufReader<Box<dyn Read + Send>>),
}

/// What lines are read for.
struct Taking<'a> {
    numbering: &'a mut Numbering,
    summary: &'a mut Summary,
    /// Which lines are decoded; `None`: all.
    sieve: Option<Sieve<'a>>,
    each: &'a mut dyn FnMut(&Part),
}

/// Which lines need not be decoded.
struct Sieve<'a> {
    may_matter: &'a dyn Fn(&[u8]) -> bool,
    kinds: &'a [PartKind],
}

impl Sieve<'_> {
    fn passes(&self, line: &[u8], reader: &Reader) -> bool {
        ((self.may_matter)(line) && reader.may_have(line, self.kinds)) || reader.is_landmark(line, self.kinds)
    }
}

impl Cursor {
    /// The beginning of a conversation: its main thread comes first, then its subagents in the order in which they were started.
    pub fn new(of: &Conversation) -> Self {
        let logs = of.logs.iter().map(|log| (log.clone(), None)).collect();
        let mut numbering = Numbering::default();
        relatives::copied(of).into_iter().for_each(|copied| copied.tell(&mut numbering));
        Cursor {
            state: of.state(),
            logs,
            at: 0,
            numbering,
            summary: Summary::default(),
            unread: Vec::new(),
            order: Vec::new(),
            told: 0,
        }
    }

    /// Adds the logs that the conversation has got since, such as those of new subagents.
    pub fn add_logs(&mut self, of: &Conversation) {
        for log in &of.logs {
            if self.logs.iter().all(|(known, _)| known.path != log.path) {
                self.logs.push((log.clone(), None));
            }
        }
    }

    /// What was read so far.
    pub fn summary(&self) -> Summary {
        Summary { entries: self.numbering.told(), ..self.summary }
    }

    /// The logs that could not be read, or not to their ends, each once. Where their lines are missing there is a gap.
    pub fn unread(&self) -> &[(PathBuf, io::Error)] {
        &self.unread
    }

    /// The beginning of the logs of one thread, for one who has read that of the conversation itself with this cursor.
    pub fn only(&self, thread: &str) -> Self {
        let logs =
            self.logs.iter().filter(|(log, _)| log.thread == thread).map(|(log, _)| (log.clone(), None)).collect();
        let mut numbering = self.numbering.clone();
        numbering.finish(&mut |_| {});
        Cursor {
            state: self.state.clone(),
            logs,
            at: 0,
            numbering,
            summary: Summary::default(),
            unread: Vec::new(),
            order: Vec::new(),
            told: 0,
        }
    }

    /// The thread of the log that the next step reads.
    pub fn thread(&self) -> Option<&str> {
        self.logs.get(self.at).map(|(log, _)| log.thread.as_str())
    }

    /// Whether a log was replaced or cut after it had been read to its end, so that it is read from its beginning.
    pub fn is_anew(&self) -> bool {
        self.logs.iter().any(|(_, place)| place.as_ref().is_some_and(|place| place.is_anew))
    }

    /// Passes the wanted parts of the next lines to `each`. `Wish::thread` leaves out the logs of other threads unread.
    /// The step that comes to the end fails if a log could not be read since the last one that did: all else was passed by
    /// then, and [`Cursor::unread`] says which. A log that still cannot be read does not fail again.
    pub fn step(&mut self, wish: &Wish, each: &mut dyn FnMut(&Part)) -> io::Result<Step> {
        self.step_through(wish, None, each)
    }

    /// Like [`Cursor::step`], but a line for which `may_matter` is false, or that has no wanted kind, is decoded only if the
    /// places of other parts depend on it. Such a line is no gap. The parts of the lines that matter have the same anchors, turns and threads; only [`Part::seq`] differs.
    pub fn step_where(
        &mut self,
        wish: &Wish,
        may_matter: &dyn Fn(&[u8]) -> bool,
        each: &mut dyn FnMut(&Part),
    ) -> io::Result<Step> {
        self.step_through(wish, Some(Sieve { may_matter, kinds: &wish.kinds }), each)
    }

    fn step_through(&mut self, wish: &Wish, sieve: Option<Sieve>, each: &mut dyn FnMut(&Part)) -> io::Result<Step> {
        let Cursor { state, logs, at, numbering, summary, unread, told, order } = self;
        if let Some((log, place)) = logs.get_mut(*at) {
            let is_wanted = log.thread == MAIN || wish.thread.as_ref().is_none_or(|thread| *thread == log.thread);
            let place = match place {
                Some(place) => place,
                none => none.insert(Place::new(state.clone())),
            };
            let started = &mut *order;
            let each = &mut |part: &Part| {
                if let Kind::Agent { thread, .. } = &part.entry.kind {
                    started.push(thread.to_string());
                }
                if wish.takes(part) {
                    each(part);
                }
            };
            let to = &mut Taking { numbering, summary, sieve, each };
            let read = if is_wanted { place.go_on(log, state, to) } else { Ok(Step::End) };
            if read.as_ref().is_ok_and(|step| *step == Step::More) {
                return read;
            }
            place.close();
            if let Err(error) = read
                && unread.iter().all(|(path, _)| *path != log.path)
            {
                to.summary.unread += 1;
                to.numbering.begin_log(&log.thread, &mut *to.each);
                let missing = log.bytes.saturating_sub(place.offset);
                to.numbering.gap(Lack::Unreadable, missing, place.number + 1, &log.thread, &mut *to.each);
                unread.push((log.path.clone(), error));
            }
            if *at == 0 && logs.iter().skip(1).all(|(_, place)| place.is_none()) {
                let rank = |log: &Log| (log.thread != MAIN, order.iter().position(|thread| *thread == log.thread));
                logs.sort_by_key(|(log, _)| {
                    let (is_other, rank) = rank(log);
                    (is_other, rank.unwrap_or(usize::MAX))
                });
            }
            *at += 1;
            if *at < logs.len() {
                return Ok(Step::More);
            }
        }
        *at = 0;
        match unread.get(*told) {
            Some((_, error)) => {
                *told = unread.len();
                Err(io::Error::new(error.kind(), error.to_string()))
            }
            None => Ok(Step::End),
        }
    }

    /// Ends the reading: a line at the end of a log that is not whole will not become so.
    pub fn close(&mut self, wish: &Wish, each: &mut dyn FnMut(&Part)) {
        let each = &mut |part: &Part| {
            if wish.takes(part) {
                each(part);
            }
        };
        for (log, place) in &mut self.logs {
            let Some(place) = place else { continue };
            let (numbering, number) = (&mut self.numbering, place.number);
            place.reader.finish(&mut |entry| {
                numbering.begin_log(&log.thread, each);
                numbering.take(entry, number, &log.thread, each);
            });
            if place.torn == 0 {
                continue;
            }
            self.summary.not_understood += 1;
            self.numbering.begin_log(&log.thread, each);
            self.numbering.gap(Lack::Broken, std::mem::take(&mut place.torn), place.number + 1, &log.thread, each);
        }
        self.numbering.finish(each);
    }
}

impl Place {
    fn new(state: State) -> Self {
        let reader = Reader::new(state, Wanted::Full);
        Place {
            from: None,
            file: (0, 0, None),
            offset: 0,
            number: 0,
            is_ahead: false,
            is_anew: false,
            torn: 0,
            is_done: false,
            is_broken: false,
            has_times: false,
            reader,
        }
    }

    /// Reads the next lines, if there are any.
    fn go_on(&mut self, log: &Log, state: &State, to: &mut Taking) -> io::Result<Step> {
        let is_open = self.from.is_some();
        if self.is_broken || !self.open(log, state)? {
            return Ok(Step::End);
        }
        // What is held back at the end of a step is completed by the next one.
        if !is_open {
            to.numbering.begin_log(&log.thread, &mut *to.each);
        }
        if let Err(error) = self.step(&log.thread, to) {
            self.is_broken = true;
            return Err(error);
        }
        if !self.is_done {
            return Ok(Step::More);
        }
        // What the reader holds back waits for `close`: the log may grow, and tell it again.
        to.numbering.finish(&mut *to.each);
        Ok(Step::End)
    }

    /// Opens the log unless it is open; returns false if it has nothing new. A log that was replaced or cut is read from its
    /// beginning, where the parts that were told before are copies.
    fn open(&mut self, log: &Log, state: &State) -> io::Result<bool> {
        if self.from.is_some() {
            return Ok(true);
        }
        if log.is_kept {
            if self.is_done {
                return Ok(false);
            }
            self.from = Some(Source::Kept(BufReader::with_capacity(ROOM, log.open()?)));
            return Ok(true);
        }
        if self.is_done {
            let Some(meta) = metadata(log)? else { return Ok(false) };
            let is_other = identity(&meta) != self.file || meta.len() < self.offset;
            if !is_other && meta.len() == self.offset + self.torn {
                return Ok(false);
            }
            if is_other {
                *self = Place { is_anew: true, ..Place::new(state.clone()) };
            }
        }
        let file = cs_core::open::foreign(&log.path)?;
        self.file = identity(&file.metadata()?);
        self.is_done = false;
        self.from = Some(Source::Live(BufReader::with_capacity(ROOM, file)));
        Ok(true)
    }

    /// Closes the file, not the place.
    fn close(&mut self) {
        self.from = None;
    }

    /// Reads the next lines.
    fn step(&mut self, thread: &str, to: &mut Taking) -> io::Result<()> {
        let mut from = self.from.take();
        let Some(source) = &mut from else { return Ok(()) };
        self.go_to_line(source)?;
        self.torn = 0;
        let mut whole = WholeLines { from: source.bytes(), room: STEP, has_line: false, is_at_end: false };
        let mut rest = false;
        let read = lines::read(&mut whole, |piece| match piece {
            Piece::Line(line) => self.line(line, thread, to),
            Piece::Rest(line) if serde_json::from_slice::<IgnoredAny>(line).is_ok() => {
                rest = true;
                self.line(line, thread, to);
            }
            // It is read again when it is whole.
            Piece::Rest(line) => self.torn = line.len() as u64,
            Piece::TooLong(bytes) => {
                self.number += 1;
                to.summary.too_long += 1;
                to.numbering.gap(Lack::TooLong, bytes, self.number, thread, &mut *to.each);
            }
        })?;
        self.is_done = whole.is_at_end;
        self.offset += read;
        if let Source::Live(file) = source {
            let end = file.stream_position()?;
            // White space or NUL bytes may stand around a line that is not whole.
            self.torn = if self.torn > 0 { end.saturating_sub(self.offset) } else { 0 };
            if rest {
                self.offset = end;
                self.is_ahead = true;
            }
        }
        self.from = from;
        Ok(())
    }

    fn line(&mut self, line: &[u8], thread: &str, to: &mut Taking) {
        self.number += 1;
        if self.has_times && to.sieve.as_ref().is_some_and(|sieve| !sieve.passes(line, &self.reader)) {
            return;
        }
        let understood = self.reader.line(line, self.number, &mut |entry| {
            self.has_times |= entry.at.is_some();
            to.numbering.take(entry, self.number, thread, &mut *to.each);
        });
        if understood == Understood::Not && !line.is_empty() {
            to.summary.not_understood += 1;
            to.numbering.gap(Lack::Broken, line.len() as u64, self.number, thread, &mut *to.each);
        }
    }

    /// Goes behind the last line that was read.
    fn go_to_line(&mut self, source: &mut Source) -> io::Result<()> {
        let Source::Live(file) = source else { return Ok(()) };
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

/// The file of a log now; `None` if it is gone.
fn metadata(log: &Log) -> io::Result<Option<Metadata>> {
    match fs::metadata(&log.path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn identity(meta: &Metadata) -> Identity {
    (meta.dev(), meta.ino(), meta.created().ok())
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
        Conversation { logs: vec![log], ..Conversation::new(agents::Agent::Claude, ID.into(), Where::Live) }
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

    /// Adds a subagent's log.
    fn add(to: &mut Conversation, path: &std::path::Path, thread: &str) {
        to.logs.push(Log { path: path.into(), thread: thread.into(), bytes: 10, modified: 0, is_kept: false });
    }

    #[test]
    fn a_log_that_cannot_be_read_is_told_once_and_the_others_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let [main, bad, gone, good] = ["main", "bad", "gone", "good"].map(|name| dir.path().join(name));
        std::fs::write(&main, line(0, "begin")).unwrap();
        std::fs::create_dir(&bad).unwrap();
        std::fs::write(&good, line(1, "of c")).unwrap();
        let mut one = conversation(&main);
        add(&mut one, &bad, "agent-a");
        add(&mut one, &gone, "agent-b");
        add(&mut one, &good, "agent-c");
        let (mut cursor, wish, mut found) = (Cursor::new(&one), Wish::default(), Vec::new());
        let mut all = |cursor: &mut Cursor| loop {
            let step = cursor.step(&wish, &mut |part| match &part.entry.kind {
                agents::entry::Kind::Gap { lack, bytes } => found.push(format!("{} {bytes}", lack.word())),
                agents::entry::Kind::Prompt(text, _) => found.push(text.to_string()),
                _ => {}
            });
            match step {
                Ok(Step::More) => {}
                end => return end.is_ok(),
            }
        };
        assert!(!all(&mut cursor), "the end says that something is missing");
        assert!(all(&mut cursor), "and says so once");
        assert!(all(&mut cursor));
        let paths: Vec<_> = cursor.unread().iter().map(|(path, _)| path.clone()).collect();
        assert_eq!(paths, [bad, gone.clone()]);
        assert_eq!(cursor.summary().unread, 2);
        std::fs::write(&gone, line(2, "of b")).unwrap();
        assert!(all(&mut cursor), "one that can be read later is read");
        assert_eq!(found, ["begin", "unreadable 10", "unreadable 10", "of c", "of b"]);
        assert!(crate::read(&one, &wish, &mut |_| {}).is_err());
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

    #[test]
    fn a_prompt_that_a_followed_rollout_tells_in_two_lines_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rollout.jsonl");
        let stamp = r#""timestamp":"2026-11-21T05:07:01.000Z""#;
        let meta = format!(r#"{{{stamp},"type":"session_meta","payload":{{"id":"{ID}","cwd":"/x"}}}}"#);
        let content = r#"[{"type":"input_text","text":"is it?"}]"#;
        let message = format!(
            r#"{{{stamp},"type":"response_item","payload":{{"type":"message","role":"user","content":{content}}}}}"#
        );
        let event = format!(r#"{{{stamp},"type":"event_msg","payload":{{"type":"user_message","message":"is it?"}}}}"#);
        std::fs::write(&path, format!("{meta}\n{message}\n")).unwrap();
        let conversation = Conversation { agent: agents::Agent::Codex, ..conversation(&path) };
        let wish = Wish::default();
        for is_told_again in [true, false] {
            let (mut cursor, mut prompts) = (Cursor::new(&conversation), 0);
            let mut count = |part: &Part| prompts += u64::from(part.kind == agents::part::PartKind::Prompt);
            while cursor.step(&wish, &mut count).unwrap() == Step::More {}
            if is_told_again {
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
                writeln!(file, "{event}").unwrap();
                while cursor.step(&wish, &mut count).unwrap() == Step::More {}
                std::fs::write(&path, format!("{meta}\n{message}\n")).unwrap();
            }
            cursor.close(&wish, &mut count);
            assert_eq!(prompts, 1, "told again: {is_told_again}");
        }
    }
}
