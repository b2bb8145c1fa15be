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
        let area = area(context, Width::of(self.here, self.repo)?)?;
        let agents = Agents::read(&context.store)?;
        let found = present::others(context, &agents, &area);
        present::print(context, &found)?;
        if !found.is_empty() {
            return Ok(());
        }
        Err(Failure::Nothing(format!("no other conversation works in {}", area.name())))
    }
}

/// How far the question goes.
#[derive(Clone, Copy, Debug)]
pub enum Width {
    /// This work tree.
    Here,
    /// The project: all its work trees.
    Project,
    /// All clones of the repository.
    Repository,
}

impl Width {
    /// What the options `--here` and `--repo` mean.
    pub fn of(here: bool, repo: bool) -> Outcome<Self> {
        match (here, repo) {
            (true, true) => Err(Failure::Usage("--here and --repo cannot be combined".into(), None)),
            (true, false) => Ok(Width::Here),
            (false, true) => Ok(Width::Repository),
            (false, false) => Ok(Width::Project),
        }
    }
}

/// The area around this directory.
pub fn area(context: &Context, width: Width) -> Outcome<Area> {
    let dir = Path::new(".");
    match width {
        Width::Here => Ok(Area::checkout(dir)),
        Width::Repository => Area::clones(&context.config(), "."),
        Width::Project => Ok(Area::project(&context.config(), dir)),
    }
}
