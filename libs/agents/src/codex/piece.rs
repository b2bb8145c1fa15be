//! Owns what one line of a rollout tells, before it is an entry.

use crate::entry::Kind;
use std::borrow::Cow;

/// An entry without what all entries of its line share.
pub(super) struct Piece<'a> {
    /// The id that its line or its item has.
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) block: u32,
    pub(super) kind: Kind<'a>,
}

impl<'a> Piece<'a> {
    pub(super) fn new(id: Option<Cow<'a, str>>, block: u32, kind: Kind<'a>) -> Self {
        Piece { id, block, kind }
    }
}
