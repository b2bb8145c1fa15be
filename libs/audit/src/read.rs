//! Owns questions to the log: which calls fit a filter. Must stay true: days outside the range are not read, a limit
//! ends the search, and memory holds one day; without an index the answer is the same.

use crate::call::{Call, Outcome};
use crate::day::{Day, Wanted};
use crate::ends::Ends;
use crate::entry::Kind;
use crate::filter::Filter;
use crate::fold::{Fold, Folded};
use crate::index::Line;
use crate::log::files;
use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::range::Range;
use cs_core::store::Store;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The calls that fit, newest first.
pub fn calls(store: &Store, filter: &Filter, now: Instant) -> Result<Vec<Call>> {
    let mut found = Vec::new();
    each_call(store, filter, now, &mut |call| {
        found.push(call);
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// What a question to the log does.
pub enum Step<'s> {
    /// A call fits.
    Found(Box<Call>),
    /// The index of this day's log is made, which takes a moment.
    Indexing(&'s Path),
}

/// Passes the calls that fit to `take`, newest first, until it breaks.
pub fn each_call(
    store: &Store,
    filter: &Filter,
    now: Instant,
    take: &mut dyn FnMut(Call) -> ControlFlow<()>,
) -> Result<()> {
    each_step(store, filter, now, &mut |step| match step {
        Step::Found(call) => take(*call),
        Step::Indexing(_) => ControlFlow::Continue(()),
    })
}

/// The same for somebody who waits, and is told what takes long.
pub fn each_step(
    store: &Store,
    filter: &Filter,
    now: Instant,
    take: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<()> {
    let files = files(&store.home)?;
    let mut search = Search { elsewhere: Ends::new(store, now), filter, left: filter.limit.unwrap_or(usize::MAX) };
    let mut ends = Vec::new();
    for (n, path) in files.iter().enumerate().rev() {
        let is_before = filter.range.since.is_some_and(|since| is_over_at(path, since));
        if search.left == 0 || (is_before && ends.is_empty()) {
            break;
        }
        let mut fold = search.fold(path, n + 1 < files.len(), is_before, take)?;
        let strays = fold.join(std::mem::take(&mut ends));
        let (begun, later) = fold.split();
        if search.pass_on(strays, take).is_break() || search.pass_on(begun, take).is_break() {
            return Ok(());
        }
        ends = later;
        if is_before {
            break;
        }
    }
    let _ = search.pass_on(ends, take);
    Ok(())
}

/// The logs of days that are over, whose index is missing or was made from another log. One that cannot be read is left
/// out: `cs-audit verify` tells.
pub fn days_without_index(store: &Store) -> Result<Vec<PathBuf>> {
    let mut files = files(&store.home)?;
    files.pop();
    let has_none = |path: &PathBuf| {
        let day = Day::open(path, true).ok().flatten();
        day.is_some_and(|day| day.has_index().is_ok_and(|has| !has))
    };
    files.retain(has_none);
    Ok(files)
}

/// Makes the index of a day that is over, so that no question has to.
pub fn make_index(path: &Path) -> Result<()> {
    Day::open(path, true)?.map_or(Ok(()), |day| day.make_index())
}

/// The ids of the calls that the log has in this time, whatever else is known about them, and perhaps of some others.
pub fn logged_ids(store: &Store, range: &Range) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    for path in files(&store.home)? {
        let is_before = range.since.is_some_and(|since| is_over_at(&path, since));
        let is_after = range.until.is_some_and(|until| Day::first_minute(&path) > until.timestamp().div_euclid(60));
        if let Some(day) = if is_before || is_after { None } else { Day::open(&path, false)? } {
            day.all(&mut |entry| ids.extend(entry.tool_use_id))?;
        }
    }
    Ok(ids)
}

/// When the log begins: the time of its first line; `None` if there is none.
pub fn begins_at(store: &Store) -> Result<Option<Instant>> {
    for path in files(&store.home)? {
        let Some(day) = Day::open(&path, false)? else { continue };
        if let Some(at) = day.first()?.and_then(|entry| clock::parse(&entry.at)) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// When the oldest days were removed the last time; `None` if none ever was.
pub fn removed_at(store: &Store) -> Result<Option<Instant>> {
    let files = files(&store.home)?;
    let first = files.first().map(|path| Day::open(path, false)).transpose()?.flatten();
    if first.map(|day| day.first()).transpose()?.flatten().is_none_or(|entry| entry.seq <= 1) {
        return Ok(None);
    }
    for (n, path) in files.iter().enumerate().rev() {
        let Some(day) = Day::open(path, n + 1 < files.len())? else { continue };
        let mut removed = None;
        day.some(&Wanted { may_fit: &Line::is_other, text: None }, &mut |entry| {
            removed = (entry.kind == Kind::Base).then(|| clock::parse(&entry.at)).flatten().or(removed);
        })?;
        if removed.is_some() {
            return Ok(removed);
        }
    }
    Ok(None)
}

/// Whether every line of a day's log was written before: no line is in the log of a day before its own.
fn is_over_at(path: &Path, at: Instant) -> bool {
    Day::first_minute(path) + 24 * 60 <= at.timestamp().div_euclid(60)
}

struct Search<'s> {
    elsewhere: Ends<'s>,
    filter: &'s Filter,
    left: usize,
}

impl Search<'_> {
    /// The calls of a day that may fit; of the day before the range only those that may have ended later.
    fn fold(
        &self,
        path: &Path,
        is_over: bool,
        is_before: bool,
        tell: &mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<Fold> {
        let mut fold = Fold::default();
        let Some(day) = Day::open(path, is_over)? else { return Ok(fold) };
        let take = &mut |entry| fold.add(entry);
        let needs = self.filter.needs(Day::first_minute(path));
        let is_whole = needs.minutes == Some((0, 24 * 60));
        // A day that still grows has no index: if all of it may be wanted, it is read once.
        if !self.filter.is_selective() && !is_before && (is_whole || !is_over) {
            day.all(take)?;
        } else {
            let may_fit = |line: &Line| if is_before { line.is_open() } else { line.may_fit(&needs) };
            let wanted = Wanted { may_fit: &may_fit, text: self.filter.text().filter(|_| !is_before) };
            if !day.has_index()? {
                let _ = tell(Step::Indexing(path));
            }
            day.some(&wanted, take)?;
        }
        Ok(fold)
    }

    /// Passes on the calls that fit, the last one first.
    fn pass_on(&mut self, calls: Vec<Folded>, take: &mut dyn FnMut(Step) -> ControlFlow<()>) -> ControlFlow<()> {
        for Folded { mut call, has_begun, has_ended, .. } in calls.into_iter().rev() {
            if self.left == 0 {
                return ControlFlow::Break(());
            }
            if !self.filter.fits(&call) {
                continue;
            }
            if has_begun && call.outcome == Outcome::Unknown {
                self.elsewhere.settle(&mut call);
                if has_ended && call.outcome == Outcome::Running {
                    call.outcome = Outcome::Unknown;
                }
            }
            if call.outcome == Outcome::Denied {
                // It did not run: a person took that time to refuse it.
                call.ms = None;
            }
            if self.filter.fits_outcome(&call) {
                self.left -= 1;
                take(Step::Found(Box::new(call)))?;
            }
        }
        ControlFlow::Continue(())
    }
}
