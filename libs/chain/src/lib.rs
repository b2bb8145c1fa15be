//! Lines that are chained by hashes, so that a change to a part of them shows: the form of the chain, and where a file of
//! such lines ends. Deliberately absent: what a line says, which belongs to those who write it.

pub mod last;
mod link;

pub use link::{Link, Parts, START, digest, encode, parts, seq};
