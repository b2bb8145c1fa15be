//! `release`: ends leases.

use crate::asker::{Asker, named};
use crate::log::log;
use crate::renew::none;
use crate::shown;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use seats::{Lease, Leases};

/// end a lease
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "release", example = "{command_name} l1a2b", example = "{command_name} --all")]
pub struct Release {
    /// a lease's id, or the start of it (default: your only lease in this project)
    #[argh(positional)]
    lease: Option<String>,
    /// all of your leases in this project
    #[argh(switch)]
    all: bool,
}

impl Release {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        if self.all && self.lease.is_some() {
            return Err(Failure::Usage("an id and --all exclude each other".into(), None));
        }
        let asker = Asker::find(context)?;
        let leases = asker.known_leases(context)?;
        let id = self.lease.map(|id| named(leases.as_ref(), &id, context.now)).transpose()?.map(|lease| lease.id);
        let Some(leases) = leases else { return Err(none()) };
        let id = if self.all || id.is_some() { id } else { Some(only_one(context, &asker, &leases)?) };
        let released = leases.release(|lease| asker.is_meant(lease, id.as_deref(), "release"), context.now)?;
        if released.is_empty() {
            return Err(none());
        }
        released.iter().for_each(|lease| log(context, &asker, &leases, "released", lease, context.now));
        shown::print_changed(context, &asker, leases.slug().as_str(), &released)
    }
}

/// The id of the caller's only lease.
fn only_one(context: &Context, asker: &Asker, leases: &Leases) -> Outcome<String> {
    let mut own = leases.held(context.now)?;
    own.retain(|lease| asker.is_own(lease));
    let title = |lease: &Lease| format!("{} ({})", lease.id, lease.paths.join(", "));
    match own.as_slice() {
        [] => Err(none()),
        [one] => Ok(one.id.clone()),
        several => {
            let all: Vec<String> = several.iter().map(title).collect();
            let text = format!("you have {} leases: {}", several.len(), all.join(", "));
            Err(Failure::Advised(text, "name one, or end --all".into()))
        }
    }
}
