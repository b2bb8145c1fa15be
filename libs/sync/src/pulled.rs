//! Owns what comes out of a database: the operations that bring what a reader has to what the database has, for each
//! machine, and which rows that needs. Must stay true: nothing is passed on as held whose digest is another one.

use crate::digest::Digest;
use crate::held::{Held, Known};
use crate::machine::Machine;
use crate::op::Op;
use crate::row::{LONGEST, Row, Table};
use crate::source::Source;
use crate::visibility::Visibility;
use cs_core::error::{Error, Result};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// An operation that came out of a database.
#[derive(Clone, Debug)]
pub struct Pulled<'p> {
    /// Whose machine it is.
    pub owner: &'p str,
    /// The machine.
    pub machine: &'p Machine,
    /// What happened there.
    pub op: Op<'p>,
}

/// A source, as the database has it.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// Its name.
    pub source: Source,
    /// What is there.
    pub held: Held,
    /// Who may see it.
    pub visibility: Visibility,
}

/// How the rows of a source came out of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// All of them, and each has the form of a row.
    Whole,
    /// Others than those that were sent.
    Others,
    /// One is longer than rows may be.
    TooLong,
}

impl Came {
    /// The same with this row, which is passed on if all is well.
    pub fn with(self, row: Option<Row>, each: &mut EachRow) -> Result<Came> {
        match (self, row) {
            (Came::Whole, Some(row)) if row.is_too_long() => Ok(Came::TooLong),
            (Came::Whole, Some(row)) => each(row).map(|()| Came::Whole),
            (Came::Whole, None) => Ok(Came::Others),
            (ended, _) => Ok(ended),
        }
    }
}

/// Passes rows on.
pub type EachRow<'e> = dyn FnMut(Row) -> Result<()> + 'e;

/// Tells that sources have no rows any more.
pub(crate) fn remove(gone: BTreeSet<&Source>, known: &Known, tell: &mut dyn FnMut(Op) -> Result<()>) -> Result<()> {
    let nothing = Held { digest: Digest::default().text(), ..Held::default() };
    let is_there = |source: &&Source| known.sources.get(*source).is_some_and(|held| held.pos > 0);
    gone.into_iter().filter(is_there).try_for_each(|source| {
        tell(Op::Cut(source, 0))?;
        tell(Op::Held(source, &nothing, None))
    })
}

/// A machine that a database has. Its id leads to a folder, so nothing else is taken for one; a label that cannot be used
/// is left out.
pub(crate) fn machine_of(id: String, mut label: String) -> Option<Machine> {
    if Machine::check_label(&label).is_err() {
        label.clear();
    }
    Machine::is_id(&id).then_some(Machine { id, label })
}

/// A row, from its number, id, kind, instant, project, agent, conversation and body. `None` if it cannot be
/// one: its line would not be one line, or its body is no JSON.
pub(crate) fn row_of(table: Table, fields: [Option<String>; 8]) -> Option<Row> {
    let [seq, id, kind, at, project, agent, conversation, body] = fields;
    let body = body.filter(|body| !body.contains(|c: char| c < ' '))?;
    let body = RawValue::from_string(body).ok()?;
    seq?.parse::<u64>().ok()?;
    Some(Row { table, id: id?, kind, at, project, agent, conversation, body })
}

/// Tells the same of all sources of machines that a reader knows and the database does not have.
pub(crate) fn remove_machines(
    machines: &[(String, Machine)],
    known: &[(String, String, Known)],
    each: &mut dyn FnMut(Pulled) -> Result<()>,
) -> Result<()> {
    let is_there = |owner: &str, id: &str| machines.iter().any(|(theirs, machine)| theirs == owner && machine.id == id);
    for (owner, id, known) in known.iter().filter(|(owner, id, _)| !is_there(owner, id)) {
        let machine = Machine { id: id.clone(), label: String::new() };
        remove(known.sources.keys().collect(), known, &mut |op| each(Pulled { owner, machine: &machine, op }))?;
    }
    Ok(())
}

impl Theirs {
    /// Brings a reader that has `known` of the machine to what the database has of this source. `fetch` passes all rows of
    /// the source, in order. Returns whether the rows are those that were held; if they are not, the source is not told as
    /// held.
    ///
    /// Where rows were forgotten, no digest is held: then the rows that are left are numbered anew, compared with those of
    /// the reader each time, and told with their own digest.
    pub fn bring(
        &self,
        known: &Known,
        fetch: &mut dyn FnMut(&mut EachRow) -> Result<()>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<bool> {
        let ours = known.sources.get(&self.source).filter(|ours| !ours.digest.is_empty());
        let is_seen = known.visibility(&self.source) == self.visibility;
        let is_same = |theirs: &Held| ours.is_some_and(|ours| (ours.pos, &ours.digest) == (theirs.pos, &theirs.digest));
        let is_known = !self.held.digest.is_empty();
        let held = match is_same(&self.held) {
            true => self.held.clone(),
            false => {
                let prefix = ours.filter(|ours| ours.pos <= self.held.pos || !is_known);
                let read = match prefix.map(|prefix| self.pass(prefix, fetch, each)).transpose()?.flatten() {
                    Some(read) => read,
                    None => self.pass_all(fetch, each)?,
                };
                if is_known && !read.is(&self.held) {
                    return Ok(false);
                }
                Held { pos: read.rows, digest: read.digest.text(), stamp: self.held.stamp.clone() }
            }
        };
        if !is_same(&held) || !is_seen {
            each(Op::Held(&self.source, &held, Some(self.visibility)))?;
        }
        Ok(true)
    }

    /// Passes the rows after those that the reader has; `None`, and no row, if it has others.
    fn pass(
        &self,
        prefix: &Held,
        fetch: &mut dyn FnMut(&mut EachRow) -> Result<()>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<Option<Read>> {
        let (mut read, mut is_prefix) = (Read::default(), None);
        fetch(&mut |row| {
            if read.rows == prefix.pos && is_prefix.is_none() {
                is_prefix = Some(read.is(prefix));
            }
            if is_prefix == Some(false) {
                return Ok(());
            }
            let seq = read.add(&row);
            if is_prefix.is_some() { each(Op::Row(&self.source, seq, &row)) } else { Ok(()) }
        })?;
        let is_prefix = is_prefix.unwrap_or_else(|| read.is(prefix));
        Ok(is_prefix.then_some(read))
    }

    fn pass_all(
        &self,
        fetch: &mut dyn FnMut(&mut EachRow) -> Result<()>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<Read> {
        let mut read = Read::default();
        fetch(&mut |row| {
            let seq = read.add(&row);
            each(Op::Row(&self.source, seq, &row))
        })?;
        each(Op::Cut(&self.source, read.rows))?;
        Ok(read)
    }

    /// What to tell of a source whose rows came so, and that is not held.
    pub fn failure(&self, came: Came, owner: &str, machine: &Machine) -> Error {
        let (source, name, most) = (&self.source, machine.name(), LONGEST / (1024 * 1024));
        match came {
            Came::TooLong => Error::Refused(format!(
                "{source} of {owner} on {name} was left out: one of its rows has more than {most} MiB"
            )),
            Came::Whole | Came::Others => Error::Invalid(format!(
                "the rows of {source} of {owner} on {name} are not those that were sent; only that machine can mend it, with cs-sync push --full"
            )),
        }
    }
}

/// The rows that were read so far.
#[derive(Default)]
struct Read {
    rows: u64,
    digest: Digest,
}

impl Read {
    /// Adds a row, and returns its number.
    fn add(&mut self, row: &Row) -> u64 {
        self.digest.add(&row.line());
        self.rows += 1;
        self.rows - 1
    }

    fn is(&self, held: &Held) -> bool {
        self.rows == held.pos && self.digest.text() == held.digest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_machine_and_no_row_is_not_taken_for_one() {
        let machine = |id: &str, label: &str| machine_of(id.into(), label.into()).map(|machine| machine.label);
        assert_eq!(machine("0123456789abcdef", "laptop").as_deref(), Some("laptop"));
        assert_eq!(machine("0123456789abcdef", "a\nb").as_deref(), Some(""), "a folder would be refused for ever");
        assert_eq!(machine("../../x", "laptop"), None);
        let row = |seq: &str, body: &str| {
            let fields = [Some(seq), Some("x"), None, None, None, None, None, Some(body)];
            row_of(Table::Entry, fields.map(|field| field.map(str::to_string))).map(|row| row.id)
        };
        assert_eq!(row("7", "{\"a\":1}"), Some("x".into()));
        assert_eq!(row("7", "{\"a\":\n1}"), None, "it would be two lines");
        assert_eq!(row("7", "{"), None);
        assert_eq!(row("-1", "{}"), None);
    }

    fn row(text: &str) -> Row {
        let body = RawValue::from_string(format!("{{\"text\":\"{text}\"}}")).unwrap();
        let (kind, at, project, agent, conversation) = (None, None, None, None, None);
        Row { table: Table::Entry, id: text.into(), kind, at, project, agent, conversation, body }
    }

    fn held(texts: &str) -> Held {
        let mut read = Read::default();
        for text in texts.chars() {
            read.add(&row(&text.to_string()));
        }
        Held { pos: read.rows, digest: read.digest.text(), stamp: String::new() }
    }

    /// What a reader that has `ours` is told of `theirs`, which is held as `told`, and seen by the team. The reader has that
    /// for `seen`.
    fn told(ours: &str, seen: Visibility, theirs: &str, told: &Held) -> (bool, String) {
        let source = Source::parse("talk/c/main").unwrap();
        let mut known = Known::default();
        known.sources.insert(source.clone(), held(ours));
        known.team.extend((seen == Visibility::Team).then(|| source.clone()));
        let one = Theirs { source, held: told.clone(), visibility: Visibility::Team };
        let mut said = String::new();
        let mut fetch = |each: &mut EachRow| theirs.chars().try_for_each(|c| each(row(&c.to_string())));
        let is_same = one.bring(&known, &mut fetch, &mut |op| {
            match op {
                Op::Row(_, seq, row) => said += &format!("{seq}{} ", row.id),
                Op::Cut(_, seq) => said += &format!("cut {seq} "),
                Op::Held(_, now, seen) => {
                    assert!(now.digest == held(theirs).digest && seen == Some(Visibility::Team));
                    said += &format!("held {}", now.pos);
                }
                Op::Machine(_) | Op::Forget(_) => said += "?",
            }
            Ok(())
        });
        (is_same.unwrap(), said)
    }

    fn brought(ours: &str, theirs: &str, held: &Held) -> (bool, String) {
        told(ours, Visibility::Team, theirs, held)
    }

    #[test]
    fn only_what_is_missing_is_passed_on() {
        assert_eq!(brought("ab", "ab", &held("ab")), (true, String::new()));
        assert_eq!(brought("ab", "abcd", &held("abcd")), (true, "2c 3d held 4".into()));
        assert_eq!(brought("ax", "abc", &held("abc")), (true, "0a 1b 2c cut 3 held 3".into()));
        assert_eq!(brought("abc", "ab", &held("ab")), (true, "0a 1b cut 2 held 2".into()));
        assert_eq!(brought("", "ab", &held("ab")), (true, "0a 1b held 2".into()));
        let seen = told("ab", Visibility::Private, "ab", &held("ab"));
        assert_eq!(seen, (true, "held 2".into()), "who sees it is told, too");
    }

    #[test]
    fn what_is_left_of_rows_that_were_forgotten_is_compared_each_time() {
        for pos in [1, 2, 3] {
            let gone = Held { pos, ..Held::default() };
            assert_eq!(brought("abc", "ac", &gone), (true, "0a 1c cut 2 held 2".into()));
            assert_eq!(brought("ac", "ac", &gone), (true, String::new()));
            assert_eq!(brought("ab", "ac", &gone), (true, "0a 1c cut 2 held 2".into()), "as many others");
            assert_eq!(brought("ac", "acd", &gone), (true, "2d held 3".into()));
            assert_eq!(brought("abc", "", &gone), (true, "cut 0 held 0".into()));
        }
    }

    #[test]
    fn other_rows_than_those_that_were_held_are_not_told_as_held() {
        assert_eq!(brought("", "ax", &held("ab")), (false, "0a 1x ".into()));
        assert_eq!(brought("", "a", &held("ab")), (false, "0a ".into()), "fewer");
        assert_eq!(brought("ab", "abc", &held("abcd")), (false, "2c ".into()), "fewer");
        assert_eq!(brought("abc", "a", &held("ab")), (false, "0a cut 1 ".into()));
        assert_eq!(brought("a", "abc", &held("ab")), (false, "1b 2c ".into()), "more");
    }
}
