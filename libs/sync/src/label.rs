//! Owns whether a name of this machine may leave: it stands beside everything that was sent, so nothing may be in it that is
//! replaced elsewhere.

use crate::ruled;
use cs_core::error::{Error, Result};
use cs_core::store::Store;
use redaction::Place;

/// Fails if a rule, of the user or of any project, finds something in a name.
pub fn check(store: &Store, label: &str) -> Result<()> {
    let mut engine = reports::engine_of_all(&store.home, &ruled::folders(store)?)?;
    match engine.find(label, Place::default()).first() {
        None => Ok(()),
        Some(found) => Err(Error::Invalid(format!(
            "everybody who reads what is sent sees this name, and the rule {} finds something in it; choose another one",
            found.rule
        ))),
    }
}
