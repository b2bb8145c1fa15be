//! `others`: the other conversations of the same project that run now.

use crate::present;
use argh::{ArgsInfo, FromArgs};
use cli::area::Area;
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};
use std::path::Path;

/// list the other conversations of this project, in all its work trees, that run now
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "others", example = "{command_name}", example = "{command_name} --here -q")]
pub struct Others {
    /// only those in this work tree
    #[argh(switch)]
    here: bool,
    /// those in all clones of this repository
    #[argh(switch)]
    repo: bool,
}

impl Others {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let area = area(context, self.here, self.repo)?;
        let agents = Agents::read(&context.store)?;
        let found = present::find(context, &agents, Some(&area), false);
        present::print(context, &found)?;
        if !found.is_empty() {
            return Ok(());
        }
        Err(Failure::Nothing(format!("no other conversation works in {}", area.name())))
    }
}

/// The area that the options name.
pub fn area(context: &Context, here: bool, repo: bool) -> Outcome<Area> {
    let dir = Path::new(".");
    match (here, repo) {
        (true, true) => Err(Failure::Usage("--here and --repo cannot be combined".into(), None)),
        (true, false) => Ok(Area::checkout(dir)),
        (false, true) => Area::clones(&context.config(), "."),
        (false, false) => Ok(Area::project(&context.config(), dir)),
    }
}
