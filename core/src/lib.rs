//! What all `cs-*` programs share: the format on disk, the store, the state engine.
//! Never here: printing, exiting, arguments, child processes.

pub mod change;
pub mod clock;
pub mod config;
pub mod days;
pub mod ending;
pub mod error;
pub mod export;
pub mod file;
pub mod git;
pub mod going_on;
pub mod hook;
pub mod id;
pub mod index;
pub mod intake;
pub mod live;
pub mod lock;
mod loose;
pub mod masked;
pub mod open;
pub mod overview;
pub mod patch;
pub mod paths;
pub mod process;
pub mod project;
pub mod quote;
pub mod record;
pub mod redact;
pub mod repair;
pub mod schedule;
pub mod search;
pub mod session;
pub mod shell;
pub mod signal;
pub mod skim;
pub mod state;
pub mod statusline;
pub mod stdin;
pub mod store;
pub mod task;
pub mod timeline;
pub mod unknown;
pub mod usage;
pub mod validate;
pub mod weight;

pub use error::{Error, Result};
