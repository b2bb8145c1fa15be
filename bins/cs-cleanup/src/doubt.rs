//! Sessions whose age is unknown, because the clock was wrong when they gave their last sign of life. This is not a
//! command of its own: it runs before every command that compares ages.

use crate::work::Work;
use cli::Outcome;

/// Notes in each of them that its age counts from now on.
pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.with_impossible_times(now);
    work.each(found, |store, id| store.note_impossible_time(id, run, now))
}
