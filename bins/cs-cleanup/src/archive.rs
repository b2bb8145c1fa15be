//! `archive`: moves completed sessions to the archive, where `cs-session show` and `resume` still find them.

use crate::PROGRAM;
use crate::doubt;
use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Outcome, selectors};
use cs_core::clock::TimeDelta;
use cs_core::store::Selector;

/// archive completed sessions: the given ones, or all that ended long ago
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "archive",
    example = "{command_name} --days 7 --dry-run",
    example = "cs-session list --status completed --project api -q | {command_name} -"
)]
pub struct Archive {
    /// sessions (default: all that ended long ago)
    #[argh(positional)]
    id: Vec<String>,
    /// archive what ended at least this many days ago (default: the setting archive_after_days)
    #[argh(option, from_str_fn(parse_days))]
    days: Option<f64>,
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

pub fn parse_days(text: &str) -> Result<f64, String> {
    let days = text.parse().ok().filter(|days: &f64| days.is_finite() && *days >= 0.0);
    days.ok_or_else(|| format!("{text:?} is not a number of days"))
}

impl Archive {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        match (self.id.as_slice(), self.days) {
            ([], days) => {
                doubt::sweep(&mut work)?;
                sweep(&mut work, days)?;
            }
            (ids, None) => archive_named(&mut work, ids)?,
            (_, Some(_)) => {
                let hint = format!(
                    "{PROGRAM} archive ID archives the given sessions, {PROGRAM} archive --days N the old ones"
                );
                return Err(Failure::Usage("sessions and --days cannot be combined".into(), Some(hint)));
            }
        }
        work.finish(NOTHING)
    }
}

fn archive_named(work: &mut Work, ids: &[String]) -> Outcome<()> {
    let (run, now) = (work.run, work.context.now);
    let names = selectors(ids)?;
    work.each(Ok(names), |store, name| {
        let id = Selector::parse(name).and_then(|selector| store.find(&selector))?;
        store.archive(&id, None, run, now)
    })
}

pub fn sweep(work: &mut Work, days: Option<f64>) -> Outcome<()> {
    let (run, now) = (work.run, work.context.now);
    let config = work.context.config();
    // Archiving cannot be undone, so a default does not replace a setting that cannot be understood.
    if days.is_none() && config.is_doubtful("settings.archive_after_days") {
        return Ok(());
    }
    let days = days.unwrap_or(config.settings.archive_after_days);
    let age = TimeDelta::seconds((days * 86_400.0).clamp(0.0, 1e10) as i64);
    let before = now - age;
    let found = work.context.store.archivable(before, now);
    work.each_at_once(found, |store, id| store.archive(id, Some(before), run, now))
}
