//! `list`: shows the leases that hold.

use crate::asker::Asker;
use crate::shown;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome};
use seats::Leases;

/// show the leases that hold now
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name}", example = "{command_name} --all --mine -q")]
pub struct List {
    /// of all projects, not only of this one
    #[argh(switch)]
    all: bool,
    /// only your own
    #[argh(switch)]
    mine: bool,
}

impl List {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let asker = Asker::find(context)?;
        let mut held = Vec::new();
        for leases in self.projects(context, &asker)? {
            let slug = leases.slug().to_string();
            match leases.held(context.now) {
                Ok(found) => held.extend(found.into_iter().map(|lease| (slug.clone(), lease))),
                // A damaged file hides the leases of no other project.
                Err(error) if self.all => cli::defer(&error),
                Err(error) => return Err(error.into()),
            }
        }
        held.retain(|(_, lease)| !self.mine || asker.is_own(lease));
        if held.is_empty() {
            return Err(Failure::Nothing(if self.mine { "you have no leases" } else { "no leases" }.into()));
        }
        shown::print_all(context, &asker, &held)?;
        context.out.flush()
    }

    fn projects(&self, context: &Context, asker: &Asker) -> Outcome<Vec<Leases>> {
        if !self.all {
            return Ok(asker.known_leases(context)?.into_iter().collect());
        }
        let slugs = Leases::projects(&context.store)?;
        Ok(slugs.iter().map(|slug| Leases::of(&context.store, slug)).collect())
    }
}
