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
                b'}' | b']' => self.depth -= 1,
                b'"' => self.in_string = true,
                _ => {}
            }
            if self.depth == 0 && matches!(byte, b'}' | b']') {
                return Progress::Complete(at + 1);
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
