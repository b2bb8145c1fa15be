//! Owns the body of a report while it is made: rows in one of the formats.

use crate::request::{Format, Mode};
use crate::row::Row;
use std::io;

/// Rows on their way into a report.
pub struct Writer {
    format: Format,
    mode: Mode,
}

impl Writer {
    /// An empty body.
    pub fn new(format: Format, mode: Mode) -> Writer {
        Writer { format, mode }
    }

    /// Appends a row. A row `conversation` begins the next one; kinds of parts are its entries; other rows of the same name
    /// that follow each other are a table.
    pub fn add(&mut self, _row: &Row) -> io::Result<()> {
        let _ = (self.format, self.mode);
        Ok(())
    }
}
