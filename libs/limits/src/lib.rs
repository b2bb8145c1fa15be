//! Limits of accounts as the clients report them: readings, the windows that they show, how fast a window is used up,
//! budgets in dollars, planned starts. Must stay true: a percentage comes from a client, never from tokens; what is not
//! known is said to be unknown. Never here: printing, arguments, sending.

pub mod account;
pub mod achievement;
pub mod alerts;
pub mod budget;
pub mod card;
pub mod file;
pub mod history;
pub mod key;
pub mod pace;
pub mod plan;
pub mod quips;
pub mod reading;
pub mod settings;
pub mod timeline;
pub mod trim;
pub mod year;

#[cfg(test)]
mod tests;
