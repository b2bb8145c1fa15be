//! Owns what is read out of a database: of each machine that one may see, what the reader does not have. Must stay true:
//! all of it is of one moment; of the rows no more than one is held in memory; what may no longer be seen goes away at the
//! reader, too.

use super::psql::{Fields, Psql, Rows};
use super::{complaint, text};
use crate::columns::table_of;
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::Op;
use crate::pulled::{Came, EachRow, Pulled, Theirs, machine_of, remove, remove_machines, row_of};
use crate::source::Source;
use crate::visibility::Visibility;
use cs_core::error::{Error, Result};
use std::collections::BTreeSet;

/// How many rows, and sources, are asked for at once.
const ROWS: u64 = 20_000;
const SOURCES: usize = 500;

/// Passes on what brings a reader that has `known`, of an owner's machine each, to what the database shows: for each
/// machine `Machine`, what is forgotten, then its sources. Returns the sources whose rows are not those that were sent;
/// they are not told as held.
pub fn pull(
    arguments: &str,
    known: &[(String, String, Known)],
    each: &mut dyn FnMut(Pulled) -> Result<()>,
) -> Result<Vec<Error>> {
    let mut psql = Psql::start(arguments)?;
    psql.write(text::pull().as_bytes())?;
    let (mut machines, mut failures) = (Vec::new(), Vec::new());
    psql.ask("select owner, machine, label from cs.machine order by owner, machine", &mut |fields| {
        let Ok([Some(owner), Some(id), Some(label)]) = <[_; 3]>::try_from(fields) else {
            return complaint::of_answer();
        };
        machines.extend(machine_of(id, label).map(|machine| (owner, machine)));
        Ok(())
    })?;
    let nothing = Known::default();
    for (owner, machine) in &machines {
        let is_this = |one: &&(String, String, Known)| (&one.0, &one.1) == (owner, &machine.id);
        let known = known.iter().find(is_this).map_or(&nothing, |(.., known)| known);
        let mut tell = |op: Op| each(Pulled { owner, machine, op });
        tell(Op::Machine(machine))?;
        Reader { psql: &mut psql, owner, machine, known, failures: &mut failures }.read(&mut tell)?;
    }
    remove_machines(&machines, known, each)?;
    psql.finish("commit;\n")?;
    Ok(failures)
}

/// What is read of one machine.
struct Reader<'r> {
    psql: &'r mut Psql,
    owner: &'r str,
    machine: &'r Machine,
    known: &'r Known,
    failures: &'r mut Vec<Error>,
}

impl Reader<'_> {
    fn read(mut self, tell: &mut dyn FnMut(Op) -> Result<()>) -> Result<()> {
        self.tell_forgotten(tell)?;
        let known = self.known;
        let mut gone: BTreeSet<&Source> = known.sources.keys().collect();
        let changed = self.changed(&mut gone)?;
        remove(gone, known, tell)?;
        let has_some = |one: &&Theirs| known.sources.get(&one.source).is_some_and(|held| held.pos > 0);
        let (grown, new): (Vec<&Theirs>, Vec<&Theirs>) = changed.iter().partition(has_some);
        grown.into_iter().try_for_each(|theirs| self.bring(theirs, tell))?;
        new.chunk_by(|a, b| a.source.kind() == b.source.kind()).try_for_each(|new| self.bring_new(new, tell))
    }

    fn tell_forgotten(&mut self, tell: &mut dyn FnMut(Op) -> Result<()>) -> Result<()> {
        let forgotten = format!(
            "select conversation, 1 from cs.forgotten where owner = {} order by conversation",
            text::quoted(self.owner)
        );
        self.psql.ask(&forgotten, &mut |fields| match fields.into_iter().next().flatten() {
            Some(id) if !self.known.forgotten.contains(&id) => tell(Op::Forget(&id)),
            _ => Ok(()),
        })
    }

    /// The sources of which the reader has something else. Those that are seen are no longer `gone`.
    fn changed(&mut self, gone: &mut BTreeSet<&Source>) -> Result<Vec<Theirs>> {
        let cursors = format!(
            "select source, pos, digest, stamp, visibility from cs.cursor where {} order by source",
            self.is_this("")
        );
        let (mut changed, known) = (Vec::new(), self.known);
        self.psql.ask(&cursors, &mut |fields| {
            let Ok([Some(source), Some(pos), Some(digest), Some(stamp), Some(word)]) = <[_; 5]>::try_from(fields)
            else {
                return complaint::of_answer();
            };
            let (Some(source), Ok(pos), Some(visibility)) =
                (Source::parse(&source), pos.parse(), Visibility::of_word(&word))
            else {
                return Ok(());
            };
            gone.remove(&source);
            // Where rows were forgotten there is no digest, and the rows that are left are compared.
            let is_same = |ours: &Held| ours.pos == pos && ours.digest == digest && !digest.is_empty();
            if !known.sources.get(&source).is_some_and(is_same) || known.visibility(&source) != visibility {
                changed.push(Theirs { source, held: Held { pos, digest, stamp }, visibility });
            }
            Ok(())
        })?;
        Ok(changed)
    }

    /// Brings a source of which the reader has some rows: often only a few are missing.
    fn bring(&mut self, theirs: &Theirs, tell: &mut dyn FnMut(Op) -> Result<()>) -> Result<()> {
        let select = self.select(&[theirs]);
        let mut came = Came::Whole;
        let psql = &mut *self.psql;
        let mut fetch = |each: &mut EachRow| {
            let mut answer = Answer { rows: psql.rows(&select)?, next: None };
            came = answer.pass(0, theirs, each)?;
            answer.drain()?;
            (came == Came::Whole).then_some(()).ok_or_else(|| theirs.failure(came, self.owner, self.machine))
        };
        let brought = theirs.bring(self.known, &mut fetch, tell);
        self.note(theirs, brought, came)
    }

    /// Brings sources of one kind of which the reader has nothing, many at once.
    fn bring_new(&mut self, mut new: &[&Theirs], tell: &mut dyn FnMut(Op) -> Result<()>) -> Result<()> {
        let nothing = Known::default();
        while !new.is_empty() {
            let (now, later) = new.split_at_checked(batch(new)).unwrap_or((new, &[]));
            let select = self.select(now);
            let mut ends = Vec::new();
            let mut answer = Answer { rows: self.psql.rows(&select)?, next: None };
            for (number, theirs) in (0..).zip(now) {
                let mut came = Came::Whole;
                let mut fetch = |each: &mut EachRow| {
                    came = answer.pass(number, theirs, each)?;
                    (came == Came::Whole).then_some(()).ok_or_else(|| theirs.failure(came, self.owner, self.machine))
                };
                let brought = theirs.bring(&nothing, &mut fetch, tell);
                match (brought, came) {
                    (Ok(true), _) => {}
                    (Err(error), Came::Whole) => return Err(error),
                    (failed, came) => ends.push((*theirs, failed, came)),
                }
            }
            answer.drain()?;
            ends.into_iter().try_for_each(|(theirs, failed, came)| self.note(theirs, failed, came))?;
            new = later;
        }
        Ok(())
    }

    /// Notes a source whose rows are not those that were sent, or too long; any other failure ends the pull.
    fn note(&mut self, theirs: &Theirs, brought: Result<bool>, came: Came) -> Result<()> {
        match brought {
            Ok(true) => Ok(()),
            Err(error) if came == Came::Whole => Err(error),
            Ok(false) | Err(_) => {
                self.failures.push(theirs.failure(came, self.owner, self.machine));
                Ok(())
            }
        }
    }

    /// The rows of sources of one kind, each with the number of its source, in order.
    fn select(&self, sources: &[&Theirs]) -> String {
        let named = (0..)
            .zip(sources)
            .map(|(number, one): (u64, _)| format!("({number}, {})", text::quoted(&one.source.to_string())));
        let named = named.collect::<Vec<_>>().join(", ");
        let tab = sources.first().map_or("", |one| table_of(one.source.kind()).word());
        format!(
            "select w.n, o.seq, o.id, o.kind, o.at, o.project, o.agent, o.conversation, o.body \
             from (values {named}) as w (n, source) join cs.outgoing as o on o.source = w.source \
             where o.tab = '{tab}' and {} order by w.n, o.seq",
            self.is_this("o.")
        )
    }

    fn is_this(&self, of: &str) -> String {
        format!("{of}owner = {} and {of}machine = {}", text::quoted(self.owner), text::quoted(&self.machine.id))
    }
}

/// How many of these sources are asked for at once: at least one.
fn batch(sources: &[&Theirs]) -> usize {
    let mut rows = 0_u64;
    let fits = |one: &&&Theirs| {
        rows = rows.saturating_add(one.held.pos);
        rows <= ROWS
    };
    sources.iter().take(SOURCES).take_while(fits).count().max(1)
}

/// The rows of several sources, one after the other.
struct Answer<'a> {
    rows: Rows<'a>,
    next: Option<(u64, Fields)>,
}

impl Answer<'_> {
    /// Passes the rows of the source with this number; returns how they came: they must be as many as are held. Where some
    /// were forgotten, there is no digest, and their number says nothing.
    fn pass(&mut self, number: u64, theirs: &Theirs, each: &mut EachRow) -> Result<Came> {
        let (mut count, mut came, is_counted) = (0, Came::Whole, theirs.held.digest.is_empty());
        let table = table_of(theirs.source.kind());
        while let Some((of, fields)) = self.peek()? {
            if of > number {
                self.next = Some((of, fields));
                break;
            }
            count += 1;
            if of == number {
                came = match fields.is_empty() {
                    true => Came::TooLong,
                    false => {
                        came.with(<[_; 8]>::try_from(fields).ok().and_then(|fields| row_of(table, fields)), each)?
                    }
                };
            }
        }
        let is_short = count != theirs.held.pos && !is_counted;
        Ok(if came == Came::Whole && is_short { Came::Others } else { came })
    }

    fn peek(&mut self) -> Result<Option<(u64, Fields)>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        let Some(mut fields) = self.rows.next_row()? else { return Ok(None) };
        let rest = fields.split_off(1.min(fields.len()));
        match fields.pop().flatten().and_then(|number| number.parse().ok()) {
            Some(number) => Ok(Some((number, rest))),
            None => complaint::of_answer(),
        }
    }

    fn drain(&mut self) -> Result<()> {
        while self.rows.next_row()?.is_some() {}
        Ok(())
    }
}
