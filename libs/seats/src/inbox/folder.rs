//! Owns the directories of an inbox, and what each says about the messages in it.

use crate::message::{Message, State};

/// A directory of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Folder {
    New,
    Cur,
    Read,
    Failed,
}

/// The directory that says how far each message has come.
pub(super) const WAY: &str = "way";
/// In the order of a message's way.
pub(super) const FOLDERS: [Folder; 4] = [Folder::New, Folder::Cur, Folder::Read, Folder::Failed];

impl Folder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Folder::New => "new",
            Folder::Cur => "cur",
            Folder::Read => "read",
            Folder::Failed => "failed",
        }
    }

    /// The directory of the messages with a state.
    pub(super) fn of(state: State) -> Self {
        match state {
            State::Queued => Folder::New,
            State::Delivered => Folder::Cur,
            State::Read | State::Acked => Folder::Read,
            State::Failed => Folder::Failed,
        }
    }

    pub(super) fn state(self, message: &Message) -> State {
        match self {
            Folder::New => State::Queued,
            Folder::Cur => State::Delivered,
            Folder::Read if message.acked_at.is_some() => State::Acked,
            Folder::Read => State::Read,
            Folder::Failed => State::Failed,
        }
    }
}
