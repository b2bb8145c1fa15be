//! Replaces secrets and personal data in texts that leave the machine by placeholders such as `[github-pat:7f3a91c2]`:
//! rules as data (TOML with the fields of gitleaks), the engine, the key of the placeholders, the ledger.
//! The scanner of `redact` is the built-in rule set `cs`; there is no second list.
//!
//! Must stay true: redacting twice changes nothing; a file of rules that cannot be understood stops everything; the time
//! is linear in the text. Hooks never link this package. Deliberately absent: what people mark by hand (`marks`).

mod allow;
mod convert;
mod engine;
mod examples;
mod form;
pub mod json;
mod key;
mod keywords;
mod ledger;
mod node;
mod opaque;
mod pattern;
mod pieces;
mod rules;
pub mod stream;
mod tier;
mod units;
mod yaml;

pub use engine::{Engine, Found, Place, REDACTED, Redacted};
pub use examples::Tested;
pub use key::Key;
pub use ledger::{Entry, Ledger, Run, Tally};
pub use pieces::{Piece, join, replace};
pub use rules::{Rule, Rules};
pub use tier::Tier;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
