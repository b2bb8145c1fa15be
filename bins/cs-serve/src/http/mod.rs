//! Owns HTTP as this program speaks it: who may connect, the form of requests and answers, and all limits.
//!
//! The types are those of `tiny_http` ([`tiny_http::Method`], [`tiny_http::HTTPVersion`], and
//! [`tiny_http::Response`], which writes the heads of all answers). Its server is not used: it gives every connection a
//! thread for as long as the connection lasts, reads a head of any length byte by byte before it can be checked, and
//! panics when file descriptors run out. A receive timeout on the listening socket is inherited by accepted ones, but
//! restarts with every byte. So one thread here waits for all sockets at once (`server`), reads heads within limits and
//! deadlines, and writes the answers, which a few threads (`workers`) make. A slow client costs a socket and a small
//! buffer, never a thread.
//!
//! Must stay true: only requests that pass `head`, `access` and `guard` reach the router; a target is decoded once, in
//! `target`; all waiting has a deadline; a body is read only after its head was
//! accepted, and only one that changes something (`write`) has one.

pub mod access;
mod connection;
pub mod guard;
mod guesses;
pub mod head;
pub mod limits;
mod outgoing;
pub mod refusal;
pub mod refused;
pub mod reply;
pub mod rest;
mod same;
pub mod secrets;
pub mod server;
mod streams;
mod system;
pub mod target;
pub mod workers;
pub mod write;

pub use access::{Access, Key};
pub use guard::Policy;
pub use head::Request;
pub use refusal::Refusal;
pub use reply::{Reply, Start};
pub use rest::Rest;
pub use same::same;
pub use secrets::Secrets;
pub use server::Server;
pub use system::{raise_file_limit, save_memory, trim_memory};
pub use workers::Effort;
