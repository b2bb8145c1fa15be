//! `acquire`: claims paths.

use crate::asker::{Asker, length};
use crate::{shown, wait};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, patience};
use cs_core::clock::TimeDelta;
use cs_core::validate;
use seats::{Claim, Owner, REASON, Request, Trees, USUAL};
use std::time::Duration;

/// claim paths: all of them, or none
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "acquire",
    example = "{command_name} src/login --for 30m --reason \"new login\"",
    example = "{command_name} . --wait 60"
)]
pub struct Acquire {
    /// files or folders of the project, which need not exist; a folder includes what is in it
    #[argh(positional)]
    path: Vec<String>,
    /// how long the lease lasts, such as 30m or 2h (default: 1h; at most 7d)
    #[argh(option, long = "for", from_str_fn(length))]
    length: Option<TimeDelta>,
    /// others may have the same paths, if they share them, too
    #[argh(switch)]
    shared: bool,
    /// in this work tree only; it conflicts with leases on all work trees, too
    #[argh(switch)]
    worktree: bool,
    /// how long to wait while others have the paths, in seconds or such as 5m
    #[argh(option, from_str_fn(patience))]
    wait: Option<Duration>,
    /// what it is for
    #[argh(option)]
    reason: Option<String>,
}

impl Acquire {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let asker = Asker::find(context)?;
        let how = How { length: self.length, shared: self.shared, worktree: self.worktree, reason: self.reason };
        let request = how.request(&asker, &self.path, asker.owner.clone())?;
        let leases = asker.leases(context)?;
        let lease = wait::acquire(context, &asker, &leases, &request, self.wait)?;
        shown::print(context, &asker, leases.slug().as_str(), &lease)?;
        context.out.flush()
    }
}

/// How paths are claimed.
pub struct How {
    pub length: Option<TimeDelta>,
    pub shared: bool,
    pub worktree: bool,
    pub reason: Option<String>,
}

impl How {
    /// The request for these paths, as they were typed, for an owner.
    pub fn request(&self, asker: &Asker, paths: &[String], owner: Owner) -> Outcome<Request> {
        if paths.is_empty() {
            let hint = "name files or folders; . is the folder you are in";
            return Err(Failure::Usage("no path is given".into(), Some(hint.into())));
        }
        let trees = if self.worktree { Trees::Here } else { Trees::All };
        let claim = Claim { shared: self.shared, ..asker.scope.claim(paths, trees)? };
        let reason = validate::optional("reason", self.reason.as_deref(), REASON)?;
        let length = self.length.unwrap_or(USUAL);
        Ok(Request { claim, owner, caller: asker.owner.clone(), length, reason })
    }
}
