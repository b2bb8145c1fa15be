//! Which calls of tools a person should know of: destructive ones, those that touch secrets, install
//! software or use other rights, and those that nobody can see through. Rules are data; the command
//! line is parsed by `cs_core::shell`.
//!
//! Must stay true: any call gets a verdict in bounded time; nothing is executed and no file is read;
//! text that a program only gets (`echo 'rm -rf /'`, a commit message, a here-document) is no command.
//!
//! Deliberately absent: what to do about a verdict, and where it is logged.

mod builtin;
mod call;
mod flags;
mod glob;
mod index;
mod judge;
mod opaque;
mod page;
mod passed;
mod rule;
mod secret;
mod sql;
mod subcommand;
mod target;
mod words;

pub use call::Call;
pub use glob::matches;
pub use judge::{Explained, Judged, Reason, Rules, Verdict, explain, judge, programs};
pub use opaque::{LONG, Opaque};
pub use page::table;
pub use passed::without_passed;
pub use rule::{Kind, Rule};
pub use words::Words;

/// Why a command line may not show what it does; there is no rule for that.
pub const OPAQUE: [&Opaque; 6] = opaque::ALL;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
