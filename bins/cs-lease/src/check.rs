//! `check`: asks whether a path is free. Writes nothing.

use crate::asker::Asker;
use crate::shown;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use seats::{Claim, Lease, Leases, Trees};
use serde::Serialize;

/// ask whether a path may be changed: 0 if it is free or yours, 1 if somebody else has it
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} src/login",
    example = "{command_name} src/login --token 1795255200000"
)]
pub struct Check {
    /// a file or folder of the project
    #[argh(positional)]
    path: String,
    /// succeed only if the lease with this token still holds and covers the path
    #[argh(option)]
    token: Option<u64>,
}

/// The answer as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    path: &'a str,
    state: &'a str,
    #[serde(skip_serializing_if = "<[Lease]>::is_empty")]
    leases: &'a [Lease],
}

impl Check {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let asker = Asker::find(context)?;
        let claim = self.claim(&asker)?;
        let path = claim.paths.concat();
        match (asker.known_leases(context)?, self.token) {
            (None, None) => print(context, &path, "free", &[]),
            (None, Some(_)) => Err(no_longer()),
            (Some(leases), Some(token)) => fence(context, &asker, &leases, &path, token),
            (Some(leases), None) => ask(context, &asker, &leases, &claim),
        }
    }

    /// The path in this work tree: a lease on another one only is not in the way. The path may also be named by its
    /// place in another work tree; then all of them are meant.
    fn claim(&self, asker: &Asker) -> Outcome<Claim> {
        let path = std::slice::from_ref(&self.path);
        let here = asker.scope.claim(path, Trees::Here);
        Ok(here.or_else(|_| asker.scope.claim(path, Trees::All))?)
    }
}

fn ask(context: &mut Context, asker: &Asker, leases: &Leases, claim: &Claim) -> Outcome<()> {
    let path = claim.paths.concat();
    let others = leases.in_the_way(claim, &asker.owner, context.now)?;
    if !others.is_empty() {
        print(context, &path, "taken", &others)?;
        return Err(Failure::Nothing(shown::taken(asker, &others, context.now)));
    }
    let mut own = leases.held(context.now)?;
    own.retain(|lease| lease.obstructs(claim).is_some() && asker.is_own(lease));
    print(context, &path, if own.is_empty() { "free" } else { "own" }, &own)
}

/// Whether the lease with this token still holds.
fn fence(context: &mut Context, asker: &Asker, leases: &Leases, path: &str, token: u64) -> Outcome<()> {
    let root = asker.scope.worktree_root.to_string_lossy();
    let mut held = leases.held(context.now)?;
    held.retain(|lease| lease.token == token && lease.covers(path, &root));
    if held.is_empty() { Err(no_longer()) } else { print(context, path, "held", &held) }
}

fn no_longer() -> Failure {
    Failure::Nothing("no lease with this token holds on the path now".into())
}

fn print(context: &mut Context, path: &str, state: &str, leases: &[Lease]) -> Outcome<()> {
    match context.out.form {
        _ if context.out.quiet => leases.iter().try_for_each(|lease| context.out.line(&lease.id))?,
        Form::Json => context.out.json(&Answer { path, state, leases })?,
        Form::Table => context.out.line(&format!("{} is {state}", cli::sanitize(path)))?,
    }
    context.out.flush()
}
