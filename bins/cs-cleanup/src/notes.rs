//! Folds the notes of hooks about sessions into the records. This is not reported, because it happens all the time.

use crate::PROGRAM;
use crate::work::Work;
use cli::Outcome;
use cs_core::store::Run;

pub fn sweep(work: &mut Work) -> Outcome<()> {
    let (run, now, system_now) = (work.run, work.context.now, work.system_now);
    if run == Run::Real {
        let unassigned = work.context.store.unassigned();
        work.each(unassigned, |store, uuid| store.assign_notes(uuid, true, PROGRAM, now).map(|()| None))?;
    }
    let found = work.context.store.ids_with_notes();
    work.each(found, |store, id| store.sweep_notes(id, run, now, system_now))
}
