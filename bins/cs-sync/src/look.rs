//! Owns looking for what a target does not have, and showing how far that is.

use crate::target::{self, Sender};
use cli::{Context, Progress};
use cs_core::error::Result;
use sync::{Known, Request, Scanned, Sink};

/// Looks for what the target does not have, and shows how far that is.
pub fn scan(
    context: &Context,
    sender: &Sender,
    request: &Request,
    known: Known,
    sink: &mut dyn Sink,
) -> Result<Scanned> {
    let mut progress = None;
    let scanned = target::scan(&context.store, &sender.machine, request, known, sink, &mut |done, all| {
        let progress = progress.get_or_insert_with(|| Progress::new(all));
        progress.show(|| render::format_progress((done, all)));
    });
    progress.iter_mut().for_each(Progress::clear);
    scanned
}
