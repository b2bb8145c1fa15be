//! Owns the columns of an operation on its way into a database, the same for PostgreSQL and SQLite.

use crate::op::Op;
use crate::row::Table;
use crate::source::{Kind, Source};
use std::borrow::Cow;

/// Their names, in order.
pub const COLUMNS: [&str; 17] = [
    "op",
    "machine",
    "source",
    "seq",
    "tab",
    "id",
    "kind",
    "at",
    "project",
    "agent",
    "conversation",
    "said",
    "body",
    "pos",
    "digest",
    "stamp",
    "visibility",
];

/// The text of a column; `None` is null.
pub type Text<'o> = Option<Cow<'o, str>>;

/// The columns of an operation. No text contains NUL, which no database takes.
#[derive(Debug, Default)]
pub struct Columns<'o> {
    /// `machine`, `row`, `cut`, `held` or `forget`.
    pub op: &'static str,
    /// The id of the machine; null for `forget`, which is about all of them.
    pub machine: Text<'o>,
    /// The name of the source.
    pub source: Text<'o>,
    /// The number of the row; for `cut`, that of the first one that goes away.
    pub seq: Option<u64>,
    /// The table of the source's rows, for `row` and `cut`.
    pub tab: Text<'o>,
    /// The row's id; for `machine`, its label.
    pub id: Text<'o>,
    /// As in the row.
    pub kind: Text<'o>,
    /// As in the row.
    pub at: Text<'o>,
    /// As in the row.
    pub project: Text<'o>,
    /// As in the row.
    pub agent: Text<'o>,
    /// As in the row; for `forget`, the id of the conversation, or of the session without one.
    pub conversation: Text<'o>,
    /// [`crate::Row::said`].
    pub said: Text<'o>,
    /// The line of JSON.
    pub body: Text<'o>,
    /// As in [`crate::Held`].
    pub pos: Option<u64>,
    /// As in [`crate::Held`].
    pub digest: Text<'o>,
    /// As in [`crate::Held`].
    pub stamp: Text<'o>,
    /// For `held`; null leaves it as it is.
    pub visibility: Text<'o>,
}

impl<'o> Columns<'o> {
    /// The columns of an operation of the machine with this id.
    pub fn of(machine: &'o str, op: &'o Op) -> Self {
        let some = |text: &'o Option<String>| text.as_deref().map(clean);
        let machine = Some(clean(machine));
        match op {
            Op::Machine(one) => Columns { op: "machine", machine, id: Some(clean(&one.label)), ..Columns::default() },
            Op::Row(source, seq, row) => Columns {
                seq: Some(*seq),
                id: Some(clean(&row.id)),
                kind: some(&row.kind),
                at: some(&row.at),
                project: some(&row.project),
                agent: some(&row.agent),
                conversation: some(&row.conversation),
                said: row.said().map(|said| clean(&said).into_owned().into()),
                body: Some(row.body.get().into()),
                tab: Some(row.table.word().into()),
                ..Columns::of_source("row", machine, source)
            },
            Op::Cut(source, seq) => Columns { seq: Some(*seq), ..Columns::of_source("cut", machine, source) },
            Op::Held(source, held, visibility) => Columns {
                tab: None,
                pos: Some(held.pos),
                digest: Some(clean(&held.digest)),
                stamp: Some(clean(&held.stamp)),
                visibility: visibility.map(|one| one.word().into()),
                ..Columns::of_source("held", machine, source)
            },
            Op::Forget(id) => Columns { op: "forget", conversation: Some(clean(id)), ..Columns::default() },
        }
    }

    fn of_source(op: &'static str, machine: Text<'o>, source: &Source) -> Self {
        let tab = Some(table_of(source.kind()).word().into());
        Columns { op, machine, source: Some(source.to_string().into()), tab, ..Columns::default() }
    }

    /// Their texts, in the order of [`COLUMNS`].
    pub fn texts(self) -> [Text<'o>; 17] {
        let number = |number: Option<u64>| number.map(|number| number.to_string().into());
        let Columns { op, machine, source, seq, tab, id, kind, at, project, agent, conversation, said, .. } = self;
        let Columns { body, pos, digest, stamp, visibility, .. } = self;
        let (op, seq, pos) = (Some(op.into()), number(seq), number(pos));
        [
            op,
            machine,
            source,
            seq,
            tab,
            id,
            kind,
            at,
            project,
            agent,
            conversation,
            said,
            body,
            pos,
            digest,
            stamp,
            visibility,
        ]
    }
}

/// The table in which the rows of such sources are.
pub fn table_of(kind: Kind) -> Table {
    match kind {
        Kind::Head => Table::Conversation,
        Kind::Talk => Table::Entry,
        Kind::Record => Table::Record,
        Kind::Mark => Table::Mark,
        Kind::Usage => Table::UsageDay,
        Kind::Limit => Table::LimitReading,
        Kind::Audit => Table::Audit,
    }
}

/// A text without NUL.
fn clean(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', "")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Held, Machine, Visibility};

    fn told(op: &Op) -> String {
        let texts = Columns::of("0123456789abcdef", op).texts();
        let some = COLUMNS.into_iter().zip(texts).filter_map(|(name, text)| Some(format!("{name}={}", text?)));
        some.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_operation_fills_its_columns() {
        let source = Source::parse("talk/c/main").unwrap();
        let machine = Machine { id: "0123456789abcdef".into(), label: "lap\0top".into() };
        let held = Held { pos: 3, digest: "d".into(), stamp: "s".into() };
        assert_eq!(told(&Op::Machine(&machine)), "op=machine machine=0123456789abcdef id=laptop");
        let cut = "op=cut machine=0123456789abcdef source=talk/c/main seq=2 tab=entry";
        assert_eq!(told(&Op::Cut(&source, 2)), cut);
        let told_held = "op=held machine=0123456789abcdef source=talk/c/main pos=3 digest=d stamp=s visibility=team";
        assert_eq!(told(&Op::Held(&source, &held, Some(Visibility::Team))), told_held);
        assert_eq!(told(&Op::Forget("c")), "op=forget conversation=c");
    }
}
