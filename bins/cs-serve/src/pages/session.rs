//! `/session/<id>`: one session.

use super::agents::ShownRow;
use super::audit::{Row, named};
use super::figures::{Figures, Top};
use super::usage::{self, AmountTable};
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::commands::Offer;
use crate::view::session::{self, ShownSession};
use ::audit::{NAMED, Subagent, Work};
use cs_core::clock;
use cs_core::days::Amount;
use cs_core::id::{SessionId, Uuid};
use cs_core::record::Status;
use cs_core::timeline::{self, Fact};
use cs_core::usage::Usage;
use render::{Format, format_calls, format_duration};
use serde::Serialize;

/// Maximum number of facts of the timeline that the page shows; a download has all of them.
const FACTS: usize = 500;
/// Maximum number of calls of tools that the page names.
const CALLS: usize = 12;

/// The variables of `session.html`.
#[derive(Serialize)]
pub struct SessionPage<'a> {
    pub top: Top,
    /// The whole record with `state`, `state_reason`, `state_at`, `is_archived`, `project_name`,
    /// `resume_command`, `earlier`, `later`; but see `timeline`.
    pub session: &'a ShownSession,
    /// The newest facts of the timeline, newest first.
    pub timeline: Vec<Fact<'a>>,
    /// How many older ones are not shown.
    pub older_facts: usize,
    pub tasks_done: usize,
    pub tasks_total: usize,
    /// How long it took, as text; `None` while it is active.
    pub took: Option<String>,
    /// The commands that a person may copy.
    pub offers: Vec<Offer>,
    pub figures: Option<Figures>,
    /// Its usage by model; `session.usage` has the rest.
    pub used: Option<AmountTable>,
    /// Whether other sessions of the same conversation share that usage.
    pub shares_usage: bool,
    /// Names of formats and the URLs that save this session.
    pub downloads: Vec<(&'static str, String)>,
    /// What its calls of tools come to.
    pub work: Option<ShownWork>,
    /// Its conversation, if that may be shown and its log is left.
    pub conversation: Option<String>,
    /// The seats below its own.
    pub children: Vec<ShownRow>,
}

/// The page.
pub fn render(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let mut shown = session::show(&asked.caches.keeper, &asked.snapshot, id)?;
    let children = std::mem::take(&mut shown.children).into_iter().map(ShownRow::of).collect();
    let work = shown.work.take().map(ShownWork::of);
    let record = &shown.session;
    let facts = timeline::of(record);
    let (tasks_done, tasks_total) = record.task_progress();
    let formats = [("JSON", Format::Json), ("Markdown", Format::Markdown), ("HTML", Format::Html)];
    let url = |format: Format| format!("/api/export/session/{id}?format={}", format.name());
    let uuid = record.claude_session_id.as_deref().filter(|_| record.status == Status::Active);
    let own = record.claude_session_id.as_deref().filter(|_| asked.is_of_owner);
    let own = own.and_then(|uuid| asked.caches.conversations.find(asked.store(), &Uuid::parse(uuid).ok()?).ok());
    let page = SessionPage {
        conversation: own.map(|found| found.uuid.clone()),
        top: asked.top(),
        older_facts: facts.len().saturating_sub(FACTS),
        timeline: facts.into_iter().rev().take(FACTS).collect(),
        tasks_done,
        tasks_total,
        took: took(&record.started_at, record.ended_at.as_deref()),
        figures: uuid.and_then(|uuid| asked.figures(&Uuid::parse(uuid).ok()?)),
        offers: shown.offers(),
        used: shown.usage.as_ref().map(by_model),
        shares_usage: shown.shares_usage(),
        downloads: formats.into_iter().map(|(name, format)| (name, url(format))).collect(),
        session: &shown,
        children,
        work,
    };
    asked.render(&page)
}

/// What the calls of tools come to.
#[derive(Serialize)]
pub struct ShownWork {
    /// `128 calls, 3 failed, 2 destructive`; empty if none is logged.
    pub sums: String,
    /// The newest calls that the reader should know of.
    pub rows: Vec<Row>,
    /// How many of those are left out.
    pub hidden: u64,
    pub subagents: Vec<Subagent>,
}

impl ShownWork {
    fn of(work: Work) -> Self {
        let rows: Vec<Row> = work.named.iter().take(CALLS).map(named).collect();
        let all: u64 = NAMED.iter().map(|verdict| work.count(*verdict)).sum();
        let hidden = all.saturating_sub(rows.len() as u64);
        let sums = work.sums.as_ref().map(format_calls).unwrap_or_default();
        ShownWork { sums, rows, hidden, subagents: work.subagents }
    }
}

fn by_model(usage: &Usage) -> AmountTable {
    let models = usage.models.iter().map(|(model, used)| (model.as_str(), Amount::from(used)));
    usage::table(models, &Amount::from(usage))
}

fn took(started_at: &str, ended_at: Option<&str>) -> Option<String> {
    let seconds = (clock::parse(ended_at?)? - clock::parse(started_at)?).num_seconds();
    Some(format_duration(seconds.max(0)))
}
