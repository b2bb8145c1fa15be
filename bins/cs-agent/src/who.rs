//! `who`: all conversations that run now.

use crate::present;
use argh::{ArgsInfo, FromArgs};
use cli::seat::Agents;
use cli::{Context, Failure, Outcome};

/// list all conversations that run now, in seats or not
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "who", example = "{command_name}", example = "{command_name} --json")]
pub struct Who {}

impl Who {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let found = present::all(context, &agents);
        present::print(context, &found)?;
        if found.is_empty() { Err(Failure::Nothing("no conversation runs".into())) } else { Ok(()) }
    }
}
