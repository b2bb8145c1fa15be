//! Owns what a column of a table says about itself: its title, its worth, and how narrow it may become.

use super::widths::Want;
use crate::width::{cut_start_to_width, cut_to_width, width_of};

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    pub(super) title: String,
    pub(super) side: Side,
    pub(super) is_main: bool,
    pub(super) cut: Cut,
    /// `None`: the column is never left out.
    worth: Option<u8>,
    /// The width to which it may shrink; `None`: it is never cut.
    floor: Option<usize>,
    is_extra: bool,
    /// How many percent of the room it keeps, if it is the main one.
    share: usize,
}

/// Where a cell stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// What is cut off from a text that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    End,
    /// The start of an absolute path, the end of other texts.
    StartOfPath,
}

impl Cut {
    /// At most `room` columns of the text.
    pub fn to_width(self, text: &str, room: usize) -> String {
        match self {
            Cut::StartOfPath if text.starts_with('/') => cut_start_to_width(text, room),
            Cut::End | Cut::StartOfPath => cut_to_width(text, room),
        }
    }
}

/// The width to which the main column may shrink when nothing else can.
const NARROWEST: usize = 8;
/// How many percent of the room the main column keeps.
const HALF: usize = 50;

impl Column {
    /// A column of words: never left out and never cut, unless it says otherwise.
    pub fn text(title: &str) -> Self {
        let title = title.to_string();
        Column {
            title,
            side: Side::Left,
            is_main: false,
            cut: Cut::End,
            worth: None,
            floor: None,
            is_extra: false,
            share: HALF,
        }
    }

    /// A column of numbers, which end below each other.
    pub fn number(title: &str) -> Self {
        Column { side: Side::Right, ..Column::text(title) }
    }

    /// The column that the table is about: it keeps half of the room as long as anything else can go.
    pub fn main(title: &str) -> Self {
        Column { is_main: true, floor: Some(NARROWEST), ..Column::text(title) }
    }

    /// The main column keeps only so many percent of the room, in favour of what stands before it.
    pub fn keeps(self, share: usize) -> Self {
        Column { share, ..self }
    }

    /// Its texts may be absolute paths: where these are cut, their end stays.
    pub fn of_paths(self) -> Self {
        Column { cut: Cut::StartOfPath, ..self }
    }

    /// It may be left out; columns of less worth go first, of equal worth the last one.
    pub fn worth(self, worth: u8) -> Self {
        Column { worth: Some(worth), ..self }
    }

    /// It may be cut, but not below this width.
    pub fn shrinks(self, floor: usize) -> Self {
        Column { floor: Some(floor.max(1)), ..self }
    }

    /// It is never cut: where it stands alone, a long text gets several lines.
    pub fn whole(self) -> Self {
        Column { floor: None, ..self }
    }

    /// It is left out where anything would have to be cut; columns of the least worth are.
    pub fn only_if_all_fits(self) -> Self {
        Column { is_extra: true, worth: self.worth.or(Some(0)), ..self }
    }

    /// Whether it is never left out.
    pub(super) fn is_kept(&self) -> bool {
        self.worth.is_none()
    }

    /// Whether its texts are cut if necessary.
    pub(super) fn may_be_cut(&self) -> bool {
        self.floor.is_some()
    }

    /// What it wants if its widest cell is this wide.
    pub(super) fn want(&self, widest: usize) -> Want {
        match widest {
            0 => Want::default(),
            _ => Want {
                natural: widest.max(width_of(&self.title)),
                floor: self.floor,
                worth: self.worth,
                is_extra: self.is_extra,
                share: if self.is_main { self.share } else { 0 },
            },
        }
    }
}
