//! Copies of conversations under `kept/`, made before the clients delete their logs: the only package that reads and
//! writes them. Must stay true: what was copied is never changed, only appended to; a copy is a file of its own, never a
//! hard link; links are refused. Never here: what a line means.

mod index;
mod manifest;
mod read;

pub use manifest::{FileCopy, LogCopy, Manifest};
pub use read::{KeptConversation, KeptLog, conversations, open};
