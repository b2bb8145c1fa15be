//! Owns one call of a model: its tokens, what its price depends on, and when two lines report the same call. The rules
//! are those of "Counted once" in `docs/USAGE.md`.

use crate::pack::packed;
use agents::tokens::{Class, Tokens};

/// One response of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Hash of the id of the message or the response, or of other facts that distinguish it.
    pub message: u64,
    /// Hash of the request's id; 0 if the line has none.
    pub request: u64,
    /// Hash of the client's own name for the request; 0 if the line has none.
    pub reference: u64,
    /// The index of its session in [`Facts::names`].
    pub session: u32,
    /// The index of its model in [`Facts::names`].
    pub model: u32,
    /// Flags that decide the price.
    pub class: Class,
    /// How many lines reported it.
    pub lines: u32,
    /// Web searches that the server made.
    pub searches: u32,
    /// Tokens by kind.
    pub tokens: Tokens,
    /// The cost that the line itself reports, in trillionths of a dollar.
    pub cost: u64,
}

packed!(Call { at, message, request, reference, session, model, class, lines, searches, tokens, cost });

impl Call {
    /// Whether there is anything to count.
    pub fn used_something(&self) -> bool {
        self.tokens.total() > 0 || self.searches > 0
    }

    /// Whether two calls are the same. See "Counted once" in `docs/USAGE.md`.
    pub fn is(&self, other: &Call) -> bool {
        let told = |a: u64, b: u64| a != 0 && b != 0;
        if self.message != other.message {
            return false;
        }
        if told(self.reference, other.reference) && self.reference != other.reference {
            return false;
        }
        self.class.has(Class::SIDE)
            || other.class.has(Class::SIDE)
            || !told(self.request, other.request)
            || self.request == other.request
    }

    /// Whether this line of a call replaces an earlier one of the same call: it has more tokens, or as many of
    /// other kinds.
    pub fn outdoes(&self, earlier: &Call) -> bool {
        let (new, old) = (self.tokens.total(), earlier.tokens.total());
        new > old || (new == old && self.tokens != earlier.tokens)
    }

    /// Takes over the usage that another line of the same call reports.
    pub fn adopt(&mut self, other: &Call) {
        self.tokens = other.tokens;
        self.class = self.class.sized_like(other.class);
    }

    /// Merges a later line of the same call. The main conversation takes precedence over a side chain; see
    /// [`Call::outdoes`] for the other rules.
    pub fn merge(&mut self, later: &Call) {
        let lines = self.lines.saturating_add(later.lines);
        let searches = self.searches.max(later.searches);
        let fuller = |one: &Call, other: &Call| one.tokens.total() > other.tokens.total();
        match (self.class.has(Class::SIDE), later.class.has(Class::SIDE)) {
            (true, false) => {
                let side = std::mem::replace(self, later.clone());
                if fuller(&side, self) {
                    self.adopt(&side);
                }
            }
            (false, true) if fuller(later, self) => self.adopt(later),
            (false, true) => {}
            _ if later.outdoes(self) => *self = later.clone(),
            _ => {}
        }
        self.searches = searches;
        self.lines = lines;
    }
}
