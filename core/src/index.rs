//! Owns the text of `sessions/_index.json`: one entry a line, so that a change is a splice.
//! Must stay true: [`upsert`] of a canonical text equals a parse, a change and a [`render`], but
//! costs no parsing; a text that is not canonical (the Python tool's) is refused here and parsed by
//! the caller. Deliberately absent: the disk (see `store`), and any field that is not in FORMAT.md.

use crate::id::SessionId;
use crate::record::{Session, Status};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the index knows about one session. `last_heartbeat` may be older than the record's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry<'a> {
    #[serde(borrow)]
    pub project_slug: Cow<'a, str>,
    pub status: Status,
    #[serde(borrow)]
    pub intent: Cow<'a, str>,
    #[serde(borrow, default)]
    pub started_at: Cow<'a, str>,
    #[serde(borrow, default)]
    pub ended_at: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub last_heartbeat: Cow<'a, str>,
}

/// All entries, by id.
pub type Entries<'a> = BTreeMap<SessionId, Entry<'a>>;

impl<'a> Entry<'a> {
    /// The entry that belongs to a record.
    pub fn of(session: &'a Session) -> Self {
        Entry {
            project_slug: Cow::Borrowed(&session.project_slug),
            status: session.status,
            intent: Cow::Borrowed(&session.intent),
            started_at: Cow::Borrowed(&session.started_at),
            ended_at: session.ended_at.as_deref().map(Cow::Borrowed),
            last_heartbeat: Cow::Borrowed(&session.last_heartbeat),
        }
    }

    /// Whether the index must be rewritten for the change: any field but the heartbeat differs.
    pub fn differs(&self, other: &Entry) -> bool {
        let mut other = other.clone();
        other.last_heartbeat = self.last_heartbeat.clone();
        *self != other
    }
}

/// The canonical text of these entries.
pub fn render<'a>(entries: impl IntoIterator<Item = (&'a SessionId, &'a Entry<'a>)>) -> String {
    let lines: Vec<String> = entries.into_iter().map(|(id, entry)| line(id, entry)).collect();
    if lines.is_empty() {
        return "{\n}\n".into();
    }
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn line(id: &SessionId, entry: &Entry) -> String {
    format!("\"{id}\":{}", serde_json::to_string(entry).unwrap_or_default())
}

/// Whether the text has our own layout from its first byte to its last. A file that was torn by a
/// power failure has lost its end, or has a hole of NUL bytes.
pub fn is_canonical(text: &str) -> bool {
    text == "{\n}\n" || (text.starts_with("{\n\"") && text.ends_with("}\n}\n") && !text.contains('\0'))
}

/// The canonical text with one entry added, replaced or (with `None`) removed.
/// `None` if the text is not canonical.
pub fn upsert(text: &str, id: &SessionId, entry: Option<&Entry>) -> Option<String> {
    if !is_canonical(text) {
        return None;
    }
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let key = format!("\"{id}\":");
    let (before, old, after) = split_at_line(body, &key);
    let new = entry.map(|entry| line(id, entry));
    let mut out = String::with_capacity(text.len() + new.as_ref().map_or(0, String::len) + 4);
    out.push_str("{\n");
    let kept = [before.trim_end_matches([',', '\n']), new.as_deref().unwrap_or(""), after.trim_end_matches('\n')];
    debug_assert!(old.is_empty() || old.starts_with(&key));
    let mut first = true;
    for part in kept.into_iter().filter(|part| !part.is_empty()) {
        if !first {
            out.push_str(",\n");
        }
        out.push_str(part);
        first = false;
    }
    out.push_str(if first { "}\n" } else { "\n}\n" });
    Some(out)
}

/// What stands before the line that starts with `key`, that line, and what follows it. Without
/// such a line everything stands before. A JSON text has no raw newline inside a string, so a line
/// start is a line start. From the end: what changes is mostly new.
fn split_at_line<'t>(body: &'t str, key: &str) -> (&'t str, &'t str, &'t str) {
    let mut end = body.len();
    for line in body.rsplit('\n') {
        let start = end - line.len();
        if line.starts_with(key) {
            let after = body.get(end..).unwrap_or_default();
            return (body.get(..start).unwrap_or_default(), line, after.strip_prefix('\n').unwrap_or(after));
        }
        end = start.saturating_sub(1);
    }
    (body, "", "")
}

/// The entries of the text whose line passes `wanted`, newest id last. `wanted` sees the canonical
/// line; where the text is canonical, a filter costs no parsing. `None` if the text is no index.
pub fn parse_where<'a>(text: &'a str, wanted: impl Fn(&str) -> bool) -> Option<Vec<(SessionId, Entry<'a>)>> {
    if !is_canonical(text) {
        let entries = serde_json::from_str::<Entries>(text).ok()?.into_iter();
        return Some(entries.filter(|(id, entry)| wanted(&line(id, entry))).collect());
    }
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let mut entries = Vec::new();
    for line in body.lines().filter(|line| wanted(line)) {
        let (key, value) = line.strip_prefix('"')?.split_once("\":")?;
        let entry = serde_json::from_str(value.strip_suffix(',').unwrap_or(value)).ok()?;
        entries.push((SessionId::parse(key).ok()?, entry));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Some(entries)
}

/// The ids on the lines of a canonical text that pass the filter, without parsing any entry.
pub fn ids_where(text: &str, wanted: impl Fn(&str) -> bool) -> Option<Vec<SessionId>> {
    let body = text.strip_prefix("{\n")?.strip_suffix("}\n")?;
    let key = |line: &str| SessionId::parse(line.strip_prefix('"')?.split_once('"')?.0).ok();
    Some(body.lines().filter(|line| wanted(line)).filter_map(key).collect())
}

/// All entries of the text; `None` if it is no index.
pub fn parse(text: &str) -> Option<Vec<(SessionId, Entry<'_>)>> {
    parse_where(text, |_| true)
}

/// A line filter for one project.
pub fn of_project(slug: &str) -> impl Fn(&str) -> bool + use<> {
    let (slug, needle) = (slug.to_string(), format!("\"project_slug\":\"{slug}\""));
    move |line| head(line).map_or_else(|| line.contains(&needle), |(known, _)| known == slug)
}

/// A line filter for one status.
pub fn of_status(status: Status) -> impl Fn(&str) -> bool + use<> {
    let needle = format!("\"status\":\"{}\"", status.as_str());
    move |line| head(line).map_or_else(|| line.contains(&needle), |(_, known)| known == status.as_str())
}

/// Slug and status as we write them at the beginning of a line; `None` in any other layout.
fn head(line: &str) -> Option<(&str, &str)> {
    const KEY: usize = "\"sess_20261121T0337_ca5d\":".len();
    let rest = line.get(KEY..)?.strip_prefix("{\"project_slug\":\"")?;
    let (slug, rest) = rest.split_once('"')?;
    let (status, _) = rest.strip_prefix(",\"status\":\"")?.split_once('"')?;
    Some((slug, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> SessionId {
        SessionId::parse(&format!("sess_20261121T0337_{n:04x}")).unwrap()
    }

    fn entry(intent: &str, status: Status) -> Entry<'_> {
        Entry {
            project_slug: "api".into(),
            status,
            intent: intent.into(),
            started_at: "2026-11-21T03:37:00.000000+00:00".into(),
            ended_at: None,
            last_heartbeat: "".into(),
        }
    }

    #[test]
    fn a_splice_equals_a_rewrite() {
        let mut entries = Entries::new();
        let mut text = render(&entries);
        let intents = ["a", "b\n\"sess_20261121T0337_0001\":{", "c,\\", "}\n}\n", "é"];
        for (n, intent) in [(1, 0), (3, 1), (2, 2), (3, 3), (1, 4), (4, 0), (2, 1)] {
            let entry = entry(intents[intent], Status::Active);
            entries.insert(id(n), entry.clone());
            text = upsert(&text, &id(n), Some(&entry)).unwrap();
            assert!(is_canonical(&text), "{text}");
            let expected: Vec<_> = entries.clone().into_iter().collect();
            assert_eq!(parse(&text).unwrap(), expected);
        }
        for n in [3, 1, 9, 4, 2] {
            entries.remove(&id(n));
            text = upsert(&text, &id(n), None).unwrap();
            assert_eq!(parse(&text).unwrap(), entries.clone().into_iter().collect::<Vec<_>>());
        }
        assert_eq!(text, "{\n}\n");
    }

    #[test]
    fn torn_and_foreign_texts_are_told_apart() {
        let whole = render(&[(id(1), entry("x", Status::Parked))].into_iter().collect::<Entries>());
        for cut in 1..whole.len() - 1 {
            assert!(upsert(&whole[..cut], &id(2), None).is_none());
            assert!(parse(&whole[..cut]).is_none(), "{cut}");
        }
        let hole: String =
            whole.chars().enumerate().map(|(n, c)| if (50..90).contains(&n) { '\0' } else { c }).collect();
        assert!(upsert(&hole, &id(2), None).is_none() && parse(&hole).is_none());
        let python =
            serde_json::to_string_pretty(&[(id(1), entry("x", Status::Parked))].into_iter().collect::<Entries>())
                .unwrap();
        assert!(upsert(&python, &id(2), None).is_none());
        assert_eq!(parse(&python).unwrap().len(), 1);
        assert!(parse("{}").unwrap().is_empty());
    }

    #[test]
    fn filters_see_only_what_is_meant() {
        let text = render(
            &[(id(1), entry("\"status\":\"active\"", Status::Parked)), (id(2), entry("y", Status::Active))]
                .into_iter()
                .collect::<Entries>(),
        );
        let active = parse_where(&text, of_status(Status::Active)).unwrap();
        assert_eq!(active.len(), 1, "quotes inside a text are escaped, so the needle cannot match there");
        assert_eq!(parse_where(&text, of_project("api")).unwrap().len(), 2);
        assert_eq!(parse_where(&text, of_project("ap")).unwrap().len(), 0);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let python = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(parse_where(&python, of_status(Status::Active)).unwrap(), active, "whatever the layout is");
    }
}
