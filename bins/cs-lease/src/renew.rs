//! `renew`: lets leases last longer.

use crate::asker::{Asker, length, named};
use crate::shown;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use cs_core::clock::TimeDelta;

/// let leases last longer, from now on
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "renew", example = "{command_name}", example = "{command_name} l1a2b --for 2h")]
pub struct Renew {
    /// a lease's id, or the start of it (default: all of your leases in this project)
    #[argh(positional)]
    lease: Option<String>,
    /// how long it lasts from now on (default: as long as it was acquired for)
    #[argh(option, long = "for", from_str_fn(length))]
    length: Option<TimeDelta>,
}

impl Renew {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let asker = Asker::find(context)?;
        let leases = asker.known_leases(context)?;
        let id = self.lease.map(|id| named(leases.as_ref(), &id, context.now)).transpose()?.map(|lease| lease.id);
        let Some(leases) = leases else { return Err(none()) };
        let chosen = |lease: &seats::Lease| asker.is_meant(lease, id.as_deref(), "renew");
        let renewed = leases.renew(chosen, self.length, context.now)?;
        if renewed.is_empty() {
            return Err(id.map_or_else(none, |id| Failure::Nothing(format!("{id} no longer holds; acquire it again"))));
        }
        shown::print_changed(context, &asker, leases.slug().as_str(), &renewed)
    }
}

/// The failure without any lease.
pub fn none() -> Failure {
    Failure::Nothing("you have no lease in this project".into())
}
