//! `alone`: whether no other conversation works here. Must stay true: 0 only if that is known.

use crate::others::{self, Width};
use crate::present;
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};
use render::format_quantity;

/// succeed if no other conversation works in this project; otherwise list them, and exit with 1, or with 75 if it is not
/// known whether they run
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "alone", example = "{command_name}", example = "{command_name} --here && git rebase main")]
pub struct Alone {
    /// ask about this work tree only
    #[argh(switch)]
    here: bool,
    /// ask about all clones of this repository
    #[argh(switch)]
    repo: bool,
}

impl Alone {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let area = others::area(context, Width::of(self.here, self.repo)?)?;
        let agents = Agents::read(&context.store)?;
        let found = present::others(context, &agents, &area);
        present::print(context, &found)?;
        let running = found.iter().filter(|one| !one.perhaps).count();
        match (found.len(), running) {
            (0, _) => Ok(()),
            (_, 0) => {
                let text = format!("it is not known whether another conversation works in {}", area.name());
                Err(Failure::Later(text, None))
            }
            (_, count) => {
                let noun = format_quantity(count as u64, "other conversation");
                let verb = if count == 1 { "works" } else { "work" };
                Err(Failure::Nothing(format!("{noun} {verb} in {}", area.name())))
            }
        }
    }
}
