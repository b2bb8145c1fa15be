//! The log of what tools did: whatever is killed or fails, no line is lost, and `verify` names each place that is not as
//! it was written.

#![cfg(target_os = "linux")]

#[path = "audit/append.rs"]
mod append;
#[path = "audit/facts.rs"]
mod facts;
#[path = "audit/place.rs"]
mod place;
