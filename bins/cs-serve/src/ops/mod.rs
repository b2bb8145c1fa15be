//! Owns the changes that the dashboard makes, a closed list. Each calls the function of the program that does the same.
//!
//! Must stay true: a body is one object with the fields of its change and no others; nothing here changes settings,
//! rules or paths, runs a command or deletes.

use crate::http::{Refusal, Reply};
use cs_core::store::Store;
use serde::Deserialize;

/// A change.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", deny_unknown_fields)]
enum Op {}

/// Makes the change in the body of a request.
pub fn make(_store: &Store, body: &[u8]) -> Result<Reply, Refusal> {
    match serde_json::from_slice::<Op>(body) {
        Ok(op) => match op {},
        Err(error) => Err(bad(&error)),
    }
}

/// The refusal of a body, which is not repeated in it.
fn bad(error: &serde_json::Error) -> Refusal {
    let text = format!("the body is not a change that is known here (column {}); see /api", error.column());
    Refusal::new(400, "BAD_REQUEST", &text)
}
