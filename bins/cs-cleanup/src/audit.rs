//! `audit`: removes the oldest days of the log of tools.

use crate::archive::parse_days;
use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::clock::TimeDelta;

/// How many days are kept if nobody says otherwise.
const DAYS: f64 = 90.0;

/// remove the oldest days of the log of tools, each as a whole; the log says so and what remains
/// still verifies. Only this command removes any: all does not
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "audit",
    example = "{command_name} --days 90 --dry-run",
    example = "cs-audit verify && {command_name} --days 30"
)]
pub struct Audit {
    /// remove days that ended at least this many days ago (default: 90)
    #[argh(option, from_str_fn(parse_days))]
    days: Option<f64>,
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Audit {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        let (run, now) = (work.run, work.context.now);
        let age = TimeDelta::seconds((self.days.unwrap_or(DAYS) * 86_400.0).clamp(0.0, 1e10) as i64);
        let before = now - age;
        let found = ::audit::old_days(&work.context.store.home, before);
        work.each(found, |store, path| ::audit::drop_day(store, path, before, run, now))?;
        work.finish(NOTHING)
    }
}
