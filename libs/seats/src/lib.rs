//! Agents that work together. A *seat* is a place in which an agent works: a name, an inbox, a terminal in tmux, a
//! parent. It outlives the conversations that take place in it. Must stay true: a seat changes under its lock only;
//! `CS_AGENT` is a claim, which the processes above this one must confirm (see [`Caller`]); nothing is ever typed into a
//! terminal. Deliberately absent: starting programs, printing, and what a client prints and reads (`libs/agents`).

mod address;
mod caller;
mod client;
mod draft;
mod frame;
mod gone;
mod inbox;
mod lease;
mod lease_owner;
mod lease_path;
mod lease_store;
pub mod limits;
mod lookalike;
mod message;
mod queue;
mod reach;
mod reply;
mod report;
mod seat;
mod seating;
mod sender;
pub mod settings;
pub mod sight;
mod store;
pub mod tmux;
pub mod tree;

pub use address::{ME, find, free_name, name, named};
pub use caller::{Caller, VARIABLE, are_off, claimed};
pub use client::Client;
pub use draft::Draft;
pub use frame::{beginning, frame, single};
pub use inbox::{Inbox, Sent};
pub use lease::{Claim, LEASES, LONGEST, Lease, LeaseFile, REASON, USUAL};
pub use lease_owner::Owner;
pub use lease_path::{Scope, Trees};
pub use lease_store::{Answer, Leases, Request};
pub use message::{Channel, Kind, Message, Mode, State, message_id};
pub use queue::Want;
pub use reach::must_reach;
pub use reply::Replies;
pub use report::CLIENT;
pub use seat::{Parent, SCHEMA_VERSION, Seat, SeatStatus, Tmux};
pub use seating::{Brief, Seating};
pub use sender::{Sender, SenderKind, TELEGRAM};
pub use store::Seats;
