//! Owns all sessions of the index, newest first, in little memory: one text, and the position of each field in it.

use cs_core::id::SessionId;
use cs_core::index::{self, IndexEntry};
use cs_core::overview::Brief;
use cs_core::record::Status;
use cs_core::store::IndexText;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// All sessions of the index.
#[derive(Debug, Default)]
pub struct IndexRows {
    text: String,
    slugs: Vec<String>,
    rows: Vec<Span>,
    /// The mark of the line of each, in the same order.
    marks: Vec<u64>,
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

/// What a later index says: the rows that it keeps, and its other entries with the marks of their lines.
#[derive(Default)]
struct News<'i> {
    kept: Vec<usize>,
    entries: Vec<(SessionId, IndexEntry<'i>)>,
    marks: HashMap<String, u64>,
}

/// Where the line of a row is found among all marks: nearly always lines come in the order of the rows, the oldest first.
#[derive(Default)]
struct Search {
    /// How many of the last rows were passed.
    passed: usize,
    misses: usize,
    all: HashMap<u64, usize>,
}

impl Search {
    /// The row of a line; `None` if the line is new, or for a few lines in another place.
    fn find(&mut self, marks: &[u64], mark: u64) -> Option<usize> {
        let left = marks.len().saturating_sub(self.passed);
        let near = left.saturating_sub(NEAR);
        let found = marks.get(near..left).and_then(|near| near.iter().rposition(|known| *known == mark));
        if let Some(at) = found {
            self.passed = marks.len() - (near + at);
            return Some(near + at);
        }
        self.misses += 1;
        if self.misses == FEW {
            self.all = marks.iter().enumerate().map(|(at, mark)| (*mark, at)).collect();
        }
        self.all.get(&mark).copied()
    }
}

/// So many rows may have changed before the next one that has not.
const NEAR: usize = 32;
/// Fewer lines are parsed in less time than all marks are put into a table.
const FEW: usize = 100;

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
    /// Copies entries, which come oldest id first.
    pub fn new(entries: &[(SessionId, IndexEntry)]) -> Self {
        IndexRows::default().merged(&News { entries: entries.to_vec(), ..News::default() })
    }

    /// The sessions of a later index. Only lines that are not known yet are parsed.
    pub fn followed_by(&self, index: &IndexText) -> Self {
        let news = self.news(index);
        let rows = self.merged(&news);
        let is_whole = rows.rows.len() == news.kept.len() + news.entries.len();
        match is_whole && rows.rows.is_sorted_by(|a, b| rows.row(a).id > rows.row(b).id) {
            true => rows,
            // Lines were seen twice: the text could not be used, and another one was made from the records.
            false => IndexRows::new(&index.entries(|_| true)),
        }
    }

    fn news<'i>(&self, index: &'i IndexText) -> News<'i> {
        let seen: RefCell<(Search, News)> = RefCell::default();
        let entries = index.entries(|line| {
            let (mark, (search, news)) = (mark(line), &mut *seen.borrow_mut());
            let known = search.find(&self.marks, mark);
            match known {
                Some(at) => news.kept.push(at),
                None => drop(news.marks.insert(index::id_in(line).unwrap_or_default().to_string(), mark)),
            }
            known.is_none()
        });
        let (_, News { mut kept, marks, .. }) = seen.into_inner();
        kept.sort_unstable();
        News { kept, entries, marks }
    }

    /// The rows that are kept, and new ones.
    fn merged(&self, News { kept, entries, marks }: &News) -> Self {
        let mut rows = IndexRows::default();
        rows.text.reserve_exact(self.text.len() + entries.iter().map(|(id, entry)| length(id, entry)).sum::<usize>());
        rows.rows.reserve_exact(kept.len() + entries.len());
        rows.marks.reserve_exact(kept.len() + entries.len());
        let mut slugs = HashMap::new();
        let known = |at: &usize| Some((self.row(self.rows.get(*at)?), *self.marks.get(*at)?));
        let mut kept = kept.iter().filter_map(known).peekable();
        for (id, entry) in entries.iter().rev() {
            while let Some((row, mark)) = kept.next_if(|(row, _)| row.id > id.as_str()) {
                rows.push(&row, mark, &mut slugs);
            }
            // Without a mark, the line is parsed each time.
            let mark = marks.get(id.as_str()).copied().unwrap_or_default();
            rows.push(&IndexRow::of(id, entry), mark, &mut slugs);
        }
        kept.for_each(|(row, mark)| rows.push(&row, mark, &mut slugs));
        rows
    }

    fn push(&mut self, row: &IndexRow, mark: u64, slugs: &mut HashMap<String, u16>) {
        let Ok(at) = u32::try_from(self.text.len()) else { return };
        let slug = slugs.get(row.project_slug).copied().unwrap_or_else(|| {
            let slug = u16::try_from(self.slugs.len()).unwrap_or(u16::MAX);
            self.slugs.push(row.project_slug.to_string());
            slugs.insert(row.project_slug.to_string(), slug);
            slug
        });
        let id = self.put(row.id, u8::MAX.into()) as u8;
        let started = self.put(row.started_at, u8::MAX.into()) as u8;
        let ended = self.put(row.ended_at.unwrap_or_default(), u8::MAX.into()) as u8;
        let heartbeat = self.put(row.last_heartbeat, u8::MAX.into()) as u8;
        let intent = self.put(row.intent, u16::MAX.into()) as u16;
        self.rows.push(Span { at, slug, id, started, ended, heartbeat, intent, status: row.status });
        self.marks.push(mark);
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
    fn of(id: &'a SessionId, entry: &'a IndexEntry) -> Self {
        IndexRow {
            id: id.as_str(),
            project_slug: &entry.project_slug,
            status: entry.status,
            started_at: &entry.started_at,
            ended_at: entry.ended_at.as_deref(),
            last_heartbeat: &entry.last_heartbeat,
            intent: &entry.intent,
        }
    }

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

/// Tells lines apart: two different ones have the same mark once in 10^19 times.
fn mark(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    // The comma that separates it from the next one belongs to no entry.
    hasher.write(line.strip_suffix(',').unwrap_or(line).as_bytes());
    hasher.finish().max(1)
}

fn length(id: &SessionId, entry: &IndexEntry) -> usize {
    let ended = entry.ended_at.as_deref().unwrap_or_default();
    id.as_str().len() + entry.started_at.len() + ended.len() + entry.last_heartbeat.len() + entry.intent.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::paths::Home;
    use cs_core::store::Store;
    use cs_core::witness::Witness;

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

    #[test]
    fn only_lines_that_are_new_are_parsed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        let id = |n: u32| SessionId::parse(&format!("sess_20261121T0337_{n:04x}")).unwrap();
        let entry = |intent: &'static str, slug: &'static str| IndexEntry {
            project_slug: slug.into(),
            status: Status::Active,
            intent: intent.into(),
            started_at: "2026".into(),
            ended_at: None,
            last_heartbeat: "x".into(),
        };
        let write = |all: &[(SessionId, IndexEntry)]| {
            let text = index::render(all.iter().map(|(id, entry)| (id, entry)));
            std::fs::write(store.home.index(), text).unwrap();
            (0..9).for_each(|n| drop(std::fs::remove_file(store.home.session(&id(n)))));
            all.iter().for_each(|(id, _)| std::fs::write(store.home.session(id), "").unwrap());
        };
        let mut rows = IndexRows::default();
        let first = [(id(1), entry("a", "s")), (id(3), entry("b", "s")), (id(5), entry("c", "t"))];
        let changed = [(id(1), entry("a", "s")), (id(3), entry("B", "s")), (id(5), entry("c", "t"))];
        let longer =
            [(id(1), entry("a", "s")), (id(3), entry("B", "s")), (id(4), entry("d", "u")), (id(5), entry("c", "t"))];
        let shorter = [(id(3), entry("B", "s")), (id(4), entry("d", "u"))];
        let stages: [(&[_], usize); 5] = [(&first, 3), (&first, 0), (&changed, 1), (&longer, 1), (&shorter, 0)];
        for (all, parsed) in stages {
            write(all);
            let index = store.index().unwrap();
            assert_eq!(rows.news(&index).entries.len(), parsed);
            rows = rows.followed_by(&index);
            let whole = IndexRows::new(all);
            assert!(rows.iter().eq(whole.iter()), "{:?}", rows.iter().collect::<Vec<_>>());
            let sorted = |rows: &IndexRows| rows.slugs().iter().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(sorted(&rows), sorted(&whole));
        }
    }

    #[test]
    fn lines_in_any_order_are_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        std::fs::create_dir(store.home.sessions()).unwrap();
        let id = |n: u32| SessionId::parse(&format!("sess_20261121T0337_{n:04x}")).unwrap();
        (0..500).for_each(|n| std::fs::write(store.home.session(&id(n)), "").unwrap());
        let entry = |intent: String| IndexEntry {
            project_slug: "s".into(),
            status: Status::Active,
            intent: intent.into(),
            started_at: "2026".into(),
            ended_at: None,
            last_heartbeat: "x".into(),
        };
        let mut rows = IndexRows::default();
        // In which steps the ids follow each other, which sessions change, and how many lines are parsed then.
        let rounds =
            [(1, 501, 500..=500), (1, 500, 1..=1), (1, 50, 10..=10), (7, 501, 10..=FEW + 10), (1, 3, 167..=167)];
        for (round, (step, every, parsed)) in rounds.into_iter().enumerate() {
            let intent = |n: u32| if n.is_multiple_of(every) { format!("in round {round}") } else { format!("{n}") };
            let all: Vec<_> = (0..500).map(|n| n * step % 500).map(|n| (id(n), entry(intent(n)))).collect();
            std::fs::write(store.home.index(), index::render(all.iter().map(|(id, entry)| (id, entry)))).unwrap();
            let index = store.index().unwrap();
            let count = rows.news(&index).entries.len();
            assert!(parsed.contains(&count), "{round}: {count}");
            rows = rows.followed_by(&index);
            let whole = IndexRows::new(&index.entries(|_| true));
            assert!(rows.iter().eq(whole.iter()) && rows.iter().count() == 500, "{round}");
        }
    }
}
