//! Code shared by the commands that people run: arguments, output, errors and exit codes. Must stay true: stdout carries
//! data, stderr one line per error, exit codes are those of [`Failure::code`] and never 2. Deliberately absent: rules
//! of sessions.

pub mod area;
mod args;
mod block;
pub mod call;
mod consent;
mod deferred;
pub mod describe;
mod failure;
mod failures;
pub mod format;
pub mod found;
pub mod git;
mod help;
mod lines;
mod messages;
mod nearest;
mod out;
pub mod output;
mod pager;
mod place;
pub mod programs;
mod progress;
mod quote;
pub mod rawness;
mod record;
mod refusal;
pub mod repo;
pub mod seat;
mod select;
mod shared;
mod short;
mod span;
mod state;
pub mod terminal;
pub mod words;
mod work;

pub use args::{run, run_plain};
pub use block::Block;
pub use consent::{ask, ask_for, confirm};
pub use deferred::defer;
pub use failure::{EXIT_CODES, Failure, Outcome};
pub use failures::Failures;
pub use help::{command_lines, fitted as fitted_help};
pub use lines::{read_names, read_names_of};
pub use messages::{add_lines, note, report};
pub use nearest::near_words;
pub use out::{Form, Out, json_line, sanitize};
pub use place::place_name;
pub use progress::Progress;
pub use quote::{quote_word, shell_line};
pub use record::{print_changed, print_session, print_session_with, shown, shown_line};
pub use refusal::{did_you_mean, see};
pub use select::{each, selectors, selectors_of};
pub use shared::STDIN;
pub use short::ShortIds;
pub use span::patience;

use cs_core::clock::{self, Instant};
use cs_core::config::Config;
use cs_core::paths::Home;
use cs_core::range::Range;
use cs_core::store::Store;
use cs_core::zone::Zone;

/// The context of every subcommand.
#[derive(Debug)]
pub struct Context {
    /// The data directory.
    pub store: Store,
    /// Standard output.
    pub out: Out,
    /// Instant at which the program started, or `CS_NOW`.
    pub now: Instant,
}

impl Context {
    /// The data directory of this user, with the patience of commands that people run.
    pub fn new(out: Out) -> Outcome<Self> {
        Ok(Context { store: Store::for_people(Home::from_env()?, agents::WITNESS), out, now: clock::now() })
    }

    /// The range of times given by `--since` and `--until`.
    pub fn range(&self, since: Option<&str>, until: Option<&str>) -> Outcome<Range> {
        Ok(Range::parse(since, until, Zone::system(), self.now)?)
    }

    /// The configuration. Parts that cannot be parsed are reported; the program continues with defaults, and ends with
    /// the exit code of the error.
    pub fn config(&self) -> Config {
        config_of(&self.store)
    }
}

/// Like [`Context::config`], with only a store.
pub fn config_of(store: &Store) -> Config {
    let config = store.config();
    config.troubles.iter().for_each(|trouble| defer(&trouble.error));
    config
}
