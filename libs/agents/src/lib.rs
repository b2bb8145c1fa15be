//! Coding agents and the formats that they write. All parsing of agents' hook payloads, logs and files about running
//! conversations is in this package. Everything else in the project gets values: [`agent::Agent`],
//! [`event::Event`], a [`payload::Payload`], the [`entry::Entry`]s of a log.
//! Never here: counting, prices, what a session is doing.

pub mod agent;
pub mod answer;
mod claude;
mod codex;
mod content;
pub mod cut;
pub mod entry;
pub mod event;
mod evidence;
pub mod folder;
pub mod history;
pub mod hook_call;
pub mod hook_runs;
pub mod hook_seat;
mod last_call;
mod last_messages;
pub mod launch;
mod lenient;
pub mod limit;
pub mod lines;
pub mod logs;
mod loose;
mod mark;
pub mod model;
mod opened;
pub mod part;
pub mod payload;
pub mod process;
pub mod queue;
pub mod reader;
pub mod resume;
pub mod rooted;
pub mod seat_hooks;
pub mod statusline;
pub mod sweep;
pub mod title;
pub mod tokens;
pub mod traps;
pub mod trust;
pub mod typed;
mod words;

pub use agent::Agent;
pub use event::Event;
pub use evidence::{WITNESS, registry_folder};
pub use last_call::{LastCall, last_call};
pub use last_messages::{LastMessage, last_messages, last_words};
pub use opened::{Opened, opened};
