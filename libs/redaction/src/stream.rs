//! Owns replacing in a stream: text in windows, JSON line by line. Must stay true: the memory is that of a window, with
//! JSON that of the longest line; bytes that are not UTF-8 stay as they are; what is found in a window stays found in the
//! next one.
//!
//! A window of text ends [`TAIL`] bytes after what is written of it, so that what begins before the end is seen whole,
//! unless it is longer than that.

use crate::engine::{Engine, Found, Place};
use crate::json::{self, Json};
use crate::pieces::{Piece, join, replace};
use crate::units::Form;
use std::io::{self, BufRead};
use std::ops::Range;

/// Size of a window.
const WINDOW: usize = 1024 * 1024;
/// How far a window reaches beyond what is written of it.
const TAIL: usize = 64 * 1024;
/// Longest line of JSON.
pub const LONGEST: usize = 256 * 1024 * 1024;

/// How a stream is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As JSON if its first character is `{`, else as text.
    #[default]
    Guess,
    /// As text.
    Text,
    /// As JSON.
    Json,
}

/// What happens while a stream is read.
#[derive(Debug)]
pub enum Event<'e> {
    /// The next bytes of the result.
    Bytes(&'e [u8]),
    /// Something was found; it is replaced.
    Found {
        /// The number of the line where it begins.
        line: u64,
        /// The name that JSON gives it: its anchor, or its id.
        entry: Option<&'e str>,
        /// What; its span says nothing.
        found: &'e Found,
    },
    /// Something was found in a key or a number of JSON, which do not change.
    Left {
        /// The number of the line where it begins.
        line: u64,
        /// The name that JSON gives it: its anchor, or its id.
        entry: Option<&'e str>,
        /// What; its span says nothing.
        found: &'e Found,
    },
    /// A line of JSON is none, and was read as text.
    NotJson {
        /// Its number.
        line: u64,
    },
}

/// Why a stream is not read further.
#[derive(Debug)]
pub enum Stopped<E> {
    /// It cannot be read.
    Input(io::Error),
    /// It is UTF-16.
    Utf16,
    /// A line of JSON is longer than [`LONGEST`].
    TooLong {
        /// Its number.
        line: u64,
    },
    /// The receiver of the events does not want to go on.
    Receiver(E),
}

/// Reads a stream to its end, and passes on what becomes of it.
pub fn redact<E>(
    engine: &mut Engine,
    mode: Mode,
    place: Place,
    input: impl BufRead,
    take: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let mut stream = Stream { engine, place, input, take, line: 1 };
    match stream.mode(mode)? {
        true => stream.json(),
        false => stream.text(),
    }
}

struct Stream<'s, R, T> {
    engine: &'s mut Engine,
    place: Place<'s>,
    input: R,
    take: T,
    /// The number of the next line.
    line: u64,
}

impl<R: BufRead, T> Stream<'_, R, T> {
    /// Whether it is JSON.
    fn mode<E>(&mut self, mode: Mode) -> Result<bool, Stopped<E>> {
        let begin = fill(&mut self.input).map_err(Stopped::Input)?;
        if begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") {
            return Err(Stopped::Utf16);
        }
        let begin = begin.strip_prefix("\u{feff}".as_bytes()).unwrap_or(begin);
        Ok(match mode {
            Mode::Guess => begin.trim_ascii_start().starts_with(b"{"),
            Mode::Text => false,
            Mode::Json => true,
        })
    }

    fn json<E>(&mut self) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        let (mut json, mut bytes) = (Json::default(), Vec::new());
        loop {
            bytes.clear();
            read_line(&mut self.input, &mut bytes).map_err(Stopped::Input)?;
            match bytes.len() {
                0 if json.is_between() => return Ok(()),
                // The last value is cut off.
                0 => return self.tell(Event::NotJson { line: self.line.saturating_sub(1) }),
                length if length > LONGEST => return Err(Stopped::TooLong { line: self.line }),
                _ => self.json_line(&mut json, &bytes)?,
            }
            self.line += 1;
        }
    }

    fn json_line<E>(&mut self, json: &mut Json, bytes: &[u8]) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        let text = Form::Bytes.decode(bytes);
        let line = self.line;
        let mut changes = json.line(self.engine, &text, self.place);
        if changes.is_none() {
            self.tell(Event::NotJson { line })?;
            // Perhaps only what came before was cut off.
            let was_open = !json.is_between();
            *json = Json::default();
            changes = if was_open { json.line(self.engine, &text, self.place) } else { None };
        }
        let json::Changes { mut pieces, left } = changes.unwrap_or_else(|| json::Changes {
            pieces: json::broken(self.engine, &text, self.place),
            left: Vec::new(),
        });
        locate(bytes, &text, &mut pieces);
        let named = if pieces.is_empty() && left.is_empty() { None } else { json::entry(&text) };
        let entry = named.as_deref();
        for piece in &left {
            self.tell(Event::Left { line, entry, found: &piece.found })?;
        }
        for piece in &pieces {
            self.tell(Event::Found { line, entry, found: &piece.found })?;
        }
        self.write(bytes, &pieces)
    }

    fn text<E>(&mut self) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        let mut window: Vec<u8> = Vec::with_capacity(WINDOW + TAIL);
        // What was found in the part of the window that the previous one had, too.
        let mut known: Vec<Piece> = Vec::new();
        loop {
            let is_end = fill_window(&mut self.input, &mut window).map_err(Stopped::Input)?;
            let text = Form::Bytes.decode(&window);
            let mut pieces = json::finds_in_text(self.engine, &text, self.place);
            locate(&window, &text, &mut pieces);
            pieces.extend(std::mem::take(&mut known));
            let mut pieces = join(pieces);
            let cut = if is_end { window.len() } else { cut(&window, &pieces) };
            let later = pieces.partition_point(|piece| piece.span.start < cut);
            known = pieces.split_off(later);
            for piece in &mut known {
                piece.span = piece.span.start - cut..piece.span.end - cut;
            }
            self.window(window.get(..cut).unwrap_or_default(), &pieces)?;
            window.drain(..cut);
            if is_end {
                return Ok(());
            }
        }
    }

    fn window<E>(&mut self, bytes: &[u8], pieces: &[Piece]) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        let mut counted = 0;
        for piece in pieces {
            self.line += lines(bytes, counted..piece.span.start);
            counted = piece.span.start;
            self.tell(Event::Found { line: self.line, entry: None, found: &piece.found })?;
        }
        self.line += lines(bytes, counted..bytes.len());
        self.write(bytes, pieces)
    }

    fn write<E>(&mut self, bytes: &[u8], pieces: &[Piece]) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        match pieces {
            [] => self.tell(Event::Bytes(bytes)),
            pieces => self.tell(Event::Bytes(&replace(bytes, pieces))),
        }
    }

    fn tell<E>(&mut self, event: Event) -> Result<(), Stopped<E>>
    where
        T: FnMut(Event) -> Result<(), E>,
    {
        (self.take)(event).map_err(Stopped::Receiver)
    }
}

/// Moves pieces from the text to the bytes that it was decoded from.
fn locate(bytes: &[u8], text: &str, pieces: &mut [Piece]) {
    if text.len() != bytes.len() || text.as_bytes() != bytes {
        let mut spans: Vec<&mut Range<usize>> = pieces.iter_mut().map(|piece| &mut piece.span).collect();
        Form::Bytes.locate(bytes, &mut spans);
    }
}

/// How many lines end there.
fn lines(bytes: &[u8], range: Range<usize>) -> u64 {
    bytes.get(range).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() as u64
}

/// How much of a window is written: up to the end of a line, or of a word, and not a part of what was found.
fn cut(window: &[u8], pieces: &[Piece]) -> usize {
    let most = window.len().saturating_sub(TAIL);
    let before = window.get(..most).unwrap_or_default();
    let end_of_line = before.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
    let end_of_word = || before.iter().rposition(u8::is_ascii_whitespace).map(|at| at + 1);
    let cut = end_of_line.or_else(end_of_word).unwrap_or(most);
    let crossing = pieces.iter().find(|piece| piece.span.start < cut && cut < piece.span.end);
    match crossing {
        // All that is in the window is one find.
        Some(piece) if piece.span.start == 0 => piece.span.end,
        Some(piece) => piece.span.start,
        None => cut,
    }
}

/// Reads until the window is full; `true` at the end of the input.
fn fill_window(input: &mut impl BufRead, window: &mut Vec<u8>) -> io::Result<bool> {
    while window.len() < WINDOW {
        let bytes = fill(input)?;
        if bytes.is_empty() {
            return Ok(true);
        }
        let taken = bytes.len().min(WINDOW - window.len());
        window.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        input.consume(taken);
    }
    Ok(false)
}

/// Reads a line with its end, or a little more than [`LONGEST`] bytes.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    while line.len() <= LONGEST {
        let bytes = fill(input)?;
        let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(bytes.len());
        line.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        input.consume(taken);
        if end.is_some() || taken == 0 {
            return Ok(());
        }
    }
    Ok(())
}

fn fill(input: &mut impl BufRead) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A second call is needed, because a result that is borrowed cannot be returned from a loop.
            Ok(_) => return input.fill_buf(),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
