//! Owns writing a log with another text instead of the id of its conversation, piece by piece.

use memchr::memmem::Finder;
use std::io::{self, Write};

/// Passes on what is written, with one text instead of another of the same length.
pub struct Renamed<W> {
    to: W,
    old: Finder<'static>,
    new: Vec<u8>,
    /// What may be the beginning of the old text.
    held: Vec<u8>,
}

impl<W: Write> Renamed<W> {
    /// Writes `new` instead of `old`.
    pub fn new(to: W, [old, new]: &[String; 2]) -> Self {
        Renamed { to, old: Finder::new(old.as_bytes()).into_owned(), new: new.clone().into_bytes(), held: Vec::new() }
    }

    /// Writes the rest.
    pub fn end(mut self) -> io::Result<()> {
        self.to.write_all(&self.held)
    }
}

impl<W: Write> Write for Renamed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        let (length, mut done) = (self.new.len(), 0);
        while let Some(at) = self.old.find(self.held.get(done..).unwrap_or_default()) {
            let end = done + at + length;
            if let Some(found) = self.held.get_mut(done + at..end) {
                found.copy_from_slice(&self.new);
            }
            done = end;
        }
        let done = done.max((self.held.len() + 1).saturating_sub(length));
        self.to.write_all(self.held.get(..done).unwrap_or_default())?;
        self.held.drain(..done);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_found_wherever_pieces_end() {
        let text = b"..abab.xabcabc..ababcab";
        for size in 1..=text.len() {
            let mut written = Vec::new();
            let mut renamed = Renamed::new(&mut written, &["abc".to_string(), "bca".to_string()]);
            text.chunks(size).for_each(|piece| renamed.write_all(piece).unwrap());
            renamed.end().unwrap();
            assert_eq!(written, b"..abab.xbcabca..abbcaab", "in pieces of {size}");
        }
    }
}
