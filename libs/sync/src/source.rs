//! Owns the names of sources. Must stay true: a name leads to a file name that stays inside of a machine's folder, and
//! back.

use std::fmt;

/// What a source consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One row: the first line of a conversation. Its name is the conversation's id.
    Head,
    /// The lines of a thread of a conversation. Its name is the conversation's id, a slash, and the thread.
    Talk,
    /// One row: a session's record. Its name is the session's id.
    Record,
    /// What people said about a conversation. Its name is the conversation's id.
    Mark,
    /// What was used on a day. Its name is the day, `YYYY-MM-DD`, or `before` for all that has no day of its own.
    Usage,
    /// The readings of a limit in a month. Its name is that of the file in `limits/`, without its ending, a slash, and the
    /// month, `YYYY-MM`.
    Limit,
    /// What tools did on a day. Its name is the day, `YYYY-MM-DD`.
    Audit,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] =
        [Kind::Head, Kind::Talk, Kind::Record, Kind::Mark, Kind::Usage, Kind::Limit, Kind::Audit];

    /// Its word in the names of sources.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Head => "head",
            Kind::Talk => "talk",
            Kind::Record => "record",
            Kind::Mark => "mark",
            Kind::Usage => "usage",
            Kind::Limit => "limit",
            Kind::Audit => "audit",
        }
    }
}

/// A source: `talk/3c93296d-fab9-4844-ac62-7f673c1f02cc/main`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    kind: Kind,
    name: String,
}

impl Source {
    /// A source of this kind; `None` if the name cannot be one: it has one to three parts between slashes, of at most 200
    /// letters, digits, `_`, `-`, `.`, `+`, `=` or `@`, none of which begins with a dot.
    pub fn new(kind: Kind, name: &str) -> Option<Source> {
        let is_sign = |c: u8| c.is_ascii_alphanumeric() || b"_-.+=@".contains(&c);
        let is_part =
            |part: &str| !part.is_empty() && part.len() <= 200 && !part.starts_with('.') && part.bytes().all(is_sign);
        let is_name = name.split('/').all(is_part) && name.split('/').count() <= 3;
        is_name.then(|| Source { kind, name: name.to_string() })
    }

    /// The source with this name, as it is written.
    pub fn parse(text: &str) -> Option<Source> {
        let (word, name) = text.split_once('/')?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
        Source::new(kind, name)
    }

    /// What it consists of.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its name without the kind.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The conversation, or the session, to which it belongs; `None` for what belongs to none.
    pub fn owner(&self) -> Option<&str> {
        match self.kind {
            Kind::Head | Kind::Talk | Kind::Record | Kind::Mark => self.name.split('/').next(),
            Kind::Usage | Kind::Limit | Kind::Audit => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.word(), self.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written_and_leads_nowhere_else() {
        let source = Source::new(Kind::Talk, "3c93296d-fab9-4844-ac62-7f673c1f02cc/main").unwrap();
        assert_eq!(source.to_string(), "talk/3c93296d-fab9-4844-ac62-7f673c1f02cc/main");
        assert_eq!(Source::parse(&source.to_string()), Some(source));
        for wrong in ["talk", "talk/", "other/x", "talk/../x", "talk/x//y", "head/.x", "head/a b", "head/a/b/c/d"] {
            assert_eq!(Source::parse(wrong), None, "{wrong}");
        }
    }
}
