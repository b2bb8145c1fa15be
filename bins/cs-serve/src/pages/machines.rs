//! `/machines`: what other machines sent; and a page for a conversation of one of them.

use super::conversation::{End, Parts};
use super::figures::Top;
use super::talk::Talk;
use super::usage;
use crate::asked::Asked;
use crate::http::target::encode;
use crate::http::{Refusal, Reply};
use crate::query::Query;
use crate::view::machines::{HitRow, MachineRow, ReplacedRow, Seen, Shares, SpendRow, Work};
use crate::view::reviewed::Said;
use cs_core::Error;
use cs_core::days::Amount;
use cs_core::id::Uuid;
use cs_core::visible::one_line;
use marks::Marks;
use render::format_quantity;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use sync::also::Unseen;

/// Where the conversation comes in its page. No text can contain it, because `<` is escaped.
const HERE: &[u8] = b"<!--conversation-->";
/// Where conversations of other machines are.
const BASE: &str = "/machines/conversation";
/// Maximum number of bytes of the lines of a conversation in its page.
const BYTES: usize = 4 * 1024 * 1024;
/// Maximum number of rows of what was spent.
const SPENT: usize = 30;
/// Maximum number of projects that can be chosen.
const PROJECTS: usize = 300;
/// Maximum number of entries that are not on the page whose marks are shown.
const ASIDE: usize = 200;

/// The variables of `machines.html`.
#[derive(Serialize)]
pub struct MachinesPage<'a> {
    pub top: Top,
    pub machines: Vec<ShownMachine<'a>>,
    pub own: Option<&'a Shares>,
    pub failures: &'a [String],
    /// What is asked for, and what can be.
    pub q: &'a str,
    pub machine: Option<&'a str>,
    pub owner: Option<&'a str>,
    pub project: Option<&'a str>,
    pub owners: BTreeSet<&'a str>,
    pub projects: BTreeSet<&'a str>,
    pub tag: Option<&'a str>,
    pub is_filtered: bool,
    /// The sessions and conversations of this page, and how many there are on all pages.
    pub works: Vec<ShownWork<'a>>,
    pub total: usize,
    pub page: usize,
    pub pages: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
    /// How many old ones are not in the list, because there are too many.
    pub left_out: usize,
    pub hits: Vec<ShownHit>,
    pub is_cut: bool,
    pub is_late: bool,
    /// What the search did not look at, in words.
    pub unseen: Option<String>,
    pub spend: Vec<ShownSpend<'a>>,
    pub more_spend: usize,
    pub secrets: &'a [ReplacedRow],
    pub replaced: &'a [ReplacedRow],
}

/// A machine, and what it spent as text.
#[derive(Serialize)]
pub struct ShownMachine<'a> {
    #[serde(flatten)]
    pub row: &'a MachineRow,
    pub week_cost: Option<String>,
    pub month_cost: Option<String>,
}

/// A session or a conversation in the list, and where it is.
#[derive(Serialize)]
pub struct ShownWork<'a> {
    /// The id of its element.
    pub id: String,
    pub url: Option<String>,
    /// The status of the session; a conversation has none.
    pub status: Option<&'a str>,
    pub title: &'a str,
    /// Its session, else its conversation.
    pub name: &'a str,
    pub project: &'a str,
    pub machine: &'a str,
    pub machine_name: &'a str,
    pub owner: Option<&'a str>,
    pub agent: Option<&'a str>,
    pub started_at: &'a str,
    pub ended_at: Option<&'a str>,
    pub last_heartbeat: &'a str,
    /// Its tags, and where there are others with them.
    pub tags: Vec<(&'a str, String)>,
}

/// What was spent, as text.
#[derive(Serialize)]
pub struct ShownSpend<'a> {
    pub person: &'a str,
    pub project: &'a str,
    pub week: String,
    pub month: String,
}

/// A hit, and where it is.
#[derive(Serialize)]
pub struct ShownHit {
    #[serde(flatten)]
    pub hit: HitRow,
    pub url: String,
    /// Whether the title says what the text says.
    pub is_told: bool,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let seen = asked.caches.machines.seen(&asked.store().home)?;
    let query = &asked.query;
    let machine = seen.machine(query)?;
    let all = seen.matching(query, machine);
    let pages = all.len().div_ceil(query.limit()).max(1);
    let page = query.page.and_then(|page| usize::try_from(page).ok()).unwrap_or(1).min(pages);
    let works = all.iter().skip((page - 1) * query.limit()).take(query.limit());
    let works = works.filter_map(|work| ShownWork::of(work, &seen)).collect();
    let found = seen.search(query)?;
    asked.render(&MachinesPage {
        top: asked.top(),
        machines: seen.machines.iter().map(ShownMachine::of).collect(),
        own: seen.own.as_ref(),
        failures: &seen.failures,
        q: query.q.as_deref().unwrap_or_default(),
        machine: machine.map(|machine| machine.id()),
        owner: query.owner.as_deref(),
        project: query.project.as_ref().map(|slug| slug.as_str()),
        owners: seen.machines.iter().filter_map(|one| one.owner.as_deref()).collect(),
        projects: projects(&seen),
        tag: query.tag.as_deref(),
        is_filtered: query.without_page().is_filtered(),
        works,
        total: all.len(),
        page,
        pages,
        newer: (page > 1).then(|| page_url(query, page - 1)),
        older: (page < pages).then(|| page_url(query, page + 1)),
        left_out: seen.works.left_out,
        hits: found.hits.into_iter().map(ShownHit::of).collect(),
        is_cut: found.is_cut,
        is_late: found.is_late,
        unseen: unseen(found.unseen),
        spend: seen.spend.iter().take(SPENT).map(ShownSpend::of).collect(),
        more_spend: seen.spend.len().saturating_sub(SPENT),
        secrets: &seen.replaced.secrets,
        replaced: &seen.replaced.others,
    })
}

/// What a search did not look at: `3 conversations were not looked at, 1 conversation could not be read`.
fn unseen(Unseen { machines, conversations, unread }: Unseen) -> Option<String> {
    let told = |count: usize, noun: &str, one: &str, more: &str| {
        let quantity = format_quantity(count as u64, noun);
        (count > 0).then(|| format!("{quantity} {}", if count == 1 { one } else { more }))
    };
    let all = [
        told(machines, "machine", "was not looked at to its end", "were not looked at to their end"),
        told(conversations, "conversation", "was not looked at to its end", "were not looked at to their end"),
        told(unread, "conversation", "could not be read", "could not be read"),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The projects that can be chosen: those that an address can name.
fn projects(seen: &Seen) -> BTreeSet<&str> {
    let is_one = |name: &&str| cs_core::id::Slug::parse(name).is_ok();
    let all: BTreeSet<&str> = seen.works.rows.iter().map(|one| one.project.as_str()).collect();
    all.into_iter().filter(is_one).take(PROJECTS).collect()
}

fn page_url(query: &Query, page: usize) -> String {
    format!("/machines?{}", Query { page: Some(page as u64), ..query.clone() })
}

impl<'a> ShownWork<'a> {
    fn of(work: &'a Work, seen: &'a Seen) -> Option<Self> {
        let machine = seen.machines.get(work.machine)?;
        let conversation = work.conversation.as_deref();
        let name = work.session_id.as_deref().or(conversation)?;
        let tag = |tag: &'a String| (tag.as_str(), format!("/machines?tag={}", encode(tag)));
        Some(ShownWork {
            id: format!("s-{}-{name}", machine.id),
            url: conversation.map(|uuid| format!("{BASE}/{uuid}?machine={}", machine.id)),
            status: work.status,
            title: if work.title.is_empty() { name } else { &work.title },
            name,
            project: &work.project,
            machine: &machine.id,
            machine_name: &machine.name,
            owner: machine.owner.as_deref(),
            agent: work.agent.as_deref(),
            started_at: &work.started_at,
            ended_at: work.ended_at.as_deref(),
            last_heartbeat: &work.last_heartbeat,
            tags: work.tags.iter().map(tag).collect(),
        })
    }
}

impl<'a> ShownMachine<'a> {
    fn of(row: &'a MachineRow) -> Self {
        let cost = |amount: &Option<Amount>| amount.as_ref().map(usage::cost);
        ShownMachine { week_cost: cost(&row.week), month_cost: cost(&row.month), row }
    }
}

impl<'a> ShownSpend<'a> {
    fn of(row: &'a SpendRow) -> Self {
        let SpendRow { person, project, week, month } = row;
        ShownSpend { person, project, week: usage::cost(week), month: usage::cost(month) }
    }
}

impl ShownHit {
    fn of(hit: HitRow) -> Self {
        let url = format!("{BASE}/{}?machine={}#e-{}", hit.conversation, hit.machine, encode(&hit.entry));
        let is_told = is_told(hit.title.as_deref().unwrap_or_default(), &hit.parts);
        ShownHit { hit, url, is_told }
    }
}

/// Whether a title says only what the text of a hit says, too: most titles are the first prompt.
fn is_told(title: &str, parts: &[String; 3]) -> bool {
    let said = one_line(&parts.concat());
    let said = said.trim_start_matches("… ").trim();
    let title = one_line(title);
    let title = title.trim_end_matches('…').trim();
    said.contains(title) || title.contains(said)
}

/// The variables of `elsewhere.html`.
#[derive(Serialize)]
struct ElsewherePage<'a> {
    top: Top,
    uuid: &'a str,
    title: Option<&'a str>,
    agent: Option<&'a str>,
    project: Option<&'a str>,
    started_at: Option<&'a str>,
    tags: Vec<String>,
    /// What people said about it as a whole, and about entries that are not on the page.
    said: Said,
    aside: Vec<(&'a str, Said)>,
    /// About how many more such entries.
    more_aside: usize,
    machine: &'a str,
    machine_name: &'a str,
    owner: Option<&'a str>,
    news_at: Option<String>,
    /// Whether there is more than the page shows.
    is_cut: bool,
    trouble: Option<String>,
    /// Why not all of what people said could be read.
    unread: Vec<String>,
    is_empty: bool,
}

/// The page of a conversation.
pub fn conversation(asked: &Asked, id: &Uuid) -> Result<Reply, Refusal> {
    let seen = asked.caches.machines.seen(&asked.store().home)?;
    let (machine, head) = seen.conversation(&asked.query, id.as_str())?;
    let (mut talk, mut bytes, mut is_cut) = (Talk::default(), 0, false);
    let read = machine.talk(&head.id, &mut |row| {
        let body = row.body.get().as_bytes();
        bytes += body.len();
        is_cut = bytes > BYTES;
        if is_cut {
            return Err(Error::Limited("it is too long".into()));
        }
        talk.take(body);
        Ok(())
    });
    let (marks, unread) = seen.said(&head.id);
    let mut parts = talk.rest();
    let mut entries = said_by_entry(&marks);
    parts.iter_mut().for_each(|part| part.remark(&mut entries));
    let page = asked.render(&ElsewherePage {
        top: asked.top(),
        uuid: &head.id,
        title: head.title.as_deref(),
        agent: head.agent.as_deref(),
        project: head.project.as_deref(),
        started_at: head.started_at.as_deref(),
        tags: tags(&head.tags, &marks),
        said: Said { tags: Vec::new(), ..Said::about(&marks, None) },
        more_aside: entries.len().saturating_sub(ASIDE),
        aside: entries.into_iter().take(ASIDE).collect(),
        machine: machine.id(),
        machine_name: machine.name(),
        owner: machine.owner(),
        news_at: machine.news_at(),
        is_cut,
        trouble: read.err().filter(|_| !is_cut).map(|error| error.to_string()),
        unread: unread.iter().map(ToString::to_string).collect(),
        is_empty: parts.is_empty(),
    })?;
    let end = End { is_in_thread: talk.is_in_thread(), is_anew: false, ..End::default() };
    let who = machine.owner().unwrap_or_else(|| machine.name());
    let shown = Parts { uuid: &head.id, base: BASE, who, parts: &parts, end: Some(end) };
    Ok(filled(&page, &asked.pages.fragment("talk.html", &shown)))
}

/// The tags of a conversation: those that it came with, and those of marks.
fn tags(own: &[String], marks: &Marks) -> Vec<String> {
    let of_marks = Said::about(marks, None).tags.into_iter().map(|tag| tag.text);
    let all: BTreeSet<String> = own.iter().cloned().chain(of_marks).collect();
    all.into_iter().collect()
}

/// What people said about each entry.
fn said_by_entry(marks: &Marks) -> BTreeMap<&str, Said> {
    let mut entries: BTreeMap<&str, Said> = BTreeMap::new();
    for mark in marks.holding() {
        if let Some(entry) = mark.said.target.entry.as_deref() {
            entries.entry(entry).or_default().add(mark);
        }
    }
    entries
}

/// The page with the conversation in it.
fn filled(page: &Reply, talk: &[u8]) -> Reply {
    let body = page.body.as_slice();
    let at = body.windows(HERE.len()).position(|bytes| bytes == HERE).unwrap_or(body.len());
    let (before, after) = body.split_at(at);
    let after = after.strip_prefix(HERE).unwrap_or_default();
    let all = [before, b"<ol class=\"talk\">\n", talk, after].concat();
    Reply::new(crate::http::reply::HTML, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_the_text_of_a_hit_says_is_known() {
        let is_told = |title: &str, parts: [&str; 3]| is_told(title, &parts.map(str::to_string));
        assert!(is_told("why is it slow?", ["why is it ", "slow", "?\n"]));
        assert!(is_told("why is it slow, an…", ["why is it ", "slow", ", and since when?"]));
        assert!(is_told("why is it slow, and since when?", ["… is it ", "slow", ", and"]));
        assert!(!is_told("Fix the login", ["why is it ", "slow", "?"]));
    }
}
