//! Owns what the store asks of those who know agents: what clients say of their conversations, beside what their hooks
//! reported. The answers are in the agents' own files, whose formats the core does not know.
//! Must stay true: an answer is a hint; where there is none, `None`, nothing is guessed.

use crate::live::Live;
use crate::naming::Title;
use crate::process::Process;
use crate::state::{Client, Logged};

/// The questions, as functions.
#[derive(Clone, Copy, Debug)]
pub struct Witness {
    /// What the client itself says of a conversation that this process has.
    pub client: fn(&Live, &Process) -> Option<Client>,
    /// How the conversation's own log says that the last turn ended; `None` if it goes on, or cannot be told.
    pub logged: fn(&Live) -> Option<Logged>,
    /// The conversation with which this process has gone on, if it left this one; of all that run.
    pub left_for: for<'a> fn(&Live, &Process, &'a [Live]) -> Option<&'a str>,
    /// The name that a person gave to a running conversation, which no hook reports.
    pub given_name: fn(&Live) -> Option<Title>,
}

impl Witness {
    /// Knows nothing: for programs that never ask.
    pub const NONE: Witness =
        Witness { client: |_, _| None, logged: |_| None, left_for: |_, _, _| None, given_name: |_| None };
}
