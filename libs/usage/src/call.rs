//! Owns one call of a model: its tokens, what its price depends on, and when two lines tell of the
//! same one. The rules are those of "Counted once" in `docs/USAGE.md`.

use agents::tokens::{Class, Tokens};
use serde::{Deserialize, Serialize};

/// One answer of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Call {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Hash of the message's id (of the response's; of what else tells it from others).
    pub message: u64,
    /// Hash of the request's id; 0 if the line has none.
    pub request: u64,
    /// Hash of the client's own name for the request; 0 if the line has none.
    pub reference: u64,
    /// Whose: a place in [`Facts::names`].
    pub session: u32,
    /// Which model: a place in [`Facts::names`].
    pub model: u32,
    /// What else the price depends on.
    pub class: Class,
    /// How many lines said it.
    pub lines: u32,
    /// Web searches that the server made.
    pub searches: u32,
    /// Tokens by kind.
    pub tokens: Tokens,
    /// What the line itself says that it cost, in millionths of a millionth of a dollar.
    pub cost: u64,
}

type Written = (i64, u64, u64, u64, u32, u32, Class, u32, u32, Tokens, u64);

impl From<Written> for Call {
    fn from(of: Written) -> Self {
        let (at, message, request, reference, session, model, class, lines, searches, tokens, cost) = of;
        Call { at, message, request, reference, session, model, class, lines, searches, tokens, cost }
    }
}

impl From<Call> for Written {
    fn from(of: Call) -> Self {
        let Call { at, message, request, reference, session, model, class, lines, searches, tokens, cost } = of;
        (at, message, request, reference, session, model, class, lines, searches, tokens, cost)
    }
}

impl Call {
    /// Whether there is anything to count.
    pub fn used_something(&self) -> bool {
        self.tokens.total() > 0 || self.searches > 0
    }

    /// Whether two calls are one. See "Counted once" in `docs/USAGE.md`.
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

    /// Whether this line of a call goes before an earlier one of the same call: it has more tokens, or as many of
    /// other kinds.
    pub fn outdoes(&self, earlier: &Call) -> bool {
        let (new, old) = (self.tokens.total(), earlier.tokens.total());
        new > old || (new == old && self.tokens != earlier.tokens)
    }

    /// Takes over what another line of the same call says that was used.
    pub fn adopt(&mut self, other: &Call) {
        self.tokens = other.tokens;
        self.class = self.class.sized_like(other.class);
    }

    /// Takes in a later line of the same call. The main conversation goes before a side chain; see
    /// [`Call::outdoes`] for the rest.
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
