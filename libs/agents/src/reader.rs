//! Owns decoding the lines of a log into entries, in order. The reader's [`State`] holds what later lines need from
//! earlier ones; with it, reading can be resumed.
//! Must stay true: a line that cannot matter to the caller is not parsed; a torn line never gives entries.

use crate::agent::Agent;
use crate::entry::{Entry, Understood, Wanted};
use crate::part::PartKind;
use crate::{claude, codex, history, lines};
use cs_core::repair;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// Facts from the lines that a reader has read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum State {
    /// No facts: each line is complete in itself.
    Claude,
    /// Facts from Codex's earlier lines.
    Codex(Box<codex::State>),
    /// The lines are those of a client's `history.jsonl`; the conversation that is read.
    History(String),
}

impl State {
    /// The state at the beginning of a log.
    pub fn new(agent: Agent) -> Self {
        match agent {
            Agent::Claude => State::Claude,
            Agent::Codex => State::Codex(Box::default()),
        }
    }
}

/// Reads a log's lines.
pub struct Reader {
    state: State,
    wanted: Wanted,
}

impl Reader {
    /// Creates a reader that continues from a state.
    pub fn new(state: State, wanted: Wanted) -> Self {
        Reader { state, wanted }
    }

    /// Whether a line may have parts of these kinds; of any, if there is none.
    pub fn may_have(&self, line: &[u8], kinds: &[PartKind]) -> bool {
        match &self.state {
            State::Claude => claude::sieve::may_have(line, kinds),
            _ => true,
        }
    }

    /// Whether parts of these kinds in other lines depend on this one: it may begin a turn or a thread, or say what is a
    /// copy. Any other line may be left out by a caller that does not want what it says.
    pub fn is_landmark(&self, line: &[u8], kinds: &[PartKind]) -> bool {
        match &self.state {
            State::Claude => claude::sieve::is_landmark(line, kinds),
            _ => true,
        }
    }

    /// The present state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state at the end.
    pub fn into_state(self) -> State {
        self.state
    }

    /// Passes the entries of a line to `each`. `number` is the line's, beginning with 1; it identifies a line without
    /// an id. If a line has several records, the worst result is returned.
    pub fn line(&mut self, line: &[u8], number: u64, each: &mut dyn FnMut(Entry)) -> Understood {
        let whole = self.record(line, number, each);
        // Only the beginning of a rollout's line may have been checked.
        let is_seen = self.state == State::Claude && whole != Understood::Not;
        let records = if is_seen { Vec::new() } else { lines::records(line) };
        if records.len() < 2 {
            return whole;
        }
        let is_torn = |record: &[u8]| repair::decode::<IgnoredAny>(record, &mut Vec::new()).is_err();
        let one = |record| if is_torn(record) { Understood::Not } else { self.record(record, number, each) };
        records.into_iter().map(one).fold(Understood::Repaired, Understood::max)
    }

    /// Passes what was held back to `each`, at the end of the log. Reading may go on.
    pub fn finish(&mut self, each: &mut dyn FnMut(Entry)) {
        if let State::Codex(state) = &mut self.state {
            state.finish().into_iter().for_each(each);
        }
    }

    fn record(&mut self, record: &[u8], number: u64, each: &mut dyn FnMut(Entry)) -> Understood {
        let mut room = Vec::new();
        let entries = match &mut self.state {
            State::Claude if self.wanted == Wanted::Counted && !claude::may_count(record) => {
                return Understood::AsItIs;
            }
            State::Claude if self.wanted == Wanted::Full && !claude::may_matter(record) => return Understood::AsItIs,
            State::Claude => claude::entries(record, number, self.wanted, &mut room),
            State::History(conversation) => {
                return history::line(record, conversation, each);
            }
            State::Codex(_) if !codex::may_matter(record, self.wanted) => return Understood::AsItIs,
            State::Codex(state) => state.entries(record, number, self.wanted, &mut room),
        };
        let Some(entries) = entries else { return Understood::Not };
        entries.into_iter().for_each(each);
        Understood::after(&room)
    }
}
