//! What the programs cost: stores of any size, the calls that are measured on them, and the tables.
//!
//! The program measures times; `budgets.rs` of the tests checks what does not wobble (see [`gate`]). Both use the real programs
//! on real files. What is allowed stands beside each call in [`scenario`].

pub mod gate;
pub mod instructions;
pub mod measure;
pub mod native;
pub mod report;
pub mod scenario;
pub mod serve;
pub mod store;
pub mod trace;
