//! `prune`: removes old copies.

use crate::{forget, which};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Failures, Outcome};
use cs_core::range;
use cs_core::zone::Zone;

/// remove all copies of conversations that their client has deleted and that were not changed for a long time. The ledger
/// keeps a line about each. Nothing else removes old copies
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "prune",
    example = "{command_name} --older-than 2y --dry-run",
    example = "{command_name} --older-than 18mo --yes"
)]
pub struct Prune {
    /// how long they were not changed, such as 90d, 18mo or 2y
    #[argh(option)]
    older_than: String,
    /// only show what would be removed
    #[argh(switch)]
    dry_run: bool,
    /// do not ask for confirmation
    #[argh(switch, short = 'y')]
    yes: bool,
}

impl Prune {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let is_age = self.older_than.starts_with(|c: char| c.is_ascii_digit()) && !self.older_than.contains(['-', ':']);
        let before = range::start(&self.older_than, Zone::system(), context.now).ok().filter(|_| is_age);
        let Some(before) = before else {
            let text = format!("{:?} is not a length of time", self.older_than);
            return Err(Failure::Usage(text, Some("write 90d, 18mo or 2y".into())));
        };
        let old = kept::old(&context.store.home, before)?;
        if old.is_empty() {
            return Err(Failure::Nothing("no copies are that old".into()));
        }
        let bytes = old.iter().map(|line| line.bytes).sum();
        if !self.dry_run {
            let count = render::format_quantity(old.len() as u64, "conversation");
            let concerned = [format!("{count}, {}", render::format_bytes(bytes))];
            cli::confirm(&concerned, "remove all copies of them?", self.yes)?;
        }
        let mut failures = Failures::default();
        for line in &old {
            if !self.dry_run
                && let Err(error) = kept::prune(&context.store.home, line, &which::actor(), context.now)
            {
                failures.report(error)?;
                continue;
            }
            forget::show(context, "pruned", line, self.dry_run)?;
        }
        if !self.dry_run {
            kept::rebuild(&context.store.home)?;
        }
        context.out.flush()?;
        failures.end()
    }
}
