//! What the guard does about a call of a tool. Must stay true: a decision is a function of the verdicts, the settings and
//! where the call happens; a setting that cannot be used makes the guard log only.
//!
//! Deliberately absent: what the client is told (`agents::answer`), and leases, about which `cs-guard` asks `seats`.

mod allow;
mod decide;
mod settings;

pub use allow::Place;
pub use decide::{Ground, decide};
pub use settings::{Action, Allow, Settings};
