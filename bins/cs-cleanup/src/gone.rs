//! `gone`: closes conversations whose process ended without reporting it, and ends the seats of agents whose client did.

use crate::work::{NOTHING, Work};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Outcome};
use cs_core::Result;
use cs_core::clock::Instant;
use cs_core::id::SeatId;
use cs_core::store::{Run, SweepAction};
use seats::Seats;
use std::time::Duration;

/// The client of a seat that is being replaced has ended, and the next one is not recorded yet.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// close sessions whose process ended without SessionEnd, in the way that hook would have closed them; end the seats of
/// agents whose client ended so, and tell their parents and those who wrote to them
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "gone", example = "{command_name} --dry-run", example = "{command_name} -q")]
pub struct Gone {
    /// only show what would be done
    #[argh(switch)]
    dry_run: bool,
}

impl Gone {
    pub fn run(self, context: Context) -> Outcome<()> {
        let mut work = Work::new(context, self.dry_run);
        sweep(&mut work)?;
        work.finish(NOTHING)
    }
}

pub fn sweep(work: &mut Work) -> Outcome<()> {
    // Loading the settings prints what is wrong with them; the value is not needed here.
    let _ = work.context.config();
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.gone();
    work.each(found, |store, uuid| store.close_gone(uuid, run, now))?;
    let seats = Seats::of(&work.context.store);
    let mut found = seats.gone(now);
    if found.as_ref().is_ok_and(|ids| !ids.is_empty()) {
        std::thread::sleep(SECOND_LOOK);
        let again = seats.gone(now);
        found = found.and_then(|ids| Ok(again?.into_iter().filter(|id| ids.contains(id)).collect()));
    }
    work.each(found, |_, id| end(&seats, id, run, now))
}

/// Ends a seat whose client is gone. `None` if it has another one by now.
fn end(seats: &Seats, id: &SeatId, run: Run, now: Instant) -> Result<Option<SweepAction>> {
    let seat = seats.seat(id)?;
    let Some(how) = seats.how_gone(&seat, now) else { return Ok(None) };
    if run == Run::Real && seats.end(id, seat.claude_session_id.as_deref(), how, now)?.is_none() {
        return Ok(None);
    }
    let reason = format!("{} {how}", seat.title());
    Ok(Some(SweepAction::at("ended", &seats.home().seat(id), reason, run)))
}
