//! `spawn`: starts an agent in a new seat with a prompt. `options.rs` decides what may be chosen, `begin.rs` does it.

use crate::options::Options;
pub use crate::options::Spawn;
use crate::wait;
use crate::watch::{Goal, Plan};
use cli::seat::begin::begin;
use cli::seat::found::refuse_switched_off;
use cli::seat::{self, Agents};
use cli::{Context, Failure, Outcome};

impl Spawn {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let settings = seat::settings(&context.store);
        let plan = self.plan()?;
        let chosen = Options::of(&self, &agents, &settings)?.choose()?;
        refuse_switched_off()?;
        let found = begin(context, &agents, &settings, chosen)?;
        match plan {
            Some(plan) => wait::wait(context, &[&found], &plan),
            None => seat::print_seat(context, &found),
        }
    }

    /// How to wait for it; `None` if nobody asks for that.
    fn plan(&self) -> Outcome<Option<Plan>> {
        let Some(goals) = &self.wait else {
            return match self.timeout {
                None => Ok(None),
                Some(_) => Err(Failure::Usage("--timeout needs --wait".into(), None)),
            };
        };
        let goals = goals.split(',').map(Goal::parse).collect::<Outcome<_>>()?;
        Ok(Some(Plan { goals, any: false, timeout: self.timeout, since: None }))
    }
}
