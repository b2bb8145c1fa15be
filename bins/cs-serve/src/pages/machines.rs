//! `/machines`: what other machines sent; and a page for a conversation of one of them.

use super::conversation::{End, Parts};
use super::figures::Top;
use super::talk::Talk;
use super::usage;
use crate::asked::Asked;
use crate::http::target::encode;
use crate::http::{Refusal, Reply};
use crate::query::Query;
use crate::view::machines::{HitRow, MachineRow, SecretRow, Seen, SessionRow, Shares, SpendRow};
use cs_core::Error;
use cs_core::days::Amount;
use cs_core::id::Uuid;
use render::format_quantity;
use serde::Serialize;
use std::collections::BTreeSet;
use sync::also::Unseen;

/// Where the conversation comes in its page. No text can contain it, because `<` is escaped.
const HERE: &[u8] = b"<!--conversation-->";
/// Where conversations of other machines are.
const BASE: &str = "/machines/conversation";
/// Maximum number of bytes of the lines of a conversation in its page.
const BYTES: usize = 4 * 1024 * 1024;
/// Maximum number of rows of what was spent.
const SPENT: usize = 30;

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
    pub is_filtered: bool,
    pub sessions: Vec<&'a SessionRow>,
    /// How many more there are, and where.
    pub more: usize,
    pub more_url: Option<String>,
    pub hits: Vec<ShownHit>,
    pub is_cut: bool,
    pub is_late: bool,
    /// What the search did not look at, in words.
    pub unseen: Option<String>,
    pub spend: Vec<ShownSpend>,
    pub more_spend: usize,
    pub secrets: Vec<SecretRow>,
}

/// A machine, and what it spent as text.
#[derive(Serialize)]
pub struct ShownMachine<'a> {
    #[serde(flatten)]
    pub row: &'a MachineRow,
    pub week_cost: Option<String>,
    pub month_cost: Option<String>,
}

/// What was spent, as text.
#[derive(Serialize)]
pub struct ShownSpend {
    pub person: String,
    pub project: String,
    pub week: String,
    pub month: String,
}

/// A hit, and where it is.
#[derive(Serialize)]
pub struct ShownHit {
    #[serde(flatten)]
    pub hit: HitRow,
    pub url: String,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let seen = asked.caches.machines.seen(&asked.store().home)?;
    let query = &asked.query;
    let machine = seen.machine(query)?;
    let mut sessions: Vec<&SessionRow> = seen.matching(query, machine).collect();
    let more = sessions.len().saturating_sub(query.limit());
    sessions.truncate(query.limit());
    let found = seen.search(query)?;
    let mut spend: Vec<ShownSpend> = seen.spend().into_iter().map(ShownSpend::of).collect();
    let more_spend = spend.len().saturating_sub(SPENT);
    spend.truncate(SPENT);
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
        is_filtered: query.is_filtered(),
        sessions,
        more,
        more_url: (more > 0).then(|| more_url(query)),
        hits: found.hits.into_iter().map(ShownHit::of).collect(),
        is_cut: found.is_cut,
        is_late: found.is_late,
        unseen: unseen(found.unseen),
        spend,
        more_spend,
        secrets: seen.secrets(),
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
    seen.sessions.iter().map(|one| one.project.as_str()).filter(is_one).collect()
}

fn more_url(query: &Query) -> String {
    let limit = Some(crate::query::MAX_LIMIT.min(query.limit().saturating_mul(4)));
    format!("/machines?{}", Query { limit, ..query.clone() })
}

impl<'a> ShownMachine<'a> {
    fn of(row: &'a MachineRow) -> Self {
        let cost = |amount: &Option<Amount>| amount.as_ref().map(usage::cost);
        ShownMachine { week_cost: cost(&row.week), month_cost: cost(&row.month), row }
    }
}

impl ShownSpend {
    fn of(row: SpendRow) -> Self {
        let SpendRow { person, project, week, month } = row;
        ShownSpend { person, project, week: usage::cost(&week), month: usage::cost(&month) }
    }
}

impl ShownHit {
    fn of(hit: HitRow) -> Self {
        let url = format!("{BASE}/{}?machine={}#e-{}", hit.conversation, hit.machine, encode(&hit.entry));
        ShownHit { hit, url }
    }
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
    tags: &'a [String],
    machine: &'a str,
    machine_name: &'a str,
    owner: Option<&'a str>,
    news_at: Option<String>,
    /// Whether there is more than the page shows.
    is_cut: bool,
    trouble: Option<String>,
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
    let page = asked.render(&ElsewherePage {
        top: asked.top(),
        uuid: &head.id,
        title: head.title.as_deref(),
        agent: head.agent.as_deref(),
        project: head.project.as_deref(),
        started_at: head.started_at.as_deref(),
        tags: &head.tags,
        machine: machine.id(),
        machine_name: machine.name(),
        owner: machine.owner(),
        news_at: machine.news_at(),
        is_cut,
        trouble: read.err().filter(|_| !is_cut).map(|error| error.to_string()),
    })?;
    let parts = talk.rest();
    let end = End { is_in_thread: talk.is_in_thread(), is_anew: false, ..End::default() };
    let who = machine.owner().unwrap_or_else(|| machine.name());
    let shown = Parts { uuid: &head.id, base: BASE, who, parts: &parts, end: Some(end) };
    Ok(filled(&page, &asked.pages.fragment("talk.html", &shown)))
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
