//! Owns what comes out of a database: the operations that bring what a reader has to what the database has, for each
//! machine, and which rows that needs. Must stay true: nothing is passed on as held whose digest is another one.

use crate::digest::Digest;
use crate::held::Held;
use crate::machine::Machine;
use crate::op::{Op, Visibility};
use crate::row::Row;
use crate::source::Source;
use cs_core::error::{Error, Result};

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

/// Passes rows on, each with its number.
pub type EachRow<'e> = dyn FnMut(u64, Row) -> Result<()> + 'e;

impl Theirs {
    /// Brings a reader that has `ours` of this source to what the database has. `fetch` passes all rows of the source, in
    /// order. Returns whether the rows are those that were held; if they are not, the source is not told as held.
    ///
    /// Rows that are missing between others were forgotten; then the digest says nothing.
    pub fn bring(
        &self,
        ours: Option<&Held>,
        fetch: &mut dyn FnMut(&mut EachRow) -> Result<()>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<bool> {
        let ours = ours.filter(|ours| !ours.digest.is_empty());
        if ours.is_some_and(|ours| (ours.pos, &ours.digest) == (self.held.pos, &self.held.digest)) {
            return Ok(true);
        }
        let prefix = ours.filter(|ours| ours.pos <= self.held.pos);
        let read = match prefix.map(|prefix| self.pass(prefix, fetch, each)).transpose()?.flatten() {
            Some(read) => read,
            None => self.pass_all(fetch, each)?,
        };
        if !read.is_held(&self.held) {
            return Ok(false);
        }
        each(Op::Held(&self.source, &self.held, Some(self.visibility)))?;
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
        fetch(&mut |seq, row| {
            if seq >= prefix.pos && is_prefix.is_none() {
                is_prefix = Some(read.is_held(prefix) && read.rows == prefix.pos);
            }
            if is_prefix == Some(false) {
                return Ok(());
            }
            read.add(&row);
            if is_prefix.is_some() { each(Op::Row(&self.source, seq, &row)) } else { Ok(()) }
        })?;
        let is_prefix = is_prefix.unwrap_or_else(|| read.is_held(prefix) && read.rows == prefix.pos);
        Ok(is_prefix.then_some(read))
    }

    fn pass_all(
        &self,
        fetch: &mut dyn FnMut(&mut EachRow) -> Result<()>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<Read> {
        let (mut read, mut end) = (Read::default(), self.held.pos);
        fetch(&mut |seq, row| {
            read.add(&row);
            // Where rows were forgotten, their number says less than that of the last one.
            end = end.max(seq + 1);
            each(Op::Row(&self.source, seq, &row))
        })?;
        each(Op::Cut(&self.source, end))?;
        Ok(read)
    }

    /// What to tell of a source whose rows are not those that were held.
    pub fn differs(&self, owner: &str, machine: &Machine) -> Error {
        let (source, name) = (&self.source, machine.name());
        Error::Invalid(format!(
            "the rows of {source} of {owner} on {name} are not those that were sent; send them again"
        ))
    }
}

/// The rows that were read so far.
#[derive(Default)]
struct Read {
    rows: u64,
    digest: Digest,
}

impl Read {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.digest.add(&row.line());
    }

    fn is_held(&self, held: &Held) -> bool {
        self.rows < held.pos || held.digest.is_empty() || self.digest.text() == held.digest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::row::Table;
    use serde_json::value::RawValue;

    fn row(text: &str) -> Row {
        let body = RawValue::from_string(format!("{{\"text\":\"{text}\"}}")).unwrap();
        let (kind, at, project, agent, conversation) = (None, None, None, None, None);
        Row { table: Table::Entry, id: text.into(), kind, at, project, agent, conversation, body }
    }

    fn held(texts: &str) -> Held {
        let mut read = Read::default();
        texts.chars().for_each(|text| read.add(&row(&text.to_string())));
        Held { pos: read.rows, digest: read.digest.text(), stamp: String::new() }
    }

    /// What a reader that has `ours` is told of `theirs`, which is held as `told`.
    fn brought(ours: &str, theirs: &str, told: &Held) -> (bool, String) {
        let source = Source::parse("talk/c/main").unwrap();
        let one = Theirs { source, held: told.clone(), visibility: Visibility::Team };
        let mut said = String::new();
        let mut fetch = |each: &mut EachRow| {
            (0..).zip(theirs.chars()).filter(|(_, c)| *c != '-').try_for_each(|(seq, c)| each(seq, row(&c.to_string())))
        };
        let is_same = one.bring(Some(&held(ours)), &mut fetch, &mut |op| {
            match op {
                Op::Row(_, seq, row) => said += &format!("{seq}{} ", row.id),
                Op::Cut(_, seq) => said += &format!("cut {seq} "),
                Op::Held(_, held, _) => said += &format!("held {}", held.pos),
                Op::Machine(_) | Op::Forget(_) => said += "?",
            }
            Ok(())
        });
        (is_same.unwrap(), said)
    }

    #[test]
    fn only_what_is_missing_is_passed_on() {
        assert_eq!(brought("ab", "ab", &held("ab")), (true, String::new()));
        assert_eq!(brought("ab", "abcd", &held("abcd")), (true, "2c 3d held 4".into()));
        assert_eq!(brought("ax", "abc", &held("abc")), (true, "0a 1b 2c cut 3 held 3".into()));
        assert_eq!(brought("abc", "ab", &held("ab")), (true, "0a 1b cut 2 held 2".into()));
        assert_eq!(brought("", "ab", &held("ab")), (true, "0a 1b held 2".into()));
        let gone = Held { digest: String::new(), ..held("abc") };
        assert_eq!(brought("abc", "a-c", &gone), (true, "0a 2c cut 3 held 3".into()));
        let fewer = Held { pos: 2, ..gone };
        assert_eq!(brought("abc", "a-c", &fewer), (true, "0a 2c cut 3 held 2".into()));
    }

    #[test]
    fn other_rows_than_those_that_were_held_are_not_told_as_held() {
        assert_eq!(brought("", "ax", &held("ab")), (false, "0a 1x ".into()));
    }
}
