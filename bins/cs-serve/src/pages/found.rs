//! Owns the conversations that a search finds, at the end of the page with the sessions that it finds. The page is sent
//! before the search begins.

use super::templates::Pages;
use crate::http::reply::HTML;
use crate::http::{Reply, Rest};
use crate::query::Query;
use crate::view::Caches;
use crate::view::found::{Finding, ShownHit};
use serde::Serialize;
use std::sync::Arc;

/// Where the results come in the page; no text can contain it, because `<` is escaped.
const HERE: &[u8] = b"<!--found-->";
/// Maximum number of hits that are shown.
const HITS: usize = 120;

/// The variables of `found.html`.
#[derive(Default, Serialize)]
struct Found {
    groups: Vec<Group>,
    is_cut: bool,
    is_late: bool,
    unread: usize,
    /// Why nothing was looked for.
    refused: Option<String>,
    q: String,
}

/// The hits in a conversation.
#[derive(Serialize)]
struct Group {
    conversation: String,
    session_id: Option<String>,
    title: String,
    project: Option<String>,
    hits: Vec<Place>,
    /// How many more it has.
    more: u64,
}

/// A hit: its text in parts, of which every second one is what was looked for.
#[derive(Serialize)]
struct Place {
    url: String,
    kind: &'static str,
    at: Option<String>,
    parts: Vec<String>,
}

/// The page with what the search finds, from the page without.
pub fn fill(caches: &Arc<Caches>, pages: &Arc<Pages>, page: &Reply, query: Query) -> Reply {
    let body = page.body.as_slice();
    let Some(at) = body.windows(HERE.len()).position(|bytes| bytes == HERE) else { return page.clone() };
    let (before, after) = body.split_at(at);
    let tail = after.strip_prefix(HERE).unwrap_or_default().to_vec();
    let (caches, pages) = (caches.clone(), pages.clone());
    let mut left = Some((tail, Query { limit: Some(HITS), ..query }));
    let rest = move || {
        let (mut tail, query) = left.take()?;
        let found = match caches.conversations.search(caches.store(), &query) {
            Ok(finding) => Found::of(finding, &query),
            Err(refusal) => Found { refused: Some(refusal.text), ..Found::default() },
        };
        let mut html = pages.fragment("found.html", &found);
        html.append(&mut tail);
        Some(html)
    };
    Reply::begun(HTML, before.to_vec(), Rest::new(rest))
}

impl Found {
    fn of(finding: Finding, query: &Query) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for hit in finding.hits {
            let Some(conversation) = hit.conversation.clone() else { continue };
            match groups.last_mut().filter(|group| group.conversation == conversation) {
                Some(group) => {
                    group.more = hit.more;
                    group.hits.push(Place::of(&conversation, &hit));
                }
                None => groups.push(Group::begin(conversation, &hit)),
            }
        }
        let (is_cut, is_late, unread) = (finding.is_cut, finding.is_late, finding.unread);
        Found { groups, is_cut, is_late, unread, refused: None, q: query.q.clone().unwrap_or_default() }
    }
}

impl Group {
    fn begin(conversation: String, hit: &ShownHit) -> Self {
        Group {
            hits: vec![Place::of(&conversation, hit)],
            more: hit.more,
            session_id: hit.session_id.clone(),
            title: hit.title.clone().unwrap_or_else(|| conversation.clone()),
            project: hit.project.clone(),
            conversation,
        }
    }
}

impl Place {
    fn of(conversation: &str, hit: &ShownHit) -> Self {
        let turn = hit.turn.filter(|_| hit.thread == crate::view::conversations::MAIN);
        let query = turn.map(|turn| format!("?turn={turn}")).unwrap_or_default();
        let anchor = crate::http::target::encode(&hit.entry);
        Place {
            url: format!("/conversation/{conversation}{query}#e-{anchor}"),
            kind: hit.kind,
            at: hit.at.clone(),
            parts: parts(&hit.snippet, &hit.spans),
        }
    }
}

/// A snippet in parts, of which every second one is what was looked for.
pub fn parts(snippet: &str, spans: &[(usize, usize)]) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut spans = spans.iter().flat_map(|(start, end)| [*start, *end]).peekable();
    for (n, c) in snippet.chars().enumerate() {
        while spans.next_if_eq(&n).is_some() {
            parts.push(String::new());
        }
        parts.last_mut().into_iter().for_each(|part| part.push(c));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_part_of_a_snippet_is_what_was_looked_for() {
        let hit = ShownHit {
            conversation: None,
            session_id: None,
            agent: "codex",
            project: None,
            title: None,
            entry: "a b#0".into(),
            thread: "main".into(),
            turn: Some(3),
            kind: "prompt",
            at: None,
            snippet: "é retry again".into(),
            spans: vec![(0, 1), (2, 7)],
            more: 0,
        };
        let place = Place::of("x", &hit);
        assert_eq!(place.parts, ["", "é", " ", "retry", " again"]);
        assert_eq!(place.url, "/conversation/x?turn=3#e-a%20b%230");
    }
}
