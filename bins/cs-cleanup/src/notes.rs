//! What hooks have noted about sessions is brought into the records. That is nothing to report: it happens all the time.

use crate::work::Work;
use cs_cli::Outcome;

pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now, system_now) = (work.run, work.context.now, work.system_now);
    let found = work.context.store.noted();
    work.each(found, |store, id| store.sweep_notes(id, run, now, system_now))
}
