//! Owns what those who have the key may do.

/// What those who have the key may do, from the command line. Each may what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Only look.
    Look,
    /// Review conversations, and change sessions and tasks.
    Review,
    /// Control agents in seats.
    Control,
}
