//! Owns the engine of a run: its rules, and the key of its placeholders.

use cli::Outcome;
use cs_core::paths::Home;
use redaction::{Engine, Key, Rules};
use std::path::{Path, PathBuf};

/// The word for a key that is forgotten after the run.
const NONE: &str = "none";

/// Where the key comes from if none is named.
#[derive(Clone, Copy)]
pub enum Otherwise {
    /// From the data directory; made there if there is none.
    Store,
    /// From the data directory; if there is none, from nowhere: nothing is written.
    Borrowed,
}

/// The engine for the rules and the key that were named.
pub fn engine(home: &Home, files: &[PathBuf], key: Option<&str>, otherwise: Otherwise) -> Outcome<Engine> {
    let rules = Rules::load(home, files)?;
    let key = match (key, otherwise) {
        (Some(NONE), _) => Key::fresh()?,
        (Some(path), _) => Key::read(Path::new(path))?,
        (None, Otherwise::Borrowed) if !home.redact_key().exists() => Key::fresh()?,
        (None, _) => Key::of_store(home)?,
    };
    Ok(Engine::new(rules, key))
}
