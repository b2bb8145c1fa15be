//! Owns the kinds of files in the data directory. Which path has which kind is decided by `check` and `seats`.

use crate::id::{SeatId, SessionId, Slug, Uuid};

/// The kind of file that belongs at a path.
pub(super) enum FileKind {
    Config,
    Notified,
    /// The id and the label of this machine.
    Machine,
    Record(SessionId),
    Archived,
    Project(Slug),
    Context(Slug),
    Live(Uuid),
    Ended(Uuid),
    /// The last figures of a conversation's status line.
    Reading(Uuid),
    /// The costs of a day.
    Spent,
    /// The usage of a conversation.
    Usage,
    /// The usage of each day.
    UsedOn,
    /// When the summaries were last written.
    Kept,
    Index,
    Seat(SeatId),
    /// A message to a seat.
    Message,
    /// The leases of a project.
    Leases,
    /// Only locked or appended to: it must be a regular file, whatever is in it.
    Plain,
    /// A directory of ours, or something whose content does not matter.
    Passed,
    Foreign,
}
