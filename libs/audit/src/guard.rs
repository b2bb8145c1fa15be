//! What the guard does about a call of a tool. Must stay true: a decision is a function of the verdicts, the settings and
//! where the call happens, with the links there; a setting that cannot be used makes the guard log only.
//!
//! Deliberately absent: what the client is told (`agents::answer`), and leases, about which `cs-guard` asks `seats`.

mod allow;
mod changed;
mod decide;
mod inside;
mod place;
mod settings;

pub use decide::{Ground, decide};
pub use place::Place;
pub use settings::{Action, Allow, Settings};
