//! Owns a run: what there is is compared with what a target has, and what differs is sent. Must stay true: a source that
//! cannot be read, or not to its end, never takes away what the target has; what was forgotten, and a source with a row
//! that is not safe, is not sent; what others see of that is counted; a row is in memory only while it is sent.
//!
//! Deliberately absent: who takes the operations, and what people are told.

use crate::decide::{self, Course, End, Growth, is_known};
use crate::exposure::{Before, Exposure};
use crate::forgotten::Forgotten;
use crate::held::{Held, Known};
use crate::op::{Op, Sink};
use crate::packed::Packed;
use crate::redactions::Withheld;
use crate::row::Table;
use crate::source::Source;
use crate::sources::{self, Halt, Listed, Origin, Request, Shared, Sources};
use crate::unmarked::{self, Marked};
use crate::unsent::{Left, Unsent};
use crate::visibility::Visibility;
use conversations::Catalog;
use cs_core::error::{Error, Result};
use redaction::{Entry, Tally};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a run did.
#[derive(Debug, Default)]
pub struct Scanned {
    /// How many rows were sent.
    pub rows: BTreeMap<Table, u64>,
    /// How many sources were looked at.
    pub sources: u64,
    /// What was left out because a rule that is sure finds something in it that cannot be replaced.
    pub unsent: Vec<Unsent>,
    /// What could not be read.
    pub failures: Vec<Error>,
    /// How many conversations, and sessions without one, the target was told to forget.
    pub forgotten: usize,
    /// Who else sees what was sent.
    pub exposure: Exposure,
    /// The conversations that were left out because they were redacted elsewhere, each with the ids of the machines that
    /// say so.
    pub withheld: BTreeMap<String, BTreeSet<String>>,
    /// The marks that there are here, to be remembered if it was sent.
    pub marked: Marked,
}

/// Compares everything with what a target has, and sends what differs. `told` gets how many sources were looked at, and how
/// many are known by then.
pub fn scan(
    sources: &Sources,
    request: &Request,
    known: Known,
    sink: &mut dyn Sink,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Scanned> {
    let forgotten = Forgotten::read(&sources.store.home)?;
    let catalog = OnceCell::new();
    let is_gone = |id: &str| {
        let catalog = catalog.get_or_init(|| Catalog::of(sources.store, sources.roots));
        catalog.conversations.iter().all(|one| one.uuid != id)
    };
    let marked = unmarked::check(&sources.store.home, &known, &forgotten, &is_gone)?;
    sink.take(&Op::Machine(sources.machine))?;
    let mut scanned = Scanned { marked, ..Scanned::default() };
    let withheld = known.redactions.unknown(sources.store);
    let Known { sources: held, forgotten: theirs, team, redactions: _ } = known;
    let (known, before) = (Packed::of(held), Before::of(team));
    for id in forgotten.ids().difference(&theirs) {
        sink.take(&Op::Forget(id))?;
        scanned.forgotten += 1;
    }
    let shared = Shared::read(sources, forgotten.with(&theirs).with(&withheld.ids()))?;
    let mut run = Run::new(shared, request, (known, before), sink, scanned);
    run.withheld = withheld;
    for mut origin in sources::origins() {
        run.all(origin.as_mut(), told)?;
    }
    run.close()?;
    Ok(run.end())
}

/// A run.
pub(crate) struct Run<'r, 's> {
    shared: Shared<'s>,
    request: &'r Request,
    known: Packed,
    before: Before,
    sink: &'r mut dyn Sink,
    scanned: Scanned,
    /// The rules and the key, for stamps.
    rules: String,
    /// What was replaced in the rows of a source that were sent.
    replaced: Tally,
    /// What was redacted on another machine, and is not sent from here: [`Shared::forgotten`] has these, too.
    withheld: Withheld,
    /// Numbers that stand for the sources that there are, of those that the team sees.
    listed: HashSet<u64>,
    done: usize,
    all: usize,
}

impl<'r, 's> Run<'r, 's> {
    pub(crate) fn new(
        shared: Shared<'s>,
        request: &'r Request,
        (known, before): (Packed, Before),
        sink: &'r mut dyn Sink,
        scanned: Scanned,
    ) -> Self {
        let rules = shared.rules();
        Run {
            shared,
            request,
            known,
            before,
            sink,
            scanned,
            rules,
            replaced: Tally::default(),
            withheld: Withheld::default(),
            listed: HashSet::new(),
            done: 0,
            all: 0,
        }
    }

    pub(crate) fn end(mut self) -> Scanned {
        self.scanned.failures.append(&mut self.shared.failures);
        self.scanned
    }

    /// All sources of a kind.
    pub(crate) fn all(&mut self, origin: &mut dyn Origin, told: &mut dyn FnMut(usize, usize)) -> Result<()> {
        let (mut count, mut listed) = (0, Vec::new());
        let Run { shared, request, known, rules, before, listed: here, withheld, scanned, .. } = self;
        let found = origin.list(shared, request, &mut |one| {
            let more = one.instead_of.as_ref().and_then(|source| known.get(source));
            if request.wants(one.project.as_deref()) && more.is_none_or(|more| more.pos == 0) {
                count += 1;
                before.note(here, &one.source);
                withheld.note(&one.source, &mut scanned.withheld);
                let stamp = stamp(rules, request, &one);
                if !is_known(known.get(&one.source).as_ref(), &stamp, request.is_full) {
                    listed.push(one);
                }
            }
        });
        if let Err(error) = found {
            self.scanned.failures.push(error);
            return Ok(());
        }
        self.all += count;
        self.done += count - listed.len();
        self.scanned.sources += (count - listed.len()) as u64;
        for one in listed {
            told(self.done, self.all);
            self.done += 1;
            if self.withheld.has_source(&one.source) {
                self.show_privately(&one)?;
            } else if !is_forgotten(&self.shared, &one.source) {
                self.scanned.sources += 1;
                self.one(origin, &one)?;
            }
        }
        for source in origin.outdated(&self.shared, &self.known) {
            match self.known.get(&source).is_some() {
                true => self.hold(&source, &Held::default(), None, true)?,
                // It cannot be asked, and perhaps never had it.
                false => self.sink.take(&Op::Cut(&source, 0))?,
            }
        }
        told(self.done, self.all);
        Ok(())
    }

    fn one(&mut self, origin: &mut dyn Origin, one: &Listed) -> Result<()> {
        let visibility = self.request.visibility_of(one.project.as_deref());
        let stamp = stamp(&self.rules, self.request, one);
        let held = self.known.get(&one.source);
        let held = held.as_ref();
        if one.is_fading && held.is_some_and(|held| held.pos > 0) {
            return self.show(one, held, visibility);
        }
        let mut course = Course::after(held.filter(|_| !self.request.is_full));
        let mut passed = self.pass(origin, one, &mut course);
        if passed.is_ok() {
            match course.end(one.growth, &stamp) {
                End::Same | End::Sent => {}
                // It lost its end. When it has grown past that, rows are compared again.
                End::Shorter => {
                    let as_it_was = held.cloned().unwrap_or_default();
                    self.expose(one, visibility, false);
                    return self.hold(&one.source, &Held { stamp, ..as_it_was }, visibility, false);
                }
                End::Again => {
                    self.doubt(&one.source, course.kept())?;
                    course = Course::anew();
                    passed = self.pass(origin, one, &mut course);
                }
            }
        }
        let can_ask = !self.request.is_blind;
        let left = |sent| decide::left(one.growth, held, can_ask, sent);
        match passed {
            Ok(()) => {
                let (now, is_all) = left(course.so_far(&stamp));
                self.expose(one, visibility, course.has_sent());
                self.hold(&one.source, &now, visibility, is_all)
            }
            Err(Halt::Sink(error)) => Err(error),
            Err(Halt::Unwanted) => self.take_back(one, &course, held, None),
            Err(Halt::Withheld) => {
                self.withheld.note(&one.source, &mut self.scanned.withheld);
                self.shared.forgotten = std::mem::take(&mut self.shared.forgotten).with(&self.withheld.ids());
                self.take_back(one, &course, held, visibility.filter(|now| *now == Visibility::Private))
            }
            Err(Halt::Unsafe { rule, rows }) => {
                let had = held.map_or(0, |held| held.pos);
                let what = match can_ask {
                    true => Left::of(had, course.is_compared(), one.growth, rows),
                    false => Left::of_unknown(one.growth),
                };
                self.scanned.unsent.push(Unsent { source: one.source.clone(), rule, left: what });
                match what {
                    Left::Removed(_) => {
                        self.doubt(&one.source, had)?;
                        self.hold(&one.source, &Held::default(), None, true)
                    }
                    Left::Emptied => self.hold(&one.source, &Held::default(), None, true),
                    // The rows that were sent are safe, and those behind them may be nowhere else.
                    Left::Unsure if !can_ask => match course.has_sent() {
                        true => self.hold(&one.source, &left(course.so_far("")).0, None, false),
                        false => Ok(()),
                    },
                    Left::Clean => self.take_back(one, &course, held, visibility),
                    // What may have a secret is taken back from the team, but never opened to it.
                    Left::Nothing | Left::Unsure => {
                        let visibility = visibility.filter(|now| *now == Visibility::Private);
                        self.take_back(one, &course, held, visibility)
                    }
                }
            }
            Err(Halt::Failed(error)) => {
                self.scanned.failures.push(error);
                // What could be read is better than nothing. Without a stamp it is read again.
                match course.has_sent() {
                    true => {
                        self.expose(one, visibility, true);
                        self.hold(&one.source, &left(course.so_far("")).0, visibility, false)
                    }
                    false => self.show(one, held, visibility),
                }
            }
        }
    }

    /// Says who sees what a target has of a source of which no rows are sent, if that changes.
    fn show(&mut self, one: &Listed, held: Option<&Held>, visibility: Option<Visibility>) -> Result<()> {
        let was = self.before.visibility(&one.source);
        match held.filter(|held| held.pos > 0 && visibility.is_some_and(|now| now != was)) {
            Some(held) => {
                self.expose(one, visibility, false);
                self.hold(&one.source, &Held { stamp: String::new(), ..held.clone() }, visibility, false)
            }
            None => Ok(()),
        }
    }

    /// Of what is withheld, only less is seen than before.
    fn show_privately(&mut self, one: &Listed) -> Result<()> {
        let visibility = self.request.visibility_of(one.project.as_deref());
        let held = self.known.get(&one.source);
        self.show(one, held.as_ref(), visibility.filter(|now| *now == Visibility::Private))
    }

    /// Takes back from the team what a target has of sources that are not here any more, if no project is shared: then it
    /// does not matter of which one they are.
    pub(crate) fn close(&mut self) -> Result<()> {
        let is_none = self.request.team.as_ref().is_some_and(BTreeSet::is_empty);
        if !is_none || self.request.visibility.is_some() || self.request.projects.is_some() {
            return Ok(());
        }
        let Run { shared, known, before, listed, withheld, .. } = self;
        let is_gone = |source: &Source| is_forgotten(shared, source) && !withheld.has_source(source);
        let is_open = |source: &&Source| {
            before.visibility(source) == Visibility::Team && !before.has(listed, source) && !is_gone(source)
        };
        let open: Vec<Source> = known.filled().filter(is_open).cloned().collect();
        for source in open {
            let held = Held { stamp: String::new(), ..self.known.get(&source).unwrap_or_default() };
            self.scanned.exposure.add(&source, None, Visibility::Team, Visibility::Private);
            self.hold(&source, &held, Some(Visibility::Private), false)?;
        }
        Ok(())
    }

    /// Passes the rows of a source once, and sends those that the target needs.
    fn pass(&mut self, origin: &mut dyn Origin, one: &Listed, course: &mut Course) -> std::result::Result<(), Halt> {
        let Run { shared, sink, scanned, replaced, withheld, .. } = self;
        replaced.take();
        let owner = one.source.owner().unwrap_or_default();
        origin.render(shared, one, &mut |row, all| {
            if row.table == Table::Entry && withheld.meet(&row.id, owner) {
                return Err(Halt::Withheld);
            }
            if row.is_too_long() {
                return Err(Halt::Failed(one.too_long()));
            }
            let Some(seq) = course.row(&row.line()) else { return Ok(()) };
            // A line for each thing that was replaced in a source, wherever it stands there.
            all.into_iter().for_each(|one| replaced.add(Entry { entry: None, field: None, ..one }));
            *scanned.rows.entry(row.table).or_default() += 1;
            sink.take(&Op::Row(&one.source, seq, &row)).map_err(Halt::Sink)
        })
    }

    /// Before rows are replaced or removed: if this run is not finished, nobody takes what is there for what was there
    /// before.
    fn doubt(&mut self, source: &Source, rows: u64) -> Result<()> {
        self.sink.take(&Op::Held(source, &Held { pos: rows, ..Held::default() }, None))
    }

    /// Takes back what was sent of a source, as far as the target did not have it before, and says who sees that.
    fn take_back(
        &mut self,
        one: &Listed,
        course: &Course,
        held: Option<&Held>,
        visibility: Option<Visibility>,
    ) -> Result<()> {
        let had = held.cloned().unwrap_or_default();
        self.replaced.take();
        match (course.has_sent(), course.kept()) {
            (false, _) => self.show(one, held, visibility),
            // Its rows may be others now, but those behind them are nowhere else.
            (true, 0) if one.growth != Growth::Free && had.pos > 0 => {
                self.expose(one, visibility, false);
                self.hold(&one.source, &Held { pos: had.pos, ..Held::default() }, visibility, true)
            }
            (true, 0) => self.hold(&one.source, &Held::default(), None, true),
            (true, _) => {
                self.expose(one, visibility, false);
                self.hold(&one.source, &had, visibility, true)
            }
        }
    }

    /// Counts who else sees a source from now on, if rows of it were sent or others see it than before.
    fn expose(&mut self, one: &Listed, visibility: Option<Visibility>, has_sent: bool) {
        let was = self.before.visibility(&one.source);
        let now = visibility.unwrap_or(was);
        if has_sent || was != now {
            self.scanned.exposure.add(&one.source, one.project.as_deref(), was, now);
        }
    }

    /// The last operations for a source.
    fn hold(&mut self, source: &Source, held: &Held, visibility: Option<Visibility>, is_all: bool) -> Result<()> {
        if is_all {
            self.sink.take(&Op::Cut(source, held.pos))?;
        }
        self.sink.take(&Op::Held(source, held, visibility))?;
        let replaced = self.replaced.take();
        if !replaced.is_empty() {
            self.sink.note(self.shared.engine.rules().digest(), &replaced);
        }
        Ok(())
    }
}

fn is_forgotten(shared: &Shared, source: &Source) -> bool {
    source.owner().is_some_and(|owner| shared.forgotten.has(owner))
}

/// What a target remembers: all on which the rows, and who may see them, depend.
fn stamp(rules: &str, request: &Request, one: &Listed) -> String {
    let seen = request.visibility_of(one.project.as_deref()).map_or("", Visibility::word);
    decide::stamp(&[rules, &one.depends, seen], &one.stamp)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
