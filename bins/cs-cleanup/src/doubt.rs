//! Sessions whose age is unknown, because the clock was wrong when they gave their last sign of life. Not a command of
//! its own: it goes before whatever asks for an age.

use crate::work::Work;
use cli::Outcome;

/// Notes in each of them from when on its age is counted.
pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now) = (work.run, work.context.now);
    let found = work.context.store.doubtful(now);
    work.each(found, |store, id| store.note_doubt(id, run, now))
}
