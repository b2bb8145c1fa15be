//! Owns what can happen to a target. Must stay true: the same sequence of operations twice changes nothing the second
//! time; a target does all operations of a run or, if it is a database, none.

use crate::held::Held;
use crate::machine::Machine;
use crate::row::Row;
use crate::source::Source;
use crate::visibility::Visibility;
use cs_core::error::Result;
use redaction::Entry;

/// One operation.
#[derive(Clone, Debug)]
pub enum Op<'o> {
    /// Whose rows follow. The first operation of every run.
    Machine(&'o Machine),
    /// Row `seq` (from 0) of a source is this one, from now on.
    Row(&'o Source, u64, &'o Row),
    /// All rows of a source from this `seq` on go away.
    Cut(&'o Source, u64),
    /// The source has this now, and is seen by these. Without a visibility it stays as it is, and is private if it is new.
    /// The last operation for a source.
    Held(&'o Source, &'o Held, Option<Visibility>),
    /// Everything of this conversation, or of this session without one, goes away, on all machines of this person, and is
    /// never taken again.
    Forget(&'o str),
}

/// Something that takes operations: a database, a folder, text for one.
pub trait Sink {
    /// Takes the next operation.
    fn take(&mut self, op: &Op) -> Result<()>;

    /// Is told what was replaced, by rules with this digest, in rows of a source that it took; for the ledger.
    fn note(&mut self, _rules: &str, _replaced: &[Entry]) {}
}
