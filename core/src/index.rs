//! Owns the text of `sessions/_index.json`: one entry per line (see `layout`), so that a change concerns one line.
//! Must stay true: [`splice`] of a canonical text equals a parse, a change and a [`render`], but
//! costs no parsing; a text that is not canonical (the Python tool's) is refused here and parsed by
//! the caller. Deliberately absent: the disk (see `store`), and any field that is not in FORMAT.md.

mod filter;
mod latest;
mod layout;
mod lines;
mod size;
mod statuses;

pub use filter::{of_project, of_status, recent};
pub use latest::latest;
pub use layout::{Order, cmp_minute, is_blank, is_of, line, line_of_width, order_of};
pub use size::is_endless;
pub use statuses::statuses;

use crate::id::{SessionId, Slug};
use crate::record::{Session, Status};
use lines::Lines;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The entry of one session in the index. `last_heartbeat` may be older than the record's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry<'a> {
    /// As in the record.
    #[serde(borrow)]
    pub project_slug: Cow<'a, str>,
    /// As in the record.
    pub status: Status,
    /// As in the record.
    #[serde(borrow)]
    pub intent: Cow<'a, str>,
    /// Instant, RFC 3339.
    #[serde(borrow, default)]
    pub started_at: Cow<'a, str>,
    /// Instant, RFC 3339; `None` while the session is active.
    #[serde(borrow, default)]
    pub ended_at: Option<Cow<'a, str>>,
    /// Instant, RFC 3339; may be older than the record's.
    #[serde(borrow, default)]
    pub last_heartbeat: Cow<'a, str>,
}

/// All entries, by id.
pub type Entries<'a> = BTreeMap<SessionId, IndexEntry<'a>>;

impl<'a> IndexEntry<'a> {
    /// The entry of a record.
    pub fn of(session: &'a Session) -> Self {
        IndexEntry {
            project_slug: Cow::Borrowed(&session.project_slug),
            status: session.status,
            intent: Cow::Borrowed(&session.intent),
            started_at: Cow::Borrowed(&session.started_at),
            ended_at: session.ended_at.as_deref().map(Cow::Borrowed),
            last_heartbeat: Cow::Borrowed(&session.last_heartbeat),
        }
    }

    /// The entry without the text that it was read from.
    pub fn into_owned(self) -> IndexEntry<'static> {
        let owned = |text: Cow<str>| Cow::Owned(text.into_owned());
        IndexEntry {
            project_slug: owned(self.project_slug),
            status: self.status,
            intent: owned(self.intent),
            started_at: owned(self.started_at),
            ended_at: self.ended_at.map(owned),
            last_heartbeat: owned(self.last_heartbeat),
        }
    }

    /// Whether the index must be rewritten for the change: any field except the heartbeat differs.
    pub fn differs(&self, other: &IndexEntry) -> bool {
        let mut other = other.clone();
        other.last_heartbeat = self.last_heartbeat.clone();
        *self != other
    }
}

/// The canonical text of these entries.
pub fn render<'a>(entries: impl IntoIterator<Item = (&'a SessionId, &'a IndexEntry<'a>)>) -> String {
    let lines: Vec<String> = entries.into_iter().map(|(id, entry)| line(id, entry, Order::Sorted)).collect();
    if lines.is_empty() {
        return "{\n}\n".into();
    }
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// The line of an entry in the form that filters read. An invalid slug belongs to no project, and could be written in
/// ways that filters do not expect.
fn filter_line(id: &SessionId, entry: &IndexEntry) -> String {
    match Slug::parse(&entry.project_slug) {
        Ok(_) => line(id, entry, Order::Sorted),
        Err(_) => line(id, &IndexEntry { project_slug: "".into(), ..entry.clone() }, Order::Sorted),
    }
}

/// Whether the whole text has our own layout. A file that was torn by a power failure has lost its end, or contains NUL
/// bytes.
pub fn is_canonical(text: &str) -> bool {
    has_layout(text) && memchr::memchr(0, text.as_bytes()).is_none()
}

/// Like [`is_canonical`], for a text that was checked when it was read: NUL bytes are not searched for again.
pub fn has_layout(text: &str) -> bool {
    let Some(body) = body(text) else { return false };
    let first = body.trim_start_matches([' ', '\n']);
    let (blank, last) = (body.len() - first.len(), body.trim_end_matches('\n').rsplit('\n').next());
    let begins = first.is_empty() || first.starts_with('"');
    let is_at_line = |at: usize| at == 0 || body.as_bytes().get(at - 1) == Some(&b'\n');
    begins && is_at_line(blank) && last.is_some_and(|last| last.ends_with('}') || is_blank(last.as_bytes()))
}

/// The lines of a text in our layout, each with the end of its line.
fn body(text: &str) -> Option<&str> {
    text.strip_prefix("{\n")?.strip_suffix("}\n").filter(|body| body.is_empty() || body.ends_with('\n'))
}

/// The lines of a text in our layout that hold entries.
pub fn lines(text: &str) -> Option<impl DoubleEndedIterator<Item = &str> + Clone> {
    Some(Lines(body(text)?).filter(|line| !is_blank(line.as_bytes())))
}

/// The number of entries of a text in our layout, without parsing them.
pub fn count(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_entry = |end: &usize| bytes.get(end + 1) == Some(&b'"');
    has_layout(text).then(|| memchr::memchr_iter(b'\n', bytes).filter(is_entry).count())
}

/// Whether the text must be written anew before it can be changed in place: another layout, or much that is blank.
pub fn is_worn(text: &str) -> bool {
    let Some(all) = lines(text).filter(|_| has_layout(text)) else { return true };
    let mut used = 0;
    for line in all {
        used += line.len() + 1;
        if order_of(line.as_bytes()).is_none() {
            return true;
        }
    }
    (text.len() - used) * BLANK_PART > text.len() && text.len() > used + 4
}

/// An index of which more than one part in so many is blank is written anew.
pub const BLANK_PART: usize = 4;

/// Adds, replaces or (with `None`) removes one entry of a canonical text. In place, and the text was checked: an index may
/// have tens of megabytes. `false`, without a change, if the text has another layout.
pub fn splice(text: &mut String, id: &SessionId, entry: Option<&IndexEntry>) -> bool {
    if !has_layout(text) {
        return false;
    }
    // Where the last entry ends, or the opening brace.
    let end = text.get(..text.len() - 2).unwrap_or_default().trim_end_matches(['\n', ' ']).len();
    let last = text.get(..end).and_then(|text| text.rsplit('\n').next());
    let new = entry.map(|entry| line(id, entry, Order::after(last.map(str::as_bytes), id)));
    match (line_of(text, id), new) {
        (Some(old), Some(new)) => text.replace_range(old, &new),
        (Some(old), None) => remove(text, old),
        (None, Some(new)) if end == 1 => *text = format!("{{\n{new}{END}"),
        (None, Some(new)) => text.insert_str(end, &format!(",\n{new}")),
        (None, None) => {}
    }
    true
}

/// The end of an index with entries.
const END: &str = "\n}\n";

/// Removes a line. The line that is now the last loses its comma and any spaces after it, as our layout
/// requires.
fn remove(text: &mut String, line: Range<usize>) {
    let (before, after) = (text.get(..line.start).unwrap_or_default(), text.get(line.end..).unwrap_or_default());
    let range = match after.starts_with(",\n") {
        true => line.start..line.end + 2,
        false => before.trim_end_matches([',', ' ', '\t', '\r', '\n']).len()..line.end,
    };
    text.replace_range(range, "");
}

/// The position of the session's line, without its comma. A JSON text has no raw newline inside a string, so every line
/// start is real. Searches from the end: changes mostly concern new sessions.
fn line_of(text: &str, id: &SessionId) -> Option<Range<usize>> {
    let key = format!("\"{id}\":");
    let mut end = text.len();
    for line in text.rsplit('\n') {
        let start = end - line.len();
        if line.starts_with(&key) {
            return Some(start..start + line.trim_end_matches(',').len());
        }
        end = start.saturating_sub(1);
    }
    None
}

/// The entries of the text whose line passes `wanted`, newest id last. `wanted` receives the canonical
/// line; if the text is canonical, a filter costs no parsing. `None` if the text is not an index, or
/// contains an id twice: it is unknown which line is right.
pub fn parse_where<'a>(text: &'a str, wanted: impl Fn(&str) -> bool) -> Option<Vec<(SessionId, IndexEntry<'a>)>> {
    if !has_layout(text) {
        let entries = serde_json::from_str::<Entries>(text).ok()?.into_iter();
        return Some(entries.filter(|(id, entry)| wanted(&filter_line(id, entry))).collect());
    }
    let mut entries = Vec::new();
    let mut keys = Keys::default();
    for text in lines(text)? {
        keys.see(text);
        let is_ours = head(text).is_some();
        if is_ours && !wanted(text) {
            continue;
        }
        let (id, entry) = entry_on(text)?;
        // One entry per line, but written differently: filters only read our form.
        if is_ours || wanted(&filter_line(&id, &entry)) {
            entries.push((id, entry));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    keys.are_each_once(text).then_some(entries)
}

/// The keys of all lines, also of those that a filter skips: it may skip the right one of two.
#[derive(Default)]
struct Keys<'a> {
    last: Option<&'a str>,
    is_unsorted: bool,
}

impl<'a> Keys<'a> {
    fn see(&mut self, line: &'a str) {
        let key = line.get(..KEY);
        self.is_unsorted |= key <= self.last;
        self.last = key;
    }

    /// Whether no line of the text, all of which were seen, has the key of another one.
    fn are_each_once(&self, text: &str) -> bool {
        if !self.is_unsorted {
            return true;
        }
        let mut keys: Vec<Option<&str>> = lines(text).into_iter().flatten().map(|line| line.get(..KEY)).collect();
        keys.sort_unstable();
        keys.is_sorted_by(|a, b| a.is_some() && a < b)
    }
}

/// The entry on a line of our layout.
pub fn entry_on(line: &str) -> Option<(SessionId, IndexEntry<'_>)> {
    if let Some(known) = layout::read(line) {
        return Some(known);
    }
    let (key, value) = line.strip_prefix('"')?.split_once("\":")?;
    let entry = serde_json::from_str(value.strip_suffix(',').unwrap_or(value)).ok()?;
    Some((SessionId::parse(key).ok()?, entry))
}

/// Sessions whose lines cannot be parsed, if that is all that is wrong with the text: it was torn while one was written.
pub fn torn(text: &str) -> Option<Vec<SessionId>> {
    let all = lines(text).filter(|_| has_layout(text))?;
    let mut keys = Keys::default();
    let mut torn = Vec::new();
    for line in all {
        keys.see(line);
        if entry_on(line).is_none() {
            let key = line.strip_prefix('"').and_then(|line| line.split_once("\":"))?.0;
            torn.push(SessionId::parse(key).ok()?);
        }
    }
    keys.are_each_once(text).then_some(torn)
}

/// What can be read of a torn text.
pub fn readable(text: &str) -> String {
    let known: Entries = lines(text).into_iter().flatten().filter_map(entry_on).collect();
    render(&known)
}

/// The ids on the lines of a canonical text that may pass the filter, without parsing any entry.
pub fn ids_where(text: &str, wanted: impl Fn(&str) -> bool) -> Option<Vec<SessionId>> {
    let key = |line: &str| SessionId::parse(line.strip_prefix('"')?.split_once('"')?.0).ok();
    Some(lines(text)?.filter(|line| head(line).is_none() || wanted(line)).filter_map(key).collect())
}

/// The status of a session according to its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing<'a> {
    /// Session id, not checked.
    pub id: Cow<'a, str>,
    /// As in the record.
    pub status: Status,
    /// Instant, RFC 3339; `None` while the session is active.
    pub ended_at: Option<Cow<'a, str>>,
}

/// The standings of sessions with their projects, among those of projects that are wanted, read from the lines: parsing
/// them costs ten times as much. `None` if a line is not written in our form.
pub fn standings<'a>(text: &'a str, wanted: impl Fn(&str) -> bool) -> Option<Vec<(&'a str, Standing<'a>)>> {
    if !has_layout(text) {
        return None;
    }
    let (mut all, mut keys) = (Vec::new(), Keys::default());
    for line in lines(text)? {
        keys.see(line);
        let (slug, status) = head(line)?;
        if wanted(slug) {
            let (id, ended_at) = (Cow::Borrowed(id_in(line)?), ended_at(line)?.map(Cow::Borrowed));
            all.push((slug, Standing { id, status: Status::named(status)?, ended_at }));
        }
    }
    keys.are_each_once(text).then_some(all)
}

/// When the session ended, as we write it at the end of a line; `None` in any other form.
fn ended_at(line: &str) -> Option<Option<&str>> {
    times(line).map(|(_, ended_at)| ended_at)
}

/// When the session started and ended, in the same way. Reads from the end, before any text of a user: a quote inside a
/// text has a backslash before it.
fn times(line: &str) -> Option<(&str, Option<&str>)> {
    let line = line.strip_suffix(',').unwrap_or(line).strip_suffix('}')?;
    let line = line.trim_end_matches([' ', '\t']).strip_suffix('"')?;
    let line = line.rsplit_once('"')?.0.strip_suffix(",\"last_heartbeat\":")?;
    let (line, ended_at) = match line.strip_suffix(",\"ended_at\":null") {
        Some(line) => (line, None),
        None => {
            let (line, instant) = line.strip_suffix('"')?.rsplit_once('"')?;
            (line.strip_suffix(",\"ended_at\":")?, Some(instant))
        }
    };
    let (line, started_at) = line.strip_suffix('"')?.rsplit_once('"')?;
    let is_plain = line.ends_with(",\"started_at\":")
        && ![Some(started_at), ended_at].iter().flatten().any(|at| at.contains('\\'));
    is_plain.then_some((started_at, ended_at))
}

/// All entries of the text; `None` if it is not an index.
pub fn parse(text: &str) -> Option<Vec<(SessionId, IndexEntry<'_>)>> {
    parse_where(text, |_| true)
}

/// The id on a line, in any form.
pub fn id_in(line: &str) -> Option<&str> {
    line.get(1..KEY - 2)
}

/// Bytes of a line before its value.
const KEY: usize = "\"sess_20261121T0337_ca5d\":".len();

/// Bytes of a line up to the minute of its id.
const MINUTE: usize = KEY - "_ca5d\":".len();

/// Slug and status as we write them at the beginning of a line; `None` in any other form.
fn head(line: &str) -> Option<(&str, &str)> {
    let rest = line.get(KEY..)?.strip_prefix("{\"project_slug\":\"")?;
    let (slug, rest) = word(rest)?;
    let (status, _) = word(rest.strip_prefix(",\"status\":\"")?)?;
    Some((slug, status))
}

/// A short text without escapes, and what follows its quote.
fn word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_at_checked(memchr::memchr2(b'"', b'\\', text.as_bytes())?)?;
    Some((word, rest.strip_prefix('"')?))
}

#[cfg(test)]
mod tests;
