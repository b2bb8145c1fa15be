//! Owns the text of `sessions/_index.json`: one entry per line, so that a change is a splice.
//! Must stay true: [`splice`] of a canonical text equals a parse, a change and a [`render`], but
//! costs no parsing; a text that is not canonical (the Python tool's) is refused here and parsed by
//! the caller. Deliberately absent: the disk (see `store`), and any field that is not in FORMAT.md.

use crate::id::{SessionId, Slug};
use crate::record::{Session, Status};
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

    /// Whether the index must be rewritten for the change: any field except the heartbeat differs.
    pub fn differs(&self, other: &IndexEntry) -> bool {
        let mut other = other.clone();
        other.last_heartbeat = self.last_heartbeat.clone();
        *self != other
    }
}

/// The canonical text of these entries.
pub fn render<'a>(entries: impl IntoIterator<Item = (&'a SessionId, &'a IndexEntry<'a>)>) -> String {
    let lines: Vec<String> = entries.into_iter().map(|(id, entry)| line(id, entry)).collect();
    if lines.is_empty() {
        return "{\n}\n".into();
    }
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn line(id: &SessionId, entry: &IndexEntry) -> String {
    format!("\"{id}\":{}", serde_json::to_string(entry).unwrap_or_default())
}

/// The line of an entry in the form that filters read. An invalid slug belongs to no project, and could be written in
/// ways that filters do not expect.
fn filter_line(id: &SessionId, entry: &IndexEntry) -> String {
    match Slug::parse(&entry.project_slug) {
        Ok(_) => line(id, entry),
        Err(_) => line(id, &IndexEntry { project_slug: "".into(), ..entry.clone() }),
    }
}

/// Whether the whole text has our own layout. A file that was torn by a power failure has lost its end, or contains NUL
/// bytes.
pub fn is_canonical(text: &str) -> bool {
    has_layout(text) && !text.contains('\0')
}

/// Like [`is_canonical`], for a text that was checked when it was read: NUL bytes are not searched for again.
pub fn has_layout(text: &str) -> bool {
    text == EMPTY || (text.starts_with("{\n\"") && text.ends_with("}\n}\n"))
}

/// Whether the text has more entries than any store: then the records are read, which takes long but little memory.
/// A text in another layout is parsed into values as a whole, and its limit is lower.
pub fn is_endless(text: &str) -> bool {
    // Impossible in so few bytes: an id and the shortest fields take more than 40.
    if text.len() < 40 * ENTRIES {
        return false;
    }
    let (sign, most) = if is_canonical(text) { (b'\n', ENTRIES) } else { (b'{', ENTRIES / 2) };
    text.bytes().filter(|byte| *byte == sign).count() > most
}

/// The number of entries of a text in our layout, without parsing them.
pub fn count(text: &str) -> Option<usize> {
    has_layout(text).then(|| memchr::memchr_iter(b'\n', text.as_bytes()).count().saturating_sub(2))
}

/// Maximum number of entries of an index that is used.
const ENTRIES: usize = 110_000;

/// The canonical text with one entry added, replaced or (with `None`) removed.
/// `None` if the text is not canonical.
pub fn upsert(text: &str, id: &SessionId, entry: Option<&IndexEntry>) -> Option<String> {
    let mut changed = Some(text).filter(|text| is_canonical(text))?.to_string();
    splice(&mut changed, id, entry).then_some(changed)
}

/// Like [`upsert`], but in place and for a checked text: an index may have tens of megabytes. `false`, without a
/// change, if the text has another layout.
pub fn splice(text: &mut String, id: &SessionId, entry: Option<&IndexEntry>) -> bool {
    if !has_layout(text) {
        return false;
    }
    let new = entry.map(|entry| line(id, entry));
    let end = text.len() - END.len();
    match (line_of(text, id), new) {
        (Some(old), Some(new)) => text.replace_range(old, &new),
        (Some(old), None) => remove(text, old),
        (None, Some(new)) if text == EMPTY => *text = format!("{{\n{new}{END}"),
        (None, Some(new)) => text.insert_str(end, &format!(",\n{new}")),
        (None, None) => {}
    }
    true
}

/// An index without entries.
const EMPTY: &str = "{\n}\n";
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
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let mut entries = Vec::new();
    for text in body.lines() {
        let is_ours = head(text).is_some();
        if is_ours && !wanted(text) {
            continue;
        }
        let (key, value) = text.strip_prefix('"')?.split_once("\":")?;
        let entry: IndexEntry = serde_json::from_str(value.strip_suffix(',').unwrap_or(value)).ok()?;
        let id = SessionId::parse(key).ok()?;
        // One entry per line, but written differently: filters only read our form.
        if is_ours || wanted(&filter_line(&id, &entry)) {
            entries.push((id, entry));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let is_each_once = entries.is_sorted_by(|a, b| a.0 < b.0);
    is_each_once.then_some(entries)
}

/// The ids on the lines of a canonical text that may pass the filter, without parsing any entry.
pub fn ids_where(text: &str, wanted: impl Fn(&str) -> bool) -> Option<Vec<SessionId>> {
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let key = |line: &str| SessionId::parse(line.strip_prefix('"')?.split_once('"')?.0).ok();
    Some(body.lines().filter(|line| head(line).is_none() || wanted(line)).filter_map(key).collect())
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

/// The standings of a project's sessions, read from the lines: parsing them costs ten times as much. `None` if a
/// line is not written in our form.
pub fn standings<'a>(text: &'a str, slug: &str) -> Option<Vec<Standing<'a>>> {
    if !has_layout(text) {
        return None;
    }
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let mut all = Vec::new();
    for line in body.lines() {
        let (known, status) = head(line)?;
        if known == slug {
            let (id, ended_at) = (Cow::Borrowed(id_in(line)?), ended_at(line)?.map(Cow::Borrowed));
            all.push(Standing { id, status: Status::named(status)?, ended_at });
        }
    }
    Some(all)
}

/// When the session ended, as we write it at the end of a line; `None` in any other form. Reads from the end, before
/// any text of a user: a quote inside a text has a backslash before it.
fn ended_at(line: &str) -> Option<Option<&str>> {
    let line = line.strip_suffix(',').unwrap_or(line).strip_suffix("\"}")?;
    let line = line.rsplit_once('"')?.0.strip_suffix(",\"last_heartbeat\":")?;
    if line.ends_with(",\"ended_at\":null") {
        return Some(None);
    }
    let (line, instant) = line.strip_suffix('"')?.rsplit_once('"')?;
    (line.ends_with(",\"ended_at\":") && !instant.contains('\\')).then_some(Some(instant))
}

/// All entries of the text; `None` if it is not an index.
pub fn parse(text: &str) -> Option<Vec<(SessionId, IndexEntry<'_>)>> {
    parse_where(text, |_| true)
}

/// A line filter for one project. Lines that are not in our form do not pass.
pub fn of_project(slug: &str) -> impl Fn(&str) -> bool + use<> {
    let slug = slug.to_string();
    move |line| head(line).is_some_and(|(known, _)| known == slug)
}

/// A line filter for one status. Lines that are not in our form do not pass.
pub fn of_status(status: Status) -> impl Fn(&str) -> bool + use<> {
    move |line| head(line).is_some_and(|(_, known)| known == status.as_str())
}

/// The id on a line, in any form.
pub fn id_in(line: &str) -> Option<&str> {
    line.get(1..KEY - 2)
}

/// Bytes of a line before its value.
const KEY: usize = "\"sess_20261121T0337_ca5d\":".len();

/// Slug and status as we write them at the beginning of a line; `None` in any other form.
fn head(line: &str) -> Option<(&str, &str)> {
    let rest = line.get(KEY..)?.strip_prefix("{\"project_slug\":\"")?;
    let (slug, rest) = rest.split_once('"').filter(|(slug, _)| !slug.contains('\\'))?;
    let (status, _) = rest.strip_prefix(",\"status\":\"")?.split_once('"')?;
    Some((slug, status))
}

#[cfg(test)]
mod tests;
