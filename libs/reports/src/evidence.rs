//! Owns the rows of the mode `evidence`: one for each session.

use crate::make::One;
use crate::texts::Texts;
use crate::writer::Writer;
use cs_core::error::Result;

/// The columns, in this order, of the CSV file.
pub const COLUMNS: [&str; 1] = ["conversation"];

/// Appends the rows of a conversation.
pub fn write(_one: &One, _texts: &mut Texts, _writer: &mut Writer) -> Result<()> {
    Ok(())
}
