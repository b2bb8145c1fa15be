//! The model of a conversation, over all recordings of real clients: what `docs/CONVERSATION.md` promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod checker;
mod golden;
mod inputs;
mod schema;
mod support;
mod texts;
