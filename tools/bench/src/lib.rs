//! Measures what the programs cost: stores of any size, the calls measured on them, and the tables.
//!
//! The program measures times; `budgets.rs` of the tests checks the stable figures (see [`gate`]). Both use the real
//! programs on real files. Each call in [`scenario`] has its budget beside it.

pub mod compare;
pub mod conversations;
pub mod gate;
pub mod instructions;
pub mod log;
pub mod measure;
pub mod native;
pub mod place;
pub mod redaction;
pub mod report;
pub mod scenario;
pub mod seats;
pub mod serve;
pub mod store;
pub mod trace;
