//! Reads one JSON object from a file descriptor that may never be closed.
//!
//! Owns when that reading ends: with the object, after a number of bytes, after a silence, or after a time in all. A
//! caller that keeps its end of the pipe open, writes forever, trickles or writes nothing cannot block the program.
//! The reason for the end is returned, so input that came too late is told apart from no input.
//!
//! Must stay true: the descriptor itself is neither closed nor changed; no read is started that could block; at most
//! `bytes` are read from it. Bytes after the object that arrived together with it are lost.
//!
//! Deliberately absent: JSON. `skim` knows enough of it to find the end of an object.

use crate::skim::{Member, Progress, Skim};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, Read};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, FromRawFd};
use std::time::{Duration, Instant};

/// Bytes per read: the most that Linux returns from a pipe of the default size.
const CHUNK: usize = 64 * 1024;
/// Bytes of the first read: most payloads fit, and each page that a program touches costs a page fault.
const FIRST: usize = 4 * 1024;

/// How much is read, and how long a read waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of bytes that are read.
    pub bytes: usize,
    /// Longest silence: before the first byte, or between two.
    pub silence: Duration,
    /// Longest time in all.
    pub whole: Duration,
}

/// Why the reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The object is complete.
    Complete,
    /// The writer closed its end, or there is none.
    Closed,
    /// The time was up.
    TooLate,
    /// The object is longer than the limit.
    TooMuch,
    /// The input does not begin with an object.
    NoObject,
    /// The input is a terminal, and nothing was typed.
    Terminal,
    /// It cannot be read.
    Failed,
}

/// The input that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The part of the object that was kept (see `skim`).
    pub kept: Vec<u8>,
    /// The object's values; `None` if not everything was kept.
    pub members: Option<Vec<Member>>,
    /// How many bytes were read.
    pub bytes: usize,
    /// Why reading stopped.
    pub end: End,
}

/// Reads `fd` to the end of the first JSON object, within the limits. Input that is already there is read even
/// if no time is allowed.
pub fn receive(fd: impl AsFd, limits: Limits) -> Received {
    let input = borrowed(&fd);
    let (mut skim, mut bytes) = (Skim::default(), 0);
    let mut buffer = BufReader::with_capacity(FIRST, (&*input).take(limits.bytes as u64));
    let started = Instant::now();
    let end = loop {
        if bytes >= limits.bytes {
            break End::TooMuch;
        }
        if let Some(end) = wait(&input, limits, started, bytes) {
            break end;
        }
        let chunk = match buffer.fill_buf() {
            Ok(chunk) if !chunk.is_empty() => chunk,
            Err(error) if is_temporary(error.kind()) => match started.elapsed() < limits.whole {
                true => continue,
                false => break End::TooLate,
            },
            Ok(_) => break End::Closed,
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => break End::Closed,
            Err(_) => break End::Failed,
        };
        let count = chunk.len();
        let progress = skim.feed(chunk);
        buffer.consume(count);
        bytes += count;
        let is_small = buffer.capacity() < CHUNK;
        match progress {
            // What is there already is read even if no time is left.
            Progress::More if is_small => buffer = BufReader::with_capacity(CHUNK, buffer.into_inner()),
            Progress::More if started.elapsed() < limits.whole => {}
            Progress::More => break End::TooLate,
            Progress::Complete(_) => break End::Complete,
            Progress::Rejected => break End::NoObject,
            Progress::TooMuch => break End::TooMuch,
        }
    };
    Received { members: skim.members(), kept: skim.into_kept(), bytes, end }
}

/// The descriptor as a file that does not close it. A duplicate would cost two system calls, and would fail if the
/// process has too many open files.
#[allow(unsafe_code, reason = "borrows a descriptor as a file")]
fn borrowed(fd: &impl AsFd) -> ManuallyDrop<File> {
    // SAFETY: `fd` is borrowed for longer than the file is used, and the file is never dropped.
    ManuallyDrop::new(unsafe { File::from_raw_fd(fd.as_fd().as_raw_fd()) })
}

fn is_temporary(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Interrupted | ErrorKind::WouldBlock)
}

/// Waits until a read would not block; returns how the reading ends if it has to.
fn wait(input: &File, limits: Limits, started: Instant, bytes: usize) -> Option<End> {
    if poll(input, Duration::ZERO) == Ok(true) {
        return None;
    }
    if bytes == 0 && input.is_terminal() {
        return Some(End::Terminal);
    }
    let begun = Instant::now();
    loop {
        let left = limits.silence.saturating_sub(begun.elapsed()).min(limits.whole.saturating_sub(started.elapsed()));
        match poll(input, left) {
            Ok(true) => return None,
            Ok(false) | Err(ErrorKind::Interrupted) if left.is_zero() => return Some(End::TooLate),
            Ok(false) | Err(ErrorKind::Interrupted) => {}
            Err(_) => return Some(End::Failed),
        }
    }
}

/// Waits at most `wait` until there is something to read, without using the processor meanwhile.
pub fn is_readable_within(input: &File, wait: Duration) -> bool {
    poll(input, wait) == Ok(true)
}

/// Waits at most `wait` for something to read, or for an error: both end a read at once.
#[allow(unsafe_code, reason = "poll(2)")]
fn poll(input: &File, wait: Duration) -> Result<bool, ErrorKind> {
    let mut entry = libc::pollfd { fd: input.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // Rounded up: with 0 milliseconds for the last fraction this would spin.
    let millis = i32::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
    // SAFETY: the pointer is to one initialised pollfd, the count says one, and
    // both it and the open descriptor in it outlive the call.
    match unsafe { libc::poll(&raw mut entry, 1, millis) } {
        ready if ready < 0 => Err(std::io::Error::last_os_error().kind()),
        ready => Ok(ready > 0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::io::{PipeReader, PipeWriter, Write, pipe};
    use std::thread;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(150);
    const LIMIT: usize = 1 << 20;

    /// A pipe with `text` in it and its writer, still open.
    fn filled(text: &[u8]) -> (PipeReader, PipeWriter) {
        let (reader, mut writer) = pipe().unwrap();
        writer.write_all(text).unwrap();
        (reader, writer)
    }

    fn limits(bytes: usize, wait: Duration) -> Limits {
        Limits { bytes, silence: wait, whole: wait }
    }

    fn timed(reader: &PipeReader, wait: Duration) -> (Vec<u8>, End, Duration) {
        let started = Instant::now();
        let Received { kept, end, .. } = receive(reader, limits(LIMIT, wait));
        (kept, end, started.elapsed())
    }

    #[test]
    fn a_complete_value_is_returned_while_the_writer_stays_open() {
        let cases: [(&str, &str); 6] = [
            ("{}", "{}"),
            (" \r\n\t{\"a\":[{\"b\":1},[]]} tail {", " \r\n\t{\"a\":[{\"b\":1},[]]}"),
            (r#"{"a":"}\"}\\"}x"#, r#"{"a":"}\"}\\"}"#),
            (r#"{"a}":"[{","é":"日本\u007d"}{}"#, r#"{"a}":"[{","é":"日本\u007d"}"#),
            ("{\"a\":1}{\"b\":2}", "{\"a\":1}"),
            ("{\"a\":1}\n", "{\"a\":1}"),
        ];
        for (text, expected) in cases {
            let (reader, _writer) = filled(text.as_bytes());
            let (value, end, took) = timed(&reader, LONG);
            assert_eq!((String::from_utf8(value).unwrap().as_str(), end), (expected, End::Complete));
            assert!(took < LONG / 4, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn partial_input_is_returned_when_the_time_is_up() {
        for text in ["", "   ", "{\"a\":", "{\"a\":\"}", "{\"a\":\"\\"] {
            let (reader, _writer) = filled(text.as_bytes());
            let (value, end, took) = timed(&reader, SHORT);
            assert_eq!((value.as_slice(), end), (text.as_bytes(), End::TooLate));
            assert!(took >= SHORT && took < SHORT * 10, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn input_that_is_already_there_is_read_without_waiting() {
        let (reader, _writer) = filled(b"{\"a\":1}");
        assert_eq!(receive(&reader, limits(LIMIT, Duration::ZERO)).kept, b"{\"a\":1}");
        let (value, end, took) = timed(&reader, Duration::ZERO);
        assert!(value.is_empty() && end == End::TooLate && took < LONG / 4);
    }

    #[test]
    fn a_trickle_ends_with_the_whole_time_and_a_silence_earlier() {
        let (reader, mut writer) = pipe().unwrap();
        let drip = thread::spawn(move || {
            while writer.write_all(b" ").is_ok() {
                thread::sleep(SHORT / 10);
            }
        });
        let started = Instant::now();
        let found = receive(&reader, Limits { bytes: LIMIT, silence: SHORT, whole: SHORT * 4 });
        let took = started.elapsed();
        assert!(found.bytes > 0 && found.end == End::TooLate, "{found:?}");
        assert!(took >= SHORT * 4 && took < SHORT * 20, "took {took:?}");
        drop(reader);
        drip.join().unwrap();
        let (reader, _writer) = filled(b"{");
        let started = Instant::now();
        assert_eq!(receive(&reader, Limits { bytes: LIMIT, silence: SHORT, whole: LONG }).end, End::TooLate);
        assert!(started.elapsed() < LONG / 4);
    }

    /// A file is always ready, so only the clock can end this.
    #[test]
    fn the_time_ends_a_stream_that_never_pauses() {
        let path = std::env::temp_dir().join(format!("stdin-rs-{}", std::process::id()));
        std::fs::write(&path, vec![b' '; 3 * CHUNK]).unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(receive(&file, limits(LIMIT, Duration::ZERO)).bytes, FIRST + CHUNK);
    }

    #[test]
    fn the_reading_ends_with_the_input() {
        for (text, expected) in [("", End::Closed), ("{\"a\":", End::Closed), ("{\"a\":1}", End::Complete)] {
            let (reader, writer) = filled(text.as_bytes());
            drop(writer);
            let (value, end, took) = timed(&reader, LONG);
            assert_eq!((value.as_slice(), end), (text.as_bytes(), expected));
            assert!(took < LONG / 4);
        }
    }

    #[test]
    fn garbage_ends_the_reading_at_once() {
        for text in ["x", "[1,2]", "  null", "\"{}\"", "}", "]", "'", "\u{e9}"] {
            let (reader, _writer) = filled(text.as_bytes());
            let (_, end, took) = timed(&reader, LONG);
            assert_eq!(end, End::NoObject, "{text:?}");
            assert!(took < LONG / 4, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn an_endless_stream_stops_at_the_limit() {
        for (begin, limit) in [("{\"a\":\"", LIMIT), (" ", LIMIT), ("{\"a\":\"", 10), ("{", 0), ("{", CHUNK + 1)] {
            let (reader, mut writer) = filled(begin.as_bytes());
            let flood = thread::spawn(move || {
                let chunk = vec![b' '; 1 << 20];
                (0..100).all(|_| writer.write_all(&chunk).is_ok())
            });
            let found = receive(&reader, limits(limit, LONG));
            assert_eq!((found.bytes, found.end), (limit, End::TooMuch));
            drop(reader);
            assert!(!flood.join().unwrap(), "all 100 MB were taken");
        }
    }

    #[test]
    fn a_value_larger_than_the_pipe_arrives_whole() {
        let text = format!("{{\"a\":\"{}\"}}", "\\\"é}".repeat(100_000));
        let (reader, mut writer) = pipe().unwrap();
        let (copy, expected) = (text.clone(), text);
        let sender = thread::spawn(move || {
            writer.write_all(copy.as_bytes()).unwrap();
            writer
        });
        assert_eq!(receive(&reader, limits(LIMIT, LONG)).kept, expected.as_bytes());
        drop(sender.join().unwrap());
    }

    #[test]
    fn files_and_closed_pipes_can_be_read() {
        let end = |fd: &dyn AsFd, wait| {
            let found = receive(fd.as_fd(), limits(LIMIT, wait));
            assert!(found.kept.is_empty());
            found.end
        };
        assert_eq!(end(&File::open("/dev/null").unwrap(), LONG), End::Closed);
        assert_eq!(end(&File::open("/").unwrap(), SHORT), End::Failed);
        let (_reader, writer) = pipe().unwrap();
        assert_eq!(end(&writer, SHORT), End::TooLate);
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(end(&one, SHORT), End::TooLate);
        one.set_nonblocking(true).unwrap();
        assert_eq!(end(&one, SHORT), End::TooLate);
        drop(other);
        assert_eq!(end(&one, LONG), End::Closed);
    }
}
