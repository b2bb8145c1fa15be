//! `/review`: the conversations to review: those that a search finds, else the newest, with their tags.

use super::figures::Top;
use crate::asked::Asked;
use crate::http::target::encode;
use crate::http::{Refusal, Reply};
use crate::query::Query;
use conversations::{About, Catalog, Conversation, Heading, Sessions};
use cs_core::clock;
use marks::Tags;
use serde::Serialize;

/// Conversations in a page.
const PAGE: usize = 50;
/// So many conversations are ordered by what their logs say, more by the times of their files.
const READ: usize = 400;
/// Maximum number of hits of a search.
const HITS: usize = 120;

/// The variables of `review.html`.
#[derive(Default, Serialize)]
pub struct ReviewPage {
    pub top: Top,
    pub q: String,
    /// The tag that is asked for.
    pub tag: Option<String>,
    /// All tags.
    pub choices: Vec<Choice>,
    pub rows: Vec<Row>,
    pub total: usize,
    pub page: u64,
    pub pages: u64,
    /// The pages before and after.
    pub newer: Option<String>,
    pub older: Option<String>,
    /// Whether a search ended before everything was looked at.
    pub is_cut: bool,
    pub unread: usize,
}

/// A tag, and how many conversations have it.
#[derive(Serialize)]
pub struct Choice {
    pub name: String,
    pub count: usize,
    pub url: String,
    pub is_on: bool,
}

/// A conversation.
#[derive(Serialize)]
pub struct Row {
    pub uuid: String,
    pub title: String,
    pub agent: &'static str,
    pub project: Option<String>,
    pub at: Option<String>,
    pub bytes: String,
    pub tags: Vec<String>,
    pub dispositions: Vec<String>,
    pub hits: Vec<Place>,
    /// How many more hits it has.
    pub more: u64,
}

/// A hit: its text in parts, of which every second one is what was looked for.
#[derive(Serialize)]
pub struct Place {
    pub url: String,
    pub kind: &'static str,
    pub parts: Vec<String>,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let tags = Tags::read(asked.store())?;
    let q = asked.query.q.clone().unwrap_or_default();
    let page = if q.is_empty() { newest(asked, &tags)? } else { found(asked, q, &tags)? };
    let (tag, choices) = (asked.query.tag.clone(), choices(asked, &tags));
    asked.render(&ReviewPage { tag, choices, ..page })
}

fn url(query: &Query) -> String {
    let query = query.to_string();
    if query.is_empty() { "/review".to_string() } else { format!("/review?{query}") }
}

/// The tags to choose from. The one that is on leads to all conversations.
fn choices(asked: &Asked, tags: &Tags) -> Vec<Choice> {
    let url =
        |tag: Option<&str>| url(&Query { q: asked.query.q.clone(), tag: tag.map(str::to_string), ..Query::default() });
    let wanted = asked.query.tag.as_deref().map(str::to_lowercase);
    let choice = |(name, count): (&str, usize)| {
        let is_on = wanted == Some(name.to_lowercase());
        Choice { name: name.to_string(), count, url: url((!is_on).then_some(name)), is_on }
    };
    tags.all().into_iter().map(choice).collect()
}

/// A page of all conversations, the newest first.
fn newest(asked: &Asked, tags: &Tags) -> Result<ReviewPage, Refusal> {
    let store = asked.store();
    let catalog = Catalog::of(store, asked.caches.conversations.roots());
    let wanted = asked.query.tag.as_slice();
    let mut all: Vec<&Conversation> =
        catalog.conversations.iter().filter(|one| tags.fit(&one.uuid, wanted, &[])).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.modified()));
    // A copied folder has new times; what the logs say is better, if it can be read quickly.
    if all.len() <= READ {
        all.sort_by_cached_key(|one| std::cmp::Reverse(About::outline(one).unwrap_or_default().last_at));
    }
    let (page, pages) = bounds(asked.query.page, all.len());
    let (sessions, config) = (Sessions::of(store)?, store.config());
    let from = usize::try_from(page - 1).unwrap_or_default() * PAGE;
    let row = |one: &&Conversation| {
        let heading = Heading::of(About::outline(one).unwrap_or_default(), &sessions.records(&one.uuid), &config);
        Row {
            uuid: one.uuid.clone(),
            title: heading.title.unwrap_or_else(|| one.uuid.clone()),
            agent: one.agent.word(),
            project: heading.project,
            at: heading.about.last_at.and_then(clock::from_millis).map(clock::stamp),
            bytes: render::format_bytes(one.bytes()),
            tags: tags.of(&one.uuid).to_vec(),
            dispositions: tags.dispositions(&one.uuid).to_vec(),
            hits: Vec::new(),
            more: 0,
        }
    };
    let rows = all.iter().skip(from).take(PAGE).map(row).collect();
    let other = |page: u64| url(&Query { page: Some(page), tag: asked.query.tag.clone(), ..Query::default() });
    let (newer, older) = ((page > 1).then(|| other(page - 1)), (page < pages).then(|| other(page + 1)));
    let base = ReviewPage { top: asked.top(), newer, older, ..ReviewPage::default() };
    Ok(ReviewPage { rows, total: all.len(), page, pages, ..base })
}

fn bounds(wanted: Option<u64>, count: usize) -> (u64, u64) {
    let pages = count.div_ceil(PAGE).max(1) as u64;
    (wanted.unwrap_or(1).clamp(1, pages), pages)
}

/// The conversations that a search finds, with the places.
fn found(asked: &Asked, q: String, tags: &Tags) -> Result<ReviewPage, Refusal> {
    let query = Query { limit: Some(HITS), ..asked.query.clone() };
    let finding = asked.caches.conversations.search(asked.store(), &query)?;
    let mut rows: Vec<Row> = Vec::new();
    for hit in finding.hits {
        let Some(uuid) = hit.conversation.clone() else { continue };
        let turn = hit.turn.unwrap_or_default();
        let entry = encode(&hit.entry);
        let url = format!("/review/{uuid}?turn={turn}&entry={entry}#e-{entry}");
        let place = Place { url, kind: hit.kind, parts: super::found::parts(&hit.snippet, &hit.spans) };
        match rows.last_mut().filter(|row| row.uuid == uuid) {
            Some(row) => {
                row.more = hit.more;
                row.hits.push(place);
            }
            None => rows.push(Row {
                title: hit.title.unwrap_or_else(|| uuid.clone()),
                agent: hit.agent,
                project: hit.project,
                at: hit.at,
                bytes: String::new(),
                tags: tags.of(&uuid).to_vec(),
                dispositions: tags.dispositions(&uuid).to_vec(),
                hits: vec![place],
                more: hit.more,
                uuid,
            }),
        }
    }
    let is_cut = finding.is_cut || finding.is_late;
    let base = ReviewPage { top: asked.top(), page: 1, pages: 1, ..ReviewPage::default() };
    Ok(ReviewPage { q, total: rows.len(), rows, is_cut, unread: finding.unread, ..base })
}
