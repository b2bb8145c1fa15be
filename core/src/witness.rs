//! Owns the interface through which the store gets evidence that is not from hooks. It is in the agents' own files,
//! whose formats the core does not know.
//! Must stay true: an answer is a hint; without an answer nothing is guessed.

use crate::live::Live;
use crate::naming::Title;
use crate::process::Process;
use crate::state::{Client, Logged};

/// The questions, as functions.
#[derive(Clone, Copy, Debug)]
pub struct Witness {
    /// The client's registry entry for a conversation of this process.
    pub client: fn(&Live, &Process) -> Option<Client>,
    /// How the last turn ended according to the conversation's own log; `None` if it still runs, or if that is unknown.
    pub logged: fn(&Live) -> Option<Logged>,
    /// The conversation to which this process switched, if it left this one. The list has all running conversations.
    pub left_for: for<'a> fn(&Live, &Process, &'a [Live]) -> Option<&'a str>,
    /// The name that a person gave to a running conversation, which no hook reports.
    pub given_name: fn(&Live) -> Option<Title>,
}

impl Witness {
    /// Answers nothing, for programs that never ask.
    pub const NONE: Witness =
        Witness { client: |_, _| None, logged: |_| None, left_for: |_, _, _| None, given_name: |_| None };
}
