//! Reads one JSON object from a file descriptor that may never be closed.
//!
//! Owns the three limits of that reading: the end of the object, a number of
//! bytes, and a time. A caller that keeps its end of the pipe open, writes
//! without end or writes nothing must not hold up the program.
//!
//! What must stay true: the descriptor itself is neither closed nor changed;
//! no read is begun that could block; nothing beyond `limit` is taken from it.
//! Bytes behind the object that arrived together with it are lost.
//!
//! Deliberately absent: JSON. The [`Scanner`] knows brackets and strings, enough
//! to see the end of a valid object; whether it is valid is the parser's business.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

/// Bytes per read: what Linux hands over at most from a pipe of usual size.
const CHUNK: usize = 64 * 1024;

/// What a [`Scanner`] knows after a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The object has not begun or not ended.
    More,
    /// The object ends before this offset in the chunk.
    Complete(usize),
    /// The first value is not an object.
    Rejected,
}

/// Looks for the end of the first top-level object, chunk by chunk.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Open brackets of either kind; 0 only before the object.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scanner {
    /// Takes the next chunk. Not to be called again after anything but
    /// [`Progress::More`].
    pub fn feed(&mut self, chunk: &[u8]) -> Progress {
        for (at, &byte) in chunk.iter().enumerate() {
            if self.in_string {
                self.string_byte(byte);
                continue;
            }
            match byte {
                b'{' => self.depth += 1,
                b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {}
                _ if self.depth == 0 => return Progress::Rejected,
                b'[' => self.depth += 1,
                b'"' => self.in_string = true,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Progress::Complete(at + 1);
                    }
                }
                _ => {}
            }
        }
        Progress::More
    }

    /// In UTF-8 no byte of a longer character equals a quote or a backslash.
    fn string_byte(&mut self, byte: u8) {
        self.in_string = self.escaped || byte != b'"';
        self.escaped = !self.escaped && byte == b'\\';
    }
}

/// What `fd` delivers up to the end of the first JSON object, but at most
/// `limit` bytes, and only what is there within `wait` in all. Ends early, with
/// what was read, at the end of the input, at an error, and at a value that is
/// not an object. What is there already is read even if `wait` is zero.
pub fn read_value(fd: impl AsFd, limit: usize, wait: Duration) -> Vec<u8> {
    let mut value = Vec::new();
    let Ok(own) = fd.as_fd().try_clone_to_owned() else {
        return value;
    };
    let mut input = File::from(own);
    let mut scanner = Scanner::default();
    let mut buffer = vec![0; CHUNK.min(limit)];
    let started = Instant::now();
    while value.len() < limit && is_readable(&input, started, wait) {
        let room = buffer.len().min(limit - value.len());
        let read = input.read(buffer.get_mut(..room).unwrap_or_default());
        let chunk = match read {
            Ok(count) if count > 0 => buffer.get(..count).unwrap_or_default(),
            Err(error) if is_passing(error.kind()) && started.elapsed() < wait => continue,
            _ => break,
        };
        value.extend_from_slice(chunk);
        match scanner.feed(chunk) {
            Progress::More if started.elapsed() < wait => {}
            Progress::Complete(end) => {
                value.truncate(value.len() - chunk.len() + end);
                break;
            }
            _ => break,
        }
    }
    value
}

fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Interrupted | ErrorKind::WouldBlock)
}

/// Waits until a read would not block; false when the time is up first.
fn is_readable(input: &File, started: Instant, wait: Duration) -> bool {
    loop {
        let left = wait.saturating_sub(started.elapsed());
        // Rounded up: with 0 milliseconds for the last fraction this would spin.
        let millis = left.as_micros().div_ceil(1000);
        match poll(input, i32::try_from(millis).unwrap_or(i32::MAX)) {
            Ok(events) => return events & (libc::POLLIN | libc::POLLHUP) != 0,
            Err(ErrorKind::Interrupted) if !left.is_zero() => {}
            Err(_) => return false,
        }
    }
}

/// What happened on `input` within `millis` milliseconds; 0 is nothing.
#[allow(unsafe_code)]
fn poll(input: &File, millis: i32) -> Result<i16, ErrorKind> {
    let mut entry = libc::pollfd { fd: input.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is to one initialised pollfd, the count says one, and
    // both it and the open descriptor in it outlive the call.
    let ready = unsafe { libc::poll(&raw mut entry, 1, millis) };
    if ready < 0 {
        return Err(std::io::Error::last_os_error().kind());
    }
    Ok(entry.revents)
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

    fn timed(reader: &PipeReader, limit: usize, wait: Duration) -> (Vec<u8>, Duration) {
        let started = Instant::now();
        let value = read_value(reader, limit, wait);
        (value, started.elapsed())
    }

    #[test]
    fn returns_with_the_value_while_the_writer_stays() {
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
            let (value, took) = timed(&reader, LIMIT, LONG);
            assert_eq!(String::from_utf8(value).unwrap(), expected);
            assert!(took < LONG / 4, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn returns_what_is_there_when_the_time_is_up() {
        for text in ["", "   ", "{\"a\":", "{\"a\":\"}", "{\"a\":\"\\"] {
            let (reader, _writer) = filled(text.as_bytes());
            let (value, took) = timed(&reader, LIMIT, SHORT);
            assert_eq!(value, text.as_bytes());
            assert!(took >= SHORT && took < SHORT * 10, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn without_time_takes_what_is_there_already() {
        let (reader, _writer) = filled(b"{\"a\":1}");
        assert_eq!(read_value(&reader, LIMIT, Duration::ZERO), b"{\"a\":1}");
        let (value, took) = timed(&reader, LIMIT, Duration::ZERO);
        assert!(value.is_empty() && took < LONG / 4);
    }

    #[test]
    fn the_time_is_for_all_reads_together() {
        let (reader, mut writer) = pipe().unwrap();
        let drip = thread::spawn(move || {
            while writer.write_all(b" ").is_ok() {
                thread::sleep(SHORT / 10);
            }
        });
        let (value, took) = timed(&reader, LIMIT, SHORT);
        assert!(!value.is_empty() && took < SHORT * 10, "took {took:?}");
        drop(reader);
        drip.join().unwrap();
    }

    /// A file is always ready, so that only the clock can end this.
    #[test]
    fn the_time_ends_a_stream_that_never_pauses() {
        let path = std::env::temp_dir().join(format!("stdin-rs-{}", std::process::id()));
        std::fs::write(&path, vec![b' '; 3 * CHUNK]).unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read_value(&file, LIMIT, Duration::ZERO).len(), CHUNK);
    }

    #[test]
    fn ends_with_the_input() {
        for text in ["", "{\"a\":", "{\"a\":1}"] {
            let (reader, writer) = filled(text.as_bytes());
            drop(writer);
            let (value, took) = timed(&reader, LIMIT, LONG);
            assert_eq!(value, text.as_bytes());
            assert!(took < LONG / 4);
        }
    }

    #[test]
    fn garbage_ends_the_reading_at_once() {
        for text in ["x", "[1,2]", "  null", "\"{}\"", "}", "]", "\u{feff}{}", "\0"] {
            let (reader, _writer) = filled(text.as_bytes());
            let (value, took) = timed(&reader, LIMIT, LONG);
            assert_eq!(value, text.as_bytes());
            assert!(took < LONG / 4, "{text:?} took {took:?}");
        }
    }

    #[test]
    fn a_stream_without_end_stops_at_the_limit() {
        for (begin, limit) in [("{\"a\":\"", LIMIT), (" ", LIMIT), ("{\"a\":\"", 10), ("{", 0), ("{", CHUNK + 1)] {
            let (reader, mut writer) = filled(begin.as_bytes());
            let flood = thread::spawn(move || {
                let chunk = vec![b' '; 1 << 20];
                (0..100).all(|_| writer.write_all(&chunk).is_ok())
            });
            assert_eq!(read_value(&reader, limit, LONG).len(), limit);
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
        assert_eq!(read_value(&reader, LIMIT, LONG), expected.as_bytes());
        drop(sender.join().unwrap());
    }

    #[test]
    fn files_and_closed_ends_are_no_trouble() {
        let null = File::open("/dev/null").unwrap();
        assert!(read_value(&null, LIMIT, LONG).is_empty());
        let directory = File::open("/").unwrap();
        assert!(read_value(&directory, LIMIT, SHORT).is_empty());
        let (_reader, writer) = pipe().unwrap();
        assert!(read_value(&writer, LIMIT, SHORT).is_empty());
    }

    #[test]
    fn scanner_sees_the_same_end_at_every_chunk_border() {
        let text = "\n {\"k\\\\\":\"\\\"}\\\\\\\"é{日🔑\",\"n\":[1,{\"]\":null}]}  {".as_bytes();
        let end = text.iter().rposition(|&byte| byte == b'}').unwrap() + 1;
        for first in 0..=text.len() {
            for second in first..=text.len() {
                assert_eq!(end_of(&[&text[..first], &text[first..second], &text[second..]]), Some(end));
            }
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(end_of(&single), Some(end));
    }

    fn end_of(chunks: &[&[u8]]) -> Option<usize> {
        let mut scanner = Scanner::default();
        let mut before = 0;
        for chunk in chunks {
            match scanner.feed(chunk) {
                Progress::More => before += chunk.len(),
                Progress::Complete(end) => return Some(before + end),
                Progress::Rejected => return None,
            }
        }
        None
    }
}
