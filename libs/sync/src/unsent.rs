//! Owns what becomes of the rows that a target has of a source that is not sent, because a rule that is sure finds something
//! in it. Must stay true: a secret does not stay in a target if all that is removed with it can be sent again from here; rows
//! that are nowhere else stay, and people are told.

use crate::decide::Growth;
use crate::source::Source;

/// A source that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Its name.
    pub source: Source,
    /// The rule's id.
    pub rule: String,
    /// What the target has of it now.
    pub left: Left,
}

/// What a target has of a source that was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing, also before.
    Nothing,
    /// Rows that were sent before, and in which the rules find nothing.
    Clean,
    /// Nothing any more: so many rows were removed.
    Removed(u64),
    /// Nothing: the target cannot be asked, so what was sent before, if anything, was removed.
    Emptied,
    /// What was sent before, in which the rule may find something: there are rows among them that this machine has lost.
    Unsure,
}

impl Left {
    /// The same for a target that cannot be asked.
    pub(crate) fn of_unknown(growth: Growth) -> Left {
        if growth == Growth::Copy { Left::Unsure } else { Left::Emptied }
    }

    /// What is to become of the rows that a target has: so many, of which all were compared with those of here, or not. The
    /// source here has so many rows, if that is known.
    pub(crate) fn of(had: u64, is_compared: bool, growth: Growth, rows: Option<u64>) -> Left {
        match growth {
            _ if had == 0 => Left::Nothing,
            _ if is_compared => Left::Clean,
            Growth::Log | Growth::Copy if rows.is_none_or(|rows| rows < had) => Left::Unsure,
            Growth::Free | Growth::Log | Growth::Copy => Left::Removed(had),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_sent_again_is_removed_and_what_is_nowhere_else_stays() {
        for growth in [Growth::Free, Growth::Log, Growth::Copy] {
            assert_eq!(Left::of(0, false, growth, Some(4)), Left::Nothing);
            assert_eq!(Left::of(3, true, growth, Some(4)), Left::Clean);
            assert_eq!(Left::of(3, false, growth, Some(3)), Left::Removed(3));
        }
        assert_eq!(Left::of(3, false, Growth::Free, None), Left::Removed(3));
        assert_eq!(Left::of(3, false, Growth::Log, Some(2)), Left::Unsure);
        assert_eq!(Left::of(3, false, Growth::Copy, None), Left::Unsure);
    }
}
