//! `/audit`: what tools did. All calls, newest first; or those of one session from its beginning on.

use super::figures::Top;
use super::lanes::{self, Lanes};
use super::overview::Choice;
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::query::{Query, When};
use crate::view::calls::{self, Calls, MOST, Seen};
use ::audit::{Call, Outcome, Subagent, worst};
use cs_core::clock;
use cs_core::record::Session;
use cs_core::zone::Zone;
use render::{
    format_call_end, format_calls, format_local_day, format_local_time, format_number, format_subject, format_took,
};
use rules::Kind as Verdict;
use serde::Serialize;

/// The variables of `audit.html`.
#[derive(Serialize)]
pub struct AuditPage {
    pub top: Top,
    /// The session whose calls are shown.
    pub session: Option<Subject>,
    pub verdicts: Vec<Chip>,
    pub outcomes: Vec<Chip>,
    /// Ranges that are one click away; none for a session.
    pub spans: Vec<Chip>,
    pub form: Form,
    /// What the calls come to, in words.
    pub sums: String,
    /// When the log begins, if the page is about a time before that.
    pub begins_at: Option<String>,
    /// Maximum number of calls that are looked at, if there are more.
    pub cut: Option<String>,
    pub rows: Vec<Row>,
    pub slowest: Vec<Row>,
    /// URL of all of them.
    pub slowest_url: String,
    pub subagents: Vec<Subagent>,
    /// The calls of a session over time.
    pub lanes: Option<Lanes>,
    /// Whether anything but a session is asked for.
    pub is_filtered: bool,
    pub next: Option<String>,
    pub first: Option<String>,
    pub newest: Option<String>,
    pub clear: String,
    pub api_url: String,
}

/// The session that the page is about.
#[derive(Serialize)]
pub struct Subject {
    pub session_id: String,
    pub intent: String,
}

/// A choice that is one click away.
#[derive(Serialize)]
pub struct Chip {
    pub key: &'static str,
    pub label: &'static str,
    pub url: String,
    pub is_on: bool,
}

/// The values of the form.
#[derive(Serialize)]
pub struct Form {
    pub q: String,
    pub since: String,
    pub until: String,
    pub tool: String,
    /// Names of tools, and how often each was called.
    pub tools: Vec<(String, usize)>,
    pub projects: Vec<Choice>,
    /// Names and values of what the form keeps.
    pub kept: Vec<(&'static str, String)>,
}

/// A call as a line.
#[derive(Serialize)]
pub struct Row {
    pub seq: u64,
    pub tool_use_id: Option<String>,
    /// When it was attempted.
    pub at: String,
    /// Its local day and time.
    pub day: String,
    pub time: String,
    pub tool: String,
    /// Its command or file.
    pub subject: String,
    /// What the rules said: words of verdicts, and the rules.
    pub verdicts: Vec<(&'static str, String)>,
    /// The worst of `destructive`, `sensitive`, `opaque`; empty if there is none.
    pub worst: &'static str,
    pub outcome: &'static str,
    /// How it ended, in words.
    pub end: String,
    /// How long it took.
    pub took: Option<String>,
    /// The subagent that made it.
    pub subagent: Option<String>,
    pub seat: Option<String>,
    pub project: Option<String>,
    pub session_id: Option<String>,
    /// What that is for.
    pub intent: Option<String>,
    /// What the subagent is for that it began.
    pub purpose: Option<String>,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let (query, now) = (&asked.query, clock::now());
    let found = calls::list(asked.caches, &asked.snapshot, query, now)?;
    let session = calls::subject(asked.store(), query)?;
    asked.render(&page(asked, found, session))
}

fn page(asked: &Asked, found: Calls, session: Option<Session>) -> AuditPage {
    let query = &asked.query;
    let mut rows: Vec<Row> = found.calls.iter().map(row).collect();
    let lanes = session.is_some().then(|| lanes::of(&found.calls)).flatten();
    if session.is_some() && !query.is_slowest_first {
        rows.reverse();
    }
    let only = Query { session: query.session.clone(), ..Query::default() };
    AuditPage {
        top: asked.top(),
        verdicts: verdicts(query),
        outcomes: outcomes(query),
        spans: if session.is_some() { Vec::new() } else { spans(query) },
        sums: format_calls(&found.sums),
        begins_at: found.begins_at.filter(|_| session.is_some() || !is_default(query)),
        cut: found.is_cut.then(|| format_number(MOST as u64)),
        slowest: if query.is_slowest_first { Vec::new() } else { found.slowest.iter().map(row).collect() },
        slowest_url: url(&Query { is_slowest_first: true, ..query.first_page() }),
        rows,
        lanes,
        is_filtered: query.first_page() != only,
        next: found.next_before.map(|before| url(&Query { before: Some(before), ..query.clone() })),
        first: query.before.is_some().then(|| url(&query.first_page())),
        newest: query.is_slowest_first.then(|| url(&Query { is_slowest_first: false, ..query.first_page() })),
        clear: url(&only),
        api_url: format!("/api{}", url(query)),
        form: form(asked, found.tools),
        subagents: found.subagents,
        session: session.map(|session| Subject { session_id: session.session_id, intent: session.intent }),
    }
}

/// Whether only the last day is shown because nothing else is asked for.
fn is_default(query: &Query) -> bool {
    query.since.is_none() && query.until.is_none()
}

fn url(query: &Query) -> String {
    let text = query.to_string();
    if text.is_empty() { "/audit".to_string() } else { format!("/audit?{text}") }
}

fn verdicts(query: &Query) -> Vec<Chip> {
    let chip = |key, label, verdict: Option<Verdict>| {
        let url = url(&Query { verdict, ..query.first_page() });
        Chip { key, label, url, is_on: query.verdict == verdict }
    };
    let all = [
        ("destructive", "Destructive", Verdict::Destructive),
        ("sensitive", "Sensitive", Verdict::Sensitive),
        ("opaque", "Opaque", Verdict::Opaque),
        ("install", "Install", Verdict::Install),
        ("privilege", "Privilege", Verdict::Privilege),
    ];
    let rest = all.into_iter().map(|(key, label, verdict)| chip(key, label, Some(verdict)));
    [chip("any", "Any call", None)].into_iter().chain(rest).collect()
}

fn outcomes(query: &Query) -> Vec<Chip> {
    let chip = |key, label, outcome: Option<Outcome>| {
        let url = url(&Query { outcome, ..query.first_page() });
        Chip { key, label, url, is_on: query.outcome == outcome }
    };
    let all = [
        ("failed", "Failed", Outcome::Failed),
        ("denied", "Denied", Outcome::Denied),
        ("interrupted", "Interrupted", Outcome::Interrupted),
        ("running", "Running", Outcome::Running),
        ("waiting", "Waiting", Outcome::Waiting),
        ("unknown", "End unknown", Outcome::Unknown),
    ];
    let rest = all.into_iter().map(|(key, label, outcome)| chip(key, label, Some(outcome)));
    [chip("any-end", "Any end", None)].into_iter().chain(rest).collect()
}

fn spans(query: &Query) -> Vec<Chip> {
    let text = query.since.as_ref().map(|since| since.text.as_str());
    let spans = [("day", "24 hours", None), ("week", "7 days", Some("7d")), ("month", "30 days", Some("30d"))];
    let chip = |(key, label, since): (&'static str, &'static str, Option<&str>)| {
        let at = clock::now();
        let since_then = since.map(|text| When { text: text.to_string(), at });
        let url = url(&Query { since: since_then, until: None, ..query.first_page() });
        Chip { key, label, url, is_on: query.until.is_none() && text == since }
    };
    spans.into_iter().map(chip).collect()
}

fn form(asked: &Asked, tools: Vec<(String, usize)>) -> Form {
    let query = &asked.query;
    let text = |when: &Option<When>| when.as_ref().map(|when| when.text.clone()).unwrap_or_default();
    let chosen = query.project.as_ref().map(ToString::to_string).unwrap_or_default();
    let projects = asked.snapshot.overview.projects.iter();
    let choice = |slug: &str, name: &str| Choice { slug: slug.into(), name: name.into(), is_on: slug == chosen };
    let kept = [
        ("session", query.session.clone()),
        ("verdict", query.verdict.map(|verdict| verdict.word().to_string())),
        ("outcome", query.outcome.map(|outcome| outcome.word().to_string())),
        ("sort", query.is_slowest_first.then(|| "slowest".to_string())),
    ];
    Form {
        q: query.q.clone().unwrap_or_default(),
        since: text(&query.since),
        until: text(&query.until),
        tool: query.tool.clone().unwrap_or_default(),
        tools,
        projects: projects.map(|project| choice(&project.slug, &project.name)).collect(),
        kept: kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
    }
}

fn row(seen: &Seen) -> Row {
    let Seen { call, session_id, intent, purpose } = seen.clone();
    Row { session_id, intent, purpose, ..of(&call) }
}

/// A call on the page of its session.
pub fn named(call: &Call) -> Row {
    Row { project: None, ..of(call) }
}

fn of(call: &Call) -> Row {
    let at = clock::parse(&call.at);
    let subagent = call.agent_id.as_ref().map(|id| call.agent_type.as_ref().unwrap_or(id).clone());
    Row {
        seq: call.seq,
        tool_use_id: call.tool_use_id.clone(),
        at: call.at.clone(),
        day: at.map(|at| format_local_day(at, Zone::system())).unwrap_or_default(),
        time: at.map(|at| format_local_time(at, Zone::system())).unwrap_or_default(),
        tool: call.tool.clone(),
        subject: format_subject(call),
        verdicts: said(call),
        worst: worst(call).map(Verdict::word).unwrap_or_default(),
        outcome: call.outcome.word(),
        end: format_call_end(call),
        took: call.ms.map(format_took),
        subagent,
        seat: call.agent_seat.clone(),
        project: call.project.clone(),
        session_id: None,
        intent: None,
        purpose: None,
    }
}

/// Each verdict once, with its rules.
fn said(call: &Call) -> Vec<(&'static str, String)> {
    let rules = |verdict: Verdict| {
        let said = call.verdicts.iter().filter(|said| said.verdict == verdict.word());
        said.map(|said| said.rule.as_str()).collect::<Vec<_>>().join(", ")
    };
    Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict.word(), rules(verdict)))
        .filter(|(_, rules)| !rules.is_empty())
        .collect()
}
