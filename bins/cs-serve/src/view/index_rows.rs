//! Owns all sessions of the index, newest first, in little memory: one text, and the position of each field in it.

use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::overview::Brief;
use cs_core::record::Status;

/// All sessions of the index.
#[derive(Debug, Default)]
pub struct IndexRows {
    text: String,
    slugs: Vec<String>,
    rows: Vec<Span>,
}

/// The lengths of a session's fields, which follow each other in this order.
#[derive(Clone, Copy, Debug)]
struct Span {
    at: u32,
    slug: u16,
    id: u8,
    started: u8,
    ended: u8,
    heartbeat: u8,
    intent: u16,
    status: Status,
}

/// A session as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexRow<'a> {
    pub id: &'a str,
    pub project_slug: &'a str,
    pub status: Status,
    pub started_at: &'a str,
    pub ended_at: Option<&'a str>,
    pub last_heartbeat: &'a str,
    pub intent: &'a str,
}

impl IndexRows {
    /// Copies the entries of an index, which come oldest id first.
    pub fn new(entries: &[(SessionId, IndexEntry)]) -> Self {
        let mut rows = IndexRows::default();
        rows.text.reserve_exact(entries.iter().map(|(id, entry)| length(id, entry)).sum());
        rows.rows.reserve_exact(entries.len());
        let mut known = std::collections::HashMap::new();
        for (id, entry) in entries.iter().rev() {
            let next = u16::try_from(known.len()).unwrap_or(u16::MAX);
            let slug = *known.entry(entry.project_slug.as_ref()).or_insert(next);
            if usize::from(slug) == rows.slugs.len() {
                rows.slugs.push(entry.project_slug.to_string());
            }
            rows.push(id, entry, slug);
        }
        rows
    }

    fn push(&mut self, id: &SessionId, entry: &IndexEntry, slug: u16) {
        let Ok(at) = u32::try_from(self.text.len()) else { return };
        let id = self.put(id.as_str(), u8::MAX.into()) as u8;
        let started = self.put(&entry.started_at, u8::MAX.into()) as u8;
        let ended = self.put(entry.ended_at.as_deref().unwrap_or_default(), u8::MAX.into()) as u8;
        let heartbeat = self.put(&entry.last_heartbeat, u8::MAX.into()) as u8;
        let intent = self.put(&entry.intent, u16::MAX.into()) as u16;
        self.rows.push(Span { at, slug, id, started, ended, heartbeat, intent, status: entry.status });
    }

    /// Appends a text, cut at the longest length that the format allows.
    fn put(&mut self, text: &str, most: usize) -> usize {
        let cut = (0..=text.len().min(most)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        self.text.push_str(text.get(..cut).unwrap_or_default());
        cut
    }

    fn row(&self, span: &Span) -> IndexRow<'_> {
        let mut rest = self.text.get(span.at as usize..).unwrap_or_default();
        let mut next = |length: usize| {
            let (field, others) = rest.split_at_checked(length).unwrap_or_default();
            rest = others;
            field
        };
        IndexRow {
            id: next(span.id.into()),
            started_at: next(span.started.into()),
            ended_at: Some(next(span.ended.into())).filter(|text| !text.is_empty()),
            last_heartbeat: next(span.heartbeat.into()),
            intent: next(span.intent.into()),
            project_slug: self.slugs.get(usize::from(span.slug)).map_or("", String::as_str),
            status: span.status,
        }
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = IndexRow<'_>> {
        self.rows.iter().map(|span| self.row(span))
    }

    /// The one with this id.
    pub fn find(&self, id: &str) -> Option<IndexRow<'_>> {
        let found = self.rows.binary_search_by(|span| id.cmp(self.row(span).id)).ok()?;
        self.rows.get(found).map(|span| self.row(span))
    }

    /// Every project that a session names.
    pub fn slugs(&self) -> &[String] {
        &self.slugs
    }
}

impl<'a> IndexRow<'a> {
    /// The part that an overview needs.
    pub fn brief(&self) -> Brief<'a> {
        Brief {
            id: self.id,
            project_slug: self.project_slug,
            status: self.status,
            started_at: self.started_at,
            ended_at: self.ended_at,
            last_heartbeat: self.last_heartbeat,
        }
    }
}

fn length(id: &SessionId, entry: &IndexEntry) -> usize {
    let ended = entry.ended_at.as_deref().unwrap_or_default();
    id.as_str().len() + entry.started_at.len() + ended.len() + entry.last_heartbeat.len() + entry.intent.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_return_the_entries_they_store() {
        let id = |n: u32| SessionId::parse(&format!("sess_20261121T0337_{n:04x}")).unwrap();
        let entry = |intent: &'static str, slug: &'static str| IndexEntry {
            project_slug: slug.into(),
            status: Status::Parked,
            intent: intent.into(),
            started_at: "2026-11-21T03:37:00.000000+00:00".into(),
            ended_at: (slug == "a").then(|| "2026".into()),
            last_heartbeat: "x".into(),
        };
        let rows = IndexRows::new(&[(id(1), entry("éins", "a")), (id(2), entry("zwei", "b")), (id(3), entry("", "a"))]);
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids, [id(3).as_str(), id(2).as_str(), id(1).as_str()]);
        let one = rows.find(id(1).as_str()).unwrap();
        assert_eq!((one.intent, one.project_slug, one.ended_at), ("éins", "a", Some("2026")));
        assert_eq!(rows.find(id(2).as_str()).unwrap().ended_at, None);
        assert_eq!(rows.find("sess_20261121T0337_0009"), None);
        assert_eq!(rows.slugs(), ["a", "b"]);
    }
}
